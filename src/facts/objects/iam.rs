//! Whom AWS identities are to a cluster: the ConfigMap `kube-system/aws-auth`.
//!
//! Source: <https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html>, and its reader, `ParseMap` of
//! kubernetes-sigs/aws-iam-authenticator (pkg/mapper/configmap): YAML becomes JSON, whose keys Go takes in any case; what it
//! cannot read of one mapping leaves the others in force; the account numbers are texts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::reading::{nullable, object};
use super::{ConfigMap, first_document};
use crate::facts::{Gap, GapReason, Lack, Listing, redact};

object! {
    /// An AWS identity that the ConfigMap kube-system/aws-auth maps to a user and groups of the cluster.
    pub struct IamMapping {
        /// `role`, `user`, or `account` for all identities of an AWS account.
        #[prost(string, tag = "1")]
        pub kind: String,
        /// The ARN of the role or user, the permission set, or the number of the account.
        #[prost(string, tag = "2")]
        pub arn: String,
        /// The user it becomes; what stands in `{{…}}` is filled in at the login.
        #[prost(string, tag = "3")]
        pub username: String,
        /// The groups it becomes a member of; what stands in `{{…}}` is filled in at the login.
        #[prost(string, repeated, tag = "4")]
        pub groups: Vec<String>,
    }
}

nullable!(IamMapping);

/// Where the ConfigMap is.
pub const AWS_AUTH: (&str, &str) = ("kube-system", "aws-auth");

/// Keys of lists of mappings, the kind of identity, and the key that names it.
const LISTS: [(&str, &str, &str); 2] = [
    ("mapRoles", "role", "ROLEARN"),
    ("mapUsers", "user", "USERARN"),
];

/// The key of the list of accounts.
const ACCOUNTS: &str = "mapAccounts";

impl ConfigMap {
    /// The mappings of `kube-system/aws-auth`, and which of them could not be read; nothing for any other ConfigMap.
    pub fn iam(&self) -> Option<Listing<IamMapping>> {
        self.is_aws_auth().then(|| Listing {
            rows: self.iam_mappings.clone(),
            lacks: self.iam_unread.iter().map(|place| lack(place)).collect(),
        })
    }

    pub(super) fn is_aws_auth(&self) -> bool {
        (&*self.metadata.namespace, &*self.metadata.name) == AWS_AUTH
    }
}

fn lack(place: &str) -> Lack {
    let (namespace, name) = AWS_AUTH;
    Lack {
        namespace: None,
        name: Some(format!("{place} of ConfigMap {name}")),
        gap: Gap::new(
            format!("{place} of ConfigMap {name}"),
            format!("{namespace}/{name}"),
            GapReason::Unparsable,
            "write a list of mappings, each with rolearn or userarn, username and groups",
        ),
    }
}

/// The mappings in the data of the ConfigMap, and the places that make no sense.
pub(super) fn mappings(data: &BTreeMap<String, String>) -> (Vec<IamMapping>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for (key, kind, arn) in LISTS {
        for (place, item) in items(data, key, &mut unread) {
            let Some(fields) = item.as_object() else {
                // `null` is a mapping without anything.
                if !item.is_null() {
                    unread.push(place);
                }
                continue;
            };
            let (mapping, whole) = mapping(kind, arn, fields);
            if !whole {
                unread.push(place);
            }
            add(&mut found, mapping);
        }
    }
    for (place, item) in items(data, ACCOUNTS, &mut unread) {
        let account = match item {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => {
                unread.push(place);
                continue;
            }
        };
        let mapping = IamMapping {
            kind: "account".to_owned(),
            arn: kept(&account),
            ..IamMapping::default()
        };
        add(&mut found, mapping);
    }
    (found, unread)
}

/// The items of a list that stands in a text, each with its place.
fn items(
    data: &BTreeMap<String, String>,
    key: &str,
    unread: &mut Vec<String>,
) -> Vec<(String, Value)> {
    let text = data.get(key).map_or("", |text| text.trim());
    if ["", "``", "\"\""].contains(&text) {
        return Vec::new();
    }
    match first_document(text) {
        Ok(Value::Array(items)) => {
            let items = items.into_iter().enumerate();
            items
                .map(|(at, item)| (format!("{key}[{at}]"), item))
                .collect()
        }
        Ok(Value::Null) => Vec::new(),
        _ => {
            unread.push(key.to_owned());
            Vec::new()
        }
    }
}

/// A mapping, and whether all of it was read.
fn mapping(kind: &str, arn: &str, fields: &Map<String, Value>) -> (IamMapping, bool) {
    let mut mapping = IamMapping {
        kind: kind.to_owned(),
        ..IamMapping::default()
    };
    // Whether a value was a text, or nothing.
    let text = |value: &Value, into: &mut String| match value {
        Value::String(text) => {
            *into = kept(text);
            true
        }
        value => value.is_null(),
    };
    let mut whole = true;
    for (key, value) in fields {
        // As Go folds the keys of JSON: upper and lower case, and the letters that have another form of either.
        let key = key.to_lowercase().to_uppercase();
        whole &= match key.as_str() {
            "USERNAME" => text(value, &mut mapping.username),
            "GROUPS" => groups(value, &mut mapping.groups),
            "SSO" => match value.as_object() {
                Some(sso) => {
                    mapping.arn = permission_set(sso);
                    true
                }
                None => value.is_null(),
            },
            key if key == arn => text(value, &mut mapping.arn),
            _ => true,
        };
    }
    (mapping, whole)
}

