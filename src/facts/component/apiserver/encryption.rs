//! Encryption at rest: which provider writes a resource into etcd.
//!
//! Source: <https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/> and the API server's encryptionconfig
//! package: an entry for the resource itself counts before `*.group`, that before `*.*`; several entries for the same
//! resource add up in their order; an entry that an earlier wildcard masks is refused; of the providers the first writes
//! and all of them read; a resource without an entry is stored as it is.

use serde_json::Value;

use super::{File, Flags, flag, from_file};
use crate::facts::Cell;
use crate::facts::settings::Scalar;

/// What is written as it is.
const IDENTITY: &str = "identity";

/// Providers by the name of their field; all but the last encrypt.
const PROVIDERS: [&str; 5] = ["aesgcm", "aescbc", "secretbox", "kms", IDENTITY];

/// The derived field called `name`, if it is one of encryption. Providers are named as in the file; kms carries its API
/// version: `kms/v2`.
pub(super) fn field(name: &str, flags: &Flags, file: &File) -> Option<Cell<Scalar>> {
    let written_by = |resource: &'static str| {
        let none = Scalar::Text(IDENTITY.to_owned());
        read(flags, file, none, |rules| {
            let first = rules.providers(resource, "").next();
            Scalar::Text(first.map_or(IDENTITY, |first| &first.name).to_owned())
        })
    };
    Some(match name {
        "encryption.configMapsProvider" => written_by("configmaps"),
        "encryption.secretsProvider" => written_by("secrets"),
        "encryption.secretsKeys" => {
            let none = Scalar::List(vec![IDENTITY.to_owned()]);
            read(flags, file, none, |rules| {
                let mut keys: Vec<String> = Vec::new();
                for key in rules.providers("secrets", "").flat_map(|one| &one.keys) {
                    if !keys.contains(key) {
                        keys.push(key.clone());
                    }
                }
                // Without an entry a Secret is stored as it is.
                if keys.is_empty() {
                    keys.push(IDENTITY.to_owned());
                }
                Scalar::List(keys)
            })
        }
        "encryption.providers" => read(flags, file, Scalar::List(Vec::new()), |rules| {
            let mut all: Vec<String> = Vec::new();
            for provider in rules.entries.iter().flat_map(|entry| &entry.providers) {
                if !all.contains(&provider.name) {
                    all.push(provider.name.clone());
                }
            }
            Scalar::List(all)
        }),
        _ => return None,
    })
}

/// What `pick` finds in the file, and `none` when there is no file.
fn read(flags: &Flags, file: &File, none: Scalar, pick: impl Fn(&Rules) -> Scalar) -> Cell<Scalar> {
    match file {
        Err(gap) => Cell::Gap(gap.clone()),
        Ok(None) => flag(flags, "encryption-provider-config").map(|_| none),
        Ok(Some(layer)) => from_file(layer, |tree| Rules::parse(tree).as_ref().map(&pick)),
    }
}

/// The entries of an EncryptionConfiguration.
struct Rules {
    entries: Vec<Entry>,
}

struct Entry {
    /// Resource and group.
    resources: Vec<(String, String)>,
    providers: Vec<Provider>,
}

struct Provider {
    /// As in the file; kms with its API version.
    name: String,
    /// What a value says of itself when it is written with one of the keys, in their order: `aescbc:v1:key1`
    /// (`k8s:enc:` goes before, staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go).
    keys: Vec<String>,
}

impl Rules {
    /// Nothing when the API server would refuse the file: it then runs with an older one, or not at all.
    fn parse(tree: &Value) -> Option<Self> {
        let mut entries: Vec<Entry> = Vec::new();
        for entry in tree.get("resources")?.as_array()? {
            let entry = Entry::parse(entry)?;
            let masked = entry.resources.iter().any(|(_, group)| {
                entries
                    .iter()
                    .flat_map(|earlier| &earlier.resources)
                    .any(|(any, masking)| any == "*" && (masking == group || masking == "*"))
            });
            if masked {
                return None;
            }
            entries.push(entry);
        }
        (!entries.is_empty()).then_some(Self { entries })
    }

    /// The providers of a resource; the first writes.
    fn providers(&self, resource: &str, group: &str) -> impl Iterator<Item = &Provider> {
        let text = str::to_owned;
        let keys = [
            (text(resource), text(group)),
            (text("*"), text(group)),
            everything(),
        ];
        let key = keys
            .into_iter()
            .find(|key| self.entries.iter().any(|e| e.resources.contains(key)));
        self.entries
            .iter()
            .filter(move |entry| {
                key.as_ref()
                    .is_some_and(|key| entry.resources.contains(key))
            })
            .flat_map(|entry| &entry.providers)
    }
}

fn everything() -> (String, String) {
    ("*".to_owned(), "*".to_owned())
}

impl Entry {
    fn parse(entry: &Value) -> Option<Self> {
        let list = |name: &str| entry.get(name)?.as_array().filter(|list| !list.is_empty());
        Some(Self {
            resources: list("resources")?
                .iter()
                .map(resource)
                .collect::<Option<_>>()?,
            providers: list("providers")?
                .iter()
                .map(provider)
                .collect::<Option<_>>()?,
        })
    }
}

/// `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group) or `*.*`.
fn resource(text: &Value) -> Option<(String, String)> {
    let text = text.as_str()?;
    let (resource, group) = text.split_once('.').unwrap_or((text, ""));
    let refused = text == "*" || (group == "*" && resource != "*");
    (!refused).then(|| (resource.to_owned(), group.to_owned()))
}

/// The one provider of an element. A kms provider that states no API version is v1.
fn provider(element: &Value) -> Option<Provider> {
    let set = |name: &&&str| element.get(**name).is_some_and(|value| !value.is_null());
    let mut names = PROVIDERS.iter().filter(set);
    let (name, None) = (names.next()?, names.next()) else {
        return None;
    };
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    };
    let body = element.get(*name)?;
    if *name == IDENTITY {
        return Some(Provider {
            name: IDENTITY.to_owned(),
            keys: vec![IDENTITY.to_owned()],
        });
    }
    if *name == "kms" {
        let version = match text(body.get("apiVersion"))?.as_str() {
            "" => "v1".to_owned(),
            version => version.to_owned(),
        };
        let plugin = text(body.get("name"))?;
        return Some(Provider {
            name: format!("kms/{version}"),
            keys: vec![format!("kms:{version}:{plugin}")],
        });
    }
    let keys = body.get("keys").and_then(Value::as_array);
    let keys = keys.into_iter().flatten().map(|key| text(key.get("name")));
    let keys = keys.map(|key| Some(format!("{name}:v1:{}", key?)));
    Some(Provider {
        name: (*name).to_owned(),
        keys: keys.collect::<Option<_>>()?,
    })
}
