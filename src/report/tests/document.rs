//! The document: schema, round trip, determinism, summaries, the golden sample.

use std::path::Path;
use std::sync::Arc;

use super::sample::{assembled, checks, judged, profiles, report};
use super::{Format, Options, Report, rendered};
use crate::catalog::Catalog;
use crate::outcome::{Judgement, Outcome, Status};
use crate::report::document::{Entry, ReadError};
use crate::report::starter;
use crate::score::fixture::{judgement, outcome};

fn json(report: &Report) -> String {
    rendered(report, Format::Json, &Options::default())
}

/// Every shape a report takes: full, each outcome written, nothing judged, no profile, no cluster to speak of, hostile.
fn reports() -> Vec<(&'static str, Report<'static>)> {
    let mut bare = assembled(&[], Judgement::default(), false);
    bare.cluster.version = None;
    bare.cluster.distribution = None;
    bare.cluster.nodes.clear();
    let silent = judgement(&checks(), Vec::new());
    let mut hostile = judged();
    for outcome in hostile.iter_mut().flat_map(|judged| &mut judged.outcomes) {
        let subject = Arc::make_mut(&mut outcome.subject);
        subject.name = format!("{}\u{1b}[2J\u{202e}\u{9b}31m\u{1f600}\n\"\\", subject.name).into();
    }
    vec![
        ("sample", report()),
        ("each outcome", assembled(&profiles(), judged(), true)),
        (
            "nothing evaluated",
            assembled(&profiles(), Judgement::default(), false),
        ),
        ("nothing said", assembled(&profiles(), silent, false)),
        ("bare", bare),
        ("hostile", assembled(&profiles(), hostile, false)),
    ]
}

