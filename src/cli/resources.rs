//! Resources by the names that people type: plural, singular, short, as `kubectl api-resources` lists them.

use crate::facts::objects::CustomResourceDefinition;

/// API group, plural, short names. The singular is the plural's own.
const KNOWN: [(&str, &str, &[&str]); 46] = [
    ("", "bindings", &[]),
    ("", "configmaps", &["cm"]),
    ("", "endpoints", &["ep"]),
    ("", "events", &["ev"]),
    ("", "groups", &[]),
    ("", "limitranges", &["limits"]),
    ("", "namespaces", &["ns"]),
    ("", "nodes", &["no"]),
    ("", "persistentvolumeclaims", &["pvc"]),
    ("", "persistentvolumes", &["pv"]),
    ("", "pods", &["po"]),
    ("", "replicationcontrollers", &["rc"]),
    ("", "resourcequotas", &["quota"]),
    ("", "secrets", &[]),
    ("", "serviceaccounts", &["sa"]),
    ("", "services", &["svc"]),
    ("", "users", &[]),
    (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        &[],
    ),
    (
        "admissionregistration.k8s.io",
        "validatingadmissionpolicies",
        &[],
    ),
    (
        "admissionregistration.k8s.io",
        "validatingadmissionpolicybindings",
        &[],
    ),
    (
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        &[],
    ),
    (
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        &["crd", "crds"],
    ),
    ("apiregistration.k8s.io", "apiservices", &[]),
    ("apps", "controllerrevisions", &[]),
    ("apps", "daemonsets", &["ds"]),
    ("apps", "deployments", &["deploy"]),
    ("apps", "replicasets", &["rs"]),
    ("apps", "statefulsets", &["sts"]),
    ("authentication.k8s.io", "tokenreviews", &[]),
    ("authorization.k8s.io", "subjectaccessreviews", &[]),
    ("autoscaling", "horizontalpodautoscalers", &["hpa"]),
    ("batch", "cronjobs", &["cj"]),
    ("batch", "jobs", &[]),
    (
        "certificates.k8s.io",
        "certificatesigningrequests",
        &["csr"],
    ),
    ("certificates.k8s.io", "signers", &[]),
    ("coordination.k8s.io", "leases", &[]),
    ("discovery.k8s.io", "endpointslices", &[]),
    ("networking.k8s.io", "ingresses", &["ing"]),
    ("networking.k8s.io", "networkpolicies", &["netpol"]),
    ("policy", "poddisruptionbudgets", &["pdb"]),
    ("rbac.authorization.k8s.io", "clusterrolebindings", &[]),
    ("rbac.authorization.k8s.io", "clusterroles", &[]),
    ("rbac.authorization.k8s.io", "rolebindings", &[]),
    ("rbac.authorization.k8s.io", "roles", &[]),
    ("scheduling.k8s.io", "priorityclasses", &["pc"]),
    ("storage.k8s.io", "storageclasses", &["sc"]),
];

/// The API group and the resource (with its subresource) that `typed` means: `deploy`, `pods/exec`, `widgets.example.com`.
/// What nobody knows is taken to be a resource of the core group, as RBAC would match it.
pub(crate) fn resource(typed: &str, custom: &[CustomResourceDefinition]) -> (String, String) {
    let (name, subresource) = match typed.split_once('/') {
        Some((name, rest)) => (name, format!("/{rest}")),
        None => (typed, String::new()),
    };
    let name = name.to_ascii_lowercase();
    if let Some((plural, group)) = name.split_once('.') {
        let group = if group == "core" { "" } else { group };
        return (group.to_owned(), format!("{}{subresource}", full(plural)));
    }
    let known = KNOWN.iter().find(|(_, plural, short)| {
        *plural == name || short.contains(&name.as_str()) || singular(plural) == name
    });
    if let Some((group, plural, _)) = known {
        return ((*group).to_owned(), format!("{plural}{subresource}"));
    }
    let custom = custom.iter().find(|one| one.spec.names.plural == name);
    let group = custom.map(|one| one.spec.group.clone()).unwrap_or_default();
    (group, format!("{name}{subresource}"))
}

fn full(name: &str) -> String {
    let known = KNOWN.iter();
    let mut known =
        known.filter(|(_, plural, short)| short.contains(&name) || singular(plural) == name);
    known
        .next()
        .map_or(name, |(_, plural, _)| plural)
        .to_owned()
}

fn singular(plural: &str) -> String {
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let stem = ["sses", "xes"].iter().find(|end| plural.ends_with(*end));
    let cut = if stem.is_some() { 2 } else { 1 };
    plural[..plural.len() - cut].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_type() {
        let cases = [
            ("pods", "", "pods"),
            ("Pod", "", "pods"),
            ("po/exec", "", "pods/exec"),
            ("deploy", "apps", "deployments"),
            ("networkpolicy", "networking.k8s.io", "networkpolicies"),
            ("ingress", "networking.k8s.io", "ingresses"),
            ("deploy.apps", "apps", "deployments"),
            ("widgets.example.com/scale", "example.com", "widgets/scale"),
            ("events.core", "", "events"),
            ("signers", "certificates.k8s.io", "signers"),
            ("unheard-of", "", "unheard-of"),
            ("*", "", "*"),
        ];
        for (typed, group, name) in cases {
            let got = resource(typed, &[]);
            assert_eq!((got.0.as_str(), got.1.as_str()), (group, name), "{typed}");
        }
    }
}
