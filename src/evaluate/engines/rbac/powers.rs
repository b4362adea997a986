//! Powers: what rules add up to, under the names that checks ask for. Derived from rules alone, never from names of roles.

use super::rules::{Reach, SIGNERS, Target, allows, covers, has_wildcard};
use crate::facts::objects::PolicyRule;

/// A power that a single request shows.
struct Power {
    name: &'static str,
    /// Any of these verbs; none at all stands for any verb.
    verbs: &'static [&'static str],
    /// On any of these.
    targets: &'static [Target<'static>],
    reach: Reach,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// Verbs by which constrained impersonation is granted, KEP-5284.
const CONSTRAINED: [&str; 2] = ["impersonate:", "impersonate-on:"];

/// Every verb of the API server's own REST storage.
const VERBS: [&str; 8] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];

const EVERYTHING: Target<'static> = Target::local("*", "*");

/// CIS 5.1.2 and 5.1.4 to 5.1.13, with what reaches as far.
const POWERS: &[Power] = &[
    Power {
        name: "secretsRead",
        verbs: &["get", "list", "watch"],
        targets: &[Target::local("", "secrets")],
        reach: Reach::Every,
    },
    Power {
        name: "podsCreate",
        verbs: &["create"],
        targets: &[Target::local("", "pods")],
        reach: Reach::Every,
    },
    // Whoever writes a controller's template has its pods made for him.
    Power {
        name: "workloadsChange",
        verbs: &["create", "update", "patch"],
        targets: &[
            Target::local("apps", "deployments"),
            Target::local("apps", "daemonsets"),
            Target::local("apps", "statefulsets"),
            Target::local("apps", "replicasets"),
            Target::local("", "replicationcontrollers"),
            Target::local("batch", "jobs"),
            Target::local("batch", "cronjobs"),
        ],
        reach: Reach::One,
    },
    // The image of a container may be changed while its pod runs.
    Power {
        name: "workloadsChange",
        verbs: &["update", "patch"],
        targets: &[Target::local("", "pods")],
        reach: Reach::One,
    },
    // `get` is enough for a WebSocket before Kubernetes 1.35, and later where AuthorizePodWebsocketUpgradeCreatePermission is off.
    Power {
        name: "execute",
        verbs: &["create", "get"],
        targets: &[
            Target::local("", "pods/exec"),
            Target::local("", "pods/attach"),
        ],
        reach: Reach::One,
    },
    Power {
        name: "execute",
        verbs: &["update", "patch"],
        targets: &[Target::local("", "pods/ephemeralcontainers")],
        reach: Reach::One,
    },
    Power {
        name: "portForward",
        verbs: &["create", "get"],
        targets: &[Target::local("", "pods/portforward")],
        reach: Reach::One,
    },
    Power {
        name: "nodesProxy",
        verbs: &[],
        targets: &[Target::global("", "nodes/proxy")],
        reach: Reach::One,
    },
    Power {
        name: "impersonate",
        verbs: &["impersonate"],
        targets: &[
            Target::global("", "users"),
            Target::global("", "groups"),
            Target::local("", "serviceaccounts"),
            Target::global(AUTHENTICATION, "uids"),
        ],
        reach: Reach::One,
    },
    // A RoleBinding to a ClusterRole is asked about in its own namespace.
    Power {
        name: "bind",
        verbs: &["bind"],
        targets: &[
            Target::local(RBAC, "roles"),
            Target::local(RBAC, "clusterroles"),
        ],
        reach: Reach::One,
    },
    Power {
        name: "escalate",
        verbs: &["escalate"],
        targets: &[
            Target::local(RBAC, "roles"),
            Target::global(RBAC, "clusterroles"),
        ],
        reach: Reach::One,
    },
    Power {
        name: "certificatesApprove",
        verbs: &["update", "patch"],
        targets: &[Target::global(
            "certificates.k8s.io",
            "certificatesigningrequests/approval",
        )],
        reach: Reach::One,
    },
    Power {
        name: "certificatesSign",
        verbs: &["update", "patch"],
        targets: &[Target::global(
            "certificates.k8s.io",
            "certificatesigningrequests/status",
        )],
        reach: Reach::One,
    },
    Power {
        name: "tokensCreate",
        verbs: &["create"],
        targets: &[Target::local("", "serviceaccounts/token")],
        reach: Reach::One,
    },
    Power {
        name: "admissionChange",
        verbs: &["create", "update", "patch", "delete", "deletecollection"],
        targets: &[
            Target::global(ADMISSION, "validatingwebhookconfigurations"),
            Target::global(ADMISSION, "mutatingwebhookconfigurations"),
            Target::global(ADMISSION, "validatingadmissionpolicies"),
            Target::global(ADMISSION, "validatingadmissionpolicybindings"),
            Target::global(ADMISSION, "mutatingadmissionpolicies"),
            Target::global(ADMISSION, "mutatingadmissionpolicybindings"),
        ],
        reach: Reach::One,
    },
    // The API server keeps whoever writes roles and bindings from granting more than he has.
    Power {
        name: "rbacChange",
        verbs: &["create", "update", "patch"],
        targets: &[
            Target::local(RBAC, "roles"),
            Target::local(RBAC, "rolebindings"),
            Target::global(RBAC, "clusterroles"),
            Target::global(RBAC, "clusterrolebindings"),
        ],
        reach: Reach::One,
    },
    // Labels and taints decide what runs where; the status of a pod, what a Service sends to it.
    Power {
        name: "nodesChange",
        verbs: &["update", "patch"],
        targets: &[
            Target::global("", "nodes"),
            Target::global("", "nodes/status"),
            Target::local("", "pods/status"),
        ],
        reach: Reach::One,
    },
    Power {
        name: "namespacesChange",
        verbs: &["update", "patch"],
        targets: &[Target::global("", "namespaces")],
        reach: Reach::One,
    },
    Power {
        name: "podsDelete",
        verbs: &["delete", "deletecollection"],
        targets: &[Target::local("", "pods")],
        reach: Reach::Every,
    },
    Power {
        name: "podsDelete",
        verbs: &["create"],
        targets: &[Target::local("", "pods/eviction")],
        reach: Reach::One,
    },
    Power {
        name: "persistentVolumesCreate",
        verbs: &["create"],
        targets: &[Target::global("", "persistentvolumes")],
        reach: Reach::Every,
    },
];

