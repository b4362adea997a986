//! What is taken out of an object before it leaves this module, and what is derived from what was taken out.

use std::collections::BTreeMap;

use super::*;
use crate::facts::component::{Start, container_argv};
use crate::facts::redact::{self, Unprinted};

/// Redaction of one kind. Runs once, right after decoding.
pub(super) trait Admit {
    /// Takes out everything that may be secret.
    fn admit(&mut self);
}

/// Kinds that hold nothing to redact but annotations.
macro_rules! plain {
    ($($kind:ident)*) => {$(
        impl Admit for $kind {
            fn admit(&mut self) {
                redact::annotations(&mut self.metadata.annotations);
            }
        }
    )*};
}

plain! {
    Namespace Node ServiceAccount Service Role ClusterRole RoleBinding ClusterRoleBinding NetworkPolicy Ingress
    EndpointSlice ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding CustomResourceDefinition LimitRange
    PersistentVolume PersistentVolumeClaim
}

/// Kinds that hold a pod template.
macro_rules! templates {
    ($($kind:ident: $($field:ident).*;)*) => {$(
        impl Admit for $kind {
            fn admit(&mut self) {
                admit_template(&mut self.metadata, &mut self.spec.$($field).*);
            }
        }
    )*};
}

templates! {
    Deployment: template;
    ReplicaSet: template;
    DaemonSet: template;
    Job: template;
    CronJob: job_template.spec.template;
}

impl Admit for StatefulSet {
    fn admit(&mut self) {
        admit_template(&mut self.metadata, &mut self.spec.template);
        for claim in &mut self.spec.volume_claim_templates {
            redact::annotations(&mut claim.metadata.annotations);
        }
    }
}

impl Admit for ReplicationController {
    fn admit(&mut self) {
        match &mut self.spec.template {
            Some(template) => admit_template(&mut self.metadata, template),
            None => redact::annotations(&mut self.metadata.annotations),
        }
    }
}

impl Admit for PodTemplate {
    fn admit(&mut self) {
        admit_template(&mut self.metadata, &mut self.template);
    }
}

/// A controller with the template of its pods, which carries what stands in the annotations of both.
fn admit_template(metadata: &mut ObjectMeta, template: &mut PodTemplateSpec) {
    let found = InClear::of_annotations(&metadata.annotations);
    redact::annotations(&mut metadata.annotations);
    template.admit();
    template.spec.secrets_in_clear.extend(found);
}

impl Admit for PodTemplateSpec {
    fn admit(&mut self) {
        let found = InClear::of_annotations(&self.metadata.annotations);
        redact::annotations(&mut self.metadata.annotations);
        (self.component_at, self.component_argv) = component(&self.spec);
        self.spec.admit();
        self.spec.secrets_in_clear.extend(found);
    }
}

impl Admit for Pod {
    fn admit(&mut self) {
        let found = InClear::of_annotations(&self.metadata.annotations);
        redact::annotations(&mut self.metadata.annotations);
        let ObjectMeta {
            creation_timestamp, ..
        } = &self.metadata;
        // Of all that an API holds, only the cluster's own static pods count.
        if self.is_mirror() || *creation_timestamp == Time::default() {
            (self.component_at, self.component_argv) = component(&self.spec);
        }
        self.spec.admit();
        self.spec.secrets_in_clear.extend(found);
    }
}

/// The true command line of a component that a pod starts, behind the position of its container.
fn component(spec: &PodSpec) -> (u32, Unprinted) {
    for (at, one) in (0..).zip(&spec.containers) {
        let argv = container_argv(&one.name, &one.image, &one.command, &one.args);
        if Start::of_container(&argv, &one.name, &one.image).is_some() {
            return (at, Unprinted::new(argv));
        }
    }
    Default::default()
}

/// The container that starts a component, with its command line.
fn started<'s>(spec: &'s PodSpec, at: u32, argv: &'s Unprinted) -> Option<Starting<'s>> {
    let container = spec.containers.get(usize::try_from(at).ok()?)?;
    let argv = argv.words();
    (!argv.is_empty()).then_some((container, argv))
}

