//! The scheduled Job: the manifests that `deploy` prints run as they are, with exactly the rights they grant.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::bed::Bed;
use crate::harness;

const NAMESPACE: &str = "live-test-deploy";
const IMAGE: &str = "docker.io/library/seaworthy:live-test";

fn manifests() -> String {
    let run = harness::run(&["deploy", "--namespace", NAMESPACE, "--image", IMAGE]);
    assert_eq!(run.code, 0, "{}", run.err);
    run.out
}

/// Packs the static program and gives it to the worker's container runtime.
fn import_image(bed: &Bed) {
    let program = std::env::var("SEAWORTHY_STATIC")
        .expect("SEAWORTHY_STATIC names no static program: start with tests/run");
    let archive = bed.root("w1").join("root/seaworthy.tar");
    let packed = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/image"))
        .args([Path::new(&program), &archive, Path::new(IMAGE)])
        .output()
        .unwrap();
    assert!(
        packed.status.success(),
        "{}",
        String::from_utf8_lossy(&packed.stderr)
    );
    let imported = bed.enter(
        "w1",
        &[
            "ctr",
            "-n",
            "k8s.io",
            "images",
            "import",
            "/root/seaworthy.tar",
        ],
    );
    assert!(
        imported.status.success(),
        "{}",
        String::from_utf8_lossy(&imported.stderr)
    );
    std::fs::remove_file(archive).unwrap();
}

/// Evaluation, status and subject of every verdict outside the Job's own namespace.
fn verdicts(report: &Value) -> BTreeSet<String> {
    let outcomes = report["outcomes"].as_array().unwrap();
    let others = outcomes
        .iter()
        .filter(|outcome| !outcome["subject"].to_string().contains("live-test"));
    others
        .map(|outcome| {
            format!(
                "{} {} {}",
                outcome["evaluation"], outcome["status"], outcome["subject"]
            )
        })
        .collect()
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_job_of_the_cron_job_gives_the_report_of_the_outside() {
    let bed = Bed::running();
    import_image(bed);
    let warned = bed.kubectl(&["apply", "-f", "-"], &manifests());
    assert!(warned.contains("cronjob.batch/seaworthy"), "{warned}");
    bed.kubectl(
        &[
            "create",
            "job",
            "once",
            "--from=cronjob/seaworthy",
            "-n",
            NAMESPACE,
        ],
        "",
    );
    bed.kubectl(
        &[
            "wait",
            "job/once",
            "-n",
            NAMESPACE,
            "--for=condition=complete",
            "--timeout=180s",
        ],
        "",
    );
    let inside: Value =
        serde_json::from_str(&bed.kubectl(&["logs", "job/once", "-n", NAMESPACE], "")).unwrap();
    let run = harness::run_with(&bed.kubeconfig(), &["audit", "-o", "json"]);
    let outside: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    assert_eq!(inside["cluster"]["version"], outside["cluster"]["version"]);
    assert!(inside["outcomes"].as_array().unwrap().len() > 5);
    let refused: Vec<&Value> = inside["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|gap| gap["reason"] == "forbidden")
        .collect();
    assert!(refused.is_empty(), "the role lacks a right: {refused:#?}");
    let (inside, outside) = (verdicts(&inside), verdicts(&outside));
    let differ: Vec<_> = inside.symmetric_difference(&outside).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn without_any_one_rule_a_gap_names_it() {
    let bed = Bed::running();
    let folder = tempfile::tempdir().unwrap();
    let role = manifests()
        .split("\n---\n")
        .map(|document| serde_yaml::from_str::<Value>(document).unwrap())
        .find(|object| object["kind"] == "ClusterRole")
        .unwrap();
    let rules = role["rules"].as_array().unwrap().clone();
    assert!(rules.len() > 20);
    for missing in &rules {
        let rest: Vec<&Value> = rules.iter().filter(|rule| rule != &missing).collect();
        let kubeconfig = bed.account("live-test-rule", &json!(rest), folder.path());
        let run = harness::run_with(&kubeconfig, &["audit", "-o", "json", "--all"]);
        let wanted = match missing["nonResourceURLs"].get(0) {
            Some(path) => format!("nonResourceURLs: [{}]", path.as_str().unwrap()),
            None => format!("resources: [{}]", missing["resources"][0].as_str().unwrap()),
        };
        assert!(
            run.out.contains(&wanted),
            "without {missing} nothing names {wanted}: {}{}",
            run.out,
            run.err
        );
    }
}
