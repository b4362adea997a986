//! Rows of what opens a cluster beside its pods: Services, Ingresses, admission webhooks and PersistentVolumes.

use std::sync::{Arc, LazyLock};

use crate::facts::objects::{
    LabelSelector, MatchCondition, MutatingWebhookConfiguration, PersistentVolume,
    RuleWithOperations, ValidatingWebhookConfiguration,
};
use crate::facts::{Cell, Facts, Fields, Gap, Lacking, Listing, Record};

use super::joined::join;
use super::objects::Identity;
use super::{Row, Rows, Settled, Slot, World};
use crate::evaluate::engines::node_paths::VolumePath;
use crate::evaluate::judge::computed;

crate::facts::record! {
    /// A webhook that the API server asks before it stores an object.
    #[derive(Debug)]
    pub struct Webhook {
        /// The name.
        pub name: String,
        /// Whether objects are stored although it did not answer (`failurePolicy: Ignore`).
        pub fails_open: bool,
        /// Whether selectors or conditions leave objects out.
        pub narrowed: bool,
        /// What it is asked about.
        pub rules: Vec<RuleWithOperations>,
    }
}

crate::facts::record! {
    /// The webhooks of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration.
    #[derive(Debug, Default)]
    pub struct WebhookMark {
        /// `ValidatingWebhookConfiguration` or `MutatingWebhookConfiguration`.
        pub kind: String,
        /// Its name.
        pub name: String,
        /// Its webhooks.
        pub webhooks: Cell<Vec<Webhook>>,
    }
}

const VALIDATING: &str = "ValidatingWebhookConfiguration";
const MUTATING: &str = "MutatingWebhookConfiguration";

/// What the two kinds of webhooks have in common: the same fields in two types.
macro_rules! webhook {
    ($hook:ident) => {
        Webhook {
            name: $hook.name.clone(),
            fails_open: $hook.failure_policy.as_deref() == Some("Ignore"),
            narrowed: narrowed(
                [&$hook.namespace_selector, &$hook.object_selector],
                &$hook.match_conditions,
            ),
            rules: $hook.rules.clone(),
        }
    };
}

/// All webhooks: those that refuse, then those that change.
pub(super) fn webhooks(facts: &Facts, lacking: &Lacking) -> Vec<WebhookMark> {
    let validating = facts.validating_webhooks.rows.iter().map(|one| {
        let gap = lacking.below(ValidatingWebhookConfiguration::schema());
        let hooks = one.webhooks.iter().map(|hook| webhook!(hook));
        mark(VALIDATING, &one.metadata.name, gap, hooks.collect())
    });
    let mutating = facts.mutating_webhooks.rows.iter().map(|one| {
        let gap = lacking.below(MutatingWebhookConfiguration::schema());
        let hooks = one.webhooks.iter().map(|hook| webhook!(hook));
        mark(MUTATING, &one.metadata.name, gap, hooks.collect())
    });
    validating.chain(mutating).collect()
}

fn mark(kind: &str, name: &str, gap: Option<&Gap>, webhooks: Vec<Webhook>) -> WebhookMark {
    WebhookMark {
        kind: kind.to_owned(),
        name: name.to_owned(),
        webhooks: match gap {
            Some(gap) => Cell::Gap(gap.clone()),
            None => computed(webhooks, "webhooks of the configuration"),
        },
    }
}

fn narrowed(selectors: [&Option<LabelSelector>; 2], conditions: &[MatchCondition]) -> bool {
    let demands = |selector: &LabelSelector| {
        !selector.match_labels.is_empty() || !selector.match_expressions.is_empty()
    };
    !conditions.is_empty() || selectors.into_iter().flatten().any(demands)
}

pub(super) fn persistent_volume_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A PersistentVolume, with what it is on its node.";
        let parts = [PersistentVolume::schema(), VolumePath::schema()];
        join("persistentvolume", doc, &parts)
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn services(&self) -> Rows<'_> {
        let listing = &self.facts.services;
        let names = listing.rows.iter().map(|one| {
            let fact: &dyn Fields = one;
            (&*one.metadata.namespace, &*one.metadata.name, fact)
        });
        let rows = self.namespaced("Service", "service", names);
        self.with_lacks(rows, listing, "service", "services")
    }

    pub(super) fn ingresses(&self) -> Rows<'_> {
        let listing = &self.facts.ingresses;
        let names = listing.rows.iter().map(|one| {
            let fact: &dyn Fields = one;
            (&*one.metadata.namespace, &*one.metadata.name, fact)
        });
        let rows = self.namespaced("Ingress", "ingress", names);
        self.with_lacks(rows, listing, "ingress", "ingresses")
    }

    fn namespaced<'w>(
        &'w self,
        kind: &'static str,
        subject: &'static str,
        objects: impl Iterator<Item = (&'w str, &'w str, &'w dyn Fields)>,
    ) -> Vec<Row<'w>> {
        let parents = self.parents();
        let row = |(namespace, name, fact)| {
            let identity = Identity {
                kind,
                namespace,
                name,
            };
            Row {
                subject: identity.subject(subject).into(),
                source: identity.source(),
                place: Settled::Nowhere,
                variables: vec![
                    Slot::Fact(fact),
                    parents.namespace(namespace),
                    parents.cluster.clone(),
                ],
            }
        };
        objects.map(row).collect()
    }

    pub(super) fn webhooks(&self) -> Rows<'_> {
        let marks = self.derived.webhooks.iter();
        let rows = marks.map(|mark| {
            let identity = Identity {
                kind: &mark.kind,
                namespace: "",
                name: &mark.name,
            };
            Row {
                subject: identity.subject("webhook").into(),
                source: identity.source(),
                place: Settled::Nowhere,
                variables: vec![Slot::Fact(mark), self.cluster_slot()],
            }
        });
        let (validating, mutating) = (
            &self.facts.validating_webhooks,
            &self.facts.mutating_webhooks,
        );
        let lacks = [&validating.lacks[..], &mutating.lacks[..]].concat();
        let listing: Listing<()> = Listing::known(Vec::new(), &lacks);
        self.with_lacks(rows.collect(), &listing, "webhook", "webhooks")
    }

    pub(super) fn persistent_volumes(&self) -> Rows<'_> {
        let listing = &self.facts.persistent_volumes;
        let rows = listing.rows.iter().zip(&self.derived.volumes);
        let rows = rows.map(|(volume, path)| {
            let identity = Identity {
                kind: "PersistentVolume",
                namespace: "",
                name: &volume.metadata.name,
            };
            let source = identity.source();
            let parts: Vec<&dyn Fields> = vec![volume, path];
            let schema = persistent_volume_schema();
            Row {
                subject: identity.subject("persistentvolume").into(),
                variables: vec![
                    self.joined(schema, parts, source.clone()),
                    self.cluster_slot(),
                ],
                source,
                place: Settled::Nowhere,
            }
        });
        let (subject, kind) = ("persistentvolume", "PersistentVolumes");
        self.with_lacks(rows.collect(), listing, subject, kind)
    }
}
