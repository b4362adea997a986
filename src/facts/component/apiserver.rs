//! What kube-apiserver's flags and the files they name amount to: who may come in without credentials, which authorizers
//! are asked in which order, whose tokens are accepted, what is encrypted, what is audited.
//!
//! Source: pkg/kubeapiserver/options (authentication.go: a file that configures anonymous access excludes
//! `--anonymous-auth`, and AlwaysAllow among the modes turns anonymous access off; authorization.go: without a file and
//! without modes AlwaysAllow applies).

use serde_json::Value;

use super::Files;
use super::layers::{Identity, Layer};
use super::statement::{Flags, Release};
use crate::facts::settings::{Scalar, Settings, clean_urls};
use crate::facts::{Cell, Gap, GapReason, Origin, Source};

mod audit_policy;
mod encryption;
mod plugins;
mod refusals;

use refusals::refused;

type Forms = &'static [(&'static str, &'static str)];
/// What each file may be (k8s.io/apiserver pkg/apis/apiserver and pkg/apis/audit, `register.go`).
const AUTHENTICATION: Forms = &[
    ("apiserver.config.k8s.io/v1", "AuthenticationConfiguration"),
    (
        "apiserver.config.k8s.io/v1beta1",
        "AuthenticationConfiguration",
    ),
    (
        "apiserver.config.k8s.io/v1alpha1",
        "AuthenticationConfiguration",
    ),
];
const AUTHORIZATION: Forms = &[
    ("apiserver.config.k8s.io/v1", "AuthorizationConfiguration"),
    (
        "apiserver.config.k8s.io/v1beta1",
        "AuthorizationConfiguration",
    ),
    (
        "apiserver.config.k8s.io/v1alpha1",
        "AuthorizationConfiguration",
    ),
];
const ENCRYPTION: Forms = &[
    ("apiserver.config.k8s.io/v1", "EncryptionConfiguration"),
    ("v1", "EncryptionConfig"),
];
const AUDIT_POLICY: Forms = &[("audit.k8s.io/v1", "Policy")];
const ADMISSION: Forms = &[
    ("apiserver.config.k8s.io/v1", "AdmissionConfiguration"),
    ("apiserver.k8s.io/v1alpha1", "AdmissionConfiguration"),
];

/// The derived fields.
pub(super) fn config(
    release: Release<'_>,
    node: &str,
    flags: &Flags,
    files: &mut dyn Files,
) -> Settings {
    let mut file = |flag: &str, forms: Forms| -> File {
        let Some(path) = flags.path(flag)? else {
            return Ok(None);
        };
        let strict = flag != "audit-policy-file";
        let layer = Layer::read(files, node, &path, Some(Identity { forms, strict }));
        let refused = layer
            .tree()
            .ok()
            .and_then(|tree| refused(flag, tree, flags, release));
        match refused {
            None => Ok(Some(layer)),
            Some(why) => Err(Gap::new(
                format!(
                    "what {} runs with: it refuses the file, as {why}",
                    release.kind.binary()
                ),
                layer.source().to_string(),
                GapReason::Unparsable,
                "correct the file and restart the component",
            )),
        }
    };
    let authentication = file("authentication-config", AUTHENTICATION);
    let authorization = file("authorization-config", AUTHORIZATION);
    let encryption = file("encryption-provider-config", ENCRYPTION);
    let audit_policy = file("audit-policy-file", AUDIT_POLICY);
    let admission = file("admission-control-config-file", ADMISSION);
    let authorizers = authorizers(flags, &authorization);
    let (enabled, conditions) = anonymous(flags, &authentication, &authorizers);
    let issuers = issuers(flags, &authentication);
    Settings::build(release.kind.config(), |row| match row.name.as_str() {
        "anonymous.enabled" => enabled.clone(),
        "anonymous.conditions" => conditions.clone(),
        "authorizers" => authorizers.clone(),
        "issuers" => issuers.clone(),
        name => encryption::field(name, flags, &encryption)
            .or_else(|| audit_policy::field(name, flags, &audit_policy, release.version()))
            .or_else(|| plugins::field(name, flags, &admission, node, files))
            .unwrap_or_default(),
    })
}

type File = Result<Option<Layer>, Gap>;

/// The types of the authorizers, in order.
fn authorizers(flags: &Flags, file: &File) -> Cell<Scalar> {
    let modes = flag(flags, "authorization-mode");
    match file {
        // The server refuses modes together with a file, so modes that are set prove that there is none.
        Err(_) if is_explicit(&modes) && flags.path("authorization-config").is_err() => modes,
        Err(gap) => Cell::Gap(gap.clone()),
        Ok(Some(layer)) => from_file(layer, |tree| {
            let list = tree.get("authorizers")?.as_array()?;
            texts(list, |item| item.get("type"))
        }),
        Ok(None) => match modes {
            // In no known version have the modes another effect when none is given.
            Cell::Value {
                value: Scalar::List(modes),
                origin,
                source,
            } if modes.is_empty() => Cell::Value {
                value: Scalar::List(vec!["AlwaysAllow".to_owned()]),
                origin: match origin {
                    Origin::Explicit => Origin::Default,
                    other => other,
                },
                source,
            },
            modes => modes,
        },
    }
}