/// A container and the command line of the component that it starts.
type Starting<'s> = (&'s Container, &'s [String]);

impl Pod {
    /// The container that starts a component, with its true command line for the reader of its flags: that of the cluster's
    /// own static pods, and of manifests. Neither stored nor printed.
    pub fn component(&self) -> Option<Starting<'_>> {
        started(&self.spec, self.component_at, &self.component_argv)
    }

    /// Whether this is the API's copy of a static pod in a namespace of the system: Kubernetes' own, or one of OpenShift's
    /// operators.
    pub fn is_mirror(&self) -> bool {
        let metadata = &self.metadata;
        let namespace = metadata.namespace.as_str();
        let system = namespace == "kube-system" || namespace.starts_with("openshift-");
        let annotations = &metadata.annotations;
        system && annotations.contains_key("kubernetes.io/config.mirror")
    }
}

impl PodTemplateSpec {
    /// The same for pods that are made from a template.
    pub fn component(&self) -> Option<Starting<'_>> {
        started(&self.spec, self.component_at, &self.component_argv)
    }
}

impl Admit for PodSpec {
    fn admit(&mut self) {
        for container in &mut self.containers {
            "main".clone_into(&mut container.role);
        }
        for mut container in self.init_containers.drain(..) {
            let sidecar = container.restart_policy.as_deref() == Some("Always");
            let role = if sidecar { "sidecar" } else { "init" };
            role.clone_into(&mut container.role);
            self.containers.push(container);
        }
        for EphemeralContainer { mut common } in self.ephemeral_containers.drain(..) {
            "ephemeral".clone_into(&mut common.role);
            self.containers.push(common);
        }
        let deprecated = std::mem::take(&mut self.service_account);
        if self.service_account_name.is_empty() {
            self.service_account_name = deprecated;
        }
        let containers = self.containers.iter_mut();
        self.secrets_in_clear = containers.flat_map(InClear::of_container).collect();
        self.containers.iter_mut().for_each(Admit::admit);
    }
}

