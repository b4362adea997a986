//! What a user sees of a cluster that nobody prepared.

use serde_json::{Value, json};

use super::bed::Bed;
use super::findings::{Findings, shown};
use crate::harness;

/// Everything that fails on a cluster as kubeadm leaves it, and why that is right. Ordinary workloads are not in it.
const BY_DEFAULT: [(&str, &str, &str); 31] = [
    (
        "apiserver-anonymous-requests",
        "kube-apiserver",
        "on by default, CIS 1.2.1",
    ),
    (
        "apiserver-audit-log-missing",
        "kube-apiserver",
        "off by default, CIS 1.2.16",
    ),
    (
        "apiserver-audit-policy-missing",
        "kube-apiserver",
        "none by default, CIS 3.2.1",
    ),
    (
        "apiserver-encryption-not-configured",
        "kube-apiserver",
        "none by default, CIS 1.2.27",
    ),
    (
        "apiserver-event-rate-unlimited",
        "kube-apiserver",
        "off by default, CIS 1.2.9",
    ),
    (
        "apiserver-images-not-always-pulled",
        "kube-apiserver",
        "off by default, CIS 1.2.11",
    ),
    (
        "apiserver-kubelet-certificates-unverified",
        "kube-apiserver",
        "unset by kubeadm, CIS 1.2.5",
    ),
    (
        "apiserver-profiling-enabled",
        "kube-apiserver",
        "on by default, CIS 1.2.15",
    ),
    (
        "apiserver-service-external-ips-allowed",
        "kube-apiserver",
        "allowed by default, CIS 1.2.3",
    ),
    (
        "apiserver-token-lifetime-extended",
        "kube-apiserver",
        "on by default, CIS 1.2.30",
    ),
    (
        "apiserver-weak-tls-ciphers",
        "kube-apiserver",
        "Go's defaults are wider than CIS 1.2.29",
    ),
    (
        "certificate-admin-above-rbac",
        "/etc/kubernetes/super-admin.conf",
        "left by kubeadm to be put away",
    ),
    (
        "certificate-serving-self-signed",
        "/var/lib/kubelet/pki/kubelet.crt",
        "the kubelet signs its own, CIS 4.2.9",
    ),
    (
        "controllermanager-profiling-enabled",
        "kube-controller-manager",
        "on by default, CIS 1.3.2",
    ),
    (
        "file-cni-mode-too-open",
        "/etc/cni/net.d/10-bridge.conflist",
        "0644 as plugins install it, CIS 1.1.9",
    ),
    (
        "file-kubelet-config-mode-too-open",
        "/var/lib/kubelet/config.yaml",
        "0644 by kubeadm, CIS 4.1.9",
    ),
    (
        "file-kubelet-unit-mode-too-open",
        "/etc/default/kubelet",
        "0644 by the package, CIS 4.1.1",
    ),
    (
        "file-kubelet-unit-mode-too-open",
        "/usr/lib/systemd/system/kubelet.service",
        "0644 by the package, CIS 4.1.1",
    ),
    (
        "file-kubelet-unit-mode-too-open",
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "0644 by the package, CIS 4.1.1",
    ),
    (
        "file-kubelet-unit-mode-too-open",
        "/var/lib/kubelet/kubeadm-flags.env",
        "0644 by kubeadm, CIS 4.1.1",
    ),
    (
        "kubelet-kernel-defaults-unprotected",
        "kubelet",
        "off by default",
    ),
    (
        "kubelet-pod-pids-unlimited",
        "kubelet",
        "no limit by default, CIS 4.2.13",
    ),
    (
        "kubelet-seccomp-default-off",
        "kubelet",
        "off by default, CIS 4.2.14",
    ),
    (
        "kubelet-serving-certificate-not-rotated",
        "kubelet",
        "off by default, CIS 4.2.11",
    ),
    (
        "kubelet-serving-certificate-self-made",
        "kubelet",
        "made up by default, CIS 4.2.9",
    ),
    (
        "kubelet-weak-cipher-suites",
        "kubelet",
        "Go's defaults are wider than CIS 4.2.12",
    ),
    (
        "controllermanager-pod-gc-off",
        "kube-controller-manager",
        "nobody chose a number, CIS 1.3.1",
    ),
    (
        "file-etcd-data-owner-foreign",
        "/var/lib/etcd",
        "etcd runs as root, CIS 1.1.12",
    ),
    (
        "scheduler-profiling-enabled",
        "kube-scheduler",
        "on by default, CIS 1.4.1",
    ),
    (
        "serviceaccount-default-automounts-token",
        "ServiceAccount default",
        "in kube-system, CIS 5.1.5",
    ),
    (
        "host-security-module-missing",
        "cp1",
        "the kernel of the test bed is that of the machine, which has none",
    ),
];

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn plain_by_api_and_control_plane_node() {
    insta::assert_snapshot!("plain", shown(&Bed::running().recorded));
}

/// What Kubernetes is by itself is exempt, or passes: kube-proxy's privilege, the mounts of the control plane, the roles
/// and bindings of the system.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn nothing_fails_for_being_kubernetes() {
    let findings = Findings::of(&Bed::running().recorded);
    findings.are_exactly(&BY_DEFAULT, Some("harbour"));
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
            // Of a proof that nobody asked for nothing is expected.
            "storage-",
            // These are judged in manifests alone.
            "configmap-holds-secret",
            "secret-value-in-manifest",
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
