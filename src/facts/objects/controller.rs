//! Controllers: objects that make pods, or make what makes pods.

use std::collections::BTreeMap;

use super::meta::{LabelSelector, ObjectMeta};
use super::pod::PodTemplateSpec;
use super::reading::{nullable, object};

object! {
    /// A Deployment.
    pub struct Deployment {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes.
        #[prost(message, required, tag = "2")]
        pub spec: DeploymentSpec,
    }
}

object! {
    /// What a Deployment makes.
    pub struct DeploymentSpec {
        /// How many pods.
        #[prost(int32, optional, tag = "1")]
        pub replicas: Option<i32>,
        /// Which pods are its own.
        #[prost(message, optional, tag = "2")]
        pub selector: Option<LabelSelector>,
        /// Its pods.
        #[prost(message, required, tag = "3")]
        pub template: PodTemplateSpec,
    }
}

object! {
    /// A ReplicaSet.
    pub struct ReplicaSet {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes.
        #[prost(message, required, tag = "2")]
        pub spec: ReplicaSetSpec,
    }
}

object! {
    /// What a ReplicaSet makes.
    pub struct ReplicaSetSpec {
        /// How many pods.
        #[prost(int32, optional, tag = "1")]
        pub replicas: Option<i32>,
        /// Which pods are its own.
        #[prost(message, optional, tag = "2")]
        pub selector: Option<LabelSelector>,
        /// Its pods.
        #[prost(message, required, tag = "3")]
        pub template: PodTemplateSpec,
    }
}

object! {
    /// A DaemonSet.
    pub struct DaemonSet {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes.
        #[prost(message, required, tag = "2")]
        pub spec: DaemonSetSpec,
    }
}

object! {
    /// What a DaemonSet makes.
    pub struct DaemonSetSpec {
        /// Which pods are its own.
        #[prost(message, optional, tag = "1")]
        pub selector: Option<LabelSelector>,
        /// Its pods.
        #[prost(message, required, tag = "2")]
        pub template: PodTemplateSpec,
    }
}

object! {
    /// A StatefulSet.
    pub struct StatefulSet {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes.
        #[prost(message, required, tag = "2")]
        pub spec: StatefulSetSpec,
    }
}

object! {
    /// What a StatefulSet makes.
    pub struct StatefulSetSpec {
        /// How many pods.
        #[prost(int32, optional, tag = "1")]
        pub replicas: Option<i32>,
        /// Which pods are its own.
        #[prost(message, optional, tag = "2")]
        pub selector: Option<LabelSelector>,
        /// Its pods.
        #[prost(message, required, tag = "3")]
        pub template: PodTemplateSpec,
        /// The claims made for each pod.
        #[prost(message, repeated, tag = "4")]
        pub volume_claim_templates: Vec<ClaimTemplate>,
    }
}

object! {
    /// A claim made for each pod of a StatefulSet.
    pub struct ClaimTemplate {
        /// Its name, which is that of the volume too.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
    }
}

object! {
    /// A ReplicationController.
    pub struct ReplicationController {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes.
        #[prost(message, required, tag = "2")]
        pub spec: ReplicationControllerSpec,
    }
}

object! {
    /// What a ReplicationController makes.
    pub struct ReplicationControllerSpec {
        /// How many pods.
        #[prost(int32, optional, tag = "1")]
        pub replicas: Option<i32>,
        /// Which pods are its own.
        #[prost(btree_map = "string, string", tag = "2")]
        pub selector: BTreeMap<String, String>,
        /// Its pods.
        #[prost(message, optional, tag = "3")]
        pub template: Option<PodTemplateSpec>,
    }
}

object! {
    /// A Job.
    pub struct Job {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes.
        #[prost(message, required, tag = "2")]
        pub spec: JobSpec,
    }
}

object! {
    /// What a Job makes.
    pub struct JobSpec {
        /// Its pods.
        #[prost(message, required, tag = "6")]
        pub template: PodTemplateSpec,
        /// Whether it waits.
        #[prost(bool, optional, tag = "10")]
        pub suspend: Option<bool>,
    }
}

object! {
    /// A CronJob.
    pub struct CronJob {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it makes, and when.
        #[prost(message, required, tag = "2")]
        pub spec: CronJobSpec,
    }
}

object! {
    /// What a CronJob makes, and when.
    pub struct CronJobSpec {
        /// When.
        #[prost(string, tag = "1")]
        pub schedule: String,
        /// Whether it waits.
        #[prost(bool, optional, tag = "4")]
        pub suspend: Option<bool>,
        /// Its Jobs.
        #[prost(message, required, tag = "5")]
        pub job_template: JobTemplateSpec,
    }
}

object! {
    /// What the Jobs of a CronJob are made from.
    pub struct JobTemplateSpec {
        /// The Job.
        #[prost(message, required, tag = "2")]
        pub spec: JobSpec,
    }
}

nullable!(
    Deployment,
    DeploymentSpec,
    ReplicaSet,
    ReplicaSetSpec,
    DaemonSet,
    DaemonSetSpec,
    StatefulSet,
    StatefulSetSpec,
    ClaimTemplate,
    ReplicationController,
    ReplicationControllerSpec,
    Job,
    JobSpec,
    CronJob,
    CronJobSpec,
    JobTemplateSpec
);
