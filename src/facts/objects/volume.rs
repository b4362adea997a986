//! Volumes: every kind of source is known by name, the ones that matter in detail.

use super::env::LocalObjectReference;
use super::reading::{inlined, nullable, object};
use super::values::Quantity;

object! {
    /// A volume of a pod.
    pub struct Volume {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// What is in it.
        #[prost(message, required, tag = "2")]
        #[serde(flatten)]
        pub source in parent: VolumeSource,
    }
}

object! {
    /// What a volume is made of; exactly one field is set. None set means a source that this version does not know.
    pub struct VolumeSource {
        /// A file or directory of the node.
        #[prost(message, optional, boxed, tag = "1")]
        pub host_path: Option<Box<HostPathVolumeSource>>,
        /// An empty directory.
        #[prost(message, optional, boxed, tag = "2")]
        pub empty_dir: Option<Box<EmptyDirVolumeSource>>,
        /// A disk of GCE.
        #[prost(message, optional, tag = "3")]
        pub gce_persistent_disk: Option<Present>,
        /// A disk of AWS.
        #[prost(message, optional, tag = "4")]
        pub aws_elastic_block_store: Option<Present>,
        /// A git repository, cloned by the kubelet.
        #[prost(message, optional, tag = "5")]
        pub git_repo: Option<Present>,
        /// A Secret.
        #[prost(message, optional, boxed, tag = "6")]
        pub secret: Option<Box<SecretVolumeSource>>,
        /// NFS.
        #[prost(message, optional, tag = "7")]
        pub nfs: Option<Present>,
        /// iSCSI.
        #[prost(message, optional, tag = "8")]
        pub iscsi: Option<Present>,
        /// Gluster.
        #[prost(message, optional, tag = "9")]
        pub glusterfs: Option<Present>,
        /// A claim.
        #[prost(message, optional, boxed, tag = "10")]
        pub persistent_volume_claim: Option<Box<PersistentVolumeClaimVolumeSource>>,
        /// Ceph block device.
        #[prost(message, optional, tag = "11")]
        pub rbd: Option<Present>,
        /// A flex volume driver.
        #[prost(message, optional, tag = "12")]
        pub flex_volume: Option<Present>,
        /// A disk of OpenStack.
        #[prost(message, optional, tag = "13")]
        pub cinder: Option<Present>,
        /// Ceph file system.
        #[prost(message, optional, tag = "14")]
        pub cephfs: Option<Present>,
        /// Flocker.
        #[prost(message, optional, tag = "15")]
        pub flocker: Option<Present>,
        /// Fields of the pod.
        #[prost(message, optional, tag = "16")]
        pub downward_api as "downwardAPI": Option<Present>,
        /// Fibre Channel.
        #[prost(message, optional, tag = "17")]
        pub fc: Option<Present>,
        /// Azure file share.
        #[prost(message, optional, tag = "18")]
        pub azure_file: Option<Present>,
        /// A ConfigMap.
        #[prost(message, optional, boxed, tag = "19")]
        pub config_map: Option<Box<ConfigMapVolumeSource>>,
        /// A disk of vSphere.
        #[prost(message, optional, tag = "20")]
        pub vsphere_volume: Option<Present>,
        /// Quobyte.
        #[prost(message, optional, tag = "21")]
        pub quobyte: Option<Present>,
        /// A disk of Azure.
        #[prost(message, optional, tag = "22")]
        pub azure_disk: Option<Present>,
        /// A disk of Photon.
        #[prost(message, optional, tag = "23")]
        pub photon_persistent_disk: Option<Present>,
        /// Portworx.
        #[prost(message, optional, tag = "24")]
        pub portworx_volume: Option<Present>,
        /// ScaleIO.
        #[prost(message, optional, tag = "25")]
        pub scale_io as "scaleIO": Option<Present>,
        /// Several sources in one directory.
        #[prost(message, optional, boxed, tag = "26")]
        pub projected: Option<Box<ProjectedVolumeSource>>,
        /// StorageOS.
        #[prost(message, optional, tag = "27")]
        pub storageos: Option<Present>,
        /// A CSI driver, inline.
        #[prost(message, optional, boxed, tag = "28")]
        pub csi: Option<Box<CsiVolumeSource>>,
        /// A claim made for the pod.
        #[prost(message, optional, tag = "29")]
        pub ephemeral: Option<Present>,
        /// An OCI image or artefact.
        #[prost(message, optional, tag = "30")]
        pub image: Option<ImageVolumeSource>,
    }
}

