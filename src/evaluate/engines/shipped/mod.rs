//! What Kubernetes and kubeadm ship in RBAC, known by content.
//!
//! Anyone may put the bootstrapping label or a `system:` name on a wildcard role, so neither means anything: an object is
//! shipped when name, namespace and content are those of the record, which was read off a fresh cluster.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::facts::objects::{
    AggregationRule, ClusterRole, ClusterRoleBinding, Labels, ObjectMeta, PolicyRule, Role,
    RoleBinding, RoleRef, Subject,
};

/// Fresh kubeadm clusters: the newest version whole, of older ones what differs from it.
const RECORDS: [&str; 3] = [
    include_str!("v1.36.json"),
    include_str!("v1.35.json"),
    include_str!("v1.34.json"),
];

/// What the names of their versions begin with.
const VERSIONS: [&str; 3] = ["1.36.", "1.35.", "1.34."];

/// The label of what the API server makes when it starts.
const LABEL: &str = "kubernetes.io/bootstrapping";

/// How the names begin that Kubernetes and kubeadm give.
const PREFIXES: [&str; 2] = ["system:", "kubeadm:"];

/// Which shipped ClusterRoles are part of which others:
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>.
const COLLECTED: [(&str, &str); 5] = [
    ("system:aggregate-to-admin", "admin"),
    ("system:aggregate-to-edit", "edit"),
    ("system:aggregate-to-view", "view"),
    ("edit", "admin"),
    ("view", "edit"),
];

/// How an object relates to what is shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shipped {
    /// Name and content are those of a shipped object.
    Exactly,
    /// Nothing of this name is shipped, or its content differs.
    No,
}

impl From<bool> for Shipped {
    fn from(same: bool) -> Self {
        if same { Self::Exactly } else { Self::No }
    }
}

#[derive(Deserialize)]
struct Record {
    clusterroles: Vec<ClusterRole>,
    roles: Vec<Role>,
    clusterrolebindings: Vec<ClusterRoleBinding>,
    rolebindings: Vec<RoleBinding>,
}

/// Namespace (empty for cluster-wide objects) and name.
type Key = (String, String);
/// What a role is made of.
type RoleContent = (Vec<PolicyRule>, Option<AggregationRule>);
/// What a binding is made of.
type BindingContent = (Vec<Subject>, RoleRef);

#[derive(Default)]
struct Index {
    roles: BTreeMap<Key, Vec<RoleContent>>,
    bindings: BTreeMap<Key, Vec<BindingContent>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for text in RECORDS {
        // A test reads every record; one that could not be read would only make shipped objects count as foreign.
        let Ok(record) = serde_json::from_str::<Record>(text) else {
            continue;
        };
        for role in record.clusterroles {
            index.role(&role.metadata, &role.rules, role.aggregation_rule);
        }
        for role in record.roles {
            index.role(&role.metadata, &role.rules, None);
        }
        for binding in record.clusterrolebindings {
            index.binding(&binding.metadata, &binding.subjects, binding.role_ref);
        }
        for binding in record.rolebindings {
            index.binding(&binding.metadata, &binding.subjects, binding.role_ref);
        }
    }
    index
});

impl Index {
    fn role(
        &mut self,
        metadata: &ObjectMeta,
        rules: &[PolicyRule],
        aggregation: Option<AggregationRule>,
    ) {
        self.roles
            .entry(key(metadata))
            .or_default()
            .push((rules_in_order(rules), aggregation));
    }

    fn binding(&mut self, metadata: &ObjectMeta, subjects: &[Subject], role: RoleRef) {
        self.bindings
            .entry(key(metadata))
            .or_default()
            .push((subjects_in_order(subjects), role));
    }
}

/// A ClusterRole that every cluster has, as the newest version on record ships it.
pub(crate) struct ShippedRole {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its rules; of one that collects those of others, what it collects on a fresh cluster.
    pub(crate) rules: &'static [PolicyRule],
    /// Which roles it collects: every cluster can widen it.
    pub(crate) aggregation: Option<&'static AggregationRule>,
}

/// All of them.
pub(crate) fn shipped_roles() -> impl Iterator<Item = ShippedRole> {
    let global = INDEX.roles.iter();
    let global = global.filter(|((namespace, _), _)| namespace.is_empty());
    global.filter_map(|((_, name), known)| {
        let (rules, aggregation) = known.first()?;
        Some(ShippedRole {
            name,
            rules,
            aggregation: aggregation.as_ref(),
        })
    })
}

