//! ValidatingAdmissionPolicies that look at new pods. What their expressions ask is not judged.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>. A policy refuses something
//! where a binding names it with the action `Deny`, and where the resources of both match. `failurePolicy: Ignore` passes over
//! expressions that cannot be evaluated; those that can refuse all the same.

use crate::facts::objects::{
    MatchResources, NamedRuleWithOperations, Namespace, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
};
use crate::facts::{Facts, Gap, Lacking};

use super::engines::{lack, may_select, new_pods, unjudged};

/// The gap that a policy leaves which is enforced on the pods of `namespace`, or may be.
///
/// Both lists have to be known only as far as they matter: without a policy that looks at these pods no binding does
/// anything, and without a binding that denies here no policy does.
pub(super) fn judge(facts: &Facts, lacking: &Lacking, namespace: &Namespace) -> Result<(), Gap> {
    let (policies, bindings) = (
        &facts.validating_policies,
        &facts.validating_policy_bindings,
    );
    let schemas = [
        ValidatingAdmissionPolicy::schema(),
        ValidatingAdmissionPolicyBinding::schema(),
    ];
    if let Some(gap) = schemas.iter().find_map(|schema| lacking.below(schema)) {
        return Err(gap.clone());
    }
    let looking: Vec<&str> = policies
        .rows
        .iter()
        .filter(|policy| looks(policy, namespace))
        .map(|policy| policy.metadata.name.as_str())
        .collect();
    let mut stray = false;
    for binding in bindings.rows.iter().filter(|one| denies(one, namespace)) {
        let policy = binding.spec.policy_name.as_str();
        if looking.contains(&policy) {
            let name = &binding.metadata.name;
            let what =
                format!("what ValidatingAdmissionPolicy {policy} asks of pods (bound by {name})");
            return Err(unjudged(what, namespace));
        }
        stray |= policies.rows.iter().all(|one| one.metadata.name != policy);
    }
    // A binding that denies here, of a policy that was not read: also where that one is outside of the manifests.
    if stray && let Some(lack) = policies.lacks.first() {
        return Err(lack.gap.clone());
    }
    match (lack(policies), lack(bindings)) {
        (Some(gap), Some(_)) => Err(gap.clone()),
        (None, Some(gap)) if !looking.is_empty() => Err(gap.clone()),
        _ => Ok(()),
    }
}

/// Whether a policy asks something of pods that are created in `namespace`.
fn looks(policy: &ValidatingAdmissionPolicy, namespace: &Namespace) -> bool {
    !policy.spec.validations.is_empty() && matches(&policy.spec.match_constraints, namespace)
}

/// Whether a binding has pods refused that are created in `namespace`, by a policy that asks something of them.
fn denies(binding: &ValidatingAdmissionPolicyBinding, namespace: &Namespace) -> bool {
    let spec = &binding.spec;
    let resources = spec.match_resources.as_ref();
    spec.validation_actions
        .iter()
        .any(|action| action == "Deny")
        && resources.is_none_or(|resources| matches(resources, namespace))
}

