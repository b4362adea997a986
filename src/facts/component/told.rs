//! What is known of components without reading their node: pods, pages they serve, versions that the API tells.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arguments, ComponentKind, Sighting, Via};
use crate::facts::Gap;

/// Word of components from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The version of the API server.
    pub server: Option<String>,
    /// The versions of the kubelets, by node.
    pub kubelets: BTreeMap<String, String>,
    /// Where components were seen.
    pub sightings: Vec<(ComponentKind, Sighting)>,
    /// The kubelets' own `/configz`, by node.
    pub configz: BTreeMap<String, serde_json::Value>,
    /// The kubelets that could not be asked, by node.
    pub closed: BTreeMap<String, Gap>,
}

impl Told {
    /// The sightings of one instance.
    pub fn of<'t>(
        &'t self,
        kind: ComponentKind,
        node: &'t str,
    ) -> impl Iterator<Item = &'t Sighting> {
        let wanted = move |seen: &&(ComponentKind, Sighting)| seen.0 == kind && seen.1.node == node;
        self.sightings
            .iter()
            .filter(wanted)
            .map(|(_, sighting)| sighting)
    }

    /// All instances that were told of.
    pub fn instances(&self) -> BTreeSet<(ComponentKind, &str)> {
        let seen = self
            .sightings
            .iter()
            .map(|(kind, sighting)| (*kind, sighting.node.as_str()));
        let asked = self.configz.keys().chain(self.closed.keys());
        seen.chain(asked.map(|node| (ComponentKind::Kubelet, node.as_str())))
            .collect()
    }

    /// The sightings of one instance; a kubelet that could not be asked was seen as a Node object, and that is all.
    pub fn sightings(&self, kind: ComponentKind, node: &str) -> Vec<Sighting> {
        let mut sightings: Vec<Sighting> = self.of(kind, node).cloned().collect();
        if let (ComponentKind::Kubelet, Some(gap)) = (kind, self.closed.get(node)) {
            sightings.push(Sighting {
                node: node.to_owned(),
                via: Via::Node,
                arguments: Arguments::Gap(gap.clone()),
                environment: Ok(BTreeMap::new()),
                version: None,
                image: None,
            });
        }
        sightings
    }

    /// The version of one instance, where others tell it. etcd's is nobody's to tell.
    pub fn version(&self, kind: ComponentKind, node: &str) -> Option<&str> {
        match kind {
            ComponentKind::Kubelet => self.kubelets.get(node).map(String::as_str),
            ComponentKind::ApiServer => self.server.as_deref(),
            _ => None,
        }
    }
}