impl ShippedRole {
    /// The one of this name.
    pub(crate) fn called(name: &str) -> Option<Self> {
        let (key, known) = INDEX
            .roles
            .get_key_value(&(String::new(), name.to_owned()))?;
        let (rules, aggregation) = known.first()?;
        Some(Self {
            name: &key.1,
            rules,
            aggregation: aggregation.as_ref(),
        })
    }

    /// The labels by which others collect it.
    pub(crate) fn labels(&self) -> Labels {
        let parts = COLLECTED.iter().filter(|(name, _)| *name == self.name);
        let label = |into: &str| {
            let key = format!("rbac.authorization.k8s.io/aggregate-to-{into}");
            (key, "true".to_owned())
        };
        parts.map(|(_, into)| label(into)).collect()
    }
}

/// A role or binding that Kubernetes or kubeadm ships under this name, whole and as JSON, as the version that is closest
/// ships it.
pub(crate) fn shipped_object(
    kind: &str,
    namespace: &str,
    name: &str,
    version: Option<&str>,
) -> Option<String> {
    let list = format!("{}s", kind.to_ascii_lowercase());
    // Older records hold what differs from the newest one.
    let own = VERSIONS
        .iter()
        .position(|known| version.is_some_and(|version| version.starts_with(known)));
    let mut records = own.into_iter().chain([0]);
    let key = (list, namespace.to_owned(), name.to_owned());
    let text = records.find_map(|at| WRITTEN.get(at)?.get(&key))?;
    let mut object: Value = serde_json::from_str(text.get()).ok()?;
    object["apiVersion"] = "rbac.authorization.k8s.io/v1".into();
    object["kind"] = kind.into();
    Some(object.to_string())
}

/// The objects of each record as they are written there, by list, namespace and name. Whoever has thousands of bindings
/// asks for each.
static WRITTEN: LazyLock<[Written; 3]> = LazyLock::new(|| RECORDS.map(written));

type Written = BTreeMap<(String, String, String), &'static RawValue>;

fn written(text: &'static str) -> Written {
    #[derive(Deserialize)]
    struct Named {
        metadata: ObjectMeta,
    }
    let lists: BTreeMap<String, Vec<&RawValue>> = serde_json::from_str(text).unwrap_or_default();
    let mut objects = BTreeMap::new();
    for (list, items) in lists {
        for item in items {
            if let Ok(Named { metadata }) = serde_json::from_str(item.get()) {
                let (namespace, name) = key(&metadata);
                objects.insert((list.clone(), namespace, name), item);
            }
        }
    }
    objects
}

/// Whether a role of this name and content is shipped.
pub(crate) fn shipped_role(
    metadata: &ObjectMeta,
    rules: &[PolicyRule],
    aggregation: Option<&AggregationRule>,
) -> Shipped {
    let rules = rules_in_order(rules);
    let known = INDEX.roles.get(&key(metadata));
    let same = |known: &RoleContent| known.0 == rules && known.1.as_ref() == aggregation;
    known.is_some_and(|known| known.iter().any(same)).into()
}

/// Whether a binding of this name and content is shipped.
pub(crate) fn shipped_binding(
    metadata: &ObjectMeta,
    subjects: &[Subject],
    role: &RoleRef,
) -> Shipped {
    let subjects = subjects_in_order(subjects);
    let known = INDEX.bindings.get(&key(metadata));
    let same = |known: &BindingContent| known.0 == subjects && &known.1 == role;
    known.is_some_and(|known| known.iter().any(same)).into()
}

/// What an object that claims to be shipped is: nothing for one that makes no claim.
///
/// The label is a claim, and so is a shipped name with a prefix that Kubernetes and kubeadm keep for themselves.
fn standing(metadata: &ObjectMeta, known: bool, same: bool) -> Option<&'static str> {
    let reserved = PREFIXES
        .iter()
        .any(|prefix| metadata.name.starts_with(prefix));
    match (known, same) {
        (true, true) => Some("shipped"),
        (true, false) if reserved || metadata.labels.contains_key(LABEL) => {
            Some("changed built-in")
        }
        (false, _) if metadata.labels.contains_key(LABEL) => Some("disguised as built-in"),
        _ => None,
    }
}

