//! `audit`: collect or load facts, judge them, report, and say by the exit status whether that is good enough.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use super::diff;
use crate::catalog::{Catalog, Profile, Server, Waiver};
use crate::cli::args::{AuditArgs, GateArgs};
use crate::cli::catalog;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::selection::{Chosen, Selection};
use crate::cli::sink::Sink;
use crate::cli::source::{self, broken};
use crate::cli::terminal::Terminal;
use crate::cli::waivers;
use crate::evaluate::{Judge, Keep, Task, World, exempted, only, tasks};
use crate::facts::{Facts, Snapshot, snapshot};
use crate::outcome::Status;
use crate::report::{Comparison, Input, Report};
use crate::score::{Gate, Overlay, Scorecard, Unread, Verdict, score};

/// Audits.
pub(crate) fn run(
    args: AuditArgs,
    folders: &[PathBuf],
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let catalog = catalog::load(folders)?;
    let selection = Selection::new(&catalog, &args.selection, !args.source.filenames.is_empty())?;
    // Mistakes in checks end the run before anything is collected, whatever edition will be chosen.
    let tasks = tasks(&catalog, &selection.candidates()).map_err(CliError::Checks)?;
    let waivers = waivers::read(&catalog, args.selection.waivers.as_deref())?;
    let starter = waivers::open(args.write_waivers.as_deref())?;
    let save = args
        .save
        .as_deref()
        .map(|path| Sink::open(Some(path)))
        .transpose()?;
    let outputs = Outputs::open(&args.output, save.as_ref(), terminal)?;

    let baseline = args.baseline.as_deref().map(diff::report).transpose()?;

    // The process ends with the report: to give the facts back piece by piece would only delay it.
    let recorded = ManuallyDrop::new(source::facts(&args.source, terminal)?);
    let saved = match (save, &args.save) {
        (Some(sink), Some(path)) => sink.fill(|out| {
            snapshot::write(&recorded.facts, out).map_err(|source| broken(path, source))
        }),
        _ => Ok(()),
    };
    let concluded = |mut judged: Judged<'_>| {
        if let Some(baseline) = &baseline {
            judged.report.comparison = Some(Comparison::of(baseline, &judged.report));
        }
        let report = &judged.report;
        // What could not be saved is no reason to lose the report, nor is one place of it a reason to lose the others.
        let written = outputs.write(report);
        let started = starter.map_or(Ok(()), |sink| waivers::write(sink, report));
        crate::cli::each([saved, written, started].into_iter())?;
        let unread = unread(&args.gate, &recorded.facts, &judged.scorecards);
        Ok(conclude(&verdict(&args.gate, &judged, unread)))
    };
    let all = args.output.all;
    judged(
        &recorded, &catalog, &selection, tasks, &waivers, all, concluded,
    )
}

/// What a gate has to know of: what was not read could fail it. Whoever says how much has to be covered says what may be
/// missing, and where everything that was to be judged is, nothing is.
fn unread(args: &GateArgs, facts: &Facts, cards: &[Scorecard]) -> Unread {
    if args.fail_on.is_none() && args.min_score.is_none() {
        return Unread::default();
    }
    let manifests = facts.asked.manifests.as_ref();
    let mut controls = cards.iter().flat_map(Scorecard::controls);
    let open = controls.any(|control| control.status == Status::Unknown);
    let gaps = facts.gaps();
    let missed = gaps.iter().filter(|gap| gap.reason.is_failure()).count();
    let counts = open && args.min_coverage.is_none();
    Unread {
        documents: manifests.map_or(0, |found| found.broken),
        gaps: if counts { missed as u64 } else { 0 },
    }
}

/// What the gate says; with a baseline it may be asked about new findings only.
fn verdict(args: &GateArgs, judged: &Judged<'_>, unread: Unread) -> Verdict {
    let gate = Gate {
        fail_on: args.fail_on,
        min_score: args.min_score,
        min_coverage: args.min_coverage,
    };
    match &judged.report.comparison {
        Some(comparison) if args.new_only => {
            let others = Gate {
                fail_on: None,
                ..gate
            };
            let changes = args.fail_on.map(|limit| {
                let (new, lost) = (comparison.new_from(limit), comparison.not_known_from(limit));
                (limit, new, lost)
            });
            let verdict = others.verdict(&judged.scorecards).and_unread(unread);
            verdict.and_changes(changes)
        }
        _ => gate.verdict(&judged.scorecards).and_unread(unread),
    }
}

/// A report with the scores that it was made of.
pub(super) struct Judged<'w> {
    pub(super) report: Report<'w>,
    pub(super) scorecards: Vec<Scorecard>,
}

/// Judges facts, by those of `tasks` that the choice of profiles needs, and does something with the report on them.
pub(super) fn judged<T>(
    recorded: &Snapshot,
    catalog: &Catalog,
    selection: &Selection<'_>,
    tasks: Vec<Task<'_>>,
    waivers: &[Waiver],
    all: bool,
    then: impl FnOnce(Judged<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let Snapshot { facts, lacking } = recorded;
    let Chosen { profiles, reasons } = selection.choose(server(facts));
    let profiles: Vec<&Profile> = profiles.iter().map(|profile| &**profile).collect();
    let tasks = only(tasks, catalog, &profiles);
    let keep = if all { Keep::Everything } else { Keep::Samples };
    let world = World::held_to(selection.standard, facts, lacking);
    let judge = Judge::new(&world, &tasks);
    let judgement = judge.judge(keep);
    let mut overlay = Overlay::of(waivers, &judgement, waivers::day(facts.observed_at));
    overlay.exemptions = exempted(facts, lacking, &profiles, &judgement);
    let scorecards: Vec<Scorecard> = profiles
        .iter()
        .map(|profile| score(profile, &catalog.checks, &judgement, &overlay))
        .collect();
    let report = Report::assemble(Input {
        version: env!("CARGO_PKG_VERSION"),
        observed_at: facts.observed_at,
        source: source::source(facts),
        cluster: source::cluster(facts),
        scorecards: &scorecards,
        chosen: &reasons,
        judgement,
        checks: &catalog.checks,
        overlay: &overlay,
        gaps: &facts.gaps(),
        all,
    });
    then(Judged { report, scorecards })
}

/// What the choice of an edition depends on.
fn server(facts: &Facts) -> Server<'_> {
    Server {
        version: facts.cluster.version.value().map(String::as_str),
        distribution: facts.cluster.distribution.value().map(String::as_str),
    }
}

fn conclude(verdict: &Verdict) -> Exit {
    let (exit, reasons) = match verdict {
        Verdict::Passed => return Exit::Done,
        Verdict::Failed(reasons) => (Exit::GateFailed, reasons),
        Verdict::Incomplete(reasons) => (Exit::Incomplete, reasons),
    };
    for reason in reasons {
        crate::cli::say(reason);
    }
    exit
}
