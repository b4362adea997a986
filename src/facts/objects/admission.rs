//! Admission webhooks and custom resource definitions: who else decides about objects, and which kinds there are.

use super::meta::{LabelSelector, ObjectMeta};
use super::reading::{inlined, nullable, object};

object! {
    /// A ValidatingWebhookConfiguration.
    pub struct ValidatingWebhookConfiguration {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The webhooks.
        #[prost(message, repeated, tag = "2")]
        pub webhooks: Vec<ValidatingWebhook>,
    }
}

object! {
    /// A webhook that may refuse objects.
    pub struct ValidatingWebhook {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Where it is.
        #[prost(message, required, tag = "2")]
        pub client_config: WebhookClientConfig,
        /// What it is asked about.
        #[prost(message, repeated, tag = "3")]
        pub rules: Vec<RuleWithOperations>,
        /// `Fail` or `Ignore`, when it does not answer.
        #[prost(string, optional, tag = "4")]
        pub failure_policy: Option<String>,
        /// In which namespaces.
        #[prost(message, optional, tag = "5")]
        pub namespace_selector: Option<LabelSelector>,
        /// Whether asking it changes anything.
        #[prost(string, optional, tag = "6")]
        pub side_effects: Option<String>,
        /// How long to wait.
        #[prost(int32, optional, tag = "7")]
        pub timeout_seconds: Option<i32>,
        /// `Exact` or `Equivalent`.
        #[prost(string, optional, tag = "9")]
        pub match_policy: Option<String>,
        /// About which objects.
        #[prost(message, optional, tag = "10")]
        pub object_selector: Option<LabelSelector>,
        /// Further conditions, all of which must hold.
        #[prost(message, repeated, tag = "11")]
        pub match_conditions: Vec<MatchCondition>,
    }
}

object! {
    /// A MutatingWebhookConfiguration.
    pub struct MutatingWebhookConfiguration {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The webhooks.
        #[prost(message, repeated, tag = "2")]
        pub webhooks: Vec<MutatingWebhook>,
    }
}

object! {
    /// A webhook that may change objects.
    pub struct MutatingWebhook {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Where it is.
        #[prost(message, required, tag = "2")]
        pub client_config: WebhookClientConfig,
        /// What it is asked about.
        #[prost(message, repeated, tag = "3")]
        pub rules: Vec<RuleWithOperations>,
        /// `Fail` or `Ignore`, when it does not answer.
        #[prost(string, optional, tag = "4")]
        pub failure_policy: Option<String>,
        /// In which namespaces.
        #[prost(message, optional, tag = "5")]
        pub namespace_selector: Option<LabelSelector>,
        /// Whether asking it changes anything.
        #[prost(string, optional, tag = "6")]
        pub side_effects: Option<String>,
        /// How long to wait.
        #[prost(int32, optional, tag = "7")]
        pub timeout_seconds: Option<i32>,
        /// `Exact` or `Equivalent`.
        #[prost(string, optional, tag = "9")]
        pub match_policy: Option<String>,
        /// About which objects.
        #[prost(message, optional, tag = "11")]
        pub object_selector: Option<LabelSelector>,
        /// Further conditions, all of which must hold.
        #[prost(message, repeated, tag = "12")]
        pub match_conditions: Vec<MatchCondition>,
    }
}

object! {
    /// Where a webhook is.
    pub struct WebhookClientConfig {
        /// A Service of the cluster.
        #[prost(message, optional, tag = "1")]
        pub service: Option<ServiceReference>,
        /// An address, without user, path and query.
        #[prost(string, optional, tag = "3")]
        pub url: Option<String>,
        /// The certificates of `caBundle`, PEM: whom the webhook's own certificate must be signed by.
        #[prost(string, tag = "1001")]
        pub ca_certificates: String,
        hidden {
            #[prost(bytes = "vec", tag = "2")]
            #[serde(deserialize_with = "super::reading::bytes", skip_serializing)]
            ca_bundle: Vec<u8>,
        }
    }
}

object! {
    /// A Service of the cluster.
    pub struct ServiceReference {
        /// Its namespace.
        #[prost(string, tag = "1")]
        pub namespace: String,
        /// Its name.
        #[prost(string, tag = "2")]
        pub name: String,
        /// The path.
        #[prost(string, optional, tag = "3")]
        pub path: Option<String>,
        /// The port; absent is 443.
        #[prost(int32, optional, tag = "4")]
        pub port: Option<i32>,
    }
}

