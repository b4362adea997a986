//! Configuration files that the API server refuses: it does not start with them, and one that changes while it runs is left
//! aside. Such a file tells nothing about what it runs with.
//!
//! Sources: pkg/kubeapiserver/options (authentication.go, authorization.go) and k8s.io/apiserver
//! pkg/apis/apiserver/validation of 1.29 to 1.36. What is not in the table, such as an expression that does not compile, is
//! not noticed.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::super::statement::{Flags, Release, Said};
use crate::facts::settings::Scalar;

/// A file as the API server finds it.
struct Given<'a> {
    tree: &'a Value,
    flags: &'a Flags,
    minor: Option<u32>,
}

/// The flag that names the file, the minor versions that refuse it, why, and when.
type Refusal = (
    &'static str,
    RangeInclusive<u32>,
    &'static str,
    fn(&Given<'_>) -> bool,
);

const AUTHENTICATION: &str = "authentication-config";
const AUTHORIZATION: &str = "authorization-config";
const ANY: RangeInclusive<u32> = 0..=u32::MAX;

/// A feature gate: the minor versions since which it is known, on by default, and always on.
struct Gate {
    name: &'static str,
    alpha: u32,
    beta: u32,
    always: u32,
}

/// k8s.io/apiserver pkg/features/kube_features.go.
const ANONYMOUS: Gate = Gate {
    name: "AnonymousAuthConfigurableEndpoints",
    alpha: 31,
    beta: 32,
    always: 34,
};
const STRUCTURED_AUTHENTICATION: Gate = Gate {
    name: "StructuredAuthenticationConfiguration",
    alpha: 29,
    beta: 30,
    always: 34,
};
const STRUCTURED_AUTHORIZATION: Gate = Gate {
    name: "StructuredAuthorizationConfiguration",
    alpha: 29,
    beta: 30,
    always: 32,
};

/// Modes of authorization (pkg/kubeapiserver/authorizer/modes).
const TYPES: [&str; 6] = [
    "ABAC",
    "AlwaysAllow",
    "AlwaysDeny",
    "Node",
    "RBAC",
    "Webhook",
];
/// Flags that say what an authorization file says.
const OF_AUTHORIZATION: [&str; 5] = [
    "authorization-mode",
    "authorization-webhook-cache-authorized-ttl",
    "authorization-webhook-cache-unauthorized-ttl",
    "authorization-webhook-config-file",
    "authorization-webhook-version",
];

const REFUSALS: &[Refusal] = &[
    (
        AUTHENTICATION,
        29..=33,
        "the feature gate StructuredAuthenticationConfiguration is off",
        |given| given.is_off(&STRUCTURED_AUTHENTICATION),
    ),
    (
        AUTHENTICATION,
        0..=33,
        "this version does not know v1 of it",
        |given| given.version() == "v1",
    ),
    (
        AUTHENTICATION,
        0..=29,
        "this version knows v1alpha1 of it alone",
        |given| given.version() != "v1alpha1",
    ),
    (
        AUTHENTICATION,
        ANY,
        "--oidc flags are set as well",
        |given| given.flags.any_set(|name| name.starts_with("oidc-")),
    ),
    (
        AUTHENTICATION,
        ANY,
        "--anonymous-auth is set as well",
        |given| given.has_anonymous() && given.flags.any_set(|name| name == "anonymous-auth"),
    ),
    (
        AUTHENTICATION,
        0..=30,
        "this version does not know `anonymous`",
        |given| given.has_anonymous(),
    ),
    (
        AUTHENTICATION,
        31..=33,
        "the feature gate AnonymousAuthConfigurableEndpoints is off",
        |given| given.has_anonymous() && given.is_off(&ANONYMOUS),
    ),
    (
        AUTHENTICATION,
        ANY,
        "conditions of `anonymous` need `enabled: true`",
        |given| {
            let enabled = given.tree.pointer("/anonymous/enabled");
            let conditions = given.list("/anonymous/conditions");
            !conditions.is_empty() && !enabled.is_some_and(|enabled| *enabled == Value::Bool(true))
        },
    ),
    (AUTHENTICATION, ANY, "a field is not known there", |given| {
        given.knows_not("", &["apiVersion", "kind", "jwt", "anonymous"])
            || given.knows_not("/anonymous", &["enabled", "conditions"])
    }),
    (
        AUTHENTICATION,
        0..=29,
        "this version takes one issuer of tokens",
        |given| given.list("/jwt").len() > 1,
    ),
    (
        AUTHENTICATION,
        ANY,
        "it has more than 64 issuers of tokens",
        |given| given.list("/jwt").len() > 64,
    ),
    (
        AUTHENTICATION,
        ANY,
        "an issuer has no URL that begins with https://, or that of another",
        |given| {
            let mut seen = BTreeSet::new();
            let mut issuers = given.list("/jwt").iter();
            issuers.any(|one| {
                let url = text(one, "/issuer/url");
                !url.starts_with("https://") || !seen.insert(url)
            })
        },
    ),
    (
        AUTHENTICATION,
        ANY,
        "an issuer names no audience",
        |given| {
            let audiences = |one: &Value| {
                one.pointer("/issuer/audiences")
                    .and_then(Value::as_array)
                    .map(Vec::len)
            };
            given
                .list("/jwt")
                .iter()
                .any(|one| audiences(one).unwrap_or(0) == 0)
        },
    ),
    (
        AUTHENTICATION,
        ANY,
        "a user's name must come from either a claim or an expression",
        |given| {
            let from = |one: &Value, field: &str| {
                !text(one, &format!("/claimMappings/username/{field}")).is_empty()
            };
            let mut issuers = given.list("/jwt").iter();
            issuers.any(|one| from(one, "claim") == from(one, "expression"))
        },
    ),
    (
        AUTHORIZATION,
        29..=31,
        "the feature gate StructuredAuthorizationConfiguration is off",
        |given| given.is_off(&STRUCTURED_AUTHORIZATION),
    ),
    (
        AUTHORIZATION,
        0..=31,
        "this version does not know v1 of it",
        |given| given.version() == "v1",
    ),
    (
        AUTHORIZATION,
        0..=29,
        "this version knows v1alpha1 of it alone",
        |given| given.version() != "v1alpha1",
    ),
    (
        AUTHORIZATION,
        ANY,
        "--authorization-mode or a flag of the webhook is set as well",
        |given| given.flags.any_set(|name| OF_AUTHORIZATION.contains(&name)),
    ),
    (AUTHORIZATION, ANY, "a field is not known there", |given| {
        given.knows_not("", &["apiVersion", "kind", "authorizers"])
    }),
    (AUTHORIZATION, ANY, "it names no authorizer", |given| {
        given.list("/authorizers").is_empty()
    }),
    (
        AUTHORIZATION,
        ANY,
        "an authorizer is of no known type, or of that of another",
        |given| {
            let mut seen = BTreeSet::new();
            let mut authorizers = given.list("/authorizers").iter();
            authorizers.any(|one| {
                let of = text(one, "/type");
                !TYPES.contains(&of) || (!seen.insert(of) && of != "Webhook")
            })
        },
    ),
    (
        AUTHORIZATION,
        ANY,
        "an authorizer must be called as its type in small letters, a webhook by a name of its own",
        |given| {
            let mut seen = BTreeSet::new();
            let mut authorizers = given.list("/authorizers").iter();
            authorizers.any(|one| {
                let (of, name) = (text(one, "/type"), text(one, "/name"));
                let right = of == "Webhook" || name == of.to_ascii_lowercase();
                name.is_empty() || !right || !seen.insert(name)
            })
        },
    ),
    (
        AUTHORIZATION,
        ANY,
        "a webhook must be configured, and nothing else may be",
        |given| {
            let webhook = |one: &Value| one.get("webhook").is_some_and(Value::is_object);
            let mut authorizers = given.list("/authorizers").iter();
            authorizers.any(|one| webhook(one) != (text(one, "/type") == "Webhook"))
        },
    ),
    (
        AUTHORIZATION,
        ANY,
        "a webhook must say its timeout, failurePolicy, subjectAccessReviewVersion and connectionInfo",
        |given| {
            let needed = [
                "timeout",
                "failurePolicy",
                "subjectAccessReviewVersion",
                "connectionInfo/type",
            ];
            let lacks = |one: &Value| {
                needed
                    .iter()
                    .any(|field| text(one, &format!("/webhook/{field}")).is_empty())
            };
            let mut authorizers = given.list("/authorizers").iter();
            authorizers.any(|one| text(one, "/type") == "Webhook" && lacks(one))
        },
    ),
];

/// Why the API server refuses the file that `flag` names; nothing when no reason is known.
pub(super) fn refused(
    flag: &str,
    tree: &Value,
    flags: &Flags,
    release: Release<'_>,
) -> Option<&'static str> {
    let minor = release.version().map(|version| version.minor);
    let given = Given { tree, flags, minor };
    let of_version = |versions: &RangeInclusive<u32>| match minor {
        Some(minor) => versions.contains(&minor),
        None => *versions == ANY,
    };
    let mut refusals = REFUSALS.iter();
    let one = refusals
        .find(|(file, versions, _, holds)| *file == flag && of_version(versions) && holds(&given));
    one.map(|(_, _, why, _)| *why)
}

