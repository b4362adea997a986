//! The proof of a fix: applied to each example that fails, the check fails no more, no other check gets worse on that same
//! world, and nothing that a component refuses to start with comes into it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::apply::apply;
use super::refusals::refusals;
use super::world;
use crate::catalog::{Catalog, Check, Example, Expectation, Problem};
use crate::cores::on_all_cores;
use crate::evaluate::{Judge, Keep, Program, Task, World};
use crate::facts::Lacking;
use crate::outcome::{Change, Status, Subject};

/// Every check at hand, to see what a fix does to all of them.
pub struct Prover<'c> {
    tasks: Vec<Task<'c>>,
}

/// What was proven of a number of fixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// How many fixes are proven.
    pub proven: usize,
    /// How many say why they are not.
    pub unproven: usize,
    /// How many are words alone, so that a person applies them.
    pub by_hand: usize,
    /// What is wrong with the others.
    pub problems: Vec<Problem>,
}

/// What all checks say about a world, by check and subject, with the reason where one fails.
type Verdicts = BTreeMap<(String, String), (Status, String)>;

impl<'c> Prover<'c> {
    /// With the checks of `catalog` that can be compiled.
    pub fn new(catalog: &'c Catalog) -> Self {
        let tasks = catalog.checks.values().filter_map(|check| {
            let program = Program::compile(check, &BTreeMap::new()).ok()?;
            let id = check.id.value.clone();
            Some(Task { id, program })
        });
        Self {
            tasks: tasks.collect(),
        }
    }

    /// Proves the fixes of `checks`.
    pub fn prove(&self, checks: &[&Check]) -> Proof {
        let mut proof = Proof::default();
        let mut jobs = Vec::new();
        for check in checks {
            match (&check.fix.change, &check.fix.unproven) {
                (None, _) => proof.by_hand += 1,
                (Some(_), Some(_)) => proof.unproven += 1,
                (Some(_), None) => {
                    proof.proven += 1;
                    let failing = check.examples.iter();
                    let failing = failing
                        .filter(|one| one.expect == Expectation::Fail && one.by_hand.is_none());
                    jobs.extend(failing.map(|example| (*check, example)));
                }
            }
        }
        let found = on_all_cores(jobs.len(), |at| {
            let (check, example) = jobs[at];
            let mistakes = self.example(check, example).unwrap_or_else(|why| vec![why]);
            let problem = |mistake: String| Problem {
                place: example.name.place.clone(),
                message: format!("the fix of {}, {mistake}", check.id.value),
                hint: format!("applied to the example `{}`", example.name.value),
            };
            mistakes.into_iter().map(problem).collect::<Vec<_>>()
        });
        proof.problems = found.into_iter().flatten().collect();
        let wrong: BTreeSet<&str> = (jobs.iter())
            .filter(|(_, example)| {
                let mut problems = proof.problems.iter();
                problems.any(|problem| problem.place == example.name.place)
            })
            .map(|(check, _)| check.id.value.as_str())
            .collect();
        proof.proven -= wrong.len();
        proof
    }

    /// What is wrong with the fix on one example.
    fn example(&self, check: &Check, example: &Example) -> Result<Vec<String>, String> {
        let id = check.id.value.as_str();
        let given: Value = serde_json::from_str(&example.given.value).unwrap_or_default();
        let (before, changes) = self.judge(&given, id)?;
        if changes.is_empty() {
            return Err("which does not fail there, is not proven".to_owned());
        }
        // Where the fix does not do it, nothing is proposed.
        if check.fix.when.is_some() && changes.iter().all(|(change, _)| change.edits.is_empty()) {
            return Ok(Vec::new());
        }
        let mut after = given.clone();
        for (change, subject) in &changes {
            apply(&mut after, change, subject).map_err(|why| {
                format!(
                    "{}, cannot be applied: {why}",
                    change.line.replace('\n', " ⏎ ")
                )
            })?;
        }
        let mut mistakes: Vec<String> = refusals(&after)
            .difference(&refusals(&given))
            .map(|why| format!("is refused: {why}"))
            .collect();
        let (now, left) = self.judge(&after, id)?;
        if !left.is_empty() {
            mistakes.push("does not clear it".to_owned());
        }
        for (key @ (other, subject), (status, message)) in &now {
            let known = before.get(key).map(|(status, _)| *status);
            let worse = match (known, status) {
                (Some(Status::Fail), _) => false,
                (_, Status::Fail) => true,
                (Some(Status::Pass), Status::Unknown) => true,
                _ => false,
            };
            let mut revealed = check.fix.reveals.iter();
            if revealed.any(|shown| shown.value == *other) {
                continue;
            }
            if worse && !(other == id && *status == Status::Fail) {
                let status = status.name();
                mistakes.push(format!("makes {other} {status} for {subject}: {message}"));
            }
        }
        Ok(mistakes)
    }

    /// What all checks say, and what would clear the failures of one of them.
    #[allow(clippy::type_complexity, reason = "read in one place")]
    fn judge(&self, given: &Value, id: &str) -> Result<(Verdicts, Vec<(Change, Subject)>), String> {
        let facts = world::facts(given).map_err(|why| format!("gives no world: {why}"))?;
        let lacking = Lacking::default();
        let world = World::new(&facts, &lacking);
        let judge = Judge::new(&world, &self.tasks);
        let mut verdicts = Verdicts::new();
        let mut changes = Vec::new();
        for judged in judge.judge(Keep::Everything) {
            for outcome in &judged.outcomes {
                let subject = &outcome.subject;
                let place = [&subject.namespace, &subject.node]
                    .map(|part| part.as_deref().unwrap_or_default());
                let who = format!("{} {} {}", subject.name, place[0], place[1]);
                let message = match outcome.status {
                    Status::Fail | Status::Unknown => outcome.told.words().message.clone(),
                    _ => String::new(),
                };
                let key = (judged.evaluation.check.clone(), who.trim_end().to_owned());
                verdicts.insert(key, (outcome.status, message));
                let own = judged.evaluation.check == id && outcome.status == Status::Fail;
                if let Some(fix) = outcome.fix.as_ref().filter(|_| own) {
                    changes.push((Change::clone(&fix.change), Subject::clone(subject)));
                }
            }
        }
        Ok((verdicts, changes))
    }
}
