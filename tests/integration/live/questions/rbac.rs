//! RBAC: every answer equals that of a SubjectAccessReview, on roles and bindings made by chance.

use seaworthy::evaluate::{Access, Request};
use seaworthy::facts::snapshot;
use serde_json::{Value, json};

use super::{Bed, Dice, post_all};

const GROUP: &str = "rbac.authorization.k8s.io";
const NAMESPACES: [&str; 3] = ["quiz-a", "quiz-b", "quiz-c"];
const VERBS: [&str; 7] = [
    "get",
    "list",
    "create",
    "delete",
    "impersonate",
    "bind",
    "*",
];
const GROUPS: [&str; 4] = ["", "apps", "batch", "*"];
const RESOURCES: [&str; 12] = [
    "pods",
    "pods/exec",
    "pods/*",
    "secrets",
    "deployments",
    "deployments/scale",
    "nodes",
    "nodes/proxy",
    "*",
    "*/scale",
    "*/exec",
    "jobs",
];
const NAMES: [&str; 3] = ["one", "two", ""];
const PATHS: [&str; 7] = [
    "/metrics",
    "/metrics/*",
    "/logs/*",
    "*",
    "/api*",
    "/openapi/v2",
    "/healthz",
];

/// Name and groups of those who ask.
fn askers() -> Vec<(String, Vec<String>)> {
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut askers = vec![
        ("anne".to_owned(), texts(&["system:authenticated"])),
        ("bonny".to_owned(), texts(&["crew", "system:authenticated"])),
        (
            "mary".to_owned(),
            texts(&["crew", "officers", "system:authenticated"]),
        ),
        (
            "system:anonymous".to_owned(),
            texts(&["system:unauthenticated"]),
        ),
    ];
    for namespace in NAMESPACES {
        for name in ["default", "robot"] {
            let groups = vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ];
            askers.push((format!("system:serviceaccount:{namespace}:{name}"), groups));
        }
    }
    askers
}

fn rule(dice: &mut Dice, paths: bool) -> Value {
    if paths && dice.one_in(4) {
        return json!({"verbs": dice.some(&VERBS, 2), "nonResourceURLs": dice.some(&PATHS, 2)});
    }
    let mut rule = json!({
        "verbs": dice.some(&VERBS, 3), "apiGroups": dice.some(&GROUPS, 2), "resources": dice.some(&RESOURCES, 3),
    });
    if dice.one_in(3) {
        rule["resourceNames"] = json!(dice.some(&NAMES, 2));
    }
    rule
}

