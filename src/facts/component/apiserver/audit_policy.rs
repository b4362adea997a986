//! What an audit policy records of the requests that matter, found out by asking it as the API server does.
//!
//! Source: <https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/> and the API server's audit policy package: the
//! first rule that matches decides, and a request that none matches is not recorded. The requests are those of CIS
//! 3.2.2, made by an ordinary user (group system:authenticated) on an object and in a namespace that no rule names.

use serde_json::Value;

use super::{File, Flags, flag, from_file};
use crate::facts::Cell;
use crate::facts::settings::Scalar;

/// A request: group, resource with its subresource, verbs, whether it belongs to a namespace.
type Asked = (&'static str, &'static str, &'static [&'static str], bool);

const ALL: &[&str] = &[
    "get", "list", "watch", "create", "update", "patch", "delete",
];
const WRITES: &[&str] = &["create", "update", "patch", "delete"];
/// A connection is a POST, or a GET that is upgraded.
const CONNECT: &[&str] = &["get", "create"];

/// Requests whose bodies hold what must not be in a log.
const CONFIDENTIAL: &[Asked] = &[
    ("", "secrets", ALL, true),
    ("", "configmaps", ALL, true),
    ("authentication.k8s.io", "tokenreviews", &["create"], false),
];

/// Other requests that must leave a trace.
const SENSITIVE: &[Asked] = &[
    ("", "pods", WRITES, true),
    ("apps", "deployments", WRITES, true),
    ("", "pods/exec", CONNECT, true),
    ("", "pods/portforward", CONNECT, true),
    ("", "pods/attach", CONNECT, true),
    ("", "pods/proxy", CONNECT, true),
    ("", "services/proxy", CONNECT, true),
    ("", "serviceaccounts/token", &["create"], true),
    (
        "certificates.k8s.io",
        "certificatesigningrequests",
        &["create"],
        false,
    ),
    (
        "certificates.k8s.io",
        "certificatesigningrequests/approval",
        &["update", "patch"],
        false,
    ),
];

/// The derived field called `name`, if it is one of the audit policy.
pub(super) fn field(name: &str, flags: &Flags, file: &File) -> Option<Cell<Scalar>> {
    let pick: fn(&Policy) -> Vec<String> = match name {
        "auditPolicy.levels" => |policy| {
            let levels = policy.rules.iter().map(|rule| rule.level.name());
            levels.map(str::to_owned).collect()
        },
        "auditPolicy.unrecorded" => |policy| {
            let all = CONFIDENTIAL.iter().chain(SENSITIVE);
            policy.requests(all, |level| level == Level::None)
        },
        "auditPolicy.bodies" => {
            |policy| policy.requests(CONFIDENTIAL.iter(), |level| level >= Level::Request)
        }
        _ => return None,
    };
    Some(match file {
        Err(gap) => Cell::Gap(gap.clone()),
        Ok(None) => {
            let nothing = Policy { rules: Vec::new() };
            flag(flags, "audit-policy-file").map(|_| Scalar::List(pick(&nothing)))
        }
        Ok(Some(layer)) => from_file(layer, |tree| {
            Some(Scalar::List(pick(&Policy::parse(tree)?)))
        }),
    })
}

/// How much is recorded, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    None,
    Metadata,
    Request,
    RequestResponse,
}

