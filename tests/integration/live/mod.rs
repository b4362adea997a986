//! Against a real cluster: etcd, API server, kubelets and containerd as `tests/testbed/up` starts them.
//!
//! `tests/run` makes one cluster after the other, names its description in `SEAWORTHY_TESTBED` and takes it away. These
//! tests only add objects to it; those about the test bed itself make beds of their own. Modules that are named after a
//! condition need a cluster in it, `rough`, `effective`, then `proof` one that is `fleet` and that nothing follows, `fixed`
//! one that is `weak` and that nothing follows, all others one that is `plain`, of which `questions` is the last.

mod api;
mod audit;
mod bed;
mod deploy;
mod effective;
mod findings;
mod fixed;
mod fleet;
mod hardened;
mod kubectl;
mod proof;
mod questions;
mod rough;
mod secrets;
mod ssh;
mod testbed;
mod weak;