/// Powers that admission gives only to whoever holds a verb on a signer as well (the plugins CertificateApproval and
/// CertificateSigning), with that verb.
const BY_SIGNER: [(&str, &str); 2] = [
    ("certificatesApprove", "approve"),
    ("certificatesSign", "sign"),
];

/// The powers that `rules` give, in the order of the alphabet; `everywhere` when a ClusterRoleBinding grants them. `beside`
/// is what those who are bound hold elsewhere about signers.
pub(super) fn powers(
    rules: &[&PolicyRule],
    everywhere: bool,
    beside: &[&PolicyRule],
) -> Vec<String> {
    let mut held = single(rules, everywhere);
    held.retain(|name| {
        let verb = BY_SIGNER.iter().find(|(power, _)| power == name);
        verb.is_none_or(|(_, verb)| by_signer(rules, beside, verb))
    });
    let all = |verb: &&str| {
        let mut rules = rules.iter();
        rules.any(|rule| allows(rule, verb, &EVERYTHING, Reach::Every))
    };
    if VERBS.iter().all(all) {
        held.push("everything");
    }
    if rules.iter().any(|rule| has_wildcard(rule)) {
        held.push("wildcard");
    }
    if rules.iter().any(|rule| impersonates_constrained(rule)) {
        held.push("impersonate");
    }
    held.sort_unstable();
    held.dedup();
    held.into_iter().map(str::to_owned).collect()
}

