//! What rights lead to: the ways out of each principal.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks>.

use std::collections::BTreeSet;

use super::super::access::{Grant, MASTERS, Who};
use super::super::rules::{Reach, Target, allows, covers};
use super::{By, Graph, Spot};
use crate::facts::objects::PolicyRule;

/// Objects by name; `None` is all of them.
type Names<'g> = Option<&'g [String]>;

const RBAC: &str = "rbac.authorization.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
/// The signer of certificates for clients of the API server.
const SIGNER: &str = "kubernetes.io/kube-apiserver-client";

/// Verbs and resources of which any one makes pods.
const MAKES_PODS: [(&[&str], &str, &str); 8] = [
    (&["create"], "", "pods"),
    (&["create", "update", "patch"], "apps", "deployments"),
    (&["create", "update", "patch"], "apps", "daemonsets"),
    (&["create", "update", "patch"], "apps", "statefulsets"),
    (&["create", "update", "patch"], "apps", "replicasets"),
    (&["create", "update", "patch"], "", "replicationcontrollers"),
    (&["create", "update", "patch"], "batch", "jobs"),
    (&["create", "update", "patch"], "batch", "cronjobs"),
];

/// Verbs and resources of which any one brings code into pods that run.
const ENTERS_PODS: [(&[&str], &str, &str); 4] = [
    (&["create", "get"], "", "pods/exec"),
    (&["create", "get"], "", "pods/attach"),
    (&["update", "patch"], "", "pods/ephemeralcontainers"),
    (&["update", "patch"], "", "pods"),
];

/// What one principal holds, by its own name and those of its groups.
struct Held<'g> {
    grants: Vec<&'g Grant<'g>>,
}

impl<'g> Held<'g> {
    /// Every rule that allows one of `verbs` on at least one object of the resource. A RoleBinding reaches no resource of
    /// the cluster, which `everywhere` says this is.
    fn rules(
        &self,
        verbs: &'static [&'static str],
        target: Target<'static>,
    ) -> impl Iterator<Item = By<'g>> {
        let grants = self.grants.clone().into_iter();
        grants
            .filter(move |grant| target.namespaced || grant.within.is_none())
            .flat_map(move |grant| {
                let target = Target {
                    group: target.group,
                    resource: target.resource,
                    namespaced: target.namespaced,
                };
                let allowing = grant.rules.iter().filter(move |rule| {
                    verbs
                        .iter()
                        .any(|verb| allows(rule, verb, &target, Reach::One))
                });
                allowing.map(move |rule| (grant, *rule))
            })
    }

    /// The first of them.
    fn first(&self, verbs: &'static [&'static str], target: Target<'static>) -> Option<By<'g>> {
        self.rules(verbs, target).next()
    }
}

fn names(rule: &PolicyRule) -> Names<'_> {
    let names = &rule.resource_names;
    (!names.is_empty()).then_some(names.as_slice())
}

fn has(names: Names<'_>, wanted: &str) -> bool {
    names.is_none_or(|names| names.iter().any(|name| name == wanted))
}

impl<'g> Graph<'g> {
    /// Everything that `who` can do on the way.
    pub(super) fn principal(&mut self, who: &Who) {
        let held = Held {
            grants: self.access.grants_of(who).collect(),
        };
        let from = self.spot(Spot::Being(who.clone()));
        if *who == Who::Group(MASTERS.to_owned()) {
            self.follows(from, Spot::Cluster, "asks and is never refused");
        }
        self.everything(from, &held);
        self.pods_of(from, &held);
        self.identities(from, &held);
        self.impersonation(from, &held);
        self.roles(from, &held);
        self.certificates(from, &held);
    }

