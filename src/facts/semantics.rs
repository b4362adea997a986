//! What the same words mean in different releases of Kubernetes: one table, each line with its source.
//!
//! Defaults of flags that changed stand in the tables of settings, and the rules of Pod Security by version beside their
//! code (`engines/pod_security/standard.rs`). Here stands the rest: a meaning that a release changed. A field that a server
//! does not know yet (`endPort` before 1.21) or whose feature gate is off (images as volumes before 1.35) needs no line: the
//! server drops it before it stores an object, so what it lists has none, and manifests are judged as the newest release
//! reads them.

use super::settings::Version;

/// A meaning that changed with a minor release of Kubernetes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The minor version in which it first holds.
    since: u32,
    /// What holds since then.
    pub(crate) what: &'static str,
}

/// Before, the audit policy checker compared the group of a rule by name alone.
///
/// Source: kubernetes/kubernetes#135262; apiserver/pkg/audit/policy/checker.go.
pub(crate) const AUDIT_GROUP_WILDCARD: Change = Change {
    since: 36,
    what: "`group: \"*\"` in a rule of an audit policy is every group",
};

/// Before, the limits of a pod as a whole hold only where the feature gate `PodLevelResources` was switched on.
///
/// Source: <https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/>.
pub(crate) const POD_LEVEL_RESOURCES: Change = Change {
    since: 34,
    what: "`resources` of a pod limit its containers together",
};

impl Change {
    /// Whether it holds in `version`; nothing where the version is not known.
    pub(crate) fn holds(self, version: Option<Version>) -> Option<bool> {
        version.map(|version| (version.major, version.minor) >= (1, self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_holds_from_its_release_on() {
        let holds = |text: &str| AUDIT_GROUP_WILDCARD.holds(Version::parse(text));
        assert_eq!(holds("v1.35.9"), Some(false));
        assert_eq!(holds("v1.36.0-rc.1"), Some(true));
        assert_eq!(holds("1.40.1+k3s1"), Some(true));
        assert_eq!(holds("unheard of"), None);
    }
}
