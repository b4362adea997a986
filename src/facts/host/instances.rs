//! One component as found on a node: its process, the manifest that starts it, and what it runs with.

use std::collections::BTreeMap;

use super::files::NodeFiles;
use super::inquiry::Inquiry;
use super::manifest::StaticContainer;
use super::mounts::{Mount, View};
use super::{Body, Process, Purpose};
use crate::facts::component::{Arguments, Component, ComponentKind, Sighting, Start, Told, Via};
use crate::facts::{Gap, GapReason};

/// One component as found on a node.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) kind: ComponentKind,
    /// Its command line: the running one, else the manifest's.
    pub(super) argv: Result<Vec<String>, Gap>,
    /// Its process; nothing when only a manifest was found.
    pub(super) process: Option<Process>,
    /// The manifest that starts it, with the container in it.
    pub(super) manifest: Option<(String, StaticContainer)>,
    /// Variables that etcd takes for flags; the manifest's where the process's own cannot be read.
    pub(super) environment: Result<BTreeMap<String, String>, Gap>,
    /// How its paths relate to the node's.
    pub(super) view: View,
    /// The program that has it built in, if one has.
    pub(super) embedded: Option<Embedded>,
}

/// How a component is told what to do that has no command line of its own.
#[derive(Clone, Debug)]
pub(super) struct Embedded {
    /// The configuration of the program around it.
    pub(super) path: String,
    /// What a setting is that nobody states; nothing when that is all there is.
    pub(super) open: Option<Gap>,
    /// Where the program keeps its files.
    pub(super) home: String,
}

impl Process {
    /// The name of its program, without directories.
    pub fn program(&self) -> Option<&str> {
        match &self.argv {
            Ok(argv) => argv.first()?.rsplit('/').next(),
            Err(_) => match ComponentKind::of_process(&self.name) {
                Some(kind) => Some(kind.binary()),
                None => Some(&self.name),
            },
        }
    }

    /// The component it is or starts, and whether it is the component itself. A command line can be written over, so the
    /// name that the kernel keeps counts, too, where the line says nothing.
    pub(super) fn starts(&self) -> Option<(ComponentKind, bool)> {
        let kept = || ComponentKind::of_process(&self.name);
        match &self.argv {
            Ok(argv) => match Start::of(argv) {
                Some(start) => Some((start.kind, start.itself)),
                None if argv.is_empty() || Start::knows(argv) => None,
                None => kept().map(|kind| (kind, true)),
            },
            Err(_) => kept().map(|kind| (kind, true)),
        }
    }

    /// The component it is, if it is one.
    pub(super) fn component(&self) -> Option<ComponentKind> {
        self.starts()
            .filter(|(_, itself)| *itself)
            .map(|(kind, _)| kind)
    }
}

impl Instance {
    /// A running process, seen as if on the node itself.
    pub(super) fn running(
        kind: ComponentKind,
        process: &Process,
        inquiry: &mut Inquiry<'_>,
    ) -> Self {
        let environment = match kind {
            ComponentKind::Etcd => etcd_environment(process.pid, inquiry),
            _ => Ok(BTreeMap::new()),
        };
        Self {
            kind,
            argv: process.argv.clone(),
            process: Some(process.clone()),
            manifest: None,
            environment,
            view: view(process, inquiry),
            embedded: None,
        }
    }

    /// A static pod whose process was not found.
    pub(super) fn declared(kind: ComponentKind, path: &str, container: &StaticContainer) -> Self {
        Self {
            kind,
            argv: Ok(container.argv.clone()),
            process: None,
            manifest: Some((path.to_owned(), container.clone())),
            environment: Ok(container.environment.clone()),
            view: container.view(),
            embedded: None,
        }
    }

    /// Notes the manifest that starts it; its mounts count where the process's own are not known.
    pub(super) fn start_by(&mut self, path: &str, container: &StaticContainer) {
        if self.view == View::Unknown {
            self.view = container.view();
        }
        if self.environment.is_err() {
            self.environment = Ok(container.environment.clone());
        }
        self.manifest = Some((path.to_owned(), container.clone()));
    }

