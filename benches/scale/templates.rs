//! Distinct pod templates, all of them different, against every check about workloads.

use std::hint::black_box;
use std::io::Write;

use seaworthy::catalog::{Catalog, Profile};
use seaworthy::evaluate::{Judge, Keep, World, tasks};
use seaworthy::facts::{Facts, Lacking};

use super::Outcome;
use super::manifests::app;
use super::measure::{GROWTH, best, facts, rate};

const TEMPLATES: usize = 2_500;

/// A cluster of so many Deployments, each with a template of its own.
fn world(number: usize) -> Facts {
    let texts: String = (0..number).map(|at| format!("{}---\n", app(at))).collect();
    facts(&texts)
}

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let catalog = Catalog::shipped()?;
    let profiles: Vec<&Profile> = catalog.profiles.values().collect();
    let mut tasks = tasks(&catalog, &profiles).map_err(|problems| format!("{problems:?}"))?;
    tasks.retain(|task| task.id.starts_with("workload-"));
    let mut before = None;
    for times in GROWTH {
        let number = TEMPLATES * times;
        let facts = world(number);
        let lacking = Lacking::default();
        let time = best(|| {
            let world = World::new(&facts, &lacking);
            black_box(Judge::new(&world, &tasks).judge(Keep::Samples));
        });
        let ratio = before.map_or(1.0, |before: f64| time.as_secs_f64() / before);
        before.get_or_insert(time.as_secs_f64());
        writeln!(
            out,
            "{number:>6} templates × {} evaluations  {time:>10.2?}  {:>8.0} templates/s  ×{ratio:.2}",
            tasks.len(),
            rate(number, time)
        )?;
    }
    Ok(())
}
