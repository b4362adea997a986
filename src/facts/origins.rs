//! In which files objects stand that were read from manifests.

use std::collections::BTreeMap;

/// The places of objects; empty for a cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins(BTreeMap<Box<str>, Vec<Box<str>>>);

impl Origins {
    /// Notes that an object stands at `place`, as `deploy/web.yaml:12`; others of its name may stand at others.
    pub fn add(&mut self, kind: &str, namespace: &str, name: &str, place: String) {
        let places = self.0.entry(key(kind, namespace, name)).or_default();
        places.push(place.into());
    }

    /// Where the objects of a name stand, in the order in which they were read.
    pub fn of(&self, kind: &str, namespace: &str, name: &str) -> &[Box<str>] {
        let places = self.0.get(&key(kind, namespace, name));
        places.map_or(&[], Vec::as_slice)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Kind, namespace and name as one text. Lengths keep ("a", "bc") and ("ab", "c") apart.
fn key(kind: &str, namespace: &str, name: &str) -> Box<str> {
    format!("{} {}:{kind}{namespace}{name}", kind.len(), namespace.len()).into()
}