    /// What it runs with: its process and its manifest, and what is `told` of it from elsewhere.
    pub(super) fn observe(&self, node: &str, told: &Told, inquiry: &mut Inquiry<'_>) -> Component {
        let mut sightings: Vec<Sighting> = told.of(self.kind, node).cloned().collect();
        let container = self.manifest.as_ref().map(|(_, container)| container);
        let image = container
            .map(|container| container.image.clone())
            .filter(|image| !image.is_empty());
        let seen = |via, arguments, environment| Sighting {
            node: node.to_owned(),
            via,
            arguments,
            environment,
            version: None,
            image: image.clone(),
        };
        let arguments = match (&self.argv, &self.embedded) {
            (Err(gap), _) => Arguments::Gap(gap.clone()),
            (
                Ok(argv),
                Some(Embedded {
                    open: Some(gap), ..
                }),
            ) => Arguments::Stated(argv.clone(), gap.clone()),
            (Ok(argv), _) => Arguments::Argv(argv.clone()),
        };
        let via = match (&self.process, &self.embedded) {
            (_, Some(Embedded { path, .. })) => Some(Via::Manifest { path: path.clone() }),
            (process, None) => process
                .as_ref()
                .map(|process| Via::Argv { pid: process.pid }),
        };
        if let Some(via) = via {
            sightings.push(seen(via, arguments, self.environment.clone()));
        }
        if let Some((path, container)) = &self.manifest {
            let arguments = Arguments::Argv(container.argv.clone());
            let via = Via::Manifest { path: path.clone() };
            sightings.push(seen(via, arguments, Ok(container.environment.clone())));
        }
        let mut files = NodeFiles {
            instance: self,
            inquiry,
        };
        let version = told.version(self.kind, node);
        Component::observe(
            self.kind,
            node,
            version,
            &sightings,
            told.configz.get(node),
            &mut files,
        )
    }

    /// The path on the node of what the component calls `path`.
    pub(super) fn on_node(&self, path: &str) -> Result<String, Gap> {
        let gap = |reason, remedy: &'static str| {
            let what = format!("file of {}", self.kind.binary());
            Gap::new(what, path, reason, remedy)
        };
        if !path.starts_with('/') {
            return Err(gap(
                GapReason::Unparsable,
                "name the file by an absolute path",
            ));
        }
        self.view.on_node(path).ok_or_else(|| {
            gap(
                GapReason::Unreachable,
                "mount it from the node: it lies inside the container",
            )
        })
    }
}

fn etcd_environment(pid: u32, inquiry: &mut Inquiry<'_>) -> Result<BTreeMap<String, String>, Gap> {
    let path = format!("/proc/{pid}/environ");
    Ok(match inquiry.body(&path, Purpose::EtcdEnvironment)? {
        Some(Body::Variables(variables)) => variables.clone(),
        _ => BTreeMap::new(),
    })
}

/// How the paths of a process relate to the node's.
fn view(process: &Process, inquiry: &mut Inquiry<'_>) -> View {
    let node = mounts(1, inquiry);
    let own = mounts(process.pid, inquiry);
    match (own, node) {
        (Some(own), Some(node)) => View::of(own, node),
        _ if process.depth == 0 => View::Host,
        _ => View::Unknown,
    }
}

fn mounts<'a>(pid: u32, inquiry: &mut Inquiry<'a>) -> Option<&'a [Mount]> {
    match inquiry.body(&format!("/proc/{pid}/mountinfo"), Purpose::Mounts) {
        Ok(Some(Body::Mounts(mounts))) => Some(mounts),
        _ => None,
    }
}

impl StaticContainer {
    /// The component it starts, if it starts one.
    pub(super) fn component(&self) -> Option<ComponentKind> {
        Start::of_container(&self.argv, &self.name, &self.image).map(|start| start.kind)
    }
}
