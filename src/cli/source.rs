//! Where facts come from: a live target, a snapshot, or the cluster that was recorded into the program; and how a report
//! names that.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use jiff::Timestamp;

use super::args::SourceArgs;
use super::error::CliError;
use super::live;
use super::terminal::Terminal;
use crate::collect;
use crate::facts::{Facts, Lacking, Manifests, Snapshot, snapshot};
use crate::report::document;

/// The snapshot behind `--demo`, recorded from the test bed by `tests/testbed/record-demo`.
const DEMO: &[u8] = include_bytes!("../../reports/demo.seaworthy");

/// Where the facts come from: a recorded cluster, a snapshot, or the live one.
pub(crate) fn facts(args: &SourceArgs, terminal: &Terminal) -> Result<Snapshot, CliError> {
    if args.demo {
        return snapshot::read(DEMO).map_err(|source| broken(Path::new("the demo"), source));
    }
    if !args.filenames.is_empty() {
        return Ok(Snapshot {
            facts: collect::collect_manifests(&args.filenames, Timestamp::now())?,
            lacking: Lacking::default(),
        });
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

pub(crate) fn broken(path: &Path, source: crate::facts::SnapshotError) -> CliError {
    CliError::Snapshot {
        path: path.to_owned(),
        source,
    }
}

/// Where the facts were read, the same for the live run and its snapshot.
pub(crate) fn source(facts: &Facts) -> document::Source {
    let asked = &facts.asked;
    if let Some(manifests) = &asked.manifests {
        return document::Source {
            kind: document::SourceKind::Manifests,
            read: manifests.named.clone(),
            found: found(manifests),
        };
    }
    let mut read = Vec::new();
    if asked.api.is_some() {
        let silent = facts.cluster.name.gap().is_some();
        read.push(match &asked.namespaces[..] {
            _ if silent => "no answer of the API".to_owned(),
            [] => "API".to_owned(),
            // Whoever reads a report of a part must not take it for the whole.
            some => format!("API, only {}", some.join(", ")),
        });
    }
    read.extend(asked.nodes.iter().map(|node| format!("node {node}")));
    document::Source {
        kind: document::SourceKind::Cluster,
        read,
        found: Vec::new(),
    }
}

pub(crate) fn cluster(facts: &Facts) -> document::Cluster {
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

/// What was found in manifests.
fn found(manifests: &Manifests) -> Vec<String> {
    let number = |number: u64, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let files = number(manifests.files, "file");
    let mut found = vec![format!("{files}, {}", number(manifests.objects, "object"))];
    if !manifests.others.is_empty() {
        let all = manifests.others.values().sum();
        let kinds = manifests
            .others
            .iter()
            .map(|(kind, number)| format!("{number} {kind}"));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        found.push(format!(
            "{} of other kinds passed over: {kinds}",
            number(all, "object")
        ));
    }
    if manifests.plain > 0 {
        found.push(format!(
            "{} no Kubernetes object",
            number(manifests.plain, "document")
        ));
    }
    if !manifests.removed.is_empty() {
        let versions = manifests
            .removed
            .iter()
            .map(|(what, number)| format!("{number} {what}"));
        let versions = versions.collect::<Vec<_>>().join(", ");
        found.push(format!(
            "in versions that Kubernetes no longer serves: {versions}"
        ));
    }
    if manifests.broken > 0 {
        found.push(format!(
            "{} not understood",
            number(manifests.broken, "document")
        ));
    }
    found
}
