//! Lists: pages, refusals, nonsense, limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use prost::Message;

use super::server::{Reply, Request, Server, json, list, status};
use super::{User, page};
use crate::facts::objects::{Pod, Role};
use crate::facts::{GapReason, Listing};

const PODS: &str = "/api/v1/pods";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/roles";

fn role(name: &str) -> String {
    format!(r#"{{"metadata":{{"namespace":"default","name":"{name}"}},"rules":[]}}"#)
}

/// The roles that a server gives, and the server.
fn roles(
    handler: impl Fn(&Request, &str) -> Option<Reply> + Send + Sync + 'static,
) -> (Listing<Role>, Server) {
    let server = Server::start(move |request| handler(request, page(request, ROLES)?));
    let facts = User::of(&server).facts();
    (facts.objects.roles, server)
}

fn names(listing: &Listing<Role>) -> Vec<&str> {
    listing
        .rows
        .iter()
        .map(|role| role.metadata.name.as_str())
        .collect()
}

/// The reasons and remedies of what is missing.
fn lacks<T>(listing: &Listing<T>) -> Vec<(GapReason, &str)> {
    let lacks = listing.lacks.iter();
    lacks
        .map(|lack| (lack.gap.reason, &*lack.gap.remedy))
        .collect()
}

#[test]
fn every_list_is_asked_for_page_by_page() {
    let (roles, server) = roles(|_, token| match token {
        "" => Some(list("Role", &[role("a"), role("b")], "one/more+=")),
        "one%2Fmore%2B%3D" => Some(list("Role", &[role("c")], "last")),
        "last" => Some(list("Role", &[role("d")], "")),
        other => panic!("unknown token {other}"),
    });
    assert_eq!(names(&roles), ["a", "b", "c", "d"]);
    assert!(roles.is_complete());
    let asked = server.requests();
    let lists = asked.iter().filter(|request| {
        request.line.starts_with("GET") && request.path().matches('/').count() > 2
    });
    for request in lists {
        let unpaged = !request.line.contains("limit=500");
        let single = request.path().contains("/configmaps/") || request.path() == "/version";
        assert!(!unpaged || single, "{}", request.line);
        assert!(
            !request.line.contains("resourceVersion"),
            "{}",
            request.line
        );
    }
    assert!(
        asked
            .iter()
            .all(|request| !request.line.contains("secrets"))
    );
}

#[test]
fn a_list_that_expired_goes_on_from_a_later_state_or_is_cut() {
    let gone = |token: &str| {
        json(
            410,
            format!(
                r#"{{"kind":"Status","reason":"Expired","metadata":{{"continue":"{token}"}}}}"#
            ),
        )
    };
    let server = Server::start(move |request| match page(request, ROLES)? {
        "" => Some(list("Role", &[role("a")], "old")),
        "old" => Some(gone("new")),
        _ => Some(list("Role", &[role("b")], "")),
    });
    let facts = User::of(&server).facts();
    assert_eq!(names(&facts.objects.roles), ["a", "b"]);
    assert!(facts.objects.roles.is_complete());
    let note = format!("{ROLES}: gone on with from a later state of the cluster");
    assert_eq!(facts.notes, [note]);
    let (cut, _) = roles(move |_, token| match token {
        "" => Some(list("Role", &[role("a")], "old")),
        _ => Some(gone("")),
    });
    assert_eq!(names(&cut), ["a"]);
    assert_eq!(lacks(&cut)[0].0, GapReason::Timeout);
    assert_eq!(cut.lacks[0].gap.what, "list of roles after 1 objects");
}

#[test]
fn a_server_that_repeats_itself_is_stopped() {
    let (repeated, server) = roles(|_, _| Some(list("Role", &[role("a")], "again")));
    assert_eq!(lacks(&repeated)[0].0, GapReason::Unparsable);
    assert_eq!(server.count(ROLES), 2);
}

#[test]
fn a_busy_server_is_asked_again_a_few_times() {
    let busy = || {
        let headers = vec![
            ("retry-after", "0".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        Reply::Is(429, headers, b"{}".to_vec())
    };
    let tries = AtomicUsize::new(0);
    let (patient, _) = roles(move |_, _| match tries.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Some(busy()),
        _ => Some(list("Role", &[role("a")], "")),
    });
    assert_eq!(names(&patient), ["a"]);
    assert!(patient.is_complete());
    let (given_up, server) = roles(move |_, _| Some(busy()));
    assert_eq!(lacks(&given_up)[0].0, GapReason::Unreachable);
    assert_eq!(server.count(ROLES), 6);
    let (broken, server) = roles(|_, _| Some(status(500, "InternalError")));
    assert_eq!(lacks(&broken)[0].0, GapReason::Unreachable);
    assert_eq!(server.count(ROLES), 4);
}

#[test]
fn nonsense_is_a_gap_of_its_kind_alone() {
    let protobuf = |body: &[u8]| {
        let headers = vec![(
            "content-type",
            "application/vnd.kubernetes.protobuf".to_owned(),
        )];
        Reply::Is(200, headers, body.to_vec())
    };
    let cases: Vec<Box<dyn Fn() -> Reply + Send + Sync>> = vec![
        Box::new(|| json(200, "{\"kind\":\"RoleList\",\"items\":[{")),
        Box::new(|| json(200, "[]")),
        Box::new(|| json(200, "{\"kind\":\"PodList\",\"items\":[]}")),
        Box::new(move || protobuf(b"k8s\0\x0a\x03")),
        Box::new(move || protobuf(b"<html>")),
        Box::new(|| {
            Reply::Is(
                200,
                vec![("content-type", "text/html".to_owned())],
                b"<html>".to_vec(),
            )
        }),
        Box::new(|| Reply::Is(200, Vec::new(), b"{}".to_vec())),
    ];
    for case in cases {
        let server = Server::start(move |request| {
            page(request, ROLES)?;
            Some(case())
        });
        let facts = User::of(&server).facts();
        assert_eq!(lacks(&facts.objects.roles)[0].0, GapReason::Unparsable);
        assert!(facts.objects.roles.rows.is_empty());
        assert!(facts.objects.role_bindings.is_complete());
    }
}

#[test]
fn one_object_that_makes_no_sense_does_not_hide_the_others() {
    let (listing, _) = roles(|_, _| {
        let broken = r#"{"metadata":{"namespace":"default","name":"bad"},"rules":7}"#.to_owned();
        Some(list("Role", &[role("a"), broken, role("b")], ""))
    });
    assert_eq!(names(&listing), ["a", "b"]);
    assert_eq!(listing.lacks[0].name.as_deref(), Some("bad"));
    assert_eq!(listing.lacks[0].namespace.as_deref(), Some("default"));
}

#[test]
fn protobuf_and_json_give_the_same_pods() {
    let object = r#"{"metadata":{"namespace":"a","name":"web"},"spec":{"hostNetwork":true,
        "containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running"}}"#;
    let pod: Pod = serde_json::from_str(object).unwrap();
    let mut items = Vec::new();
    prost::encoding::message::encode(2, &pod, &mut items);
    // runtime.Unknown: the kind, then the list.
    let mut body = b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList".to_vec();
    prost::encoding::bytes::encode(2, &items, &mut body);
    let server = Server::start(move |request| {
        page(request, PODS)?;
        assert!(
            request
                .header("accept")?
                .starts_with("application/vnd.kubernetes.protobuf")
        );
        let headers = vec![(
            "content-type",
            "application/vnd.kubernetes.protobuf".to_owned(),
        )];
        Some(Reply::Is(200, headers, body.clone()))
    });
    let from_protobuf = User::of(&server).facts().objects.workloads;
    let server = Server::start(move |request| {
        page(request, PODS)?;
        Some(list("Pod", &[object.to_owned()], ""))
    });
    let from_json = User::of(&server).facts().objects.workloads;
    assert_eq!(from_protobuf.rows.len(), 1);
    assert!(from_protobuf.rows[0].templates[0].spec.host_network);
    assert_eq!(from_protobuf, from_json);
    assert_eq!(pod.encoded_len(), pod.encode_to_vec().len());
}

