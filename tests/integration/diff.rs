use std::path::Path;

use serde_json::Value;

use crate::harness::run;

fn saved(folder: &Path, name: &str) -> (String, Value) {
    let path = folder.join(name).to_str().unwrap().to_owned();
    let run = run(&[
        "audit",
        "--demo",
        "--profile",
        "cks",
        "-o",
        &format!("json={path}"),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    (
        path.clone(),
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
    )
}

fn is(outcome: &Value, check: &str, status: &str) -> bool {
    outcome["evaluation"] == check && outcome["status"] == status
}

/// The gate counts what is new alone, where that is asked for.
fn gated(old: &str) {
    let gate = |more: &[&str]| {
        let mut words = vec![
            "audit",
            "--demo",
            "--profile",
            "cks",
            "--baseline",
            old,
            "--fail-on",
        ];
        words.extend(more);
        run(&words)
    };
    assert_eq!(gate(&["critical"]).code, 1);
    assert_eq!(gate(&["critical", "--new-only"]).code, 0);
    let failed = gate(&["medium", "--new-only"]);
    assert_eq!(failed.code, 1, "{}", failed.err);
    assert!(
        failed
            .err
            .contains("findings since the baseline at severity medium or above: 1"),
        "{}",
        failed.err
    );
    assert!(
        failed
            .out
            .contains("Since the baseline: 1 new, 1 fixed, 1 no longer known"),
        "{}",
        failed.out
    );
}

/// The older report knows nothing of one finding, has one that is gone, and one that nobody can judge any more.
#[test]
fn new_fixed_and_no_longer_known_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (new, mut report) = saved(folder.path(), "new.json");
    let outcomes = report["outcomes"].as_array_mut().unwrap();
    let before = outcomes.len();
    outcomes.retain(|one| !is(one, "workload-host-pid", "fail"));
    assert_eq!(before - outcomes.len(), 1, "the demo has one finding of it");
    let mut gone = outcomes
        .iter()
        .find(|one| is(one, "workload-host-path", "fail") && one.get("exemptions").is_none())
        .unwrap()
        .clone();
    gone["fingerprint"] = "0123456789abcdef".into();
    gone["subject"]["name"] = "Deployment gone".into();
    outcomes.push(gone.clone());
    let unknown = outcomes
        .iter()
        .find(|one| one["status"] == "unknown" && one["evaluation"] != "workload-host-path");
    let unknown = unknown.unwrap()["evaluation"].clone();
    gone["evaluation"] = unknown;
    gone["fingerprint"] = "fedcba9876543210".into();
    outcomes.push(gone);
    let old = folder.path().join("old.json");
    std::fs::write(&old, report.to_string()).unwrap();
    let old = old.to_str().unwrap();

    let shown = run(&["diff", old, &new, "--width", "100"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    insta::assert_snapshot!("diff", shown.out);
    let json = run(&["diff", old, &new, "-o", "json"]);
    let document: Value = serde_json::from_str(&json.out).unwrap();
    let count = |list: &str| document[list].as_array().unwrap().len();
    assert_eq!(
        [count("new"), count("fixed"), count("notKnown")],
        [1, 1, 1],
        "{document:#}"
    );

    gated(old);
}

#[test]
fn two_snapshots_of_one_cluster_do_not_differ() {
    let demo = "reports/demo.seaworthy";
    let run = run(&["diff", demo, demo, "-o", "json"]);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        document["new"].as_array().unwrap().len() + document["fixed"].as_array().unwrap().len(),
        0
    );
    assert!(document["unchanged"].as_u64().unwrap() > 50);
    let run = crate::harness::run(&["diff", "Cargo.toml", demo]);
    assert_eq!(run.code, 2, "{}", run.err);
}

/// Whoever looks at less has mended nothing.
#[test]
fn a_narrower_look_fixes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut report) = saved(folder.path(), "whole.json");
    let whole = folder.path().join("whole.json");
    let outcomes = report["outcomes"].as_array_mut().unwrap();
    outcomes.retain(|one| one["subject"]["namespace"] == "reef" || one.get("sample").is_some());
    report["source"]["read"] = serde_json::json!(["API, only reef"]);
    let part = folder.path().join("part.json");
    std::fs::write(&part, report.to_string()).unwrap();
    let run = run(&[
        "diff",
        whole.to_str().unwrap(),
        part.to_str().unwrap(),
        "-o",
        "json",
    ]);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    let count = |list: &str| document[list].as_array().unwrap().len();
    assert_eq!((count("new"), count("fixed")), (0, 0), "{document:#}");
    assert!(count("notKnown") > 20 && document["unchanged"].as_u64() > Some(0));
}
