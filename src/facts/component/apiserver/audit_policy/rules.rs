//! The rules of an audit policy, read and matched as the API server does.
//!
//! Source: apiserver/pkg/audit/policy (checker.go, reader.go) and apiserver/pkg/apis/audit/validation.

use serde_json::Value;

use super::requests::lasts;

/// How much is recorded, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
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

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

const STAGES: [&str; 4] = [
    "RequestReceived",
    "ResponseStarted",
    "ResponseComplete",
    "Panic",
];

/// A policy that the API server takes.
pub(super) struct Policy {
    pub(super) rules: Vec<Rule>,
}

/// One rule. An empty list asks nothing.
pub(super) struct Rule {
    level: Level,
    /// The stages of which it records nothing.
    omitted: Vec<String>,
    pub(super) users: Vec<String>,
    pub(super) groups: Vec<String>,
    verbs: Vec<String>,
    pub(super) namespaces: Vec<String>,
    resources: Vec<GroupResources>,
    /// Whether it is about paths that are no resources, and those alone.
    about_paths: bool,
}

struct GroupResources {
    group: String,
    resources: Vec<String>,
    names: Vec<String>,
}

/// A request for an object; what no rule can name is nothing.
#[derive(Clone, Debug)]
pub(super) struct Request<'r> {
    pub(super) user: Option<&'r str>,
    pub(super) groups: &'r [String],
    pub(super) verb: &'r str,
    pub(super) group: &'r str,
    /// With its subresource.
    pub(super) resource: &'r str,
    /// Empty for what lies in none, and for a list over all of them.
    pub(super) namespace: Option<&'r str>,
    pub(super) name: Option<&'r str>,
}

impl Policy {
    /// Nothing when the API server would refuse the policy.
    pub(super) fn parse(tree: &Value) -> Option<Self> {
        let stages = stages(tree)?;
        let rules = tree
            .get("rules")?
            .as_array()
            .filter(|rules| !rules.is_empty())?;
        let rules = rules.iter().map(|rule| Rule::parse(rule, &stages));
        Some(Self {
            rules: rules.collect::<Option<_>>()?,
        })
    }

    /// The position of the first rule that matches, `every` telling whether the group `*` is every group.
    pub(super) fn decides(&self, request: &Request<'_>, every: bool) -> Option<usize> {
        let mut rules = self.rules.iter();
        rules.position(|rule| rule.matches(request, every))
    }

    /// Whether any rule names the group `*`.
    pub(super) fn has_group_wildcard(&self) -> bool {
        let mut resources = self.rules.iter().flat_map(|rule| &rule.resources);
        resources.any(|of_group| of_group.group == "*")
    }
}

impl Rule {
    fn parse(rule: &Value, omitted: &[String]) -> Option<Self> {
        let level = rule.get("level")?.as_str()?;
        let mut all = omitted.to_vec();
        all.extend(stages(rule)?);
        let rule = Self {
            level: Level::ALL.into_iter().find(|known| known.name() == level)?,
            omitted: all,
            users: list(rule, "users")?,
            groups: list(rule, "userGroups")?,
            verbs: list(rule, "verbs")?,
            namespaces: list(rule, "namespaces")?,
            resources: match rule.get("resources") {
                None | Some(Value::Null) => Vec::new(),
                Some(all) => all
                    .as_array()?
                    .iter()
                    .map(GroupResources::parse)
                    .collect::<Option<_>>()?,
            },
            about_paths: paths(rule)?,
        };
        let about_objects = !rule.namespaces.is_empty() || !rule.resources.is_empty();
        (!rule.about_paths || !about_objects).then_some(rule)
    }

    /// What is in the log about a request that this rule decides: nothing when it leaves out every stage of it, and no
    /// content without the last.
    pub(super) fn records(&self, resource: &str, verb: &str) -> Level {
        let omits = |stage: &str| self.omitted.iter().any(|omitted| omitted == stage);
        let last = omits("ResponseComplete");
        let begun =
            omits("RequestReceived") && (!lasts(resource, verb) || omits("ResponseStarted"));
        match (last, begun) {
            (true, true) => Level::None,
            (true, false) => self.level.min(Level::Metadata),
            (false, _) => self.level,
        }
    }

    /// Its level, or none where it records nothing of any request.
    pub(super) fn level(&self) -> Level {
        self.records("pods/exec", "create")
            .max(self.records("pods", "create"))
    }

    /// The names of objects to which it is limited for a kind of request: nothing where it does not match at all, and no
    /// name where it asks for none.
    pub(super) fn names(
        &self,
        group: &str,
        resource: &str,
        verb: &str,
        every: bool,
    ) -> Vec<Option<&str>> {
        let verbs = self.verbs.is_empty() || has(&self.verbs, verb);
        if !verbs || self.about_paths {
            return Vec::new();
        }
        if self.resources.is_empty() {
            return vec![None];
        }
        let fitting = self
            .resources
            .iter()
            .filter(|one| one.is_about(group, resource, every));
        let mut names = Vec::new();
        for one in fitting {
            match one.names.is_empty() {
                true => names.push(None),
                false => names.extend(one.names.iter().map(|name| Some(name.as_str()))),
            }
        }
        names
    }

    fn matches(&self, request: &Request<'_>, every: bool) -> bool {
        let asked = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| has(list, value))
        };
        asked(&self.users, request.user)
            && (self.groups.is_empty()
                || request.groups.iter().any(|one| self.groups.contains(one)))
            && asked(&self.verbs, Some(request.verb))
            && !self.about_paths
            && asked(&self.namespaces, request.namespace)
            && (self.resources.is_empty()
                || self.resources.iter().any(|one| one.matches(request, every)))
    }
}

impl GroupResources {
    fn parse(resources: &Value) -> Option<Self> {
        let parsed = Self {
            group: match resources.get("group") {
                None | Some(Value::Null) => String::new(),
                Some(group) => group.as_str()?.to_owned(),
            },
            resources: list(resources, "resources")?,
            names: list(resources, "resourceNames")?,
        };
        // A version after the group, and names of nothing, are refused.
        let named = parsed.names.is_empty() || !parsed.resources.is_empty();
        (named && !parsed.group.contains('/')).then_some(parsed)
    }

    fn is_about(&self, group: &str, asked: &str, every: bool) -> bool {
        let (resource, subresource) = asked.split_once('/').unwrap_or((asked, ""));
        let one = |rule: &String| {
            rule == "*"
                || rule == asked
                || (!subresource.is_empty() && rule.strip_prefix("*/") == Some(subresource))
                || rule.strip_suffix("/*") == Some(resource)
        };
        (self.group == group || (every && self.group == "*"))
            && (self.resources.is_empty() || self.resources.iter().any(one))
    }

    fn matches(&self, request: &Request<'_>, every: bool) -> bool {
        self.is_about(request.group, request.resource, every)
            && (self.names.is_empty() || request.name.is_some_and(|name| has(&self.names, name)))
    }
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|item| item == wanted)
}

/// The stages that are left out; nothing when one does not exist.
fn stages(tree: &Value) -> Option<Vec<String>> {
    let stages = list(tree, "omitStages")?;
    let known = |stage: &String| STAGES.contains(&stage.as_str());
    stages.iter().all(known).then_some(stages)
}

/// Whether a rule names paths; nothing when one is none.
fn paths(rule: &Value) -> Option<bool> {
    let paths = list(rule, "nonResourceURLs")?;
    let path = |path: &String| {
        let within = path.strip_suffix('*').unwrap_or(path);
        path == "*" || (path.starts_with('/') && !within.contains('*'))
    };
    paths.iter().all(path).then_some(!paths.is_empty())
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