#[test]
fn a_list_that_hangs_or_breaks_ends_at_its_limit() {
    let server = Server::start(|request| {
        page(request, ROLES)?;
        Some(Reply::Hang)
    });
    let mut user = User::of(&server);
    user.access.request_timeout = Duration::from_millis(300);
    let began = Instant::now();
    let facts = user.facts();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(lacks(&facts.objects.roles)[0].0, GapReason::Timeout);
    assert!(facts.objects.cluster_roles.is_complete());
    user.access.request_timeout = Duration::from_secs(30);
    user.access.time_limit = Duration::from_millis(500);
    let began = Instant::now();
    assert_eq!(lacks(&user.facts().objects.roles)[0].0, GapReason::Timeout);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );

    let (cut_off, server) = roles(|_, _| Some(Reply::CutOff(b"{\"kind\":".to_vec())));
    assert_eq!(lacks(&cut_off)[0].0, GapReason::Unreachable);
    assert_eq!(server.count(ROLES), 4);
}

#[test]
fn an_answer_without_end_is_not_held() {
    let (huge, _) = roles(|_, _| Some(json(200, " ".repeat((64 << 20) + 1))));
    let (reason, remedy) = lacks(&huge)[0];
    assert_eq!(reason, GapReason::Unparsable);
    assert!(remedy.contains("larger than 64 MiB"), "{remedy}");
}

