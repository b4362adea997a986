//! Who holds which role where: every binding as one grant per subject, and the answer to "who can".

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{Request, permits, permits_some};
use super::{Found, Rbac, Rules, account_of_user};
use crate::facts::objects::{ObjectMeta, PolicyRule, RoleRef, Subject};
use crate::facts::{Facts, Gap, Lacking};
use crate::outcome::{Allowed, Holder, Principal, WhoCan};

/// Somebody a binding can name. A user whose name is that of a service account *is* that account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    User(String),
    Group(String),
    Account { namespace: String, name: String },
}

/// The group that the API server lets do everything, without asking RBAC.
pub(super) const MASTERS: &str = "system:masters";
pub(super) const AUTHENTICATED: &str = "system:authenticated";
pub(super) const UNAUTHENTICATED: &str = "system:unauthenticated";
const ACCOUNTS: &str = "system:serviceaccounts";
const ANONYMOUS: &str = "system:anonymous";

/// A role granted to one subject.
pub(super) struct Grant<'f> {
    /// Where it holds; `None` is everywhere.
    pub(super) within: Option<&'f str>,
    pub(super) rules: Rules<'f>,
    role: &'f RoleRef,
    binding: &'f ObjectMeta,
    pub(super) shipped: bool,
}

/// All grants, by whom they are for: RBAC as an authorizer.
pub struct Access<'f> {
    pub(super) facts: &'f Facts,
    pub(super) grants: BTreeMap<Who, Vec<Grant<'f>>>,
    /// What is granted to these is not known.
    pub(super) unclear: BTreeMap<Who, Vec<(Option<&'f str>, Gap)>>,
    /// Why nothing at all is known.
    unread: Option<Gap>,
    /// Whether roles and bindings may be missing at all.
    pub(super) lacks: Vec<(Option<String>, Gap)>,
}

impl<'f> Access<'f> {
    /// The authorizer of these facts.
    pub fn new(facts: &'f Facts, lacking: &'f Lacking) -> Self {
        let rbac = Rbac::new(facts, lacking);
        let mut access = Self {
            facts,
            grants: BTreeMap::new(),
            unclear: BTreeMap::new(),
            unread: rbac.unread().cloned(),
            lacks: Vec::new(),
        };
        let unread = rbac.unread().cloned().map(|gap| (None, gap));
        access.lacks.extend(unread);
        let lacks = &facts.role_bindings.lacks;
        let everywhere = &facts.cluster_role_bindings.lacks;
        let local = lacks
            .iter()
            .map(|lack| (lack.namespace.clone(), lack.gap.clone()));
        let global = everywhere.iter().map(|lack| (None, lack.gap.clone()));
        access.lacks.extend(local.chain(global));
        if rbac.unread().is_some() {
            return access;
        }
        for one in &facts.cluster_role_bindings.rows {
            access.bind(&rbac, None, &one.metadata, &one.subjects, &one.role_ref);
        }
        for one in &facts.role_bindings.rows {
            let within = Some(one.metadata.namespace.as_str());
            access.bind(&rbac, within, &one.metadata, &one.subjects, &one.role_ref);
        }
        access
    }

    fn bind(
        &mut self,
        rbac: &Rbac<'f>,
        within: Option<&'f str>,
        binding: &'f ObjectMeta,
        subjects: &'f [Subject],
        role: &'f RoleRef,
    ) {
        let found = rbac.found(&binding.namespace, role);
        let same = rbac.shipped(binding, subjects, role);
        for subject in subjects {
            let Some(who) = Who::of(subject, within) else {
                continue;
            };
            match &found {
                Found::Role(known) => {
                    if let Some(gap) = &known.more {
                        let unclear = self.unclear.entry(who.clone()).or_default();
                        unclear.push((within, gap.clone()));
                    }
                    self.grants.entry(who).or_default().push(Grant {
                        within,
                        rules: known.rules.clone(),
                        role,
                        binding,
                        shipped: same && known.shipped,
                    });
                }
                Found::Missing(_) => {}
                Found::Unknown(gap) => {
                    let unclear = self.unclear.entry(who).or_default();
                    unclear.push((within, gap.clone()));
                }
            }
        }
    }

