//! Which Pod Security Standard a namespace enforces, and what in it falls short of which.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-admission/>. The label counts only where the API
//! server runs the plugin and does not exempt the namespace; without a label the plugin's configuration file decides.

mod engines;
mod policies;
mod standard;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::component::Component;
use crate::facts::objects::{Container, Namespace, PodSpec};
use crate::facts::settings::Scalar;
use crate::facts::workload::{Template, Workload};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

use standard::unasked;
pub use standard::{Level, broken};
pub use version::StandardVersion;

crate::facts::record! {
    /// What a namespace admits, and what of it would not be admitted under a higher level.
    #[derive(Debug, Default)]
    pub struct Admission {
        /// The level of the Pod Security Standards that is enforced: `privileged`, `baseline` or `restricted`.
        pub pod_security: Cell<String>,
        /// The version of that level: `latest`, or as `v1.30`.
        pub pod_security_version: Cell<String>,
        /// The controls of that level in the newest standard that the version in force does not know, such as `capabilities`.
        pub pod_security_unasked: Cell<Vec<String>>,
        /// The users whose pods are not looked at; pods of a Deployment are created by a controller.
        pub pod_security_exempt_users: Cell<Vec<String>>,
        /// The runtime classes whose pods are not looked at.
        pub pod_security_exempt_runtime_classes: Cell<Vec<String>>,
        /// Whether a policy engine or a ValidatingAdmissionPolicy that is not judged here looks at new pods, too: false, or unknown where one is seen that may.
        pub pods_judged_elsewhere: Cell<bool>,
        /// The workloads that baseline would refuse, in the newest version or the one asked for, such as `Deployment web`.
        pub below_baseline: Cell<Vec<String>>,
        /// The workloads that restricted would refuse, in that version.
        pub below_restricted: Cell<Vec<String>>,
    }
}

crate::facts::record! {
    /// What a pod template breaks of the Pod Security Standards, in the newest version or the one asked for.
    #[derive(Debug, Default)]
    pub struct Standing {
        /// The controls of baseline that it breaks, such as `hostPathVolumes`.
        pub baseline_broken: Cell<Vec<String>>,
        /// The controls of restricted that it breaks, those of baseline included.
        pub restricted_broken: Cell<Vec<String>>,
    }
}

const LABEL: &str = "pod-security.kubernetes.io/enforce";
const VERSION_LABEL: &str = "pod-security.kubernetes.io/enforce-version";
/// From the lowest.
const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];
const STANDARD: &str = "Pod Security admission";

/// What the API servers say about Pod Security admission.
pub(crate) enum Plugin {
    /// It runs: what it does without a label, and where it does nothing.
    On {
        /// Level and version of a namespace without a label.
        default: Result<(String, String), Gap>,
        /// The version of a level whose label states none.
        version: Result<String, Gap>,
        /// The namespaces that are left alone.
        exempt: Result<Vec<String>, Gap>,
        /// The users and the runtime classes that are.
        holes: [Result<Vec<String>, Gap>; 2],
    },
    /// At least one API server leaves it out.
    Off,
    /// It is not known.
    Unknown(Gap),
}

impl Plugin {
    /// That of servers of which nothing is known: it runs unless somebody switched it off, and the labels that manifests
    /// state count. What happens without one is for the servers to say.
    pub(crate) fn usual(gap: Gap) -> Self {
        Self::On {
            default: Err(gap),
            version: Ok("latest".to_owned()),
            exempt: Ok(Vec::new()),
            holes: [Ok(Vec::new()), Ok(Vec::new())],
        }
    }

    /// Judges from the flags of all API servers; `servers` says why one of them is not known.
    pub(crate) fn of(servers: Result<Vec<&Component>, Gap>) -> Self {
        let servers = match servers {
            Ok(servers) => servers,
            Err(gap) => return Self::Unknown(gap),
        };
        let mut default = Ok(("privileged".to_owned(), "latest".to_owned()));
        for (number, server) in servers.iter().enumerate() {
            match runs(server) {
                Err(gap) => return Self::Unknown(gap),
                Ok(false) => return Self::Off,
                Ok(true) => {}
            }
            let level = text(server.config.get("podSecurity.enforce"), "privileged");
            let version = text(server.config.get("podSecurity.enforceVersion"), "latest");
            let stated = level.and_then(|level| Ok((level, version?)));
            default = match (default, stated) {
                (_, Ok(stated)) if number == 0 => Ok(stated),
                // Whoever asks the weaker one gets in.
                (Ok(known), Ok(stated)) => Ok(known.min_by_level(stated)),
                (Err(gap), _) | (_, Err(gap)) => Err(gap),
            };
        }
        let all = |name: &str| {
            let lists = servers.iter().map(|server| list(server.config.get(name)));
            lists.collect::<Result<Vec<_>, _>>().map(|lists| {
                let mut names: Vec<String> = lists.into_iter().flatten().collect();
                names.sort_unstable();
                names.dedup();
                names
            })
        };
        Self::On {
            version: default.clone().map(|(_, version)| version),
            default,
            exempt: all("podSecurity.exemptNamespaces"),
            holes: [
                all("podSecurity.exemptUsernames"),
                all("podSecurity.exemptRuntimeClasses"),
            ],
        }
    }

