//! Servers that do not answer, cannot prove who they are, or are something else.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::server::{AUTHORITY, OTHER_AUTHORITY, Reply, SERVER, Server, json, status};
use super::{User, base64, told};
use crate::collect::Stop;
use crate::collect::api::{ApiError, Progress};

#[test]
fn a_dead_server_or_proxy_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let dead = port.unwrap();
    let error = told(&User::new(&format!("server: 'https://{dead}'"), "").refused());
    let refused = "Connection refused (os error 111)";
    assert_eq!(
        error,
        format!("connecting to the API server https://{dead}: {refused}")
    );
    let cluster = format!("server: 'http://10.0.0.1', proxy-url: 'http://user:hidden@{dead}'");
    let error = told(&User::new(&cluster, "").refused());
    let through = format!("http://10.0.0.1 through the proxy http://{dead}: {refused}");
    assert!(error.ends_with(&through), "{error}");
}

/// Wishes to stop when a step begins.
struct Impatient(&'static str, Stop);

impl Progress for Impatient {
    fn started(&self, step: &str) {
        if step == self.0 {
            self.1.ask();
        }
    }
    fn finished(&self, _: &str, _: &str) {}
    fn note(&self, _: &str) {}
    fn stop(&self) -> Stop {
        self.1.clone()
    }
}

#[test]
fn whoever_wishes_to_stop_gets_what_was_read() {
    let server = Server::start(|request| request.path().ends_with("/pods").then_some(Reply::Hang));
    let user = User::of(&server);
    let facts = user.watched(&Impatient("pods", Stop::default())).unwrap();
    let lacks = &facts.objects.workloads.lacks;
    assert!(
        lacks
            .iter()
            .any(|lack| lack.gap.remedy.contains("was stopped")),
        "{lacks:?}"
    );
    // Before anything was read there is nothing to judge.
    let stopped = user.watched(&Impatient("connection", Stop::default()));
    assert!(matches!(stopped, Err(ApiError::Stopped)));
}

fn page(content_type: &str, body: &str) -> Reply {
    let headers = vec![("content-type", content_type.to_owned())];
    Reply::Is(200, headers, body.as_bytes().to_vec())
}

/// An answer to every request, and what the error says about it.
type Case = (fn() -> Reply, &'static str);

#[test]
fn a_server_that_does_not_serve_is_one_clear_error() {
    let replies: [Case; 7] = [
        (
            || status(401, "Unauthorized"),
            "does not accept the credentials",
        ),
        (|| status(503, "ServiceUnavailable"), "cannot serve (503"),
        (
            || json(404, "{}"),
            "not answer like a Kubernetes API server (404",
        ),
        (
            || json(200, r#"{"version":"3"}"#),
            "not answer like a Kubernetes API server (it is not",
        ),
        (
            || page("text/html", "<html>"),
            "not answer like a Kubernetes API server (it is neither",
        ),
        (
            || Reply::Is(302, Vec::new(), Vec::new()),
            "not answer like a Kubernetes API server (302",
        ),
        (|| Reply::Hang, "did not answer within 500ms"),
    ];
    for (reply, expected) in replies {
        let server = Server::start(move |_| Some(reply()));
        let mut user = User::of(&server);
        user.access.request_timeout = Duration::from_millis(500);
        let began = Instant::now();
        let error = told(&user.refused());
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hidden"), "{error}");
        assert!(
            began.elapsed() < Duration::from_secs(6),
            "{expected}: {:?}",
            began.elapsed()
        );
    }
}

#[test]
fn a_server_that_refuses_only_its_version_is_read_all_the_same() {
    let server = Server::start(|request| {
        let version = request.path() == "/version";
        version.then(|| status(403, "Forbidden"))
    });
    let version = User::of(&server).facts().version;
    let remedy = &version.gap().unwrap().remedy;
    assert!(remedy.contains("get /version"), "{remedy}");
}

#[test]
fn a_server_that_cannot_prove_itself_gets_nothing() {
    let server = Server::tls(SERVER, |_| None);
    let error = User::of_tls(&server, OTHER_AUTHORITY).refused();
    assert!(
        matches!(error, ApiError::Untrusted { .. }),
        "{}",
        told(&error)
    );
    assert_eq!(server.requests().len(), 0);
    assert!(User::of_tls(&server, AUTHORITY).facts().notes.is_empty());
    let address = format!("server: \"https://localhost:{}\"", server.address.port());
    let trust = format!(
        "{address}, certificate-authority-data: {}",
        base64(AUTHORITY)
    );
    let error = User::new(&trust, "token: t").refused();
    assert!(
        matches!(error, ApiError::Untrusted { .. }),
        "{}",
        told(&error)
    );
    User::new(&format!("{trust}, tls-server-name: kubernetes"), "token: t").facts();
    let careless = User::new(
        &format!("{address}, insecure-skip-tls-verify: true"),
        "token: t",
    )
    .facts();
    assert!(
        careless.notes[0].contains("insecure-skip-tls-verify"),
        "{:?}",
        careless.notes
    );
}
