//! What to fix first and what is not known, on reports small enough to group by hand.

use super::sample::{assembled, checks, fixed, judged, profiles, report};
use crate::outcome::{Outcome, Status};
use crate::report::{Report, causes, findings};
use crate::score::fixture::{control, judgement, outcome, profile, section, unknown};

const MODE: &str = "file-mode-loose";
const PROFILING: &str = "apiserver-profiling";
const WILDCARD: &str = "role-wildcard";

fn about(controls: &[(&str, &[&str])], outcomes: Vec<Outcome<'static>>) -> Report<'static> {
    let controls = controls.iter().map(|(id, checks)| control(id, checks));
    let profile = profile(vec![section("1", None, controls.collect())]);
    assembled(&[profile], judgement(&checks(), outcomes), false)
}

fn failed(check: &str, subject: &str, target: &str) -> Outcome<'static> {
    fixed(
        outcome(check, Status::Fail, subject),
        target,
        "line",
        target,
    )
}

/// (evaluation, failing, judged, cleared, touched)
fn summary<'r>(report: &'r Report<'r>) -> Vec<(&'r str, u64, u64, usize, usize)> {
    let findings = findings(report).into_iter();
    findings
        .map(|one| {
            (
                one.evaluation.id.as_str(),
                one.failing,
                one.judged,
                one.cleared,
                one.touched,
            )
        })
        .collect()
}

#[test]
fn equal_targets_are_one_cause_and_so_are_targets_that_need_the_same() {
    let controls: &[(&str, &[&str])] = &[
        ("1", &[MODE]),
        ("2", &[PROFILING]),
        ("3", &[MODE, WILDCARD]),
    ];
    let one_target = vec![failed(MODE, "a", "t"), failed(PROFILING, "a", "t")];
    assert_eq!(summary(&about(controls, one_target)), [(MODE, 1, 1, 3, 3)]);

    let nodes = vec![
        failed(MODE, "w1", "w1:mode"),
        failed(MODE, "w2", "w2:mode"),
        outcome(MODE, Status::Pass, "w3"),
    ];
    let report = about(controls, nodes);
    assert_eq!(summary(&report), [(MODE, 2, 3, 2, 2)]);
    let fixes = findings(&report)[0].fixes().into_iter();
    let fixes: Vec<_> = fixes.map(|(fix, places)| (fix.line, places)).collect();
    assert_eq!(
        fixes,
        [("line".to_owned(), vec!["w1:mode", "w2:mode"])],
        "one line, two places"
    );

    let no_fix = vec![
        outcome(MODE, Status::Fail, "a"),
        outcome(WILDCARD, Status::Fail, "b"),
    ];
    assert_eq!(
        summary(&about(controls, no_fix)),
        [(MODE, 1, 1, 1, 2), (WILDCARD, 1, 1, 0, 1)],
        "control 3 takes both"
    );
}

/// A binding that grants everything fails a check for each power; deleting it mends them all.
#[test]
fn what_takes_an_object_away_stands_for_all_that_is_wrong_with_it() {
    let controls: &[(&str, &[&str])] = &[("1", &[WILDCARD]), ("2", &[MODE]), ("3", &[PROFILING])];
    let gone = |subject| {
        let line = "kubectl delete Role a";
        fixed(outcome(WILDCARD, Status::Fail, subject), "gone", line, "")
    };
    let outcomes = vec![
        gone("a"),
        failed(MODE, "a", "mode"),
        failed(PROFILING, "a", "profiling"),
        failed(MODE, "b", "mode"),
    ];
    let report = about(controls, outcomes);
    assert_eq!(
        summary(&report),
        [(WILDCARD, 1, 1, 2, 3), (MODE, 1, 2, 0, 1)],
        "b is mended by itself"
    );
    let fixes = findings(&report)[0].fixes();
    let lines: Vec<_> = fixes.iter().map(|(fix, _)| fix.line.as_str()).collect();
    assert_eq!(lines, ["kubectl delete Role a"]);

    // A graver fault is not hidden behind a lesser one.
    let line = "kubectl delete Role a";
    let lesser = fixed(outcome(PROFILING, Status::Fail, "a"), "gone", line, "");
    let report = about(controls, vec![lesser, failed(MODE, "a", "mode")]);
    assert_eq!(
        summary(&report),
        [(MODE, 1, 1, 1, 1), (PROFILING, 1, 1, 1, 1)]
    );
}

