//! What leaves a node, under every shell, before anything of it is read here.

use std::fs;
use std::io::{BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{NONCE, PLANTED, Shell, shell, shells};
use crate::collect::ssh::pool::Share;
use crate::collect::ssh::record::Record;
use crate::collect::ssh::talk::{SCRIPT, lists};
use crate::collect::ssh::wire::{Ask, Records, batch};
use crate::facts::host::{Purpose, masked, reduce};

/// Everything the script says when asked for `asks`.
fn records(shell: &mut Shell, asks: &[Ask]) -> Vec<Record> {
    let mut input = shell.child.stdin.take().unwrap();
    input
        .write_all(format!("{NONCE}\n{}", batch(asks)).as_bytes())
        .unwrap();
    drop(input);
    let output = BufReader::new(shell.child.stdout.take().unwrap());
    let (mut from, _) = Records::begin(output, NONCE, Share::default()).unwrap();
    let mut records = Vec::new();
    from.read(|record| records.push(record)).unwrap();
    records
}

/// What leaves the node of a file with this text.
fn cleaned(shell: &mut Shell, ask: fn(String) -> Ask, text: &str) -> String {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let mut text = None;
    let mut asks = lists().to_vec();
    asks.push(ask(path));
    for record in records(shell, &asks) {
        if let Record::Read(_, content) = record {
            text = Some(String::from_utf8(content.unwrap()).unwrap());
        }
    }
    text.unwrap()
}

/// Files, and what leaves the node of them; `$S` is a secret.
const CLEANED: &[(&str, &str)] = &[
    (
        "users:\n- user:\n    token: $S\n    x: /a",
        "users:\n- user:\n    token: \"-\"\n    x: /a",
    ),
    (
        "- token: '$S' # why\n  other: 1",
        "- token: \"-\" # why\n  other: 1",
    ),
    (
        "password: |-\n  $S\n\n  $S\nnext: 1",
        "password: \"-\"\nnext: 1",
    ),
    ("password:\n  $S\nnext: 1", "password: \"-\"\nnext: 1"),
    ("secret: \"a\n  $S\"\nnext: 1", "secret: \"-\"\nnext: 1"),
    (
        "k: [{n: a, secret: $S}, {secret: \"$S\", n: b}]",
        "k: [{n: a, secret: \"-\"}, {secret: \"-\", n: b}]",
    ),
    (
        "{\"u\":{\"token\" : \"$S\\\"$S\",\"client-key-data\":\"$S\"}}",
        "{\"u\":{\"token\" : \"-\",\"client-key-data\": \"-\"}}",
    ),
    // A text that does not end takes the rest with it.
    ("{\"token\": \"$S\n$S\"}", "{\"token\": \"-\""),
    // A pod is told by its kind; what only begins like it is configuration.
    (
        "kind: Pod\nspec: {containers: [{name: a, env: [{name: b, value: $S}]}]}",
        "kind: Pod\nspec: {containers: [{name: a, env: [{name: b, value: xxxxxxxxxxxxxxxxxxx=}]}]}",
    ),
    (
        "plugins:\n- configuration:\n    kind: PodSecurityConfiguration\n    containers: 5\n    x: yz",
        "plugins:\n- configuration:\n    kind: PodSecurityConfiguration\n    containers: 5\n    x: yz",
    ),
    // K3s' own.
    (
        "agent-token: $S\ndatastore-endpoint: 'mysql://u:$S@h/'\ndata-dir: /d",
        "agent-token: \"-\"\ndatastore-endpoint: \"-\"\ndata-dir: /d",
    ),
    (
        "resources: [secrets]\nTokenJTI: true\nmytoken: a",
        "resources: [secrets]\nTokenJTI: true\nmytoken: a",
    ),
    // `$K` is a private key, `$B` what is left of it.
    (
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n$K\nafter",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n$B",
    ),
    ("a: |\n  $K\nb: 1", "a: |\n  $B\nb: 1"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\n$S",
        "-----BEGIN RSA PRIVATE KEY-----",
    ),
];

#[test]
fn secrets_do_not_leave_the_node() {
    let bare = "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----";
    let key = bare.replace('\n', "\n$S\n$S\n");
    for (text, expected) in CLEANED {
        let text = text.replace("$K", &key).replace("$S", PLANTED);
        let expected = expected.replace("$B", bare);
        for (name, mut shell) in shells() {
            let cleaned = cleaned(&mut shell, Ask::Read, &text);
            assert_eq!(cleaned.trim_end(), expected, "{name}");
        }
    }
    // On one line, as JSON holds it.
    let line = key.replace("$S", PLANTED).replace('\n', "\\n");
    for (name, mut shell) in shells() {
        let cleaned = cleaned(&mut shell, Ask::Read, &format!("k: {line}, after"));
        assert_eq!(cleaned.trim_end(), format!("k: {bare}, after"), "{name}");
    }
}

/// Pieces of words that mean something to the mask, or nearly.
const PIECES: &[&str] = &[
    "etcd",
    "kubelet",
    "hardened-",
    "kube-apiserver",
    "-v1.2",
    "k3s",
    "exec",
    "init",
    "sh",
    "s3cr3t",
    "--",
    "-",
    "=",
    "/",
    " ",
    "name",
    "listen-client-urls",
    "initial-cluster-token",
    "anonymous_auth",
    "kubelet-arg",
    "max-pods",
    "://",
    "https",
    "unix",
    "u:p@",
    "?t=",
    "#",
    ",",
    ".",
    "_",
    "+",
    ":",
    "'",
    "\"",
    "$@",
    "\\",
    "\n",
    "\t",
    "ü",
    "%",
    "(",
    "c",
];

/// Command lines of all kinds, the same ones every time.
fn lines() -> Vec<Vec<String>> {
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut lines = Vec::new();
    for number in 0..24 {
        let first = ["etcd", "kubelet", "k3s", "app", "/bin/x y=z", "sh"][number % 6];
        let mut words = vec![first.to_owned()];
        for _ in 0..60 {
            let pieces = 1 + next(6);
            words.push((0..pieces).map(|_| PIECES[next(PIECES.len())]).collect());
        }
        lines.push(words);
    }
    lines
}

#[test]
fn of_command_lines_the_same_leaves_the_node_as_is_kept_here() {
    let lines = lines();
    // A shell that waits for a line, with these words behind its own.
    let mut waiting: Vec<_> = lines
        .iter()
        .map(|words| {
            Command::new("dash")
                .arg0(&words[0])
                .args(["-c", "read line"])
                .args(&words[1..])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut asks = lists().to_vec();
    asks.push(Ask::Processes);
    for (name, mut shell) in shells() {
        let told = records(&mut shell, &asks);
        let commands = told.into_iter().find_map(|record| match record {
            Record::Commands(commands) => Some(commands),
            _ => None,
        });
        let commands = commands.unwrap();
        for (process, words) in waiting.iter().zip(&lines) {
            let command = commands.iter().find(|one| one.0 == process.id());
            let command = command.unwrap().1.as_ref().unwrap();
            let sent = command.strip_suffix(b"\0").unwrap();
            let sent = String::from_utf8_lossy(sent).into_owned();
            let sent: Vec<&str> = sent.split('\0').collect();
            let mut given: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            given.splice(1..1, [&b"-c"[..], b"read line"]);
            let kept = masked(&given);
            for ((sent, kept), word) in sent.iter().zip(&kept).zip(&given) {
                let word = String::from_utf8_lossy(word);
                assert_eq!(sent, kept, "{name} {} {word:?}", words[0]);
            }
            assert_eq!(sent.len(), kept.len());
        }
    }
    for process in &mut waiting {
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

#[test]
fn of_the_variables_of_etcd_those_leave_that_are_listed() {
    let mut etcd = Command::new("dash")
        .arg0("etcd")
        .args(["-c", "read line"])
        .env_clear()
        .envs([
            ("ETCD_NAME", "a"),
            (
                "ETCD_LISTEN_CLIENT_URLS",
                "https://u:s3cr3t@h:1/s3cr3t?s3cr3t",
            ),
            ("ETCD_INITIAL_CLUSTER_TOKEN", "s3cr3t"),
            ("ETCD_ROOT_PASSWORD", "s3cr3t"),
            ("PASSWORD", "s3cr3t\nETCD_DATA_DIR=s3cr3t"),
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asks = lists().to_vec();
    asks.push(Ask::Read(format!("/proc/{}/environ", etcd.id())));
    for (name, mut shell) in shells() {
        let told = records(&mut shell, &asks);
        let read = told.into_iter().find_map(|record| match record {
            Record::Read(path, content) if path.ends_with("environ") => content.ok(),
            _ => None,
        });
        let text = String::from_utf8(read.unwrap()).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "ETCD_INITIAL_CLUSTER_TOKEN=-",
                "ETCD_LISTEN_CLIENT_URLS=https://h:1/-",
                "ETCD_NAME=a"
            ],
            "{name}"
        );
    }
    etcd.kill().unwrap();
    etcd.wait().unwrap();
}

#[test]
fn of_a_runtime_two_settings_leave() {
    let text = "[a]\npassword = \"s3cr3t\"\n  conf_dir = \"/etc/cni\"\nx = '''\nkey = s3cr3t\n'''\nnetwork_dir='/n'\n";
    for (name, mut shell) in shells() {
        let kept = cleaned(&mut shell, Ask::ReadRuntime, text);
        assert_eq!(
            kept, "\n  conf_dir = \"/etc/cni\"\nnetwork_dir='/n'\n",
            "{name}"
        );
    }
}

#[test]
fn of_bundles_the_certificates_leave() {
    let text = "Bag s3cr3t\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\ns3cr3t\n\
        -----BEGIN OTHER-----\ns3cr3t\n-----END OTHER-----\n-----BEGIN CERTIFICATE-----\nM!s3cr3t\n-----END CERTIFICATE-----\n";
    let kept = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN OTHER-----\n-----END OTHER-----\n\
        -----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n";
    for (name, mut shell) in shells() {
        assert_eq!(cleaned(&mut shell, Ask::Read, text), kept, "{name}");
    }
}

#[test]
fn of_too_many_processes_the_rest_is_counted() {
    let mut etcd = Command::new("dash")
        .arg0("etcd")
        .args(["-c", "read line"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let few = SCRIPT.replace("4096", "2");
    let mut shell = shell("dash", &[], &few, None);
    let mut processes = 0;
    let mut left_out = 0;
    for record in records(&mut shell, &[Ask::Processes]) {
        match record {
            Record::Process(_) => processes += 1,
            Record::Processes(told) => left_out = told.unwrap().1,
            _ => {}
        }
    }
    // At least this test, what runs it, the shell and what waits run here; what is called like a component has its own share.
    assert!((2..=4).contains(&processes), "{processes}");
    assert!(left_out > 0);
    etcd.kill().unwrap();
    etcd.wait().unwrap();
}

/// Manifests of static pods; `s3cr3t` is nobody's business.
const MANIFESTS: &[&str] = &[
    include_str!("manifests/kubeadm.yaml"),
    include_str!("manifests/flow.yaml"),
    include_str!("manifests/pretty.json"),
    // Sequences at the column of their key, a document mark, quoted keys, comments, text over several lines.
    "---\n# s3cr3t\n'kind': Pod\n\"metadata\": {name: etcd, annotations: {a: \"s3cr3t\\\"s3cr3t\\n\", b: s3cr3t}}\nspec:\n  containers:\n  - name: etcd\n    command: [etcd, --name=n, \"--data-dir=/d\", '--foo=s3cr3t', s3cr3t] # s3cr3t\n    env:\n    -   name: A\n        value: 's3cr3t\n          s3cr3t''s3cr3t'\n    - {name: B, value: \"s3cr3t\n      s3cr3t\"}\n  volumes: null\n",
    "kind: Pod\nspec:\n  containers:\n  - name: a\n    image: r.io/a@sha256:00\n    args:\n    - --listen-client-urls\n    - https://u:s3cr3t@h:1/s3cr3t\n    - |\n      s3cr3t: s3cr3t\n      exec kube-apiserver --token=s3cr3t\n    - \"a\\\\b\\\"s3cr3t\"\n",
    "{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\",\"command\":[\"sh\",\"-c\",\"exec etcd \\\"s3cr3t\\\"\\n\"],\"env\":[{\"name\":\"ETCD_NAME\",\"value\":\"n\"},{\"name\":\"ETCD_INITIAL_CLUSTER_TOKEN\",\"value\":\"s3cr3t\"},{\"name\":\"ETCD_LISTEN_PEER_URLS\",\"value\":\"http://u:s3cr3t@h:1/s3cr3t\"}]}]}}",
];

#[test]
fn of_static_pods_what_is_judged_leaves_and_nothing_else() {
    for text in MANIFESTS {
        let kept = reduce(Purpose::Manifest, text.as_bytes()).unwrap();
        for (name, mut shell) in shells() {
            let sent = cleaned(&mut shell, Ask::ReadManifest, text);
            assert!(!sent.contains("s3cr3t"), "{name} {sent}");
            let there = reduce(Purpose::Manifest, sent.as_bytes());
            assert_eq!(there.as_ref(), Ok(&kept), "{name} {sent}");
        }
    }
}

#[test]
fn a_variable_whose_value_comes_first_makes_a_gap() {
    let pod = |item: &str| {
        format!("kind: Pod\nspec:\n  containers:\n  - name: a\n    env:\n{item}\n---\nx: y\n")
    };
    for item in [
        "    - value: s3cr3t\n      name: ETCD_DATA_DIR",
        "    - {value: s3cr3t, name: ETCD_DATA_DIR}",
        "    - value: |\n        s3cr3t\n      name: ETCD_DATA_DIR\n    - name: B",
    ] {
        assert!(reduce(Purpose::Manifest, pod(item).as_bytes()).is_ok());
        for (name, mut shell) in shells() {
            let sent = cleaned(&mut shell, Ask::ReadManifest, &pod(item));
            assert!(!sent.contains("s3cr3t"), "{name} {sent}");
            assert!(
                reduce(Purpose::Manifest, sent.as_bytes()).is_err(),
                "{name} {sent}"
            );
        }
    }
}

#[test]
fn a_manifest_of_anything_else_leaves_as_its_shape() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  name: s3cr3t\n  kind: |\n    path: s3cr3t\nstringData: {name: s3cr3t}\ns3cr3t\n";
    for (name, mut shell) in shells() {
        let sent = cleaned(&mut shell, Ask::ReadManifest, text);
        assert!(!sent.contains("s3cr3t"), "{name} {sent}");
        assert!(sent.contains("kind: Secret"), "{name} {sent}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_of_a_manifest_leaves_by_accident(
        pieces in proptest::collection::vec(
            proptest::sample::select(&[
                "kind", "spec", "containers", "name", "command", "env", "value", "s3cr3t", ": ", ":", "- ", "-", "\n", "\n  ", "\n    ",
                "{", "}", "[", "]", ", ", "\"", "'", "|", "#", " ", "\\", "&a ", "*a",
            ][..]),
            0..80,
        )
    ) {
        // Under keys that are not listed, whatever follows.
        let text = format!("data:\n  x: s3cr3t{}\n", pieces.concat().replace('\n', "\n   "));
        let mut shell = shell("dash", &[], SCRIPT, None);
        let sent = cleaned(&mut shell, Ask::ReadManifest, &text);
        prop_assert!(!sent.contains("s3cr3t"), "{text}\n{sent}");
    }
}
