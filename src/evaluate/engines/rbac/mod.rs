//! RBAC as the API server evaluates it: what each binding grants, and to whom, in three values.
//!
//! A role that was read is read whole, so what its rules grant is known however little else was. A role that is not
//! among those read is missing only where the listing is complete; else the answer is the gap of the listing.
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>.

mod access;
mod collected;
mod paths;
mod powers;
mod rules;
mod signers;
mod summary;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::shipped::{Shipped, shipped_binding, shipped_role};
use crate::facts::objects::{
    ClusterRole, ClusterRoleBinding, ObjectMeta, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use crate::facts::{AtLeast, Cell, Facts, Gap, Lacking, Place, Source};
use collected::cluster_roles;

use access::Who;

pub use access::Access;
pub(crate) use paths::Graph;
pub use rules::Request;

crate::facts::record! {
    /// What a binding grants, and to whom.
    #[derive(Debug, Default)]
    pub struct Grants {
        /// Whether Kubernetes or kubeadm ships exactly this content under this name, and so the role it names.
        pub shipped: Cell<bool>,
        /// The powers it grants, by their names: everything, wildcard, secretsRead, podsCreate, workloadsChange, execute, portForward, nodesProxy, nodesChange, namespacesChange, podsDelete, impersonate, bind, escalate, rbacChange, certificatesApprove, certificatesSign, tokensCreate, admissionChange, persistentVolumesCreate.
        pub grants: Cell<AtLeast<String>>,
        /// Whether the role it names does not exist.
        pub role_missing: Cell<bool>,
        /// Its subjects, with what their names stand for.
        pub principals: Cell<Vec<Principal>>,
    }
}

crate::facts::record! {
    /// A subject of a binding, with what its name stands for.
    #[derive(Debug, Default)]
    pub struct Principal {
        /// `User`, `Group` or `ServiceAccount`; a user or group that stands for service accounts is still that.
        pub kind: String,
        /// The name.
        pub name: String,
        /// The namespace of a service account, or of the service accounts it stands for.
        pub namespace: String,
        /// Whether requests without any credentials are this subject.
        pub anonymous: bool,
        /// Whether it stands for everybody who has credentials, or for every service account.
        pub everybody: bool,
        /// Whether the service account `default` of a namespace is, or belongs to, this subject.
        pub service_account_default: bool,
    }
}

/// A role as a binding finds it.
enum Found<'f> {
    Role(Known<'f>),
    Missing(Source),
    Unknown(Gap),
}

#[derive(Clone)]
struct Known<'f> {
    rules: Rules<'f>,
    shipped: bool,
    /// Why it may grant more: it collects what others grant, and not all of them are known.
    more: Option<Gap>,
    source: Source,
}

/// What a role grants.
type Rules<'f> = Arc<[&'f PolicyRule]>;

/// Namespace, absent for ClusterRoles, and name.
type Key<'f> = (Option<&'f str>, &'f str);

/// A service account's namespace and name; an empty name is every account of the namespace.
type Account = (String, String);

/// All roles and bindings, indexed.
pub(crate) struct Rbac<'f> {
    facts: &'f Facts,
    roles: BTreeMap<Key<'f>, Known<'f>>,
    /// Of each service account: whether something is granted to it, or the gap that keeps it from being known.
    held: BTreeMap<Account, Result<(), Gap>>,
    /// What is granted everywhere about signers; a gap where a role that may say so was not read.
    signers: BTreeMap<Who, Vec<Result<&'f PolicyRule, Gap>>>,
    /// A field of these kinds that was not recorded.
    unread: Option<&'f Gap>,
}

impl<'f> Rbac<'f> {
    pub(crate) fn new(facts: &'f Facts, lacking: &'f Lacking) -> Self {
        let needed = [
            Role::schema(),
            ClusterRole::schema(),
            RoleBinding::schema(),
            ClusterRoleBinding::schema(),
        ];
        let local = facts.roles.rows.iter().map(|role| {
            let shipped = shipped_role(&role.metadata, &role.rules, None) == Shipped::Exactly;
            let rules = role.rules.iter().collect();
            known("Role", &role.metadata, rules, shipped, None)
        });
        let mut rbac = Self {
            facts,
            roles: local.chain(cluster_roles(facts)).collect(),
            held: BTreeMap::new(),
            signers: BTreeMap::new(),
            unread: needed.into_iter().find_map(|record| lacking.below(record)),
        };
        rbac.hold();
        rbac
    }

