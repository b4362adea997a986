//! seaworthy: is this Kubernetes cluster fit to go to sea?

pub mod facts;
