//! What an object of a kind that is not known may make a cluster hold, by the shapes that stand in it: containers, rules,
//! bindings, policies, and whole objects that are written down in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Lists of containers, as every pod spec names them, wherever one is embedded.
pub(super) const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// What only somebody who runs an image says about it.
const RUN: [&str; 9] = [
    "args",
    "command",
    "env",
    "envFrom",
    "imagePullPolicy",
    "script",
    "securityContext",
    "source",
    "volumeMounts",
];

/// The kinds that an object carries: `Pod` for containers, those of other known shapes, and those of objects in it that have
/// metadata of their own.
pub(super) fn carried(object: &Value) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    if let Value::Object(fields) = object {
        shapes(fields, &mut kinds);
        fields.values().for_each(|value| search(value, &mut kinds));
    }
    kinds
}

fn search(value: &Value, kinds: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| search(item, kinds)),
        Value::Object(fields) => {
            shapes(fields, kinds);
            // A reference has kind and name, an object metadata.
            if let (Some(Value::String(kind)), true, Some(Value::Object(_))) = (
                fields.get("kind"),
                fields.contains_key("apiVersion"),
                fields.get("metadata"),
            ) {
                kinds.insert(kind.clone());
            }
            fields.values().for_each(|value| search(value, kinds));
        }
        _ => {}
    }
}

fn shapes(fields: &Map<String, Value>, kinds: &mut BTreeSet<String>) {
    let mut add = |more: &[&str]| kinds.extend(more.iter().map(|kind| (*kind).to_owned()));
    // Whether a list of objects stands here, one of which says this.
    let list = |name: &str, says: Option<&str>| {
        let items = fields.get(name).and_then(Value::as_array);
        let mut items = items.into_iter().flatten().filter_map(Value::as_object);
        items.any(|item| says.is_none_or(|says| item.contains_key(says)))
    };
    // A container by itself: Argo's `container`, Tekton's steps.
    let one = fields.get("image").is_some_and(Value::is_string)
        && RUN.iter().any(|name| fields.contains_key(*name));
    if one || LISTS.iter().any(|name| list(name, None)) {
        add(&["Pod"]);
    }
    if list("rules", Some("verbs")) {
        add(&["Role", "ClusterRole"]);
    }
    if fields.contains_key("roleRef") && fields.contains_key("subjects") {
        add(&["RoleBinding", "ClusterRoleBinding"]);
    }
    if list("webhooks", Some("clientConfig")) {
        add(&[
            "ValidatingWebhookConfiguration",
            "MutatingWebhookConfiguration",
        ]);
    }
    if fields.contains_key("matchConstraints") && list("validations", None) {
        add(&["ValidatingAdmissionPolicy"]);
    }
    if fields.contains_key("policyName") && fields.contains_key("validationActions") {
        add(&["ValidatingAdmissionPolicyBinding"]);
    }
    if fields.contains_key("podSelector")
        && ["ingress", "egress", "policyTypes"]
            .iter()
            .any(|name| fields.contains_key(*name))
    {
        add(&["NetworkPolicy"]);
    }
}