    /// The users and the runtime classes whose pods are not looked at.
    fn holes(&self) -> [Cell<Vec<String>>; 2] {
        match self {
            Self::On { holes, .. } => holes.clone().map(|names| match names {
                Ok(names) => Cell::explicit(names, source(STANDARD)),
                Err(gap) => Cell::Gap(gap),
            }),
            Self::Off => [(); 2].map(|()| Cell::explicit(Vec::new(), source(STANDARD))),
            Self::Unknown(gap) => [(); 2].map(|()| Cell::Gap(gap.clone())),
        }
    }
}

/// Whether an API server runs the plugin: by default it does; the old flag names all that run.
fn runs(server: &Component) -> Result<bool, Gap> {
    let named = |flag: &str| {
        let plugins = list(server.flags.get(flag))?;
        let found = plugins.iter().any(|plugin| plugin == "PodSecurity");
        Ok::<_, Gap>((found, plugins.is_empty()))
    };
    let (disabled, _) = named("disable-admission-plugins")?;
    let (enabled, unused) = named("admission-control")?;
    Ok(!disabled && (enabled || unused))
}

/// A pair of level and version that can be compared.
trait ByLevel {
    fn min_by_level(self, other: Self) -> Self;
}

impl ByLevel for (String, String) {
    fn min_by_level(self, other: Self) -> Self {
        let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
        if rank(&other.0) < rank(&self.0) {
            other
        } else {
            self
        }
    }
}

/// The items of a list; none where nothing is set.
fn list(cell: Option<&Cell<Scalar>>) -> Result<Vec<String>, Gap> {
    match cell {
        Some(Cell::Gap(gap)) => Err(gap.clone()),
        Some(Cell::Value {
            value: Scalar::List(items),
            ..
        }) => Ok(items.clone()),
        _ => Ok(Vec::new()),
    }
}

fn text(cell: Option<&Cell<Scalar>>, default: &str) -> Result<String, Gap> {
    match cell {
        Some(Cell::Gap(gap)) => Err(gap.clone()),
        Some(Cell::Value {
            value: Scalar::Text(text),
            ..
        }) => Ok(text.clone()),
        _ => Ok(default.to_owned()),
    }
}

impl Admission {
    /// What `namespace` admits, without a look at what is in it.
    pub(crate) fn of(
        facts: &Facts,
        lacking: &Lacking,
        plugin: &Plugin,
        namespace: &Namespace,
    ) -> Self {
        let level = match lacking.below(Namespace::schema()) {
            Some(gap) => Err(gap.clone()),
            None => level(plugin, namespace),
        };
        let [exempt_users, exempt_classes] = plugin.holes();
        let (pod_security, version, unasked) = match level {
            Ok((level, version)) => {
                let unasked = lacks(&level, &version);
                let unasked = Cell::explicit(unasked, source(STANDARD));
                (enforced(level), enforced(version), unasked)
            }
            Err(gap) => (
                Cell::Gap(gap.clone()),
                Cell::Gap(gap.clone()),
                Cell::Gap(gap),
            ),
        };
        Self {
            pod_security,
            pod_security_version: version,
            pod_security_unasked: unasked,
            pod_security_exempt_users: exempt_users,
            pod_security_exempt_runtime_classes: exempt_classes,
            pods_judged_elsewhere: engines::judge(facts, lacking, namespace),
            ..Self::default()
        }
    }
}

/// The controls that a version of a level lacks. What is no version is taken for the newest, as the API server does.
fn lacks(level: &str, version: &str) -> Vec<String> {
    let level = match level {
        "baseline" => Level::Baseline,
        "restricted" => Level::Restricted,
        _ => return Vec::new(),
    };
    let minor = version
        .strip_prefix("v1.")
        .and_then(|minor| minor.parse().ok());
    let unasked = minor.map_or(Vec::new(), |minor| unasked(level, minor));
    unasked.into_iter().map(str::to_owned).collect()
}