/// What a role claims to be. The rules of one that collects those of others are theirs, so only what it collects counts.
pub(crate) fn role_standing(
    metadata: &ObjectMeta,
    rules: &[PolicyRule],
    aggregation: Option<&AggregationRule>,
) -> Option<&'static str> {
    let known = INDEX.roles.get(&key(metadata));
    let collects = |known: &RoleContent| known.1.is_some() && known.1.as_ref() == aggregation;
    let same = shipped_role(metadata, rules, aggregation) == Shipped::Exactly
        || known.is_some_and(|known| known.iter().any(collects));
    standing(metadata, known.is_some(), same)
}

/// What a binding claims to be.
pub(crate) fn binding_standing(
    metadata: &ObjectMeta,
    subjects: &[Subject],
    role: &RoleRef,
) -> Option<&'static str> {
    let known = INDEX.bindings.contains_key(&key(metadata));
    let same = shipped_binding(metadata, subjects, role) == Shipped::Exactly;
    standing(metadata, known, same)
}

fn key(metadata: &ObjectMeta) -> Key {
    (metadata.namespace.clone(), metadata.name.clone())
}

/// Rules are a set of sets: their order says nothing.
fn rules_in_order(rules: &[PolicyRule]) -> Vec<PolicyRule> {
    let mut rules = rules.to_vec();
    for rule in &mut rules {
        for names in [
            &mut rule.verbs,
            &mut rule.api_groups,
            &mut rule.resources,
            &mut rule.resource_names,
            &mut rule.non_resource_urls,
        ] {
            names.sort();
            names.dedup();
        }
    }
    rules.sort_by_cached_key(|rule| {
        (
            rule.api_groups.clone(),
            rule.resources.clone(),
            rule.resource_names.clone(),
            rule.non_resource_urls.clone(),
            rule.verbs.clone(),
        )
    });
    rules
}

fn subjects_in_order(subjects: &[Subject]) -> Vec<Subject> {
    let mut subjects = subjects.to_vec();
    subjects.sort_by_cached_key(|subject| {
        (
            subject.kind.clone(),
            subject.namespace.clone(),
            subject.name.clone(),
        )
    });
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_readable_and_knows_itself() {
        for text in RECORDS {
            let record: Record = serde_json::from_str(text).unwrap();
            assert!(record.clusterroles.len() > 5);
            for role in &record.clusterroles {
                let answer =
                    shipped_role(&role.metadata, &role.rules, role.aggregation_rule.as_ref());
                assert_eq!(answer, Shipped::Exactly, "{}", role.metadata.name);
            }
        }
    }

    /// What a shipped role collects on a fresh cluster is what its parts hold.
    #[test]
    fn the_parts_of_shipped_roles_are_those_on_record() {
        for whole in shipped_roles().filter(|role| role.aggregation.is_some()) {
            let selectors = &whole.aggregation.unwrap().cluster_role_selectors;
            let parts = shipped_roles().filter(|part| {
                let labels = part.labels();
                let selected = |(key, value): (&String, &String)| labels.get(key) == Some(value);
                selectors
                    .iter()
                    .any(|one| one.match_labels.iter().all(selected))
            });
            let parts: Vec<_> = parts.collect();
            assert!(!parts.is_empty(), "{}", whole.name);
            let held = |rule: &&PolicyRule| parts.iter().any(|part| part.rules.contains(rule));
            assert_eq!(
                whole.rules.iter().filter(held).count(),
                whole.rules.len(),
                "{}",
                whole.name
            );
        }
    }

    #[test]
    fn a_name_or_a_label_is_not_enough() {
        let mut metadata = ObjectMeta {
            name: "system:discovery".to_owned(),
            ..ObjectMeta::default()
        };
        metadata.labels.insert(
            "kubernetes.io/bootstrapping".to_owned(),
            "rbac-defaults".to_owned(),
        );
        let everything = PolicyRule {
            verbs: vec!["*".to_owned()],
            api_groups: vec!["*".to_owned()],
            resources: vec!["*".to_owned()],
            ..PolicyRule::default()
        };
        assert_eq!(shipped_role(&metadata, &[everything], None), Shipped::No);
    }
}
