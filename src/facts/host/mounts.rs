//! From a path as a containerised component sees it to the path on its node.
//!
//! Two sources say it: the mount table of the running process, compared with that of the node (`/proc/PID/mountinfo`,
//! readable without privileges), and the `hostPath` volumes of a static pod's manifest. The first is what is, so it
//! goes first; a path that neither leads to lies inside the image and not on the node.

use serde::{Deserialize, Serialize};

/// One mount (proc_pid_mountinfo(5)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// `major:minor` of the file system.
    pub device: String,
    /// The directory of that file system that is mounted.
    pub root: String,
    /// Where.
    pub point: String,
}

impl Mount {
    /// Reads a mount table; lines that are none are left out.
    pub fn table(text: &str) -> Vec<Self> {
        text.lines()
            .filter_map(|line| {
                let mut columns = line.split(' ');
                Some(Self {
                    device: columns.nth(2)?.to_owned(),
                    root: unescape(columns.next()?),
                    point: unescape(columns.next()?),
                })
            })
            .collect()
    }
}

/// `\040` is a blank: three octal digits stand for a byte.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|_| first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(byte) => {
                out.push(byte);
                rest = &tail[3..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How the paths of one component relate to those of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// It runs in the node's own mount namespace.
    Host,
    /// Directories of the node under names of its own: (inside, on the node).
    Binds(Vec<(String, String)>),
    /// Not known.
    Unknown,
}

impl View {
    /// The view of a process with the mount table `own` on a node with the mount table `node`.
    pub(super) fn of(own: &[Mount], node: &[Mount]) -> Self {
        if own.is_empty() || node.is_empty() {
            return Self::Unknown;
        }
        if root_of(own) == root_of(node) {
            return Self::Host;
        }
        Self::Binds(
            own.iter()
                .filter_map(|mount| Some((mount.point.clone(), on_node(mount, node)?)))
                .collect(),
        )
    }

    /// The path on the node that `path` leads to; nothing when it leads nowhere there.
    pub(super) fn on_node(&self, path: &str) -> Option<String> {
        match self {
            Self::Host => Some(path.to_owned()),
            Self::Unknown => None,
            // Later mounts cover earlier ones, so among equally deep ones the last counts.
            Self::Binds(binds) => binds
                .iter()
                .filter_map(|(inside, host)| Some((inside.len(), host, below(path, inside)?)))
                .max_by_key(|(depth, ..)| *depth)
                .map(|(_, host, rest)| join(host, rest)),
        }
    }
}

/// The mount that is `/` at last, as (device, directory).
fn root_of(table: &[Mount]) -> Option<(&str, &str)> {
    table
        .iter()
        .rfind(|mount| mount.point == "/")
        .map(|mount| (mount.device.as_str(), mount.root.as_str()))
}

/// Where the node itself has what `mount` shows: the deepest mount of the same file system that holds it.
fn on_node(mount: &Mount, node: &[Mount]) -> Option<String> {
    node.iter()
        .filter(|held| held.device == mount.device)
        .filter_map(|held| Some((held, below(&mount.root, &held.root)?)))
        .max_by_key(|(held, _)| held.root.len())
        .map(|(held, rest)| join(&held.point, rest))
}

/// What of `path` comes after the directory `directory`; nothing when it lies elsewhere.
pub(super) fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(rest),
        None => rest.is_empty().then_some(""),
    }
}

/// `rest` below `directory`.
pub(super) fn join(directory: &str, rest: &str) -> String {
    match (directory.trim_end_matches('/'), rest) {
        ("", "") => "/".to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, rest) => format!("{directory}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "\
1 0 8:1 / / rw - ext4 /dev/a rw
2 1 8:2 / /var rw - ext4 /dev/b rw
3 1 0:5 / /sys rw - sysfs sysfs rw
garbage";
    const POD: &str = "\
9 8 0:99 / / rw - overlay overlay rw
10 9 8:1 /etc/kubernetes/pki /etc/kubernetes/pki ro - ext4 /dev/a rw
11 9 8:2 /lib/etcd /data\\040dir rw - ext4 /dev/b rw
12 9 8:2 /lib/file /etc/one rw - ext4 /dev/b rw
13 9 0:77 / /run/secrets ro - tmpfs tmpfs rw";

    #[test]
    fn paths_inside_a_pod_lead_to_the_node() {
        let view = View::of(&Mount::table(POD), &Mount::table(NODE));
        for (inside, host) in [
            (
                "/etc/kubernetes/pki/ca.crt",
                Some("/etc/kubernetes/pki/ca.crt"),
            ),
            ("/etc/kubernetes/pki", Some("/etc/kubernetes/pki")),
            ("/etc/kubernetes/pkix", None),
            ("/data dir/member", Some("/var/lib/etcd/member")),
            ("/etc/one", Some("/var/lib/file")),
            ("/run/secrets/token", None),
            ("/usr/local/bin/etcd", None),
        ] {
            assert_eq!(view.on_node(inside).as_deref(), host, "{inside}");
        }
    }

    #[test]
    fn a_process_in_the_nodes_own_mounts_sees_the_nodes_paths() {
        let node = Mount::table(NODE);
        assert_eq!(View::of(&node, &node), View::Host);
        assert_eq!(View::Host.on_node("/a").as_deref(), Some("/a"));
        assert_eq!(View::of(&[], &node), View::Unknown);
        assert_eq!(View::Unknown.on_node("/a"), None);
    }

    #[test]
    fn the_deepest_mount_counts_and_of_equal_ones_the_last() {
        let bind = |inside: &str, host: &str| (inside.to_owned(), host.to_owned());
        let view = View::Binds(vec![
            bind("/a", "/1"),
            bind("/a/b", "/2"),
            bind("/a/b", "/3"),
        ]);
        assert_eq!(view.on_node("/a/b/c").as_deref(), Some("/3/c"));
        assert_eq!(view.on_node("/a/c").as_deref(), Some("/1/c"));
    }
}
