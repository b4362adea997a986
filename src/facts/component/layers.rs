//! Configuration files in layers: what each sets, and which one decides.

use serde::Deserialize;
use serde_json::Value;

use super::{FileRead, Files};
use crate::facts::settings::{Kind, Row, Scalar};
use crate::facts::{Gap, GapReason, Place, Source};

/// A configuration file that was read, or the reason why not.
pub(super) struct Layer {
    source: Source,
    tree: Result<Value, Gap>,
    /// The directory that relative paths in it start from, for a file that resolves them.
    pub(super) directory: Option<String>,
    /// Whether its maps add to those of the layers below.
    pub(super) merges: bool,
}

/// What a stack of layers says about one setting.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// It is set.
    Value(Scalar, Source),
    /// A `null` took it away.
    Cleared,
    /// No layer mentions it.
    Nothing,
    /// A layer that could decide it is not known, or holds something of another type.
    Gap(Gap),
}

/// What is at one path of one tree.
enum At<'a> {
    Missing,
    Null,
    Value(&'a Value),
}

/// What a file must be: the group of its `apiVersion` and its `kind`.
pub(super) type Identity = (&'static str, &'static str);

impl Layer {
    /// Reads the file at `path` on `node`; `identity` is what Kubernetes demands of it.
    pub(super) fn read(
        files: &mut dyn Files,
        node: &str,
        path: &str,
        identity: Option<Identity>,
    ) -> Self {
        let source = Source::from(Place::File {
            node: node.to_owned(),
            path: path.to_owned(),
        });
        let gap = |reason, remedy: &'static str| {
            Gap::new("configuration file", source.to_string(), reason, remedy)
        };
        let tree = if path.starts_with('/') {
            match files.text(path) {
                FileRead::Text(text) => document(&text)
                    .filter(|tree| identity.is_none_or(|identity| is(tree, identity)))
                    .ok_or_else(|| {
                        gap(
                            GapReason::Unparsable,
                            "correct the file and restart the component",
                        )
                    }),
                FileRead::NotFound => Err(gap(
                    GapReason::Unreachable,
                    "put the file back: the component was started with it",
                )),
                FileRead::Gap(gap) => Err(gap),
            }
        } else {
            Err(gap(
                GapReason::Unreachable,
                "name the file by an absolute path: its working directory is not known",
            ))
        };
        Self {
            tree,
            directory: None,
            merges: false,
            source,
        }
    }

    /// A layer that is not known.
    pub(super) fn unknown(gap: Gap, source: Source) -> Self {
        Self {
            source,
            tree: Err(gap),
            directory: None,
            merges: false,
        }
    }

    /// A layer that was read elsewhere.
    pub(super) fn known(tree: Value, source: Source) -> Self {
        Self {
            source,
            tree: Ok(tree),
            directory: None,
            merges: false,
        }
    }

    /// The tree, or why there is none.
    pub(super) fn tree(&self) -> Result<&Value, &Gap> {
        self.tree.as_ref()
    }

    /// Where it was read.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The value of this layer for `row`.
    fn value(&self, row: &Row, json: &Value) -> Result<Scalar, Gap> {
        let value = row.kind.json(json).ok_or_else(|| {
            Gap::new(
                format!("value of {}", row.name),
                self.source.to_string(),
                GapReason::Unparsable,
                "correct the type of the value",
            )
        })?;
        Ok(match (&self.directory, value) {
            (Some(directory), Scalar::Text(path))
                if row.kind == Kind::Path && !path.is_empty() && !path.starts_with('/') =>
            {
                Scalar::Text(format!("{directory}/{path}"))
            }
            (_, value) => value,
        })
    }
}

/// What `layers`, lowest first, say about `row`. Scalars and lists replace; maps of a layer that merges add to what lies
/// below, which is `base` at the bottom, and a `null` in them removes a key (RFC 7396).
pub(super) fn find(layers: &[Layer], row: &Row, base: Option<&Scalar>) -> Found {
    match row.kind {
        Kind::Map | Kind::Gates => find_map(layers, row, base),
        _ => find_one(layers, row),
    }
}

fn find_one(layers: &[Layer], row: &Row) -> Found {
    for layer in layers.iter().rev() {
        match layer.tree() {
            Err(gap) => return Found::Gap(gap.clone()),
            Ok(tree) => match at(tree, &row.path) {
                At::Missing => {}
                At::Null => return Found::Cleared,
                At::Value(json) => {
                    return match layer.value(row, json) {
                        Ok(value) => Found::Value(value, layer.source.clone()),
                        Err(gap) => Found::Gap(gap),
                    };
                }
            },
        }
    }
    Found::Nothing
}

fn find_map(layers: &[Layer], row: &Row, base: Option<&Scalar>) -> Found {
    let mut found = Found::Nothing;
    for layer in layers {
        let json = match layer.tree() {
            Err(gap) => return Found::Gap(gap.clone()),
            Ok(tree) => match at(tree, &row.path) {
                At::Missing => continue,
                At::Null => {
                    found = Found::Cleared;
                    continue;
                }
                At::Value(json) => json,
            },
        };
        let below = match (&found, base) {
            (Found::Value(Scalar::Map(map), _), _) if layer.merges => map.clone(),
            (Found::Nothing, Some(Scalar::Map(map))) if layer.merges => map.clone(),
            _ => Default::default(),
        };
        let (removed, kept): (Vec<_>, Vec<_>) = json
            .as_object()
            .into_iter()
            .flatten()
            .partition(|(_, value)| value.is_null());
        let kept = if json.is_object() {
            Value::Object(
                kept.into_iter()
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            )
        } else {
            json.clone()
        };
        match layer.value(row, &kept) {
            Ok(Scalar::Map(map)) => {
                let mut all = below;
                all.retain(|key, _| !removed.iter().any(|(gone, _)| *gone == key));
                all.extend(map);
                found = Found::Value(Scalar::Map(all), layer.source.clone());
            }
            Ok(_) => {}
            Err(gap) => return Found::Gap(gap),
        }
    }
    found
}

/// What is at `path` of `tree`. Something that is no object on the way is returned as it is; its type will not fit.
fn at<'a>(tree: &'a Value, path: &[String]) -> At<'a> {
    let mut here = tree;
    if path.is_empty() {
        return At::Missing;
    }
    for name in path {
        match here {
            Value::Null => return At::Null,
            Value::Object(map) => match map.get(name) {
                Some(next) => here = next,
                None => return At::Missing,
            },
            other => return At::Value(other),
        }
    }
    match here {
        Value::Null => At::Null,
        value => At::Value(value),
    }
}

/// The first document of a YAML or JSON text, which is all that Kubernetes reads of a configuration file.
pub(crate) fn document(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}');
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    let mut yaml = serde_yaml::Value::deserialize(document).ok()?;
    yaml.apply_merge().ok()?;
    let tree = serde_json::to_value(yaml).ok()?;
    tree.is_object().then_some(tree)
}

/// Whether `tree` is of the wanted group and kind.
fn is(tree: &Value, (group, kind): Identity) -> bool {
    let text = |name: &str| tree.get(name).and_then(Value::as_str);
    text("kind") == Some(kind)
        && text("apiVersion").and_then(|version| version.split('/').next()) == Some(group)
}
