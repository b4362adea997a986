//! One function for each format that comes from outside: bytes go in, nothing comes out. None of them may panic, hang, or
//! take more memory than is promised, whatever the bytes are. `fuzz/` calls them with what a fuzzer makes up,
//! `tests/integration/mutations.rs` with mutations of the same files.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use jiff::Timestamp;

use crate::catalog::{Catalog, Profile, SubjectKind};
use crate::collect::api::kubeconfig;
use crate::collect::manifests;
use crate::collect::ssh::fuzzing as ssh;
use crate::evaluate::lang::{Env, Expected, Expression, Scope};
use crate::evaluate::{Judge, Keep, Task, World, exempted, tasks, variables};
use crate::facts::component::{
    Arguments, Component, ComponentKind, DirectoryRead, FileRead, Files, Sighting, Start, Via,
};
use crate::facts::host::{Body, Kubeconfig, Purpose, reduce, unit_of_bytes};
use crate::facts::objects::{Encoding, Object, continue_token};
use crate::facts::settings::parse;
use crate::facts::{self, Asked, Facts, Lacking, Reading, Snapshot, snapshot};
use crate::report::document::{Cluster, Source, SourceKind};
use crate::report::{Comparison, Format, Input, Options, Report, render, starter};
use crate::score::{Overlay, Scorecard, score};
use crate::target;

/// Reads bytes, whatever they are.
pub type Entry = fn(&[u8]);

/// The formats, each with what reads it.
pub const TARGETS: &[(&str, Entry)] = &[
    ("snapshot", snapshot),
    ("documents", documents),
    ("manifests", manifest),
    ("page-json", |bytes| page(bytes, Encoding::Json)),
    ("page-protobuf", |bytes| page(bytes, Encoding::Protobuf)),
    ("node-frames", ssh::frames),
    ("node-file", node_file),
    ("known-hosts", ssh::known_hosts),
    ("ssh-config", ssh::config),
    ("inventory", inventory),
    ("kubeconfig", kube_config),
    ("unit", unit_of_bytes),
    ("expression", expression),
    ("waivers", waivers),
    ("report", report),
    ("arguments", arguments),
    ("kubelet", |bytes| {
        configured(ComponentKind::Kubelet, "config", bytes)
    }),
    ("scheduler", |bytes| {
        configured(ComponentKind::Scheduler, "config", bytes)
    }),
    ("kube-proxy", |bytes| {
        configured(ComponentKind::KubeProxy, "config", bytes)
    }),
    ("etcd", |bytes| {
        configured(ComponentKind::Etcd, "config-file", bytes)
    }),
    ("audit-policy", |bytes| {
        api_server("audit-policy-file", bytes)
    }),
    ("encryption", |bytes| {
        api_server("encryption-provider-config", bytes)
    }),
    ("authentication", |bytes| {
        api_server("authentication-config", bytes)
    }),
    ("authorization", |bytes| {
        api_server("authorization-config", bytes)
    }),
    ("admission", |bytes| {
        api_server("admission-control-config-file", bytes)
    }),
];

/// How the lines of a snapshot begin before they are compressed: the head, or a row where the head is left out.
const PLAIN: [&[u8]; 2] = [b"{\"seaworthy\"", b"{\"kind\""];

/// The steps that an expression gets.
const BUDGET: u64 = 100_000;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::shipped().unwrap_or_default());

static PROFILES: LazyLock<Vec<&'static Profile>> =
    LazyLock::new(|| CATALOG.profiles.values().collect());

static TASKS: LazyLock<Vec<Task<'static>>> =
    LazyLock::new(|| tasks(&CATALOG, &PROFILES).unwrap_or_default());

/// A snapshot and the verdicts on it; or the lines of one, or its rows alone, so that what is in them is reached.
fn snapshot(bytes: &[u8]) {
    let [head, row] = PLAIN.map(|start| bytes.starts_with(start));
    let read = match (head, row) {
        (true, _) => snapshot::read(packed(bytes)),
        (_, true) => {
            let rows = bytes.split(|byte| *byte == b'\n');
            let rows = rows.filter(|row| !row.is_empty()).count();
            let end = format!("\n{{\"end\":{rows}}}\n").into_bytes();
            snapshot::read(packed(&[&*HEAD, bytes.trim_ascii_end(), &end].concat()))
        }
        _ => snapshot::read(bytes),
    };
    if let Ok(Snapshot { facts, lacking }) = read {
        let _ = snapshot::write(&facts, io::sink());
        judged(&facts, &lacking);
    }
}

fn packed(bytes: &[u8]) -> impl io::Read {
    GzEncoder::new(bytes, Compression::none())
}

/// The first line of a snapshot of this version.
static HEAD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (asked, cluster) = (Asked::default(), facts::Cluster::default());
    let facts = Facts::unrecorded(Timestamp::UNIX_EPOCH, asked, cluster);
    let (mut packed, mut head) = (Vec::new(), Vec::new());
    let _ = snapshot::write(&facts, &mut packed);
    let mut lines = BufReader::new(GzDecoder::new(&packed[..]));
    let _ = lines.read_until(b'\n', &mut head);
    head
});

/// The documents of a manifest, without verdicts: a fuzzer gets further where that is quick.
fn documents(bytes: &[u8]) {
    let _ = manifests::facts_of(bytes, Timestamp::UNIX_EPOCH);
}