    fn everything(&mut self, from: usize, held: &Held<'g>) {
        let all = |by: &By<'g>| {
            let target = Target::global("*", "*");
            allows(by.1, "*", &target, Reach::Every) && covers(by.1, &target)
        };
        if let Some(by) = held.rules(&["*"], Target::global("*", "*")).find(all) {
            self.act(from, Spot::Cluster, "do everything", vec![by]);
        }
    }

    /// Making pods and entering them.
    fn pods_of(&mut self, from: usize, held: &Held<'g>) {
        let mut made = BTreeSet::new();
        for (verbs, group, resource) in MAKES_PODS {
            for by in held.rules(verbs, Target::local(group, resource)) {
                let within = by.0.within.map(str::to_owned);
                if made.insert(within.clone()) {
                    let verb = if resource == "pods" {
                        "create"
                    } else {
                        "write"
                    };
                    let does = format!("{verb} a {}{}", singular(resource), inside(&within));
                    self.act(from, Spot::Making(within), does, vec![by]);
                }
            }
        }
        let mut entered = BTreeSet::new();
        for (verbs, group, resource) in ENTERS_PODS {
            for by in held.rules(verbs, Target::local(group, resource)) {
                let within = by.0.within.map(str::to_owned);
                if entered.insert(within.clone()) {
                    let does = format!("run a command in a pod{}", inside(&within));
                    self.act(from, Spot::Inside(within), does, vec![by]);
                }
            }
        }
        if let Some(by) = held.first(&["get", "create"], Target::global("", "nodes/proxy")) {
            let does = "run a command through a kubelet in a pod";
            self.act(from, Spot::Inside(None), does, vec![by]);
        }
        self.past_admission(from, held, &made);
    }

    /// Ways around the Pod Security Standards of a namespace in which pods can be made.
    fn past_admission(&mut self, from: usize, held: &Held<'g>, made: &BTreeSet<Option<String>>) {
        if made.is_empty() {
            return;
        }
        let volume = held.first(&["create"], Target::global("", "persistentvolumes"));
        let claim = held.first(&["create"], Target::local("", "persistentvolumeclaims"));
        if let (Some(volume), Some(claim)) = (volume, claim) {
            let does = "create a PersistentVolume of a directory of a node, claim and mount it";
            self.act(from, Spot::AnyNode, does, vec![volume, claim]);
        }
        for by in held.rules(&["update", "patch"], Target::global("", "namespaces")) {
            let named = |within: &&Option<String>| match within {
                Some(namespace) => has(names(by.1), namespace),
                None => true,
            };
            if made.iter().any(|within| named(&within)) {
                let does =
                    "take the Pod Security label off a namespace and create a privileged pod";
                self.act(from, Spot::AnyNode, does, vec![by]);
            }
        }
    }

    /// Getting tokens of service accounts.
    fn identities(&mut self, from: usize, held: &Held<'g>) {
        for by in held.rules(&["create"], Target::local("", "serviceaccounts/token")) {
            self.become_account(from, "create a token of", by, vec![by]);
        }
        let reads: Vec<By<'g>> = held
            .rules(&["get", "list", "watch"], Target::local("", "secrets"))
            .collect();
        for writes in held.rules(&["create"], Target::local("", "secrets")) {
            let near =
                |reads: &&By<'g>| reads.0.within.is_none() || reads.0.within == writes.0.within;
            if let Some(reads) = reads.iter().find(near) {
                let spot = Spot::Accounts(writes.0.within.map(str::to_owned));
                let does = "create and read a token Secret of";
                self.act(from, spot, does, vec![writes, *reads]);
            }
        }
        for by in reads {
            self.token_secrets(from, by);
        }
        let webhooks = Target::global(
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations",
        );
        if let Some(by) = held.first(&["create", "update", "patch"], webhooks) {
            let does = "change by a webhook a pod that others create";
            self.act(from, Spot::Making(None), does, vec![by]);
        }
    }

    /// Acting as the service accounts that a rule reaches.
    fn become_account(&mut self, from: usize, does: &str, by: By<'g>, all: Vec<By<'g>>) {
        let Some(named) = names(by.1) else {
            let spot = Spot::Accounts(by.0.within.map(str::to_owned));
            self.act(from, spot, does, all);
            return;
        };
        for name in named {
            let known = self.accounts.get(name.as_str()).cloned();
            for namespace in known.unwrap_or_default() {
                if by.0.within.is_none_or(|within| within == namespace) {
                    let does = format!("{does} ServiceAccount {namespace}/{name}");
                    let who = Who::Account {
                        namespace: namespace.to_owned(),
                        name: name.clone(),
                    };
                    self.act(from, Spot::Being(who), does, all.clone());
                }
            }
        }
    }

    /// Secrets that service accounts name, as tokens were kept before Kubernetes 1.24.
    fn token_secrets(&mut self, from: usize, by: By<'g>) {
        for (account, secret) in self.tokens.clone() {
            let metadata = &account.metadata;
            let within = by.0.within;
            let inside = within.is_none_or(|within| within == metadata.namespace)
                && has(names(by.1), secret);
            if inside {
                let (namespace, name) = (metadata.namespace.clone(), metadata.name.clone());
                let does = format!(
                    "read Secret {namespace}/{secret}, the token of ServiceAccount {namespace}/{name}"
                );
                self.act(
                    from,
                    Spot::Being(Who::Account { namespace, name }),
                    does,
                    vec![by],
                );
            }
        }
    }

    fn impersonation(&mut self, from: usize, held: &Held<'g>) {
        const VERB: &[&str] = &["impersonate"];
        let mut as_somebody = None;
        for by in held.rules(VERB, Target::local("", "serviceaccounts")) {
            as_somebody = as_somebody.or(Some(by));
            self.become_account(from, "impersonate", by, vec![by]);
        }
        for by in held.rules(VERB, Target::global("", "users")) {
            as_somebody = as_somebody.or(Some(by));
            if names(by.1).is_none() {
                self.act(from, Spot::Users, "impersonate", vec![by]);
                continue;
            }
            for name in names(by.1).unwrap_or_default() {
                let does = format!("impersonate User {name}");
                self.act(from, Spot::Being(Who::user(name)), does, vec![by]);
            }
        }
        // A request cannot impersonate a group alone.
        let Some(user) = as_somebody else { return };
        let masters = [MASTERS.to_owned()];
        for by in held.rules(VERB, Target::global("", "groups")) {
            let named = names(by.1).unwrap_or(&masters);
            for name in named {
                let who = Who::Group(name.clone());
                if *name == MASTERS || self.access.grants.contains_key(&who) {
                    let does = format!("impersonate Group {name}");
                    self.act(from, Spot::Being(who), does, vec![user, by]);
                }
            }
        }
    }

    /// Granting what one does not have.
    fn roles(&mut self, from: usize, held: &Held<'g>) {
        let admin = |by: &By<'g>| has(names(by.1), "cluster-admin");
        let binds = held
            .rules(&["bind"], Target::local(RBAC, "clusterroles"))
            .find(admin);
        for write in held.rules(
            &["create", "update", "patch"],
            Target::global(RBAC, "clusterrolebindings"),
        ) {
            if let Some(binds) = binds.filter(|by| by.0.within.is_none()) {
                let does = "bind the role cluster-admin";
                self.act(from, Spot::Cluster, does, vec![binds, write]);
                break;
            }
        }
        for write in held.rules(
            &["create", "update", "patch"],
            Target::local(RBAC, "rolebindings"),
        ) {
            for binds in held
                .rules(&["bind"], Target::local(RBAC, "clusterroles"))
                .filter(admin)
            {
                if !(binds.0.within.is_none() || binds.0.within == write.0.within) {
                    continue;
                }
                let within = write.0.within.map(str::to_owned);
                let place = inside(&within);
                let does = format!("bind the role cluster-admin{place} and create a pod");
                self.act(from, Spot::Making(within), does, vec![binds, write]);
                break;
            }
        }
        let own: BTreeSet<&str> = held
            .grants
            .iter()
            .filter(|grant| grant.within.is_none())
            .map(|grant| grant.role_name())
            .collect();
        for escalates in held.rules(&["escalate"], Target::global(RBAC, "clusterroles")) {
            for write in held.rules(&["update", "patch"], Target::global(RBAC, "clusterroles")) {
                let both =
                    |name: &&&str| has(names(escalates.1), name) && has(names(write.1), name);
                if let Some(role) = own.iter().find(both) {
                    let does = format!("write every right into its own ClusterRole {role}");
                    self.act(from, Spot::Cluster, does, vec![escalates, write]);
                    return;
                }
            }
        }
    }

    /// Signing oneself a certificate for anybody but the group that is never refused: admission keeps that one out.
    fn certificates(&mut self, from: usize, held: &Held<'g>) {
        let requests = |verbs, resource| held.first(verbs, Target::global(CERTIFICATES, resource));
        let create = requests(&["create"], "certificatesigningrequests");
        let approve = requests(&["update", "patch"], "certificatesigningrequests/approval");
        let mut signers = held.rules(&["approve"], Target::global(CERTIFICATES, "signers"));
        let signer = signers.find(|by| {
            let any = has(names(by.1), "kubernetes.io/*");
            any || has(names(by.1), SIGNER)
        });
        let (Some(create), Some(approve), Some(signer)) = (create, approve, signer) else {
            return;
        };
        let does = "have a certificate signed for";
        self.act(from, Spot::Anybody, does, vec![create, approve, signer]);
    }
}

fn inside(within: &Option<String>) -> String {
    within
        .as_ref()
        .map(|name| format!(" in {name}"))
        .unwrap_or_default()
}

fn singular(resource: &str) -> &str {
    resource.strip_suffix('s').unwrap_or(resource)
}