/// Whether resources include pods that are created in `namespace`, or may: labels of pods are for those who make them, and
/// a rule about some names says nothing of pods with others (`k8s.io/apiserver`, pkg/admission/plugin/policy/matching).
fn matches(resources: &MatchResources, namespace: &Namespace) -> bool {
    let any_name = |rule: &NamedRuleWithOperations| {
        rule.resource_names.is_empty()
            && new_pods(&rule.operations.operations, &rule.operations.rule)
    };
    let rules = &resources.resource_rules;
    (rules.is_empty() || rules.iter().any(any_name))
        && !resources.exclude_resource_rules.iter().any(any_name)
        && may_select(resources.namespace_selector.as_ref(), namespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::engines::fixture::world;
    use crate::evaluate::engines::pod_security::engines;
    use crate::facts::{Cell, GapReason, Lack};

    const PODS: &str =
        "{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}";

    fn policy(constraints: &str, more: &str) -> String {
        format!(
            "{{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {{name: harbour}}, \
             spec: {{matchConstraints: {{{constraints}}}, validations: [{{expression: 'false'}}]{more}}}}}"
        )
    }

    fn binding(actions: &str, more: &str) -> String {
        format!(
            "{{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {{name: here}}, \
             spec: {{policyName: harbour, validationActions: [{actions}]{more}}}}}"
        )
    }

    /// What is said of a namespace where these are; nothing when no policy looks.
    fn gap(objects: &[&str], refused: &[&str], outside: bool) -> Option<Gap> {
        let namespace =
            "{apiVersion: v1, kind: Namespace, metadata: {name: quay, labels: {tier: a}}}";
        let text = [&[namespace], objects].concat().join("\n---\n");
        let mut facts = world(&text, refused);
        if outside {
            let gap = Gap::new("elsewhere", "", GapReason::Outside, "");
            facts.validating_webhooks.lacks.push(Lack::any(gap.clone()));
            facts.validating_policies.lacks.push(Lack::any(gap.clone()));
            facts.validating_policy_bindings.lacks.push(Lack::any(gap));
        }
        let cell = engines::judge(&facts, &Lacking::default(), &facts.namespaces.rows[0]);
        match cell {
            Cell::Gap(gap) => Some(gap),
            Cell::Value { value: false, .. } => None,
            other => panic!("{other:?}"),
        }
    }

    /// What the policy is about | what stands in it beside | the actions | what stands in the binding beside; of those that do
    /// not count each line begins with `-`. `PODS` is a list of the rule above, `ALL` what excludes everything.
    const CASES: &str = "
        resourceRules: PODS | | Deny |
        resourceRules: PODS | | Audit, Deny |
      - resourceRules: PODS | | Audit, Warn |
      - resourceRules: PODS | | |
        | | Deny |
        resourceRules: PODS | failurePolicy: Ignore | Deny |
        resourceRules: PODS | matchConditions: [{name: m, expression: 'false'}] | Deny |
      - resourceRules: PODS | validations: [] | Deny |
        resourceRules: [{operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], scope: '*'}] | | Deny |
      - resourceRules: [{operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], scope: Cluster}] | | Deny |
      - resourceRules: [{operations: [UPDATE, DELETE], apiGroups: [''], apiVersions: [v1], resources: [pods]}] | | Deny |
      - resourceRules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods/exec]}] | | Deny |
      - resourceRules: [{operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [pods]}] | | Deny |
      - resourceRules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods], resourceNames: [a]}] | | Deny |
        resourceRules: PODS, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: quay}} | | Deny |
      - resourceRules: PODS, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: reef}} | | Deny |
      - resourceRules: PODS, namespaceSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [a]}]} | | Deny |
        resourceRules: PODS, objectSelector: {matchLabels: {app: web}} | | Deny |
      - resourceRules: PODS, excludeResourceRules: ALL | | Deny |
        resourceRules: PODS, excludeResourceRules: [{operations: ['*'], apiGroups: [''], apiVersions: ['*'], resources: ['*'], resourceNames: [a]}] | | Deny |
        resourceRules: PODS | | Deny | matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: quay}}}
      - resourceRules: PODS | | Deny | matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: reef}}}
      - resourceRules: PODS | | Deny | matchResources: {namespaceSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [a]}]}}
        resourceRules: PODS | | Deny | matchResources: {objectSelector: {matchLabels: {app: web}}}
      - resourceRules: PODS | | Deny | matchResources: {excludeResourceRules: ALL}
      - resourceRules: PODS | | Deny | matchResources: {resourceRules: [{operations: [UPDATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}]}
        resourceRules: PODS | | Deny | matchResources: {resourceRules: PODS}
      - resourceRules: PODS | | Deny | policyName: other
    ";

    #[test]
    fn a_policy_counts_where_it_is_bound_and_both_are_about_new_pods_of_the_namespace() {
        const ALL: &str =
            "[{operations: ['*'], apiGroups: [''], apiVersions: ['*'], resources: ['*']}]";
        let cases = CASES.lines().filter(|line| !line.trim().is_empty());
        let cases: Vec<&str> = cases.collect();
        assert_eq!(cases.len(), 28);
        for line in cases {
            let text = line.replace("PODS", &format!("[{PODS}]"));
            let text = text.replace("ALL", ALL);
            let counts = !line.trim_start().starts_with("- ");
            let words: Vec<&str> = text.split('|').map(|word| word.trim()).collect();
            let beside = |word: &str| match word {
                "" => String::new(),
                word => format!(", {word}"),
            };
            let constraints = words[0].trim_start_matches("- ");
            let policy = policy(constraints, &beside(words[1]));
            let binding = binding(words[2], &beside(words[3]));
            let gap = gap(&[&policy, &binding], &[], false);
            assert_eq!(gap.is_some(), counts, "{line}");
            if let Some(gap) = gap {
                let what = "what ValidatingAdmissionPolicy harbour asks of pods (bound by here)";
                assert_eq!(gap.what, what);
                assert_eq!(gap.place, "Namespace quay");
            }
        }
    }

    #[test]
    fn lists_that_were_refused_matter_only_with_what_the_other_holds() {
        let policy = policy(&format!("resourceRules: [{PODS}]"), "");
        let (deny, audit) = (binding("Deny", ""), binding("Audit", ""));
        let policies = "validatingAdmissionPolicies";
        let bindings = "validatingAdmissionPolicyBindings";
        let cases: [(&[&str], &[&str], bool); 7] = [
            (&[&deny], &[policies], true),
            (&[&audit], &[policies], false),
            (&[], &[policies], false),
            (&[&policy], &[bindings], true),
            (&[], &[bindings], false),
            (&[], &[policies, bindings], true),
            (&[&deny], &[], false),
        ];
        for (objects, refused, open) in cases {
            let found = gap(objects, refused, false);
            assert_eq!(found.is_some(), open, "{objects:?} {refused:?}");
            // What is outside of manifests counts only where something in them refers to it.
            if refused.is_empty() {
                assert!(gap(objects, refused, true).is_some());
            }
        }
        assert!(gap(&[], &[], true).is_none());
        assert!(gap(&[&policy], &[], true).is_none());
    }
}
