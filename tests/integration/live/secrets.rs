//! No secret value ever leaves the cluster, wherever it sits.

use super::bed::{ADMIN, Bed};
use super::ssh;

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
    // Not in the object itself: kubectl puts its own annotation in the place of one.
    bed.kubectl(
        &[
            "annotate",
            "pod",
            "live-test-leaky",
            "--namespace=live-test-secrets",
            "--overwrite",
            r#"kubectl.kubernetes.io/last-applied-configuration={"a": "planted-last-applied-Op36"}"#,
        ],
        "",
    );
    none_gets_out(bed, &PLANTED);
    bed.kubectl(
        &["delete", "namespace", "live-test-secrets", "--wait=false"],
        "",
    );
}

/// Asserts that nothing the program writes on any node of `bed` holds one of `words`, each of which is somewhere in the
/// cluster, or part of a private key, token or kubeconfig that lies on a node.
pub(super) fn none_gets_out(bed: &Bed, words: &[&str]) {
    let there = bed.kubectl(&["get", "--all-namespaces", "--output", "yaml", KINDS], "");
    let keys: Vec<String> = ["cp1", "w1"]
        .iter()
        .flat_map(|node| private_keys(bed, node))
        .collect();
    assert!(keys.len() > 8, "the keys of the nodes were not found");
    for word in words {
        // A Secret shows its values in base64.
        let shown = there.contains(word) || there.contains(&base64(word));
        assert!(shown, "{word} is not in the cluster");
    }
    let from = [
        ("cp1", written(bed, "cp1", &ADMIN)),
        ("w1", written(bed, "w1", &["--no-api"])),
        ("outside", ssh::written(bed)),
    ];
    for (from, (place, text)) in from
        .iter()
        .flat_map(|(from, all)| all.iter().map(move |one| (from, one)))
    {
        assert!(
            text.len() > 40 || *place == "standard error",
            "{place} from {from} is empty"
        );
        let keys = keys.iter().map(String::as_str);
        for secret in words.iter().copied().chain(keys) {
            let near = text.find(secret).map(|at| {
                let before = &text.as_bytes()[at.saturating_sub(60)..at];
                String::from_utf8_lossy(before).into_owned()
            });
            assert_eq!(near, None, "{place} from {from} holds a secret behind this");
        }
    }
}

const KINDS: &str =
    "pods,deployments,daemonsets,secrets,configmaps,namespaces,validatingwebhookconfigurations";

fn base64(text: &str) -> String {
    let mut child = std::process::Command::new("base64")
        .arg("--wrap=0")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// Everything that an audit on `node` writes.
fn written(bed: &Bed, node: &str, access: &[&str]) -> Vec<(&'static str, String)> {
    let mut args = vec![
        "audit",
        "--node",
        "local",
        "--all",
        "--save",
        "/root/leaky.seaworthy",
    ];
    args.extend(["-o", "json=/root/leaky.json", "-o", "table"]);
    args.extend(access);
    let output = bed.seaworthy(node, &args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let root = bed.root(node).join("root");
    let snapshot = crate::gaps::unpacked(&std::fs::read(root.join("leaky.seaworthy")).unwrap());
    let report = std::fs::read_to_string(root.join("leaky.json")).unwrap();
    vec![
        ("snapshot", snapshot),
        ("report", report),
        ("standard output", String::from_utf8(output.stdout).unwrap()),
        ("standard error", String::from_utf8(output.stderr).unwrap()),
    ]
}

/// A part of every private key, and of the credentials of every kubeconfig and token file, on a node.
pub(super) fn private_keys(bed: &Bed, node: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    let mut folders = vec![
        bed.root(node).join("etc/kubernetes"),
        bed.root(node).join("var/lib/kubelet/pki"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let mut lines = text.lines().map(str::trim);
            if text.contains("PRIVATE KEY-----") {
                let from = lines
                    .by_ref()
                    .find(|line| line.contains("PRIVATE KEY-----"));
                secrets.extend(from.and(lines.next()).map(str::to_owned));
            }
            secrets.extend(text.lines().filter_map(|line| {
                let (name, value) = line.trim().split_once(": ")?;
                let secret = ["client-key-data", "token", "password", "secret"].contains(&name);
                // All keys begin alike.
                let from = if value.len() > 200 { 60 } else { 0 };
                secret.then(|| value.chars().skip(from).take(60).collect())
            }));
            if path.ends_with("tokens.csv") {
                secrets
                    .extend(text.lines().filter_map(|line| {
                        line.split_once(',').map(|(token, _)| token.to_owned())
                    }));
            }
        }
    }
    secrets.retain(|secret| secret.len() > 8);
    secrets
}
