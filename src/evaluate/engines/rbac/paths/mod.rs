//! Paths: how a principal comes to be more than it is, in as few steps as possible.
//!
//! Spots are identities and places from which one can act; an edge is what leads from one to the next, with the rules that
//! allow it. What needs no further act costs nothing: whoever may create a pod in a namespace *has* its service accounts.
//! An edge is there only if it is known to be; so a path is sound on partial facts, and its absence only on all of them.

mod edges;
mod places;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::access::{Access, Grant, MASTERS, Who};
use crate::evaluate::engines::pod_security::Plugin;
use crate::facts::objects::{PolicyRule, ServiceAccount};
use crate::facts::{Gap, Lacking};
use crate::outcome::{Hop, Path, Paths, Principal};

/// Where somebody stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    /// Everything may be done.
    Cluster,
    /// Acting as somebody.
    Being(Who),
    /// Choosing what a pod is that is made in this namespace; `None` is any.
    Making(Option<String>),
    /// Code in the pods that run in this namespace; `None` is any.
    Inside(Option<String>),
    /// Choosing among the service accounts of this namespace; `None` is any.
    Accounts(Option<String>),
    /// Choosing among the users and service accounts that a binding names.
    Users,
    /// Choosing among them and the groups that a certificate can state.
    Anybody,
    /// Root on a node of one's choice.
    AnyNode,
    /// Root on this node.
    Node(String),
}

/// What allows a step.
type By<'g> = (&'g Grant<'g>, &'g PolicyRule);

/// A way from one spot to another.
struct Edge<'g> {
    to: usize,
    /// Whether it takes an act of its own; a consequence takes none.
    act: bool,
    /// What is done or follows.
    does: String,
    by: Vec<By<'g>>,
}

/// The spots of a cluster, and all ways between them.
pub(crate) struct Graph<'g> {
    access: &'g Access<'g>,
    /// The namespaces in which service accounts of a name are.
    accounts: BTreeMap<&'g str, Vec<&'g str>>,
    /// Service accounts that name a Secret with their token, and that Secret.
    tokens: Vec<(&'g ServiceAccount, &'g str)>,
    numbers: BTreeMap<Spot, usize>,
    spots: Vec<Spot>,
    edges: Vec<Vec<Edge<'g>>>,
    /// Steps to the whole cluster, and the position of the edge to take, by spot.
    ahead: Vec<Option<(usize, usize)>>,
    gaps: Vec<Gap>,
}

impl<'g> Graph<'g> {
    pub(crate) fn new(access: &'g Access<'g>, lacking: &Lacking, plugin: &Plugin) -> Self {
        let mut graph = Self {
            access,
            accounts: BTreeMap::new(),
            tokens: Vec::new(),
            numbers: BTreeMap::new(),
            spots: Vec::new(),
            edges: Vec::new(),
            ahead: Vec::new(),
            gaps: access.all_gaps(),
        };
        graph.spot(Spot::Cluster);
        graph.accounts_by_name();
        graph.places(lacking, plugin);
        // Nobody has to bind that group to anything.
        let masters = Who::Group(MASTERS.to_owned());
        let everybody: BTreeSet<&Who> = access.grants.keys().chain([&masters]).collect();
        for who in everybody {
            graph.principal(who);
        }
        graph.look_ahead();
        graph.gaps.sort();
        graph.gaps.dedup();
        graph
    }

    /// Finds accounts by their names, so that no rule has to look at all of them.
    fn accounts_by_name(&mut self) {
        for account in &self.access.facts.service_accounts.rows {
            let metadata = &account.metadata;
            let here = self.accounts.entry(&metadata.name).or_default();
            here.push(&metadata.namespace);
            let prefix = format!("{}-token-", metadata.name);
            let secrets = account.secrets.iter().map(|secret| secret.name.as_str());
            let tokens = secrets.filter(|name| name.starts_with(&prefix));
            self.tokens.extend(tokens.map(|secret| (account, secret)));
        }
    }

