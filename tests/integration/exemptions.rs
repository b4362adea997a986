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

/// Status and waiver of the verdict on kube-proxy's privileged container, and the status of control 4.3, which asks for it.
fn kube_proxy(report: &Value) -> (Value, Value, Value) {
    let outcomes = report["outcomes"].as_array().unwrap();
    let verdict = outcomes
        .iter()
        .find(|outcome| {
            outcome["evaluation"] == "workload-privileged-container" && outcome["status"] == "fail"
        })
        .unwrap();
    let controls = report["profiles"][0]["sections"][3]["controls"].as_array();
    let control = controls
        .unwrap()
        .iter()
        .find(|control| {
            control["evaluations"]
                .as_array()
                .is_some_and(|all| all.contains(&json!("workload-privileged-container")))
        })
        .unwrap();
    let tally = control["tally"]["waived"].clone();
    (verdict["status"].clone(), verdict["waiver"].clone(), tally)
}

#[test]
fn kube_proxy_as_kubeadm_runs_it_is_exempt() {
    let (status, waiver, waived) = kube_proxy(&report(|_| {}));
    assert_eq!(status, "fail", "the raw status is kept");
    assert_eq!(waiver["owner"], "profile cks");
    assert_eq!(waiver["exempt"], true);
    let controls = waiver["controls"].as_array().unwrap();
    assert!(controls.contains(&json!("cks/4.1")), "{controls:?}");
    assert_eq!(waived, 1);
}

#[test]
fn a_look_alike_of_kube_proxy_is_not() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 4] = [
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
        ("one more directory of the node", |row| {
            let volumes = row["templates"][0]["spec"]["volumes"].as_array_mut();
            volumes
                .unwrap()
                .push(json!({"name": "x", "hostPath": {"path": "/"}}));
        }),
        ("a second template that runs beside it", |row| {
            let mut other = row["templates"][0].clone();
            other["spec"]["containers"][0]["command"] = json!(["/bin/sh"]);
            row["templates"].as_array_mut().unwrap().push(other);
        }),
    ];
    for (name, change) in changes {
        let (status, waiver, waived) = kube_proxy(&report(change));
        assert_eq!((status, waiver), (json!("fail"), Value::Null), "{name}");
        assert_eq!(waived, 0, "{name}");
    }
}
