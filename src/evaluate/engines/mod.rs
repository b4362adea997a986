//! Engines: what a predicate cannot say in one line is computed here once, in three values, and asserted on.
//!
//! An engine takes facts with their completeness. What more objects could change is a gap that names the right.

pub(crate) mod isolation;
pub(crate) mod pod_security;
pub(crate) mod security;
pub(crate) mod shipped;
pub(crate) mod token;
