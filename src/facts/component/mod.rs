//! A component of Kubernetes and what it really runs with.
//!
//! Collectors hand over sightings (command lines, `/flagz` pages, manifests), `/configz` and a way to read files;
//! [`Component::observe`] works out the effective settings exactly as the component does. Checks see one record per kind:
//! the effective configuration at the top, every flag under `flags`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

pub use alike::Alike;
pub use drift::Drift;
pub use kind::ComponentKind;
pub(crate) use layers::document;
pub(crate) use program::{Start, Vocabulary, container_argv};
pub use sighting::{Arguments, DirectoryRead, FileRead, Files, Sighting, Unread, Via};
pub use told::Told;

use crate::facts::settings::{Scalar, Settings, type_of};
use crate::facts::{
    Cell, Field, Fields, Gap, GapReason, Observed, Place, Reading, Record, Source, View,
};
use statement::{Flags, Release};

mod alike;
mod apiserver;
mod delegated;
mod drift;
mod etcd;
mod kind;
mod kubelet;
mod layers;
mod program;
mod shell;
mod sighting;
mod statement;
#[cfg(test)]
mod tests;
mod told;

/// One running instance of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Recorded")]
pub struct Component {
    /// Which component.
    pub kind: ComponentKind,
    /// The node it runs on.
    pub node: String,
    /// Its version.
    pub version: Cell<String>,
    /// The image it runs from; absent when it is no container.
    pub image: Cell<String>,
    /// Its process id on the node, if the process was seen.
    pub pid: Option<u32>,
    /// Its flags.
    pub flags: Settings,
    /// What it runs with, from flags, files and defaults together.
    pub config: Settings,
    /// Names of flags that are set and that this version of the tables does not know.
    pub unknown_flags: Vec<String>,
    /// Settings on which the sources disagree.
    pub drift: Vec<Drift>,
    /// Whether two sources or more tell its settings, so that they can disagree.
    pub comparable: Cell<bool>,
    /// The most trusted place it was seen at.
    pub source: Source,
}

impl Component {
    /// Works out what the `kind` on `node` runs with.
    ///
    /// `version` is what others say about its version (the Node object for node components, `/version` for the API
    /// server); a sighting that knows the version wins. `configz` is the kubelet's own page and wins over its files.
    pub fn observe(
        kind: ComponentKind,
        node: &str,
        version: Option<&str>,
        sightings: &[Sighting],
        configz: Option<&serde_json::Value>,
        files: &mut dyn Files,
    ) -> Self {
        let mut ordered: Vec<&Sighting> = sightings.iter().collect();
        ordered.sort_by(|a, b| a.via.cmp(&b.via));
        let version = version_of(kind, node, version, &ordered);
        let release = Release {
            kind,
            text: version.value().map(String::as_str),
        };
        let flags = Flags::read(release, node, &ordered, files);
        let mut drift = flags.drift.clone();
        let mut unread = None;
        let config = match kind {
            ComponentKind::Kubelet => {
                let (config, compared) = kubelet::config(release, node, &flags, configz, files);
                drift.extend(compared.drift);
                unread = compared.unread;
                config
            }
            ComponentKind::Scheduler | ComponentKind::KubeProxy => {
                delegated::config(release, node, &flags, files)
            }
            ComponentKind::Etcd => etcd::config(release, node, &flags, &ordered, files),
            ComponentKind::ApiServer => apiserver::config(release, node, &flags, files),
            ComponentKind::ControllerManager => Settings::build(kind.config(), |_| Cell::default()),
        };
        let settings = flags.settings.folded();
        Self {
            kind,
            node: node.to_owned(),
            image: image_of(kind, node, &ordered),
            pid: ordered.iter().find_map(|sighting| match sighting.via {
                Via::Argv { pid } => Some(pid),
                _ => None,
            }),
            source: source_of(kind, node, &ordered, configz.is_some()),
            comparable: comparable(&ordered, configz.is_some(), unread, !drift.is_empty()),
            config: config.folded().beside(&settings),
            flags: settings,
            unknown_flags: flags.unknown,
            drift,
            version,
        }
    }

    /// The record that checks on `kind` are typed against.
    pub fn schema(kind: ComponentKind) -> &'static Arc<Record> {
        static SCHEMAS: LazyLock<BTreeMap<ComponentKind, Arc<Record>>> = LazyLock::new(|| {
            let all = ComponentKind::ALL.iter();
            all.map(|kind| (*kind, Arc::new(record_of(*kind))))
                .collect()
        });
        &SCHEMAS[&kind]
    }
}

/// The fields of every component beside its configuration, in order.
fn record_of(kind: ComponentKind) -> Record {
    let field = |name: &str, doc: &str, kind| Field {
        name: name.to_owned(),
        doc: doc.to_owned(),
        kind,
    };
    let mut fields = kind.config().record().fields.clone();
    fields.extend([
        field(
            "comparable",
            "Whether two sources or more tell its settings, so that they can disagree.",
            bool::kind(),
        ),
        field(
            "drift",
            "Settings on which the sources disagree.",
            Vec::<Drift>::kind(),
        ),
        field(
            "flags",
            "Its flags, by their own names.",
            type_of(kind.flags()),
        ),
        field(
            "image",
            "The image it runs from, if it is a container.",
            String::kind(),
        ),
        field("nodeName", "The node it runs on.", String::kind()),
        field(
            "pid",
            "Its process id on the node, if the process was seen.",
            u32::kind(),
        ),
        field(
            "unknownFlags",
            "Names of flags that this audit does not know.",
            Vec::<String>::kind(),
        ),
        field("version", "Its version.", String::kind()),
    ]);
    Record {
        name: kind.subject().to_owned(),
        doc: format!("A running {}.", kind.binary()),
        fields,
    }
}