    /// What `who` is granted, by its own name and by those of its groups.
    pub(super) fn grants_of(&self, who: &Who) -> impl Iterator<Item = &Grant<'f>> {
        let groups = who.groups();
        let names = std::iter::once(who.clone()).chain(groups);
        names.flat_map(|who| self.grants.get(&who).into_iter().flatten())
    }

    /// Whether RBAC allows `request` to a user with these groups.
    ///
    /// # Errors
    /// The gap, when nothing that was read does and something that was not read could.
    pub fn allows(&self, user: &str, groups: &[&str], request: &Request) -> Result<bool, Gap> {
        let who = std::iter::once(Who::user(user));
        let who = who.chain(groups.iter().map(|name| Who::Group((*name).to_owned())));
        let mut gap = None;
        for who in who {
            let grants = self.grants.get(&who).into_iter().flatten();
            if grants
                .into_iter()
                .any(|grant| grant.permits(request).is_some())
            {
                return Ok(true);
            }
            let unclear = self.unclear.get(&who).into_iter().flatten();
            let mut unclear = unclear.filter(|(within, _)| concerns(*within, request));
            gap = gap.or_else(|| unclear.next().map(|(_, gap)| gap.clone()));
        }
        match gap.or_else(|| self.gaps(request).into_iter().next()) {
            Some(gap) => Err(gap),
            None => Ok(false),
        }
    }

    /// Everybody to whom a binding allows `request`; with no namespace, in whichever one.
    pub(crate) fn who_can(&self, request: &Request) -> WhoCan {
        let mut holders = Vec::new();
        for (who, grants) in &self.grants {
            for grant in grants {
                if let Some(rule) = grant.permits_anywhere(request) {
                    holders.push(Holder {
                        principal: who.principal(),
                        stands_for: who.stands_for(),
                        allowed: grant.allowed(rule),
                    });
                }
            }
        }
        let by_reach = |holder: &Holder| (holder.allowed.within.clone(), holder.principal.clone());
        holders.sort_by_cached_key(by_reach);
        WhoCan {
            request: request.to_string(),
            holders,
            gaps: self.gaps(request),
        }
    }

    /// Why more may be allowed than is known.
    fn gaps(&self, request: &Request) -> Vec<Gap> {
        let unclear = self.unclear.values().flatten();
        let unclear = unclear.filter(|(within, _)| concerns(*within, request));
        let unclear = unclear.map(|(_, gap)| gap.clone());
        let lacks = self.lacks.iter();
        let lacks = lacks.filter(|(within, _)| concerns(within.as_deref(), request));
        let gaps: BTreeSet<Gap> = unclear.chain(lacks.map(|(_, gap)| gap.clone())).collect();
        gaps.into_iter().collect()
    }

    /// Why nothing at all is known; nothing where something is.
    pub(crate) fn unread(&self) -> Option<&Gap> {
        self.unread.as_ref()
    }

    /// Every gap that can hide a power.
    pub(crate) fn all_gaps(&self) -> Vec<Gap> {
        let unclear = self.unclear.values().flatten().map(|(_, gap)| gap.clone());
        let lacks = self.lacks.iter().map(|(_, gap)| gap.clone());
        let gaps: BTreeSet<Gap> = unclear.chain(lacks).collect();
        gaps.into_iter().collect()
    }
}

/// Whether what holds `within` a namespace can matter for a request.
fn concerns(within: Option<&str>, request: &Request) -> bool {
    match (within, request) {
        (None, _) => true,
        (Some(_), Request::Path { .. }) => false,
        (Some(within), Request::Resource { namespace, .. }) => {
            namespace.is_empty() || namespace == within
        }
    }
}

impl Grant<'_> {
    /// The rule that allows exactly `request`: a RoleBinding allows nothing outside its namespace.
    fn permits(&self, request: &Request) -> Option<&PolicyRule> {
        let inside = match (self.within, request) {
            (None, _) => true,
            (Some(_), Request::Path { .. }) => false,
            (Some(within), Request::Resource { namespace, .. }) => namespace == within,
        };
        let mut rules = self.rules.iter().copied();
        rules.find(|rule| inside && permits(rule, request))
    }

    /// The same, where a request without a namespace asks about each of them, and one without a name about any object.
    fn permits_anywhere(&self, request: &Request) -> Option<&PolicyRule> {
        let inside = concerns(self.within, request);
        let mut rules = self.rules.iter().copied();
        rules.find(|rule| inside && permits_some(rule, request))
    }

    /// The name of the role.
    pub(super) fn role_name(&self) -> &str {
        &self.role.name
    }

    /// This grant as what allows something by `rule`.
    pub(super) fn allowed(&self, rule: &PolicyRule) -> Allowed {
        let (kind, place) = match self.within {
            Some(namespace) => ("RoleBinding", format!("{namespace}/")),
            None => ("ClusterRoleBinding", String::new()),
        };
        Allowed {
            binding: format!("{kind} {place}{}", self.binding.name),
            role: format!("{} {}", self.role.kind, self.role.name),
            rule: shown(rule),
            within: self.within.map(str::to_owned),
            shipped: self.shipped,
        }
    }
}

