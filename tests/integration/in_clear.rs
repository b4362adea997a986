//! Secrets that stand in manifests are found wherever they stand, and no value of one comes out anywhere.

use serde_json::Value;

use crate::harness::run;

/// Each is part of one planted value.
const PLANTED: [&str; 4] = [
    "hunter2",
    "correct-horse",
    "aHVudGVyMm",
    "4eC39HqLyjWDarjtT1",
];

const MANIFEST: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: quay}
data:
  app.properties: |
    db.user=app
    db.password=hunter2a
  STRIPE: sk_live_4eC39HqLyjWDarjtT1zdp7dc
  LOG_LEVEL: debug
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: quay}
data: {password: aHVudGVyMmI=}
stringData: {other: hunter2c}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: quay, annotations: {example.com/api-token: hunter2d0123456789}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: c
          image: user:hunter2e@registry.example/c:1
          env: [{name: DB_PASS, value: hunter2f}, {name: DSN, value: "app:correct-horse@tcp(db:3306)/app"}]
          command: [sh, -c, "mysql -uroot -phunter2g"]
          args: ["--password=hunter2h", "--db-url=postgres://u:hunter2i@h/d"]
          livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Authorization, value: Bearer hunter2j0123456789}]}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed, namespace: quay}
spec: {encryptedData: {password: hunter2k}}
"#;

const CHECKS: [&str; 3] = [
    "configmap-holds-secret",
    "secret-value-in-manifest",
    "workload-secret-in-manifest",
];

fn written(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.yaml");
    std::fs::write(&file, text).unwrap();
    let name = file.to_str().unwrap().to_owned();
    (folder, name)
}

fn quiet_about_values(text: &str) {
    for planted in PLANTED {
        assert!(!text.contains(planted), "{planted} in {text}");
    }
}

#[test]
fn they_are_told_by_their_place_and_never_by_their_value() {
    let (folder, file) = written(MANIFEST);
    let saved = folder.path().join("s.seaworthy");
    let mut args = vec!["audit", "-f", &file, "--all", "-o", "json"];
    args.extend(["--save", saved.to_str().unwrap()]);
    args.extend(CHECKS.iter().flat_map(|check| ["--check", check]));
    let json = run(&args);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let told: Vec<&str> = report["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|outcome| {
            assert_eq!(outcome["status"], "fail", "{outcome:#}");
            outcome["message"].as_str().unwrap()
        })
        .collect();
    assert_eq!(
        told,
        [
            "ConfigMap settings has what looks like secrets under: STRIPE, app.properties",
            "Secret db has values in clear under: other, password",
            "Deployment web has what looks like secrets in: variable DB_PASS of container c, variable DSN of container c, \
             --db-url of container c, --password of container c, -p of container c, header Authorization of livenessProbe of \
             container c, annotation example.com/api-token",
        ]
    );
    quiet_about_values(&json.out);
    let whole = run(&["audit", "-f", &file, "--all"]);
    quiet_about_values(&whole.out);
    quiet_about_values(&whole.err);
    let snapshot = seaworthy::facts::snapshot::read(std::fs::File::open(&saved).unwrap()).unwrap();
    quiet_about_values(&format!("{:?}", snapshot.facts));
}

/// A broken document is quoted nowhere.
#[test]
fn a_secret_that_cannot_be_read_is_a_gap_without_its_text() {
    for broken in [
        "data: {password: [hunter2]}",
        "data: {password: 'hunter2'",
        "stringData: {password: {a: hunter2}}",
    ] {
        let (_folder, file) = written(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: quay}}\n{broken}\n"
        ));
        let report = run(&["audit", "-f", &file, "--check", CHECKS[1], "--all"]);
        quiet_about_values(&report.out);
        quiet_about_values(&report.err);
        assert!(!report.out.contains("1 pass"), "{}", report.out);
    }
}

/// A cluster is asked for no ConfigMap and no Secret, and says so.
#[test]
fn a_cluster_is_not_asked_for_them() {
    for check in &CHECKS[..2] {
        let demo = run(&["audit", "--demo", "--check", check, "-o", "json"]);
        let report: Value = serde_json::from_str(&demo.out).unwrap();
        assert_eq!(report["outcomes"][0]["status"], "notApplicable", "{check}");
        assert_eq!(
            report["gaps"].as_array().map(Vec::len),
            Some(gaps()),
            "{check}"
        );
    }
}

/// How many gaps the demo has by itself.
fn gaps() -> usize {
    let demo = run(&[
        "audit",
        "--demo",
        "--check",
        "workload-host-network",
        "-o",
        "json",
    ]);
    let report: Value = serde_json::from_str(&demo.out).unwrap();
    report["gaps"].as_array().map_or(0, Vec::len)
}
