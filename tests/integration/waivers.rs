//! Waivers, from the starter to the gate: written, filled in, applied, ended. Through the binary, on the demo.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Run, run};

/// Checks of which the demo fails some.
const CHECKS: [&str; 4] = [
    "--check",
    "workload-privileged-container",
    "--check",
    "namespace-ingress-not-isolated",
];

/// A folder of one test.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A waiver file with this content.
    fn file(&self, text: &str) -> String {
        let path = self.path("waivers.yaml");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

fn demo(args: &[&str]) -> Run {
    run(&[&["audit", "--demo"], args].concat())
}

fn document(args: &[&str]) -> Value {
    let run = demo(&[args, &["-o", "json"]].concat());
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err))
}

/// The outcomes that fail as judged.
fn failing(report: &Value) -> Vec<&Value> {
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    outcomes.filter(|one| one["status"] == "fail").collect()
}

/// Those of them that no profile exempts.
fn findings(report: &Value) -> Vec<&Value> {
    let mut found = failing(report);
    found.retain(|one| one["exemptions"].is_null());
    found
}

fn day(report: &Value, later: i64) -> String {
    let time: jiff::Timestamp = report["generatedAt"].as_str().unwrap().parse().unwrap();
    let hours = jiff::SignedDuration::from_hours(24 * later);
    (time + hours).strftime("%Y-%m-%d").to_string()
}

