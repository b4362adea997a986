//! No secret value ever leaves the cluster, wherever it sits.

use super::bed::Bed;

/// One planted value per place it could leak from.
const PLANTED: [&str; 7] = [
    "planted-env-Zx81",
    "planted-arg-Qw72",
    "planted-annotation-Er63",
    "planted-url-Ty54",
    "planted-secret-Ui45",
    "planted-last-applied-Op36",
    "planted-configmap-As27",
];

const OBJECTS: &str = r#"
apiVersion: v1
kind: Namespace
metadata:
  name: live-test-secrets
  annotations: {note: planted-annotation-Er63}
---
apiVersion: v1
kind: Secret
metadata: {name: live-test, namespace: live-test-secrets}
stringData: {password: planted-secret-Ui45}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: live-test, namespace: live-test-secrets}
data: {password: planted-configmap-As27}
---
apiVersion: v1
kind: Pod
metadata:
  name: live-test-leaky
  namespace: live-test-secrets
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"password": "planted-last-applied-Op36"}'
spec:
  nodeName: nowhere
  containers:
  - name: c
    image: example.invalid/none
    args: [--password=planted-arg-Qw72, --db, 'https://user:planted-url-Ty54@db.invalid/x']
    env: [{name: DB_PASSWORD, value: planted-env-Zx81}]
"#;

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn planted_secrets_stay_where_they_are() {
    let bed = Bed::running();
    bed.kubectl(&["apply", "-f", "-"], OBJECTS);
    let args = [
        "audit",
        "--node",
        "local",
        "--kubeconfig",
        "/etc/kubernetes/admin.conf",
        "--save",
        "/root/leaky.seaworthy",
        "--all",
        "-o",
        "json=/root/leaky.json",
        "-o",
        "table",
    ];
    let output = bed.seaworthy("cp1", &args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let root = bed.root("cp1").join("root");
    let snapshot = crate::gaps::unpacked(&std::fs::read(root.join("leaky.seaworthy")).unwrap());
    assert!(
        snapshot.contains("live-test-leaky"),
        "the leaky pod was not collected"
    );
    let texts = [
        ("snapshot", snapshot),
        (
            "report",
            std::fs::read_to_string(root.join("leaky.json")).unwrap(),
        ),
        ("standard output", String::from_utf8(output.stdout).unwrap()),
        ("standard error", String::from_utf8(output.stderr).unwrap()),
    ];
    let keys = private_keys(bed);
    assert!(keys.len() > 5, "the control plane's keys were not found");
    for (place, text) in &texts {
        for secret in PLANTED
            .iter()
            .copied()
            .chain(keys.iter().map(String::as_str))
        {
            assert!(
                !text.contains(secret),
                "{place} holds a secret: {}…",
                &secret[..8]
            );
        }
    }
    bed.kubectl(
        &["delete", "namespace", "live-test-secrets", "--wait=false"],
        "",
    );
}

/// A line of every private key and the credentials of every kubeconfig on the control plane.
fn private_keys(bed: &Bed) -> Vec<String> {
    let kubernetes = bed.root("cp1").join("etc/kubernetes");
    let mut secrets = Vec::new();
    for folder in [kubernetes.join("pki"), kubernetes.join("pki/etcd")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "key") {
                let text = std::fs::read_to_string(path).unwrap();
                secrets.extend(text.lines().nth(2).map(str::to_owned));
            }
        }
    }
    for name in [
        "admin.conf",
        "super-admin.conf",
        "scheduler.conf",
        "controller-manager.conf",
    ] {
        let text = std::fs::read_to_string(kubernetes.join(name)).unwrap();
        let key = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("client-key-data: "))
            .unwrap();
        secrets.push(key[40..100].to_owned());
    }
    secrets
}
