//! What rows of API objects hold: the fields of the object with those that the engines computed about it.

use std::sync::{Arc, LazyLock};

use super::joined::join;
use super::objects::{Surroundings, WorkloadMark};
use crate::evaluate::engines::images::Images;
use crate::evaluate::engines::isolation::{Isolation, Network};
use crate::evaluate::engines::memory::Memory;
use crate::evaluate::engines::namespaces::{Beside, Contents};
use crate::evaluate::engines::node_paths::NodePaths;
use crate::evaluate::engines::pod_security::{Admission, Standing};
use crate::evaluate::engines::security::Confinement;
use crate::evaluate::engines::token::ApiAccess;
use crate::facts::objects::{Namespace, PodSpec, ServiceAccount};
use crate::facts::{Cluster, Record};

pub(super) fn cluster_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "The cluster as a whole, with its network.";
        join("cluster", doc, &[Cluster::schema(), Network::schema()])
    });
    SCHEMA.clone()
}

pub(super) fn namespace_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A namespace, with what its policies do to a new pod.";
        let parts = [
            Namespace::schema(),
            Isolation::schema(),
            Admission::schema(),
            Contents::schema(),
            Surroundings::schema(),
        ];
        join("namespace", doc, &parts)
    });
    SCHEMA.clone()
}

pub(super) fn workload_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A top controller or bare pod, with the fields of one distinct pod template.";
        let parts = [
            WorkloadMark::schema(),
            PodSpec::schema(),
            Confinement::schema(),
            ApiAccess::schema(),
            Standing::schema(),
            Images::schema(),
            Memory::schema(),
            NodePaths::schema(),
            Surroundings::schema(),
        ];
        join("workload", doc, &parts)
    });
    SCHEMA.clone()
}

pub(super) fn service_account_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let parts = [ServiceAccount::schema(), Beside::schema()];
        join("serviceaccount", &parts[0].doc, &parts)
    });
    SCHEMA.clone()
}
