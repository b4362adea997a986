//! What RBAC lets whom do, as lists to read.

use serde::Serialize;

use crate::facts::Gap;

/// Who acts: a user, a group or a service account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// The namespace of a service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// What allows something: a rule of a role, and the binding that grants the role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    /// The binding, such as `RoleBinding shop/deployers`.
    pub binding: String,
    /// The role, such as `ClusterRole admin`.
    pub role: String,
    /// The rule, such as `get,list secrets`.
    pub rule: String,
    /// The namespace in which it holds; absent for the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Whether Kubernetes or kubeadm ships exactly this binding and this role.
    pub shipped: bool,
}

/// One answer to "who can".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Who.
    pub principal: Principal,
    /// Whom the name stands for, where it stands for many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<String>,
    /// By what.
    pub allowed: Allowed,
}

/// All answers to "who can".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhoCan {
    /// What was asked, such as `get secrets in any namespace`.
    pub request: String,
    /// Who can, by their names.
    pub holders: Vec<Holder>,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hop {
    /// What is done, such as `create a pod in shop that runs as ServiceAccount shop/deployer`.
    pub does: String,
    /// What allows it; empty where nothing needs to.
    pub allowed: Vec<Allowed>,
}

/// How a principal comes to be more than it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Who.
    pub principal: Principal,
    /// What is reached, such as `the whole cluster`.
    pub reaches: String,
    /// The steps, in order.
    pub hops: Vec<Hop>,
}

/// All shortest paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Paths {
    /// Shortest first.
    pub paths: Vec<Path>,
    /// How many principals were looked at.
    pub principals: usize,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
}

/// A power, and where it is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Power {
    /// Its name, as checks use it.
    pub name: String,
    /// The namespaces; empty when it is held everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
}

/// A principal with what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PowerLine {
    /// Who.
    pub principal: Principal,
    /// Whom the name stands for, where it stands for many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<String>,
    /// Its powers, in the order of the alphabet.
    pub powers: Vec<Power>,
    /// In how many steps it reaches the whole cluster; 0 when it is told to have it already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_to_cluster: Option<usize>,
    /// How many running pods act as it.
    pub pods: u64,
}

/// Everybody who has any power beyond what is shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PowerList {
    /// The mightiest first.
    pub lines: Vec<PowerLine>,
    /// How many more were looked at: they have no power on the list.
    pub others: usize,
    /// How many have nothing but what Kubernetes ships.
    pub shipped: usize,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
}
