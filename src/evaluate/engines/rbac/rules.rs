//! Which requests a rule allows: the API server's own matching, and no more.
//!
//! `*` is everything, a name is itself, `*/scale` is that subresource of everything; `pods/*` matches nothing. Source:
//! `pkg/apis/rbac/v1/evaluation_helpers.go` of Kubernetes and <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>.

use crate::facts::objects::PolicyRule;

/// A request, as an authorizer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// About a resource.
    Resource {
        /// The verb.
        verb: String,
        /// The API group; empty for the core group.
        group: String,
        /// The resource, with its subresource as `pods/exec`.
        resource: String,
        /// The name of the object; empty for requests about many, or about one without a name yet.
        name: String,
        /// The namespace; empty for requests about all of them, or about what has none.
        namespace: String,
    },
    /// About a path that is no resource.
    Path {
        /// The verb: an HTTP method in small letters.
        verb: String,
        /// The path.
        path: String,
    },
}

/// What a request is about.
#[derive(Debug)]
pub(super) struct Target<'t> {
    /// The API group; empty for the core group.
    pub(super) group: &'t str,
    /// The resource, with its subresource as `pods/exec`.
    pub(super) resource: &'t str,
    /// Whether such requests name a namespace, so that a RoleBinding can allow them.
    pub(super) namespaced: bool,
}

impl Target<'static> {
    /// A resource of a namespace.
    pub(super) const fn local(group: &'static str, resource: &'static str) -> Self {
        Self {
            group,
            resource,
            namespaced: true,
        }
    }

    /// A resource of the cluster, which no RoleBinding reaches.
    pub(super) const fn global(group: &'static str, resource: &'static str) -> Self {
        Self {
            group,
            resource,
            namespaced: false,
        }
    }
}

/// What admission asks about before it lets anybody approve or sign a request.
pub(super) const SIGNERS: Target<'static> = Target::global("certificates.k8s.io", "signers");

/// How much of a resource must be allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// Every object, whatever its name.
    Every,
    /// At least one object.
    One,
}

/// Verbs whose requests carry no name of an object: `resourceNames` cannot allow them.
const NAMELESS: [&str; 2] = ["create", "deletecollection"];
/// Verbs whose requests carry a name only with a field selector.
const LISTING: [&str; 2] = ["list", "watch"];

/// Whether `rule` allows `verb` on `target` as far as `reach`.
pub(super) fn allows(rule: &PolicyRule, verb: &str, target: &Target<'_>, reach: Reach) -> bool {
    holds(&rule.verbs, verb) && covers(rule, target) && names(rule, verb, target.resource, reach)
}

/// Whether `rule` is about `target`, whatever it allows there.
pub(super) fn covers(rule: &PolicyRule, target: &Target<'_>) -> bool {
    let subresource = target.resource.split_once('/').map(|(_, name)| name);
    let resource = |held: &String| {
        held == "*"
            || held == target.resource
            || subresource.is_some_and(|name| held.strip_prefix("*/") == Some(name))
    };
    holds(&rule.api_groups, target.group) && rule.resources.iter().any(resource)
}

/// Whether `rule` allows this very request.
pub(super) fn permits(rule: &PolicyRule, request: &Request) -> bool {
    let names = &rule.resource_names;
    match request {
        Request::Resource { verb, name, .. } => {
            holds(&rule.verbs, verb)
                && request.target().is_some_and(|target| covers(rule, &target))
                && (names.is_empty() || names.contains(name))
        }
        Request::Path { verb, path } => holds(&rule.verbs, verb) && has_path(rule, path),
    }
}

/// The same, where a request without a name stands for those about any one object.
pub(super) fn permits_some(rule: &PolicyRule, request: &Request) -> bool {
    match (request, request.target()) {
        (Request::Resource { verb, name, .. }, Some(target)) if name.is_empty() => {
            allows(rule, verb, &target, Reach::One)
        }
        _ => permits(rule, request),
    }
}

impl Request {
    /// The resource that is asked for.
    fn target(&self) -> Option<Target<'_>> {
        match self {
            Self::Resource {
                group, resource, ..
            } => Some(Target {
                group,
                resource,
                namespaced: true,
            }),
            Self::Path { .. } => None,
        }
    }
}

/// A trailing star stands for the rest of a path.
fn has_path(rule: &PolicyRule, path: &str) -> bool {
    rule.non_resource_urls.iter().any(|held| {
        held == path
            || held
                .ends_with('*')
                .then(|| held.trim_end_matches('*'))
                .is_some_and(|start| path.starts_with(start))
    })
}

/// Whether `rule` allows what nobody listed: everything, a subresource of everything, every path.
pub(super) fn has_wildcard(rule: &PolicyRule) -> bool {
    let listed = [&rule.verbs, &rule.api_groups, &rule.resources];
    let subresource = |name: &String| name.starts_with("*/");
    let paths = |path: &String| path.ends_with('*') && path.trim_end_matches('*').len() < 2;
    listed.into_iter().flatten().any(|name| name == "*")
        || rule.resources.iter().any(subresource)
        || rule.non_resource_urls.iter().any(paths)
}