/// Whether `rules` give a power if only those who are bound hold some verb on a signer elsewhere.
pub(super) fn wants_signer(
    rules: &[&PolicyRule],
    everywhere: bool,
    beside: &[&PolicyRule],
) -> bool {
    let held = single(rules, everywhere);
    let mut by_signer = BY_SIGNER.iter();
    by_signer.any(|(power, verb)| held.contains(power) && !self::by_signer(rules, beside, verb))
}

fn by_signer(rules: &[&PolicyRule], beside: &[&PolicyRule], verb: &str) -> bool {
    let mut all = rules.iter().chain(beside);
    all.any(|rule| allows(rule, verb, &SIGNERS, Reach::One))
}

/// The powers that single requests show, whatever admission says to them.
fn single(rules: &[&PolicyRule], everywhere: bool) -> Vec<&'static str> {
    let held = POWERS.iter().filter(|power| power.held(rules, everywhere));
    held.map(|power| power.name).collect()
}

impl Power {
    fn held(&self, rules: &[&PolicyRule], everywhere: bool) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| {
            (everywhere || target.namespaced)
                && rules.iter().any(|rule| {
                    if self.verbs.is_empty() {
                        return !rule.verbs.is_empty() && covers(rule, target);
                    }
                    let mut verbs = self.verbs.iter();
                    verbs.any(|verb| allows(rule, verb, target, self.reach))
                })
        })
    }
}

