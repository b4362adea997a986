//! Engines: what a predicate cannot say in one line is computed here once, in three values, and asserted on.
//!
//! An engine takes facts with their completeness. What more objects could change is a gap that names the right.

pub(crate) mod images;
pub(crate) mod isolation;
pub(crate) mod memory;
pub(crate) mod namespaces;
pub(crate) mod node_paths;
pub(crate) mod pod_security;
pub(crate) mod rbac;
pub(crate) mod security;
pub(crate) mod shipped;
pub(crate) mod sockets;
pub(crate) mod token;

#[cfg(test)]
mod fixture;
