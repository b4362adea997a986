//! Credential plugins, good and bad.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::server::{AUTHORITY, SERVER, Server};
use super::{User, told, trusted};
use crate::collect::api::{ApiError, PluginError};

fn idle() -> Server {
    Server::tls(SERVER, |_| None)
}

/// A user whose plugin is this script.
fn plugin(server: &Server, script: &str, more: &str) -> User {
    let user = User::new(
        &trusted(server, AUTHORITY),
        &format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never{more}}}"
        ),
    );
    let path = user.file("plugin", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    user
}

fn plugin_error(server: &Server, script: &str) -> PluginError {
    match plugin(server, script, "").refused() {
        ApiError::Plugin { source, .. } => source,
        other => panic!("{other}"),
    }
}

const CREDENTIAL: &str = r#"{"kind":"ExecCredential","status":{"token":"from-plugin"}}"#;

#[test]
fn a_plugin_runs_once_and_its_token_is_used() {
    let server = idle();
    let script = format!(
        "echo x >> \"$MARK\"; echo \"$KUBERNETES_EXEC_INFO\" > \"$MARK.info\"; echo '{CREDENTIAL}'"
    );
    let user = plugin(&server, &script, ", provideClusterInfo: true");
    let mark = user.folder.path().join("mark");
    let config = std::fs::read_to_string(user.folder.path().join("config")).unwrap();
    let env = format!(
        "interactiveMode: Never, env: [{{name: MARK, value: {}}}]",
        mark.display()
    );
    user.file("config", &config.replace("interactiveMode: Never", &env));
    user.facts();
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "x\n");
    let info = std::fs::read_to_string(mark.with_extension("info")).unwrap();
    assert!(
        info.contains("\"interactive\":false") && info.contains("\"server\":\"https://"),
        "{info}"
    );
    let all = server.requests();
    assert!(
        all.iter()
            .all(|request| request.header("authorization") == Some("Bearer from-plugin"))
    );
}

#[test]
fn a_plugin_that_gives_nothing_is_one_clear_error() {
    let server = idle();
    // What prints without an end meets a closed pipe.
    for failing in ["exit 3", "exec yes"] {
        let error = plugin_error(&server, failing);
        assert!(
            matches!(error, PluginError::Failed(_)),
            "{failing}: {error}"
        );
    }
    for garbage in [
        "echo hello",
        "echo '{\"kind\":\"ExecCredential\"}'",
        "true",
        "echo '[[['",
    ] {
        assert!(
            matches!(plugin_error(&server, garbage), PluginError::NoCredentials),
            "{garbage}"
        );
    }
    let expired = CREDENTIAL.replace(
        "{\"token\"",
        "{\"expirationTimestamp\":\"2020-01-01T00:00:00Z\",\"token\"",
    );
    let script = format!("echo '{expired}'");
    let error = told(&plugin(&server, &script, "").refused());
    assert!(error.contains("expired on 2020-01-01"), "{error}");
    assert!(!error.contains("from-plugin"), "{error}");
    let user = User::new(
        &trusted(&server, AUTHORITY),
        "exec: {command: no-such-plugin-anywhere, installHint: get it from the shop}",
    );
    let error = user.refused();
    assert!(
        told(&error)
            .contains("\"no-such-plugin-anywhere\" of user \"u\": the command was not found"),
        "{error}"
    );
    assert_eq!(error.hint().as_deref(), Some("get it from the shop"));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_plugin_that_hangs_is_ended_with_all_that_it_started() {
    let server = idle();
    // Only this run's own.
    let sleep = format!("sleep 61.{}", std::process::id());
    let began = Instant::now();
    for script in ["S", "S & S", "S & echo done"] {
        let script = script.replace('S', &sleep);
        let mut user = plugin(&server, &script, "");
        user.access.login_timeout = Duration::from_millis(400);
        let began = Instant::now();
        let error = user.refused();
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
        let source = match error {
            ApiError::Plugin { source, .. } => source,
            other => panic!("{other}"),
        };
        assert!(matches!(source, PluginError::TimedOut(_)), "{source}");
    }
    let left = || {
        let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let left = entries.filter(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            line.starts_with(sleep.replace(' ', "\0").as_bytes())
        });
        left.count()
    };
    // One that was killed is gone once it was its turn.
    while left() > 0 && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(left(), 0);
}
