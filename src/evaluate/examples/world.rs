//! `given:` of an example, as facts: a node that answers from a few lines of YAML, and an API that holds a few objects.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::handshakes::{self, Handshake};
use super::pods::{self, Container, LOGS, PodProcess};
use super::stored::Stored;
use crate::facts::component::Told;
use crate::facts::host::{
    Answer, Body, Entry, Found, HostTree, Kind, Process, Purpose, Request, observe, reduce,
};
use crate::facts::objects::{Content, decode_manifest};
use crate::facts::workload::PodIndex;
use crate::facts::{Asked, Cell, Cluster, Facts, Gap, GapReason, Place, Source};

/// Noon of a day on which nothing happened; examples about time state their own.
pub(super) const NOW: &str = "2026-06-01T12:00:00Z";

/// The node of an example.
const NODE: &str = "node";

/// Another one.
const OTHER: &str = "other";

/// Rounds of asking; a real node needs three or four.
const ROUNDS: usize = 16;

/// What an author may state.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    now: Option<String>,
    /// Of the component, and of the API server.
    version: Option<String>,
    /// One process on the node.
    argv: Option<Vec<String>>,
    /// Several.
    #[serde(default)]
    processes: Vec<Vec<String>>,
    /// Those that run in containers.
    #[serde(default)]
    containers: Vec<Container>,
    /// Those that run in containers on another node, where everything else is the same.
    #[serde(default)]
    elsewhere: Vec<Container>,
    /// The kubelet's own page: its configuration as the API shows it.
    configz: Option<Value>,
    /// When every process was started.
    started: Option<Timestamp>,
    /// Environment of every process.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, File>,
    /// What runs in pods of the node.
    #[serde(default)]
    pod_processes: Vec<PodProcess>,
    /// What connecting to an address gives: `closed`, `plain`, or what TLS shows there.
    handshakes: Option<BTreeMap<String, Handshake>>,
    /// What a value in etcd begins with, by how many of them there are; `expected` is how many etcd says it has.
    stored: Option<Stored>,
    /// All that the API holds.
    objects: Option<Vec<Value>>,
    /// What cannot be read: a path, a kind of the snapshot, or the node.
    #[serde(default)]
    gaps: BTreeMap<String, GapReason>,
}

/// A file: its content, or more about it.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum File {
    Content(String),
    Entry(FileEntry),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileEntry {
    /// Octal text.
    mode: Option<String>,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    gid: u32,
    #[serde(default)]
    content: String,
    #[serde(default)]
    directory: bool,
    /// When it last changed.
    modified: Option<Timestamp>,
}

/// The facts that a collector would have made of `given`.
pub(super) fn facts(given: &Value) -> Result<Facts, String> {
    let given: Given = serde_json::from_value(given.clone()).map_err(|error| error.to_string())?;
    let now = given.now.as_deref().unwrap_or(NOW);
    let now: Timestamp = now
        .parse()
        .map_err(|_| format!("`now` is no time stamp: {now}"))?;
    let source = Source::from(Place::Api {
        path: "/version".to_owned(),
    });
    let cluster = Cluster {
        name: Cell::explicit("example".to_owned(), source.clone()),
        version: match &given.version {
            Some(version) => Cell::explicit(version.clone(), source.clone()),
            None => Cell::default(),
        },
        distribution: Cell::explicit("kubeadm".to_owned(), source),
    };
    let asked = Asked {
        api: given
            .objects
            .as_ref()
            .map(|_| "https://example.invalid".to_owned()),
        nodes: vec![NODE.to_owned()],
        namespaces: Vec::new(),
        manifests: None,
    };
    let mut facts = Facts::unrecorded(now, asked, cluster);
    machines(&mut facts, &given)?;
    if let Some(objects) = &given.objects {
        let pods = api(&mut facts, objects)?;
        facts.take_pods(&pods);
    }
    for (what, reason) in &given.gaps {
        if what == NODE {
            facts.lack_host(Some(NODE.to_owned()), gap(what, *reason));
            continue;
        }
        if !what.starts_with('/') && !facts.refuse(what, gap(what, *reason)) {
            let known: Vec<_> = Facts::kinds().iter().map(|kind| kind.name).collect();
            return Err(format!(
                "`gaps` names neither a path nor `node` nor one of {}: {what}",
                known.join(", ")
            ));
        }
    }
    Ok(facts)
}

