//! Environment variables: where each comes from and what its value looks like, never the value.

use super::reading::{inlined, nullable, object};

object! {
    /// An environment variable. Its value is never kept.
    pub struct EnvVar {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Where the value comes from; absent when it is written in the object itself.
        #[prost(message, optional, boxed, tag = "3")]
        pub value_from: Option<Box<EnvVarSource>>,
        /// The kind of secret that the literal value looks like; absent when it looks like none.
        #[prost(string, tag = "1001")]
        pub pattern: String,
        hidden {
            #[prost(string, tag = "2")]
            #[serde(deserialize_with = "super::reading::read", skip_serializing)]
            value: String,
        }
    }
}

object! {
    /// Where the value of a variable comes from.
    pub struct EnvVarSource {
        /// A field of the pod.
        #[prost(message, optional, tag = "1")]
        pub field_ref: Option<ObjectFieldSelector>,
        /// A limit or request of a container.
        #[prost(message, optional, boxed, tag = "2")]
        pub resource_field_ref: Option<Box<ResourceFieldSelector>>,
        /// A key of a ConfigMap.
        #[prost(message, optional, boxed, tag = "3")]
        pub config_map_key_ref: Option<Box<KeySelector>>,
        /// A key of a Secret.
        #[prost(message, optional, boxed, tag = "4")]
        pub secret_key_ref: Option<Box<KeySelector>>,
        /// A key in a file of a volume.
        #[prost(message, optional, boxed, tag = "5")]
        pub file_key_ref: Option<Box<FileKeySelector>>,
    }
}

object! {
    /// A field of the pod.
    pub struct ObjectFieldSelector {
        /// Its path.
        #[prost(string, tag = "2")]
        pub field_path: String,
    }
}

object! {
    /// A limit or request.
    pub struct ResourceFieldSelector {
        /// Of which container.
        #[prost(string, tag = "1")]
        pub container_name: String,
        /// Which.
        #[prost(string, tag = "2")]
        pub resource: String,
    }
}

object! {
    /// A key in a file of environment variables.
    pub struct FileKeySelector {
        /// The volume that holds the file.
        #[prost(string, tag = "1")]
        pub volume_name: String,
        /// The file within the volume.
        #[prost(string, tag = "2")]
        pub path: String,
        /// The key.
        #[prost(string, tag = "3")]
        pub key: String,
    }
}

object! {
    /// A key of a ConfigMap or a Secret.
    pub struct KeySelector {
        /// The object.
        #[prost(message, required, tag = "1")]
        #[serde(flatten)]
        pub reference in parent: LocalObjectReference,
        /// The key.
        #[prost(string, tag = "2")]
        pub key: String,
    }
}

object! {
    /// A ConfigMap or Secret that becomes environment variables.
    pub struct EnvFromSource {
        /// What their names start with.
        #[prost(string, tag = "1")]
        pub prefix: String,
        /// The ConfigMap.
        #[prost(message, optional, tag = "2")]
        pub config_map_ref: Option<EnvSource>,
        /// The Secret.
        #[prost(message, optional, tag = "3")]
        pub secret_ref: Option<EnvSource>,
    }
}

object! {
    /// A ConfigMap or Secret as a whole.
    pub struct EnvSource {
        /// The object.
        #[prost(message, required, tag = "1")]
        #[serde(flatten)]
        pub reference in parent: LocalObjectReference,
    }
}

object! {
    /// An object in the same namespace.
    pub struct LocalObjectReference {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
    }
}

nullable!(
    EnvVar,
    EnvVarSource,
    ObjectFieldSelector,
    ResourceFieldSelector,
    FileKeySelector,
    KeySelector,
    EnvFromSource,
    EnvSource
);
inlined!(LocalObjectReference);
