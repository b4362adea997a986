//! May one end connect to a port of another? Both must let it: the egress of the first and the ingress of the second.

use std::net::IpAddr;

use super::policies::{Direction, End, Pod, Policies, Port, Tri, any, both, by_plugin};
use super::{foreign, unread};
use crate::facts::objects::{Labels, NetworkPolicy, PodSpec};
use crate::facts::workload::PodSet;
use crate::facts::{Facts, Gap, GapReason, Lacking};
use crate::outcome::{Answer, Connection};

/// One end of a connection, as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The running pods of a workload: `NAMESPACE/NAME` or `NAMESPACE/KIND/NAME`.
    Workload {
        /// The namespace.
        namespace: String,
        /// The kind in small letters; empty is any.
        kind: String,
        /// The name.
        name: String,
    },
    /// A pod that does not run yet, by its labels: `NAMESPACE/` or `NAMESPACE/app=web,tier=front`.
    Labelled {
        /// The namespace.
        namespace: String,
        /// Its labels.
        labels: Labels,
    },
    /// An address that is no pod's.
    Address(IpAddr),
    /// Any address outside the cluster: `world`.
    World,
}

/// What is written names no end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither NAMESPACE/WORKLOAD, NAMESPACE/LABEL=VALUE, an address nor world")]
pub struct EndpointError(pub String);

impl std::str::FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let wrong = || EndpointError(text.to_owned());
        if text == "world" {
            return Ok(Self::World);
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse() {
            return Ok(Self::Address(address));
        }
        let (namespace, rest) = text.split_once('/').ok_or_else(wrong)?;
        let namespace = namespace.to_owned();
        if namespace.is_empty() {
            return Err(wrong());
        }
        if rest.is_empty() || rest.contains('=') {
            let pairs = rest.split(',').filter(|pair| !pair.is_empty());
            let pairs = pairs.map(|pair| pair.split_once('=').ok_or_else(wrong));
            let labels: Result<Labels, _> = pairs
                .map(|pair| pair.map(|(key, value)| (key.to_owned(), value.to_owned())))
                .collect();
            return labels.map(|labels| Self::Labelled { namespace, labels });
        }
        let (kind, name) = rest.split_once('/').unwrap_or(("", rest));
        Ok(Self::Workload {
            namespace,
            kind: kind.to_ascii_lowercase(),
            name: name.to_owned(),
        })
    }
}

/// An end that is known, with its name.
struct Known<'f> {
    name: String,
    end: KnownEnd<'f>,
}

enum KnownEnd<'f> {
    Pod(Pod<'f>),
    Address(IpAddr),
    World,
}

impl Known<'_> {
    fn end(&self) -> End<'_> {
        match &self.end {
            KnownEnd::Pod(pod) => End::Pod(pod),
            KnownEnd::Address(address) => End::Address(*address),
            KnownEnd::World => End::World,
        }
    }
}

/// The answers for each pair of ends that `from` and `to` stand for; none when one of them stands for nothing.
pub(crate) fn can(
    facts: &Facts,
    lacking: &Lacking,
    from: &Endpoint,
    to: &Endpoint,
    protocol: &str,
    number: i32,
) -> Vec<Connection> {
    let policies = Policies::stated(facts);
    let port = Port { protocol, number };
    let hidden = unread(lacking)
        .or_else(|| lacking.below(PodSet::schema()))
        .cloned()
        .or_else(|| foreign(facts));
    let (from, to) = (ends(facts, from), ends(facts, to));
    let pairs = from
        .iter()
        .flat_map(|from| to.iter().map(move |to| (from, to)));
    let mut answers: Vec<Connection> = Vec::new();
    for (from, to) in pairs {
        let mut because = Vec::new();
        let allowed = match &hidden {
            Some(gap) => Err(gap.clone()),
            None => decide(&policies, from, to, port, &mut because),
        };
        let answer = Connection {
            from: from.name.clone(),
            to: format!("{} port {number}/{protocol}", to.name),
            allowed: answer(&allowed),
            because,
            reason: allowed.err(),
        };
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    answers
}

/// What the answers of manifests leave open.
pub(crate) fn reservation(facts: &Facts) -> Option<Gap> {
    let lack = facts.network_policies.lack_in(None);
    lack.filter(|gap| gap.reason == GapReason::Outside).cloned()
}

/// A verdict as data.
pub(super) fn answer(known: &Tri) -> Answer {
    match known {
        Ok(true) => Answer::Yes,
        Ok(false) => Answer::No,
        Err(_) => Answer::Unknown,
    }
}

/// What an endpoint stands for among the pods that run.
fn ends<'f>(facts: &'f Facts, endpoint: &'f Endpoint) -> Vec<Known<'f>> {
    match endpoint {
        Endpoint::World => vec![Known {
            name: "the world".to_owned(),
            end: KnownEnd::World,
        }],
        Endpoint::Address(address) => vec![Known {
            name: address.to_string(),
            end: KnownEnd::Address(*address),
        }],
        Endpoint::Labelled { namespace, labels } => {
            let shown: Vec<String> = labels
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let with = if shown.is_empty() {
                "no labels".to_owned()
            } else {
                shown.join(",")
            };
            vec![Known {
                name: format!("a new pod of {namespace} with {with}"),
                end: KnownEnd::Pod(Pod {
                    namespace,
                    labels,
                    ports: Vec::new(),
                    host_network: false,
                }),
            }]
        }
        Endpoint::Workload {
            namespace,
            kind,
            name,
        } => {
            let wanted = |set: &&PodSet| {
                shown_namespace(set) == namespace
                    && set.workload == *name
                    && (kind.is_empty() || set.kind.to_ascii_lowercase() == *kind)
            };
            let sets = facts.pods.rows.iter().filter(wanted);
            sets.map(|set| Known {
                name: format!("{} {}/{}", set.kind, shown_namespace(set), set.workload),
                end: KnownEnd::Pod(pod(facts, set)),
            })
            .collect()
        }
    }
}

/// The namespace of a set; manifests that name none are for the one at hand.
fn shown_namespace(set: &PodSet) -> &str {
    match set.namespace.as_str() {
        "" => "default",
        name => name,
    }
}

/// A set of pods, as policies see it.
pub(super) fn pod<'f>(facts: &'f Facts, set: &'f PodSet) -> Pod<'f> {
    let spec = spec(facts, set);
    let containers = spec.into_iter().flat_map(|spec| &spec.containers);
    let named = containers.flat_map(|container| &container.ports);
    let named = named.filter(|port| !port.name.is_empty());
    let protocol = |text: &'f str| if text.is_empty() { "TCP" } else { text };
    Pod {
        namespace: &set.namespace,
        labels: &set.labels,
        ports: named
            .map(|port| {
                (
                    port.name.as_str(),
                    protocol(&port.protocol),
                    port.container_port,
                )
            })
            .collect(),
        host_network: spec.is_some_and(|spec| spec.host_network),
    }
}

/// Workloads are in the order of namespace, kind and name.
fn spec<'f>(facts: &'f Facts, set: &PodSet) -> Option<&'f PodSpec> {
    let workloads = &facts.workloads.rows;
    let key = (&set.namespace, &set.kind, &set.workload);
    let at = workloads
        .binary_search_by(|one| (&one.namespace, &one.kind, &one.name).cmp(&key))
        .ok()?;
    let template = usize::try_from(set.template).ok()?;
    Some(&workloads[at].templates.get(template)?.spec)
}