#[test]
fn severity_comes_first_then_what_becomes_clear_then_how_many() {
    // High before low however many controls that clears; among equals more cleared controls, then more subjects.
    let controls: &[(&str, &[&str])] = &[
        ("1", &[PROFILING]),
        ("2", &[PROFILING]),
        ("3", &[PROFILING]),
        ("4", &[MODE]),
        ("5", &[MODE, WILDCARD]),
        ("6", &[WILDCARD, PROFILING]),
    ];
    let mut outcomes = vec![
        failed(PROFILING, "a", "p"),
        failed(MODE, "a", "m"),
        failed(WILDCARD, "a", "w"),
        failed(WILDCARD, "b", "w"),
    ];
    let order = |outcomes: &[Outcome<'static>]| -> Vec<(String, usize, u64)> {
        let report = about(controls, outcomes.to_vec());
        let found = findings(&report);
        let one = |one: &crate::report::Finding<'_>| {
            (one.evaluation.id.clone(), one.cleared, one.failing)
        };
        found.iter().map(one).collect()
    };
    let named = |id: &str, cleared, failing| (id.to_owned(), cleared, failing);
    assert_eq!(
        order(&outcomes),
        [
            named(MODE, 1, 1),
            named(WILDCARD, 0, 2),
            named(PROFILING, 3, 1)
        ]
    );
    // Without what is clear by one of them alone, the number of subjects decides.
    outcomes.push(failed(PROFILING, "a", "m"));
    outcomes[1] = failed(MODE, "c", "m2");
    let few: &[(&str, &[&str])] = &[("5", &[MODE, WILDCARD])];
    let report = about(few, outcomes);
    let first = findings(&report);
    let first: Vec<_> = first.iter().map(|one| one.evaluation.id.as_str()).collect();
    assert_eq!(first[..2], [WILDCARD, MODE]);
}

#[test]
fn what_is_waived_where_it_counts_is_no_finding() {
    let sample = report();
    let isolation = findings(&sample);
    let isolation = isolation
        .iter()
        .find(|one| one.evaluation.id == "namespace-not-isolated");
    let isolation = isolation.expect("shop is open");
    assert_eq!(
        (isolation.failing, isolation.cleared),
        (2, 2),
        "CKS has no waiver for sandbox"
    );

    let [cis, _] = profiles();
    let only_cis = assembled(&[cis], judged(), false);
    let isolation = findings(&only_cis);
    let isolation = isolation
        .iter()
        .find(|one| one.evaluation.id == "namespace-not-isolated");
    assert_eq!(isolation.map(|one| one.failing), Some(1));
}

#[test]
fn unknowns_are_grouped_by_cause() {
    let controls: &[(&str, &[&str])] = &[
        ("1", &[MODE]),
        ("2", &[PROFILING]),
        ("3", &[MODE, WILDCARD]),
    ];
    let outcomes = vec![
        unknown(MODE, "a", "cp1 was not reached", "add --ssh cp1"),
        unknown(MODE, "b", "cp1 was not reached", "add --ssh cp1"),
        unknown(WILDCARD, "d", "w1 was not reached", "add --ssh cp1"),
        outcome(WILDCARD, Status::Unknown, "c"),
    ];
    let report = about(controls, outcomes);
    let grouped = causes(&report);
    let grouped: Vec<_> = grouped
        .iter()
        .map(|one| (one.text, one.more, one.remedy, one.controls))
        .collect();
    let ours = "report this: it is a mistake in seaworthy";
    let expected = [
        ("cp1 was not reached", 1, "add --ssh cp1", 2),
        ("check apiserver-profiling gave no verdict", 0, ours, 1),
        ("no reason is given", 0, "", 1),
    ];
    assert_eq!(grouped, expected);
}
