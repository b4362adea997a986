//! What all sightings together say about the flags of a component.
//!
//! The most trusted sighting that speaks about a flag wins: `/flagz`, the command line of the process, the manifest, the
//! mirror pod. Where sightings disagree, the difference is kept as drift.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::Layer;
use super::{Arguments, ComponentKind, Drift, Files, Sighting, Start, Via};
use crate::facts::settings::{Fallback, Row, Scalar, Settings, Version, parse, unrecorded};
use crate::facts::{Cell, Gap, GapReason, Origin, Place, Source};

/// What one sighting says about one flag.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// It is set to this.
    Set(Scalar, Source),
    /// It has this value, set or by default.
    Shown(Scalar, Source),
    /// It is not set.
    Unset(Source),
    /// It is set, and its value makes no sense.
    Refused(Gap),
    /// This place could not be read.
    Unknown(Gap),
}

impl Said {
    fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// What is known about the flags of one component.
pub(super) struct Flags {
    /// Per flag, what the most trusted sighting that can tell says.
    said: BTreeMap<&'static str, Said>,
    /// The same as cells with defaults.
    pub(super) settings: Settings,
    /// Names of flags that are set and that the table does not have.
    pub(super) unknown: Vec<String>,
    /// Where sightings disagree.
    pub(super) drift: Vec<Drift>,
}

/// The version and name under which defaults are looked up.
#[derive(Clone, Copy)]
pub(super) struct Release<'a> {
    pub(super) kind: ComponentKind,
    pub(super) text: Option<&'a str>,
}

impl Release<'_> {
    /// The version, if it is one.
    pub(super) fn version(self) -> Option<Version> {
        self.text.and_then(Version::parse)
    }

    /// Where defaults come from.
    pub(super) fn source(self) -> Source {
        let component = match self.text {
            Some(text) => format!("{} {text}", self.kind.binary()),
            None => self.kind.binary().to_owned(),
        };
        Source::from(Place::Default { component })
    }

    /// What applies to `row` of the flags (`file` is false) or the configuration when nobody sets it.
    pub(super) fn fallback(
        self,
        table: &'static crate::facts::settings::Table,
        row: &Row,
        file: bool,
    ) -> Cell<Scalar> {
        match table.fallback(row, self.version(), file) {
            Fallback::Value(value) => Cell::Value {
                value: value.clone(),
                origin: Origin::Default,
                source: self.source(),
            },
            Fallback::Unset => Cell::Absent {
                source: self.source(),
            },
            Fallback::Unrecorded => Cell::Gap(unrecorded(table, row, self.text)),
        }
    }
}

impl Flags {
    /// Reads all `sightings`, most trusted first.
    pub(super) fn read(
        release: Release<'_>,
        node: &str,
        sightings: &[&Sighting],
        files: &mut dyn Files,
    ) -> Self {
        let table = release.kind.flags();
        let mut unknown = BTreeSet::new();
        let views: Vec<_> = sightings
            .iter()
            .map(|sighting| sighting.read(release.kind, &mut unknown, files))
            .collect();
        let mut said = BTreeMap::new();
        let mut shown = BTreeMap::new();
        let mut drift = Vec::new();
        for row in &table.rows {
            let all: Vec<&Said> = views
                .iter()
                .filter_map(|view| view.get(&row.name))
                .collect();
            drift.extend(Drift::between(&row.name, &all));
            if let Some(Said::Shown(value, source)) = all.iter().find(|said| said.is_known()) {
                shown.insert(row.name.as_str(), (value.clone(), source.clone()));
            }
            let best = best(&all, table.fallback(row, release.version(), false));
            let best = best.unwrap_or_else(|| Said::Unknown(not_seen(release.kind, node)));
            said.insert(row.name.as_str(), best);
        }
        let settings = Settings::build(table, |row| {
            let name = row.name.as_str();
            let said = said.get(name);
            match (shown.remove(name), said) {
                (Some((value, source)), said) => Cell::Value {
                    value,
                    source,
                    origin: match said {
                        Some(Said::Set(..)) => Origin::Explicit,
                        Some(Said::Unset(_)) => Origin::Default,
                        _ => Origin::Unknown,
                    },
                },
                (None, Some(Said::Set(value, source) | Said::Shown(value, source))) => {
                    Cell::explicit(value.clone(), source.clone())
                }
                (None, Some(Said::Unset(_))) => release.fallback(table, row, false),
                (None, Some(Said::Unknown(gap) | Said::Refused(gap))) => Cell::Gap(gap.clone()),
                (None, None) => Cell::default(),
            }
        });
        Self {
            said,
            settings,
            unknown: unknown.into_iter().collect(),
            drift,
        }
    }

