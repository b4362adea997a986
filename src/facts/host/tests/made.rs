//! Nodes of other distributions, made after their documentation: what is known there, and what is said to be unknown.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Node;
use crate::facts::Cell;
use crate::facts::component::Component;
use crate::facts::settings::Scalar;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    /// Command lines on the node itself.
    processes: Vec<String>,
    /// Those in containers, numbered on.
    #[serde(default)]
    containers: Vec<String>,
    files: BTreeMap<String, String>,
    distribution: String,
    #[serde(default = "cp1")]
    node: String,
    /// All components that run there, and some of their settings: a value and where it was read, or `gap`.
    components: BTreeMap<String, BTreeMap<String, String>>,
    /// Paths that have a row.
    shown: Vec<String>,
    /// What must not be in the facts.
    hidden: Vec<String>,
}

fn cp1() -> String {
    "cp1".to_owned()
}

fn check(text: &str) {
    let made: Made = serde_yaml::from_str(text).unwrap();
    let mut node = Node::default();
    let depths = made.processes.iter().map(|argv| (0, argv));
    let depths = depths.chain(made.containers.iter().map(|argv| (1, argv)));
    for (pid, (depth, argv)) in (1..).zip(depths) {
        node = node.process(pid, depth, argv);
    }
    for (path, content) in &made.files {
        node = node.file(path, 0o600, content.as_str());
    }
    let (_, facts) = node.observe();
    assert_eq!(facts.host.distribution.value(), Some(&made.distribution));
    assert_eq!(facts.host.node, made.node);
    let rows = facts.components.rows.iter();
    let seen: BTreeMap<&str, &Component> = rows.map(|row| (row.kind.binary(), row)).collect();
    let expected: Vec<&str> = made.components.keys().map(String::as_str).collect();
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), expected);
    for (name, settings) in &made.components {
        for (setting, expected) in settings {
            assert_eq!(
                &shown(seen[name.as_str()], setting),
                expected,
                "{name} {setting}"
            );
        }
    }
    for path in &made.shown {
        let row = |file: &&crate::facts::host::File| &file.path == path;
        assert!(
            facts.files.rows.iter().any(|file| row(&file)),
            "{path} has no row"
        );
    }
    let written = serde_json::to_string(&facts).unwrap();
    for secret in &made.hidden {
        assert!(!written.contains(secret), "{secret} got into the facts");
    }
}

fn shown(component: &Component, setting: &str) -> String {
    let Component { config, flags, .. } = component;
    match config.get(setting).or_else(|| flags.get(setting)) {
        Some(Cell::Value { value, source, .. }) => format!("{} from {source}", text(value)),
        Some(Cell::Absent { .. }) => "absent".to_owned(),
        Some(Cell::Gap(_)) => "gap".to_owned(),
        None => "no such setting".to_owned(),
    }
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::List(items) => items.join(","),
        value => value.to_string(),
    }
}

#[test]
fn k3s_tells_what_the_user_states_and_no_more() {
    check(include_str!(
        "../../../../tests/fixtures/nodes/k3s-server.yaml"
    ));
}

/// A K3s that shows its command line: what that and the files do not state is not stated.
#[test]
fn a_command_line_that_shows_is_believed() {
    let drop_in = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication: {anonymous: {enabled: false}}\n";
    let node = Node::default()
        .process(1, 0, "/sbin/init")
        .process(
            2,
            0,
            "/usr/local/bin/k3s agent --kubelet-arg=max-pods=50 --kubelet-arg v=2",
        )
        .file(
            "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf",
            0o600,
            drop_in,
        );
    let (_, facts) = node.observe();
    let [kubelet, proxy] = &facts.components.rows[..] else {
        panic!("{:?}", facts.components.rows)
    };
    assert_eq!(proxy.kind.binary(), "kube-proxy");
    assert!(shown(kubelet, "maxPods").starts_with("50 from"));
    assert!(shown(kubelet, "authentication.anonymous.enabled").starts_with("false from"));
}

#[test]
fn rke2_runs_static_pods() {
    check(include_str!(
        "../../../../tests/fixtures/nodes/rke2-server.yaml"
    ));
}

#[test]
fn a_node_of_eks_has_a_kubelet_with_drop_ins() {
    check(include_str!(
        "../../../../tests/fixtures/nodes/eks-node.yaml"
    ));
}

/// The others are recognised, and say what is not read there.
#[test]
fn other_distributions_are_recognised() {
    for (trace, expected) in [
        ("/var/snap/microk8s/current/args/kubelet", "microk8s"),
        ("/var/lib/k0s/kubelet/config", "k0s"),
        ("/etc/kubernetes/azure.json", "aks"),
        ("/home/kubernetes/kubelet-config.yaml", "gke"),
        ("/opt/kops/conf/x", "kops"),
        ("/etc/kubernetes/static-pod-resources/x", "openshift"),
        ("/var/lib/kubelet/kubeadm-flags.env", "kubeadm"),
    ] {
        let node = Node::default()
            .process(1, 0, "/sbin/init")
            .file(trace, 0o600, "")
            .file("/etc/os-release", 0o644, "NAME=x");
        let (_, facts) = node.observe();
        assert_eq!(
            facts.host.distribution.value().map(String::as_str),
            Some(expected)
        );
        assert!(facts.components.rows.is_empty());
    }
    let talos = Node::default().process(1, 0, "/sbin/init").file(
        "/etc/os-release",
        0o644,
        "PRETTY_NAME=\"Talos (v1.12.1)\"",
    );
    assert_eq!(
        talos.observe().1.host.distribution.value().unwrap(),
        "talos"
    );
    let plain =
        Node::default()
            .process(1, 0, "/sbin/init")
            .file("/etc/os-release", 0o644, "NAME=x");
    assert!(matches!(
        plain.observe().1.host.distribution,
        Cell::Absent { .. }
    ));
}
