//! The shipped checks and profiles: well-formed, typed, and answered as their examples say.

use std::collections::{BTreeMap, BTreeSet};

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

/// Checks judge the effect. Where an edition asks for the letter, its parameters turn a pass into a failure.
#[test]
fn what_an_edition_asks_beyond_the_effect_is_its_parameter() {
    let catalog = shipped();
    let sections = catalog.profiles["cis-2.0.1"].sections.iter();
    let controls: Vec<_> = sections.flat_map(|section| &section.controls).collect();
    for (control, check, example) in [
        (
            "1.1.12",
            "file-etcd-data-owner-foreign",
            "etcd runs as root and root owns it",
        ),
        (
            "1.1.12",
            "file-etcd-data-owner-foreign",
            "the account etcd owns it, and etcd runs as root",
        ),
        (
            "1.2.1",
            "apiserver-anonymous-requests",
            "the file lets health probes through and nothing else",
        ),
        (
            "1.2.17",
            "apiserver-audit-log-kept-too-short",
            "0 deletes nothing by age, which is the default before 1.36",
        ),
        (
            "1.2.18",
            "apiserver-audit-log-few-backups",
            "0 keeps all of them, which is the default before 1.36",
        ),
        (
            "1.2.19",
            "apiserver-audit-log-rotates-too-small",
            "0 stands for 100 before 1.36",
        ),
        (
            "1.3.1",
            "controllermanager-pod-gc-off",
            "not mentioned, so 12500 applies",
        ),
    ] {
        let mut check = catalog.checks[check].clone();
        check.examples.retain(|one| one.name.value == example);
        assert_eq!(check.examples.len(), 1, "{control}: {example}");
        let as_it_is = examples::run(&check);
        assert!(as_it_is.is_empty(), "{control}: {}", told(&as_it_is));
        let control = controls.iter().find(|one| one.id.value == control).unwrap();
        for (name, param) in &mut check.params {
            if let Some(stated) = control.params.get(name) {
                param.clone_from(stated);
            }
        }
        for one in &mut check.examples {
            one.expect = Expectation::Fail;
        }
        let by_the_letter = examples::run(&check);
        assert!(by_the_letter.is_empty(), "{}", told(&by_the_letter));
    }
}

#[test]
fn every_fix_clears_its_examples_harms_no_other_check_and_is_refused_by_nobody() {
    let catalog = shipped();
    let checks: Vec<_> = catalog.checks.values().collect();
    let proof = examples::Prover::new(&catalog).prove(&checks);
    assert!(proof.problems.is_empty(), "{}", told(&proof.problems));
    assert!(proof.proven > 100 && proof.unproven < 30, "{proof:?}");
}

/// Checks that no shipped profile asks, and why.
const UNASKED: [(&str, &str); 2] = [
    (
        "workload-image-from-unlisted-registry",
        "the list of registries is the user's own",
    ),
    (
        "workload-without-sandbox",
        "which workloads need one is for the user to say",
    ),
];

#[test]
fn every_check_is_asked_by_a_profile_or_says_why_not() {
    let catalog = shipped();
    let controls = catalog.profiles.values().flat_map(|profile| {
        let controls = profile.sections.iter().flat_map(|part| &part.controls);
        controls.flat_map(|control| &control.checks)
    });
    let asked: BTreeSet<&str> = controls.map(|check| check.value.as_str()).collect();
    for (id, check) in &catalog.checks {
        let reason = UNASKED.iter().find(|(unasked, _)| unasked == id);
        assert_ne!(asked.contains(id.as_str()), reason.is_some(), "{id}");
        if reason.is_some() {
            assert!(check.why.contains("no shipped profile asks this"), "{id}");
        }
    }
    let known = UNASKED
        .iter()
        .filter(|(id, _)| catalog.checks.contains_key(*id));
    assert_eq!(known.count(), UNASKED.len());
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