fn decide(
    policies: &Policies<'_>,
    from: &Known<'_>,
    to: &Known<'_>,
    port: Port<'_>,
    because: &mut Vec<String>,
) -> Tri {
    let receiver = match &to.end {
        KnownEnd::Pod(pod) => Some(pod),
        _ => None,
    };
    let out = match &from.end {
        KnownEnd::Pod(pod) => passes(
            policies,
            (pod, &from.name),
            Direction::Egress,
            (to.end(), receiver),
            port,
            because,
        ),
        _ => Ok(true),
    };
    let into = match receiver {
        Some(pod) => passes(
            policies,
            (pod, &to.name),
            Direction::Ingress,
            (from.end(), receiver),
            port,
            because,
        ),
        None => Ok(true),
    };
    // Documented: traffic between a pod and the node it runs on always passes. Which node that is, labels do not tell.
    let on_node = |end: &KnownEnd<'_>| match end {
        KnownEnd::Pod(pod) => pod.host_network,
        KnownEnd::Address(address) => policies.is_node(*address),
        KnownEnd::World => false,
    };
    match both(out, into) {
        Ok(false) if on_node(&from.end) || on_node(&to.end) => {
            Err(by_plugin("they are on one node, where everything passes"))
        }
        answer => answer,
    }
}

/// Whether the policies of `pod` let traffic of one direction pass, and which say so.
fn passes(
    policies: &Policies<'_>,
    (pod, name): (&Pod<'_>, &str),
    direction: Direction,
    (other, receiver): (End<'_>, Option<&Pod<'_>>),
    port: Port<'_>,
    because: &mut Vec<String>,
) -> Tri {
    let way = match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    if pod.host_network {
        because.push(format!(
            "{name} is in the network of its node: no policy reaches it"
        ));
        return Ok(true);
    }
    let (selecting, open) = policies.selecting(pod, direction);
    let lets =
        |policy: &&NetworkPolicy| policies.lets_pass(policy, direction, other, receiver, port);
    let allowed = any(selecting.iter(), lets);
    match (selecting.is_empty(), allowed, open) {
        (_, Ok(true), _) => {
            let by = selecting.iter().find(|policy| lets(policy) == Ok(true));
            let by = by.map_or("", |policy| &policy.metadata.name);
            because.push(format!("{way} of {name}: {by} allows it"));
            Ok(true)
        }
        (_, _, Some(gap)) | (false, Err(gap), None) => Err(gap),
        (true, _, None) => {
            because.push(format!("{way} of {name}: no policy isolates it"));
            Ok(true)
        }
        (false, Ok(false), None) => {
            let names = selecting.iter().map(|policy| policy.metadata.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            because.push(format!(
                "{way} of {name}: isolated by {names}, and no rule allows it"
            ));
            Ok(false)
        }
    }
}

/// An end of a connection stands for nothing that was seen to run, or is declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {of} are called `{end}`")]
pub struct Nobody {
    /// What was asked for.
    pub end: String,
    /// Among what.
    pub of: &'static str,
    /// What to try.
    pub hint: String,
}

/// Whether an endpoint stands for nothing.
pub(crate) fn nobody(endpoint: &Endpoint, facts: &Facts) -> Option<Nobody> {
    let Endpoint::Workload {
        namespace,
        kind,
        name,
    } = endpoint
    else {
        return None;
    };
    let declared = facts.asked.manifests.is_some();
    let of = match declared {
        true => "pods or workloads of the manifests",
        false => "running pods",
    };
    let lack = facts.pods.lack_in(Some(namespace));
    let hint = match lack.filter(|gap| gap.reason != GapReason::Outside) {
        Some(gap) => format!("not all pods were seen ({gap}): {}", gap.remedy),
        None => "name a workload as `netpol show` lists it, or a new pod by its labels".to_owned(),
    };
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!("{kind}/")
    };
    let end = format!("{namespace}/{kind}{name}");
    ends(facts, endpoint)
        .is_empty()
        .then_some(Nobody { end, of, hint })
}
