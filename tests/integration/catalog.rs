//! The shipped checks and profiles: well-formed, typed, and answered as their examples say.

use std::collections::BTreeMap;

use seaworthy::catalog::{Catalog, Expectation, Problem};
use seaworthy::evaluate::{Program, examples};

fn shipped() -> Catalog {
    Catalog::shipped().unwrap_or_else(|error| panic!("{error:?}"))
}

fn told(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("{problem}\n    {}\n", problem.hint))
        .collect()
}

#[test]
fn shipped_files_are_clean() {
    let catalog = shipped();
    let mut problems = catalog.lints.clone();
    for check in catalog.checks.values() {
        problems.extend(
            Program::compile(check, &BTreeMap::new())
                .err()
                .unwrap_or_default(),
        );
    }
    assert!(problems.is_empty(), "{}", told(&problems));
    assert!(catalog.checks.len() >= 8);
}

#[test]
fn every_example_is_answered_as_it_says() {
    let problems: Vec<Problem> = shipped().checks.values().flat_map(examples::run).collect();
    assert!(problems.is_empty(), "{}", told(&problems));
}

#[test]
fn every_check_has_a_passing_a_failing_and_an_unknown_example() {
    for check in shipped().checks.values() {
        let has = |wanted| {
            check
                .examples
                .iter()
                .any(|example| example.expect == wanted)
        };
        let holds = if check.review {
            Expectation::Manual
        } else {
            Expectation::Pass
        };
        assert!(
            has(holds) && has(Expectation::Fail) && has(Expectation::Unknown),
            "{} lacks an example",
            check.id.value
        );
    }
}