fn holds(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| name == "*" || name == wanted)
}

/// The empty text among `resourceNames` equals the name of a request that has none.
fn names(rule: &PolicyRule, verb: &str, resource: &str, reach: Reach) -> bool {
    let names = &rule.resource_names;
    let nameless = names.is_empty() || names.iter().any(String::is_empty);
    let subresource = resource.contains('/');
    if NAMELESS.contains(&verb) && !subresource {
        return nameless;
    }
    match reach {
        Reach::One => true,
        Reach::Every if LISTING.contains(&verb) => nameless,
        Reach::Every => names.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        PolicyRule {
            verbs: texts(verbs),
            api_groups: texts(groups),
            resources: texts(resources),
            resource_names: texts(names),
            non_resource_urls: Vec::new(),
        }
    }

    fn target(group: &'static str, resource: &'static str) -> Target<'static> {
        Target {
            group,
            resource,
            namespaced: true,
        }
    }

    #[test]
    fn resources_match_as_in_the_api_server() {
        // (resources of the rule, resource of the request, allowed)
        let cases: [(&[&str], &'static str, bool); 12] = [
            (&["pods"], "pods", true),
            (&["pods"], "pods/exec", false),
            (&["pods/exec"], "pods/exec", true),
            (&["pods/exec"], "pods", false),
            (&["*"], "pods", true),
            (&["*"], "pods/exec", true),
            (&["*/exec"], "pods/exec", true),
            (&["*/exec"], "pods", false),
            (&["*/exec"], "pods/attach", false),
            (&["pods/*"], "pods/exec", false),
            (&["pods/*"], "pods", false),
            (&["nodes", "*/proxy"], "nodes/proxy", true),
        ];
        for (resources, asked, allowed) in cases {
            let rule = rule(&["create"], &[""], resources, &[]);
            let got = allows(&rule, "create", &target("", asked), Reach::Every);
            assert_eq!(got, allowed, "{resources:?} {asked}");
        }
    }

    #[test]
    fn a_wildcard_is_whatever_allows_what_nobody_listed() {
        for (text, paths, wild) in [
            ("pods", "", false),
            ("*", "", true),
            ("*/exec", "", true),
            ("pods/*", "", false),
            ("", "*", true),
            ("", "/*", true),
            ("", "/healthz/*", false),
            ("", "/metrics", false),
        ] {
            let mut rule = rule(&["get"], &[""], &[text], &[]);
            rule.non_resource_urls = vec![paths.to_owned()];
            assert_eq!(has_wildcard(&rule), wild, "{text} {paths}");
        }
    }

    #[test]
    fn verbs_and_groups_match_by_name_or_star() {
        // (verbs, groups, asked verb, asked group, allowed)
        type Case = (
            &'static [&'static str],
            &'static [&'static str],
            &'static str,
            &'static str,
            bool,
        );
        let cases: [Case; 7] = [
            (&["get"], &[""], "get", "", true),
            (&["get"], &[""], "list", "", false),
            (&["*"], &[""], "impersonate", "", true),
            (&["ge*"], &[""], "get", "", false),
            (&["get"], &["*"], "get", "apps", true),
            (&["get"], &["apps"], "get", "", false),
            (&["get"], &[], "get", "", false),
        ];
        for (verbs, groups, verb, group, allowed) in cases {
            let rule = rule(verbs, groups, &["things"], &[]);
            let got = allows(&rule, verb, &target(group, "things"), Reach::Every);
            assert_eq!(got, allowed, "{verbs:?} {groups:?} {verb} {group}");
        }
    }

    #[test]
    fn names_limit_what_a_rule_reaches() {
        // (resourceNames, verb, resource, all of them, at least one)
        let cases: [(&[&str], &str, &'static str, bool, bool); 9] = [
            (&[], "get", "secrets", true, true),
            (&["a"], "get", "secrets", false, true),
            (&["a"], "list", "secrets", false, true),
            (&["a", ""], "list", "secrets", true, true),
            (&["a", ""], "get", "secrets", false, true),
            (&["a"], "create", "pods", false, false),
            (&[""], "create", "pods", true, true),
            (&["a"], "deletecollection", "pods", false, false),
            (&["a"], "create", "serviceaccounts/token", false, true),
        ];
        for (names, verb, resource, every, one) in cases {
            let rule = rule(&["*"], &["*"], &["*"], names);
            let got =
                [Reach::Every, Reach::One].map(|r| allows(&rule, verb, &target("", resource), r));
            assert_eq!(got, [every, one], "{names:?} {verb} {resource}");
        }
    }
}