/// The node, and the other one where it is stated.
fn machines(facts: &mut Facts, given: &Given) -> Result<(), String> {
    let runs = given.argv.is_some() || !given.processes.is_empty();
    if runs || given.objects.is_some() {
        facts.expect_nodes();
    }
    if runs {
        let told = told(given);
        let mut host = observe(&node(given, &told)?, &told).0;
        handshakes::shake(&mut host, given.handshakes.as_ref())?;
        if let Some(stored) = &given.stored {
            host.stored_secrets.rows.push(stored.facts(&host));
        }
        facts.take_host(host);
    }
    if !given.elsewhere.is_empty() {
        let other = Given {
            processes: given.processes.clone(),
            containers: given.elsewhere.clone(),
            files: given.files.clone(),
            version: given.version.clone(),
            ..Given::default()
        };
        let told = told(given);
        let mut tree = node(&other, &told)?;
        tree.hostname = Some(Ok(OTHER.to_owned()));
        facts.take_host(observe(&tree, &told).0);
    }
    Ok(())
}

/// The version is what an API would tell.
fn told(given: &Given) -> Told {
    Told {
        server: given.version.clone(),
        kubelets: given
            .version
            .iter()
            .map(|version| (NODE.to_owned(), version.clone()))
            .collect(),
        configz: given
            .configz
            .iter()
            .map(|page| (NODE.to_owned(), page.clone()))
            .collect(),
        ..Told::default()
    }
}

fn gap(what: &str, reason: GapReason) -> Gap {
    Gap::new(what, "", reason, "this is an example")
}

/// Everything the API holds is `objects`: every kind is complete.
fn api(facts: &mut Facts, objects: &[Value]) -> Result<PodIndex, String> {
    let mut read = Vec::new();
    for object in objects {
        for document in decode_manifest(&object.to_string()) {
            match document.content {
                Content::Object(object) => read.push(object),
                Content::Other { kind, .. } => {
                    return Err(format!("no collector reads {kind}"));
                }
                Content::Plain => {
                    return Err("it is no Kubernetes object: it has no kind".to_owned());
                }
                Content::Broken { broken, .. } => return Err(broken.why),
            }
        }
    }
    Ok(facts.take_objects(read))
}

/// Asks the example's node until nothing is open.
fn node(given: &Given, told: &Told) -> Result<HostTree, String> {
    let mut tree = HostTree::default();
    for _ in 0..ROUNDS {
        let (_, requests) = observe(&tree, told);
        let open: Vec<Request> = requests
            .into_iter()
            .filter(|request| !tree.answers(request))
            .collect();
        if open.is_empty() {
            return Ok(tree);
        }
        for request in open {
            let answer = given.answer(&request)?;
            tree.insert(answer);
        }
    }
    Err(format!(
        "the node still has open questions after {ROUNDS} rounds"
    ))
}