/// A rule in one line, as `get,list secrets (named tls)`; the core group goes without saying.
fn shown(rule: &PolicyRule) -> String {
    let groups: Vec<&str> = rule.api_groups.iter().map(String::as_str).collect();
    let of = match groups[..] {
        [] | [""] => String::new(),
        _ => {
            let named = groups
                .iter()
                .map(|name| if name.is_empty() { "core" } else { name });
            format!(" of {}", named.collect::<Vec<_>>().join(","))
        }
    };
    let what = if rule.resources.is_empty() {
        rule.non_resource_urls.join(",")
    } else {
        rule.resources.join(",")
    };
    let names = match &rule.resource_names[..] {
        [] => String::new(),
        names => format!(" named {}", names.join(",")),
    };
    format!("{} {what}{of}{names}", rule.verbs.join(","))
}

impl Who {
    /// A user by its full name.
    pub(super) fn user(name: &str) -> Self {
        match account_of_user(name) {
            Some((namespace, name)) => Self::Account {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            None => Self::User(name.to_owned()),
        }
    }

    /// The subject of a binding of a namespace; nobody where a service account has none.
    pub(super) fn of(subject: &Subject, within: Option<&str>) -> Option<Self> {
        let name = subject.name.clone();
        match subject.kind.as_str() {
            "User" => Some(Self::user(&name)),
            "Group" => Some(Self::Group(name)),
            "ServiceAccount" => {
                let own = Some(subject.namespace.as_str()).filter(|own| !own.is_empty());
                let namespace = own.or(within)?.to_owned();
                Some(Self::Account { namespace, name })
            }
            _ => None,
        }
    }

    /// The groups that it is known to be in.
    pub(super) fn groups(&self) -> Vec<Self> {
        let group = |name: &str| Self::Group(name.to_owned());
        match self {
            Self::User(name) if name == ANONYMOUS => vec![group(UNAUTHENTICATED)],
            Self::User(name) if name.starts_with("system:node:") => {
                vec![group("system:nodes"), group(AUTHENTICATED)]
            }
            Self::User(_) => vec![group(AUTHENTICATED)],
            Self::Account { namespace, .. } => {
                let own = format!("{ACCOUNTS}:{namespace}");
                vec![group(&own), group(ACCOUNTS), group(AUTHENTICATED)]
            }
            Self::Group(name) if name == UNAUTHENTICATED || name == AUTHENTICATED => Vec::new(),
            Self::Group(name) if name.starts_with("system:serviceaccounts:") => {
                vec![group(ACCOUNTS), group(AUTHENTICATED)]
            }
            Self::Group(_) => vec![group(AUTHENTICATED)],
        }
    }

    /// For whom it stands, where that is many.
    pub(super) fn stands_for(&self) -> Option<String> {
        let text = match self {
            Self::User(name) if name == ANONYMOUS => "requests without credentials",
            Self::Group(name) if name == UNAUTHENTICATED => "requests without credentials",
            Self::Group(name) if name == AUTHENTICATED => "everybody with credentials",
            Self::Group(name) if name == ACCOUNTS => "every service account",
            Self::Group(name) => {
                let namespace = name.strip_prefix("system:serviceaccounts:")?;
                return Some(format!("every service account of {namespace}"));
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    pub(super) fn principal(&self) -> Principal {
        let (kind, namespace, name) = match self {
            Self::User(name) => ("User", None, name),
            Self::Group(name) => ("Group", None, name),
            Self::Account { namespace, name } => ("ServiceAccount", Some(namespace), name),
        };
        Principal {
            kind: kind.to_owned(),
            namespace: namespace.cloned(),
            name: name.clone(),
        }
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path { verb, path } => write!(f, "{verb} {path}"),
            Self::Resource {
                verb,
                group,
                resource,
                name,
                namespace,
            } => {
                write!(f, "{verb} {resource}")?;
                if !group.is_empty() {
                    write!(f, " of {group}")?;
                }
                if !name.is_empty() {
                    write!(f, " named {name}")?;
                }
                match namespace.is_empty() {
                    true => f.write_str(" in any namespace"),
                    false => write!(f, " in namespace {namespace}"),
                }
            }
        }
    }
}
