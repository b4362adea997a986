//! seaworthy: is this Kubernetes cluster fit to go to sea?

pub mod catalog;
pub mod facts;
pub mod outcome;
