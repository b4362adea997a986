//! API servers and kubelets that are asked past the front door: only when they prove who they are.

use super::User;
use super::server::{AUTHORITY, BY_NAME, Reply, Request, SERVER, STRAY, Server, json, list};
use crate::collect::api::ApiFacts;
use crate::facts::GapReason;
use crate::facts::component::{Arguments, ComponentKind, Via};

/// An API server with one node, whose kubelet listens on this port.
fn cluster(
    kubelet: u16,
    version: &'static str,
    handler: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    Server::tls(SERVER, move |request| {
        if request.path() != "/api/v1/nodes" {
            return handler(request);
        }
        let node = format!(
            r#"{{"metadata":{{"name":"node1"}},"status":{{
                "addresses":[{{"type":"InternalIP","address":"127.0.0.1"}}],
                "daemonEndpoints":{{"kubeletEndpoint":{{"Port":{kubelet}}}}},
                "nodeInfo":{{"kubeletVersion":"{version}"}}}}}}"#
        );
        Some(list("Node", &[node], ""))
    })
}

fn kubelet(certificate: &str) -> Server {
    Server::tls(certificate, |_| {
        Some(json(
            200,
            r#"{"kubeletconfig":{"authentication":{"anonymous":{"enabled":false}}}}"#,
        ))
    })
}

/// Has a token that may do nothing but read nodes and the settings of kubelets.
fn modest(request: &Request) -> Option<Reply> {
    may(
        request,
        r#"{"apiGroups":[""],"resources":["nodes"],"verbs":["list"]}"#,
        false,
    )
}

