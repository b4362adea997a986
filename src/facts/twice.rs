//! Objects that manifests declare twice, differently: which of them a cluster gets depends on the order in which they are
//! applied, or they are meant for several clusters. Each is judged; what finds one by its name does not know which.

use std::collections::HashMap;

use serde_json::Value;

use super::objects::Kind;
use super::{Facts, Gap, GapReason, Lack, Listing, Origins};

/// Notes them as lacks of their listings. Workloads are left out: nothing finds them by name.
pub(super) fn note(facts: &mut Facts) {
    let origins = &facts.origins;
    lacks(&mut facts.namespaces, origins);
    lacks(&mut facts.service_accounts, origins);
    lacks(&mut facts.roles, origins);
    lacks(&mut facts.cluster_roles, origins);
    lacks(&mut facts.role_bindings, origins);
    lacks(&mut facts.cluster_role_bindings, origins);
    lacks(&mut facts.network_policies, origins);
    lacks(&mut facts.validating_webhooks, origins);
    lacks(&mut facts.mutating_webhooks, origins);
    lacks(&mut facts.validating_policies, origins);
    lacks(&mut facts.validating_policy_bindings, origins);
    lacks(&mut facts.api_services, origins);
}

fn lacks<K: Kind>(listing: &mut Listing<K>, origins: &Origins) {
    let mut first: HashMap<(&str, &str), &K> = HashMap::new();
    let mut found = Vec::new();
    for object in &listing.rows {
        let metadata = object.metadata();
        let who = (metadata.namespace.as_str(), metadata.name.as_str());
        if metadata.name.is_empty() {
            continue;
        }
        let known = *first.entry(who).or_insert(object);
        if !std::ptr::eq(known, object) && content(known) != content(object) {
            found.push(who);
        }
    }
    found.sort_unstable();
    found.dedup();
    let lack = |(namespace, name): (&str, &str)| Lack {
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: Some(name.to_owned()),
        gap: Gap::new(
            format!("{} {name}, declared twice, differently", K::KIND),
            origins.of(K::KIND, namespace, name).join(", "),
            GapReason::Unparsable,
            "audit what goes to one cluster by itself: kubectl applies folders in the order of file names, and the last one stays",
        ),
    };
    let found: Vec<Lack> = found.into_iter().map(lack).collect();
    listing.lacks.extend(found);
}

/// What an object says, without labels where they have no effect.
fn content<K: Kind>(object: &K) -> Value {
    let mut content = serde_json::to_value(object).unwrap_or_default();
    if K::KIND != "Namespace"
        && let Some(Value::Object(metadata)) = content.get_mut("metadata")
    {
        metadata.remove("labels");
    }
    content
}