impl Given {
    fn answer(&self, request: &Request) -> Result<Answer, String> {
        let path = match request {
            Request::Hostname => return Ok(Answer::Hostname(Ok(NODE.to_owned()))),
            Request::Processes => return Ok(Answer::Processes(Ok(self.running()), None)),
            Request::Stat(path)
            | Request::Read(path, _)
            | Request::List(path)
            | Request::Tree(path, _) => path,
        };
        if let Some(reason) = self.gaps.get(path) {
            return Ok(request.refused(gap(path, *reason)));
        }
        if let Some(found) = self.of_kernel(request) {
            let entry = Entry::Found(Box::new(found));
            return Ok(Answer::Entries(vec![(path.clone(), entry)]));
        }
        let mut entries = Vec::new();
        let below: Vec<&String> = self
            .files
            .keys()
            .filter(|file| is_below(file, path))
            .collect();
        let mut entry = match self.files.get(path) {
            Some(file) => Some(file.found(path)?),
            None if !below.is_empty() => Some(Found::new(Kind::Directory, 0o755, 0, 0)),
            None => None,
        };
        if let Some(found) = &mut entry {
            match request {
                Request::Read(_, purpose) if found.kind == Kind::File => {
                    found.bodies.insert(*purpose, self.body(path, *purpose));
                }
                Request::List(_) if found.kind == Kind::Directory => {
                    let names = below.iter().filter_map(|file| {
                        file[path.len()..].trim_start_matches('/').split('/').next()
                    });
                    found.names = Some(Ok(names.map(str::to_owned).collect()));
                }
                Request::Tree(..) if found.kind == Kind::Directory => {
                    found.below = Some(Ok(below.iter().map(|file| (*file).clone()).collect()));
                    for file in &below {
                        if let Some(stated) = self.files.get(*file) {
                            entries.push((
                                (*file).clone(),
                                Entry::Found(Box::new(stated.found(file)?)),
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        let entry = entry.map_or(Entry::NotFound, |found| Entry::Found(Box::new(found)));
        entries.push((path.clone(), entry));
        Ok(Answer::Entries(entries))
    }

    /// What is stated as something else than files: the environment of processes, and the logs of pods.
    fn of_kernel(&self, request: &Request) -> Option<Found> {
        match request {
            Request::Read(_, Purpose::EtcdEnvironment) => {
                let mut found = Found::new(Kind::File, 0o400, 0, 0);
                let variables = Body::Variables(self.environment.clone());
                found.bodies.insert(Purpose::EtcdEnvironment, Ok(variables));
                Some(found)
            }
            Request::List(path) if path == LOGS => {
                let mut found = Found::new(Kind::Directory, 0o755, 0, 0);
                found.names = Some(Ok(pods::logs(&self.pod_processes, &self.containers)));
                Some(found)
            }
            _ => None,
        }
    }

    fn running(&self) -> Vec<Process> {
        let host = self.argv.iter().chain(&self.processes);
        let host = host.map(|argv| (0, argv, String::new()));
        let contained = self.containers.iter().enumerate();
        let contained = contained.map(|(at, one)| (one.depth(), one.argv(), one.cgroup(at)));
        let all = (100..).zip(host.chain(contained));
        let process = |(pid, (depth, argv, cgroup)): (u32, (u32, &Vec<String>, String))| Process {
            pid,
            argv: Ok(argv.clone()),
            name: argv.first().cloned().unwrap_or_default(),
            uid: Some(0),
            started: self.started.map(Timestamp::as_second),
            depth,
            seccomp: Some(0),
            label: None,
            cgroup,
        };
        let pods = pods::processes(&self.pod_processes);
        all.map(process).chain(pods).collect()
    }

    fn body(&self, path: &str, purpose: Purpose) -> Result<Body, Gap> {
        let content = match self.files.get(path) {
            Some(File::Content(content)) => content,
            Some(File::Entry(entry)) => &entry.content,
            None => "",
        };
        reduce(purpose, content.as_bytes()).map_err(|error| {
            Gap::new(
                format!("content of {path}, which is not {}", error.expected),
                "",
                GapReason::Unparsable,
                "mend the file",
            )
        })
    }
}

fn is_below(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder.trim_end_matches('/'))
        .is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
}

impl File {
    fn found(&self, path: &str) -> Result<Found, String> {
        let Self::Entry(entry) = self else {
            return Ok(Found::new(Kind::File, 0o600, 0, 0));
        };
        let mode = match &entry.mode {
            Some(text) => u32::from_str_radix(text, 8)
                .map_err(|_| format!("the mode of {path} is not octal: {text}"))?,
            None => 0o600,
        };
        let kind = if entry.directory {
            Kind::Directory
        } else {
            Kind::File
        };
        let mut found = Found::new(kind, mode, entry.uid, entry.gid);
        found.modified = entry.modified.map_or(0, Timestamp::as_second);
        Ok(found)
    }
}
