//! Roles and bindings (`rbac.authorization.k8s.io/v1`).

use super::meta::{LabelSelector, ObjectMeta};
use super::reading::{nullable, object};

object! {
    /// A Role: rights in its namespace.
    pub struct Role {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The rights.
        #[prost(message, repeated, tag = "2")]
        pub rules: Vec<PolicyRule>,
    }
}

object! {
    /// A ClusterRole: rights that a binding grants everywhere or in one namespace.
    pub struct ClusterRole {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The rights.
        #[prost(message, repeated, tag = "2")]
        pub rules: Vec<PolicyRule>,
        /// The roles whose rights a controller copies into this one.
        #[prost(message, optional, tag = "3")]
        pub aggregation_rule: Option<AggregationRule>,
    }
}

object! {
    /// The roles whose rights are copied into another.
    pub struct AggregationRule {
        /// One match is enough.
        #[prost(message, repeated, tag = "1")]
        pub cluster_role_selectors: Vec<LabelSelector>,
    }
}

object! {
    /// What may be done to what.
    pub struct PolicyRule {
        /// What may be done; `*` is everything.
        #[prost(string, repeated, tag = "1")]
        pub verbs: Vec<String>,
        /// API groups; the empty text is the core group.
        #[prost(string, repeated, tag = "2")]
        pub api_groups: Vec<String>,
        /// Resources, with subresources as `pods/exec`.
        #[prost(string, repeated, tag = "3")]
        pub resources: Vec<String>,
        /// Names; without any, all objects.
        #[prost(string, repeated, tag = "4")]
        pub resource_names: Vec<String>,
        /// Paths that are no resources.
        #[prost(string, repeated, tag = "5")]
        pub non_resource_urls as "nonResourceURLs": Vec<String>,
    }
}

object! {
    /// A RoleBinding: a role granted in its namespace.
    pub struct RoleBinding {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// To whom.
        #[prost(message, repeated, tag = "2")]
        pub subjects: Vec<Subject>,
        /// Which role.
        #[prost(message, required, tag = "3")]
        pub role_ref: RoleRef,
    }
}

object! {
    /// A ClusterRoleBinding: a role granted everywhere.
    pub struct ClusterRoleBinding {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// To whom.
        #[prost(message, repeated, tag = "2")]
        pub subjects: Vec<Subject>,
        /// Which role.
        #[prost(message, required, tag = "3")]
        pub role_ref: RoleRef,
    }
}

object! {
    /// A user, a group or a service account.
    pub struct Subject {
        /// `User`, `Group` or `ServiceAccount`.
        #[prost(string, tag = "1")]
        pub kind: String,
        /// The API group; absent for service accounts.
        #[prost(string, tag = "2")]
        pub api_group: String,
        /// The name.
        #[prost(string, tag = "3")]
        pub name: String,
        /// The namespace of a service account.
        #[prost(string, tag = "4")]
        pub namespace: String,
    }
}

object! {
    /// A role.
    pub struct RoleRef {
        /// The API group.
        #[prost(string, tag = "1")]
        pub api_group: String,
        /// `Role` or `ClusterRole`.
        #[prost(string, tag = "2")]
        pub kind: String,
        /// The name.
        #[prost(string, tag = "3")]
        pub name: String,
    }
}

nullable!(
    Role,
    ClusterRole,
    AggregationRule,
    PolicyRule,
    RoleBinding,
    ClusterRoleBinding,
    Subject,
    RoleRef
);