    /// A field of roles or bindings that was not recorded.
    pub(crate) fn unread(&self) -> Option<&Gap> {
        self.unread
    }

    /// What the binding of these parts grants; `everywhere` for a ClusterRoleBinding.
    pub(crate) fn grants(
        &self,
        everywhere: bool,
        metadata: &ObjectMeta,
        subjects: &[Subject],
        role: &RoleRef,
    ) -> Grants {
        if let Some(gap) = self.unread {
            return Grants {
                shipped: Cell::Gap(gap.clone()),
                grants: Cell::Gap(gap.clone()),
                role_missing: Cell::Gap(gap.clone()),
                principals: Cell::Gap(gap.clone()),
            };
        }
        let namespace = metadata.namespace.as_str();
        let same = self.shipped(metadata, subjects, role);
        let found = self.found(namespace, role);
        Grants {
            shipped: match &found {
                Found::Unknown(gap) if same => Cell::Gap(gap.clone()),
                Found::Role(known) => shipped(same && known.shipped),
                _ => shipped(false),
            },
            grants: match &found {
                // What nobody holds is nobody's, whatever the role says.
                _ if subjects.is_empty() => {
                    let nobody = Source::computed("subjects of the binding");
                    Cell::explicit(AtLeast::default(), nobody)
                }
                Found::Role(known) => self.powers(known, everywhere, subjects, namespace),
                Found::Missing(source) => Cell::explicit(AtLeast::default(), source.clone()),
                Found::Unknown(gap) => Cell::Gap(gap.clone()),
            },
            role_missing: match found {
                Found::Role(known) => Cell::explicit(false, known.source.clone()),
                Found::Missing(source) => Cell::explicit(true, source),
                Found::Unknown(gap) => Cell::Gap(gap),
            },
            principals: Cell::explicit(
                subjects
                    .iter()
                    .map(|subject| Principal::of(subject, namespace))
                    .collect(),
                Source::computed("subjects of the binding"),
            ),
        }
    }

    /// Whether the binding of these parts is shipped, whatever the role it names has become.
    fn shipped(&self, metadata: &ObjectMeta, subjects: &[Subject], role: &RoleRef) -> bool {
        shipped_binding(metadata, subjects, role) == Shipped::Exactly
    }

    /// Whether a binding grants anything to this service account, beyond what all service accounts have.
    pub(crate) fn granted(&self, namespace: &str, account: &str) -> Cell<bool> {
        if let Some(gap) = self.unread {
            return Cell::Gap(gap.clone());
        }
        let held =
            [account, ""].map(|name| self.held.get(&(namespace.to_owned(), name.to_owned())));
        let answer = |granted| {
            let engine = format!("bindings of service account {namespace}/{account}");
            Cell::explicit(granted, Source::computed(engine))
        };
        if held.contains(&Some(&Ok(()))) {
            return answer(true);
        }
        let unclear = held
            .into_iter()
            .flatten()
            .find_map(|held| held.as_ref().err());
        let gap = unclear
            .or_else(|| self.facts.role_bindings.lack_in(None))
            .or_else(|| self.facts.cluster_role_bindings.lack_in(None));
        gap.map_or_else(|| answer(false), |gap| Cell::Gap(gap.clone()))
    }

