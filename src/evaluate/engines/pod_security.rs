//! Which Pod Security Standard a namespace enforces.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-admission/>. The label counts only where the API
//! server runs the plugin; without a label the plugin's configuration file decides, which the API does not show.

use crate::facts::component::Component;
use crate::facts::objects::Namespace;
use crate::facts::settings::Scalar;
use crate::facts::{Cell, Gap, GapReason, Lacking, Source};

crate::facts::record! {
    /// What a namespace admits.
    #[derive(Debug, Default)]
    pub struct Admission {
        /// The level of the Pod Security Standards that is enforced: `privileged`, `baseline` or `restricted`.
        pub pod_security: Cell<String>,
    }
}

const LABEL: &str = "pod-security.kubernetes.io/enforce";
const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];
const STANDARD: &str = "Pod Security admission";

/// What the API servers say about Pod Security admission.
pub(crate) enum Plugin {
    /// It runs, and nothing but labels decides.
    ByLabel,
    /// It runs, and a configuration file that is not read holds defaults and exemptions.
    ByFile(String),
    /// At least one API server leaves it out.
    Off,
    /// It is not known.
    Unknown(Gap),
}

impl Plugin {
    /// Judges from the flags of all API servers; `servers` says why one of them is not known.
    pub(crate) fn of(servers: Result<Vec<&Component>, Gap>) -> Self {
        let servers = match servers {
            Ok(servers) => servers,
            Err(gap) => return Self::Unknown(gap),
        };
        let mut plugin = Self::ByLabel;
        for server in servers {
            let flag = |name| server.flags.get(name);
            for name in ["disable-admission-plugins", "admission-control-config-file"] {
                match (flag(name), &plugin) {
                    (Some(Cell::Gap(gap)), _) => return Self::Unknown(gap.clone()),
                    (
                        Some(Cell::Value {
                            value: Scalar::List(off),
                            ..
                        }),
                        _,
                    ) if off.iter().any(|plugin| plugin == "PodSecurity") => plugin = Self::Off,
                    (
                        Some(Cell::Value {
                            value: Scalar::Text(path),
                            ..
                        }),
                        Self::ByLabel,
                    ) if !path.is_empty() => plugin = Self::ByFile(path.clone()),
                    _ => {}
                }
            }
        }
        plugin
    }
}

impl Admission {
    pub(crate) fn of(lacking: &Lacking, plugin: &Plugin, namespace: &Namespace) -> Self {
        let pod_security = match lacking.below(Namespace::schema()) {
            Some(gap) => Cell::Gap(gap.clone()),
            None => level(plugin, namespace),
        };
        Self { pod_security }
    }
}

fn level(plugin: &Plugin, namespace: &Namespace) -> Cell<String> {
    let enforced = |level: &str| Cell::explicit(level.to_owned(), source(STANDARD));
    let label = namespace.metadata.labels.get(LABEL).map(String::as_str);
    match (plugin, label) {
        (Plugin::Unknown(gap), _) => Cell::Gap(gap.clone()),
        (Plugin::Off, _) => enforced("privileged"),
        (_, Some(level)) if LEVELS.contains(&level) => enforced(level),
        (_, Some(_)) => Cell::Gap(Gap::new(
            format!("level in the label {LABEL}"),
            format!("Namespace {}", namespace.metadata.name),
            GapReason::Unparsable,
            "use privileged, baseline or restricted",
        )),
        (Plugin::ByLabel, None) => enforced("privileged"),
        (Plugin::ByFile(path), None) => Cell::Gap(Gap::new(
            "cluster-wide defaults of Pod Security admission",
            path.as_str(),
            GapReason::NotAsked,
            format!("set the label {LABEL} on the namespace"),
        )),
    }
}

fn source(engine: &str) -> Source {
    Source::Derived {
        engine: engine.to_owned(),
    }
}
