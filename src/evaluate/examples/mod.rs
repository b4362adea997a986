//! The examples that every check carries: small worlds, run through the same normalisers, engines and verdicts as a
//! cluster.

mod apply;
mod handshakes;
mod kubectl;
mod pods;
mod proof;
mod refusals;
mod stored;
mod world;

use std::collections::BTreeMap;

pub use proof::{Proof, Prover};

use crate::catalog::{Check, Example, Expectation, Problem};
use crate::facts::Lacking;
use crate::outcome::Status;

use super::{Judge, Keep, Program, Task, World};

/// Runs the examples of `check`: one problem per example that is answered differently, or cannot be run.
pub fn run(check: &Check) -> Vec<Problem> {
    let program = match Program::compile(check, &BTreeMap::new()) {
        Ok(program) => program,
        Err(problems) => return problems,
    };
    let tasks = [Task {
        id: check.id.value.clone(),
        program,
    }];
    check
        .examples
        .iter()
        .filter_map(|example| answer(example, &tasks).err())
        .collect()
}

/// Judges one example.
fn answer(example: &Example, tasks: &[Task<'_>]) -> Result<(), Problem> {
    let at = |message: String| Problem::new(example.name.place.clone(), message);
    let name = &example.name.value;
    let given = serde_json::from_str(&example.given.value).unwrap_or_default();
    let facts = world::facts(&given)
        .map_err(|mistake| at(format!("example `{name}` cannot be run: {mistake}")))?;
    let lacking = Lacking::default();
    let world = World::new(&facts, &lacking);
    let judge = Judge::new(&world, tasks);
    let judgement = judge.judge(Keep::Everything);
    let outcomes = || judgement.iter().flat_map(|judged| &judged.outcomes);
    let present = |status: &&Status| outcomes().any(|outcome| outcome.status == **status);
    let got = Status::BY_PRECEDENCE
        .iter()
        .find(present)
        .copied()
        .unwrap_or(Status::Unknown);
    let expected = status(example.expect);
    if got == expected {
        return Ok(());
    }
    let why: Vec<String> = outcomes()
        .filter(|outcome| outcome.status == got)
        .take(3)
        .map(|outcome| {
            let words = outcome.told.words();
            let evidence: Vec<String> = words
                .evidence
                .iter()
                .map(|read| format!("{} = {}", read.fact, read.value))
                .collect();
            format!(
                "{}: {} [{}]",
                outcome.subject.name,
                words.message,
                evidence.join(", ")
            )
        })
        .collect();
    Err(Problem {
        place: example.name.place.clone(),
        message: format!(
            "example `{name}` is {}, not {}",
            got.name(),
            expected.name()
        ),
        hint: why.join("; "),
    })
}

fn status(expected: Expectation) -> Status {
    match expected {
        Expectation::Pass => Status::Pass,
        Expectation::Fail => Status::Fail,
        Expectation::Manual => Status::Manual,
        Expectation::Unknown => Status::Unknown,
        Expectation::NotApplicable => Status::NotApplicable,
    }
}
