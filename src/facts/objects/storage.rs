//! PersistentVolumes and the claims on them: which paths of a node pods get at without naming them.

use super::meta::{LabelSelector, ObjectMeta};
use super::reading::{inlined, nullable, object};

object! {
    /// A PersistentVolume.
    pub struct PersistentVolume {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it is made of, and who has it.
        #[prost(message, required, tag = "2")]
        pub spec: PersistentVolumeSpec,
    }
}

object! {
    /// What a PersistentVolume is made of, and who has it.
    pub struct PersistentVolumeSpec {
        /// What is in it.
        #[prost(message, required, tag = "2")]
        #[serde(flatten)]
        pub source in parent: PersistentVolumeSource,
        /// How it may be mounted, such as `ReadWriteOnce`.
        #[prost(string, repeated, tag = "3")]
        pub access_modes: Vec<String>,
        /// The claim that it is bound to or kept for.
        #[prost(message, optional, tag = "4")]
        pub claim_ref: Option<ClaimReference>,
        /// The class by which claims find it.
        #[prost(string, tag = "6")]
        pub storage_class_name: String,
    }
}

object! {
    /// The sources of PersistentVolumes that lie on a node; none set means one that lies elsewhere.
    pub struct PersistentVolumeSource {
        /// A file or directory of whichever node mounts it.
        #[prost(message, optional, boxed, tag = "3")]
        pub host_path: Option<Box<super::HostPathVolumeSource>>,
        /// A directory or disk of one node.
        #[prost(message, optional, boxed, tag = "20")]
        pub local: Option<Box<LocalVolumeSource>>,
    }
}

object! {
    /// A directory or disk of one node.
    pub struct LocalVolumeSource {
        /// The path.
        #[prost(string, tag = "1")]
        pub path: String,
    }
}

object! {
    /// The claim that a PersistentVolume is bound to or kept for.
    pub struct ClaimReference {
        /// The namespace of the claim.
        #[prost(string, tag = "2")]
        pub namespace: String,
        /// Its name.
        #[prost(string, tag = "3")]
        pub name: String,
    }
}

object! {
    /// A PersistentVolumeClaim.
    pub struct PersistentVolumeClaim {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// What it asks for.
        #[prost(message, required, tag = "2")]
        pub spec: PersistentVolumeClaimSpec,
    }
}

object! {
    /// What a claim asks for.
    pub struct PersistentVolumeClaimSpec {
        /// How the volume must be mountable.
        #[prost(string, repeated, tag = "1")]
        pub access_modes: Vec<String>,
        /// The PersistentVolume that it is bound to or asks for by name.
        #[prost(string, tag = "3")]
        pub volume_name: String,
        /// The labels that the volume must have.
        #[prost(message, optional, tag = "4")]
        pub selector: Option<LabelSelector>,
        /// The class of the volume; absent: the cluster's default.
        #[prost(string, optional, tag = "5")]
        pub storage_class_name: Option<String>,
    }
}

nullable!(
    PersistentVolume,
    PersistentVolumeSpec,
    LocalVolumeSource,
    ClaimReference,
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec
);
inlined!(PersistentVolumeSource);

impl PersistentVolumeSource {
    /// The path on the node, where the volume lies on one.
    pub fn path(&self) -> Option<&str> {
        let host_path = self.host_path.as_ref().map(|source| source.path.as_str());
        host_path.or(self.local.as_ref().map(|source| source.path.as_str()))
    }
}