    /// The number of a spot.
    fn spot(&mut self, spot: Spot) -> usize {
        let next = self.edges.len();
        if let Some(number) = self.numbers.get(&spot) {
            return *number;
        }
        self.numbers.insert(spot.clone(), next);
        self.spots.push(spot);
        self.edges.push(Vec::new());
        next
    }

    fn act(&mut self, from: usize, to: Spot, does: impl Into<String>, by: Vec<By<'g>>) {
        let to = self.spot(to);
        let does = does.into();
        self.edges[from].push(Edge {
            to,
            act: true,
            does,
            by,
        });
    }

    fn follows(&mut self, from: usize, to: Spot, does: impl Into<String>) {
        let to = self.spot(to);
        let (does, by) = (does.into(), Vec::new());
        self.edges[from].push(Edge {
            to,
            act: false,
            does,
            by,
        });
    }

    /// Finds the least number of steps from each spot to the whole cluster, backwards from there.
    fn look_ahead(&mut self) {
        let mut back: Vec<Vec<(usize, usize)>> = self.edges.iter().map(|_| Vec::new()).collect();
        for (from, edges) in self.edges.iter().enumerate() {
            for (position, edge) in edges.iter().enumerate() {
                back[edge.to].push((from, position));
            }
        }
        self.ahead = vec![None; self.edges.len()];
        let mut open = VecDeque::from([(0, 0)]);
        let mut settled = vec![false; self.edges.len()];
        while let Some((spot, steps)) = open.pop_front() {
            if std::mem::replace(&mut settled[spot], true) {
                continue;
            }
            for &(from, position) in &back[spot] {
                let act = self.edges[from][position].act;
                let steps = steps + usize::from(act);
                let better = self.ahead[from].is_none_or(|(known, _)| steps < known);
                if from != 0 && better {
                    self.ahead[from] = Some((steps, position));
                    match act {
                        true => open.push_back((from, steps)),
                        false => open.push_front((from, steps)),
                    }
                }
            }
        }
    }

