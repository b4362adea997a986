//! What an audit policy records of the requests that matter, found out by asking it as the API server does.
//!
//! The first rule that matches decides, and a request that none matches is not recorded. For each request the weakest
//! caller, namespace and object decide, and are named: a rule of level None for one group is a way to leave no trace.

use std::cmp::Reverse;
use std::fmt::Write;

use self::callers::Caller;
use self::requests::{
    ANSWERING, Asked, HARMLESS, Harmless, SENDING, Scope, TRACED, is_lock, is_setting,
};
use self::rules::{Level, Policy, Request};
use super::{File, Flags, flag, not_understood};
use crate::facts::semantics::AUDIT_GROUP_WILDCARD;
use crate::facts::settings::{Scalar, Version};
use crate::facts::{Cell, Gap, GapReason};

mod callers;
mod requests;
mod rules;

/// More callers, namespaces and names than any policy needs.
const MOST: usize = 50_000;

/// Kinds of requests that are named one by one.
const NAMED: usize = 6;

/// The derived field called `name`, if it is one of the audit policy.
pub(super) fn field(
    name: &str,
    flags: &Flags,
    file: &File,
    version: Option<Version>,
) -> Option<Cell<Scalar>> {
    let pick: fn(&Simulation<'_>) -> Option<Vec<String>> = match name {
        "auditPolicy.levels" => |of| {
            let levels = of.policy.rules.iter().map(|rule| rule.level().name());
            Some(levels.map(str::to_owned).collect())
        },
        "auditPolicy.unrecorded" => |of| of.unrecorded(),
        "auditPolicy.bodies" => |of| of.bodies(),
        _ => return None,
    };
    let ask = |policy: &Policy, every| pick(&Simulation { policy, every });
    let layer = match file {
        Err(gap) => return Some(Cell::Gap(gap.clone())),
        Ok(None) => {
            let nothing = ask(&Policy { rules: Vec::new() }, true).unwrap_or_default();
            return Some(flag(flags, "audit-policy-file").map(|_| Scalar::List(nothing)));
        }
        Ok(Some(layer)) => layer,
    };
    let tree = match layer.tree() {
        Err(gap) => return Some(Cell::Gap(gap.clone())),
        Ok(tree) => tree,
    };
    let answer = Policy::parse(tree).and_then(|policy| {
        Some(match AUDIT_GROUP_WILDCARD.holds(version) {
            Some(every) => Ok(ask(&policy, every)?),
            None => {
                let newest = ask(&policy, true)?;
                let same = !policy.has_group_wildcard() || newest == ask(&policy, false)?;
                if same { Ok(newest) } else { Err(()) }
            }
        })
    });
    Some(match answer {
        Some(Ok(list)) => Cell::explicit(Scalar::List(list), layer.source().clone()),
        Some(Err(())) => Cell::Gap(Gap::new(
            format!(
                "version of kube-apiserver, on which depends whether {}",
                AUDIT_GROUP_WILDCARD.what
            ),
            layer.source().to_string(),
            GapReason::NotAsked,
            "let /version be read, or name the groups in the policy",
        )),
        None => Cell::Gap(not_understood(layer.source())),
    })
}

/// A policy, and how it is asked.
struct Simulation<'p> {
    policy: &'p Policy,
    /// Whether the group `*` is every group.
    every: bool,
}

/// Requests, the levels that are looked for, and where they are fine.
struct Question {
    table: &'static [Asked],
    wanted: fn(Level) -> bool,
    fine: fn(&Request<'_>) -> bool,
}

/// How a request comes to fall to a rule, by its number: callers, namespaces and names.
type Way<'p> = (
    Option<usize>,
    Vec<Caller<'p>>,
    Vec<&'p str>,
    Vec<Option<&'p str>>,
);

impl Question {
    fn requests(&self) -> impl Iterator<Item = (&'static Asked, &'static str)> {
        let with_verbs = |asked: &'static Asked| asked.verbs.iter().map(move |verb| (asked, *verb));
        self.table.iter().flat_map(with_verbs)
    }
}

/// Requests for one kind of object.
struct Kind {
    resource: &'static str,
    verbs: Vec<&'static str>,
    /// How many verbs were asked about.
    all: usize,
}

impl Kind {
    fn add(kinds: &mut Vec<Self>, asked: &Asked, verb: &'static str) {
        match kinds
            .iter_mut()
            .find(|kind| kind.resource == asked.resource)
        {
            Some(kind) if kind.verbs.contains(&verb) => {}
            Some(kind) => kind.verbs.push(verb),
            None => kinds.push(Self {
                resource: asked.resource,
                verbs: vec![verb],
                all: asked.verbs.len(),
            }),
        }
    }
}

/// How much of a kind of request a rule decides: the widest first.
type Reach = Reverse<(u8, bool, bool)>;

/// By whom and where a request falls to a rule.
struct Hole {
    reach: Reach,
    place: String,
}

