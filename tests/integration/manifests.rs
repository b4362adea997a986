use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{command, run};

const CHART: &str = "tests/fixtures/manifests/chart.yaml";
const MIXED: &str = "tests/fixtures/manifests/mixed";

/// Without what differs from run to run.
fn steady(text: &str) -> String {
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC").unwrap();
    time.replace_all(text, "‹time›").into_owned()
}

#[test]
fn what_helm_renders_is_judged_with_file_and_line() {
    let run = run(&["audit", "-f", CHART, "--width", "100"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!("chart", steady(&run.out));
    assert!(run.out.contains(&format!("{CHART}:65")), "{}", run.out);
}

#[test]
fn broken_files_among_good_ones_are_named_and_the_others_judged() {
    let shown = run(&["audit", "-f", MIXED, "--width", "100"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    insta::assert_snapshot!("mixed", steady(&shown.out));
    let run = run(&["audit", "-f", MIXED, "-o", "json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["source"]["kind"], "manifests");
    let gaps = report["gaps"].as_array().unwrap().iter();
    let places: Vec<&str> = gaps.map(|gap| gap["where"].as_str().unwrap()).collect();
    for file in ["broken.yaml:", "half.yml:", "binary.yaml"] {
        assert!(
            places.iter().any(|place| place.contains(file)),
            "{file}: {places:?}"
        );
    }
    assert!(!places.iter().any(|place| place.contains("notes.txt")));
}

#[test]
fn every_outcome_of_manifests_says_where_it_stands() {
    let run = run(&["audit", "-f", CHART, MIXED, "-o", "json", "--all"]);
    assert_eq!(run.code, 2, "several files are several options");
    let run = crate::harness::run(&["audit", "-f", CHART, "-f", MIXED, "-o", "json", "--all"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let mut failed = 0;
    for outcome in report["outcomes"].as_array().unwrap() {
        let subject = &outcome["subject"];
        if outcome["status"] == "fail" && subject["kind"] != "principal" {
            failed += 1;
            assert!(
                subject["place"]
                    .as_str()
                    .is_some_and(|place| place.contains(':')),
                "{outcome:#}"
            );
        }
        // Nothing that needs a cluster is judged, and nothing is silent. What was not understood may be a component's pod.
        if ["kubelet", "apiserver", "etcd", "file", "cluster"]
            .contains(&subject["kind"].as_str().unwrap())
        {
            let open = ["notApplicable", "unknown"];
            let status = outcome["status"].as_str().unwrap();
            assert!(open.contains(&status), "{outcome:#}");
        }
    }
    assert!(failed > 20, "{failed}");
    assert!(!run.out.contains("planted-chart") && !run.out.contains("cGxhbnRlZC1"));
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let mut child = command(&[
        "audit",
        "-f",
        "-",
        "--check",
        "workload-host-network",
        "-o",
        "json",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let text = std::fs::read(format!("{MIXED}/base/good.yaml")).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcome = &report["outcomes"][0];
    assert_eq!(
        (&outcome["status"], &outcome["subject"]["place"]),
        (&"fail".into(), &"stdin:8".into())
    );
}

#[test]
fn what_was_named_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    for (named, said) in [
        ("/nonexistent/x.yaml", "cannot read"),
        (empty, "there is no .yaml"),
    ] {
        let run = run(&["audit", "-f", named]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains(said), "{}", run.err);
    }
    let run = run(&["audit", "-f", CHART, "--demo"]);
    assert_eq!(run.code, 2);
}

#[test]
fn rbac_of_manifests_says_that_there_may_be_more() {
    let run = run(&["rbac", "who-can", "get", "secrets", "-f", CHART]);
    assert_eq!(run.code, 0);
    assert!(
        run.out.contains("default/release-name-tidepool"),
        "{}",
        run.out
    );
    assert!(run.out.contains("outside the manifests"), "{}", run.out);
}

/// Every cluster has the roles that Kubernetes ships, so a binding to one is judged; what a cluster can widen is not.
#[test]
fn a_binding_to_a_shipped_role_is_judged_without_the_role() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("binding.yaml");
    for (role, status) in [
        ("cluster-admin", "fail"),
        ("edit", "notApplicable"),
        ("ours", "notApplicable"),
    ] {
        let text = format!(
            "{{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: b}}, roleRef: {{kind: ClusterRole, name: {role}}}, subjects: [{{kind: ServiceAccount, name: ci, namespace: build}}]}}"
        );
        std::fs::write(&file, text).unwrap();
        let run = run(&[
            "audit",
            "-f",
            file.to_str().unwrap(),
            "--check",
            "binding-cluster-admin",
            "-o",
            "json",
            "--all",
        ]);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(report["outcomes"][0]["status"], status, "{role}");
    }
}

/// The status of one check on a manifest, with more arguments.
fn status(text: &str, check: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.yaml");
    std::fs::write(&file, text).unwrap();
    let mut args = vec!["audit", "-f", file.to_str().unwrap(), "--check", check];
    args.extend(["-o", "json", "--all"]);
    args.extend(more);
    let run = run(&args);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    report["outcomes"][0]["status"].clone()
}

#[test]
fn pods_are_held_to_the_newest_standard_or_to_the_one_asked_for() {
    let pod = "{kind: Pod, apiVersion: v1, metadata: {name: a, namespace: quay}, spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}, containers: [{name: c, image: i}]}}";
    let check = "workload-below-baseline";
    assert_eq!(status(pod, check, &[]), "pass");
    assert_eq!(status(pod, check, &["--pss-version", "v1.37"]), "pass");
    assert_eq!(status(pod, check, &["--pss-version", "v1.36"]), "fail");
    let run = run(&["audit", "-f", CHART, "--pss-version", "v1.99"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("v1.24 to v1.37"), "{}", run.err);
}

/// A binding of nobody grants nothing, and a right that admission refuses is none.
#[test]
fn what_a_binding_grants_is_what_somebody_can_do_with_it() {
    let role = |rules: &str| {
        format!(
            "{{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: r}}, rules: [{rules}]}}"
        )
    };
    let binding = |role: &str, subjects: &str| {
        format!(
            "{{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: b}}, roleRef: {{kind: ClusterRole, name: {role}, apiGroup: rbac.authorization.k8s.io}}, subjects: [{subjects}]}}"
        )
    };
    let robot = "{kind: ServiceAccount, name: x, namespace: quay}";
    let approval = "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [patch]}";
    let signers = "{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}";
    let half = format!("{}\n---\n{}", role(approval), binding("r", robot));
    let both = format!("{approval}, {signers}");
    let both = format!("{}\n---\n{}", role(&both), binding("r", robot));
    let shells = role("{apiGroups: [''], resources: ['*/exec'], verbs: [create]}");
    for (text, check, expected) in [
        (
            binding("cluster-admin", ""),
            "binding-cluster-admin",
            "pass",
        ),
        (
            binding("cluster-admin", robot),
            "binding-cluster-admin",
            "fail",
        ),
        (half, "binding-certificates-approve", "pass"),
        (both, "binding-certificates-approve", "fail"),
        (shells, "role-wildcard", "fail"),
    ] {
        assert_eq!(status(&text, check, &[]), expected, "{check}: {text}");
    }
}

/// One binding to cluster-admin fails a check for each power, and is one thing to mend.
#[test]
fn a_binding_to_cluster_admin_is_one_finding() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.yaml");
    let text = "{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: b}, roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}, subjects: [{kind: ServiceAccount, name: x, namespace: quay}]}";
    std::fs::write(&file, text).unwrap();
    let named = file.to_str().unwrap();
    let report = run(&["audit", "-f", named, "--profile", "cks", "-o", "json"]);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    let of_binding = |one: &&Value| one["status"] == "fail" && one["subject"]["kind"] == "binding";
    assert!(outcomes.filter(of_binding).count() > 8, "raw verdicts stay");
    let shown = run(&["audit", "-f", named, "--profile", "cks", "--all"]).out;
    let findings = shown.matches("kubectl delete ClusterRoleBinding/b").count();
    assert_eq!(findings, 1, "{shown}");
    // Its title is what explains the others.
    assert!(!shown.contains("A binding lets its subjects"), "{shown}");
    let titles = shown.matches("A binding grants everything").count();
    assert_eq!(titles, 1, "{shown}");
}
