//! `audit`: collect or load facts, judge them, report, and say by the exit status whether that is good enough.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::catalog::{Catalog, Server};
use crate::cli::args::{AuditArgs, GateArgs};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Outputs;
use crate::cli::selection::{Chosen, Selection};
use crate::cli::sink::Sink;
use crate::cli::terminal::Terminal;
use crate::cli::waivers;
use crate::evaluate::{exempted, judge, tasks};
use crate::facts::{Asked, Facts, Lacking, Snapshot, snapshot};
use crate::report::{Input, Report, document};
use crate::score::{Gate, Overlay, Scorecard, Verdict, score};

/// The snapshot behind `--demo`, recorded from the test bed by `tests/testbed/record-demo`.
const DEMO: &[u8] = include_bytes!("../../../reports/demo.seaworthy");

/// Audits.
pub(crate) fn run(
    args: AuditArgs,
    folders: &[PathBuf],
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let catalog = Catalog::load(folders)?;
    let selection = Selection::new(&catalog, &args.selection)?;
    // Mistakes in checks end the run before anything is collected, whatever edition will be chosen.
    tasks(&catalog, &selection.candidates()).map_err(CliError::Checks)?;
    let waivers = waivers::read(&catalog, args.selection.waivers.as_deref())?;
    let starter = waivers::open(args.write_waivers.as_deref())?;
    let save = args
        .save
        .as_deref()
        .map(|path| Sink::open(Some(path)))
        .transpose()?;
    let outputs = Outputs::open(&args.output, save.as_ref(), terminal)?;

    let Snapshot { facts, lacking } = facts(&args, terminal)?;
    let saved = match (save, &args.save) {
        (Some(sink), Some(path)) => {
            sink.fill(|out| snapshot::write(&facts, out).map_err(|source| broken(path, source)))
        }
        _ => Ok(()),
    };

    let Chosen { profiles, reasons } = selection.choose(server(&facts));
    let tasks = tasks(&catalog, &profiles).map_err(CliError::Checks)?;
    let judgement = judge(&facts, &lacking, &tasks);
    let mut overlay = Overlay::of(&waivers, &judgement, waivers::day(facts.observed_at));
    overlay.exemptions = exempted(&facts, &lacking, &profiles, &judgement);
    let scorecards: Vec<Scorecard> = profiles
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
        chosen: &reasons,
        judgement,
        checks: &catalog.checks,
        overlay: &overlay,
        gaps: &facts.gaps(),
        all: outputs.all(),
    });
    // What could not be saved is no reason to lose the report.
    outputs.write(&report).and(saved)?;
    if let Some(sink) = starter {
        waivers::write(sink, &report)?;
    }
    Ok(conclude(&verdict))
}

/// What the choice of an edition depends on.
fn server(facts: &Facts) -> Server<'_> {
    Server {
        version: facts.cluster.version.value().map(String::as_str),
        distribution: facts.cluster.distribution.value().map(String::as_str),
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
            facts: live::facts(&args.target, &args.ssh, terminal)?,
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
        read.push(match &asked.namespaces[..] {
            [] => "API".to_owned(),
            // Whoever reads a report of a part must not take it for the whole.
            some => format!("API, only {}", some.join(", ")),
        });
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
