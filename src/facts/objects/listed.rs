//! The items of a list in JSON: each stays text, and no more of them are kept than were asked for.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::page::{ListMeta, PAGE};

/// A list in JSON; its items stay text. `items: null` is an empty list, no `items` at all is no list.
#[derive(Deserialize)]
pub(super) struct JsonList<'a> {
    #[serde(default)]
    pub(super) kind: Cow<'a, str>,
    pub(super) metadata: Option<ListMeta>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) items: Option<Option<Items<'a>>>,
}

/// Items of a list, of which no more are kept than tell that there are too many.
#[derive(Default)]
pub(super) struct Items<'a>(pub(super) Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Items<'de>, A::Error> {
        let mut items = Vec::new();
        while items.len() <= PAGE {
            match access.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Items(items)),
            }
        }
        while let Some(IgnoredAny) = access.next_element()? {}
        Ok(Items(items))
    }
}

fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
