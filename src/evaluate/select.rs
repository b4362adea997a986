//! From profiles to the evaluations they need: each check once per distinct set of parameters.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Control, Param, Problem, Profile};

use super::{Program, Task};

/// The evaluations that answer `profiles`, ordered by id.
///
/// # Errors
/// Every mistake in every expression that is needed.
pub fn tasks<'c>(
    catalog: &'c Catalog,
    profiles: &[&Profile],
) -> Result<Vec<Task<'c>>, Vec<Problem>> {
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
    let mut problems = Vec::new();
    let mut tasks = Vec::new();
    for (id, (check, overrides)) in wanted {
        match Program::compile(check, &overrides) {
            Ok(program) => tasks.push(Task { id, program }),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        Ok(tasks)
    } else {
        Err(problems)
    }
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