/// What the token may do beside reading settings, and whether that is known to be all.
fn may(request: &Request, rule: &str, incomplete: bool) -> Option<Reply> {
    let asked = request.path().ends_with("/selfsubjectrulesreviews");
    let settings = r#"{"apiGroups":[""],"resources":["nodes/configz"],"verbs":["get"]}"#;
    let paths = r#"{"nonResourceURLs":["/api/*","/version"],"verbs":["get"]}"#;
    let status = format!(
        r#"{{"incomplete":{incomplete},"resourceRules":[{settings},{rule}],"nonResourceRules":[{paths}]}}"#
    );
    asked.then(|| json(201, format!(r#"{{"spec":{{}},"status":{status}}}"#)))
}

fn reason(facts: &ApiFacts) -> GapReason {
    facts.kubelets["node1"].as_ref().unwrap_err().reason
}

#[test]
fn a_kubelet_with_a_certificate_of_the_cluster_is_asked() {
    for certificate in [SERVER, BY_NAME] {
        let kubelet = kubelet(certificate);
        let server = cluster(kubelet.address.port(), "v1.36.3", modest);
        let facts = User::of_tls(&server, AUTHORITY).facts();
        let page = facts.kubelets["node1"].as_ref().unwrap();
        assert!(page.0["kubeletconfig"]["authentication"].is_object());
        let requests = kubelet.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].line, "GET /configz HTTP/1.1");
        assert!(!format!("{facts:?}").contains("anonymous"));
    }
}

#[test]
fn a_kubelet_that_cannot_prove_itself_is_sent_nothing() {
    let kubelet = kubelet(STRAY);
    let server = cluster(kubelet.address.port(), "v1.36.3", modest);
    let facts = User::of_tls(&server, AUTHORITY).facts();
    assert_eq!(reason(&facts), GapReason::UnverifiedEndpoint);
    let remedy = &facts.kubelets["node1"].as_ref().unwrap_err().remedy;
    assert!(
        remedy.contains("serverTLSBootstrap") && remedy.contains("--node local"),
        "{remedy}"
    );
    assert_eq!(kubelet.requests().len(), 0);
}

#[test]
fn a_kubelet_is_left_alone_without_trust_or_right() {
    let kubelet = kubelet(SERVER);
    let port = kubelet.address.port();
    let server = cluster(port, "v1.36.3", modest);
    // The authority is not known.
    let address = format!(
        "server: \"https://{}\", insecure-skip-tls-verify: true",
        server.address
    );
    assert_eq!(
        reason(&User::new(&address, "token: t").facts()),
        GapReason::UnverifiedEndpoint
    );
    // It would answer to the user behind the one acted as.
    let mut acting = User::of_tls(&server, AUTHORITY);
    acting.access.impersonate = Some("jane".to_owned());
    assert_eq!(reason(&acting.facts()), GapReason::NotAsked);
    // Before 1.33 the right does not exist.
    let old = cluster(port, "v1.32.9", modest);
    assert_eq!(
        reason(&User::of_tls(&old, AUTHORITY).facts()),
        GapReason::NotAsked
    );
    // A token that may do anything else is worth more than a configuration; so is one of which that is not known.
    let harmless = r#"{"apiGroups":[""],"resources":["nodes"],"verbs":["get"]}"#;
    let pods = r#"{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}"#;
    let all = r#"{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}"#;
    for (rule, incomplete) in [(pods, false), (all, false), (harmless, true)] {
        let mighty = cluster(port, "v1.36.3", move |request| {
            may(request, rule, incomplete)
        });
        let facts = User::of_tls(&mighty, AUTHORITY).facts();
        assert_eq!(reason(&facts), GapReason::NotAsked);
    }
    // A server that does not answer the question has not said that it is harmless.
    let silent = cluster(port, "v1.36.3", |_| None);
    let facts = User::of_tls(&silent, AUTHORITY).facts();
    assert_eq!(reason(&facts), GapReason::NotAsked);
    let without = cluster(port, "v1.36.3", |request| {
        let configz = request.body.contains(r#""subresource":"configz""#);
        let denied = || json(201, r#"{"spec":{},"status":{"allowed":false}}"#);
        configz.then(denied).or_else(|| modest(request))
    });
    let facts = User::of_tls(&without, AUTHORITY).facts();
    assert_eq!(reason(&facts), GapReason::Forbidden);
    let remedy = &facts.kubelets["node1"].as_ref().unwrap_err().remedy;
    assert!(remedy.contains("get nodes/configz"), "{remedy}");
    assert_eq!(kubelet.requests().len(), 0);
}

fn flagz(address: &str) -> Reply {
    let flags = format!(r#"{{"advertise-address":"{address}","profiling":"true"}}"#);
    json(200, format!(r#"{{"kind":"Flagz","flags":{flags}}}"#))
}

fn slice(address: std::net::SocketAddr) -> String {
    let (address, port) = (address.ip(), address.port());
    format!(
        r#"{{"endpoints":[{{"addresses":["{address}"]}}],"ports":[{{"name":"https","port":{port}}}]}}"#
    )
}

#[test]
fn each_api_server_tells_its_own_flags() {
    let page = |request: &Request| (request.path() == "/flagz").then(|| flagz("10.9.9.9"));
    let second = Server::tls_at("127.0.0.2", SERVER, page);
    let stray = Server::tls_at("127.0.0.3", STRAY, page);
    let slices = [second.address, stray.address].map(slice);
    let server = cluster(1, "v1.32.0", move |request| match request.path() {
        "/flagz" => {
            assert!(request.header("accept")?.contains("as=Flagz;v=v1beta1"));
            Some(flagz("127.0.0.1"))
        }
        path if path.ends_with("/endpointslices") => {
            let first = slice("127.0.0.1:6443".parse().unwrap());
            let all = [&[first], &slices[..]].concat();
            Some(list("EndpointSlice", &all, ""))
        }
        _ => None,
    });
    let facts = User::of_tls(&server, AUTHORITY).facts();
    let seen: Vec<(&str, &Via)> = facts.components.rows.iter().map(|(kind, sighting)| {
        assert_eq!(*kind, ComponentKind::ApiServer);
        assert!(matches!(&sighting.arguments, Arguments::Flagz(flags) if flags["profiling"] == "true"));
        (sighting.node.as_str(), &sighting.via)
    }).collect();
    let at = |address: std::net::SocketAddr| Via::Flagz {
        instance: format!("kube-apiserver at {address}"),
    };
    // The second runs on no node that the API knows.
    let wanted = [
        ("node1", &at("127.0.0.1:6443".parse().unwrap())),
        ("", &at(second.address)),
    ];
    assert_eq!(seen, wanted);
    assert_eq!(facts.gaps.len(), 1, "{:?}", facts.gaps);
    assert_eq!(facts.gaps[0].reason, GapReason::UnverifiedEndpoint);
    assert_eq!(stray.requests().len(), 0);
}

#[test]
fn without_flagz_there_is_a_gap_and_no_component() {
    let server = Server::start(|_| None);
    let facts = User::of(&server).facts();
    assert!(facts.components.rows.is_empty());
    assert!(facts.gaps[0].remedy.contains("1.36"), "{:?}", facts.gaps);
    assert_eq!(
        facts.distribution.value().map(String::as_str),
        Some("generic")
    );
    assert_eq!(facts.name.value().map(String::as_str), Some("c"));
}
