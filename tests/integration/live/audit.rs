//! What a user sees of a cluster that nobody prepared.

use serde_json::{Value, json};

use super::bed::Bed;
use crate::harness;

/// Replaces what differs from bed to bed.
fn redact(text: &str) -> String {
    let patterns = [
        (
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z)",
            "‹time›",
        ),
        (r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d", "‹time›"),
        (r"pid \d+", "pid ‹n›"),
        (r"@\d{10}", "@‹time›"),
        (r"\b10\.213\.\d+\.\d+|\b172\.30\.\d+\.\d+", "‹address›"),
    ];
    patterns
        .iter()
        .fold(text.to_owned(), |text, (pattern, word)| {
            regex::Regex::new(pattern)
                .unwrap()
                .replace_all(&text, *word)
                .into_owned()
        })
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn plain_by_api_and_control_plane_node() {
    let bed = Bed::running();
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("plain.seaworthy");
    std::fs::write(&snapshot, &bed.plain).unwrap();
    let run = harness::run(&[
        "audit",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--width",
        "100",
        "--all",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    insta::assert_snapshot!("plain", redact(&run.out));
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_saved_run_gives_the_same_bytes_again() {
    let bed = Bed::running();
    let args = [
        "audit",
        "--node",
        "local",
        "--kubeconfig",
        "/etc/kubernetes/admin.conf",
        "--save",
        "/root/saved.seaworthy",
        "-o",
        "json=/root/live.json",
        "-o",
        "table=/root/live.txt",
        "--width",
        "100",
    ];
    let output = bed.seaworthy("cp1", &args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let root = bed.root("cp1").join("root");
    let saved = root.join("saved.seaworthy");
    let again = harness::run(&["audit", "--snapshot", saved.to_str().unwrap(), "-o", "json"]);
    assert_eq!(again.code, 0, "{}", again.err);
    let live = std::fs::read_to_string(root.join("live.json")).unwrap();
    assert!(
        live == again.out,
        "the report of the snapshot differs from that of the live run"
    );
    let rendered = harness::run(&[
        "report",
        root.join("live.json").to_str().unwrap(),
        "--width",
        "100",
    ]);
    assert_eq!(
        rendered.out,
        std::fs::read_to_string(root.join("live.txt")).unwrap()
    );
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_user_who_may_read_only_pods_gets_gaps_and_no_verdict() {
    let bed = Bed::running();
    let folder = tempfile::tempdir().unwrap();
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]);
    let kubeconfig = bed.account("live-test-pods-only", &rules, folder.path());
    let run = harness::run_with(&kubeconfig, &["audit", "-o", "json", "--all"]);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    // Pods are read, so what pods alone decide is decided; everything else is unknown.
    let decided: Vec<(&str, &str)> = report["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|outcome| {
            (
                outcome["evaluation"].as_str().unwrap(),
                outcome["status"].as_str().unwrap(),
            )
        })
        .filter(|(_, status)| ["pass", "notApplicable"].contains(status))
        .collect();
    for (evaluation, status) in &decided {
        let by_pods = [
            "workload-",
            "apiserver-",
            "controllermanager-",
            "scheduler-",
            "etcd-",
        ];
        assert!(
            by_pods.iter().any(|area| evaluation.starts_with(area)),
            "{evaluation} is {status} without its data"
        );
    }
    let gaps: Vec<&str> = report["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["remedy"].as_str().unwrap())
        .collect();
    for right in ["clusterroles", "networkpolicies", "namespaces", "nodes"] {
        assert!(
            gaps.iter().any(|remedy| remedy.contains(right)),
            "no gap names {right}: {gaps:#?}"
        );
    }
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_user_without_rights_gets_a_report_and_exit_3() {
    let bed = Bed::running();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = bed.account("live-test-nobody", &json!([]), folder.path());
    let run = harness::run_with(&kubeconfig, &["audit"]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.out.contains("could not be judged"), "{}", run.out);
}
