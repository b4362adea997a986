//! Who could make a request so that one rule decides it: a few callers stand for all.
//!
//! Rules only ask for more, never for less. Whatever a rule does not ask for is therefore tried with what no rule names,
//! which the rules before it are least likely to catch; what it asks for is tried one by one.

use std::fmt;

use super::rules::Rule;

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const ACCOUNTS: &str = "system:serviceaccounts";
const NODES: &str = "system:nodes";

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller<'r> {
    /// Nothing is a user whom no rule names.
    pub(super) user: Option<&'r str>,
    pub(super) groups: Vec<String>,
    /// The group that a rule asks for.
    named: Option<&'r str>,
}

impl<'r> Caller<'r> {
    fn new(user: Option<&'r str>, groups: &[&str]) -> Self {
        Self {
            user,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            named: None,
        }
    }

    /// Somebody whom no rule knows.
    fn anybody() -> Self {
        Self::new(None, &[AUTHENTICATED])
    }

    /// Somebody without credentials.
    fn nobody() -> Self {
        Self::new(Some(ANONYMOUS), &[UNAUTHENTICATED])
    }

    /// A user by name, with the groups that go with it.
    fn user(name: &'r str) -> Self {
        if name == ANONYMOUS {
            return Self::nobody();
        }
        let account = name.strip_prefix("system:serviceaccount:");
        if let Some((namespace, _)) = account.and_then(|account| account.split_once(':')) {
            let mut caller = Self::new(Some(name), &[AUTHENTICATED, ACCOUNTS]);
            caller.groups.push(format!("{ACCOUNTS}:{namespace}"));
            return caller;
        }
        match name.starts_with("system:node:") {
            true => Self::new(Some(name), &[AUTHENTICATED, NODES]),
            false => Self::new(Some(name), &[AUTHENTICATED]),
        }
    }

    /// Some member of a group.
    fn member(group: &'r str) -> Self {
        let mut caller = match group {
            AUTHENTICATED => return Self::anybody(),
            UNAUTHENTICATED => return Self::nobody(),
            _ if is_of_accounts(group) => Self::new(None, &[AUTHENTICATED, ACCOUNTS]),
            _ => Self::anybody(),
        };
        caller.groups.push(group.to_owned());
        caller.named = Some(group);
        caller
    }

    /// The callers whom `rule` matches, as different as its words make them.
    pub(super) fn of(rule: &'r Rule) -> Vec<Self> {
        let users = || rule.users.iter().map(|name| Self::user(name));
        let members = || rule.groups.iter().map(|group| Self::member(group));
        match (rule.users.is_empty(), rule.groups.is_empty()) {
            (true, true) => Self::all(),
            (false, true) => users().collect(),
            (true, false) => members().collect(),
            (false, false) => {
                let both = |user: Self| rule.groups.iter().filter_map(move |one| user.within(one));
                users().flat_map(both).collect()
            }
        }
    }

    /// The callers of whom a rule that names none knows nothing.
    pub(super) fn all() -> Vec<Self> {
        vec![Self::anybody(), Self::nobody()]
    }

    /// The user as a member of a group: the groups of service accounts and of strangers are given, not chosen.
    fn within(&self, group: &str) -> Option<Self> {
        let mut caller = self.clone();
        if self.groups.iter().any(|known| known == group) {
            return Some(caller);
        }
        let given = self.is_anonymous() || self.groups.iter().any(|known| known == ACCOUNTS);
        if given || group == UNAUTHENTICATED || is_of_accounts(group) {
            return None;
        }
        caller.groups.push(group.to_owned());
        Some(caller)
    }

    fn is_anonymous(&self) -> bool {
        self.user == Some(ANONYMOUS)
    }

    /// How far a rule that matches this caller reaches, from the widest.
    pub(super) fn rank(&self) -> u8 {
        match (self.user, self.named) {
            (None, None) => 0,
            (Some(ANONYMOUS), _) => 1,
            (None, Some(_)) => 2,
            (Some(_), _) => 3,
        }
    }
}

fn is_of_accounts(group: &str) -> bool {
    group == ACCOUNTS || group.starts_with("system:serviceaccounts:")
}

impl fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.user, self.named) {
            (None, None) => f.write_str("anybody"),
            (Some(ANONYMOUS), _) => f.write_str("anonymous callers"),
            (Some(user), _) => f.write_str(user),
            (None, Some(group)) => write!(f, "the group {group}"),
        }
    }
}
