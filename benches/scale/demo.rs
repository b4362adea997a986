//! The recorded demo: loading checks, judging it, reading its snapshot.

use std::hint::black_box;
use std::io::Write;

use seaworthy::catalog::{Catalog, Profile};
use seaworthy::evaluate::{Judge, Keep, World, tasks};
use seaworthy::facts::{Snapshot, snapshot};

use super::Outcome;
use super::measure::best;

const DEMO: &[u8] = include_bytes!("../../reports/demo.seaworthy");

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let catalog = Catalog::shipped()?;
    let profiles: Vec<&Profile> = catalog.profiles.values().collect();
    let load = best(|| {
        black_box(Catalog::shipped().is_ok());
    });
    let compile = best(|| {
        black_box(tasks(&catalog, &profiles).is_ok());
    });
    let tasks = tasks(&catalog, &profiles).map_err(|problems| format!("{problems:?}"))?;
    let Snapshot { facts, lacking } = snapshot::read(DEMO)?;
    let read = best(|| {
        black_box(snapshot::read(DEMO).is_ok());
    });
    let judged = best(|| {
        let world = World::new(&facts, &lacking);
        black_box(Judge::new(&world, &tasks).judge(Keep::Samples));
    });
    writeln!(
        out,
        "load all checks     {load:>10.2?}\ncompile them        {compile:>10.2?}"
    )?;
    writeln!(
        out,
        "read the snapshot   {read:>10.2?}\njudge it            {judged:>10.2?}"
    )?;
    Ok(())
}
