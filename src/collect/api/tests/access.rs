//! Kubeconfigs as people have them.

use std::time::Duration;

use super::server::{AUTHORITY, SERVER, Server, json};
use super::{User, base64, told, trusted};
use crate::collect::api::ApiError;

const EXPIRED: &str = include_str!("fixtures/expired.pem");
const KEY: &str = include_str!("fixtures/client.key");

fn idle() -> Server {
    Server::start(|_| None)
}

/// A whole kubeconfig, and what the error says about it.
#[rustfmt::skip]
const KUBECONFIGS: &[(&str, &str)] = &[
    ("current-context: x\ncontexts: []\n", "no context \"x\"; it has none"),
    ("contexts: [{name: a, context: {cluster: c}}, {name: b}]\n", "no current context; it has a, b"),
    ("current-context: z\ncontexts: [{name: a, context: {cluster: c}}]\n", "no context \"z\"; it has a"),
    ("current-context: a\ncontexts: [{name: a, context: {cluster: d}}]\n", "no cluster \"d\"; it has none"),
    ("users:\n- name: u\n  user: {token: [hidden-token\n", "is not valid YAML of a kubeconfig"),
    ("users: {token: hidden-token}\n", "is not valid YAML of a kubeconfig"),
    (
        "clusters: [{name: c, cluster: {server: 'http://h'}}]\nusers: [{name: w}]\n\
         current-context: a\ncontexts: [{name: a, context: {cluster: c, user: v}}]",
        "no user \"v\"; it has w",
    ),
];

/// The fields of a cluster and of a user, and what the error says about them.
#[rustfmt::skip]
const SETTINGS: &[(&str, &str, &str)] = &[
    ("", "", "server of cluster \"c\""),
    ("server: 'https://'", "", "server of cluster \"c\""),
    ("server: 'https://h', certificate-authority-data: '*'", "", "certificate-authority of cluster \"c\""),
    ("server: 'https://h', certificate-authority-data: aGk=", "", "certificate-authority of cluster \"c\""),
    ("server: 'https://h', certificate-authority: missing.crt", "", "missing.crt (certificate-authority of cluster"),
    ("server: 'https://h', proxy-url: 'a b'", "", "proxy-url of cluster \"c\""),
    ("server: 'https://h', proxy-url: 'ftp://h'", "", "setting up the connection to https://h"),
    ("server: 'https://h'", "tokenFile: missing", "missing (tokenFile of user \"u\""),
    ("server: 'https://h'", "client-certificate-data: aGk=, client-key-data: aGk=", "client-certificate of user \"u\""),
    ("server: 'https://h'", "token: \"a\\n\"", "token of user \"u\""),
    ("server: 'https://h'", "username: a, password: \"b\\u0007\"", "password of user \"u\""),
    ("server: 'https://h'", "auth-provider: {name: gcp}", "auth-provider \"gcp\""),
];