#[test]
fn every_report_fits_the_schema() {
    let schema = include_str!("../../../reports/report-v1.schema.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("the schema is a schema");
    let schema = jsonschema::draft202012::new(&schema).expect("the schema compiles");
    for (name, report) in reports() {
        let document = serde_json::from_str(&json(&report)).expect("JSON");
        let errors: Vec<String> = schema
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
    let mut document = serde_json::to_value(report()).expect("JSON");
    document["outcomes"][0]["verdict"] = "pass".into();
    assert!(!schema.is_valid(&document), "unknown fields are refused");
}

#[test]
fn a_saved_report_is_the_same_report() {
    for (name, report) in reports() {
        for compact in [false, true] {
            let options = Options {
                compact,
                ..Options::default()
            };
            let saved = rendered(&report, Format::Json, &options);
            let again = Report::read(saved.as_bytes()).expect(name);
            assert_eq!(again, report, "{name}");
            for all in [false, true] {
                for format in Format::ALL {
                    let options = Options {
                        all,
                        compact,
                        ..options
                    };
                    let first = rendered(&report, format, &options);
                    assert_eq!(rendered(&again, format, &options), first, "{name}");
                }
            }
        }
    }
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let mut shuffled = judged();
    shuffled.rotate_left(3);
    for judged in &mut shuffled {
        judged.outcomes.reverse();
    }
    assert_eq!(
        json(&assembled(&profiles(), shuffled, false)),
        json(&report())
    );
}

#[test]
fn what_needs_no_action_is_summed_up_with_twenty_samples() {
    let summed = |report: &Report| {
        let entries = report.outcomes.iter().filter_map(|entry| match entry {
            Entry::Summary(one) => Some((one.evaluation.clone(), one.count, one.sample.len())),
            Entry::One(_) => None,
        });
        entries.collect::<Vec<_>>()
    };
    let report = report();
    let workloads = summed(&report)
        .into_iter()
        .find(|(id, ..)| **id == *"workload-privileged");
    assert_eq!(workloads, Some(("workload-privileged".into(), 211, 20)));
    let absent = summed(&report)
        .into_iter()
        .find(|(id, ..)| **id == *"namespace-not-isolated");
    assert_eq!(absent.map(|(_, count, _)| count), Some(1));

    let each = assembled(&profiles(), judged(), true);
    assert_eq!(summed(&each), []);
    let told: usize = judged().iter().map(|one| one.outcomes.len()).sum();
    assert_eq!(each.outcomes.iter().count(), told);
    assert_eq!(each.totals, report.totals);
}

#[test]
fn an_evaluation_without_its_check_is_shown_at_its_worst() {
    let mut judged = judgement(&checks(), Vec::new());
    judged[0].evaluation.check = "gone".into();
    judged[0].evaluation.id = "gone".into();
    judged[0].outcomes = vec![outcome("gone", Status::Fail, "w1")];
    let report = assembled(&profiles(), judged, false);
    let gone = report
        .evaluations
        .iter()
        .find(|one| one.id == "gone")
        .expect("it is there");
    assert_eq!(
        (gone.title.as_str(), gone.severity.name()),
        ("gone", "critical")
    );
}

#[test]
fn json_is_harmless_to_a_terminal() {
    let (_, hostile) = reports().pop().expect("the hostile one is last");
    let text = json(&hostile);
    assert!(
        text.chars()
            .all(|one| one == '\n' || !crate::report::safe::is_hidden(one))
    );
    assert!(
        text.contains(r"\u202e\u009b31m😀\n\"),
        "visible text stays itself"
    );
}

#[test]
fn what_is_no_report_is_refused_without_repeating_it() {
    let newer = json(&report()).replacen("\"schemaVersion\": 1", "\"schemaVersion\": 2", 1);
    assert_eq!(
        Report::read(newer.as_bytes()),
        Err(ReadError::Version { found: 2 })
    );
    let cases = [
        "",
        "{",
        "null",
        "{\"token\": \"hunter2\"}",
        "{\"schemaVersion\": \"hunter2\"}",
        "{\"schemaVersion\": 1}",
    ];
    for case in cases {
        let error = Report::read(case.as_bytes()).expect_err(case);
        assert!(
            matches!(error, ReadError::NotAReport { .. }),
            "{case}: {error}"
        );
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(
            std::error::Error::source(&error).map(ToString::to_string),
            None
        );
    }
}

/// Whatever subjects are called, the file names them so that they are found again, and a comment stays one.
#[test]
fn a_starter_finds_its_findings_again() {
    let names = [
        "*",
        r"a\*b\",
        "x: y",
        "- a",
        "# no",
        "{a, b}",
        "yes",
        "0644",
        "'\"",
        "\u{1b}[2J\n  - check: x",
        "\u{e0041}ü\u{85}",
        " a ",
        "null",
    ];
    let outcomes = names.map(|name| outcome("critical", Status::Fail, name));
    let checks = crate::score::fixture::checks_by_severity();
    let judged = judgement(&checks, outcomes.into());
    let report = assembled(&[], judged.clone(), false);
    let mut text = Vec::new();
    starter(&report, "2027-01-01".parse().expect("a day"), &mut text).expect("a vector takes it");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(!text.contains(['\u{1b}', '\u{e0041}', '\u{85}']), "{text}");
    let filled = text
        .replace("owner:", "owner: a")
        .replace("reason:", "reason: b");
    let catalog = Catalog {
        checks,
        ..Catalog::default()
    };
    let waivers = catalog.waivers("w", filled.as_bytes()).expect(&filled);
    assert_eq!(waivers.len(), names.len());
    for waiver in &waivers {
        let covers = |one: &&Outcome| {
            waiver.subject.selects(|field| match field {
                "name" => Some(&one.subject.name),
                _ => None,
            })
        };
        assert_eq!(
            (judged.iter().flat_map(|one| &one.outcomes))
                .filter(covers)
                .count(),
            1,
            "{waiver:?}"
        );
    }
}

/// The samples that stand in `reports/`; `UPDATE_GOLDEN=1 cargo test golden` writes them anew.
#[test]
fn golden_samples_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let report = report();
    for (file, format) in [("sample.json", Format::Json), ("sample.txt", Format::Table)] {
        let (path, now) = (
            folder.join(file),
            rendered(&report, format, &Options::default()),
        );
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &now).expect("the folder can be written");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            golden == now,
            "reports/{file} differs; if that is meant: UPDATE_GOLDEN=1 cargo test golden"
        );
    }
}