fn impersonates_constrained(rule: &PolicyRule) -> bool {
    let mut verbs = rule.verbs.iter();
    verbs.any(|verb| CONSTRAINED.iter().any(|prefix| verb.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> PolicyRule {
        // verbs | groups | resources | names
        let mut parts = text.split('|').map(|part| {
            let items = part.split(',').map(str::trim);
            items.map(str::to_owned).collect::<Vec<_>>()
        });
        let mut next = || parts.next().unwrap_or_default();
        PolicyRule {
            verbs: next(),
            api_groups: next(),
            resources: next(),
            resource_names: next(),
            non_resource_urls: Vec::new(),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn powers_follow_from_rules() {
        // (rules, bound everywhere, bound in a namespace)
        let cases: [(&[&str], &str, &str); 38] = [
            (&["get||secrets"], "secretsRead", "secretsRead"),
            (&["get||secrets|one"], "", ""),
            (&["create,delete||secrets"], "", ""),
            (&["create||pods"], "podsCreate", "podsCreate"),
            (&["create|apps|pods"], "", ""),
            (
                &["patch|apps|deployments|one"],
                "workloadsChange",
                "workloadsChange",
            ),
            (&["create|batch|cronjobs|one"], "", ""),
            (&["get||pods/exec"], "execute", "execute"),
            (&["create||pods/*"], "", ""),
            (&["patch||pods"], "workloadsChange", "workloadsChange"),
            (&["get||pods/portforward"], "portForward", "portForward"),
            (&["create||pods/eviction"], "podsDelete", "podsDelete"),
            (&["delete||pods|one"], "", ""),
            (&["patch||nodes/status"], "nodesChange", ""),
            (&["patch||namespaces"], "namespacesChange", ""),
            (
                &["create|rbac.authorization.k8s.io|rolebindings"],
                "rbacChange",
                "rbacChange",
            ),
            (
                &["update|certificates.k8s.io|certificatesigningrequests/status"],
                "",
                "",
            ),
            (
                &[
                    "update|certificates.k8s.io|certificatesigningrequests/status",
                    "sign|certificates.k8s.io|signers|example.com/one",
                ],
                "certificatesSign",
                "",
            ),
            (
                &[
                    "patch|certificates.k8s.io|*/approval",
                    "sign|certificates.k8s.io|signers",
                ],
                "wildcard",
                "wildcard",
            ),
            (&["*|certificates.k8s.io|signers"], "wildcard", "wildcard"),
            (&["patch||pods/ephemeralcontainers"], "execute", "execute"),
            (&["get||nodes/proxy"], "nodesProxy", ""),
            (&["list||*/proxy"], "nodesProxy,wildcard", "wildcard"),
            (&["get||nodes/*"], "", ""),
            (&["impersonate||groups|system:masters"], "impersonate", ""),
            (
                &["impersonate||serviceaccounts"],
                "impersonate",
                "impersonate",
            ),
            (
                &["impersonate:user-info|authentication.k8s.io|users"],
                "impersonate",
                "impersonate",
            ),
            (
                &["bind|rbac.authorization.k8s.io|clusterroles"],
                "bind",
                "bind",
            ),
            (
                &["escalate|rbac.authorization.k8s.io|clusterroles"],
                "escalate",
                "",
            ),
            (
                &["patch|certificates.k8s.io|certificatesigningrequests/approval"],
                "",
                "",
            ),
            (
                &[
                    "patch|certificates.k8s.io|certificatesigningrequests/approval",
                    "approve|certificates.k8s.io|signers|kubernetes.io/*",
                ],
                "certificatesApprove",
                "",
            ),
            (&["create||*/exec"], "execute,wildcard", "execute,wildcard"),
            (
                &["patch||*/ephemeralcontainers"],
                "execute,wildcard",
                "execute,wildcard",
            ),
            (
                &["create||*/token"],
                "tokensCreate,wildcard",
                "tokensCreate,wildcard",
            ),
            (
                &["create||*/eviction"],
                "podsDelete,wildcard",
                "podsDelete,wildcard",
            ),
            (
                &["create||serviceaccounts/token|one"],
                "tokensCreate",
                "tokensCreate",
            ),
            (
                &["delete|admissionregistration.k8s.io|validatingadmissionpolicies"],
                "admissionChange",
                "",
            ),
            (
                &["create||persistentvolumes"],
                "persistentVolumesCreate",
                "",
            ),
        ];
        for (rules, everywhere, inside) in cases {
            let rules: Vec<PolicyRule> = rules
                .iter()
                .map(|text| {
                    let mut rule = rule(text);
                    rule.resource_names.retain(|name| !name.is_empty());
                    rule
                })
                .collect();
            let rules: Vec<&PolicyRule> = rules.iter().collect();
            assert_eq!(powers(&rules, true, &[]).join(","), everywhere, "{rules:?}");
            assert_eq!(powers(&rules, false, &[]).join(","), inside, "{rules:?}");
        }
    }

    #[test]
    fn everything_may_be_spelt_out_and_has_all_powers() {
        let spelt = [
            rule("get,list,watch|*|*|"),
            rule("create,update,patch,delete,deletecollection|*|*|"),
        ]
        .map(|mut rule| {
            rule.resource_names.clear();
            rule
        });
        let spelt = spelt.each_ref();
        assert!(powers(&spelt, true, &[]).contains(&"everything".to_owned()));
        assert!(!powers(&spelt[1..], true, &[]).contains(&"everything".to_owned()));
        let mut star = rule("*|*|*|");
        star.resource_names.clear();
        let all = powers(&[&star], true, &[]);
        for power in POWERS {
            assert!(all.iter().any(|name| name == power.name), "{}", power.name);
        }
        star.resource_names = vec!["one".to_owned()];
        assert!(!powers(&[&star], true, &[]).contains(&"everything".to_owned()));
    }

    #[test]
    fn what_is_held_of_signers_elsewhere_counts() {
        let approval = rule("update|certificates.k8s.io|certificatesigningrequests/approval|");
        let mut approve = rule("approve|certificates.k8s.io|signers|");
        approve.resource_names.clear();
        let approval = PolicyRule {
            resource_names: Vec::new(),
            ..approval
        };
        let approval = [&approval];
        assert!(wants_signer(&approval, true, &[]));
        assert!(!wants_signer(&approval, false, &[]), "of the cluster alone");
        assert!(!wants_signer(&approval, true, &[&approve]));
        assert_eq!(
            powers(&approval, true, &[&approve]),
            ["certificatesApprove"]
        );
        assert!(powers(&approval, false, &[&approve]).is_empty());
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(powers(&[], true, &[]).is_empty());
        assert!(powers(&[&PolicyRule::default()], true, &[]).is_empty());
    }
}
