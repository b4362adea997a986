//! How Secrets lie in a real etcd while encryption is switched on, used, half done, and given a new key.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bed::Bed;
use super::findings::Findings;
use super::ssh::rows;

const WORD: &str = "planted-word-in-a-secret";
/// A key of the size that secretbox takes; it opens nothing but this test's bed.
const KEYS: [(&str, &str); 2] = [
    ("one", "cGxhbnRlZC1rZXktb25lLW9mLXRoZS10ZXN0LWJlZCE="),
    ("two", "cGxhbnRlZC1rZXktdHdvLW9mLXRoZS10ZXN0LWJlZCE="),
];

/// What etcd holds by key, and what that leads to.
fn proof(bed: &Bed) -> (BTreeMap<String, i64>, Findings) {
    let snapshot = bed.collected("cp1", &["--no-api", "--prove-encryption"]);
    let rows = rows(&snapshot);
    let text = rows.join("\n");
    for secret in [WORD, KEYS[0].1, KEYS[1].1] {
        assert!(!text.contains(secret), "{secret} got out");
    }
    let row = rows
        .iter()
        .find(|row| row.contains(r#""kind":"storedSecrets""#));
    let row: Value = serde_json::from_str(row.unwrap_or_else(|| panic!("{rows:#?}"))).unwrap();
    let keys = serde_json::from_value(row["row"]["keys"].clone()).unwrap();
    assert_eq!(row["row"]["expected"], row["row"]["read"]);
    (keys, Findings::of(&snapshot))
}

/// The API server starts again with an encryption configuration whose first key writes.
fn encrypt_with(bed: &Bed, names: &[&str]) {
    let key = |name: &&str| {
        let key = KEYS.iter().find(|key| key.0 == *name).unwrap();
        json!({"name": key.0, "secret": key.1})
    };
    let keys: Vec<Value> = names.iter().map(key).collect();
    let config = json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": keys}}, {"identity": {}}]}],
    });
    let file = format!("/etc/kubernetes/pki/encryption-{}.json", names.join("-"));
    let root = bed.root("cp1");
    std::fs::write(root.join(&file[1..]), config.to_string()).unwrap();
    let manifest = root.join("etc/kubernetes/manifests/kube-apiserver.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let flag = "    - --encryption-provider-config=";
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.retain(|line| !line.starts_with(flag));
    let command = lines
        .iter()
        .position(|line| line == "    - kube-apiserver")
        .unwrap();
    lines.insert(command + 1, format!("{flag}{file}"));
    std::fs::write(&manifest, lines.join("\n") + "\n").unwrap();
    let started = Instant::now();
    let pattern = format!("^kube-apiserver .*{file}");
    let runs = || {
        bed.enter("cp1", &["pgrep", "-f", &pattern])
            .status
            .success()
    };
    let ready = || {
        let kubeconfig = "--kubeconfig=/etc/kubernetes/admin.conf";
        bed.enter("cp1", &["kubectl", kubeconfig, "get", "--raw=/readyz"])
            .status
            .success()
    };
    while !runs() || !ready() {
        assert!(
            started.elapsed() < Duration::from_secs(180),
            "the API server did not start again"
        );
        thread::sleep(Duration::from_secs(1));
    }
}

/// Writes Secrets again, as they are.
fn written_again(bed: &Bed, of: impl Fn(&str) -> bool) {
    let all = bed.kubectl(&["get", "secrets", "--all-namespaces", "-o", "json"], "");
    let mut all: Value = serde_json::from_str(&all).unwrap();
    let items = all["items"].as_array_mut().unwrap();
    items.retain(|item| of(item["metadata"]["name"].as_str().unwrap()));
    bed.kubectl(&["replace", "-f", "-"], &all.to_string());
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn secrets_are_proven_from_plain_text_to_a_new_key() {
    let bed = Bed::running();
    let literal = format!("--from-literal=word={WORD}");
    bed.kubectl(&["create", "secret", "generic", "stale", &literal], "");
    let (plain, findings) = proof(bed);
    let before = plain["identity"];
    assert_eq!(plain.len(), 1, "{plain:?}");
    assert_eq!(
        findings.failing("storage-secrets-plain"),
        ["Secrets in etcd"]
    );

    encrypt_with(bed, &["one"]);
    let secret = |number: usize| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": format!("crew-{number}"), "namespace": "default"},
            "stringData": {"word": WORD}})
    };
    let crew: Vec<Value> = (0..1000).map(secret).collect();
    let crew = json!({"apiVersion": "v1", "kind": "List", "items": crew});
    bed.kubectl(&["create", "-f", "-"], &crew.to_string());
    let (mixed, findings) = proof(bed);
    let expected = [("identity", before), ("secretbox:v1:one", 1000)];
    assert_eq!(
        mixed,
        expected
            .map(|(key, number)| (key.to_owned(), number))
            .into()
    );
    assert_eq!(
        findings.failing("storage-secrets-plain"),
        ["Secrets in etcd"]
    );

    // One that was forgotten, among a thousand.
    written_again(bed, |name| name != "stale" && !name.starts_with("crew-"));
    let (mixed, findings) = proof(bed);
    assert_eq!(mixed["identity"], 1);
    assert_eq!(mixed["secretbox:v1:one"], 1000 + before - 1);
    findings.hold(&[(
        "storage-secrets-plain",
        "Secrets in etcd",
        "storage.plain = 1\n",
    )]);

    written_again(bed, |name| name == "stale");
    let (proven, findings) = proof(bed);
    assert_eq!(
        proven,
        [("secretbox:v1:one".to_owned(), 1000 + before)].into()
    );
    assert!(findings.failing("storage-secrets-plain").is_empty());
    assert!(findings.failing("storage-secrets-outdated-key").is_empty());

    encrypt_with(bed, &["two", "one"]);
    written_again(bed, |name| name == "stale");
    let (rotated, findings) = proof(bed);
    assert_eq!(rotated["secretbox:v1:two"], 1);
    assert_eq!(rotated["secretbox:v1:one"], 1000 + before - 1);
    assert!(findings.failing("storage-secrets-plain").is_empty());
    assert_eq!(
        findings.failing("storage-secrets-outdated-key"),
        ["Secrets in etcd"]
    );
}

/// A worker has no API server to take the way to etcd from.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_worker_proves_nothing() {
    let bed = Bed::running();
    let snapshot = bed.collected("w1", &["--no-api", "--prove-encryption"]);
    let rows = rows(&snapshot).join("\n");
    assert!(rows.contains("no API server runs here"), "{rows}");
    let findings = Findings::of(&snapshot);
    assert!(findings.failing("storage-secrets-plain").is_empty());
}
