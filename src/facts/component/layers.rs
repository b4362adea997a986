//! Configuration files in layers: what each sets, and which one decides.

use serde::Deserialize;
use serde_json::Value;

use super::{FileRead, Files};
use crate::facts::objects::first_document;
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

const FILE: &str = "configuration file";

/// What is at one path of one tree.
enum At<'a> {
    Missing,
    Null,
    Value(&'a Value),
}

/// What a file must be, and how strictly it is read.
#[derive(Clone, Copy)]
pub(super) struct Identity {
    /// Each `apiVersion` that is taken, with its `kind`.
    pub(super) forms: &'static [(&'static str, &'static str)],
    /// Whether a key that stands twice is refused; the others take the last one.
    pub(super) strict: bool,
}

impl Identity {
    /// Whether `tree` is what it must be.
    fn holds(self, tree: &Value) -> bool {
        let text = |name: &str| tree.get(name).and_then(Value::as_str);
        let form = (text("apiVersion"), text("kind"));
        let mut forms = self.forms.iter();
        forms.any(|(version, kind)| form == (Some(*version), Some(*kind)))
    }
}

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
        let gap = |what: &str, reason, remedy: &'static str| {
            Gap::new(what.to_owned(), source.to_string(), reason, remedy)
        };
        let tree = if path.starts_with('/') {
            match files.text(path) {
                FileRead::Text(text) => parse(&text, identity).map_err(|what| {
                    let remedy = "correct the file and restart the component";
                    gap(what, GapReason::Unparsable, remedy)
                }),
                FileRead::NotFound => Err(gap(
                    FILE,
                    GapReason::Unreachable,
                    "put the file back: the component was started with it",
                )),
                FileRead::Gap(gap) => Err(gap),
            }
        } else {
            Err(gap(
                FILE,
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

/// The first document of a text, which is all that Kubernetes and etcd read of a configuration file.
pub(crate) fn document(text: &str) -> Option<Value> {
    first_document(text).ok().filter(Value::is_object)
}

/// The document, if it is what its reader takes.
fn parse(text: &str, identity: Option<Identity>) -> Result<Value, &'static str> {
    let tree = document(text).ok_or(FILE)?;
    let Some(identity) = identity else {
        return Ok(tree);
    };
    if !identity.holds(&tree) {
        return Err("configuration file of the kind that its reader takes");
    }
    // The library refuses a key that stands twice.
    let mut documents = serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let strictly = documents.next().map(serde_yaml::Value::deserialize);
    if identity.strict && !matches!(strictly, Some(Ok(_))) {
        return Err("configuration file without a key that stands twice, which its reader refuses");
    }
    Ok(tree)
}