#[test]
fn what_is_wrong_with_a_kubeconfig_is_said_without_its_contents() {
    for (text, message) in KUBECONFIGS {
        let error = told(&User::with(text).refused());
        assert!(error.contains(message), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
    for (cluster, user, message) in SETTINGS {
        let error = told(&User::new(cluster, user).refused());
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn without_a_kubeconfig_the_ways_out_are_named() {
    let mut user = User::new("", "");
    user.access.kubeconfig = None;
    user.environment.home = Some(user.folder.path().to_owned());
    let error = user.refused();
    assert!(error.to_string().contains(".kube/config"), "{error}");
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("--demo") && hint.contains("--kubeconfig"),
        "{hint}"
    );
    user.access.kubeconfig = Some(user.folder.path().join("missing"));
    assert!(matches!(user.refused(), ApiError::ReadKubeconfig { .. }));
}

#[test]
fn listed_kubeconfigs_are_merged_and_missing_ones_passed_over() {
    let server = idle();
    let mut user = User::of(&server);
    user.access.kubeconfig = None;
    let context = user.file(
        "context",
        "current-context: z\ncontexts: [{name: z, context: {cluster: c, user: u}}]\n",
    );
    let missing = user.folder.path().join("missing");
    let config = user.folder.path().join("config");
    user.environment.kubeconfig =
        Some(std::env::join_paths([&context, &missing, &config]).unwrap());
    assert!(user.facts().objects.nodes.is_complete());
    user.access.context = Some("nowhere".to_owned());
    assert!(
        user.refused()
            .to_string()
            .ends_with("no context \"nowhere\"; it has z, x")
    );
}

#[test]
fn a_kubeconfig_is_read_as_kubectl_reads_it() {
    let server = idle();
    let authority = base64(EXPIRED);
    let (start, end) = authority.split_at(64);
    let text = format!(
        "\u{feff}apiVersion: v1\nkind: Config\npreferences: null\nclusters:\n- name: c\n  cluster:\n    \
         server: http://{}\n    certificate-authority: null\n    certificate-authority-data: |\n      {start}\n      \
         {end}\ncontexts: [{{name: x, context: {{cluster: c, user: u, namespace: null}}}}]\n\
         current-context: gone\ncurrent-context: x\nextensions: null\nusers:\n\
         - {{name: u, user: {{token: hidden-token, exec: null, as-groups: null}}}}\n---\nclusters: [\n",
        server.address
    );
    assert!(User::with(&text).facts().objects.nodes.is_complete());
    let nobody = format!(
        "clusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\nusers: null\n\
         contexts: [{{name: x, context: {{cluster: c, user: null}}}}]\ncurrent-context: x\n",
        server.address
    );
    assert!(User::with(&nobody).facts().objects.nodes.is_complete());
    // A value that is empty is not set, so a later file sets it.
    let mut user = User::with(&nobody);
    user.access.kubeconfig = None;
    let first = user.file("first", "current-context: ''\ncontexts: null\n");
    let empty = user.file("empty", "# nothing\n");
    let config = user.folder.path().join("config");
    user.environment.kubeconfig = Some(std::env::join_paths([&first, &empty, &config]).unwrap());
    assert!(user.facts().objects.nodes.is_complete());
}

#[test]
fn acting_as_somebody_else_is_passed_on() {
    let server = idle();
    let mut user = User::of(&server);
    user.access.impersonate_groups = vec!["devs".to_owned(), "ops".to_owned()];
    assert!(matches!(user.refused(), ApiError::GroupWithoutUser));
    user.access.impersonate = Some("jane".to_owned());
    user.facts();
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.header("impersonate-user") == Some("jane"))
    );
    let groups = requests[0]
        .headers
        .iter()
        .filter(|(name, _)| name == "impersonate-group");
    assert_eq!(groups.count(), 2);
    let server = Server::start(|_| {
        let body =
            r#"{"kind":"Status","reason":"Forbidden","details":{"kind":"users"},"code":403}"#;
        Some(json(403, body))
    });
    let mut user = User::of(&server);
    user.access.impersonate = Some("jane".to_owned());
    assert!(matches!(
        user.refused(),
        ApiError::ImpersonationRefused { .. }
    ));
}

#[test]
fn a_token_file_may_end_in_a_newline() {
    let server = Server::tls(SERVER, |_| None);
    let cluster = trusted(&server, AUTHORITY);
    for text in ["from-file", "from-file\n"] {
        let user = User::new(&cluster, "tokenFile: token");
        user.file("token", text);
        user.facts();
    }
    let all = server.requests();
    assert!(
        all.iter()
            .all(|request| request.header("authorization") == Some("Bearer from-file"))
    );
}

#[test]
fn over_plain_http_no_credentials_are_sent() {
    let server = idle();
    let cluster = format!("server: \"http://{}\"", server.address);
    for user in [
        "token: t",
        "username: u, password: p",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin}",
    ] {
        let facts = User::new(&cluster, user).facts();
        assert!(facts.notes[0].contains("plain HTTP"), "{:?}", facts.notes);
    }
    assert!(User::new(&cluster, "").facts().notes.is_empty());
    let sent = server.requests();
    let mut sent = sent.iter();
    assert!(sent.all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_file_that_never_ends_does_not_hold_us() {
    let server = idle();
    let pipe = |user: &User| {
        let pipe = user.folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        pipe
    };
    // Named by a file, it is not waited for.
    let user = User::new(
        &format!("server: \"https://{}\"", server.address),
        "tokenFile: pipe",
    );
    pipe(&user);
    assert!(matches!(user.refused(), ApiError::ReadReferenced { .. }));
    // Named by the user, it is, for a while.
    let mut user = User::of(&server);
    user.access.kubeconfig = Some(pipe(&user));
    user.access.login_timeout = Duration::from_millis(200);
    assert!(matches!(user.refused(), ApiError::LoginTimeout { .. }));
}

#[test]
fn an_expired_client_certificate_is_told_with_its_date() {
    let server = Server::tls(SERVER, |_| None);
    let cluster = trusted(&server, AUTHORITY);
    let identity = format!(
        "client-certificate-data: {}, client-key-data: {}",
        base64(EXPIRED),
        base64(KEY)
    );
    let error = User::new(&cluster, &identity).refused();
    assert_eq!(
        error.to_string(),
        "the client certificate of user \"u\" expired on 2021-01-01T00:00:00Z"
    );
    assert_eq!(server.requests().len(), 0);
    // Beside a token it does not matter.
    User::new(&cluster, &format!("{identity}, token: t")).facts();
}