object! {
    /// What a webhook is asked about.
    pub struct RuleWithOperations {
        /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT` or `*`.
        #[prost(string, repeated, tag = "1")]
        pub operations: Vec<String>,
        /// Which objects.
        #[prost(message, required, tag = "2")]
        #[serde(flatten)]
        pub rule in parent: AdmissionRule,
    }
}

object! {
    /// Which objects a webhook is asked about.
    pub struct AdmissionRule {
        /// API groups; the empty text is the core group.
        #[prost(string, repeated, tag = "1")]
        pub api_groups: Vec<String>,
        /// Versions.
        #[prost(string, repeated, tag = "2")]
        pub api_versions: Vec<String>,
        /// Resources.
        #[prost(string, repeated, tag = "3")]
        pub resources: Vec<String>,
        /// `Cluster`, `Namespaced` or `*`.
        #[prost(string, optional, tag = "4")]
        pub scope: Option<String>,
    }
}

object! {
    /// A condition under which a webhook is asked.
    pub struct MatchCondition {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// The condition, in CEL.
        #[prost(string, tag = "2")]
        pub expression: String,
    }
}

object! {
    /// A CustomResourceDefinition.
    pub struct CustomResourceDefinition {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The kind it defines.
        #[prost(message, required, tag = "2")]
        pub spec: CustomResourceDefinitionSpec,
    }
}

object! {
    /// The kind that a definition defines.
    pub struct CustomResourceDefinitionSpec {
        /// The API group.
        #[prost(string, tag = "1")]
        pub group: String,
        /// Its names.
        #[prost(message, required, tag = "3")]
        pub names: CustomResourceDefinitionNames,
        /// `Cluster` or `Namespaced`.
        #[prost(string, tag = "4")]
        pub scope: String,
        /// Its versions.
        #[prost(message, repeated, tag = "7")]
        pub versions: Vec<CustomResourceDefinitionVersion>,
    }
}

object! {
    /// The names of a kind.
    pub struct CustomResourceDefinitionNames {
        /// As in URLs and rules.
        #[prost(string, tag = "1")]
        pub plural: String,
        /// As in `kind:`.
        #[prost(string, tag = "4")]
        pub kind: String,
    }
}

object! {
    /// A version of a kind.
    pub struct CustomResourceDefinitionVersion {
        /// The name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Whether the API serves it.
        #[prost(bool, tag = "2")]
        pub served: bool,
        /// Whether objects are stored in it.
        #[prost(bool, tag = "3")]
        pub storage: bool,
    }
}

object! {
    /// An APIService: who answers for an API group and version.
    pub struct APIService {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// Who answers.
        #[prost(message, required, tag = "2")]
        pub spec: APIServiceSpec,
    }
}

object! {
    /// Who answers for an API group and version.
    pub struct APIServiceSpec {
        /// The Service that answers; absent when the API server itself does.
        #[prost(message, optional, tag = "1")]
        pub service: Option<APIServiceReference>,
        /// The API group.
        #[prost(string, tag = "2")]
        pub group: String,
        /// The version.
        #[prost(string, tag = "3")]
        pub version: String,
        /// Whether the certificate of the Service is not verified.
        #[prost(bool, tag = "4")]
        pub insecure_skip_tls_verify as "insecureSkipTLSVerify": bool,
        /// The certificates of `caBundle`, PEM: whom the Service's certificate must be signed by.
        #[prost(string, tag = "1001")]
        pub ca_certificates: String,
        hidden {
            #[prost(bytes = "vec", tag = "5")]
            #[serde(deserialize_with = "super::reading::bytes", skip_serializing)]
            ca_bundle: Vec<u8>,
        }
    }
}

object! {
    /// The Service that answers for an API group and version; its fields are numbered unlike those of a webhook's.
    pub struct APIServiceReference {
        /// Its namespace.
        #[prost(string, tag = "1")]
        pub namespace: String,
        /// Its name.
        #[prost(string, tag = "2")]
        pub name: String,
        /// The port; absent is 443.
        #[prost(int32, optional, tag = "3")]
        pub port: Option<i32>,
    }
}

nullable!(
    APIService,
    APIServiceSpec,
    APIServiceReference,
    ValidatingWebhookConfiguration,
    ValidatingWebhook,
    MutatingWebhookConfiguration,
    MutatingWebhook,
    WebhookClientConfig,
    ServiceReference,
    RuleWithOperations,
    MatchCondition,
    CustomResourceDefinition,
    CustomResourceDefinitionSpec,
    CustomResourceDefinitionNames,
    CustomResourceDefinitionVersion
);
inlined!(AdmissionRule);
