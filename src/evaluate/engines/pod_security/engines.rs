//! Who looks at new pods beside Pod Security admission: engines behind webhooks, and policies of the API server itself. What
//! they ask of pods is not judged, so where one looks, what Pod Security admission lets through may still be refused.
//!
//! An engine is known by the name of its webhook, which it makes by itself: Kyverno
//! (<https://kyverno.io/docs/installation/customization/>), Gatekeeper
//! (<https://open-policy-agent.github.io/gatekeeper/website/docs/>), Kubewarden (<https://docs.kubewarden.io>).

use crate::evaluate::engines::isolation::{NAME_LABEL, selects};
use crate::facts::objects::{AdmissionRule, LabelSelector, Namespace, ValidatingWebhook};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Listing, Source};

use super::policies;

/// The engine, and what the names of its webhooks hold.
const ENGINES: [(&str, &str); 3] = [
    ("Kyverno", ".kyverno.svc"),
    ("Gatekeeper", ".gatekeeper.sh"),
    ("Kubewarden", ".kubewarden."),
];

/// False where nobody else looks at the pods of `namespace`, and a gap where somebody does or may.
pub(super) fn judge(facts: &Facts, lacking: &Lacking, namespace: &Namespace) -> Cell<bool> {
    let looks = webhook(facts, lacking, namespace)
        .and_then(|()| policies::judge(facts, lacking, namespace));
    match looks {
        Err(gap) => Cell::Gap(gap),
        Ok(()) => Cell::explicit(false, Source::computed("admission webhooks and policies")),
    }
}

/// The gap that the webhook of an engine leaves.
fn webhook(facts: &Facts, lacking: &Lacking, namespace: &Namespace) -> Result<(), Gap> {
    if let Some(gap) = lacking.below(ValidatingWebhook::schema()) {
        return Err(gap.clone());
    }
    let listing = &facts.validating_webhooks;
    let mut webhooks = listing.rows.iter().flat_map(|one| &one.webhooks);
    let found = webhooks.find_map(|webhook| {
        let mut engines = ENGINES.iter();
        let (engine, _) = engines.find(|(_, part)| webhook.name.contains(part))?;
        let selector = webhook.namespace_selector.as_ref();
        let mut rules = webhook.rules.iter();
        let looks = rules.any(|rule| new_pods(&rule.operations, &rule.rule))
            && may_select(selector, namespace);
        looks.then_some((engine, &webhook.name))
    });
    match (found, lack(listing)) {
        (Some((engine, webhook)), _) => {
            let what = format!("what {engine} asks of pods by its webhook {webhook}");
            Err(unjudged(what, namespace))
        }
        (None, Some(gap)) => Err(gap.clone()),
        (None, None) => Ok(()),
    }
}

/// Why a listing may hold more. Manifests say nothing about the cluster they are for: what they declare is judged as it is.
pub(super) fn lack<T>(listing: &Listing<T>) -> Option<&Gap> {
    let mut lacks = listing.lacks.iter().map(|lack| &lack.gap);
    lacks.find(|gap| gap.reason != GapReason::Outside)
}

/// What is seen of pods in `namespace` and not judged.
pub(super) fn unjudged(what: String, namespace: &Namespace) -> Gap {
    Gap::new(
        what,
        format!("Namespace {}", namespace.metadata.name),
        GapReason::NotAsked,
        "look at its policies: they may enforce the same standard",
    )
}

/// Whether a selector selects a namespace, or may; the API server labels each with its name.
pub(super) fn may_select(selector: Option<&LabelSelector>, namespace: &Namespace) -> bool {
    let metadata = &namespace.metadata;
    selector.is_none_or(|selector| {
        let mut labels = metadata.labels.clone();
        labels.insert(NAME_LABEL.to_owned(), metadata.name.clone());
        selects(selector, &labels) != Ok(false)
    })
}

/// Whether operations on resources are about pods that are created
/// (`k8s.io/apiserver`, pkg/admission/plugin/webhook/predicates/rules).
pub(super) fn new_pods(operations: &[String], rule: &AdmissionRule) -> bool {
    let any = |list: &[String], wanted: &[&str]| {
        list.iter()
            .any(|item| item == "*" || wanted.contains(&item.as_str()))
    };
    any(operations, &["CREATE"])
        && any(&rule.api_groups, &[""])
        && any(&rule.api_versions, &["v1"])
        && any(&rule.resources, &["pods", "*/*", "pods/*"])
        && rule.scope.as_deref() != Some("Cluster")
}
