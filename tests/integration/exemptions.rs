//! What Kubernetes ships is exempt in the recorded cluster; a change to what it runs ends that.

use serde_json::{Value, json};

use crate::gaps::{packed_text, unpacked};
use crate::harness::run;

const DEMO: &[u8] = include_bytes!("../../reports/demo.seaworthy");

/// The report on the demo after `change` was made to its kube-proxy.
fn report(change: impl Fn(&mut Value)) -> Value {
    let text: String = unpacked(DEMO)
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if line["kind"] == "workloads" && line["row"]["name"] == "kube-proxy" {
                change(&mut line["row"]);
            }
            format!("{line}\n")
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.seaworthy");
    std::fs::write(&path, packed_text(&text)).unwrap();
    let run = run(&["audit", "--snapshot", path.to_str().unwrap(), "-o", "json"]);
    serde_json::from_str(&run.out).unwrap()
}

/// The verdict on kube-proxy's privileged container: its raw status, and the profiles that exempt it.
fn kube_proxy(report: &Value) -> (&str, Vec<&str>) {
    let mut outcomes = report["outcomes"].as_array().unwrap().iter();
    let verdict = outcomes
        .find(|outcome| {
            outcome["evaluation"] == "workload-privileged-container"
                && outcome["subject"]["name"] == "DaemonSet kube-proxy"
        })
        .unwrap();
    let exemptions = verdict["exemptions"].as_array().into_iter().flatten();
    let profiles = exemptions.map(|exemption| exemption["profile"].as_str().unwrap());
    (verdict["status"].as_str().unwrap(), profiles.collect())
}

/// How many subjects of the CIS control about privileged containers fail.
fn failing(report: &Value) -> u64 {
    let sections = report["profiles"][0]["sections"].as_array().unwrap();
    let mut controls = sections
        .iter()
        .flat_map(|section| section["controls"].as_array().unwrap());
    let control = controls.find(|control| control["id"] == "5.2.2").unwrap();
    control["tally"]["fail"].as_u64().unwrap()
}

#[test]
fn kube_proxy_as_kubeadm_runs_it_is_exempt() {
    let report = report(|_| {});
    let (status, profiles) = kube_proxy(&report);
    assert_eq!(status, "fail", "the raw status is kept");
    assert_eq!(profiles, ["cis-2.0.1", "cks"]);
    let rendered = rendered(&report);
    assert!(rendered.contains("Exempt by the profile"), "{rendered}");
    assert!(
        !rendered.contains("DaemonSet kube-proxy runs privileged"),
        "{rendered}"
    );
}

/// The table of a report, with everything in it.
fn rendered(report: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, report.to_string()).unwrap();
    run(&["report", path.to_str().unwrap(), "--all"]).out
}

#[test]
fn a_look_alike_of_kube_proxy_is_not() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 3] = [
        ("another image", |row| {
            row["templates"][0]["spec"]["containers"][0]["image"] =
                json!("registry.example/kube-proxy:v1.36.3");
        }),
        ("one more container", |row| {
            let containers = row["templates"][0]["spec"]["containers"].as_array_mut();
            containers.unwrap().push(
                json!({"name": "x", "role": "main", "image": "busybox", "command": ["/bin/sh"]}),
            );
        }),
        ("a second template that runs beside it", |row| {
            let mut other = row["templates"][0].clone();
            other["spec"]["containers"][0]["command"] = json!(["/bin/sh"]);
            row["templates"].as_array_mut().unwrap().push(other);
        }),
    ];
    let exempt = failing(&report(|_| {}));
    for (name, change) in changes {
        let report = report(change);
        assert_eq!(kube_proxy(&report), ("fail", Vec::new()), "{name}");
        assert_eq!(failing(&report), exempt + 1, "{name}");
    }
}

#[test]
fn one_more_directory_of_the_node_is_a_finding_and_the_rest_stays_exempt() {
    let report = report(|row| {
        let volumes = row["templates"][0]["spec"]["volumes"].as_array_mut();
        let root = json!({"name": "x", "hostPath": {"path": "/"}});
        volumes.unwrap().push(root);
    });
    assert_eq!(kube_proxy(&report).1, ["cis-2.0.1", "cks"]);
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    let paths = outcomes.filter(|outcome| {
        outcome["evaluation"] == "workload-host-path"
            && outcome["subject"]["name"] == "DaemonSet kube-proxy"
    });
    let exempt: Vec<&Value> = paths.map(|outcome| &outcome["exemptions"]).collect();
    assert_eq!(exempt, [&Value::Null]);
}

/// The namespace of Kubernetes' own parts admits everything; profiles say so, the check does not know its name.
#[test]
fn kube_system_is_excused_by_the_profile() {
    let report = report(|_| {});
    let mut outcomes = report["outcomes"].as_array().unwrap().iter();
    let verdict = outcomes
        .find(|outcome| {
            outcome["evaluation"] == "namespace-pod-security-not-enforced"
                && outcome["subject"]["name"] == "kube-system"
        })
        .unwrap();
    assert_eq!(verdict["status"], "fail", "the raw status is kept");
    let exemptions = verdict["exemptions"].as_array().unwrap().iter();
    let profiles: Vec<_> = exemptions
        .map(|one| one["profile"].as_str().unwrap())
        .collect();
    assert_eq!(profiles, ["cis-2.0.1", "cks"]);
}
