//! What network policies do to whom, as lists to read.

use serde::Serialize;

use crate::facts::Gap;

/// A verdict that may be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not.
    No,
    /// It is not known.
    Unknown,
}

/// One direction of traffic of some pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Whether only what a policy allows passes.
    pub isolated: Answer,
    /// The policies that isolate them in this direction.
    pub policies: Vec<String>,
    /// What these let pass, one rule a line; all of it when it is not isolated.
    pub allows: Vec<String>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Gap>,
}

/// Pods that policies treat alike, and what is left to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Posture {
    /// The namespace.
    pub namespace: String,
    /// The workload, such as `Deployment web`; `a new pod` stands for one without labels.
    pub pods: String,
    /// How many of them run.
    pub instances: u64,
    /// What comes in.
    pub ingress: Traffic,
    /// What goes out.
    pub egress: Traffic,
}

/// What policies do in some namespaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Postures {
    /// The network plugins that were recognised.
    pub plugins: Vec<String>,
    /// Whether anything enforces policies.
    pub enforced: Answer,
    /// By namespace; the new pod comes first.
    pub lines: Vec<Posture>,
    /// What was not read, or is not modelled.
    pub gaps: Vec<Gap>,
}

/// Whether one end may connect to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Who connects.
    pub from: String,
    /// To whom, with port and protocol.
    pub to: String,
    /// Whether policies let it.
    pub allowed: Answer,
    /// What decides, one sentence a policy.
    pub because: Vec<String>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Gap>,
}

/// The answers to one question: one for each pair of ends that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    /// The answers.
    pub connections: Vec<Connection>,
    /// What manifests alone cannot tell: who may connect to whom by them may be denied or allowed by what else there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<Gap>,
    /// Whether anything enforces policies.
    pub enforced: Answer,
}
