//! Tests of reading API objects: encodings agree, rules of Go's decoder, nothing secret gets out.

mod encodings;
mod hostile;
mod manifests;
mod rules;
mod yaml;

use serde_json::Value;

use super::page::{Encoding, Page, decode_page};
use super::{Kind, Pod};

/// Encodes what Go would send: the envelope around an object of `kind`.
fn envelope(kind: &str, object: &[u8]) -> Vec<u8> {
    let mut meta = field(1, b"v1");
    meta.extend(field(2, kind.as_bytes()));
    let mut body = b"k8s\0".to_vec();
    body.extend(field(1, &meta));
    body.extend(field(2, object));
    body.extend(field(3, b""));
    body
}

/// A protobuf field that holds bytes.
fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(bytes.len() as u64, &mut out);
    out.extend(bytes);
    out
}

/// A protobuf field that holds a number.
fn number(tag: u32, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(tag, prost::encoding::WireType::Varint, &mut out);
    prost::encoding::encode_varint(value, &mut out);
    out
}

/// A list of one item, in JSON.
fn json_list<K: Kind>(item: &str) -> String {
    format!(
        r#"{{"kind":"{}List","metadata":{{}},"items":[{item}]}}"#,
        K::KIND
    )
}

/// The one item of a JSON list.
fn read<K: Kind>(item: &str) -> K {
    let mut page: Page<K> = decode_page(json_list::<K>(item).as_bytes(), Encoding::Json).unwrap();
    assert_eq!(page.broken, [], "{item}");
    page.items.remove(0)
}

/// A pod with this spec.
fn pod(spec: &str) -> Pod {
    read(&format!(r#"{{"metadata":{{"name":"p"}},"spec":{spec}}}"#))
}

/// What a snapshot would hold.
fn written<K: Kind>(object: &K) -> Value {
    serde_json::to_value(object).unwrap()
}