impl Fields for Component {
    fn record(&self) -> &Arc<Record> {
        Self::schema(self.kind)
    }

    fn field(&self, position: usize) -> Reading<'_> {
        match position.checked_sub(self.config.width()) {
            None => self.config.field(position),
            Some(0) => self.comparable.read(),
            Some(1) => self.drift.read(),
            Some(2) => View::Record(&self.flags).into(),
            Some(3) => self.image.read(),
            Some(4) => self.node.read(),
            Some(5) => self.pid.read(),
            Some(6) => self.unknown_flags.read(),
            Some(7) => self.version.read(),
            Some(_) => View::Absent.into(),
        }
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }
}

/// A component as a snapshot holds it; settings that the snapshot lacks become gaps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    kind: ComponentKind,
    node: String,
    #[serde(default)]
    version: Cell<String>,
    #[serde(default)]
    image: Cell<String>,
    #[serde(default)]
    pid: Option<u32>,
    #[serde(default)]
    flags: BTreeMap<String, Cell<Scalar>>,
    #[serde(default)]
    config: BTreeMap<String, Cell<Scalar>>,
    #[serde(default)]
    unknown_flags: Vec<String>,
    #[serde(default)]
    drift: Vec<Drift>,
    #[serde(default)]
    comparable: Cell<bool>,
    source: Source,
}

impl From<Recorded> for Component {
    fn from(recorded: Recorded) -> Self {
        let flags = Settings::recorded(recorded.kind.flags(), recorded.flags);
        let config = Settings::recorded(recorded.kind.config(), recorded.config);
        Self {
            kind: recorded.kind,
            node: recorded.node,
            version: recorded.version,
            image: recorded.image,
            pid: recorded.pid,
            config: config.beside(&flags),
            flags,
            unknown_flags: recorded.unknown_flags,
            drift: recorded.drift,
            comparable: recorded.comparable,
            source: recorded.source,
        }
    }
}

/// The version: as a sighting tells, as the tag of its image says, or as others tell.
fn version_of(
    kind: ComponentKind,
    node: &str,
    told: Option<&str>,
    sightings: &[&Sighting],
) -> Cell<String> {
    let tag = |sighting: &&Sighting| {
        let image = sighting.image.as_deref()?;
        let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
        let version = tag.to_owned();
        crate::facts::settings::Version::parse(tag)?;
        Some(Cell::explicit(version, sighting.source()))
    };
    let seen =
        |sighting: &&Sighting| Some(Cell::explicit(sighting.version.clone()?, sighting.source()));
    let source = match kind {
        ComponentKind::Kubelet | ComponentKind::KubeProxy => Source::from(Place::Object {
            kind: "Node".into(),
            namespace: String::new(),
            name: node.to_owned(),
        }),
        _ => Source::from(Place::Api {
            path: "/version".to_owned(),
        }),
    };
    sightings
        .iter()
        .find_map(seen)
        .or_else(|| sightings.iter().find_map(tag))
        .or_else(|| Some(Cell::explicit(told?.to_owned(), source)))
        .unwrap_or_else(|| {
            Cell::Gap(Gap::new(
                format!("version of {}", kind.binary()),
                node,
                GapReason::NotAsked,
                "read the node, or the pod of the component",
            ))
        })
}

/// The image, from the most trusted sighting that has one.
fn image_of(kind: ComponentKind, node: &str, sightings: &[&Sighting]) -> Cell<String> {
    let image =
        |sighting: &&Sighting| Some(Cell::explicit(sighting.image.clone()?, sighting.source()));
    let process = |sighting: &&&Sighting| matches!(sighting.via, Via::Argv { .. });
    match sightings.iter().find_map(image) {
        Some(image) => image,
        None => match sightings.iter().find(process) {
            Some(sighting) => Cell::Absent {
                source: sighting.source(),
            },
            None => Cell::Gap(Gap::new(
                format!("image of {}", kind.binary()),
                node,
                GapReason::NotAsked,
                "read the node, or the pod of the component",
            )),
        },
    }
}

/// Whether several sources tell the settings. A Node object tells nothing of them; one that could not be read might.
fn comparable(
    sightings: &[&Sighting],
    configz: bool,
    unread: Option<Gap>,
    disagree: bool,
) -> Cell<bool> {
    let telling = |sighting: &&&Sighting| sighting.via != Via::Node;
    let closed = sightings
        .iter()
        .filter(telling)
        .find_map(|sighting| match &sighting.arguments {
            Arguments::Gap(gap) => Some(gap.clone()),
            _ => None,
        });
    match unread.or(closed) {
        Some(gap) if !disagree => Cell::Gap(gap),
        _ => Cell::explicit(
            sightings.iter().filter(telling).count() + usize::from(configz) > 1,
            Source::computed("sources of its settings"),
        ),
    }
}

/// Where the component as a whole was seen.
fn source_of(kind: ComponentKind, node: &str, sightings: &[&Sighting], configz: bool) -> Source {
    match sightings.first() {
        Some(sighting) => sighting.source(),
        None if configz => Source::from(Place::Configz {
            node: node.to_owned(),
        }),
        None => Source::computed(format!("{} expected on {node}", kind.binary())),
    }
}