/// A manifest and the verdicts on it.
fn manifest(bytes: &[u8]) {
    let facts = manifests::facts_of(bytes, Timestamp::UNIX_EPOCH);
    judged(&facts, &Lacking::default());
}

/// Every verdict on `facts`, and every word of the report on them.
fn judged(facts: &Facts, lacking: &Lacking) {
    let world = World::new(facts, lacking);
    let judge = Judge::new(&world, &TASKS);
    let judgement = judge.judge(Keep::Everything);
    let overlay = Overlay {
        exemptions: exempted(facts, lacking, &PROFILES, &judgement),
        ..Overlay::default()
    };
    let card = |profile: &&Profile| score(profile, &CATALOG.checks, &judgement, &overlay);
    let scorecards: Vec<Scorecard> = PROFILES.iter().map(card).collect();
    let report = Report::assemble(Input {
        version: "",
        observed_at: facts.observed_at,
        source: Source {
            kind: SourceKind::Manifests,
            read: Vec::new(),
            found: Vec::new(),
        },
        cluster: Cluster {
            name: String::new(),
            version: facts.cluster.version.value().cloned(),
            distribution: facts.cluster.distribution.value().cloned(),
            nodes: Vec::new(),
        },
        scorecards: &scorecards,
        chosen: &BTreeMap::new(),
        judgement,
        checks: &CATALOG.checks,
        overlay: &overlay,
        gaps: &facts.gaps(),
        all: true,
    });
    shown(&report);
}

/// A report in every format, against itself, and the waivers that it would start from.
fn shown(report: &Report<'_>) {
    let options = Options {
        all: true,
        ..Options::default()
    };
    for format in Format::ALL {
        let _ = render(report, format, &options, &mut io::sink());
    }
    let _ = Comparison::of(report, report);
    let _ = starter(report, jiff::civil::Date::ZERO, &mut io::sink());
}

/// A saved report.
fn report(bytes: &[u8]) {
    if let Ok(report) = Report::read(bytes) {
        shown(&report);
    }
}

/// An answer of an API server.
fn page(bytes: &[u8], encoding: Encoding) {
    Object::read_page(bytes, encoding);
    let _ = continue_token(bytes, encoding);
}

/// A file of a node, for whatever it may be read.
fn node_file(bytes: &[u8]) {
    for purpose in Purpose::ALL {
        let _ = reduce(purpose, bytes);
    }
}

/// A list of nodes.
fn inventory(bytes: &[u8]) {
    let _ = target::inventory(&String::from_utf8_lossy(bytes));
}

/// A kubeconfig, as a client reads it and as it is judged on a node.
fn kube_config(bytes: &[u8]) {
    kubeconfig::chosen(bytes);
    let _ = Kubeconfig::parse(bytes);
}

/// An expression over subjects with many fields, on a row of which nothing is set.
fn expression(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    for subject in [SubjectKind::Workload, SubjectKind::Kubelet] {
        let scope = Scope::new(variables(subject));
        for expected in [Expected::Bool, Expected::Text, Expected::Shown] {
            let Ok(expression) = Expression::compile(&source, &scope, expected) else {
                continue;
            };
            let readings: [Reading<'_>; 0] = [];
            let _ = expression.explain(&Env {
                readings: &readings,
                lacking: &Lacking::default(),
                budget: BUDGET,
            });
        }
    }
}

/// Waivers.
fn waivers(bytes: &[u8]) {
    let _ = CATALOG.waivers("waivers.yaml", bytes);
}

/// A command line, with a NUL behind each word, of a process or of each component.
fn arguments(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let _ = Start::of(&words);
    for kind in ComponentKind::ALL {
        let _ = parse(&words, kind.flags(), kind.parser());
        let mut argv = vec![kind.binary().to_owned()];
        argv.extend(words.iter().cloned());
        observed(kind, argv, &mut Same(None));
    }
}

/// A configuration file of a component.
fn configured(kind: ComponentKind, flag: &str, bytes: &[u8]) {
    let text = match reduce(Purpose::Config, bytes) {
        Ok(Body::Text(text)) => text,
        _ => return,
    };
    let argv = vec![kind.binary().to_owned(), format!("--{flag}=/file")];
    observed(kind, argv, &mut Same(Some(text)));
}

/// A file that a flag of the API server names.
fn api_server(flag: &str, bytes: &[u8]) {
    configured(ComponentKind::ApiServer, flag, bytes);
}

fn observed(kind: ComponentKind, argv: Vec<String>, files: &mut dyn Files) {
    let seen = Sighting {
        node: "cp1".to_owned(),
        via: Via::Argv { pid: 1 },
        arguments: Arguments::Argv(argv),
        environment: Ok(BTreeMap::new()),
        version: None,
        image: None,
    };
    let _ = Component::observe(kind, "cp1", Some("v1.36.0"), &[seen], None, files);
}

/// A file system in which every file says the same.
struct Same(Option<String>);

impl Files for Same {
    fn text(&mut self, _: &str) -> FileRead {
        let said = self.0.clone();
        said.map_or(FileRead::NotFound, FileRead::Text)
    }

    fn list(&mut self, directory: &str) -> DirectoryRead {
        DirectoryRead::Paths(vec![format!("{directory}/10-file.conf")])
    }
}
