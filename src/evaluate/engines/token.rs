//! Does a workload hold a token of its service account, and is that account granted anything?
//!
//! Source: <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/>: the pod's
//! `automountServiceAccountToken` beats that of the account, and the default is true. Static pods never get one.

use super::shipped::{Shipped, shipped_binding};
use crate::facts::objects::{
    ClusterRoleBinding, ObjectMeta, PodSpec, RoleRef, ServiceAccount, Subject, Volume,
};
use crate::facts::workload::Workload;
use crate::facts::{Cell, Facts, Gap, Lacking, Source};

crate::facts::record! {
    /// A workload as a client of the API.
    #[derive(Debug, Default)]
    pub struct ApiAccess {
        /// Whether a token for the API is mounted: by default, or as a projected volume.
        pub token_mounted: Cell<bool>,
        /// Whether a binding names its service account or the service accounts of its namespace.
        pub account_bound: Cell<bool>,
    }
}

/// What the answers rest on, in one pass over the bindings.
pub(crate) struct Accounts<'f> {
    facts: &'f Facts,
    unread: Option<Gap>,
    bindings: Vec<(&'f ObjectMeta, &'f [Subject], &'f RoleRef)>,
}

impl<'f> Accounts<'f> {
    pub(crate) fn new(facts: &'f Facts, lacking: &Lacking) -> Self {
        let needed = [
            Workload::schema(),
            ServiceAccount::schema(),
            ClusterRoleBinding::schema(),
        ];
        let local = facts.role_bindings.rows.iter();
        let wide = facts.cluster_role_bindings.rows.iter();
        let bindings = local
            .map(|binding| {
                (
                    &binding.metadata,
                    binding.subjects.as_slice(),
                    &binding.role_ref,
                )
            })
            .chain(wide.map(|binding| {
                (
                    &binding.metadata,
                    binding.subjects.as_slice(),
                    &binding.role_ref,
                )
            }));
        Self {
            facts,
            unread: needed
                .into_iter()
                .find_map(|record| lacking.below(record))
                .cloned(),
            bindings: bindings.collect(),
        }
    }

    /// What holds for one template of each workload, in the order of the templates.
    pub(crate) fn of(&self, workload: &Workload) -> Vec<ApiAccess> {
        let namespace = &workload.namespace;
        let templates = workload.templates.iter();
        let access = templates.map(|template| {
            if let Some(gap) = &self.unread {
                return ApiAccess {
                    token_mounted: Cell::Gap(gap.clone()),
                    account_bound: Cell::Gap(gap.clone()),
                };
            }
            let token_mounted = if projected(&template.spec) {
                answer(true, "projected volumes of the pod")
            } else if template.running {
                answer(template.token_instances > 0, "volumes of the running pods")
            } else {
                self.automounted(&template.spec, namespace)
            };
            ApiAccess {
                token_mounted,
                account_bound: self.bound(namespace, &template.spec.service_account_name),
            }
        });
        access.collect()
    }

    fn automounted(&self, spec: &PodSpec, namespace: &str) -> Cell<bool> {
        if let Some(own) = spec.automount_service_account_token {
            return answer(own, "the pod's automountServiceAccountToken");
        }
        let accounts = &self.facts.service_accounts;
        let account = accounts.rows.iter().find(|account| {
            account.metadata.namespace == namespace
                && account.metadata.name == spec.service_account_name
        });
        match (account, accounts.lack_in(Some(namespace))) {
            (None, Some(gap)) => Cell::Gap(gap.clone()),
            (account, _) => answer(
                account
                    .and_then(|account| account.automount_service_account_token)
                    .unwrap_or(true),
                "the service account's automountServiceAccountToken",
            ),
        }
    }

    fn bound(&self, namespace: &str, name: &str) -> Cell<bool> {
        let own_group = format!("system:serviceaccounts:{namespace}");
        let own_user = format!("system:serviceaccount:{namespace}:{name}");
        // What everybody gets from Kubernetes itself is no grant to this account; what somebody added is.
        let wide = ["system:serviceaccounts", "system:authenticated"];
        let grants = |(metadata, subjects, role): &(&ObjectMeta, &[Subject], &RoleRef)| {
            subjects.iter().any(
                |subject| match (subject.kind.as_str(), subject.name.as_str()) {
                    ("ServiceAccount", subject_name) => {
                        subject_name == name && subject.namespace == namespace
                    }
                    ("User", user) => user == own_user,
                    ("Group", group) if group == own_group => true,
                    ("Group", group) => {
                        wide.contains(&group)
                            && shipped_binding(metadata, subjects, role) == Shipped::No
                    }
                    _ => false,
                },
            )
        };
        if self.bindings.iter().any(grants) {
            return answer(true, "role bindings");
        }
        let facts = self.facts;
        match facts
            .role_bindings
            .lack_in(None)
            .or(facts.cluster_role_bindings.lack_in(None))
        {
            Some(gap) => Cell::Gap(gap.clone()),
            None => answer(false, "role bindings"),
        }
    }
}

/// Whether a volume that somebody wrote down holds a token for the API. (What admission adds is not in the facts.)
fn projected(spec: &PodSpec) -> bool {
    let sources = |volume: &Volume| {
        let projected = volume.source.projected.as_ref()?;
        let mut tokens = projected
            .sources
            .iter()
            .filter_map(|source| source.service_account_token.as_ref());
        tokens.find(|token| token.audience.is_empty()).map(|_| ())
    };
    spec.volumes.iter().any(|volume| sources(volume).is_some())
}

fn answer(value: bool, engine: &str) -> Cell<bool> {
    let engine = engine.to_owned();
    Cell::explicit(value, Source::Derived { engine })
}