    /// The role that a binding of `namespace` (empty: of the cluster) names.
    fn found(&self, namespace: &str, role: &RoleRef) -> Found<'f> {
        let local = role.kind == "Role";
        let key = (local.then_some(namespace), role.name.as_str());
        let lack = if local {
            self.facts.roles.lack_in(Some(namespace))
        } else {
            self.facts.cluster_roles.lack_in(None)
        };
        let doubt = match local {
            true => self.facts.roles.doubt(namespace, &role.name),
            false => self.facts.cluster_roles.doubt("", &role.name),
        };
        if let Some(gap) = doubt {
            return Found::Unknown(gap.clone());
        }
        match (self.roles.get(&key), lack) {
            (Some(known), _) => Found::Role(known.clone()),
            (None, Some(gap)) => Found::Unknown(gap.clone()),
            (None, None) => {
                Found::Missing(Source::computed(format!("complete list of {}s", role.kind)))
            }
        }
    }

    fn hold(&mut self) {
        let mut held: BTreeMap<Account, Result<(), Gap>> = BTreeMap::new();
        let facts = self.facts;
        let local = facts.role_bindings.rows.iter();
        let local = local.map(|one| (&one.metadata, &one.subjects, &one.role_ref));
        let global = facts.cluster_role_bindings.rows.iter();
        let global = global.map(|one| (&one.metadata, &one.subjects, &one.role_ref));
        for (metadata, subjects, role) in local.chain(global) {
            let found = self.found(&metadata.namespace, role);
            if metadata.namespace.is_empty() {
                self.hold_signers(subjects, &found);
            }
            let grant = match found {
                Found::Role(known) if !known.rules.is_empty() => Ok(()),
                Found::Unknown(gap)
                | Found::Role(Known {
                    more: Some(gap), ..
                }) => Err(gap),
                Found::Role(_) | Found::Missing(_) => continue,
            };
            for subject in subjects {
                let principal = Principal::of(subject, &metadata.namespace);
                let Some(account) = principal.account() else {
                    continue;
                };
                let known = held.entry(account).or_insert_with(|| grant.clone());
                if grant.is_ok() {
                    *known = Ok(());
                }
            }
        }
        self.held = held;
    }
}

fn known<'f>(
    kind: &str,
    metadata: &'f ObjectMeta,
    rules: Vec<&'f PolicyRule>,
    shipped: bool,
    more: Option<Gap>,
) -> (Key<'f>, Known<'f>) {
    let namespace = (kind == "Role").then_some(metadata.namespace.as_str());
    let known = Known {
        rules: rules.into(),
        shipped,
        more,
        source: Source::from(Place::Object {
            kind: kind.to_owned().into(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
        }),
    };
    ((namespace, &metadata.name), known)
}

/// Powers that are known, and why there may be more: whoever may do everything can have nothing more.
pub(crate) fn at_least(known: Vec<String>, more: Option<&Gap>) -> AtLeast<String> {
    let all = known.iter().any(|name| name == "everything");
    AtLeast {
        more: more.filter(|_| !all).cloned(),
        known,
    }
}

fn shipped(shipped: bool) -> Cell<bool> {
    let engine = "comparison with what Kubernetes ships";
    Cell::explicit(shipped, Source::computed(engine))
}

impl Principal {
    /// A service account without a namespace is one of the binding's own.
    fn of(subject: &Subject, namespace: &str) -> Self {
        let name = subject.name.as_str();
        let mut principal = Self {
            kind: subject.kind.clone(),
            name: name.to_owned(),
            ..Self::default()
        };
        match subject.kind.as_str() {
            "ServiceAccount" => {
                let own = &subject.namespace;
                let own = if own.is_empty() { namespace } else { own };
                own.clone_into(&mut principal.namespace);
                principal.service_account_default = name == "default";
            }
            "Group" => {
                principal.anonymous = name == "system:unauthenticated";
                principal.everybody =
                    ["system:authenticated", "system:serviceaccounts"].contains(&name);
                if let Some(of) = name.strip_prefix("system:serviceaccounts:") {
                    of.clone_into(&mut principal.namespace);
                    principal.service_account_default = true;
                }
            }
            _ => {
                principal.anonymous = name == "system:anonymous";
                if let Some((of, account)) = account_of_user(name) {
                    of.clone_into(&mut principal.namespace);
                    principal.service_account_default = account == "default";
                }
            }
        }
        principal
    }

    /// The service account, or all those of a namespace, that this is.
    fn account(&self) -> Option<Account> {
        if self.namespace.is_empty() {
            return None;
        }
        let name = match self.kind.as_str() {
            "Group" => "",
            "ServiceAccount" => &self.name,
            _ => account_of_user(&self.name)?.1,
        };
        Some((self.namespace.clone(), name.to_owned()))
    }
}

/// The namespace and name in the user name of a service account.
fn account_of_user(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("system:serviceaccount:")?.split_once(':')
}

#[cfg(test)]
mod tests;
