//! The spots that do not depend on rights: what pods run where, as whom, and how well they are confined.

use std::collections::{BTreeMap, BTreeSet};

use super::super::access::{AUTHENTICATED, MASTERS, UNAUTHENTICATED, Who};
use super::{Graph, Spot};
use crate::evaluate::engines::node_paths::{NodePath, NodePaths, Volumes};
use crate::evaluate::engines::pod_security::{Admission, Plugin};
use crate::evaluate::engines::sockets::parts;
use crate::evaluate::engines::token::Accounts;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::objects::{Namespace, Node, ServiceAccount};
use crate::facts::workload::{PodSet, Template, Workload};
use crate::facts::{Facts, Lacking};

/// Labels of the nodes that hold the keys of the cluster.
const CONTROL_PLANE: [&str; 2] = [
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// Directories of a node that hold credentials of root.
const KEYS: [&str; 6] = [
    "/etc",
    "/etc/kubernetes",
    "/etc/kubernetes/pki",
    "/root",
    "/var/lib/kubelet",
    "/var/lib",
];

impl<'g> Graph<'g> {
    /// Namespaces, the accounts in them, what runs there, and the nodes below.
    pub(super) fn places(&mut self, lacking: &Lacking, plugin: &Plugin) {
        let facts = self.access.facts;
        self.lacks(facts, lacking);
        let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for account in &facts.service_accounts.rows {
            let names = accounts.entry(&account.metadata.namespace).or_default();
            names.insert(&account.metadata.name);
        }
        let any = [Spot::Making(None), Spot::Inside(None), Spot::Accounts(None)];
        let [making_any, inside_any, accounts_any] = any.map(|spot| self.spot(spot));
        for (namespace, names) in accounts {
            let here = Some(namespace.to_owned());
            let of = self.spot(Spot::Accounts(here.clone()));
            let making = self.spot(Spot::Making(here.clone()));
            self.follows(making, Spot::Accounts(here.clone()), "that runs as");
            self.follows(
                making_any,
                Spot::Making(here.clone()),
                format!("in {namespace}"),
            );
            self.follows(
                inside_any,
                Spot::Inside(here.clone()),
                format!("of {namespace}"),
            );
            self.follows(accounts_any, Spot::Accounts(here), "");
            for name in names {
                let does = format!("ServiceAccount {namespace}/{name}");
                self.follows(of, Spot::Being(account(namespace, name)), does);
            }
        }
        for namespace in &facts.namespaces.rows {
            let level = Admission::of(facts, lacking, plugin, namespace).pod_security;
            self.gaps.extend(level.gap().cloned());
            if level.value().is_some_and(|level| level == "privileged") {
                let making = self.spot(Spot::Making(Some(namespace.metadata.name.clone())));
                let does = "that is privileged, on a node of choice";
                self.follows(making, Spot::AnyNode, does);
            }
        }
        self.anybody();
        self.machines(facts);
        self.running(facts, lacking);
    }

    /// Everybody whom a binding names, but those for whom no certificate is signed: admission keeps `system:masters` out,
    /// and some groups the API server gives by itself.
    fn anybody(&mut self) {
        let [anybody, users] = [Spot::Anybody, Spot::Users].map(|spot| self.spot(spot));
        self.follows(anybody, Spot::Users, "");
        let given = [MASTERS, AUTHENTICATED, UNAUTHENTICATED];
        let named: Vec<Who> = self.access.grants.keys().cloned().collect();
        for who in named {
            let shown = who.principal();
            let place = shown.namespace.map(|name| name + "/").unwrap_or_default();
            let does = format!("{} {place}{}", shown.kind, shown.name);
            match &who {
                Who::Group(name) if given.contains(&name.as_str()) => {}
                Who::Group(_) => self.follows(anybody, Spot::Being(who), does),
                _ => self.follows(users, Spot::Being(who), does),
            }
        }
    }

    /// What hides places: namespaces, accounts, workloads and nodes that were not listed.
    fn lacks(&mut self, facts: &Facts, lacking: &Lacking) {
        let lists = [
            facts.namespaces.lack_in(None),
            facts.service_accounts.lack_in(None),
            facts.workloads.lack_in(None),
            facts.pods.lack_in(None),
            facts.nodes.lack_in(None),
            facts.components.lack_in(None),
        ];
        let schemas = [
            Workload::schema(),
            PodSet::schema(),
            Node::schema(),
            Namespace::schema(),
            ServiceAccount::schema(),
            Component::schema(ComponentKind::ApiServer),
        ];
        let unread = schemas
            .into_iter()
            .filter_map(|record| lacking.below(record));
        self.gaps
            .extend(lists.into_iter().flatten().chain(unread).cloned());
    }

    fn machines(&mut self, facts: &Facts) {
        let any = self.spot(Spot::AnyNode);
        let servers = facts.components.rows.iter();
        let servers = servers.filter(|component| component.kind == ComponentKind::ApiServer);
        let servers: BTreeSet<&str> = servers.map(|component| component.node.as_str()).collect();
        for node in &facts.nodes.rows {
            let name = node.metadata.name.clone();
            let labels = &node.metadata.labels;
            let keys = CONTROL_PLANE.iter().any(|label| labels.contains_key(label))
                || servers.contains(name.as_str());
            self.follows(any, Spot::Node(name.clone()), format!("({name})"));
            if keys {
                let at = self.spot(Spot::Node(name));
                self.follows(at, Spot::Cluster, "where the keys of the cluster are");
            }
        }
    }

    /// Whom the pods that run act as, and whether they can leave for their node.
    fn running(&mut self, facts: &Facts, lacking: &Lacking) {
        let tokens = Accounts::new(facts, lacking);
        let volumes = Volumes::new(facts, lacking);
        let workloads: BTreeMap<(&str, &str, &str), &Workload> = facts
            .workloads
            .rows
            .iter()
            .map(|one| {
                (
                    (one.namespace.as_str(), one.kind.as_str(), one.name.as_str()),
                    one,
                )
            })
            .collect();
        let mut seen = BTreeSet::new();
        for set in &facts.pods.rows {
            let key = (
                set.namespace.as_str(),
                set.kind.as_str(),
                set.workload.as_str(),
            );
            let Some(workload) = workloads.get(&key) else {
                continue;
            };
            let at = usize::try_from(set.template).unwrap_or(usize::MAX);
            let Some(template) = workload.templates.get(at) else {
                continue;
            };
            let mounted = tokens.token_mounted(workload, template);
            let holds = mounted.value() == Some(&true);
            let first = seen.insert((key, at));
            let escapes = leaves(template, &volumes.of(workload, template));
            self.pods(set, template, holds, first, escapes);
        }
    }

    /// The ways that one set of pods opens; those out of the namespace are the same for every set of its template.
    fn pods(
        &mut self,
        set: &PodSet,
        template: &Template,
        holds_token: bool,
        first: bool,
        escapes: bool,
    ) {
        let PodSet {
            namespace,
            kind,
            workload,
            ..
        } = set;
        let who = account(namespace, &template.spec.service_account_name);
        let inside = self.spot(Spot::Inside(Some(namespace.clone())));
        let name = format!("{kind} {namespace}/{workload}");
        if holds_token && first {
            let as_whom = &template.spec.service_account_name;
            let does = format!("({name}, which runs as {as_whom})");
            self.follows(inside, Spot::Being(who.clone()), does);
        }
        for node in &set.nodes {
            if escapes {
                let does = format!("({name}, which is root of node {node})");
                self.follows(inside, Spot::Node(node.to_string()), does);
            }
            if holds_token {
                let at = self.spot(Spot::Node(node.to_string()));
                let does = format!("where {name} keeps its token");
                self.follows(at, Spot::Being(who.clone()), does);
            }
        }
    }
}

fn account(namespace: &str, name: &str) -> Who {
    let name = if name.is_empty() { "default" } else { name };
    Who::Account {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

/// Whether code in a container of the pod is known to get at its node: it is privileged, or mounts what root keeps there.
fn leaves(template: &Template, paths: &NodePaths) -> bool {
    let spec = &template.spec;
    if spec.host_users == Some(false) {
        return false;
    }
    let keys = |path: &&NodePath| {
        let socket = path.runtime_socket.value().is_some();
        let path = path.path.value().map(|path| parts(path).join("/"));
        socket
            || path.is_some_and(|path| KEYS.iter().any(|key| key.trim_start_matches('/') == path))
    };
    let paths = paths.node_paths.value().into_iter().flatten();
    let keys: BTreeSet<&str> = paths.filter(keys).map(|path| &*path.volume).collect();
    spec.containers.iter().any(|container| {
        let context = container.security_context.as_ref();
        let mounts = container.volume_mounts.iter();
        let mut mounts = mounts.filter(|mount| mount.sub_path.is_empty());
        context.is_some_and(|context| context.privileged == Some(true))
            || mounts.any(|mount| keys.contains(mount.name.as_str()))
    })
}
