//! Pages of lists and single objects, from the two encodings the API server speaks.
//!
//! The items of a page decode one by one: one that does not is named and the others stay. Texts of errors say where and
//! what was expected, never what was found there.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde::Deserialize;

use super::Kind;
use super::listed::{Items, JsonList};
use crate::facts::{Gap, GapReason, Lack};

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/vnd.kubernetes.protobuf`.
    Protobuf,
}

/// The most objects that a page may hold: what is asked for, and all that comes from a server that heeds it.
pub const PAGE: usize = 500;

/// The most bytes that one object may take: an API server takes no larger request
/// (`MaxRequestBodyBytes`, k8s.io/apiserver/pkg/server/config.go).
const OBJECT: usize = 3 << 20;

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<K> {
    /// The objects, redacted.
    pub items: Vec<K>,
    /// What to ask for the next page with; `None` on the last one.
    pub continue_token: Option<String>,
    /// How many objects follow this page, when the server says so.
    pub remaining: Option<i64>,
    /// The objects that could not be read.
    pub broken: Vec<Broken>,
}

/// An object that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Its namespace, if that much could be read and it has one.
    pub namespace: Option<String>,
    /// Its name, if that much could be read.
    pub name: Option<String>,
    /// Why, without any value from the object.
    pub why: String,
}

impl Broken {
    /// The hole that this object leaves in the list of its kind.
    pub fn lack<K: Kind>(&self) -> Lack {
        let name = self.name.as_deref().unwrap_or("of unknown name");
        Lack {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            gap: Gap::new(
                format!("{} {name}", K::KIND),
                K::path(self.namespace.as_deref()),
                GapReason::Unparsable,
                format!("look at the object itself: {}", self.why),
            ),
        }
    }
}

/// Why a body could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The server sent something else than asked for (an error page of a proxy, a compressed body), or only its beginning.
    #[error("the answer is not Kubernetes protobuf")]
    NoEnvelope,
    /// The body is cut off or damaged, or the server's schema is not the one of Kubernetes.
    #[error("the answer is damaged protobuf")]
    Protobuf(#[from] prost::DecodeError),
    /// The body is cut off or damaged, or no Kubernetes object.
    #[error("the answer does not read as JSON of this kind: {0}")]
    Json(String),
    /// The server sent more than was asked for.
    #[error("the answer holds more than the {PAGE} objects that were asked for")]
    TooMany,
    /// The server sent another kind.
    #[error("the answer is of kind {found:?}, not {wanted}")]
    OtherKind {
        /// What was asked for.
        wanted: String,
        /// What came.
        found: String,
    },
}

/// Reads one page of the list of `K`, each object redacted.
///
/// # Errors
/// When the page as a whole makes no sense; an object that does not is listed in [`Page::broken`].
pub fn decode_page<K: Kind>(body: &[u8], encoding: Encoding) -> Result<Page<K>, DecodeError> {
    let mut items = Vec::new();
    let page = decode_items(body, encoding, |item| items.push(item))?;
    Ok(Page { items, ..page })
}

/// The same, handing on each object before the next is read; the page that is returned has none.
///
/// # Errors
/// As [`decode_page`]; the objects before the damage have been handed on.
pub fn decode_items<K: Kind>(
    body: &[u8],
    encoding: Encoding,
    mut take: impl FnMut(K),
) -> Result<Page<K>, DecodeError> {
    let wanted = format!("{}List", K::KIND);
    let mut count = 0;
    let mut broken = Vec::new();
    let mut add = |item: Result<K, Broken>| match item {
        Ok(mut item) => {
            item.admit();
            take(item);
        }
        Err(one) => broken.push(one),
    };
    let meta = match encoding {
        Encoding::Protobuf => {
            let list = open(body, &wanted)?;
            let mut meta = ListMeta::default();
            for field in fields(list) {
                match field? {
                    (1, bytes) => meta.merge(bytes)?,
                    (2, _) if count == PAGE => return Err(DecodeError::TooMany),
                    (2, bytes) => {
                        count += 1;
                        add(match bytes.len() {
                            ..=OBJECT => {
                                K::decode(bytes).map_err(|error| self::broken(bytes, &error))
                            }
                            _ => Err(too_large()),
                        });
                    }
                    _ => {}
                }
            }
            meta
        }
        Encoding::Json => {
            let list: JsonList<'_> = json(body)?;
            expect(&wanted, &list.kind)?;
            let Items(items) = list.items.ok_or_else(no_items)?.unwrap_or_default();
            if items.len() > PAGE {
                return Err(DecodeError::TooMany);
            }
            for item in items {
                add(match item.get().len() {
                    ..=OBJECT => read_json(item.get()),
                    _ => Err(too_large()),
                });
            }
            list.metadata.unwrap_or_default()
        }
    };
    Ok(Page {
        items: Vec::new(),
        continue_token: meta.token(),
        remaining: meta.remaining_item_count,
        broken,
    })
}

/// Reads only the metadata of a list, so that the next page can be asked for while this one is being decoded.
///
/// # Errors
/// When the body is no list at all.
pub fn continue_token(body: &[u8], encoding: Encoding) -> Result<Option<String>, DecodeError> {
    let meta = match encoding {
        Encoding::Protobuf => {
            let (_, list) = unwrap(body)?;
            // The metadata is the first field, so this stops at once.
            let found = fields(list).find(|field| !matches!(field, Ok((tag, _)) if *tag != 1));
            match found.transpose()? {
                Some((_, bytes)) => ListMeta::decode(bytes)?,
                None => ListMeta::default(),
            }
        }
        Encoding::Json => json::<JsonHead>(body)?.metadata.unwrap_or_default(),
    };
    Ok(meta.token())
}

/// Reads a single object of kind `K`, redacted.
///
/// # Errors
/// When the body is no such object.
pub fn decode_object<K: Kind>(body: &[u8], encoding: Encoding) -> Result<K, DecodeError> {
    let mut object = match encoding {
        Encoding::Protobuf => K::decode(open(body, K::KIND)?)?,
        Encoding::Json => {
            expect(K::KIND, &json::<JsonHead>(body)?.kind)?;
            json::<K>(body)?
        }
    };
    object.admit();
    Ok(object)
}

fn expect(wanted: &str, found: &str) -> Result<(), DecodeError> {
    if wanted == found {
        return Ok(());
    }
    Err(DecodeError::OtherKind {
        wanted: wanted.to_owned(),
        found: found.chars().take(80).collect(),
    })
}

/// `metadata` of a list.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListMeta {
    #[prost(string, optional, tag = "3")]
    r#continue: Option<String>,
    #[prost(int64, optional, tag = "4")]
    remaining_item_count: Option<i64>,
}

impl ListMeta {
    fn token(&self) -> Option<String> {
        self.r#continue.clone().filter(|token| !token.is_empty())
    }
}

/// What can still be read of an object that does not decode.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct Named {
    #[prost(message, required, tag = "1")]
    metadata: NamedMeta,
}

/// The identity alone: labels of a wrong type do not hide the name.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct NamedMeta {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "3")]
    namespace: String,
}

impl Named {
    fn broken(self, why: String) -> Broken {
        let said = |text: String| (!text.is_empty()).then_some(text);
        Broken {
            namespace: said(self.metadata.namespace),
            name: said(self.metadata.name),
            why,
        }
    }
}

/// The envelope of protobuf bodies: `k8s\0`, then `runtime.Unknown`. Returns the kind and the object.
fn unwrap(body: &[u8]) -> Result<(String, &[u8]), DecodeError> {
    let unknown = body.strip_prefix(b"k8s\0").ok_or(DecodeError::NoEnvelope)?;
    let (mut kind, mut raw) = (String::new(), None);
    for field in fields(unknown) {
        match field? {
            (1, bytes) => kind = TypeMeta::decode(bytes)?.kind,
            (2, bytes) => raw = Some(bytes),
            _ => {}
        }
    }
    Ok((kind, raw.ok_or(DecodeError::NoEnvelope)?))
}

/// The object in a protobuf body, which must be of kind `wanted`.
fn open<'a>(body: &'a [u8], wanted: &str) -> Result<&'a [u8], DecodeError> {
    let (kind, raw) = unwrap(body)?;
    expect(wanted, &kind)?;
    Ok(raw)
}

/// `runtime.TypeMeta`.
#[derive(Clone, PartialEq, Message)]
struct TypeMeta {
    #[prost(string, tag = "2")]
    kind: String,
}

/// The fields of a protobuf message that hold bytes, with their tags, as long as it is sound.
pub(super) fn fields(
    message: &[u8],
) -> impl Iterator<Item = Result<(u32, &[u8]), prost::DecodeError>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            match field(&mut rest) {
                Ok(None) => {}
                Ok(Some(field)) => return Some(Ok(field)),
                Err(error) => {
                    rest = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    })
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<Option<(u32, &'a [u8])>, prost::DecodeError> {
    let (tag, wire_type) = decode_key(rest)?;
    if wire_type != WireType::LengthDelimited {
        skip_field(wire_type, tag, rest, DecodeContext::default())?;
        return Ok(None);
    }
    let mut after = *rest;
    let length = decode_varint(&mut after)?;
    let bytes = usize::try_from(length).ok().and_then(|n| after.get(..n));
    // The whole field is skipped by the library, which reports one that is cut off.
    skip_field(wire_type, tag, rest, DecodeContext::default())?;
    Ok(bytes.map(|bytes| (tag, bytes)))
}

/// Names an object whose protobuf does not decode. The library's text says which field, never what is in it.
fn broken(bytes: &[u8], error: &prost::DecodeError) -> Broken {
    let named = Named::decode(bytes).unwrap_or_default();
    named.broken(error.to_string())
}

fn too_large() -> Broken {
    Broken {
        why: format!(
            "it is larger than {} MiB, which no API server takes",
            OBJECT >> 20
        ),
        ..Broken::default()
    }
}

fn no_items() -> DecodeError {
    DecodeError::Json("it has no items".to_owned())
}

/// The beginning of a list or an object in JSON.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct JsonHead {
    kind: String,
    metadata: Option<ListMeta>,
}

fn json<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(body).map_err(|error| DecodeError::Json(reason(&error)))
}

fn read_json<K: Kind>(text: &str) -> Result<K, Broken> {
    serde_json::from_str(text).map_err(|error| {
        let named: Named = serde_json::from_str(text).unwrap_or_default();
        named.broken(reason(&error))
    })
}

/// What a JSON error says, without the value it found: of "invalid type: string "…", expected a boolean" only the end.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        _ if !error.is_data() => text,
        Some((_, expected)) => format!("expected {expected}"),
        None => format!(
            "wrong data at line {} column {}",
            error.line(),
            error.column()
        ),
    }
}
