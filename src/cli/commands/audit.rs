//! `audit`: collect or load facts, judge them, report, and say by the exit status whether that is good enough.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::profiles;
use crate::catalog::{Catalog, Control, Profile, Section, Spot};
use crate::cli::args::{AuditArgs, GateArgs, SelectionArgs};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Outputs;
use crate::cli::sink::Sink;
use crate::cli::terminal::Terminal;
use crate::evaluate::exempt::{Exempted, exempted};
use crate::evaluate::{judge, tasks};
use crate::facts::{Asked, Facts, Lacking, Snapshot, snapshot};
use crate::report::{Input, Report, document};
use crate::score::{Gate, Overlay, Scorecard, Verdict, Waiver, control_name, score};

/// The profile of a run that names none.
const DEFAULT_PROFILE: &str = "cks";

/// The snapshot behind `--demo`, recorded from the test bed by `tests/testbed/record-demo`.
const DEMO: &[u8] = include_bytes!("../../../reports/demo.seaworthy");

/// Audits.
pub(crate) fn run(
    args: AuditArgs,
    folders: &[PathBuf],
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let catalog = Catalog::load(folders)?;
    let profiles = select(&catalog, &args.selection)?;
    let selected: Vec<&Profile> = profiles.iter().collect();
    let tasks = tasks(&catalog, &selected).map_err(CliError::Checks)?;
    let outputs = Outputs::open(&args.output, terminal)?;
    let save = args
        .save
        .as_deref()
        .map(|path| Sink::open(Some(path)))
        .transpose()?;

    let Snapshot { facts, lacking } = facts(&args, terminal)?;
    if let (Some(sink), Some(path)) = (save, &args.save) {
        sink.fill(|out| snapshot::write(&facts, out).map_err(|source| broken(path, source)))?;
    }

    let judgement = judge(&facts, &lacking, &tasks);
    let mut overlay = Overlay::default();
    for profile in &selected {
        exempt(
            &mut overlay,
            exempted(&facts, &lacking, profile, &judgement),
        );
    }
    let scorecards: Vec<Scorecard> = selected
        .iter()
        .map(|profile| score(profile, &catalog.checks, &judgement, &overlay))
        .collect();
    let verdict = gate(&args.gate).verdict(&scorecards);
    let report = Report::assemble(Input {
        version: env!("CARGO_PKG_VERSION"),
        observed_at: facts.observed_at,
        source: source(&facts.asked),
        cluster: cluster(&facts),
        scorecards: &scorecards,
        judgement,
        checks: &catalog.checks,
        overlay: &overlay,
        gaps: &facts.gaps(),
        all: outputs.all(),
    });
    outputs.write(&report)?;
    Ok(conclude(&verdict))
}

/// Lays what a profile exempts over the verdicts.
fn exempt(overlay: &mut Overlay, exempted: Vec<Exempted>) {
    for one in exempted {
        let controls = one.controls.iter();
        let waiver = Waiver {
            owner: format!("profile {}", one.profile),
            reason: one.reason,
            expires: None,
            controls: controls
                .map(|control| control_name(&one.profile, control))
                .collect(),
            exempt: true,
        };
        overlay.add(one.fingerprint, waiver);
    }
}

/// Where the facts come from: a recorded cluster, a snapshot, or the live one.
fn facts(args: &AuditArgs, terminal: &Terminal) -> Result<Snapshot, CliError> {
    if args.demo {
        return snapshot::read(DEMO).map_err(|source| broken(Path::new("the demo"), source));
    }
    match &args.snapshot {
        Some(path) => {
            let file = File::open(path).map_err(|source| CliError::Input {
                path: path.clone(),
                source,
            })?;
            snapshot::read(BufReader::new(file)).map_err(|source| broken(path, source))
        }
        None => Ok(Snapshot {
            facts: live::facts(&args.target, terminal)?,
            lacking: Lacking::default(),
        }),
    }
}

fn broken(path: &Path, source: crate::facts::SnapshotError) -> CliError {
    CliError::Snapshot {
        path: path.to_owned(),
        source,
    }
}

/// The profiles asked for; with `--check`, one made of just those checks.
fn select(catalog: &Catalog, args: &SelectionArgs) -> Result<Vec<Profile>, CliError> {
    if !args.checks.is_empty() {
        let controls = args
            .checks
            .iter()
            .map(|id| control(catalog, id))
            .collect::<Result<_, _>>()?;
        return Ok(vec![selected_checks(controls)]);
    }
    let mut ids = args.profiles.clone();
    if ids.is_empty() {
        ids.push(DEFAULT_PROFILE.to_owned());
    }
    ids.dedup();
    ids.iter()
        .map(|id| profiles::find(catalog, id).cloned())
        .collect()
}

fn control(catalog: &Catalog, id: &str) -> Result<Control, CliError> {
    let check = super::checks::find(catalog, id)?;
    Ok(Control {
        id: check.id.clone(),
        title: check.title.clone(),
        level: None,
        checks: vec![check.id.clone()],
        params: Default::default(),
        not_applicable: None,
    })
}

fn selected_checks(controls: Vec<Control>) -> Profile {
    let title = "Selected checks".to_owned();
    Profile {
        id: Spot {
            value: "checks".to_owned(),
            place: Default::default(),
        },
        title: title.clone(),
        description: String::new(),
        pass_mark: None,
        exemptions: Vec::new(),
        sections: vec![Section {
            id: "1".to_owned(),
            title,
            weight: None,
            controls,
        }],
    }
}

fn gate(args: &GateArgs) -> Gate {
    Gate {
        fail_on: args.fail_on,
        min_score: args.min_score,
        min_coverage: args.min_coverage,
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

/// Where the facts were read, the same for the live run and its snapshot.
fn source(asked: &Asked) -> document::Source {
    let mut read = Vec::new();
    if asked.api.is_some() {
        read.push("API".to_owned());
    }
    read.extend(asked.nodes.iter().map(|node| format!("node {node}")));
    document::Source {
        kind: document::SourceKind::Cluster,
        read,
    }
}

fn cluster(facts: &Facts) -> document::Cluster {
    let text = |cell: &crate::facts::Cell<String>| cell.value().cloned();
    let mut nodes: Vec<String> = facts
        .nodes
        .rows
        .iter()
        .map(|node| node.metadata.name.clone())
        .collect();
    nodes.extend(facts.hosts.rows.iter().map(|host| host.node.clone()));
    nodes.sort();
    nodes.dedup();
    document::Cluster {
        name: text(&facts.cluster.name)
            .unwrap_or_else(|| nodes.first().cloned().unwrap_or_default()),
        version: text(&facts.cluster.version),
        distribution: text(&facts.cluster.distribution),
        nodes,
    }
}
