//! Kubernetes API objects as small structs: protobuf, JSON and YAML become equal values, redacted on the way in.
//!
//! The functions of this module are the only way from bytes to an object, and each of them redacts before it returns
//! (`facts::redact`). The structs' own `Deserialize` reads back what was redacted before: snapshots.

mod admission;
mod admit;
mod carried;
mod cluster;
mod container;
mod controller;
mod defaults;
mod document;
mod env;
mod iam;
mod in_clear;
mod items;
mod kind;
mod limits;
mod listed;
mod manifest;
mod meta;
mod network;
mod page;
mod plain;
mod pod;
mod policies;
mod rbac;
mod reading;
mod removed;
mod secret;
mod sorted;
mod storage;
mod values;
mod volume;
mod yaml;

#[cfg(test)]
mod tests;

pub use admission::*;
pub use cluster::*;
pub use container::*;
pub use controller::*;
pub use document::{Content, Document};
pub use env::*;
pub use iam::{AWS_AUTH, IamMapping};
pub use in_clear::InClear;
pub use kind::{Kind, Object};
pub use limits::*;
pub use manifest::{decode_manifest, decode_manifest_file};
pub use meta::{LabelSelector, LabelSelectorRequirement, ObjectMeta, OwnerReference};
pub use network::*;
pub use page::{
    Broken, DecodeError, Encoding, PAGE, Page, continue_token, decode_items, decode_object,
    decode_page,
};
pub use pod::*;
pub use policies::*;
pub use rbac::*;
pub use secret::Secret;
pub use sorted::{Amounts, Labels, Sorted};
pub use storage::*;
pub use values::{Port, Quantity, Time};
pub use volume::*;
pub(crate) use yaml::{first_document, text as document_text};
