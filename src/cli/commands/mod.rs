//! One file per command.

pub(super) mod audit;
pub(super) mod certs;
pub(super) mod checks;
pub(super) mod collect;
pub(super) mod deploy;
pub(super) mod diff;
pub(super) mod netpol;
pub(super) mod profiles;
pub(super) mod rbac;
pub(super) mod report;
pub(super) mod schema;
