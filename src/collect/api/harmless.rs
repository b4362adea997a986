//! Whether a token may be shown to a node: whoever holds the node could use it.

use k8s_openapi::api::authorization::v1::{
    NonResourceRule, ResourceRule, SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
};

use super::session::Session;
use crate::facts::Listing;
use crate::facts::objects::Namespace;

/// In more namespaces than this nobody is asked about; the answer is then no.
const MOST: usize = 200;

/// Groups, resources and verbs that let nobody do more than find out who he is, and read nodes and the settings of their
/// kubelets.
const RESOURCES: [(&str, &[&str], &[&str]); 4] = [
    (
        "authentication.k8s.io",
        &["selfsubjectreviews"],
        &["create"],
    ),
    (
        "authorization.k8s.io",
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        &["create"],
    ),
    ("", &["nodes"], &["get", "list", "watch"]),
    ("", &["nodes/configz"], &["get"]),
];

/// What everybody who is logged in may get: the roles `system:discovery` and `system:public-info-viewer`, and issuers' keys.
const PATHS: [&str; 8] = [
    "/.well-known/openid-configuration",
    "/api",
    "/apis",
    "/healthz",
    "/livez",
    "/openapi",
    "/openid/v1/jwks",
    "/readyz",
];

/// Whether the reviews show that the session's user may do nothing but what is listed here, in every namespace.
///
/// Source: SelfSubjectRulesReview, whose answer is of one namespace and may be incomplete (Kubernetes API reference).
pub(super) async fn is_harmless(session: &Session, namespaces: &Listing<Namespace>) -> bool {
    let rows = &namespaces.rows;
    if !namespaces.is_complete() || rows.len() > MOST {
        return false;
    }
    let names = rows.iter().map(|one| one.metadata.name.as_str());
    for namespace in ["default"].into_iter().chain(names) {
        if !is_harmless_in(session, namespace).await {
            return false;
        }
    }
    true
}

async fn is_harmless_in(session: &Session, namespace: &str) -> bool {
    let review = SelfSubjectRulesReview {
        spec: SelfSubjectRulesReviewSpec {
            namespace: Some(namespace.to_owned()),
        },
        ..SelfSubjectRulesReview::default()
    };
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let Ok(Some(status)) = session
        .review(path, &review)
        .await
        .map(|review| review.status)
    else {
        return false;
    };
    // Authorizers that cannot list rules say so; that of nodes is about nodes alone and only fails to answer.
    !status.incomplete
        && status.resource_rules.iter().all(reads_settings)
        && status.non_resource_rules.iter().all(discovers)
}

fn reads_settings(rule: &ResourceRule) -> bool {
    let groups = rule.api_groups.as_deref().unwrap_or_default();
    let resources = rule.resources.as_deref().unwrap_or_default();
    groups.iter().all(|group| {
        resources.iter().all(|resource| {
            rule.verbs.iter().all(|verb| {
                RESOURCES.iter().any(|(known, of, verbs)| {
                    known == group
                        && of.contains(&resource.as_str())
                        && verbs.contains(&verb.as_str())
                })
            })
        })
    })
}

fn discovers(rule: &NonResourceRule) -> bool {
    let paths = rule.non_resource_urls.as_deref().unwrap_or_default();
    let known = |path: &String| {
        let path = path.trim_end_matches('*').trim_end_matches('/');
        let below = |known: &&str| {
            let rest = path.strip_prefix(*known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        path == "/version" || PATHS.iter().any(below)
    };
    let verbs = rule.verbs.iter();
    let mut verbs = verbs.map(String::as_str);
    verbs.all(|verb| matches!(verb, "get" | "head")) && paths.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> ResourceRule {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        ResourceRule {
            api_groups: Some(owned(groups)),
            resources: Some(owned(resources)),
            verbs: owned(verbs),
            resource_names: None,
        }
    }

    #[test]
    fn only_what_is_listed_is_harmless() {
        for (rule, harmless) in [
            (rule(&[""], &["nodes"], &["list"]), true),
            (rule(&[""], &["nodes/configz", "nodes"], &["get"]), true),
            (
                rule(
                    &["authorization.k8s.io"],
                    &["selfsubjectaccessreviews"],
                    &["create"],
                ),
                true,
            ),
            (rule(&[""], &["nodes/configz"], &["*"]), false),
            (rule(&[""], &["nodes/proxy"], &["get"]), false),
            (rule(&[""], &["pods"], &["list"]), false),
            (rule(&["*"], &["nodes"], &["get"]), false),
            (rule(&[""], &["*"], &["get"]), false),
            (rule(&["", "apps"], &["nodes"], &["get"]), false),
            (rule(&[""], &["nodes"], &["patch"]), false),
        ] {
            assert_eq!(reads_settings(&rule), harmless, "{rule:?}");
        }
        let path = |url: &str, verb: &str| NonResourceRule {
            non_resource_urls: Some(vec![url.to_owned()]),
            verbs: vec![verb.to_owned()],
        };
        for (rule, harmless) in [
            (path("/api/*", "get"), true),
            (path("/version/", "get"), true),
            (path("/healthz", "get"), true),
            (path("*", "get"), false),
            (path("/metrics", "get"), false),
            (path("/apiserver", "get"), false),
            (path("/debug/pprof/*", "get"), false),
            (path("/api/*", "*"), false),
        ] {
            assert_eq!(discovers(&rule), harmless, "{rule:?}");
        }
    }
}
