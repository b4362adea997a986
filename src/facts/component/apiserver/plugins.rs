//! What the admission configuration tells single plugins: EventRateLimit and PodSecurity.
//!
//! A plugin's configuration stands in the admission configuration or in a file that it names, relative to itself. Sources:
//! <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit>,
//! <https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/>.

use serde_json::Value;

use super::{Files, Flags, Identity, Layer, flag, from_file, not_understood, texts};
use crate::facts::Cell;
use crate::facts::settings::Scalar;

/// A plugin with the group and kind of its configuration.
struct Plugin {
    name: &'static str,
    kind: Identity,
}

const EVENT_RATE_LIMIT: Plugin = Plugin {
    name: "EventRateLimit",
    kind: Identity {
        forms: &[("eventratelimit.admission.k8s.io/v1alpha1", "Configuration")],
        strict: false,
    },
};

const POD_SECURITY: Plugin = Plugin {
    name: "PodSecurity",
    kind: Identity {
        forms: &[
            (
                "pod-security.admission.config.k8s.io/v1",
                "PodSecurityConfiguration",
            ),
            (
                "pod-security.admission.config.k8s.io/v1beta1",
                "PodSecurityConfiguration",
            ),
            (
                "pod-security.admission.config.k8s.io/v1alpha1",
                "PodSecurityConfiguration",
            ),
        ],
        strict: true,
    },
};

/// The derived field of that name, if it is one of a plugin's.
pub(super) fn field(
    name: &str,
    flags: &Flags,
    admission: &super::File,
    node: &str,
    files: &mut dyn Files,
) -> Option<Cell<Scalar>> {
    let (plugin, read): (_, fn(&Value) -> Option<Scalar>) = match name {
        "eventRateLimits" => (EVENT_RATE_LIMIT, |limits| match limits.get("limits") {
            None | Some(Value::Null) => Some(Scalar::List(Vec::new())),
            Some(list) => texts(list.as_array()?, |limit| limit.get("type")),
        }),
        "podSecurity.enforce" => (POD_SECURITY, |given| {
            text(given, "/defaults/enforce", "privileged")
        }),
        "podSecurity.enforceVersion" => (POD_SECURITY, |given| {
            text(given, "/defaults/enforce-version", "latest")
        }),
        "podSecurity.exemptNamespaces" => {
            (POD_SECURITY, |given| list(given, "/exemptions/namespaces"))
        }
        "podSecurity.exemptRuntimeClasses" => (POD_SECURITY, |given| {
            list(given, "/exemptions/runtimeClasses")
        }),
        "podSecurity.exemptUsernames" => {
            (POD_SECURITY, |given| list(given, "/exemptions/usernames"))
        }
        _ => return None,
    };
    Some(plugin.ask(flags, admission, node, files, read))
}

fn text(given: &Value, pointer: &str, default: &str) -> Option<Scalar> {
    match given.pointer(pointer) {
        None | Some(Value::Null) => Some(Scalar::Text(default.to_owned())),
        Some(value) => {
            let value = Some(value.as_str()?).filter(|value| !value.is_empty());
            Some(Scalar::Text(value.unwrap_or(default).to_owned()))
        }
    }
}

fn list(given: &Value, pointer: &str) -> Option<Scalar> {
    match given.pointer(pointer) {
        None | Some(Value::Null) => Some(Scalar::List(Vec::new())),
        Some(list) => texts(list.as_array()?, Some),
    }
}

impl Plugin {
    /// What `read` makes of the plugin's configuration; of an empty one where it has none.
    fn ask(
        &self,
        flags: &Flags,
        admission: &super::File,
        node: &str,
        files: &mut dyn Files,
        read: fn(&Value) -> Option<Scalar>,
    ) -> Cell<Scalar> {
        let named = flag(flags, "admission-control-config-file");
        let nothing = || read(&Value::Null).unwrap_or_else(|| Scalar::List(Vec::new()));
        let layer = match admission {
            Err(gap) => return Cell::Gap(gap.clone()),
            Ok(None) => return named.map(|_| nothing()),
            Ok(Some(layer)) => layer,
        };
        let tree = match layer.tree() {
            Err(gap) => return Cell::Gap(gap.clone()),
            Ok(tree) => tree,
        };
        let Some(plugin) = self.found(tree) else {
            return Cell::explicit(nothing(), layer.source().clone());
        };
        if let Some(given) = plugin.get("configuration").filter(|value| !value.is_null()) {
            return from_file(layer, |_| read(given));
        }
        match plugin.get("path").and_then(Value::as_str) {
            None | Some("") => Cell::explicit(nothing(), layer.source().clone()),
            Some(path) => match beside(&named, path) {
                Some(path) => from_file(&Layer::read(files, node, &path, Some(self.kind)), read),
                None => Cell::Gap(not_understood(layer.source())),
            },
        }
    }

    /// What the admission configuration says about the plugin; the first mention counts.
    fn found<'t>(&self, tree: &'t Value) -> Option<&'t Value> {
        let plugins = tree.get("plugins")?.as_array()?;
        let name = |plugin: &&Value| plugin.get("name").and_then(Value::as_str) == Some(self.name);
        plugins.iter().find(name)
    }
}

/// `path` as seen from the folder of the file that `named` names.
fn beside(named: &Cell<Scalar>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let (folder, _) = named.value()?.as_text()?.rsplit_once('/')?;
    Some(format!("{folder}/{path}"))
}