object! {
    /// Something of which only the presence is kept.
    pub struct Present {
    }
}

object! {
    /// A file or directory of the node.
    pub struct HostPathVolumeSource {
        /// The path.
        #[prost(string, tag = "1")]
        pub path: String,
        /// What must be there.
        #[prost(string, optional, tag = "2")]
        pub type_ as "type": Option<String>,
    }
}

object! {
    /// An OCI image or artefact, mounted.
    pub struct ImageVolumeSource {
        /// The image as asked for.
        #[prost(string, tag = "1")]
        pub reference: String,
    }
}

object! {
    /// An empty directory.
    pub struct EmptyDirVolumeSource {
        /// `Memory`, or absent for the node's disk.
        #[prost(string, tag = "1")]
        pub medium: String,
        /// The most it may hold.
        #[prost(message, optional, tag = "2")]
        pub size_limit: Option<Quantity>,
    }
}

object! {
    /// A Secret as files.
    pub struct SecretVolumeSource {
        /// The Secret.
        #[prost(string, tag = "1")]
        pub secret_name: String,
    }
}

object! {
    /// A ConfigMap as files.
    pub struct ConfigMapVolumeSource {
        /// The ConfigMap.
        #[prost(message, required, tag = "1")]
        #[serde(flatten)]
        pub reference in parent: LocalObjectReference,
    }
}

object! {
    /// A claim.
    pub struct PersistentVolumeClaimVolumeSource {
        /// The claim.
        #[prost(string, tag = "1")]
        pub claim_name: String,
        /// Whether it cannot be written.
        #[prost(bool, tag = "2")]
        pub read_only: bool,
    }
}

object! {
    /// A CSI driver, inline.
    pub struct CsiVolumeSource {
        /// The driver.
        #[prost(string, tag = "1")]
        pub driver: String,
        /// Whether it cannot be written.
        #[prost(bool, optional, tag = "2")]
        pub read_only: Option<bool>,
    }
}

object! {
    /// Several sources in one directory.
    pub struct ProjectedVolumeSource {
        /// The sources.
        #[prost(message, repeated, tag = "1")]
        pub sources: Vec<VolumeProjection>,
    }
}

object! {
    /// One source of a projected volume.
    pub struct VolumeProjection {
        /// A Secret.
        #[prost(message, optional, boxed, tag = "1")]
        pub secret: Option<Box<ProjectedReference>>,
        /// Fields of the pod.
        #[prost(message, optional, tag = "2")]
        pub downward_api as "downwardAPI": Option<Present>,
        /// A ConfigMap.
        #[prost(message, optional, boxed, tag = "3")]
        pub config_map: Option<Box<ProjectedReference>>,
        /// A token of the pod's service account.
        #[prost(message, optional, tag = "4")]
        pub service_account_token: Option<ServiceAccountTokenProjection>,
        /// Trust anchors.
        #[prost(message, optional, tag = "5")]
        pub cluster_trust_bundle: Option<Present>,
        /// A certificate of the pod.
        #[prost(message, optional, tag = "6")]
        pub pod_certificate: Option<Present>,
    }
}

object! {
    /// A Secret or ConfigMap in a projected volume.
    pub struct ProjectedReference {
        /// The object.
        #[prost(message, required, tag = "1")]
        #[serde(flatten)]
        pub reference in parent: LocalObjectReference,
    }
}

object! {
    /// A token of the pod's service account.
    pub struct ServiceAccountTokenProjection {
        /// Who it is for; absent for the API server.
        #[prost(string, tag = "1")]
        pub audience: String,
        /// How long it is valid.
        #[prost(int64, optional, tag = "2")]
        pub expiration_seconds: Option<i64>,
        /// The file.
        #[prost(string, tag = "3")]
        pub path: String,
    }
}

nullable!(
    Volume,
    Present,
    HostPathVolumeSource,
    ImageVolumeSource,
    EmptyDirVolumeSource,
    SecretVolumeSource,
    ConfigMapVolumeSource,
    PersistentVolumeClaimVolumeSource,
    CsiVolumeSource,
    ProjectedVolumeSource,
    VolumeProjection,
    ProjectedReference,
    ServiceAccountTokenProjection
);
inlined!(VolumeSource);
