//! seaworthy: is this Kubernetes cluster fit to go to sea?
//!
//! ```text
//! target ──> collect ──> facts ──> evaluate ──> score ──> report
//!                                     ^
//!                       catalog (checks/, profiles/)            cli drives all
//! ```
//!
//! Everything after collection is pure: a recorded snapshot gives the same report as the live run.

pub mod catalog;
pub mod cli;
pub mod collect;
mod cores;
pub mod evaluate;
pub mod facts;
#[doc(hidden)]
pub mod fuzzing;
mod input;
pub mod outcome;
pub mod report;
pub mod score;
pub mod target;
