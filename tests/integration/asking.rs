use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::cli::{kubeconfig, run_lint};
use crate::harness::{Run, run, run_with};

/// A machine with a kubelet on it.
fn machine(root: &Path) {
    let put = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("proc/1/cmdline", "init\0");
    put(
        "proc/7/cmdline",
        "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--kubeconfig=/etc/kubernetes/kubelet.conf\0",
    );
    put("proc/7/status", "Name:\tkubelet\nUid:\t0\t0\t0\t0\n");
    put(
        "var/lib/kubelet/config.yaml",
        "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nreadOnlyPort: 10255\n",
    );
    put("etc/kubernetes/kubelet.conf", "{}");
    put("etc/hostname", "edge\n");
}

/// A node is judged although the API is away, and what the API would have told is unknown, never a pass and never "none".
#[test]
fn an_api_server_that_does_not_answer_is_a_gap_where_nodes_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let dead = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let kubeconfig = kubeconfig(folder.path(), &format!("https://{dead}"));
    let root = folder.path().join("root");
    machine(&root);
    let root = ["--node", "local", "--root", root.to_str().unwrap()];
    let judged = |more: &[&str]| {
        let args = [&["audit", "-o", "json", "--all"], &root[..], more].concat();
        let run = run_with(&kubeconfig, &args);
        assert_eq!(run.code, 0, "{}", run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let outcomes = report["outcomes"].as_array().unwrap().clone();
        (report, outcomes)
    };
    let (report, outcomes) = judged(&[]);
    let (_, alone) = judged(&["--no-api"]);
    let key = |one: &Value| {
        (
            one["evaluation"].to_string(),
            one["subject"]["name"].to_string(),
            one["subject"]["node"].to_string(),
        )
    };
    let of_nodes = ["file", "kubelet"];
    let mut compared = 0;
    for one in &alone {
        let kind = one["subject"]["kind"].as_str().unwrap();
        if of_nodes.contains(&kind) && one["subject"]["node"].is_string() {
            let same = outcomes.iter().find(|other| key(other) == key(one));
            assert_eq!(
                same.map(|other| &other["status"]),
                Some(&one["status"]),
                "{one}"
            );
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared}");
    for kind in [
        "workload",
        "namespace",
        "binding",
        "role",
        "cluster",
        "signingrequest",
    ] {
        let mut seen = 0;
        for one in outcomes.iter().filter(|one| one["subject"]["kind"] == kind) {
            assert_eq!(one["status"], "unknown", "{one}");
            seen += 1;
        }
        assert!(seen > 0, "{kind}");
    }
    the_gap_is_told(&report, &dead.to_string());
}

fn the_gap_is_told(report: &Value, server: &str) {
    let gaps = report["gaps"].to_string();
    assert!(gaps.contains(server), "{gaps}");
    assert!(
        report["source"]["read"]
            .to_string()
            .contains("no answer of the API")
    );
}

/// kube-proxy is privileged by its work; a person who asks for that one check is not told to break it.
#[test]
fn single_checks_keep_what_the_profiles_exempt() {
    let told = |args: &[&str]| {
        let args = [
            &[
                "audit",
                "--demo",
                "-o",
                "json",
                "--check",
                "workload-privileged-container",
            ],
            args,
        ]
        .concat();
        let report: Value = serde_json::from_str(&run(&args).out).unwrap();
        let outcomes = report["outcomes"].as_array().unwrap();
        let proxy = outcomes
            .iter()
            .find(|one| one["subject"]["name"] == "DaemonSet kube-proxy");
        proxy.expect("kube-proxy runs").clone()
    };
    let exempt = told(&[]);
    assert_eq!(exempt["status"], "fail", "the raw verdict stays");
    assert_eq!(exempt["exemptions"][0]["profile"], "checks", "{exempt}");
    let strict = told(&["--profile", "pss-restricted"]);
    assert_eq!(
        strict.get("exemptions").is_some(),
        shipped_exempts("pss-restricted"),
        "{strict}"
    );
}

fn shipped_exempts(profile: &str) -> bool {
    let catalog = seaworthy::catalog::Catalog::shipped().unwrap();
    !catalog.profiles[profile].exemptions.is_empty()
}

#[test]
fn a_broken_file_hides_no_mistake_of_another() {
    let [broken, untyped] =
        ["broken", "untyped"].map(|name| format!("tests/fixtures/catalog/{name}"));
    let places = |run: &Run, folder: &str| -> Vec<String> {
        let lines = run.err.lines().filter(|line| line.starts_with(folder));
        lines.map(str::to_owned).collect()
    };
    let alone = [&broken, &untyped].map(|folder| places(&run_lint(folder), folder));
    assert!(alone.iter().all(|lines| lines.len() > 3), "{alone:?}");
    for command in [
        &["checks", "lint"][..],
        &["checks", "test"],
        &["profiles", "list"],
    ] {
        let both = run(&[command, &["--checks", &broken, "--checks", &untyped]].concat());
        assert_eq!(both.code, 2);
        for (folder, alone) in [&broken, &untyped].into_iter().zip(&alone) {
            let told = places(&both, folder);
            let missing = alone
                .iter()
                .find(|line| !line.contains("no example") && !told.contains(line));
            assert_eq!(missing, None, "{command:?}");
        }
    }
}