impl Given<'_> {
    fn has_anonymous(&self) -> bool {
        self.tree
            .get("anonymous")
            .is_some_and(|value| !value.is_null())
    }

    /// What stands behind the slash of `apiVersion`.
    fn version(&self) -> &str {
        text(self.tree, "/apiVersion")
            .rsplit('/')
            .next()
            .unwrap_or_default()
    }

    fn list(&self, pointer: &str) -> &[Value] {
        let list = self.tree.pointer(pointer).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// Whether the object at `pointer` has a field besides these: it is read strictly.
    fn knows_not(&self, pointer: &str, fields: &[&str]) -> bool {
        let object = self.tree.pointer(pointer).and_then(Value::as_object);
        object.is_some_and(|object| object.keys().any(|name| !fields.contains(&name.as_str())))
    }

    /// Whether a feature gate is known to be off.
    fn is_off(&self, gate: &Gate) -> bool {
        let Some(minor) = self.minor else {
            return false;
        };
        let value = self.flags.settings.get("feature-gates");
        let gates = match value.map(|cell| (cell.value(), cell.gap())) {
            Some((Some(Scalar::Map(gates)), _)) => Some(gates),
            Some((_, Some(_))) => return false,
            _ => None,
        };
        let set = |name: &str| {
            gates
                .and_then(|gates| gates.get(name))
                .map(|on| on == "true")
        };
        let by_default = minor >= gate.beta;
        let of_stage = if by_default { "AllBeta" } else { "AllAlpha" };
        let on = set(gate.name)
            .or_else(|| set(of_stage))
            .unwrap_or(by_default);
        minor < gate.alpha || (minor < gate.always && !on)
    }
}

impl Flags {
    /// Whether the command line sets any flag whose name is so.
    fn any_set(&self, is_one: impl Fn(&str) -> bool) -> bool {
        let names = self
            .settings
            .table()
            .rows
            .iter()
            .map(|row| row.name.as_str());
        let mut names = names.filter(|name| is_one(name));
        names.any(|name| matches!(self.said(name), Some(Said::Set(..) | Said::Refused(_))))
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