/// Adds the groups of a list; whether all of it was read.
fn groups(value: &Value, into: &mut Vec<String>) -> bool {
    let Value::Array(items) = value else {
        return value.is_null();
    };
    let texts = items.iter().filter_map(Value::as_str);
    into.extend(texts.map(kept));
    items.iter().all(|item| item.is_string() || item.is_null())
}

/// The identities that a permission set of IAM Identity Center gives.
fn permission_set(sso: &Map<String, Value>) -> String {
    let field = |name: &str| {
        let mut fields = sso.iter();
        let field = fields.find(|(key, _)| key.eq_ignore_ascii_case(name));
        field.and_then(|(_, value)| value.as_str()).unwrap_or("?")
    };
    let (set, account) = (field("permissionSetName"), field("accountID"));
    kept(&format!("permission set {set} of account {account}"))
}

/// Adds a mapping. Of two for one identity the last one counts, so its user stays; the groups of both are shown.
fn add(found: &mut Vec<IamMapping>, mapping: IamMapping) {
    if mapping.arn.is_empty() && mapping.username.is_empty() && mapping.groups.is_empty() {
        return;
    }
    let same = |one: &&mut IamMapping| {
        one.kind == mapping.kind && one.arn.eq_ignore_ascii_case(&mapping.arn)
    };
    match found.iter_mut().find(same) {
        Some(known) if !mapping.arn.is_empty() => {
            known.username = mapping.username;
            for group in mapping.groups {
                if !known.groups.contains(&group) {
                    known.groups.push(group);
                }
            }
        }
        _ => found.push(mapping),
    }
}

/// A text without what looks like a secret.
fn kept(text: &str) -> String {
    match redact::pattern("", text) {
        Some(_) => redact::redacted(text),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of these texts: each identity with its user and groups, then the places that make no sense.
    fn read(key: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let data = BTreeMap::from([(key.to_owned(), text.to_owned())]);
        let (found, unread) = mappings(&data);
        let told = found.iter().map(|one| {
            let groups = one.groups.join("+");
            format!("{} {} {} {groups}", one.kind, one.arn, one.username)
        });
        (told.collect(), unread)
    }

    /// Key, text, what is read of it, and the places that make no sense.
    type Case = (
        &'static str,
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
    );

    #[rustfmt::skip]
    const CASES: &[Case] = &[
        ("mapRoles", "- rolearn: a\n  username: 'system:node:{{EC2PrivateDNSName}}'\n  groups:\n  - system:bootstrappers\n  - system:nodes\n",
            &["role a system:node:{{EC2PrivateDNSName}} system:bootstrappers+system:nodes"], &[]),
        ("mapUsers", "[{userarn: a, username: u, groups: [g]}]", &["user a u g"], &[]),
        ("mapUsers", r#"[{"userarn": "a", "username": "u", "groups": ["g"]}]"#, &["user a u g"], &[]),
        ("mapRoles", "[{roleARN: a, UserName: u, Groups: [g]}]", &["role a u g"], &[]),
        ("mapRoles", "[{rolearn: a, groups: [g], GROUPS: [h]}]", &["role a  h+g"], &[]),
        ("mapRoles", "[{rolearn: a, group\u{17f}: [g]}]", &["role a  g"], &[]),
        ("mapRoles", "[{rolearn: a}, null, {}]", &["role a  "], &[]),
        ("mapRoles", "[{rolearn: a, groups: [g]}, {rolearn: A, username: u, groups: [h]}]", &["role a u g+h"], &[]),
        ("mapRoles", "[{sso: {permissionSetName: P, accountID: '1'}, groups: [g]}]", &["role permission set P of account 1  g"], &[]),
        ("mapRoles", "[{rolearn: a, groups: g}, {rolearn: b, groups: [1, h]}, 5]",
            &["role a  ", "role b  h"], &["mapRoles[0]", "mapRoles[1]", "mapRoles[2]"]),
        ("mapRoles", "{rolearn: a}", &[], &["mapRoles"]),
        ("mapRoles", "- rolearn: [a", &[], &["mapRoles"]),
        ("mapUsers", "``", &[], &[]),
        ("mapUsers", "  \n", &[], &[]),
        ("mapUsers", "[]", &[], &[]),
        ("mapAccounts", "['000111222333', 444555666777]", &["account 000111222333  ", "account 444555666777  "], &[]),
        ("mapAccounts", "[{}]", &[], &["mapAccounts[0]"]),
    ];

    #[test]
    fn mappings_are_read_as_their_reader_reads_them() {
        for (key, text, rows, places) in CASES {
            let (found, unread) = read(key, text);
            assert_eq!(found, *rows, "{text}");
            assert_eq!(unread, *places, "{text}");
        }
        assert_eq!(read("mapOthers", "[{rolearn: a}]").0, [""; 0]);
    }

    #[test]
    fn nothing_that_looks_like_a_secret_stays() {
        let text = "[{userarn: a, username: AKIAIOSFODNN7EXAMPLE, groups: [g]}]";
        let (found, _) = read("mapUsers", text);
        assert!(!found[0].contains("AKIA"), "{found:?}");
    }
}