/// Whether requests without credentials are answered, and on which paths only (an empty list: on all).
fn anonymous(
    flags: &Flags,
    file: &File,
    authorizers: &Cell<Scalar>,
) -> (Cell<Scalar>, Cell<Scalar>) {
    let by_flag = || {
        let enabled = flag(flags, "anonymous-auth");
        let conditions = enabled.clone().map(|_| Scalar::List(Vec::new()));
        (stomped(enabled, authorizers), conditions)
    };
    match file {
        Ok(None) => by_flag(),
        Err(gap) => (Cell::Gap(gap.clone()), Cell::Gap(gap.clone())),
        Ok(Some(layer)) => match layer.tree() {
            Ok(tree) if tree.get("anonymous").is_none_or(Value::is_null) => by_flag(),
            // The server refuses the flag together with the field, so a flag that is set proves that there is none.
            Err(_) if is_explicit(&flag(flags, "anonymous-auth")) => by_flag(),
            _ => (
                from_file(layer, |tree| match tree.pointer("/anonymous/enabled") {
                    None => Some(Scalar::Bool(false)),
                    Some(enabled) => Some(Scalar::Bool(enabled.as_bool()?)),
                }),
                from_file(layer, |tree| match tree.pointer("/anonymous/conditions") {
                    None | Some(Value::Null) => Some(Scalar::List(Vec::new())),
                    Some(list) => texts(list.as_array()?, |item| item.get("path")),
                }),
            ),
        },
    }
}

/// Anonymous access given by the flag is turned off when AlwaysAllow is among the modes.
fn stomped(enabled: Cell<Scalar>, authorizers: &Cell<Scalar>) -> Cell<Scalar> {
    match (&enabled, authorizers) {
        (
            Cell::Value { value, .. },
            Cell::Value {
                value: Scalar::List(modes),
                source,
                ..
            },
        ) if *value == Scalar::Bool(true) && modes.iter().any(|mode| mode == "AlwaysAllow") => {
            Cell::Value {
                value: Scalar::Bool(false),
                origin: Origin::Default,
                source: source.clone(),
            }
        }
        (Cell::Value { value, .. }, Cell::Gap(gap)) if *value == Scalar::Bool(true) => {
            Cell::Gap(gap.clone())
        }
        _ => enabled,
    }
}

/// The issuers whose JSON web tokens are accepted.
fn issuers(flags: &Flags, file: &File) -> Cell<Scalar> {
    match file {
        Err(gap) => Cell::Gap(gap.clone()),
        Ok(Some(layer)) => from_file(layer, |tree| match tree.get("jwt") {
            None | Some(Value::Null) => Some(Scalar::List(Vec::new())),
            Some(list) => texts(list.as_array()?, |item| item.pointer("/issuer/url")),
        }),
        Ok(None) => flag(flags, "oidc-issuer-url").map(|url| match url {
            Scalar::Text(url) if !url.is_empty() => Scalar::List(vec![url]),
            _ => Scalar::List(Vec::new()),
        }),
    }
}

fn flag(flags: &Flags, name: &str) -> Cell<Scalar> {
    flags.settings.get(name).cloned().unwrap_or_default()
}

fn is_explicit(cell: &Cell<Scalar>) -> bool {
    matches!(
        cell,
        Cell::Value {
            origin: Origin::Explicit,
            ..
        }
    )
}

/// A value out of a structured file.
fn from_file(layer: &Layer, read: impl Fn(&Value) -> Option<Scalar>) -> Cell<Scalar> {
    match layer.tree() {
        Err(gap) => Cell::Gap(gap.clone()),
        Ok(tree) => match read(tree) {
            Some(value) => Cell::explicit(value, layer.source().clone()),
            None => Cell::Gap(not_understood(layer.source())),
        },
    }
}

fn not_understood(source: &Source) -> Gap {
    Gap::new(
        "structured configuration of kube-apiserver",
        source.to_string(),
        GapReason::Unparsable,
        "correct the file",
    )
}

/// One text of each item; nothing when an item lacks it.
fn texts<'a>(list: &'a [Value], pick: impl Fn(&'a Value) -> Option<&'a Value>) -> Option<Scalar> {
    let texts = list
        .iter()
        .map(|item| Some(clean_urls(pick(item)?.as_str()?)));
    Some(Scalar::List(texts.collect::<Option<_>>()?))
}
