//! Amounts by resource: a map that is a sorted list, since a tree takes half a kilobyte for its first entry and every
//! container has one or two.

use std::collections::BTreeMap;

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, message, skip_field, string};
use prost::{DecodeError, Message};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::reading::Lenient;
use super::values::Quantity;
use crate::facts::{Entries, Observed, Reading, Type, View};

/// Amounts by resource, in the order of their names.
///
/// In protobuf a map is a message per entry, with the key before the value as Kubernetes writes it. A field of this type takes
/// one after the other.
#[derive(Clone, Debug, Default)]
pub struct Amounts {
    entries: Vec<(String, Quantity)>,
    /// The position of the entry that is being read.
    reading: usize,
}

impl PartialEq for Amounts {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Amounts {
    /// The amount of a resource.
    pub fn get(&self, resource: &str) -> Option<&Quantity> {
        let (_, amount) = self.entries.get(self.position(resource).ok()?)?;
        Some(amount)
    }

    fn position(&self, resource: &str) -> Result<usize, usize> {
        let order = |(name, _): &(String, Quantity)| name.as_str().cmp(resource);
        self.entries.binary_search_by(order)
    }
}

impl FromIterator<(String, Quantity)> for Amounts {
    fn from_iter<I: IntoIterator<Item = (String, Quantity)>>(entries: I) -> Self {
        let sorted: BTreeMap<String, Quantity> = entries.into_iter().collect();
        Self {
            entries: sorted.into_iter().collect(),
            reading: 0,
        }
    }
}

impl Message for Amounts {
    fn encode_raw(&self, to: &mut impl BufMut) {
        for (name, amount) in &self.entries {
            string::encode(1, name, to);
            message::encode(2, amount, to);
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
                self.reading = match self.position(&name) {
                    Ok(at) => {
                        self.entries[at].1 = Quantity::default();
                        at
                    }
                    Err(at) => {
                        self.entries.insert(at, (name, Quantity::default()));
                        at
                    }
                };
            }
            2 => match self.entries.get_mut(self.reading) {
                Some((_, amount)) => message::merge(wire_type, amount, from, context)?,
                None => skip_field(wire_type, tag, from, context)?,
            },
            _ => skip_field(wire_type, tag, from, context)?,
        }
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        let entry = |(name, amount): &(String, Quantity)| {
            string::encoded_len(1, name) + message::encoded_len(2, amount)
        };
        self.entries.iter().map(entry).sum()
    }

    fn clear(&mut self) {
        self.entries.clear();
    }
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries.iter().map(|(name, amount)| (name, amount)))
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Lenient::read(deserializer)
    }
}

impl Lenient for Amounts {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let amounts: BTreeMap<String, Quantity> = Lenient::read(deserializer)?;
        Ok(amounts.into_iter().collect())
    }
}

impl Observed for Amounts {
    fn kind() -> Type {
        Type::map(Quantity::kind())
    }
    fn read(&self) -> Reading<'_> {
        View::Map(self).into()
    }
}

impl Entries for Amounts {
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
