//! ValidatingAdmissionPolicies and what binds them: rules of the API server itself about which objects it takes.
//!
//! Source: `admissionregistration/v1/generated.proto` of k8s.io/api, and
//! <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>. Expressions are not kept: what they
//! ask is not judged.

use super::admission::AdmissionRule;
use super::meta::{LabelSelector, ObjectMeta};
use super::reading::{inlined, nullable, object};

object! {
    /// A ValidatingAdmissionPolicy.
    pub struct ValidatingAdmissionPolicy {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it is about.
        #[prost(message, required, tag = "2")]
        pub spec: ValidatingAdmissionPolicySpec,
    }
}

object! {
    /// What a policy is about.
    pub struct ValidatingAdmissionPolicySpec {
        /// Which objects it looks at.
        #[prost(message, required, tag = "2")]
        pub match_constraints: MatchResources,
        /// What it asks of them, without the expressions: one that asks nothing refuses nothing.
        #[prost(message, repeated, tag = "3")]
        pub validations: Vec<Validation>,
        /// `Fail` or `Ignore`, when an expression cannot be evaluated; absent is `Fail`.
        #[prost(string, optional, tag = "4")]
        pub failure_policy: Option<String>,
        /// Further conditions, all of which must hold, by name.
        #[prost(message, repeated, tag = "6")]
        pub match_conditions: Vec<PolicyCondition>,
    }
}

object! {
    /// A demand of a policy.
    pub struct Validation {
        /// The reason that a refusal gives, as `Invalid`.
        #[prost(string, optional, tag = "3")]
        pub reason: Option<String>,
    }
}

object! {
    /// A condition under which a policy looks at an object.
    pub struct PolicyCondition {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
    }
}

object! {
    /// Which objects a policy or a binding is about; without any demand it is about all.
    pub struct MatchResources {
        /// In which namespaces.
        #[prost(message, optional, tag = "1")]
        pub namespace_selector: Option<LabelSelector>,
        /// With which labels.
        #[prost(message, optional, tag = "2")]
        pub object_selector: Option<LabelSelector>,
        /// Which operations on which resources; none is all of them.
        #[prost(message, repeated, tag = "3")]
        pub resource_rules: Vec<NamedRuleWithOperations>,
        /// Which of these are left out.
        #[prost(message, repeated, tag = "4")]
        pub exclude_resource_rules: Vec<NamedRuleWithOperations>,
    }
}

object! {
    /// Operations on resources, for some names or for all.
    pub struct NamedRuleWithOperations {
        /// The names; none is every name.
        #[prost(string, repeated, tag = "1")]
        pub resource_names: Vec<String>,
        /// Which operations on which resources.
        #[prost(message, required, tag = "2")]
        #[serde(flatten)]
        pub operations in parent: OperationsOnResources,
    }
}

object! {
    /// Operations on resources: a RuleWithOperations where Go embeds it.
    pub struct OperationsOnResources {
        /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT` or `*`.
        #[prost(string, repeated, tag = "1")]
        pub operations: Vec<String>,
        /// Which objects.
        #[prost(message, required, tag = "2")]
        #[serde(flatten)]
        pub rule in parent: AdmissionRule,
    }
}

object! {
    /// A ValidatingAdmissionPolicyBinding: a policy does nothing without one.
    pub struct ValidatingAdmissionPolicyBinding {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// Which policy it binds, and where.
        #[prost(message, required, tag = "2")]
        pub spec: ValidatingAdmissionPolicyBindingSpec,
    }
}

object! {
    /// Which policy is bound, and where.
    pub struct ValidatingAdmissionPolicyBindingSpec {
        /// The policy.
        #[prost(string, tag = "1")]
        pub policy_name: String,
        /// The object that holds the parameters of the policy.
        #[prost(message, optional, tag = "2")]
        pub param_ref: Option<ParamRef>,
        /// Which of the objects that the policy is about; absent is all of them.
        #[prost(message, optional, tag = "3")]
        pub match_resources: Option<MatchResources>,
        /// What becomes of an object that breaks the policy: `Deny`, `Warn`, `Audit`. Only `Deny` refuses it.
        #[prost(string, repeated, tag = "4")]
        pub validation_actions: Vec<String>,
    }
}

object! {
    /// The object that holds the parameters of a policy.
    pub struct ParamRef {
        /// Its name; absent where labels select it.
        #[prost(string, tag = "1")]
        pub name: String,
        /// `Allow` or `Deny`, when there is none.
        #[prost(string, optional, tag = "4")]
        pub parameter_not_found_action: Option<String>,
    }
}

nullable!(
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicySpec,
    Validation,
    PolicyCondition,
    MatchResources,
    NamedRuleWithOperations,
    ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpec,
    ParamRef
);
inlined!(OperationsOnResources);
