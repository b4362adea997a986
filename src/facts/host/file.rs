//! Files and directories of a node as facts: who may do what with them.

use jiff::Timestamp;

use super::inquiry::found;
use super::{Entry, Found, Kind, Parent, Role};
use crate::facts::{Cell, Gap, GapReason, Place, Source, record};

record! {
    /// A file or directory on a node that Kubernetes depends on.
    #[derive(Debug)]
    pub struct File {
        /// The node it lies on.
        pub node: String,
        /// Its path on the node, as the component that uses it names it.
        pub path: String,
        /// What it is for, such as `apiServerManifest` or `pkiKey`.
        pub role: Role,
        /// The component that uses it, such as `kube-apiserver`; empty when none is known to.
        pub component: String,
        /// The settings that name it, such as `kube-apiserver --tls-cert-file`.
        #[serde(default)]
        pub named_by: Vec<String>,
        /// When its content last changed; absent for what changes as the cluster runs: logs, data, addresses.
        #[serde(default)]
        pub modified: Cell<Timestamp>,
        /// Whether it exists. A file that a flag names and that is not there is a row too.
        pub exists: Cell<bool>,
        /// `file`, `directory`, `socket` or `other`, links followed.
        pub kind: Cell<String>,
        /// Its permission bits under the mask 07777, links followed.
        pub mode: Cell<i64>,
        /// The uid of its owner.
        pub uid: Cell<i64>,
        /// The name of its owner in the node's `/etc/passwd`, if it is `root` or `etcd`; no other is looked up.
        pub owner: Cell<String>,
        /// The gid of its group.
        pub gid: Cell<i64>,
        /// The name of its group in the node's `/etc/group`, if it is `root` or `etcd`; no other is looked up.
        #[serde(default)]
        pub group: Cell<String>,
        /// Where it really lies, when the path leads over symbolic links.
        pub target: Cell<String>,
        /// The permission bits of all directories above it, combined: any that is set is set on one of them.
        pub parent_mode: Cell<i64>,
        /// The first directory above it that only its owner can enter: whatever the mode of what lies below, nobody else
        /// gets there.
        #[serde(default)]
        pub closed_parent: Cell<String>,
        /// The first directory above it in which others than root can replace it.
        pub writable_parent: Cell<String>,
        /// The effective uid of the process that uses it.
        pub user_uid as "userUID": Cell<i64>,
        /// The kinds of credentials in a kubeconfig, such as `clientKeyData`, `token` or `exec`.
        pub credentials: Cell<Vec<String>>,
    }
}

/// What changes as the cluster runs: when it last did says nothing.
const UNSTEADY: [Role; 3] = [Role::AuditLog, Role::CniState, Role::EtcdDataDirectory];

impl File {
    /// The row of what `entry` says lies at `path`.
    pub(super) fn of(node: &str, path: &str, role: Role, entry: &Entry) -> Self {
        let source = Source::from(Place::File {
            node: node.to_owned(),
            path: path.to_owned(),
        });
        let look = found(entry);
        let exists = match &look {
            Ok(found) => Cell::explicit(found.is_some(), source.clone()),
            Err(gap) => Cell::Gap(gap.clone()),
        };
        let text = |value: fn(&Found) -> Option<String>| part(&look, &source, value);
        let number = |value: fn(&Found) -> Option<i64>| part(&look, &source, value);
        Self {
            node: node.to_owned(),
            path: path.to_owned(),
            role,
            component: String::new(),
            named_by: Vec::new(),
            modified: match UNSTEADY.contains(&role) {
                true => Cell::Absent {
                    source: source.clone(),
                },
                false => part(&look, &source, |found| {
                    Timestamp::from_second(found.modified).ok()
                }),
            },
            exists,
            kind: text(|found| Some(kind(found.kind).to_owned())),
            mode: number(|found| Some(found.mode.into())),
            uid: number(|found| Some(found.uid.into())),
            owner: Cell::Absent {
                source: source.clone(),
            },
            gid: number(|found| Some(found.gid.into())),
            group: Cell::Absent {
                source: source.clone(),
            },
            target: text(|found| found.target.clone()),
            parent_mode: number(|found| {
                let modes = found.parents.iter().map(|parent| parent.mode);
                Some(modes.fold(0, |all, mode| all | mode).into())
            }),
            closed_parent: part(&look, &source, |found| closed_parent(path, found)),
            writable_parent: text(writable_parent),
            user_uid: Cell::Absent {
                source: source.clone(),
            },
            credentials: Cell::Absent { source },
        }
    }

    /// The file as the place where it was looked at; nothing when it was not.
    pub fn seen(&self) -> Option<&Source> {
        match &self.exists {
            Cell::Value { source, .. } | Cell::Absent { source } => Some(source),
            Cell::Gap(_) => None,
        }
    }

    /// The row of a file that is known to be used and cannot be looked at.
    pub fn hidden(node: &str, path: &str, role: Role, gap: Gap) -> Self {
        Self::of(node, path, role, &Entry::Gap(gap))
    }
}

fn part<T>(
    look: &Result<Option<&Found>, Gap>,
    source: &Source,
    value: impl Fn(&Found) -> Option<T>,
) -> Cell<T> {
    match look {
        Err(gap) => Cell::Gap(gap.clone()),
        Ok(found) => match found.and_then(value) {
            Some(value) => Cell::explicit(value, source.clone()),
            None => Cell::Absent {
                source: source.clone(),
            },
        },
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Directory => "directory",
        Kind::Socket => "socket",
        Kind::Other => "other",
    }
}

/// Of a path that leads over links, the directories above the true place count: it can be reached by that name.
fn closed_parent(path: &str, found: &Found) -> Option<String> {
    const TO_ENTER: u32 = 0o011;
    let path = found.target.as_deref().unwrap_or(path);
    let above = |parent: &&Parent| {
        let rest = path.strip_prefix(parent.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let mut parents = found.parents.iter().filter(above);
    let closed = parents.find(|parent| parent.mode & TO_ENTER == 0)?;
    Some(closed.path.clone())
}

/// A directory lets others replace what is in it when they can write to it, unless it is sticky, or own it.
fn writable_parent(found: &Found) -> Option<String> {
    const GROUP_OR_OTHER: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    found
        .parents
        .iter()
        .find(|parent| {
            let open_to = parent.mode & GROUP_OR_OTHER;
            let by_root_group = open_to == 0o020 && parent.gid == 0;
            parent.uid != 0 || (open_to != 0 && parent.mode & STICKY == 0 && !by_root_group)
        })
        .map(|parent| parent.path.clone())
}

/// The gap of a file whose path is not known.
pub(super) fn unnamed(what: &str, component: &str) -> Gap {
    Gap::new(
        what,
        component,
        GapReason::NotAsked,
        "name it by an absolute path in a flag or the configuration",
    )
}
