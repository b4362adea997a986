//! What is asked of an audit policy: the requests that an intruder makes, those that carry what must not be in a log, and
//! what a policy may leave out without harm.
//!
//! Sources: CIS Kubernetes Benchmark 3.2.2; <https://kubernetes.io/docs/concepts/security/rbac-good-practices/> for what
//! leads to more rights; <https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/> and the policy of
//! kubernetes/cluster/gce/gci/configure-helper.sh for what is usually left out.

/// Where the objects of a request lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Namespaced,
    Cluster,
}

/// Requests of one kind: group, resource with its subresource, verbs, scope.
pub(super) struct Asked {
    pub(super) group: &'static str,
    pub(super) resource: &'static str,
    pub(super) verbs: &'static [&'static str],
    pub(super) scope: Scope,
}

const fn asked(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    scope: Scope,
) -> Asked {
    Asked {
        group,
        resource,
        verbs,
        scope,
    }
}

const ALL: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];
const WRITES: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];
const CHANGES: &[&str] = &["update", "patch"];
const CREATE: &[&str] = &["create"];
/// A connection is a POST, or a GET that is upgraded.
const CONNECT: &[&str] = &["get", "create"];
/// A proxy passes every method on.
const PROXY: &[&str] = &["get", "create", "update", "patch", "delete"];

const AUTHENTICATION: &str = "authentication.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

use Scope::{Cluster, Namespaced};

/// Requests that must leave a trace, whoever makes them.
#[rustfmt::skip] // one kind a line
pub(super) const TRACED: &[Asked] = &[
    asked("", "secrets", ALL, Namespaced),
    asked("", "configmaps", ALL, Namespaced),
    asked(AUTHENTICATION, "tokenreviews", CREATE, Cluster),
    asked("", "pods", WRITES, Namespaced),
    asked("", "pods/exec", CONNECT, Namespaced),
    asked("", "pods/attach", CONNECT, Namespaced),
    asked("", "pods/portforward", CONNECT, Namespaced),
    asked("", "pods/proxy", PROXY, Namespaced),
    asked("", "pods/ephemeralcontainers", CHANGES, Namespaced),
    asked("", "pods/eviction", CREATE, Namespaced),
    asked("", "services/proxy", PROXY, Namespaced),
    asked("", "nodes/proxy", PROXY, Cluster),
    asked("", "serviceaccounts", WRITES, Namespaced),
    asked("", "serviceaccounts/token", CREATE, Namespaced),
    asked("apps", "deployments", WRITES, Namespaced),
    asked("apps", "daemonsets", WRITES, Namespaced),
    asked("apps", "statefulsets", WRITES, Namespaced),
    asked("batch", "jobs", WRITES, Namespaced),
    asked("batch", "cronjobs", WRITES, Namespaced),
    asked(RBAC, "roles", WRITES, Namespaced),
    asked(RBAC, "rolebindings", WRITES, Namespaced),
    asked(RBAC, "clusterroles", WRITES, Cluster),
    asked(RBAC, "clusterrolebindings", WRITES, Cluster),
    asked(ADMISSION, "validatingwebhookconfigurations", WRITES, Cluster),
    asked(ADMISSION, "mutatingwebhookconfigurations", WRITES, Cluster),
    asked(ADMISSION, "validatingadmissionpolicies", WRITES, Cluster),
    asked(ADMISSION, "validatingadmissionpolicybindings", WRITES, Cluster),
    asked(ADMISSION, "mutatingadmissionpolicies", WRITES, Cluster),
    asked(ADMISSION, "mutatingadmissionpolicybindings", WRITES, Cluster),
    asked(CERTIFICATES, "certificatesigningrequests", CREATE, Cluster),
    asked(CERTIFICATES, "certificatesigningrequests/approval", CHANGES, Cluster),
    asked(CERTIFICATES, "certificatesigningrequests/status", CHANGES, Cluster),
    asked("networking.k8s.io", "networkpolicies", WRITES, Namespaced),
    asked("", "namespaces", CREATE, Cluster),
    // The namespace of such a request is the object itself.
    asked("", "namespaces", &["update", "patch", "delete"], Namespaced),
    asked("", "nodes", WRITES, Cluster),
    asked("", "persistentvolumes", WRITES, Cluster),
    asked("apiextensions.k8s.io", "customresourcedefinitions", WRITES, Cluster),
    asked("apiregistration.k8s.io", "apiservices", WRITES, Cluster),
];