    /// The steps from `who` to the whole cluster, when its first one rests on something that is not shipped (or when that
    /// does not matter, with `all`).
    fn to_cluster(&self, who: &Who, all: bool) -> Option<Vec<Hop>> {
        if *who == Who::Group(MASTERS.to_owned()) && !all {
            return None;
        }
        let start = *self.numbers.get(&Spot::Being(who.clone()))?;
        let first = self.edges[start].iter();
        let first = first.filter(|edge| all || self.own(who, edge));
        let steps = |edge: &&Edge<'_>| match edge.to {
            0 => Some(0),
            to => self.ahead[to].map(|(steps, _)| steps),
        };
        let (_, first) = first
            .filter_map(|edge| Some((steps(&edge)?, edge)))
            .min_by_key(|(steps, _)| *steps)?;
        let mut edges = vec![first];
        let mut at = first.to;
        while at != 0 {
            let (_, position) = self.ahead.get(at).copied().flatten()?;
            let edge = self.edges[at].get(position)?;
            edges.push(edge);
            at = edge.to;
        }
        Some(hops(&edges))
    }

    /// Whether a way rests on something that is granted to `who` by its own name, and not shipped: what a group gives is
    /// told of the group.
    fn own(&self, who: &Who, edge: &Edge<'_>) -> bool {
        let granted = self.access.grants.get(who).into_iter().flatten();
        let own: Vec<&Grant<'_>> = granted.filter(|grant| !grant.shipped).collect();
        let mut by = edge.by.iter();
        by.any(|(grant, _)| own.iter().any(|own| std::ptr::eq(*own, *grant)))
    }

    /// The shortest way of a service account to a spot of another namespace.
    fn to_neighbour(&self, who: &Who, all: bool) -> Option<(String, Vec<Hop>)> {
        let Who::Account {
            namespace: home, ..
        } = who
        else {
            return None;
        };
        let start = *self.numbers.get(&Spot::Being(who.clone()))?;
        let mut from: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(spot) = open.pop_front() {
            let elsewhere = self.spots[spot].namespace();
            if let Some(there) = elsewhere.filter(|there| *there != home) {
                let mut edges = Vec::new();
                let mut at = spot;
                while at != start {
                    let (before, position) = *from.get(&at)?;
                    edges.push(&self.edges[before][position]);
                    at = before;
                }
                edges.reverse();
                return Some((format!("namespace {there}"), hops(&edges)));
            }
            for (position, edge) in self.edges[spot].iter().enumerate() {
                let own = all || self.own(who, edge);
                if (spot != start || own) && edge.to != start && !from.contains_key(&edge.to) {
                    from.insert(edge.to, (spot, position));
                    open.push_back(edge.to);
                }
            }
        }
        None
    }

    /// The least number of steps from `who` to the whole cluster.
    pub(super) fn steps(&self, who: &Who) -> Option<usize> {
        self.to_cluster(who, false).map(|hops| hops.len())
    }

    /// The gap that keeps "none" from being known.
    fn hidden(&self) -> Option<&Gap> {
        Gap::decisive(&self.gaps)
    }

    /// The steps from `who` to the whole cluster, in one line each, and what may hide a way.
    pub(crate) fn lines_to_cluster(&self, who: &Principal) -> (Vec<String>, Option<&Gap>) {
        let hops = self.to_cluster(&Who::from(who), false).unwrap_or_default();
        (
            hops.into_iter().map(|hop| hop.does).collect(),
            self.hidden(),
        )
    }

    /// The steps from a service account into another namespace, in one line each, and what may hide a way.
    pub(crate) fn lines_to_neighbour(&self, who: &Principal) -> (Vec<String>, Option<&Gap>) {
        let found = self.to_neighbour(&Who::from(who), false);
        let hops = found.map(|(_, hops)| hops).unwrap_or_default();
        (
            hops.into_iter().map(|hop| hop.does).collect(),
            self.hidden(),
        )
    }

    /// The shortest path of each principal, or of those that `wanted` names; with `all` also what shipped grants open.
    pub(crate) fn paths(&self, wanted: Option<&[Principal]>, all: bool) -> Paths {
        let everybody: Vec<Who> = match wanted {
            Some(named) => named.iter().map(Who::from).collect(),
            None => self.access.grants.keys().cloned().collect(),
        };
        let mut paths = Vec::new();
        for who in &everybody {
            let cluster = self.to_cluster(who, all);
            let found = cluster
                .map(|hops| ("the whole cluster".to_owned(), hops))
                .or_else(|| self.to_neighbour(who, all));
            if let Some((reaches, hops)) = found {
                paths.push(Path {
                    principal: who.principal(),
                    reaches,
                    hops,
                });
            }
        }
        let far = |path: &Path| path.reaches.starts_with("namespace");
        paths.sort_by_cached_key(|path| (far(path), path.hops.len(), path.principal.clone()));
        Paths {
            paths,
            principals: everybody.len(),
            gaps: self.gaps.clone(),
        }
    }
}

/// Consequences join the act before them: one hop is one act.
fn hops(edges: &[&Edge<'_>]) -> Vec<Hop> {
    let mut hops: Vec<Hop> = Vec::new();
    for edge in edges {
        let allowed = edge.by.iter().map(|(grant, rule)| grant.allowed(rule));
        match hops.last_mut() {
            Some(last) if !edge.act => {
                if !edge.does.is_empty() {
                    last.does = format!("{} {}", last.does, edge.does);
                }
                last.allowed.extend(allowed);
            }
            _ => hops.push(Hop {
                does: edge.does.clone(),
                allowed: allowed.collect(),
            }),
        }
    }
    hops
}

impl Spot {
    fn namespace(&self) -> Option<&String> {
        match self {
            Self::Making(namespace) | Self::Inside(namespace) | Self::Accounts(namespace) => {
                namespace.as_ref()
            }
            Self::Being(Who::Account { namespace, .. }) => Some(namespace),
            _ => None,
        }
    }
}

impl From<&Principal> for Who {
    fn from(principal: &Principal) -> Self {
        match principal.kind.as_str() {
            "ServiceAccount" => Self::Account {
                namespace: principal.namespace.clone().unwrap_or_default(),
                name: principal.name.clone(),
            },
            "Group" => Self::Group(principal.name.clone()),
            _ => Self::user(&principal.name),
        }
    }
}

#[cfg(test)]
mod tests;