#[test]
fn a_missing_right_is_named_and_not_tried() {
    let server = Server::start(|request| {
        let review = request.path().ends_with("/selfsubjectaccessreviews");
        let allowed = request.body.contains(r#""resource":"pods""#);
        review.then(|| {
            json(
                201,
                format!(r#"{{"spec":{{}},"status":{{"allowed":{allowed}}}}}"#),
            )
        })
    });
    let facts = User::of(&server).facts();
    let (reason, remedy) = lacks(&facts.objects.roles)[0];
    assert_eq!(reason, GapReason::Forbidden);
    assert_eq!(
        remedy,
        "grant the right to list roles.rbac.authorization.k8s.io in all namespaces, by a rule \
         {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [list]} of a ClusterRole"
    );
    let (_, remedy) = lacks(&facts.objects.nodes)[0];
    assert!(
        remedy.starts_with("grant the right to list nodes, by a rule {apiGroups: [\"\"]"),
        "{remedy}"
    );
    assert_eq!(server.count(ROLES), 0);
    assert_eq!(server.count(PODS), 1);
    // Pods were read, what makes them was not.
    assert_eq!(facts.objects.workloads.lacks.len(), 7);
    assert!(
        facts.gaps[0].remedy.contains("get /flagz"),
        "{:?}",
        facts.gaps
    );
}

#[test]
fn where_reviews_say_nothing_the_answer_decides() {
    let server = Server::start(|request| {
        if request.path().ends_with("/selfsubjectaccessreviews") {
            return Some(status(403, "Forbidden"));
        }
        page(request, ROLES).map(|_| status(403, "Forbidden"))
    });
    let facts = User::of(&server).facts();
    assert_eq!(lacks(&facts.objects.roles)[0].0, GapReason::Forbidden);
    assert!(facts.objects.cluster_roles.is_complete());
    assert!(facts.notes.is_empty(), "{:?}", facts.notes);
    // Allowed by the review and refused all the same: worth a note.
    let server = Server::start(|request| page(request, ROLES).map(|_| status(403, "Forbidden")));
    let facts = User::of(&server).facts();
    assert_eq!(lacks(&facts.objects.roles)[0].0, GapReason::Forbidden);
    assert!(facts.notes[0].contains("refused"), "{:?}", facts.notes);
}

#[test]
fn a_run_may_be_limited_to_namespaces() {
    let server = Server::start(|request| match request.path() {
        "/api/v1/namespaces/shop" => Some(json(
            200,
            r#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"}}"#,
        )),
        "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles" => {
            Some(status(403, "Forbidden"))
        }
        _ => None,
    });
    let mut user = User::of(&server);
    user.wanted.namespaces = vec!["shop".to_owned()];
    let facts = user.facts();
    assert_eq!(facts.objects.namespaces.rows.len(), 1);
    assert_eq!(server.count(ROLES), 0);
    assert_eq!(
        server.count("/apis/rbac.authorization.k8s.io/v1/clusterroles"),
        1
    );
    let lack = &facts.objects.roles.lacks[0];
    assert_eq!(lack.namespace.as_deref(), Some("shop"));
    assert!(
        lack.gap.remedy.contains("in namespace shop"),
        "{}",
        lack.gap.remedy
    );
    // The control plane is looked for where it lives.
    assert_eq!(server.count("/api/v1/namespaces/kube-system/pods"), 1);
    user.wanted.namespaces = vec!["shp".to_owned()];
    assert_eq!(
        user.refused().to_string(),
        "there is no namespace \"shp\" in this cluster"
    );
}
