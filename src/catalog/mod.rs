//! Checks, profiles and waivers as validated data, with the positions they were written at.
//!
//! Reading goes in three steps: bytes to a tree with positions (`yaml`), the tree to checks and drafts of profiles by
//! declarative readers (`read_check`, `read_profile`, `read_waiver` on top of `fields`), and what concerns several files (`load`,
//! `link`). Every step collects problems and goes on, so that one run names all mistakes of all files. Expressions stay
//! text here; whoever types them finds the place of any character by [`ExpressionText::at`].

pub mod check;
pub mod edition;
pub mod exemption;
pub mod expression;
mod fields;
mod files;
pub mod fix;
mod fragment;
mod link;
mod load;
mod nearest;
pub mod problem;
pub mod profile;
mod read_check;
mod read_exemption;
mod read_fix;
mod read_profile;
mod read_waiver;
#[cfg(test)]
mod tests;
pub mod waiver;
mod yaml;

pub use check::{Check, Example, Expectation, Param, Severity, SubjectKind};
pub use edition::{Choice, Release, Server, Suits};
pub use exemption::{Exemption, WorkloadPattern};
pub use expression::ExpressionText;
pub use fix::{Change, Fix, Flag, FlagValue, Step};
pub(crate) use fragment::line as yaml_text;
pub use load::CatalogError;
pub use problem::{Place, Problem, Spot};
pub use profile::{Assessment, Control, Profile, Section};
pub use read_waiver::MAX_WAIVER_FILE;
pub use waiver::{Pattern, Selector, Waiver};

use std::collections::BTreeMap;

/// All checks and profiles at hand.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Checks by id.
    pub checks: BTreeMap<String, Check>,
    /// Profiles by id.
    pub profiles: BTreeMap<String, Profile>,
    /// What is not wrong and should be better: examples that are missing. For `checks lint`.
    pub lints: Vec<Problem>,
}