/// The starter for the findings of `args`, and the same filled in.
fn starter(path: &Path, args: &[&str]) -> (String, String) {
    let write = ["--write-waivers", path.to_str().unwrap()];
    let run = demo(&[args, &write].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let text = std::fs::read_to_string(path).unwrap();
    let filled = text
        .replace("    owner:\n", "    owner: harbour master\n")
        .replace("    reason:\n", "    reason: known and watched\n");
    (text, filled)
}

#[test]
fn a_starter_is_refused_until_it_is_filled_in_and_then_covers_what_it_was_written_from() {
    let desk = Desk::new();
    let path = desk.path("start.yaml");
    let before = document(&CHECKS);
    let count = findings(&before).len();
    assert!(count >= 2, "{before}");
    let (text, filled) = starter(&path, &CHECKS);
    assert_eq!(text.matches("  - check: ").count(), count, "{text}");
    let ends = day(&before, 90);
    assert_eq!(text.matches(&format!("expires: {ends}\n")).count(), count);

    let name = path.to_str().unwrap();
    let refused = demo(&["--waivers", name]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    for (n, line) in (1..).zip(text.lines()) {
        for field in ["owner", "reason"] {
            let told = format!("{name}:{n}:5: `{field}` is empty\n");
            let is_field = line == format!("    {field}:");
            assert_eq!(refused.err.contains(&told), is_field, "{}", refused.err);
        }
    }

    std::fs::write(&path, &filled).unwrap();
    let with = [&CHECKS[..], &["--waivers", name]].concat();
    let after = document(&with);
    assert_eq!(findings(&after).len(), count, "the raw status is kept");
    for finding in findings(&after) {
        let waiver = serde_json::json!({
            "owner": "harbour master", "reason": "known and watched", "expires": ends,
        });
        assert_eq!(finding["waiver"], waiver);
    }
    assert_eq!(after["totals"]["controls"]["fail"], 0);
    assert_eq!(after["totals"]["controls"]["waived"], 2);
    let gate = |args: &[&str]| demo(&[args, &["--fail-on", "info"]].concat()).code;
    assert_eq!((gate(&CHECKS), gate(&with)), (1, 0));

    let table = demo(&with).out;
    for wanted in [
        format!("Waived: {count} findings"),
        format!("waiver of harbour master until {ends}"),
        "Nothing to fix: all that fails is waived".to_owned(),
        "2 waived".to_owned(),
    ] {
        // Sentences may go on in the next line.
        let words: Vec<&str> = table.split_whitespace().collect();
        assert!(words.join(" ").contains(&wanted), "{wanted}: {table}");
    }
    let saved = desk.path("report.json");
    std::fs::write(&saved, demo(&[&with[..], &["-o", "json"]].concat()).out).unwrap();
    assert_eq!(run(&["report", saved.to_str().unwrap()]).out, table);
}

#[test]
fn a_starter_leaves_out_what_is_waived_and_never_replaces_a_file() {
    let desk = Desk::new();
    let path = desk.path("all.yaml");
    let (_, filled) = starter(&path, &[]);
    let kept = demo(&["--write-waivers", path.to_str().unwrap()]);
    assert_eq!((kept.code, kept.out.as_str()), (2, ""));
    assert!(kept.err.contains("exists already"), "{}", kept.err);

    std::fs::write(&path, filled).unwrap();
    let waivers = ["--waivers", path.to_str().unwrap()];
    assert_eq!(document(&waivers)["totals"]["controls"]["fail"], 0);
    let (rest, _) = starter(&desk.path("rest.yaml"), &waivers);
    assert!(rest.ends_with("\nwaivers: []\n"), "{rest}");
    let again = demo(&["--waivers", desk.path("rest.yaml").to_str().unwrap()]);
    assert_eq!(again.out, demo(&[]).out);
}

#[test]
fn a_waiver_holds_through_its_last_day_as_seen_from_the_snapshot() {
    let desk = Desk::new();
    let observed = document(&CHECKS);
    let waiver = |expires: &str| {
        desk.file(&format!(
            "waivers:\n  - check: workload-privileged-container\n    subject: {{kind: work*}}\n    \
             owner: Jo\n    reason: r\n    expires: {expires}\n"
        ))
    };
    let with = |file: &'static str| [&CHECKS[..2], &["--waivers", file]].concat();
    let run = |days| {
        let file: &'static str = waiver(&day(&observed, days)).leak();
        let args = with(file);
        let gate = demo(&[&args[..], &["--fail-on", "info"]].concat());
        (document(&args), gate)
    };
    let (report, gate) = run(0);
    assert_eq!(gate.code, 0, "{}", gate.err);
    assert_eq!(report["waivers"][0]["state"], "inForce");
    assert!(!gate.out.contains("Waivers to review"), "{}", gate.out);

    let (report, gate) = run(-1);
    assert_eq!(gate.code, 1, "{}", gate.err);
    let entry = &report["waivers"][0];
    assert_eq!(entry["state"], "expired");
    assert_eq!(entry["findings"], failing(&report).len());
    for finding in failing(&report) {
        assert_eq!(finding["expiredWaiver"]["expires"], day(&observed, -1));
        assert_eq!(finding["waiver"], Value::Null);
    }
    let said = format!("the waiver of Jo until {} has expired", day(&observed, -1));
    for wanted in [said.as_str(), "Waivers to review", "waivers.yaml:2"] {
        assert!(gate.out.contains(wanted), "{wanted}: {}", gate.out);
    }
}

#[test]
fn waivers_select_by_every_field_and_are_listed_when_they_match_nothing() {
    let desk = Desk::new();
    let entry = |check: &str, subject: &str| {
        format!(
            "  - {{check: {check}, subject: {subject}, owner: Jo, reason: r, expires: 2999-12-31}}\n"
        )
    };
    let privileged = "workload-privileged-container";
    let entries = [
        entry(
            privileged,
            "{namespace: kube-system, name: 'DaemonSet kube-pr*'}",
        ),
        entry(privileged, "{namespace: kube-system, name: kube-proxy}"),
        entry(privileged, "{node: '*'}"),
        entry(privileged, r"{name: 'DaemonSet kube-proxy\*'}"),
        entry("role-wildcard", "{name: '*'}"),
    ];
    let file = desk.file(&format!("waivers:\n{}", entries.concat()));
    let args = [&CHECKS[..2], &["--waivers", &file]].concat();
    let report = document(&args);
    let states: Vec<(&str, u64)> = report["waivers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["state"].as_str().unwrap(),
                one["findings"].as_u64().unwrap(),
            )
        })
        .collect();
    let none = ("unmatched", 0);
    assert_eq!(states, [("inForce", 1), none, none, none, ("notJudged", 0)]);
    let table = demo(&args).out;
    assert_eq!(table.matches("matches no finding").count(), 3, "{table}");
    assert!(!table.contains("role-wildcard"), "{table}");
    let schema = include_str!("../../reports/report-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let errors: Vec<_> = schema.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn a_waiver_can_be_limited_to_controls() {
    let desk = Desk::new();
    let file = desk.file(
        "waivers:\n  - check: workload-privileged-container\n    subject: {name: '*'}\n    controls: [harbour/1.2]\n    \
         owner: Jo\n    reason: r\n    expires: 2999-12-31\n",
    );
    let own = ["--checks", "tests/fixtures/catalog/own", "--waivers", &file];
    let report = document(&[&own[..], &["--profile", "harbour", "--profile", "cks"]].concat());
    let status = |profile: usize, id: &str| {
        let sections = report["profiles"][profile]["sections"].as_array().unwrap();
        let mut controls = sections
            .iter()
            .flat_map(|one| one["controls"].as_array().unwrap());
        controls.find(|one| one["id"] == id).unwrap()["status"].clone()
    };
    assert_eq!(
        (status(0, "1.2"), status(1, "4.3")),
        ("waived".into(), "fail".into())
    );
}

#[test]
fn every_mistake_of_a_waiver_file_is_told_at_its_place() {
    let file = "tests/fixtures/waivers/broken.yaml";
    let run = demo(&["--waivers", file]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    let expected = include_str!("../fixtures/waivers/broken.txt");
    assert_eq!(run.err.replace(file, "broken.yaml"), expected);

    let desk = Desk::new();
    for (text, wanted) in [
        ("", "the file is empty"),
        ("waivers:", "`waivers` is empty"),
        ("[]", "the file is a list, not a mapping"),
        ("a: 1", "missing field `waivers`"),
        ("waivers: [{}]", "missing field `check`"),
        ("waivers: [", "not valid YAML"),
    ] {
        let run = demo(&["--waivers", &desk.file(text)]);
        assert_eq!(run.code, 2, "{text}");
        assert!(run.err.contains(wanted), "{text}: {}", run.err);
    }
    let missing = demo(&["--waivers", "/nonexistent/w"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.err.contains("cannot read /nonexistent/w"),
        "{}",
        missing.err
    );
}
