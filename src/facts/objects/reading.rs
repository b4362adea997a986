//! How API objects are read from JSON and YAML, and when a field counts as set: the rules of Go's decoder, stated once.
//!
//! * `null` is the zero value wherever it stands, also as an element: `ingress: [null]` is one rule that allows all.
//! * A plain Go string that is empty was not set, so expressions see an empty text of an API object as absent. Elements of
//!   lists and maps stay what they are: the core API group *is* `""`.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Number;

use crate::facts::{Observed, Reading, View};

/// A type that reads `null` as its zero value.
pub trait Lenient: Sized {
    /// Reads a value, or `null`.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A struct that Go embeds, see [`inlined!`].
pub(crate) trait Inlined {}

/// Compiles for embedded structs only.
pub(crate) const fn inlined_only<T: Inlined>() {}

/// [`Lenient::read`] as a function, for `deserialize_with`.
pub(crate) fn read<'de, D: Deserializer<'de>, T: Lenient>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// Whether a field holds its zero value and so need not be written.
pub(crate) fn unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads a field of an API object: an empty text is absent.
pub(crate) fn set(place: &dyn Observed) -> Reading<'_> {
    match place.read() {
        Reading {
            view: View::Text(""),
            ..
        } => View::Absent.into(),
        reading => reading,
    }
}

/// An element of a list or a map.
struct Element<T>(T);

impl<'de, T: Lenient> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// Types whose own `Deserialize` knows everything but `null`.
macro_rules! nullable {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::facts::objects::reading::Lenient for $type {
            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <Option<Self> as serde::Deserialize>::deserialize(deserializer)
                    .map(Option::unwrap_or_default)
            }
        }
    )*};
}
pub(crate) use nullable;

/// Structs that Go embeds: their fields stand among those of the outer struct, so they are never `null`. They must not be read
/// through `Option`: a flattened `Option` swallows errors, and `hostPath: {path: 5}` would read as "no hostPath".
/// [`object!`] takes no other type for a field that is spliced into its parent.
macro_rules! inlined {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::facts::objects::reading::Inlined for $type {}

        impl $crate::facts::objects::reading::Lenient for $type {
            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer)
            }
        }
    )*};
}
pub(crate) use inlined;

nullable!(bool, String);

/// Whole numbers, through [`Number`]: inside flattened structs that is the one reading that works whichever way the JSON
/// library is built to keep its numbers.
macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Lenient for $type {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Some(number) = Option::<Number>::deserialize(deserializer)? else {
                    return Ok(0);
                };
                number
                    .as_i64()
                    .and_then(|number| Self::try_from(number).ok())
                    .ok_or_else(|| D::Error::custom("a number out of range, expected a whole number"))
            }
        }
    )*};
}

whole!(i32, i64);

impl<T: Lenient> Lenient for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Element<T>>::deserialize(deserializer)?;
        Ok(value.map(|Element(value)| value))
    }
}

impl<T: Lenient> Lenient for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }
}

impl<T: Lenient> Lenient for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Option::<Vec<Element<T>>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(items.into_iter().map(|Element(item)| item).collect())
    }
}

impl<T: Lenient> Lenient for BTreeMap<String, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Option::<BTreeMap<String, Element<T>>>::deserialize(deserializer)?;
        let entries = entries.unwrap_or_default().into_iter();
        Ok(entries.map(|(key, Element(value))| (key, value)).collect())
    }
}

/// Bytes, which JSON writes in base64.
pub(crate) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let bytes = Option::<k8s_openapi::ByteString>::deserialize(deserializer)?;
    Ok(bytes.map(|bytes| bytes.0).unwrap_or_default())
}

/// Texts by name, as bytes: base64 that is not decoded.
pub(crate) fn texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<u8>>, D::Error> {
    let texts = <BTreeMap<String, String> as Lenient>::read(deserializer)?;
    let bytes = texts
        .into_iter()
        .map(|(key, text)| (key, text.into_bytes()));
    Ok(bytes.collect())
}

/// Defines one struct for both encodings of an API object: [`record!`](crate::facts::record) with `prost::Message`, and every
/// field read by the rules of this module. Tags are those of Kubernetes' `generated.proto`; a field that is `Option` is
/// a pointer in `types.go`. Tags from 1001 mark what we derive; nobody else writes them, and admission overwrites them.
macro_rules! object {
    (@spliced $type:ty, []) => {};
    (@spliced $type:ty, [parent]) => {
        const _: () = $crate::facts::objects::reading::inlined_only::<$type>();
    };

    (
        #[doc = $doc:literal]
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])+
                #[prost($($prost:tt)*)]
                $(#[serde($($serde:tt)*)])?
                pub $field:ident $(as $rename:literal)? $(in $parent:ident)?: $type:ty
            ),*
            $(, hidden {
                $(
                    #[prost($($hidden_prost:tt)*)]
                    #[serde($($hidden_serde:tt)*)]
                    $hidden:ident: $hidden_type:ty
                ),* $(,)?
            })?
            $(,)?
        }
    ) => {
        $($crate::facts::objects::reading::object!(@spliced $type, [$($parent)?]);)*
        $crate::facts::record! {
            reading $crate::facts::objects::reading::set;
            #[doc = $doc]
            $(#[$meta])*
            #[derive(prost::Message)]
            #[serde(default)]
            pub struct $name {
                $(
                    $(#[doc = $field_doc])+
                    #[prost($($prost)*)]
                    #[serde(
                        deserialize_with = "crate::facts::objects::reading::read",
                        skip_serializing_if = "crate::facts::objects::reading::unset",
                        $($($serde)*)?
                    )]
                    pub $field $(as $rename)? $(in $parent)?: $type,
                )*
                $(hidden {
                    $(
                        #[prost($($hidden_prost)*)]
                        #[serde($($hidden_serde)*)]
                        $hidden: $hidden_type,
                    )*
                })?
            }
        }
    };
}
pub(crate) use object;