impl Level {
    const ALL: [Self; 4] = [
        Self::None,
        Self::Metadata,
        Self::Request,
        Self::RequestResponse,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

struct Policy {
    rules: Vec<Rule>,
}

/// One rule, as far as an ordinary user's request can match it.
struct Rule {
    level: Level,
    users: Vec<String>,
    groups: Vec<String>,
    verbs: Vec<String>,
    namespaces: Vec<String>,
    resources: Vec<GroupResources>,
    paths: Vec<String>,
}

struct GroupResources {
    group: String,
    resources: Vec<String>,
    names: Vec<String>,
}

impl Policy {
    /// Nothing when the API server would refuse the policy.
    fn parse(tree: &Value) -> Option<Self> {
        let stages = list(tree, "omitStages")?;
        let rules = tree
            .get("rules")?
            .as_array()
            .filter(|rules| !rules.is_empty())?;
        Some(Self {
            rules: rules
                .iter()
                .map(|rule| Rule::parse(rule, &stages))
                .collect::<Option<_>>()?,
        })
    }

    /// The requests of `asked` whose level is `wanted`, as `verb resource`.
    fn requests<'a>(
        &self,
        asked: impl Iterator<Item = &'a Asked>,
        wanted: impl Fn(Level) -> bool,
    ) -> Vec<String> {
        let mut found = Vec::new();
        for asked in asked {
            for verb in asked.2 {
                let rule = self.rules.iter().find(|rule| rule.matches(asked, verb));
                if wanted(rule.map_or(Level::None, |rule| rule.level)) {
                    found.push(format!("{verb} {}", asked.1));
                }
            }
        }
        found
    }
}

impl Rule {
    fn parse(rule: &Value, omitted: &[String]) -> Option<Self> {
        let level = rule.get("level")?.as_str()?;
        let level = Level::ALL.into_iter().find(|known| known.name() == level)?;
        let mut omitted = omitted.to_vec();
        omitted.extend(list(rule, "omitStages")?);
        // A request that comes and is answered passes these two stages; without both it leaves no event.
        let silent = ["RequestReceived", "ResponseComplete"]
            .iter()
            .all(|stage| omitted.iter().any(|omitted| omitted == stage));
        Some(Self {
            level: if silent { Level::None } else { level },
            users: list(rule, "users")?,
            groups: list(rule, "userGroups")?,
            verbs: list(rule, "verbs")?,
            namespaces: list(rule, "namespaces")?,
            paths: list(rule, "nonResourceURLs")?,
            resources: match rule.get("resources") {
                None | Some(Value::Null) => Vec::new(),
                Some(all) => all
                    .as_array()?
                    .iter()
                    .map(GroupResources::parse)
                    .collect::<Option<_>>()?,
            },
        })
    }

    fn matches(&self, (group, resource, _, namespaced): &Asked, verb: &str) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|item| item == wanted);
        let about_resources = !self.namespaces.is_empty() || !self.resources.is_empty();
        self.users.is_empty()
            && (self.groups.is_empty() || has(&self.groups, "system:authenticated"))
            && (self.verbs.is_empty() || has(&self.verbs, verb))
            && (about_resources || self.paths.is_empty())
            && (self.namespaces.is_empty() || (!namespaced && has(&self.namespaces, "")))
            && (self.resources.is_empty()
                || self
                    .resources
                    .iter()
                    .any(|rule| rule.matches(group, resource)))
    }
}

impl GroupResources {
    fn parse(resources: &Value) -> Option<Self> {
        Some(Self {
            group: match resources.get("group") {
                None | Some(Value::Null) => String::new(),
                Some(group) => group.as_str()?.to_owned(),
            },
            resources: list(resources, "resources")?,
            names: list(resources, "resourceNames")?,
        })
    }

    fn matches(&self, group: &str, asked: &str) -> bool {
        let (resource, subresource) = asked.split_once('/').unwrap_or((asked, ""));
        let one = |rule: &String| {
            rule == "*"
                || rule == asked
                || (!subresource.is_empty() && rule.strip_prefix("*/") == Some(subresource))
                || rule.strip_suffix("/*") == Some(resource)
        };
        (self.group == group || self.group == "*")
            && (self.resources.is_empty()
                || (self.names.is_empty() && self.resources.iter().any(one)))
    }
}

/// The texts under `name`; none when there is nothing.
fn list(tree: &Value, name: &str) -> Option<Vec<String>> {
    match tree.get(name) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(list) => {
            let texts = list.as_array()?.iter();
            texts.map(|text| text.as_str().map(str::to_owned)).collect()
        }
    }
}
