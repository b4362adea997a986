//! What the EventRateLimit admission plugin is told to limit.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit>; the
//! configuration stands in the admission configuration or in a file that it names, relative to itself.

use serde_json::Value;

use super::{Files, Flags, Layer, flag, from_file, not_understood, texts};
use crate::facts::Cell;
use crate::facts::settings::Scalar;

/// What a file with the limits must be.
const LIMITS: (&str, &str) = ("eventratelimit.admission.k8s.io", "Configuration");

/// The kinds of limits that are set: `Server`, `Namespace`, `User`, `SourceAndObject`.
pub(super) fn types(
    flags: &Flags,
    admission: &super::File,
    node: &str,
    files: &mut dyn Files,
) -> Cell<Scalar> {
    let layer = match admission {
        Err(gap) => return Cell::Gap(gap.clone()),
        Ok(None) => {
            return flag(flags, "admission-control-config-file").map(|_| Scalar::List(Vec::new()));
        }
        Ok(Some(layer)) => layer,
    };
    let tree = match layer.tree() {
        Err(gap) => return Cell::Gap(gap.clone()),
        Ok(tree) => tree,
    };
    let Some(plugin) = plugin(tree) else {
        return Cell::explicit(Scalar::List(Vec::new()), layer.source().clone());
    };
    if let Some(limits) = plugin.get("configuration").filter(|value| !value.is_null()) {
        return from_file(layer, |_| kinds(limits));
    }
    match plugin.get("path").and_then(Value::as_str) {
        None | Some("") => Cell::explicit(Scalar::List(Vec::new()), layer.source().clone()),
        Some(path) => match beside(&flag(flags, "admission-control-config-file"), path) {
            Some(path) => from_file(&Layer::read(files, node, &path, Some(LIMITS)), kinds),
            None => Cell::Gap(not_understood(layer.source())),
        },
    }
}

/// What the admission configuration says about the plugin; the first mention counts.
fn plugin(tree: &Value) -> Option<&Value> {
    let plugins = tree.get("plugins")?.as_array()?;
    let name =
        |plugin: &&Value| plugin.get("name").and_then(Value::as_str) == Some("EventRateLimit");
    plugins.iter().find(name)
}

fn kinds(limits: &Value) -> Option<Scalar> {
    match limits.get("limits") {
        None | Some(Value::Null) => Some(Scalar::List(Vec::new())),
        Some(list) => texts(list.as_array()?, |limit| limit.get("type")),
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
