//! Small maps of the API as sorted lists: a tree takes half a kilobyte for its first entry, and there are thousands of
//! containers with one or two limits and of objects with a few labels.

use std::collections::BTreeMap;

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, message, skip_field, string};
use prost::{DecodeError, Message};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::reading::Lenient;
use super::values::Quantity;
use crate::facts::{Entries, Observed, Reading, Type, View};

/// Most maps stay below this, and get the room they need and no more.
const FEW: usize = 4;

/// Amounts by resource.
pub type Amounts = Sorted<Quantity>;

/// Labels, or annotations.
pub type Labels = Sorted<String>;

/// Values by name, in the order of the names.
///
/// In protobuf a map is a message per entry, with the key before the value as Kubernetes writes it. A field of this type takes
/// one after the other.
#[derive(Clone, Debug, Default)]
pub struct Sorted<V> {
    entries: Vec<(String, V)>,
    /// The position of the entry that is being read.
    reading: usize,
}

/// The value of an entry as a field of a message.
pub trait Wire: Clone + Default + std::fmt::Debug + PartialEq + Send + Sync {
    /// Writes it.
    fn encode(&self, tag: u32, to: &mut impl BufMut);
    /// Reads it.
    ///
    /// # Errors
    /// When the bytes make no sense.
    fn merge(
        &mut self,
        wire_type: WireType,
        from: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;
    /// How many bytes it takes.
    fn encoded_len(&self, tag: u32) -> usize;
}

/// Values that the functions of this module of the library write and read.
macro_rules! wire {
    ($type:ty, $module:ident) => {
        impl Wire for $type {
            fn encode(&self, tag: u32, to: &mut impl BufMut) {
                $module::encode(tag, self, to);
            }
            fn merge(
                &mut self,
                wire_type: WireType,
                from: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                $module::merge(wire_type, self, from, context)
            }
            fn encoded_len(&self, tag: u32) -> usize {
                $module::encoded_len(tag, self)
            }
        }
    };
}

wire!(String, string);
wire!(Quantity, message);

impl<V: PartialEq> PartialEq for Sorted<V> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<V: Eq> Eq for Sorted<V> {}

impl<V: Ord> PartialOrd for Sorted<V> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<V: Ord> Ord for Sorted<V> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.entries.cmp(&other.entries)
    }
}

impl<V: std::hash::Hash> std::hash::Hash for Sorted<V> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.entries.hash(state);
    }
}

impl<V> Sorted<V> {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&V> {
        let (_, value) = self.entries.get(self.position(name).ok()?)?;
        Some(value)
    }

    /// Whether there is a value of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Adds an entry, or replaces that of the same name.
    pub fn insert(&mut self, name: String, value: V) {
        match self.position(&name) {
            Ok(at) => self.entries[at].1 = value,
            Err(at) => {
                if self.entries.len() < FEW {
                    self.entries.reserve_exact(1);
                }
                self.entries.insert(at, (name, value));
            }
        }
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut V) -> bool) {
        self.entries.retain_mut(|(name, value)| keep(name, value));
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &V)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        let order = |(known, _): &(String, V)| known.as_str().cmp(name);
        self.entries.binary_search_by(order)
    }
}

impl<V> FromIterator<(String, V)> for Sorted<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        let sorted: BTreeMap<String, V> = entries.into_iter().collect();
        Self {
            entries: sorted.into_iter().collect(),
            reading: 0,
        }
    }
}

impl<V, const N: usize> From<[(String, V); N]> for Sorted<V> {
    fn from(entries: [(String, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<V: Wire> Message for Sorted<V> {
    fn encode_raw(&self, to: &mut impl BufMut) {
        for (name, value) in &self.entries {
            string::encode(1, name, to);
            value.encode(2, to);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        from: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 => {
                let mut name = String::new();
                string::merge(wire_type, &mut name, from, context)?;
                self.reading = self.position(&name).unwrap_or_else(|at| at);
                self.insert(name, V::default());
            }
            2 => match self.entries.get_mut(self.reading) {
                Some((_, value)) => value.merge(wire_type, from, context)?,
                None => skip_field(wire_type, tag, from, context)?,
            },
            _ => skip_field(wire_type, tag, from, context)?,
        }
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        let entry =
            |(name, value): &(String, V)| string::encoded_len(1, name) + value.encoded_len(2);
        self.entries.iter().map(entry).sum()
    }

    fn clear(&mut self) {
        self.entries.clear();
    }
}

impl<V: Serialize> Serialize for Sorted<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Lenient> Deserialize<'de> for Sorted<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Lenient::read(deserializer)
    }
}

impl<V: Lenient> Lenient for Sorted<V> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values: BTreeMap<String, V> = Lenient::read(deserializer)?;
        Ok(values.into_iter().collect())
    }
}

impl<V: Observed + Sync> Observed for Sorted<V> {
    fn kind() -> Type {
        Type::map(V::kind())
    }
    fn read(&self) -> Reading<'_> {
        View::Map(self).into()
    }
}

impl<V: Observed + Sync> Entries for Sorted<V> {
    fn len(&self) -> usize {
        self.entries.len()
    }
    fn entry(&self, key: &str) -> Option<Reading<'_>> {
        self.get(key).map(Observed::read)
    }
    fn key(&self, index: usize) -> Option<&str> {
        self.entries.get(index).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message per entry, as Kubernetes writes a map.
    fn merged(entries: &[(&str, &str)]) -> Amounts {
        let mut amounts = Amounts::default();
        for (name, text) in entries {
            let text = (*text).to_owned();
            let one = Amounts::from_iter([((*name).to_owned(), Quantity { text })]);
            amounts.merge(&*one.encode_to_vec()).unwrap();
        }
        amounts
    }

    #[test]
    fn entries_come_in_any_order_and_the_last_of_a_name_counts() {
        let amounts = merged(&[
            ("memory", "1Gi"),
            ("cpu", "1"),
            ("memory", "2Gi"),
            ("a", ""),
        ]);
        let names: Vec<_> = (0..amounts.len())
            .filter_map(|at| amounts.key(at))
            .collect();
        assert_eq!(names, ["a", "cpu", "memory"]);
        assert_eq!(amounts.get("memory").unwrap().text, "2Gi");
        assert_eq!(amounts.get("disk"), None);
        assert_eq!(Amounts::decode(&*amounts.encode_to_vec()).unwrap(), amounts);
        let json = serde_json::to_string(&amounts).unwrap();
        assert_eq!(json, r#"{"a":"","cpu":"1","memory":"2Gi"}"#);
        assert_eq!(serde_json::from_str::<Amounts>(&json).unwrap(), amounts);
    }
}
