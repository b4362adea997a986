//! What a collector hands over: where a component was seen and what was read there.

use std::collections::BTreeMap;
use std::fmt;

use crate::facts::{Gap, Place, Source};

/// One place where one instance of a component was seen.
#[derive(Clone)]
pub struct Sighting {
    /// The node it runs on.
    pub node: String,
    /// Where it was seen.
    pub via: Via,
    /// Its flags.
    pub arguments: Arguments,
    /// Its environment, only the variables whose names begin with `ETCD_`; empty for everything but etcd.
    pub environment: Result<BTreeMap<String, String>, Gap>,
    /// The version of its binary, if this place tells.
    pub version: Option<String>,
    /// The image it runs from, if it does.
    pub image: Option<String>,
}

/// The flags of a component as one place shows them.
#[derive(Clone)]
pub enum Arguments {
    /// The command line, program included.
    Argv(Vec<String>),
    /// Flags that somebody states, program included, where others may be set that are not seen: why those are not known.
    Stated(Vec<String>, Gap),
    /// The flags by name with defaults filled in, as `/flagz` gives them.
    Flagz(BTreeMap<String, String>),
    /// The place exists, and its flags could not be read.
    Gap(Gap),
}

/// Where a component was seen, in descending order of trust.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// Its own `/flagz` page.
    Flagz {
        /// The component and instance that answered.
        instance: String,
    },
    /// A running process.
    Argv {
        /// Its process id.
        pid: u32,
    },
    /// A static pod manifest.
    Manifest {
        /// The path on the node.
        path: String,
    },
    /// The API's copy of a static pod, or the pod of a DaemonSet.
    MirrorPod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A manifest that would start it.
    Declared {
        /// The kind of the object.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The Node object: it says that a kubelet runs, and nothing of its settings.
    Node,
}

impl Sighting {
    /// This place as the source of a value.
    pub fn source(&self) -> Source {
        match &self.via {
            Via::Flagz { instance } => Source::from(Place::Flagz {
                instance: instance.clone(),
            }),
            Via::Argv { pid } => Source::from(Place::Argv {
                node: self.node.clone(),
                pid: *pid,
            }),
            Via::Manifest { path } => Source::from(Place::File {
                node: self.node.clone(),
                path: path.clone(),
            }),
            Via::MirrorPod { namespace, name } => Source::from(Place::MirrorPod {
                namespace: namespace.clone(),
                name: name.clone(),
            }),
            Via::Declared {
                kind,
                namespace,
                name,
            } => Source::from(Place::Object {
                kind: (*kind).into(),
                namespace: namespace.clone(),
                name: name.clone(),
            }),
            Via::Node => Source::from(Place::Object {
                kind: "Node".into(),
                namespace: String::new(),
                name: self.node.clone(),
            }),
        }
    }
}

/// Shows the place only: arguments and environment may hold secrets.
impl fmt::Debug for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sighting({})", self.source())
    }
}

/// Reads the files that components name, as the component sees them: below its own root when it runs in a container.
pub trait Files {
    /// The content of the file at `path`.
    fn text(&mut self, path: &str) -> FileRead;
    /// The paths of all regular files below `directory`, at any depth.
    fn list(&mut self, directory: &str) -> DirectoryRead;
}

/// The files of a node that was not read.
pub struct Unread(pub Gap);

impl Files for Unread {
    fn text(&mut self, _: &str) -> FileRead {
        FileRead::Gap(self.0.clone())
    }

    fn list(&mut self, _: &str) -> DirectoryRead {
        DirectoryRead::Gap(self.0.clone())
    }
}

/// A file.
#[derive(Clone)]
pub enum FileRead {
    /// Its content.
    Text(String),
    /// There is none.
    NotFound,
    /// It could not be read.
    Gap(Gap),
}

/// The files of a directory.
#[derive(Clone, Debug)]
pub enum DirectoryRead {
    /// Their paths, in any order.
    Paths(Vec<String>),
    /// There is no such directory.
    NotFound,
    /// It could not be read.
    Gap(Gap),
}