impl Simulation<'_> {
    /// The requests that leave no trace. Nothing when the policy is too large to tell.
    fn unrecorded(&self) -> Option<Vec<String>> {
        self.told(&[Question {
            table: TRACED,
            wanted: |level| level == Level::None,
            fine: harmless,
        }])
    }

    /// The requests whose content is kept although it is secret.
    fn bodies(&self) -> Option<Vec<String>> {
        let sending = Question {
            table: SENDING,
            wanted: |level| level == Level::Request,
            fine: |request| is_setting(request.resource, request.namespace),
        };
        let answering = Question {
            table: ANSWERING,
            wanted: |level| level == Level::RequestResponse,
            fine: |_| false,
        };
        self.told(&[sending, answering])
    }

    /// What falls to rules of a level: by whom and where, then which requests.
    fn told(&self, questions: &[Question]) -> Option<Vec<String>> {
        let mut budget = MOST;
        let mut told: Vec<(String, Vec<Kind>)> = Vec::new();
        for question in questions {
            for (asked, verb) in question.requests() {
                let Some(hole) = self.hole(asked, verb, question, &mut budget)? else {
                    continue;
                };
                match told.iter_mut().find(|(place, _)| *place == hole.place) {
                    Some((_, kinds)) => Kind::add(kinds, asked, verb),
                    None => {
                        let mut kinds = Vec::new();
                        Kind::add(&mut kinds, asked, verb);
                        told.push((hole.place, kinds));
                    }
                }
            }
        }
        let lines = told.iter().map(|(place, kinds)| line(place, kinds));
        Some(lines.collect())
    }

    /// The widest way in which a request falls to a rule of a wanted level, unless that is fine.
    fn hole(
        &self,
        asked: &Asked,
        verb: &'static str,
        question: &Question,
        budget: &mut usize,
    ) -> Option<Option<Hole>> {
        let mut widest: Option<Hole> = None;
        let rules = self.policy.rules.iter().enumerate();
        let decisive =
            rules.filter(|(_, rule)| (question.wanted)(rule.records(asked.resource, verb)));
        let mut ways: Vec<Way<'_>> = decisive
            .map(|(number, rule)| {
                let namespaces = rule.namespaces.iter().map(String::as_str).collect();
                let names = rule.names(asked.group, asked.resource, verb, self.every);
                (Some(number), Caller::of(rule), namespaces, names)
            })
            .collect();
        if (question.wanted)(Level::None) {
            // No rule at all is one of level None.
            ways.push((None, Caller::all(), Vec::new(), vec![None]));
        }
        for (number, callers, namespaces, names) in &ways {
            for caller in callers {
                for namespace in places(asked, verb, namespaces) {
                    for name in names
                        .iter()
                        .filter(|name| name.is_none() || nameable(asked, verb))
                    {
                        *budget = budget.checked_sub(1)?;
                        let request = Request {
                            user: caller.user,
                            groups: &caller.groups,
                            verb,
                            group: asked.group,
                            resource: asked.resource,
                            namespace,
                            name: *name,
                        };
                        let limited = !namespaces.is_empty() && asked.scope == Scope::Namespaced;
                        let reach = Reverse((caller.rank(), limited, name.is_some()));
                        if widest.as_ref().is_none_or(|known| known.reach < reach)
                            && self.policy.decides(&request, self.every) == *number
                            && !(question.fine)(&request)
                        {
                            widest = Some(Hole {
                                reach,
                                place: place(caller, namespace.filter(|_| limited), *name),
                            });
                        }
                    }
                }
            }
        }
        Some(widest)
    }
}

/// The namespaces in which a request may be made so that a rule for `named` matches; nothing is one that no rule names.
fn places<'n>(asked: &Asked, verb: &str, named: &[&'n str]) -> Vec<Option<&'n str>> {
    // A list over all namespaces is made in none.
    let everywhere = asked.scope == Scope::Cluster || ["list", "watch"].contains(&verb);
    match (named.is_empty(), asked.scope) {
        (true, Scope::Namespaced) => vec![None],
        (true, Scope::Cluster) => vec![Some("")],
        (false, scope) => {
            let possible = named.iter().filter(|name| match name.is_empty() {
                true => everywhere,
                false => scope == Scope::Namespaced,
            });
            possible.map(|name| Some(*name)).collect()
        }
    }
}

/// Whether a request can name an object; what is created has its name in the body alone.
fn nameable(asked: &Asked, verb: &str) -> bool {
    verb != "create" || asked.resource.contains('/')
}

/// Whether it does no harm that a request leaves no trace.
fn harmless(request: &Request<'_>) -> bool {
    let within = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
    let by = |one: &Harmless| {
        request.user.is_some_and(|user| one.users.contains(&user))
            || request.groups.iter().any(|group| group == one.group)
    };
    let of = |one: &Harmless| {
        by(one)
            && within(one.verbs, request.verb)
            && within(one.resources, request.resource)
            && within(one.namespaces, request.namespace.unwrap_or_default())
    };
    HARMLESS.iter().any(of)
        || request
            .name
            .is_some_and(|name| is_lock(request.resource, name))
}

fn place(caller: &Caller<'_>, namespace: Option<&str>, name: Option<&str>) -> String {
    let mut text = caller.to_string();
    match namespace {
        Some("") => text.push_str(" over all namespaces"),
        Some(namespace) => text.extend([" in namespace ", namespace]),
        None => {}
    }
    if let Some(name) = name {
        text.extend([" on ", name]);
    }
    text
}

/// `anybody: get/list secrets, pods/exec and 3 more`.
fn line(place: &str, kinds: &[Kind]) -> String {
    let shown = kinds
        .iter()
        .take(NAMED)
        .map(|kind| match kind.verbs.len() < kind.all {
            true => format!("{} {}", kind.verbs.join("/"), kind.resource),
            false => kind.resource.to_owned(),
        });
    let shown: Vec<String> = shown.collect();
    let mut text = format!("{place}: {}", shown.join(", "));
    if kinds.len() > NAMED {
        let _ = write!(text, " and {} more", kinds.len() - NAMED);
    }
    text
}
