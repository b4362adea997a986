//! Where a value was read, and whether somebody set it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Deserializer, Serialize};

use super::recent::Recent;

/// Where a value was read: the second half of every piece of evidence. What many values share is stored once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Source(Arc<Place>);

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        thread_local! {
            static RECENT: RefCell<Recent<Place>> = const { RefCell::new(Recent::new()) };
        }
        let place = Place::deserialize(deserializer)?;
        Ok(Self(RECENT.with_borrow_mut(|recent| recent.shared(place))))
    }
}

/// The place that a [`Source`] is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// The command line of a running process.
    Argv {
        /// The node it runs on.
        node: String,
        /// Its process id, as the node counts.
        pid: u32,
    },
    /// A component's own `/flagz` page (Kubernetes KEP-4828).
    Flagz {
        /// The component and instance that answered.
        instance: String,
    },
    /// A kubelet's own `/configz` page.
    Configz {
        /// The node whose kubelet answered.
        node: String,
    },
    /// A file, or its metadata.
    File {
        /// The node it lies on; empty for a file of the machine the audit runs on.
        node: String,
        /// The path as the node sees it.
        path: String,
    },
    /// A mirror pod: the API's copy of a static pod.
    MirrorPod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// An object of the Kubernetes API or a manifest.
    Object {
        /// Its kind, as in `kind:`.
        kind: Cow<'static, str>,
        /// Its namespace; empty for cluster-scoped objects.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// What an address showed to whoever connected.
    Handshake {
        /// The node that was connected to, from itself.
        node: String,
        /// The address.
        address: String,
    },
    /// The kernel of a node.
    Kernel {
        /// The node.
        node: String,
    },
    /// A default that the component applies when nothing is set.
    Default {
        /// The component, with its version.
        component: String,
    },
    /// An answer of the API server to a request of ours.
    Api {
        /// The path that was asked.
        path: String,
    },
    /// Computed by an engine from other facts.
    Derived {
        /// The engine, as a noun.
        engine: Cow<'static, str>,
    },
}

impl Source {
    /// The engine that computed something, as a noun. One with a fixed name is stored once for all that it computes.
    pub fn computed(engine: impl Into<Cow<'static, str>>) -> Self {
        static KNOWN: RwLock<BTreeMap<&str, Source>> = RwLock::new(BTreeMap::new());
        let derived = |engine| Self::from(Place::Derived { engine });
        let name = match engine.into() {
            Cow::Borrowed(name) => name,
            own => return derived(own),
        };
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = known.get(name) {
            return source.clone();
        }
        drop(known);
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        let source = known.entry(name);
        source.or_insert_with(|| derived(name.into())).clone()
    }
}

impl From<Place> for Source {
    fn from(place: Place) -> Self {
        Self(place.into())
    }
}

impl Deref for Source {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argv { node, pid } => write!(f, "argv of pid {pid} on {node}"),
            Self::Flagz { instance } => write!(f, "/flagz of {instance}"),
            Self::Configz { node } => write!(f, "/configz of the kubelet on {node}"),
            Self::Handshake { node, address } => write!(f, "handshake with {address} on {node}"),
            Self::File { node, path } if node.is_empty() => f.write_str(path),
            Self::File { node, path } => write!(f, "{path} on {node}"),
            Self::MirrorPod { namespace, name } => write!(f, "mirror pod {namespace}/{name}"),
            Self::Object {
                kind,
                namespace,
                name,
            } if namespace.is_empty() => write!(f, "{kind} {name}"),
            Self::Object {
                kind,
                namespace,
                name,
            } => write!(f, "{kind} {namespace}/{name}"),
            Self::Kernel { node } => write!(f, "kernel of {node}"),
            Self::Default { component } => write!(f, "default of {component}"),
            Self::Api { path } => write!(f, "API {path}"),
            Self::Derived { engine } => write!(f, "computed: {engine}"),
        }
    }
}

/// Whether somebody set a value or the component filled it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// Written down by somebody.
    Explicit,
    /// Filled in by the component.
    Default,
    /// The source cannot tell (`/flagz` fills defaults in).
    Unknown,
}
