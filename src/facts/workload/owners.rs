//! Controllers: what each declares, and who stands above it.

use crate::facts::objects::{
    CronJob, DaemonSet, Deployment, Job, Kind, Node, ObjectMeta, PodSpec, PodTemplate,
    PodTemplateSpec, ReplicaSet, ReplicationController, StatefulSet,
};

use super::normalise;

/// An object that makes pods, or makes what makes pods.
pub trait Controller: Kind {
    /// What its pods are made from.
    fn into_template(self) -> PodTemplateSpec;

    /// Whether it is kept for its history alone: the old revisions of a Deployment are ReplicaSets without pods.
    fn is_idle(&self) -> bool {
        false
    }

    /// The names of the claims it makes for each pod.
    fn claims(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}

impl Controller for Deployment {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.template
    }
}

impl Controller for ReplicaSet {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.template
    }
    fn is_idle(&self) -> bool {
        self.spec.replicas == Some(0)
    }
}

/// Makes no pods by itself, but is what somebody makes them from.
impl Controller for PodTemplate {
    fn into_template(self) -> PodTemplateSpec {
        self.template
    }
}

impl Controller for DaemonSet {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.template
    }
}

impl Controller for StatefulSet {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.template
    }
    fn claims(&self) -> impl Iterator<Item = &str> {
        let claims = self.spec.volume_claim_templates.iter();
        claims.map(|claim| claim.metadata.name.as_str())
    }
}

impl Controller for ReplicationController {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.template.unwrap_or_default()
    }
}

impl Controller for Job {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.template
    }
}

impl Controller for CronJob {
    fn into_template(self) -> PodTemplateSpec {
        self.spec.job_template.spec.template
    }
}

/// A controller or a pod, by what identifies it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Identity {
    pub namespace: String,
    pub kind: String,
    pub name: String,
    /// The API group: other groups have Jobs and StatefulSets of their own.
    pub group: String,
    /// Of several that manifests declare under one name: which one.
    pub copy: u32,
}

impl Identity {
    /// The object with this metadata.
    pub(super) fn of<K: Kind>(object: &K) -> Self {
        let meta = object.metadata();
        Self {
            namespace: meta.namespace.clone(),
            kind: K::KIND.to_owned(),
            name: meta.title().into_owned(),
            group: K::GROUP.to_owned(),
            copy: 0,
        }
    }

    /// The controller of a pod or a controller.
    pub(super) fn controller(of: &ObjectMeta) -> Option<Self> {
        let owner = of.controller()?;
        let group = match owner.api_version.split_once('/') {
            // Where Deployments and ReplicaSets were before they moved; references were never rewritten.
            Some(("extensions", _)) => Deployment::GROUP,
            Some((group, _)) => group,
            None => "",
        };
        Some(Self {
            namespace: of.namespace.clone(),
            kind: owner.kind.clone(),
            name: owner.name.clone(),
            group: group.to_owned(),
            copy: 0,
        })
    }

    fn is<K: Kind>(&self) -> bool {
        self.kind == K::KIND && self.group == K::GROUP
    }

    /// Whether this is a node, which "owns" its static pods.
    pub(super) fn is_node(&self) -> bool {
        self.is::<Node>()
    }

    /// Whether the subject is what stands above: a ReplicaSet or Job is only the hand of its owner.
    pub(super) fn passes_on(&self) -> bool {
        self.is::<ReplicaSet>() || self.is::<Job>()
    }

    /// Whether objects of this kind are listed, so that one which is missing is worth a note.
    pub(super) fn is_listed_kind(&self) -> bool {
        self.passes_on()
            || self.is::<Deployment>()
            || self.is::<DaemonSet>()
            || self.is::<StatefulSet>()
            || self.is::<ReplicationController>()
            || self.is::<CronJob>()
    }
}

/// The normalised spec that a controller declares, with the metadata of its pods.
pub(super) fn declared<C: Controller>(controller: C) -> (PodSpec, ObjectMeta) {
    let name = controller.metadata().name.clone();
    let claims: Vec<String> = controller.claims().map(str::to_owned).collect();
    let PodTemplateSpec {
        metadata, mut spec, ..
    } = controller.into_template();
    normalise::declare_claims(&mut spec, &name, claims.iter().map(String::as_str));
    normalise::spec(&mut spec, normalise::Name::Any);
    (spec, metadata)
}
