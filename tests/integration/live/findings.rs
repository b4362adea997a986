//! What a report found, to be compared with what is known to be there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::harness;

/// The open findings of a cluster.
pub(super) struct Findings {
    /// Every failing subject with its evidence, one `fact = value` a line, by check.
    found: BTreeMap<(String, String), String>,
    /// Those in these namespaces.
    namespaces: BTreeMap<String, BTreeSet<(String, String)>>,
}

pub(super) fn report(snapshot: &[u8], args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cluster.seaworthy");
    std::fs::write(&path, snapshot).unwrap();
    let mut words = vec!["audit", "--snapshot", path.to_str().unwrap(), "--all"];
    words.extend(args);
    let run = harness::run(&words);
    assert_eq!(run.code, 0, "{}", run.err);
    run.out
}

/// The table of a recorded cluster, without what differs from bed to bed.
pub(super) fn shown(snapshot: &[u8]) -> String {
    let patterns = [
        (
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z)",
            "‹time›",
        ),
        (r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d", "‹time›"),
        (r"pid \d+", "pid ‹n›"),
        (r"@\d{10}", "@‹time›"),
        (r"\b10\.213\.\d+\.\d+|\b172\.30\.\d+\.\d+", "‹address›"),
        (r"/10\.244\.\d+\.\d+", "/‹pod›"),
        (r"on every node: \d+", "on every node: ‹port›"),
        (r"kernelRelease = \S+ +", "kernelRelease = ‹kernel› "),
    ];
    let text = report(snapshot, &["--width", "100"]);
    patterns.iter().fold(text, |text, (pattern, word)| {
        let pattern = regex::Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *word).into_owned()
    })
}

impl Findings {
    /// What is open in the report on a recorded cluster. The same check with other parameters counts once.
    pub(super) fn of(snapshot: &[u8]) -> Self {
        let report: Value = serde_json::from_str(&report(snapshot, &["-o", "json"])).unwrap();
        let mut findings = Self {
            found: BTreeMap::new(),
            namespaces: BTreeMap::new(),
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for outcome in report["outcomes"].as_array().unwrap() {
            if outcome["status"] != "fail" || outcome.get("exemptions").is_some() {
                continue;
            }
            let check = text(&outcome["evaluation"]);
            let check = check.split('[').next().unwrap_or_default().to_owned();
            let subject = &outcome["subject"];
            let key = (check, text(&subject["name"]));
            let evidence = outcome["evidence"].as_array().unwrap().iter();
            let lines =
                evidence.map(|one| format!("{} = {}\n", text(&one["fact"]), text(&one["value"])));
            findings.found.entry(key.clone()).or_default().extend(lines);
            let namespace = text(&subject["namespace"]);
            findings
                .namespaces
                .entry(namespace)
                .or_default()
                .insert(key);
        }
        findings
    }

    /// The subjects that fail a check.
    pub(super) fn failing(&self, check: &str) -> Vec<String> {
        let of = self.found.keys().filter(|(id, _)| id == check);
        of.map(|(_, subject)| subject.clone()).collect()
    }

    /// Asserts that every row (check, subject, evidence) was found.
    pub(super) fn hold(&self, planted: &[(&str, &str, &str)]) {
        let missed: Vec<String> = planted
            .iter()
            .filter(|(check, subject, evidence)| {
                let key = ((*check).to_owned(), (*subject).to_owned());
                let seen = self.found.get(&key);
                !seen.is_some_and(|seen| seen.contains(evidence))
            })
            .map(|(check, subject, evidence)| {
                let key = ((*check).to_owned(), (*subject).to_owned());
                let seen = self.found.get(&key);
                format!("{check} on {subject} by {evidence}; seen: {seen:?}")
            })
            .collect();
        assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    }

    /// Asserts that these rows (check, subject, reason) are all there is, beside what is in the namespace `aside`.
    pub(super) fn are_exactly(&self, known: &[(&str, &str, &str)], aside: Option<&str>) {
        let of = |namespace: &String| Some(namespace.as_str()) != aside;
        let found: BTreeSet<(&str, &str)> = self
            .namespaces
            .iter()
            .filter(|(namespace, _)| of(namespace))
            .flat_map(|(_, keys)| keys)
            .map(|(check, subject)| (check.as_str(), subject.as_str()))
            .collect();
        let known: BTreeSet<(&str, &str)> = known
            .iter()
            .map(|(check, subject, _)| (*check, *subject))
            .collect();
        let extra: Vec<_> = found.difference(&known).collect();
        let gone: Vec<_> = known.difference(&found).collect();
        assert!(
            extra.is_empty() && gone.is_empty(),
            "fails without a reason: {extra:#?}\nhas a reason and does not fail: {gone:#?}"
        );
    }
}
