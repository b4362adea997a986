//! Exemptions: what a profile does not ask of which workload or namespace. Data only; `evaluate` compares.

use super::{Pattern, Spot};

/// What the controls of a profile do not ask of some workloads and namespaces, because they could not do their work
/// otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemption {
    /// The checks.
    pub checks: Vec<Spot<String>>,
    /// The workloads, known by what they run.
    pub workloads: Vec<WorkloadPattern>,
    /// Namespaces, by name: verdicts on the namespace itself, never on what is in it.
    pub namespaces: Vec<String>,
    /// Why.
    pub reason: String,
}

/// A workload as it has to be, down to what it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadPattern {
    /// Its namespace.
    pub namespace: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: Pattern,
    /// Images without tag and digest: every container runs one of them.
    pub images: Vec<Pattern>,
    /// The programs: every container starts one of them; with none stated, every container starts what its image says.
    pub commands: Vec<String>,
    /// The files and directories of the node that it may mount, no others; with none stated, they are not looked at.
    pub host_paths: Vec<Pattern>,
}
