//! What components of one version have in common, held once: a fleet has thousands of kubelets with the same defaults.

use std::collections::HashMap;

use super::{Component, ComponentKind};
use crate::facts::settings::Settings;

/// The first component seen of each kind and version.
#[derive(Default)]
pub struct Alike {
    first: HashMap<(ComponentKind, Option<String>), (Settings, Settings)>,
}

impl Alike {
    /// Holds what `component` has in common with the first of its version where that holds it.
    pub fn share(&mut self, component: &mut Component) {
        let key = (component.kind, component.version.value().cloned());
        let (flags, config) = self
            .first
            .entry(key)
            .or_insert_with(|| (component.flags.clone(), component.config.clone()));
        component.flags.share(flags);
        component.config.share(config);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::facts::component::{Arguments, Sighting, Unread, Via};
    use crate::facts::{Gap, GapReason};

    #[test]
    fn components_of_one_version_hold_their_defaults_once() {
        let component = |node: &str, version: &str| {
            let mut files = Unread(Gap::new("files", node, GapReason::NotAsked, "ask"));
            let sighting = Sighting {
                node: node.to_owned(),
                via: Via::Argv { pid: 7 },
                arguments: Arguments::Argv(vec!["kubelet".to_owned(), "--v=2".to_owned()]),
                environment: Ok(BTreeMap::new()),
                version: None,
                image: None,
            };
            let kind = ComponentKind::Kubelet;
            Component::observe(kind, node, Some(version), &[sighting], None, &mut files)
        };
        let mut alike = Alike::default();
        let mut shared = |node, version| {
            let mut component = component(node, version);
            alike.share(&mut component);
            component
        };
        let (a, b) = (shared("a", "1.36.3"), shared("b", "1.36.3"));
        let other = shared("c", "1.30.0");
        assert_eq!(b, component("b", "1.36.3"));
        assert_eq!(other, component("c", "1.30.0"));
        let held = |one: &Component| {
            let cells = one.config.cells();
            cells
                .into_iter()
                .map(|(_, cell)| std::ptr::from_ref(cell))
                .collect::<Vec<_>>()
        };
        let same = |one: &Component, two: &Component| {
            let pairs = held(one).into_iter().zip(held(two));
            pairs.filter(|(one, two)| one == two).count()
        };
        assert!(same(&a, &b) > 0);
        assert_eq!(same(&a, &other), 0);
    }
}
