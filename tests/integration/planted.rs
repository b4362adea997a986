//! Whatever value a secret has, at whatever place of a manifest: its object is named, and the value comes out nowhere.

use base64::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};
use serde_json::Value;

use crate::harness::run;

/// The kind of object a value stands in, and what stands around it.
enum Place {
    /// Under `data` of a ConfigMap.
    Data(&'static str),
    /// Besides a container's name and image.
    Container(&'static str),
    /// Besides the containers of a pod.
    Pod(&'static str),
    /// Under `metadata` of a Deployment.
    Metadata(&'static str),
    /// Besides the metadata of a Secret.
    Secret(&'static str),
}

use Place::{Container, Data, Metadata, Pod, Secret};

/// `VALUE` is the value, `BASE64` what a Secret makes of it.
const PLACES: [Place; 31] = [
    Data("{db_password: VALUE}"),
    Data("{DB_PASS: VALUE}"),
    Data(r#"{app.properties: "a=b\nspring.datasource.password=VALUE\n"}"#),
    Data(r#"{config.json: '{"db": {"apiKey": "VALUE"}}'}"#),
    Data(r#"{config.yaml: "db:\n  user: a\n  password: VALUE\n"}"#),
    Data(r#"{.env: "export API_TOKEN=VALUE\n"}"#),
    Data("{url: 'postgres://app:VALUE@db/app'}"),
    Data("{dsn: 'app:VALUE@tcp(db:3306)/app'}"),
    Data("{connection: 'Server=db;User Id=app;Password=VALUE;'}"),
    Container("env: [{name: DB_PASSWORD, value: VALUE}]"),
    Container("env: [{name: AUTH_TOKEN, value: VALUE}]"),
    Container("env: [{name: AWS_SECRET_ACCESS_KEY, value: VALUE}]"),
    Container("env: [{name: DATABASE_URL, value: 'mysql://u:VALUE@h/d'}]"),
    Container("args: ['--password=VALUE']"),
    Container("args: ['--password', VALUE]"),
    Container("args: ['--db-url=redis://:VALUE@h:6379']"),
    Container("command: [sh, -c, 'mysql -uroot -pVALUE app']"),
    Container("command: [sh, -c, 'export DB_PASSWORD=VALUE; exec app']"),
    Container(r#"command: [sh, -c, 'curl -H "Authorization: Bearer VALUE" https://x']"#),
    Container("command: [sh, -c, 'curl -u app:VALUE https://x']"),
    Container("command: [sh, -c, 'PGPASSWORD=VALUE psql -h db']"),
    Container(
        "livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Authorization, value: Bearer VALUE}]}}",
    ),
    Container("readinessProbe: {exec: {command: [redis-cli, -a, VALUE, ping]}}"),
    Container("lifecycle: {preStop: {exec: {command: [app, '--token=VALUE']}}}"),
    Container(
        "lifecycle: {postStart: {httpGet: {port: 80, httpHeaders: [{name: X-Api-Key, value: VALUE}]}}}",
    ),
    Pod("initContainers: [{name: i, image: b, env: [{name: DB_PASSWORD, value: VALUE}]}]"),
    Metadata("annotations: {example.com/api-token: VALUE}"),
    Metadata("annotations: {note: 'postgres://app:VALUE@db/app'}"),
    Secret("stringData: {password: VALUE}"),
    Secret("data: {password: BASE64}"),
    Secret("type: kubernetes.io/basic-auth\nstringData: {username: a, password: VALUE}"),
];

impl Place {
    fn object(&self, name: &str) -> String {
        let meta = format!("name: {name}, namespace: quay");
        let pod = |more: &str, container: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{{meta}}}\nspec:\n  {more}\n  containers:\n  - name: c\n    image: a\n    {container}\n"
            )
        };
        match self {
            Data(data) => {
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{{meta}}}\ndata: {data}\n")
            }
            Container(more) => pod("", more),
            Pod(more) => pod(more, ""),
            Metadata(more) => format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{{meta}, {more}}}\nspec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: a}}]}}}}}}\n"
            ),
            Secret(more) => format!("apiVersion: v1\nkind: Secret\nmetadata: {{{meta}}}\n{more}\n"),
        }
    }
}

fn base64(value: &str) -> String {
    BASE64_STANDARD.encode(value)
}

fn check(values: &[String]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let (file, saved) = (folder.path().join("m.yaml"), folder.path().join("s"));
    let objects = PLACES.iter().zip(values).enumerate();
    let objects: Vec<String> = objects
        .map(|(number, (place, value))| {
            let text = place.object(&format!("o{number}"));
            text.replace("VALUE", value)
                .replace("BASE64", &base64(value))
        })
        .collect();
    std::fs::write(&file, objects.join("---\n")).unwrap();
    let (file, saved) = (file.to_str().unwrap(), saved.to_str().unwrap());
    let json = run(&["audit", "-f", file, "--all", "-o", "json", "--save", saved]);
    let table = run(&["audit", "-f", file, "--all"]);
    let facts = seaworthy::facts::snapshot::read(std::fs::File::open(saved).unwrap())
        .unwrap()
        .facts;
    let facts = format!("{facts:?}");
    let mut faults = Vec::new();
    for (value, object) in values.iter().zip(&objects) {
        for (what, text) in [
            ("report", &json.out),
            ("table", &table.out),
            ("messages", &json.err),
            ("snapshot", &facts),
        ] {
            if text.contains(value.as_str()) || text.contains(&base64(value)) {
                faults.push(format!("{value} is in the {what}: {object}"));
            }
        }
    }
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let outcomes = report["outcomes"].as_array().unwrap();
    for (number, text) in objects.iter().enumerate() {
        let named = format!(" o{number}");
        let told = outcomes.iter().any(|one| {
            let check = one["evaluation"].as_str().unwrap_or_default();
            let about = one["subject"]["name"].as_str().unwrap_or_default();
            check.contains("secret") && one["status"] == "fail" && about.ends_with(&named)
        });
        if !told {
            faults.push(format!("nothing is said of {text}"));
        }
    }
    prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn a_secret_is_named_and_never_told() {
    // Short and long; with digits, so that none is a word that stands elsewhere.
    let value = "[a-zA-Z][a-zA-Z0-9]{5,30}[0-9]{2}[a-zA-Z]";
    let values = proptest::collection::vec(value, PLACES.len());
    let config = ProptestConfig {
        cases: 6,
        max_shrink_iters: 20,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let ran = TestRunner::new(config).run(&values, |values| check(&values));
    if let Err(TestError::Fail(faults, _)) = ran {
        panic!("{faults}");
    }
}