/// The level in force and its version: what no label says is what the configuration of the plugin says.
fn level(plugin: &Plugin, namespace: &Namespace) -> Result<(String, String), Gap> {
    let nothing = || ("privileged".to_owned(), "latest".to_owned());
    let (default, unversioned, exempt) = match plugin {
        Plugin::Unknown(gap) => return Err(gap.clone()),
        Plugin::Off => return Ok(nothing()),
        Plugin::On {
            default,
            version,
            exempt,
            ..
        } => (default, version, exempt),
    };
    let metadata = &namespace.metadata;
    let label = |name| metadata.labels.get(name).map(String::as_str);
    match exempt {
        Ok(names) if names.contains(&metadata.name) => return Ok(nothing()),
        Ok(_) => {}
        // Nothing less than nothing can be enforced.
        Err(_) if label(LABEL) == Some("privileged") => {}
        Err(gap) => return Err(gap.clone()),
    }
    let level = match label(LABEL) {
        Some(level) if LEVELS.contains(&level) => level.to_owned(),
        Some(_) => {
            return Err(Gap::new(
                format!("level in the label {LABEL}"),
                format!("Namespace {}", metadata.name),
                GapReason::Unparsable,
                "use privileged, baseline or restricted",
            ));
        }
        None => default.clone()?.0,
    };
    let version = match label(VERSION_LABEL) {
        Some(version) => version.to_owned(),
        None if level == LEVELS[0] => "latest".to_owned(),
        None => unversioned.clone()?,
    };
    Ok((level, version))
}

/// What each template breaks, by workload, then template. Most break the same, which is stored once.
pub(crate) fn standings(
    facts: &Facts,
    lacking: &Lacking,
    version: StandardVersion,
) -> Vec<Vec<Arc<Standing>>> {
    let schemas = [
        Workload::schema(),
        Template::schema(),
        PodSpec::schema(),
        Container::schema(),
    ];
    let unread = schemas.into_iter().find_map(|record| lacking.below(record));
    let unread = unread.map(|gap| {
        Arc::new(Standing {
            baseline_broken: Cell::Gap(gap.clone()),
            restricted_broken: Cell::Gap(gap.clone()),
        })
    });
    let mut known: BTreeMap<[Vec<&'static str>; 2], Arc<Standing>> = BTreeMap::new();
    let mut of = |template: &Template| match &unread {
        Some(unread) => unread.clone(),
        None => {
            let levels = [Level::Baseline, Level::Restricted];
            let broken = levels.map(|level| broken(level, version.minor(), template));
            let standing = known.entry(broken);
            let standing =
                standing.or_insert_with_key(|broken| Arc::new(Standing::of(broken, version)));
            standing.clone()
        }
    };
    let workloads = facts.workloads.rows.iter();
    workloads
        .map(|workload| workload.templates.iter().map(&mut of).collect())
        .collect()
}

impl Standing {
    fn of(broken: &[Vec<&'static str>; 2], version: StandardVersion) -> Self {
        let engine = format!("Pod Security Standards {version}");
        let [baseline_broken, restricted_broken] = broken.each_ref().map(|names| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Cell::explicit(names, Source::computed(engine.clone()))
        });
        Self {
            baseline_broken,
            restricted_broken,
        }
    }
}

/// Completes `admissions`, which are in the order of the namespaces, by the workloads that a higher level would refuse.
pub(crate) fn refused(
    admissions: &mut [Admission],
    facts: &Facts,
    standings: &[Vec<Arc<Standing>>],
) {
    let mut below: BTreeMap<&str, [Cell<Vec<String>>; 2]> = BTreeMap::new();
    for (workload, standings) in facts.workloads.rows.iter().zip(standings) {
        let known = below
            .entry(&workload.namespace)
            .or_insert_with(|| nobody(facts, &workload.namespace));
        for standing in standings {
            let levels = [&standing.baseline_broken, &standing.restricted_broken];
            for (known, broken) in known.iter_mut().zip(levels) {
                let name = || format!("{} {}", workload.kind, workload.name);
                match (broken, known) {
                    (Cell::Gap(gap), known) if known.value().is_none_or(Vec::is_empty) => {
                        *known = Cell::Gap(gap.clone());
                    }
                    (Cell::Value { value, .. }, known) if !value.is_empty() => match known {
                        Cell::Value { value, .. } if value.last() == Some(&name()) => {}
                        Cell::Value { value, .. } => value.push(name()),
                        known => *known = Cell::explicit(vec![name()], source(STANDARD)),
                    },
                    _ => {}
                }
            }
        }
    }
    for (admission, namespace) in admissions.iter_mut().zip(&facts.namespaces.rows) {
        let name = namespace.metadata.name.as_str();
        let found = below.remove(name).unwrap_or_else(|| nobody(facts, name));
        [admission.below_baseline, admission.below_restricted] = found;
    }
}

/// No workload; a gap where some may not have been listed.
fn nobody(facts: &Facts, namespace: &str) -> [Cell<Vec<String>>; 2] {
    let cell = || match facts.workloads.lack_in(Some(namespace)) {
        Some(gap) => Cell::Gap(gap.clone()),
        None => Cell::explicit(Vec::new(), source(STANDARD)),
    };
    [cell(), cell()]
}

fn enforced(text: String) -> Cell<String> {
    Cell::explicit(text, source(STANDARD))
}

fn source(engine: &'static str) -> Source {
    Source::computed(engine)
}
