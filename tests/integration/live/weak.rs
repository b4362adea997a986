//! Every weakness that was planted is found, with the evidence for it.

use super::bed::Bed;
use super::findings::{Findings, shown};
use super::{effective, secrets, ssh};
use crate::harness;

/// What the control-plane node and the API show: check, subject, evidence.
const PLANTED: &[(&str, &str, &str)] = &[
    // API server.
    (
        "apiserver-anonymous-requests",
        "kube-apiserver",
        "anonymous.enabled = true",
    ),
    (
        "apiserver-static-tokens",
        "kube-apiserver",
        "= /etc/kubernetes/tokens.csv",
    ),
    (
        "apiserver-always-admit",
        "kube-apiserver",
        "= [AlwaysAdmit]",
    ),
    (
        "apiserver-noderestriction-off",
        "kube-apiserver",
        "= [AlwaysAdmit]",
    ),
    (
        "apiserver-namespacelifecycle-admission-off",
        "kube-apiserver",
        "= [NamespaceLifecycle]",
    ),
    (
        "apiserver-deleted-serviceaccounts-accepted",
        "kube-apiserver",
        "['service-account-lookup'] = false",
    ),
    (
        "apiserver-profiling-enabled",
        "kube-apiserver",
        "flags.profiling = true",
    ),
    (
        "apiserver-weak-tls-ciphers",
        "kube-apiserver",
        "= TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    ),
    (
        "apiserver-audit-log-missing",
        "kube-apiserver",
        "['audit-log-path'] = \n",
    ),
    (
        "apiserver-audit-policy-missing",
        "kube-apiserver",
        "auditPolicy.levels = []",
    ),
    (
        "apiserver-encryption-not-configured",
        "kube-apiserver",
        "['encryption-provider-config'] = \n",
    ),
    (
        "workload-secret-in-manifest",
        "Pod kube-apiserver-cp1",
        "pattern = urlWithPassword",
    ),
    // The other components.
    (
        "controllermanager-listens-on-all-interfaces",
        "kube-controller-manager",
        "['bind-address'] = 0.0.0.0",
    ),
    (
        "controllermanager-profiling-enabled",
        "kube-controller-manager",
        "flags.profiling = true",
    ),
    (
        "scheduler-listens-on-all-interfaces",
        "kube-scheduler",
        "['bind-address'] = 0.0.0.0",
    ),
    (
        "scheduler-profiling-enabled",
        "kube-scheduler",
        "enableProfiling = true",
    ),
    (
        "etcd-client-cert-auth-off",
        "etcd",
        "['client-cert-auth'] = false",
    ),
    (
        "etcd-peer-client-cert-auth-off",
        "etcd",
        "['peer-client-cert-auth'] = false",
    ),
    ("etcd-metrics-open", "etcd", "= http://0.0.0.0:2381"),
    ("etcd-profiling-enabled", "etcd", "['enable-pprof'] = true"),
    (
        "kubeproxy-metrics-open",
        "kube-proxy",
        "metricsBindAddress = 0.0.0.0:10249",
    ),
    (
        "kubelet-anonymous-auth",
        "kubelet",
        "anonymous.enabled = true",
    ),
    (
        "kubelet-read-only-port-open",
        "kubelet",
        "readOnlyPort = 10255",
    ),
    // Certificates.
    (
        "certificate-expiring",
        "/etc/kubernetes/pki/front-proxy-client.crt",
        "daysLeft = -",
    ),
    (
        "certificate-expiring",
        "/etc/kubernetes/pki/apiserver-kubelet-client.crt",
        "daysLeft = 9\n",
    ),
    (
        "certificate-expiring",
        "ValidatingWebhookConfiguration lookout, lookout.reef.test",
        "daysLeft = -",
    ),
    (
        "apiservice-certificate-unverified",
        "APIService v1.tides.reef.test",
        "insecureSkipTLSVerify = true",
    ),
    // What connecting shows.
    (
        "endpoint-etcd-without-client-certificate",
        "etcd at 127.0.0.1:2379",
        "clientCertificate = none",
    ),
    (
        "endpoint-plain-text",
        "etcd at 127.0.0.1:2381",
        "tls = false",
    ),
    (
        "endpoint-plain-text",
        "kubelet at 127.0.0.1:10255",
        "tls = false",
    ),
    (
        "endpoint-old-tls",
        "kube-scheduler at 127.0.0.1:10259",
        "lowestVersion = 1.0",
    ),
    // Files.
    (
        "admin-kubeconfig-readable-by-others",
        "/etc/kubernetes/admin.conf",
        "mode = 0644",
    ),
    (
        "file-kubeconfig-mode-too-open",
        "/etc/kubernetes/scheduler.conf",
        "mode = 0644",
    ),
    (
        "file-kubeconfig-owner-not-root",
        "/etc/kubernetes/scheduler.conf",
        "uid = 1\n",
    ),
    (
        "file-manifest-mode-too-open",
        "/etc/kubernetes/manifests/kube-apiserver.yaml",
        "mode = 0644",
    ),
    (
        "file-pki-key-mode-too-open",
        "/etc/kubernetes/pki/ca.key",
        "mode = 0644",
    ),
    (
        "file-pki-key-mode-too-open",
        "/etc/kubernetes/pki/etcd/server.key",
        "mode = 0644",
    ),
    (
        "file-apiserver-secrets-mode-too-open",
        "/etc/kubernetes/tokens.csv",
        "mode = 0644",
    ),
    (
        "file-etcd-data-mode-too-open",
        "/var/lib/etcd",
        "mode = 0755",
    ),
    (
        "file-cni-mode-too-open",
        "/etc/cni/net.d/10-bridge.conflist",
        "mode = 0666",
    ),
    (
        "file-kubelet-unit-mode-too-open",
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "mode = 0666",
    ),
    // Rights.
    (
        "binding-cluster-admin",
        "ClusterRoleBinding anonymous-admin",
        "everything",
    ),
    (
        "binding-anonymous",
        "ClusterRoleBinding anonymous-admin",
        "anonymous = true",
    ),
    (
        "binding-anonymous",
        "ClusterRoleBinding unauthenticated-view",
        "anonymous = true",
    ),
    (
        "binding-everybody",
        "ClusterRoleBinding authenticated-nodes-proxy",
        "everybody = true",
    ),
    (
        "binding-nodes-proxy",
        "ClusterRoleBinding authenticated-nodes-proxy",
        "= [nodesProxy]",
    ),
    ("role-wildcard", "ClusterRole everything", "verbs = [*]"),
    ("role-wildcard", "Role boatswain", "verbs = [*]"),
    (
        "role-disguised-as-builtin",
        "ClusterRole system:harbour-master",
        "builtIn = disguised as built-in",
    ),
    (
        "binding-disguised-as-builtin",
        "ClusterRoleBinding system:harbour-master",
        "builtIn = disguised as built-in",
    ),
    (
        "principal-reaches-cluster",
        "Group crew",
        "principal.pathToCluster",
    ),
    (
        "principal-reaches-cluster",
        "Group system:authenticated",
        "principal.pathToCluster",
    ),
    (
        "binding-default-serviceaccount",
        "RoleBinding default-edit",
        "serviceAccountDefault = true",
    ),
    (
        "binding-secrets-read",
        "ClusterRoleBinding jack-pilot",
        "secretsRead",
    ),
    (
        "binding-pods-create",
        "ClusterRoleBinding jack-pilot",
        "podsCreate",
    ),
    (
        "binding-pods-exec",
        "ClusterRoleBinding jack-pilot",
        "execute",
    ),
    (
        "binding-bind-escalate",
        "ClusterRoleBinding jack-pilot",
        "escalate",
    ),
    (
        "binding-impersonate",
        "ClusterRoleBinding jack-pilot",
        "impersonate",
    ),
    (
        "binding-persistentvolumes-create",
        "ClusterRoleBinding jack-pilot",
        "persistentVolumesCreate",
    ),
    (
        "binding-certificates-approve",
        "ClusterRoleBinding jack-pilot",
        "certificatesApprove",
    ),
    (
        "binding-admission-change",
        "ClusterRoleBinding jack-pilot",
        "admissionChange",
    ),
    (
        "binding-tokens-create",
        "ClusterRoleBinding jack-pilot",
        "tokensCreate",
    ),
    // Workloads.
    (
        "workload-privileged-container",
        "Deployment kraken",
        "privileged = true",
    ),
    (
        "workload-runs-as-root",
        "Deployment kraken",
        "runsAsRoot = true",
    ),
    ("workload-host-pid", "DaemonSet anchor", "hostPID = true"),
    ("workload-host-ipc", "DaemonSet anchor", "hostIPC = true"),
    (
        "workload-host-network",
        "DaemonSet anchor",
        "hostNetwork = true",
    ),
    ("workload-host-port", "DaemonSet anchor", "hostPort = 8099"),
    (
        "workload-capability-added",
        "Deployment mast",
        "add[0] = SYS_ADMIN",
    ),
    (
        "workload-seccomp-disabled",
        "Deployment mast",
        "statedSeccomp = Unconfined",
    ),
    (
        "workload-apparmor-unconfined",
        "Deployment mast",
        "appArmorOff = true",
    ),
    (
        "workload-secret-in-environment",
        "Deployment logbook",
        "env = ",
    ),
    (
        "workload-secret-in-manifest",
        "Deployment logbook",
        "pattern = secretName",
    ),
    (
        "workload-host-path",
        "Pod stowaway",
        "path = /etc/kubernetes/pki",
    ),
    (
        "workload-runtime-socket",
        "Pod stowaway",
        "runtimeSocket = /run/containerd/containerd.sock",
    ),
    // What lets others in.
    (
        "service-external-ips",
        "Service kraken",
        "externalIPs = [198.51.100.7]",
    ),
    ("service-node-port", "Service kraken", "type = NodePort"),
    ("ingress-without-tls", "Ingress logbook", "spec.tls = []"),
    (
        "webhook-fails-open",
        "ValidatingWebhookConfiguration lookout",
        "failsOpen = true",
    ),
    ("namespace-default-used", "default", "= [Pod driftwood]"),
    (
        "namespace-pod-security-not-enforced",
        "reef",
        "podSecurity = privileged",
    ),
    (
        "namespace-ingress-not-isolated",
        "reef",
        "ingressIsolated = false",
    ),
    (
        "namespace-egress-not-isolated",
        "reef",
        "egressIsolated = false",
    ),
];

/// What the worker shows of itself.
const PLANTED_ON_WORKER: &[(&str, &str, &str)] = &[
    (
        "kubelet-anonymous-auth",
        "kubelet",
        "anonymous.enabled = true",
    ),
    (
        "kubelet-authorization-always-allow",
        "kubelet",
        "authorization.mode = AlwaysAllow",
    ),
    ("kubelet-client-ca-missing", "kubelet", "clientCAFile = \n"),
    (
        "kubelet-read-only-port-open",
        "kubelet",
        "readOnlyPort = 10255",
    ),
    (
        "kubelet-client-certificate-not-rotated",
        "kubelet",
        "rotateCertificates = false",
    ),
    (
        "kubelet-serving-certificate-not-rotated",
        "kubelet",
        "serverTLSBootstrap = false",
    ),
    (
        "kubelet-unsafe-sysctls-allowed",
        "kubelet",
        "allowedUnsafeSysctls = [net.*]",
    ),
    (
        "certificate-expiring",
        "/var/lib/kubelet/pki/kubelet.crt",
        "daysLeft = -",
    ),
    (
        "file-kubelet-config-mode-too-open",
        "/var/lib/kubelet/config.yaml",
        "mode = 0666",
    ),
    (
        "file-static-pod-directory-open",
        "/etc/kubernetes/manifests",
        "mode = 0777",
    ),
];

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn every_planted_weakness_is_found() {
    Findings::of(&Bed::running().recorded).hold(PLANTED);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn every_weakness_of_the_worker_is_found() {
    let recorded = Bed::running().collected("w1", &["--no-api"]);
    Findings::of(&recorded).hold(PLANTED_ON_WORKER);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn one_command_from_outside_finds_all_of_it() {
    let findings = Findings::of(&ssh::recorded(Bed::running()));
    findings.hold(PLANTED);
    findings.hold(PLANTED_ON_WORKER);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn weak_by_api_and_control_plane_node() {
    insta::assert_snapshot!("weak", shown(&Bed::running().recorded));
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn no_secret_gets_out() {
    secrets::none_gets_out(Bed::running(), &["planted-"]);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_we_conclude_is_what_the_api_server_runs_with() {
    effective::flagz_agrees(Bed::running());
}

/// What ended first is on top, wherever it lies: in an object of the API, on one node or the other.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn certificates_are_listed_by_the_day_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weak.seaworthy");
    std::fs::write(&path, ssh::recorded(Bed::running())).unwrap();
    let run = harness::run(&["certs", "--snapshot", path.to_str().unwrap(), "-o", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let certificates = document["certificates"].as_array().unwrap();
    let used = certificates.iter().filter(|one| one["inUse"] == true);
    let first: Vec<_> = used
        .take(4)
        .map(|one| (one["name"].as_str().unwrap(), one["nodes"].to_string()))
        .collect();
    let webhook = "ValidatingWebhookConfiguration lookout, lookout.reef.test";
    assert_eq!(first[0], (webhook, "[]".to_owned()));
    let ended = [
        ("/etc/kubernetes/pki/front-proxy-client.crt", r#"["cp1"]"#),
        ("/var/lib/kubelet/pki/kubelet.crt", r#"["w1"]"#),
    ];
    for (name, nodes) in ended {
        assert!(first[1..3].contains(&(name, nodes.to_owned())), "{first:?}");
    }
    let soon = "/etc/kubernetes/pki/apiserver-kubelet-client.crt";
    assert_eq!(first[3], (soon, r#"["cp1"]"#.to_owned()));
    // What only a handshake shows is there, too: the scheduler makes its certificate up and keeps it to itself.
    let shown = |one: &serde_json::Value| one["name"] == "kube-scheduler at 127.0.0.1:10259";
    assert!(certificates.iter().any(shown), "{}", run.out);
}
