//! Versions that Kubernetes no longer serves of kinds that are read, and what is different in them.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.

use serde_json::{Map, Value, json};

/// Group and version under which a kind is read that is written in a removed version.
pub(super) fn current(api_version: &str, kind: &str) -> Option<&'static str> {
    Some(match (api_version, kind) {
        (
            "extensions/v1beta1" | "apps/v1beta1" | "apps/v1beta2",
            "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet",
        ) => "apps/v1",
        ("batch/v1beta1" | "batch/v2alpha1", "CronJob") => "batch/v1",
        ("extensions/v1beta1", "NetworkPolicy" | "Ingress")
        | ("networking.k8s.io/v1beta1", "Ingress") => "networking.k8s.io/v1",
        (
            "rbac.authorization.k8s.io/v1beta1" | "rbac.authorization.k8s.io/v1alpha1",
            "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding",
        ) => "rbac.authorization.k8s.io/v1",
        (
            "admissionregistration.k8s.io/v1beta1",
            "ValidatingWebhookConfiguration"
            | "MutatingWebhookConfiguration"
            | "ValidatingAdmissionPolicy"
            | "ValidatingAdmissionPolicyBinding",
        ) => "admissionregistration.k8s.io/v1",
        ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition") => "apiextensions.k8s.io/v1",
        ("apiregistration.k8s.io/v1beta1", "APIService") => "apiregistration.k8s.io/v1",
        ("certificates.k8s.io/v1beta1", "CertificateSigningRequest") => "certificates.k8s.io/v1",
        _ => return None,
    })
}

/// Writes an object of a removed version as the current one has it, where they differ in more than defaults of no matter.
pub(super) fn rewrite(kind: &str, object: &mut Value) {
    match kind {
        "Ingress" => ingress(object),
        // Webhooks were passed over when they could not be reached.
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            for webhook in list(object.get_mut("webhooks")) {
                default(webhook, "failurePolicy", "Ignore".into());
            }
        }
        "CustomResourceDefinition" => {
            if let Some(Value::Object(spec)) = object.get_mut("spec")
                && let (Some(version), None) = (spec.get("version"), spec.get("versions"))
            {
                let only = json!([{"name": version, "served": true, "storage": true}]);
                spec.insert("versions".to_owned(), only);
            }
        }
        "CertificateSigningRequest" => {
            if let Some(Value::Object(spec)) = object.get_mut("spec") {
                default(spec, "signerName", "kubernetes.io/legacy-unknown".into());
            }
        }
        _ => {}
    }
}

fn default(fields: &mut Map<String, Value>, name: &str, value: Value) {
    let field = fields.entry(name).or_insert(Value::Null);
    if field.is_null() {
        *field = value;
    }
}

/// The objects of a list.
fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = value.and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// `backend: {serviceName, servicePort}` became `{service: {name, port}}`, and the one of the whole has another name.
fn ingress(object: &mut Value) {
    let Some(Value::Object(spec)) = object.get_mut("spec") else {
        return;
    };
    if let Some(backend) = spec.remove("backend") {
        spec.entry("defaultBackend").or_insert(backend);
    }
    backend(spec.get_mut("defaultBackend"));
    for rule in list(spec.get_mut("rules")) {
        let http = rule.get_mut("http").and_then(|http| http.get_mut("paths"));
        for path in list(http) {
            backend(path.get_mut("backend"));
        }
    }
}

fn backend(backend: Option<&mut Value>) {
    let Some(Value::Object(fields)) = backend else {
        return;
    };
    if let Some(name) = fields.remove("serviceName") {
        let port = match fields.remove("servicePort") {
            Some(Value::String(name)) => json!({"name": name}),
            port => json!({"number": port}),
        };
        fields.insert("service".to_owned(), json!({"name": name, "port": port}));
    }
}