fn subject(dice: &mut Dice) -> Value {
    match dice.roll(3) {
        0 => {
            let names = [
                "anne",
                "bonny",
                "system:anonymous",
                "system:serviceaccount:quiz-a:robot",
                "default",
            ];
            json!({"kind": "User", "apiGroup": GROUP, "name": dice.pick(&names)})
        }
        1 => {
            let names = [
                "crew",
                "officers",
                "system:authenticated",
                "system:unauthenticated",
                "system:serviceaccounts",
                "system:serviceaccounts:quiz-b",
                "anne",
            ];
            json!({"kind": "Group", "apiGroup": GROUP, "name": dice.pick(&names)})
        }
        _ => {
            let (name, namespace) = (dice.pick(&["default", "robot"]), dice.pick(&NAMESPACES));
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
    }
}

/// Roles and bindings made by chance; some bindings name a role that is not there.
fn objects(dice: &mut Dice) -> Value {
    let mut items: Vec<Value> = NAMESPACES
        .iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
        .collect();
    let version = format!("{GROUP}/v1");
    for number in 0..24 {
        let rules: Vec<Value> = (0..dice.roll(3)).map(|_| rule(dice, true)).collect();
        items.push(json!({"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": format!("quiz-{number}")}, "rules": rules}));
        let rules: Vec<Value> = (0..1 + dice.roll(2)).map(|_| rule(dice, false)).collect();
        let metadata =
            json!({"name": format!("quiz-{number}"), "namespace": dice.pick(&NAMESPACES)});
        items.push(
            json!({"apiVersion": version, "kind": "Role", "metadata": metadata, "rules": rules}),
        );
    }
    for number in 0..60 {
        let subjects: Vec<Value> = (0..1 + dice.roll(2)).map(|_| subject(dice)).collect();
        let role = format!("quiz-{}", dice.roll(26));
        let name = format!("quiz-{number}");
        if number % 3 == 0 {
            items.push(json!({"apiVersion": version, "kind": "ClusterRoleBinding", "metadata": {"name": name}, "subjects": subjects,
                "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}}));
        } else {
            let kind = dice.pick(&["Role", "ClusterRole"]);
            let metadata = json!({"name": name, "namespace": dice.pick(&NAMESPACES)});
            items.push(json!({"apiVersion": version, "kind": "RoleBinding", "metadata": metadata, "subjects": subjects,
                "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role}}));
        }
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// Requests of every shape.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for verb in ["get", "create", "impersonate", "list", "watch"] {
        for (group, resource) in [
            ("", "pods"),
            ("", "pods/exec"),
            ("", "secrets"),
            ("apps", "deployments"),
            ("apps", "deployments/scale"),
            ("", "nodes/proxy"),
            ("batch", "jobs"),
            ("example.com", "widgets"),
            ("example.com", "widgets/scale"),
        ] {
            for namespace in ["", "quiz-a", "quiz-b", "quiz-c"] {
                for name in ["", "one", "three"] {
                    requests.push(Request::Resource {
                        verb: verb.to_owned(),
                        group: group.to_owned(),
                        resource: resource.to_owned(),
                        name: name.to_owned(),
                        namespace: namespace.to_owned(),
                    });
                }
            }
        }
        for path in [
            "/metrics",
            "/metrics/slow",
            "/logs/kube",
            "/apix",
            "/healthz",
            "/version",
            "/openapi/v2",
        ] {
            requests.push(Request::Path {
                verb: verb.to_owned(),
                path: path.to_owned(),
            });
        }
    }
    requests
}

fn review(user: &str, groups: &[String], request: &Request) -> Value {
    let mut spec = json!({"user": user, "groups": groups});
    match request {
        Request::Path { verb, path } => {
            spec["nonResourceAttributes"] = json!({"verb": verb, "path": path});
        }
        Request::Resource {
            verb,
            group,
            resource,
            name,
            namespace,
        } => {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            spec["resourceAttributes"] = json!({
                "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name, "namespace": namespace,
            });
        }
    }
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn rbac_answers_as_the_api_server_does() {
    let bed = Bed::running();
    let list = objects(&mut Dice(2_026));
    bed.kubectl(&["apply", "-f", "-"], &list.to_string());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quiz.seaworthy");
    let kubeconfig = bed.kubeconfig();
    let run = crate::harness::run_with(&kubeconfig, &["collect", "-o", file.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    let recorded = snapshot::read(std::fs::File::open(&file).unwrap()).unwrap();
    let access = Access::new(&recorded.facts, &recorded.lacking);

    let (askers, requests) = (askers(), requests());
    let asked: Vec<_> = askers
        .iter()
        .flat_map(|asker| requests.iter().map(move |request| (asker, request)))
        .collect();
    assert!(asked.len() >= 5_000, "{}", asked.len());
    // The server's own caches take a moment.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    let reviews = asked
        .iter()
        .map(|((user, groups), request)| (path.to_owned(), review(user, groups, request)));
    let answers = post_all(bed, reviews.collect());
    let mut allowed = 0;
    for (((user, groups), request), (status, answer)) in asked.iter().zip(answers) {
        assert_eq!(status, 201, "{answer}");
        let names: Vec<&str> = groups.iter().map(String::as_str).collect();
        let truth = answer["status"]["allowed"] == true;
        allowed += usize::from(truth);
        assert_eq!(
            access.allows(user, &names, request),
            Ok(truth),
            "{user} {groups:?}: {request}: {}",
            answer["status"]
        );
    }
    let share = allowed * 100 / asked.len();
    assert!(
        (10..90).contains(&share),
        "{allowed} of {} are allowed",
        asked.len()
    );
}
