//! Policy engines that look at new pods beside Pod Security admission. What they ask of pods is not judged, so where one
//! looks, what Pod Security admission lets through may still be refused.
//!
//! An engine is known by the name of its webhook, which it makes by itself: Kyverno
//! (<https://kyverno.io/docs/installation/customization/>), Gatekeeper
//! (<https://open-policy-agent.github.io/gatekeeper/website/docs/>), Kubewarden (<https://docs.kubewarden.io>).

use crate::evaluate::engines::isolation::selects;
use crate::facts::objects::{Namespace, RuleWithOperations, ValidatingWebhook};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

/// The engine, and what the names of its webhooks hold.
const ENGINES: [(&str, &str); 3] = [
    ("Kyverno", ".kyverno.svc"),
    ("Gatekeeper", ".gatekeeper.sh"),
    ("Kubewarden", ".kubewarden."),
];

/// False where no engine looks at the pods of `namespace`, and a gap where one does or may.
pub(super) fn judge(facts: &Facts, lacking: &Lacking, namespace: &Namespace) -> Cell<bool> {
    if let Some(gap) = lacking.below(ValidatingWebhook::schema()) {
        return Cell::Gap(gap.clone());
    }
    let listing = &facts.validating_webhooks;
    let mut webhooks = listing.rows.iter().flat_map(|one| &one.webhooks);
    let found = webhooks.find_map(|webhook| {
        let mut engines = ENGINES.iter();
        let (engine, _) = engines.find(|(_, part)| webhook.name.contains(part))?;
        let selector = webhook.namespace_selector.as_ref();
        let looks = webhook.rules.iter().any(new_pods)
            && selector.is_none_or(|one| selects(one, &namespace.metadata.labels) != Ok(false));
        looks.then_some((engine, &webhook.name))
    });
    // Manifests say nothing about the cluster they are for: what they declare is judged as it is.
    let mut lacks = listing.lacks.iter().map(|lack| &lack.gap);
    let lack = lacks.find(|gap| gap.reason != GapReason::Outside);
    match (found, lack) {
        (Some((engine, webhook)), _) => Cell::Gap(Gap::new(
            format!("what {engine} asks of pods by its webhook {webhook}"),
            format!("Namespace {}", namespace.metadata.name),
            GapReason::NotAsked,
            "look at its policies: they may enforce the same standard",
        )),
        (None, Some(gap)) => Cell::Gap(gap.clone()),
        (None, None) => Cell::explicit(false, Source::computed("admission webhooks")),
    }
}

/// Whether a rule is about pods that are created.
fn new_pods(rule: &RuleWithOperations) -> bool {
    let any = |list: &[String], wanted: &[&str]| {
        list.iter()
            .any(|item| item == "*" || wanted.contains(&item.as_str()))
    };
    any(&rule.operations, &["CREATE"])
        && any(&rule.rule.api_groups, &[""])
        && any(&rule.rule.resources, &["pods", "*/*", "pods/*"])
}
