//! From profiles to the evaluations they need: each check once per distinct set of parameters.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Check, Control, Param, Problem, Profile};
use crate::cores::on_all_cores;

use super::{Program, Task};

/// The evaluations that answer `profiles`, ordered by id.
///
/// # Errors
/// Every mistake in every expression that is needed.
pub fn tasks<'c>(
    catalog: &'c Catalog,
    profiles: &[&Profile],
) -> Result<Vec<Task<'c>>, Vec<Problem>> {
    let wanted: Vec<_> = wanted(catalog, profiles).into_iter().collect();
    let compiled = on_all_cores(wanted.len(), |at| {
        let (id, (check, overrides)) = &wanted[at];
        let program = Program::compile(check, overrides)?;
        let id = id.clone();
        Ok(Task { id, program })
    });
    let mut problems = Vec::new();
    let mut tasks = Vec::with_capacity(compiled.len());
    for one in compiled {
        match one {
            Ok(task) => tasks.push(task),
            Err(more) => problems.extend::<Vec<Problem>>(more),
        }
    }
    if problems.is_empty() {
        Ok(tasks)
    } else {
        Err(problems)
    }
}

/// Those of `tasks` that answer `profiles`.
pub fn only<'c>(
    mut tasks: Vec<Task<'c>>,
    catalog: &Catalog,
    profiles: &[&Profile],
) -> Vec<Task<'c>> {
    let wanted = wanted(catalog, profiles);
    tasks.retain(|task| wanted.contains_key(&task.id));
    tasks
}

/// A check, and what a profile says about its parameters.
type Wanted<'c> = (&'c Check, BTreeMap<String, Param>);

/// What `profiles` need, by the ids of the evaluations.
fn wanted<'c>(catalog: &'c Catalog, profiles: &[&Profile]) -> BTreeMap<String, Wanted<'c>> {
    let mut wanted = BTreeMap::new();
    for control in profiles
        .iter()
        .flat_map(|profile| &profile.sections)
        .flat_map(|section| &section.controls)
    {
        for id in &control.checks {
            // The catalog has no profile that names an unknown check.
            let Some(check) = catalog.checks.get(&id.value) else {
                continue;
            };
            let overrides: BTreeMap<String, Param> = overrides(control, check.params.keys());
            wanted.insert(evaluation_id(&id.value, &overrides), (check, overrides));
        }
    }
    wanted
}

/// What `control` says about those parameters of a check that it knows.
fn overrides<'n>(
    control: &Control,
    known: impl Iterator<Item = &'n String>,
) -> BTreeMap<String, Param> {
    known
        .filter_map(|name| Some((name.clone(), control.params.get(name)?.value.clone())))
        .collect()
}

/// The check's id, with the parameters that a profile changed.
fn evaluation_id(check: &str, overrides: &BTreeMap<String, Param>) -> String {
    if overrides.is_empty() {
        return check.to_owned();
    }
    let params: Vec<String> = overrides
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{check}[{}]", params.join(","))
}
