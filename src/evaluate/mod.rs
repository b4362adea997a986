//! Judging: rows, the expression language, verdicts, and the engines that compute what one line cannot say.
//!
//! Pure and synchronous: facts go in, outcomes come out, and a recorded snapshot gives the same as the live run.

mod bench;
mod crowd;
mod engines;
mod evidence;
pub mod examples;
mod exempt;
mod fingerprint;
mod fix;
mod judge;
pub mod lang;
mod params;
mod program;
mod questions;
mod rows;
mod select;
mod sheet;

pub use engines::isolation::{Endpoint, EndpointError, Nobody};
pub use engines::pod_security::{Level, StandardVersion, broken};
pub use engines::rbac::{Access, Request};
pub use exempt::exempted;
pub use judge::{Judge, Keep, Task};
pub use program::Program;
pub use questions::{connections, paths, postures, powers, who_can};
pub use rows::{World, certificate_lines, variables};
pub use select::{only, tasks};

/// How many names stand for a crowd.
const SAMPLE: usize = 20;
