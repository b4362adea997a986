//! Against a real cluster: etcd, API server, kubelets and containerd as `tests/testbed/up` starts them.
//!
//! `tests/run` makes the cluster, names its description in `SEAWORTHY_TESTBED` and takes it away. These tests only add
//! objects to it; those about the test bed itself make beds of their own.

mod api;
mod audit;
mod bed;
mod deploy;
mod secrets;
mod testbed;
