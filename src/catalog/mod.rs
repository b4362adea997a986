//! Checks and profiles as validated data, with the positions they were written at.

pub mod check;
pub mod problem;
pub mod profile;

pub use check::{Check, Example, Expectation, Fix, Param, Severity, SubjectKind};
pub use problem::{Place, Problem, Spot};
pub use profile::{Control, Profile, Section};

use std::collections::BTreeMap;

/// All checks and profiles at hand.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Checks by id.
    pub checks: BTreeMap<String, Check>,
    /// Profiles by id.
    pub profiles: BTreeMap<String, Profile>,
}