impl Admit for Container {
    fn admit(&mut self) {
        let image = redact::image(&self.image);
        if image.len() < self.image.len() {
            self.image = image.to_owned();
        }
        self.command = redact::argv(&self.command, &redact::printable_flag);
        self.args = redact::flags(&self.args, &redact::printable_flag);
        self.env.iter_mut().for_each(Admit::admit);
        let probes = [
            &mut self.liveness_probe,
            &mut self.readiness_probe,
            &mut self.startup_probe,
        ];
        for probe in probes.into_iter().flatten() {
            probe.handler.admit();
        }
        if let Some(lifecycle) = &mut self.lifecycle {
            let handlers = [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
            handlers.into_iter().flatten().for_each(Admit::admit);
        }
    }
}

impl Admit for Handler {
    fn admit(&mut self) {
        if let Some(exec) = &mut self.exec {
            exec.command = redact::argv(&exec.command, &redact::printable_flag);
        }
    }
}

impl Admit for EnvVar {
    fn admit(&mut self) {
        let value = std::mem::take(&mut self.value);
        let pattern = redact::in_value(&self.name, &value).unwrap_or_default();
        pattern.clone_into(&mut self.pattern);
    }
}

impl Admit for ValidatingWebhookConfiguration {
    fn admit(&mut self) {
        redact::annotations(&mut self.metadata.annotations);
        for webhook in &mut self.webhooks {
            webhook.client_config.admit();
            webhook.match_conditions.iter_mut().for_each(Admit::admit);
        }
    }
}

impl Admit for MutatingWebhookConfiguration {
    fn admit(&mut self) {
        redact::annotations(&mut self.metadata.annotations);
        for webhook in &mut self.webhooks {
            webhook.client_config.admit();
            webhook.match_conditions.iter_mut().for_each(Admit::admit);
        }
    }
}

impl Admit for WebhookClientConfig {
    fn admit(&mut self) {
        let bundle = std::mem::take(&mut self.ca_bundle);
        self.ca_certificates = redact::pem_blocks(&bundle, "CERTIFICATE");
        if let Some(url) = &mut self.url {
            *url = redact::origin(url);
        }
    }
}

impl Admit for APIService {
    fn admit(&mut self) {
        redact::annotations(&mut self.metadata.annotations);
        let bundle = std::mem::take(&mut self.spec.ca_bundle);
        self.spec.ca_certificates = redact::pem_blocks(&bundle, "CERTIFICATE");
    }
}

impl Admit for MatchCondition {
    fn admit(&mut self) {
        if redact::pattern("", &self.expression).is_some() {
            self.expression = redact::redacted(&self.expression);
        }
    }
}

impl Admit for CertificateSigningRequest {
    fn admit(&mut self) {
        redact::annotations(&mut self.metadata.annotations);
        let request = std::mem::take(&mut self.spec.request);
        self.spec.request_pem = redact::pem_blocks(&request, "CERTIFICATE REQUEST");
        let certificate = std::mem::take(&mut self.status.certificate);
        self.status.certificate_pem = redact::pem_blocks(&certificate, "CERTIFICATE");
    }
}

/// The ConfigMaps that are read, with the keys that are kept of each. `cluster-info` holds a signature per bootstrap token, of
/// which only the key is kept: `jws-kubeconfig-<id>` is how long-lived tokens show without a right to Secrets.
const CONFIG_MAPS: &[(&str, &str, &[&str])] = &[
    ("kube-system", "kubeadm-config", &["ClusterConfiguration"]),
    ("kube-system", "kubelet-config", &["kubelet"]),
    ("kube-system", "kube-proxy", &["config.conf"]),
    ("kube-public", "cluster-info", &[]),
    (
        "kube-system",
        "extension-apiserver-authentication",
        &[
            "client-ca-file",
            "requestheader-allowed-names",
            "requestheader-client-ca-file",
            "requestheader-extra-headers-prefix",
            "requestheader-group-headers",
            "requestheader-username-headers",
        ],
    ),
];

/// The keys that hold YAML.
const CONFIGURATIONS: &[&str] = &["ClusterConfiguration", "kubelet", "config.conf"];

/// A configuration without what may be secret, as JSON (which is YAML too).
fn configuration(text: &str) -> String {
    match super::first_document(text) {
        Ok(mut value) => {
            redact::configuration(&mut value);
            value.to_string()
        }
        Err(_) => redact::redacted(text),
    }
}

/// The prefix of the keys of live bootstrap tokens in `kube-public/cluster-info`.
const SIGNATURE: &str = "jws-kubeconfig-";

impl Admit for ConfigMap {
    fn admit(&mut self) {
        redact::annotations(&mut self.metadata.annotations);
        let (namespace, name) = (&self.metadata.namespace, &self.metadata.name);
        let known = CONFIG_MAPS
            .iter()
            .find(|(n, m, _)| n == namespace && m == name);
        let keys = known.map_or(&[][..], |(_, _, keys)| keys);
        let cluster_info = name == "cluster-info" && known.is_some();
        let keep = |(key, value): (String, String)| {
            if cluster_info && key.starts_with(SIGNATURE) {
                return Some((key, redact::redacted(&value)));
            }
            let kept = if CONFIGURATIONS.contains(&key.as_str()) {
                configuration(&value)
            } else {
                value
            };
            keys.contains(&key.as_str()).then_some((key, kept))
        };
        let found = |(key, value): (&String, &String)| {
            let pattern = redact::in_value(key, value)?;
            Some(InClear::at(key.clone(), pattern))
        };
        self.secrets_in_clear = self.data.iter().filter_map(found).collect();
        (self.iam_mappings, self.iam_unread) = match self.is_aws_auth() {
            true => iam::mappings(&self.data),
            false => Default::default(),
        };
        let data = std::mem::take(&mut self.data);
        self.data = data
            .into_iter()
            .filter_map(keep)
            .collect::<BTreeMap<_, _>>();
    }
}

impl Admit for Secret {
    fn admit(&mut self) {
        redact::annotations(&mut self.metadata.annotations);
        self.take_values();
    }
}

impl ConfigMap {
    /// Namespace and name of each ConfigMap that is worth reading.
    pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
        CONFIG_MAPS
            .iter()
            .map(|(namespace, name, _)| (*namespace, *name))
    }
}