    /// What is said about the flag called `name`.
    pub(super) fn said(&self, name: &str) -> Option<&Said> {
        self.said.get(name)
    }

    /// The file or directory that the flag called `name` points to: `Ok(None)` when it points nowhere.
    pub(super) fn path(&self, name: &str) -> Result<Option<String>, Gap> {
        match self.said.get(name) {
            Some(Said::Set(value, _) | Said::Shown(value, _)) => Ok(value
                .as_text()
                .filter(|path| !path.is_empty())
                .map(str::to_owned)),
            Some(Said::Unset(_)) => Ok(None),
            Some(Said::Unknown(gap) | Said::Refused(gap)) => Err(gap.clone()),
            None => Ok(None),
        }
    }
}

/// What the most trusted sighting that can tell says about a flag. A page that fills defaults in cannot tell whether the
/// flag was set; a command line that agrees with the page tells it.
fn best(all: &[&Said], default: Fallback<'_>) -> Option<Said> {
    let known = || all.iter().filter(|said| said.is_known());
    let Some(best) = known().next() else {
        return all.first().map(|said| (*said).clone());
    };
    let Said::Shown(value, source) = best else {
        return Some((*best).clone());
    };
    let command_line = known().find(|said| !matches!(said, Said::Shown(..)));
    Some(match command_line {
        Some(Said::Set(set, _)) if set == value => Said::Set(value.clone(), source.clone()),
        Some(Said::Unset(place)) if default == Fallback::Value(value) => Said::Unset(place.clone()),
        _ => (*best).clone(),
    })
}

/// No place showed the component.
fn not_seen(kind: ComponentKind, node: &str) -> Gap {
    Gap::new(
        format!("flags of {}", kind.binary()),
        node,
        GapReason::NotAsked,
        "read the node (--ssh, --node local, in cluster) or allow /flagz",
    )
}

type View = BTreeMap<String, Said>;

impl Sighting {
    /// What this sighting says about each flag; flags it is silent about are missing.
    fn read(
        &self,
        kind: ComponentKind,
        unknown: &mut BTreeSet<String>,
        files: &mut dyn Files,
    ) -> View {
        let table = kind.flags();
        let gap = match &self.arguments {
            Arguments::Flagz(values) => return self.shown(kind, values),
            Arguments::Argv(argv) | Arguments::Stated(argv, _) => {
                let start = Start::of(argv).filter(|start| start.kind == kind);
                match start.and_then(|start| start.arguments) {
                    Some(arguments) => {
                        let mut arguments = arguments.to_vec();
                        arguments.extend(openshift(&arguments, &self.node, files));
                        let parsed = parse(&arguments, table, kind.parser());
                        let elsewhere = self.elsewhere(kind, &parsed.unknown);
                        unknown.extend(parsed.unknown);
                        let said = |row: &Row| match (parsed.given.get(&row.name), &self.arguments)
                        {
                            (Some(value), _) => self.set(kind, row, value.as_ref()),
                            (None, Arguments::Stated(_, gap)) => Said::Unknown(gap.clone()),
                            (None, _) => match &elsewhere {
                                Some(gap) => Said::Unknown(gap.clone()),
                                None => Said::Unset(self.source()),
                            },
                        };
                        let rows = table.rows.iter();
                        return rows.map(|row| (row.name.clone(), said(row))).collect();
                    }
                    None => Gap::new(
                        format!("flags of {}", kind.binary()),
                        self.source().to_string(),
                        GapReason::Unparsable,
                        "start the component directly, not through a shell",
                    ),
                }
            }
            Arguments::Gap(gap) => gap.clone(),
        };
        let rows = table.rows.iter();
        rows.map(|row| (row.name.clone(), Said::Unknown(gap.clone())))
            .collect()
    }