const SENT: &[&str] = &["create", "update", "patch"];
/// Whoever writes an object, or deletes it, is shown it.
const ANSWERED: &[&str] = &[
    "get",
    "list",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];

/// Requests that send what must not be in a log: the level Request keeps it.
#[rustfmt::skip]
pub(super) const SENDING: &[Asked] = &[
    asked("", "secrets", SENT, Namespaced),
    asked("", "configmaps", SENT, Namespaced),
    asked(AUTHENTICATION, "tokenreviews", CREATE, Cluster),
];

/// Requests that are answered with it: the level RequestResponse keeps it. A watch is answered by events, which no level
/// keeps.
#[rustfmt::skip]
pub(super) const ANSWERING: &[Asked] = &[
    asked("", "secrets", ANSWERED, Namespaced),
    asked("", "configmaps", ANSWERED, Namespaced),
    asked("", "serviceaccounts/token", CREATE, Namespaced),
    asked(AUTHENTICATION, "tokenreviews", CREATE, Cluster),
];

/// Whether a request lasts: it then tells of its beginning, too (stage ResponseStarted).
///
/// Source: the pattern of long-running requests, kubernetes/pkg/controlplane/apiserver/config.go.
pub(super) fn lasts(resource: &str, verb: &str) -> bool {
    let subresource = resource.split_once('/').map(|(_, name)| name);
    verb == "watch"
        || subresource
            .is_some_and(|name| ["attach", "exec", "proxy", "portforward"].contains(&name))
}

const READS: &[&str] = &["get", "list", "watch"];
const LOCKS: &[&str] = &["get", "list", "watch", "create", "update", "patch"];

/// What may be left out: by these callers (users, or groups when `group`), these verbs on these resources in these
/// namespaces; an empty list is everything.
pub(super) struct Harmless {
    pub(super) users: &'static [&'static str],
    pub(super) group: &'static str,
    pub(super) verbs: &'static [&'static str],
    pub(super) resources: &'static [&'static str],
    pub(super) namespaces: &'static [&'static str],
}

pub(super) const HARMLESS: &[Harmless] = &[
    // kube-proxy and kubelets watch all day long what they need, and the authorizers give them no more.
    Harmless {
        users: &[
            "system:kube-proxy",
            "system:serviceaccount:kube-system:kube-proxy",
        ],
        group: "",
        verbs: READS,
        resources: &[],
        namespaces: &[],
    },
    Harmless {
        users: &["kubelet"],
        group: "system:nodes",
        verbs: READS,
        resources: &[],
        namespaces: &[],
    },
    // The API server asks itself, with a token that never leaves its memory.
    Harmless {
        users: &["system:apiserver"],
        group: "",
        verbs: &[],
        resources: &[],
        namespaces: &[],
    },
    // The insecure port, whose requests were called this, is gone since 1.20.
    Harmless {
        users: &["system:unsecured"],
        group: "",
        verbs: &[],
        resources: &[],
        namespaces: &[],
    },
    // Controllers that elect a leader write to their lock every few seconds.
    Harmless {
        users: &[
            "system:kube-controller-manager",
            "system:cloud-controller-manager",
            "system:kube-scheduler",
            "cluster-autoscaler",
        ],
        group: "",
        verbs: LOCKS,
        resources: &["configmaps"],
        namespaces: &["kube-system"],
    },
];

/// Whether a ConfigMap is the lock of a leader by its name: `controller-leader`, `ingress-controller-leader`.
pub(super) fn is_lock(resource: &str, name: &str) -> bool {
    resource == "configmaps"
        && ["leader", "election"]
            .iter()
            .any(|word| name.contains(word))
}

/// Whether what is sent may stay in the log: the ConfigMaps of kube-system are the settings of the cluster's own parts,
/// and the example of the documentation keeps their changes.
pub(super) fn is_setting(resource: &str, namespace: Option<&str>) -> bool {
    resource == "configmaps" && namespace == Some("kube-system")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_watches_last() {
        for (resource, verb, wanted) in [
            ("pods", "watch", true),
            ("pods/exec", "create", true),
            ("nodes/proxy", "get", true),
            ("pods/eviction", "create", false),
            ("pods", "delete", false),
        ] {
            assert_eq!(lasts(resource, verb), wanted, "{verb} {resource}");
        }
    }
}
