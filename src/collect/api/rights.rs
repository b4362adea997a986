//! The rights that reading needs: asked for before they are used, named exactly when they are missing.

use std::fmt;

use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};

use super::session::Session;
use crate::facts::objects::Kind;
use crate::facts::{Gap, GapReason};

/// One right, as RBAC counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// On objects.
    Resource {
        /// `get` or `list`.
        verb: &'static str,
        /// The API group; empty for the core group.
        group: &'static str,
        /// The plural, with a subresource behind a slash.
        resource: &'static str,
        /// Where it is needed.
        scope: Scope,
        /// The one object it is needed on; nothing for all of them.
        name: Option<&'static str>,
    },
    /// To get a path that is no object.
    Path(&'static str),
}

/// Where a right is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Objects outside of namespaces.
    Cluster,
    /// Every namespace.
    AllNamespaces,
    /// One namespace.
    Namespace(String),
}

/// What the server says about a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// We have it.
    Allowed,
    /// We do not.
    Denied,
    /// The server does not tell; trying does.
    Untold,
}

impl Right {
    /// To list the objects of a kind, in one namespace or in all.
    pub(super) fn list<K: Kind>(namespace: Option<&str>) -> Self {
        Self::on::<K>("list", namespace)
    }

    /// To use `verb` on the objects of a kind.
    pub(super) fn on<K: Kind>(verb: &'static str, namespace: Option<&str>) -> Self {
        Self::Resource {
            verb,
            group: K::GROUP,
            resource: K::RESOURCE,
            scope: match namespace {
                _ if !K::NAMESPACED => Scope::Cluster,
                Some(namespace) => Scope::Namespace(namespace.to_owned()),
                None => Scope::AllNamespaces,
            },
            name: None,
        }
    }

    /// To get one object.
    pub(super) fn get<K: Kind>(namespace: &str, name: &'static str) -> Self {
        match Self::on::<K>("get", Some(namespace)) {
            Self::Resource {
                verb,
                group,
                resource,
                scope,
                ..
            } => Self::Resource {
                verb,
                group,
                resource,
                scope,
                name: Some(name),
            },
            path => path,
        }
    }

    /// Asks the server whether we have this right (SelfSubjectAccessReview).
    pub(super) async fn review(&self, session: &Session) -> Verdict {
        let review = SelfSubjectAccessReview {
            spec: self.question(),
            ..SelfSubjectAccessReview::default()
        };
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        match session
            .review(path, &review)
            .await
            .map(|review| review.status)
        {
            Ok(Some(status)) if status.allowed => Verdict::Allowed,
            // An authorizer that failed has not denied anything.
            Ok(Some(status)) if status.evaluation_error.is_none() => Verdict::Denied,
            Ok(_) | Err(_) => Verdict::Untold,
        }
    }

    fn question(&self) -> SelfSubjectAccessReviewSpec {
        match self {
            Self::Path(path) => SelfSubjectAccessReviewSpec {
                non_resource_attributes: Some(NonResourceAttributes {
                    path: Some((*path).to_owned()),
                    verb: Some("get".to_owned()),
                }),
                resource_attributes: None,
            },
            Self::Resource {
                verb,
                group,
                resource,
                scope,
                name,
            } => {
                let (resource, subresource) = match resource.split_once('/') {
                    Some((resource, subresource)) => (resource, Some(subresource.to_owned())),
                    None => (*resource, None),
                };
                SelfSubjectAccessReviewSpec {
                    non_resource_attributes: None,
                    resource_attributes: Some(ResourceAttributes {
                        group: Some((*group).to_owned()),
                        namespace: match scope {
                            Scope::Namespace(namespace) => Some(namespace.clone()),
                            Scope::Cluster | Scope::AllNamespaces => None,
                        },
                        resource: Some(resource.to_owned()),
                        name: name.map(str::to_owned),
                        subresource,
                        verb: Some((*verb).to_owned()),
                        ..ResourceAttributes::default()
                    }),
                }
            }
        }
    }

    /// The gap that is left where this right is missing.
    pub(super) fn gap(&self, what: impl Into<String>, place: impl Into<String>) -> Gap {
        let remedy = format!("grant the right to {self}, by a rule {}", self.rule());
        Gap::new(what, place, GapReason::Forbidden, remedy)
    }

    /// The rule to add to a role, as YAML.
    fn rule(&self) -> String {
        match self {
            Self::Path(path) => {
                format!("{{nonResourceURLs: [{path}], verbs: [get]}} of a ClusterRole")
            }
            Self::Resource {
                verb,
                group,
                resource,
                scope,
                name,
            } => {
                let group = if group.is_empty() { "\"\"" } else { group };
                let names = name.map(|name| format!(", resourceNames: [{name}]"));
                let names = names.unwrap_or_default();
                let rule = format!(
                    "{{apiGroups: [{group}], resources: [{resource}]{names}, verbs: [{verb}]}}"
                );
                match scope {
                    Scope::Cluster | Scope::AllNamespaces => format!("{rule} of a ClusterRole"),
                    Scope::Namespace(_) => format!("{rule} of a Role there"),
                }
            }
        }
    }
}

/// As a person would name it: `list roles.rbac.authorization.k8s.io in all namespaces`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "get {path}"),
            Self::Resource {
                verb,
                group,
                resource,
                scope,
                name,
            } => {
                write!(f, "{verb} {resource}")?;
                if !group.is_empty() {
                    write!(f, ".{group}")?;
                }
                if let Some(name) = name {
                    write!(f, " {name}")?;
                }
                match scope {
                    Scope::Cluster => Ok(()),
                    Scope::AllNamespaces => f.write_str(" in all namespaces"),
                    Scope::Namespace(namespace) => write!(f, " in namespace {namespace}"),
                }
            }
        }
    }
}