    /// Why flags that are not given may be set all the same: one that is not known names a configuration, and what stands
    /// in it is anybody's guess (OpenShift's `--openshift-config` holds everything).
    fn elsewhere(&self, kind: ComponentKind, unknown: &[String]) -> Option<Gap> {
        let names = |flag: &&String| {
            let mut words = flag.split('-');
            words.any(|word| matches!(word, "config" | "configuration"))
        };
        // What the cloud's own settings are; older releases have it.
        let other = |flag: &&String| *flag != "cloud-config" && names(flag);
        let flag = unknown.iter().find(other)?;
        Some(Gap::new(
            format!("settings of {} in what --{flag} names", kind.binary()),
            self.source().to_string(),
            GapReason::Unparsable,
            "state them as flags, or allow /flagz (Kubernetes 1.36 and later)",
        ))
    }

    /// A flag of a command line.
    fn set(&self, kind: ComponentKind, row: &Row, value: Option<&Scalar>) -> Said {
        let unexpanded = matches!(self.via, Via::Manifest { .. } | Via::MirrorPod { .. })
            && value.is_some_and(|value| value.to_string().contains("$("));
        match value {
            Some(value) if !unexpanded => Said::Set(value.clone(), self.source()),
            _ => Said::Refused(Gap::new(
                format!("value of --{} of {}", row.name, kind.binary()),
                self.source().to_string(),
                GapReason::Unparsable,
                "read the command line of the process on the node",
            )),
        }
    }

    /// The flags of a `/flagz` page. A kubelet's page shows raw defaults for every flag that a configuration file can
    /// set, so it is silent about those.
    fn shown(&self, kind: ComponentKind, values: &BTreeMap<String, String>) -> View {
        let shadowed: BTreeSet<&str> = match kind {
            ComponentKind::Kubelet => {
                let rows = kind.config().rows.iter();
                rows.filter_map(|row| row.flag.as_deref()).collect()
            }
            _ => BTreeSet::new(),
        };
        let mut view = View::new();
        for row in &kind.flags().rows {
            let Some(text) = values.get(&row.name) else {
                continue;
            };
            if shadowed.contains(row.name.as_str()) {
                continue;
            }
            let said = match row.kind.shown(text) {
                Some(value) => Said::Shown(value, self.source()),
                None => self.set(kind, row, None),
            };
            view.insert(row.name.clone(), said);
        }
        view
    }
}

/// The arguments in the file that `--openshift-config` names, which OpenShift's components read after their command line
/// (`KubeAPIServerConfig`, `KubeControllerManagerConfig`: each flag with its values). What else the file makes of flags is
/// not known here.
fn openshift(arguments: &[String], node: &str, files: &mut dyn Files) -> Vec<String> {
    let path = |word: &String| word.strip_prefix("--openshift-config=").map(str::to_owned);
    let Some(path) = arguments.iter().rev().find_map(path) else {
        return Vec::new();
    };
    let file = Layer::read(files, node, &path, None);
    let stated = |field: &str| file.tree().ok()?.get(field)?.as_object();
    let lists = ["apiServerArguments", "extendedArguments"].map(stated);
    let flags = lists.into_iter().flatten().flatten();
    let words = flags.flat_map(|(flag, values)| {
        let values = values.as_array().into_iter().flatten();
        let values = values.filter_map(|value| value.as_str());
        values.map(move |value| format!("--{flag}={value}"))
    });
    words.collect()
}
