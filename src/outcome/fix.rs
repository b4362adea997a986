//! A change that clears a finding: for people as lines to copy, for programs as single edits.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A change that clears a finding, wherever that is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What is changed: a flag or key of a file, or what stands for objects that are mended one after the other.
    #[serde(skip)]
    pub target: String,
    /// One sentence that says what to do.
    pub summary: String,
    /// The line to copy: a flag, a YAML fragment, a command that changes a mode. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// What has to be done or there before, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Precondition>,
    /// The same as `line`, one edit after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

impl Change {
    /// Whether it takes the object away, and with it whatever else is wrong with that object.
    pub fn removes(&self) -> bool {
        self.line.starts_with("kubectl delete ")
    }
}

/// What a change is made to: node, file and key, or one word for an object and its field.
pub type Target<'r> = (&'r str, &'r str, &'r str);

/// How to clear a finding: equal targets are one line in "what to fix first".
#[derive(Clone, Debug, PartialEq)]
pub struct Remediation {
    /// The change; many findings share one.
    pub change: Arc<Change>,
    /// The file or object the line belongs into. May be empty.
    pub place: Arc<str>,
    /// The node that the place is on, where the target is a setting there.
    pub node: Option<Arc<str>>,
}

impl Remediation {
    /// What is changed.
    pub fn target(&self) -> Target<'_> {
        match &self.node {
            Some(node) => (node, &self.place, &self.change.target),
            None => (&self.change.target, "", ""),
        }
    }
}

/// A remediation as reports hold it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<C> {
    /// What is changed, in one line.
    target: String,
    #[serde(flatten)]
    change: C,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    place: Arc<str>,
}

impl Serialize for Remediation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let target = match self.target() {
            (alone, "", "") => alone.to_owned(),
            (node, place, key) => [node, place, key].join(" · "),
        };
        let written = Written {
            target,
            change: &*self.change,
            place: self.place.clone(),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Remediation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::<Change>::deserialize(deserializer)?;
        let change = Change {
            target: written.target,
            ..written.change
        };
        Ok(Self {
            change: change.into(),
            place: written.place,
            node: None,
        })
    }
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Edit {
    /// A flag on the command line of a component.
    Flag {
        /// The component's binary.
        component: String,
        /// The flag, without dashes.
        name: String,
        /// What it holds; every other occurrence goes. Without a value the flag goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// Whether the value is a list to which other edits may add.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        list: bool,
    },
    /// A fragment to be merged into the kubelet's configuration file, as YAML.
    KubeletConfig {
        /// The file that decides now: the configuration file or a drop-in; without one, the configuration file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// The fragment.
        fragment: String,
    },
    /// A command on the node.
    NodeCommand {
        /// For a POSIX shell.
        command: String,
    },
    /// A command of kubectl.
    Kubectl {
        /// For a POSIX shell.
        command: String,
    },
    /// A fragment to be merged into the subject, as YAML: below `spec` into the pod, else into each of its containers.
    Patch {
        /// The fragment.
        fragment: String,
    },
    /// An object to be applied, as YAML.
    Apply {
        /// The object.
        object: String,
    },
}

impl Edit {
    /// As it is copied.
    pub fn text(&self) -> String {
        match self {
            Self::Flag {
                name,
                value: Some(value),
                ..
            } => format!("--{name}={value}"),
            Self::Flag { name, .. } => format!("remove --{name}"),
            Self::KubeletConfig { fragment, .. } | Self::Patch { fragment } => {
                fragment.trim_end().to_owned()
            }
            Self::NodeCommand { command } | Self::Kubectl { command } => command.clone(),
            Self::Apply { object } => object.trim_end().to_owned(),
        }
    }
}

/// What has to be done or there before a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Precondition {
    /// A person does something first.
    Do {
        /// What.
        text: String,
    },
    /// What a person may write, as YAML.
    Example {
        /// The example.
        text: String,
    },
    /// A file with this content, for root alone.
    File {
        /// Its path on the node.
        path: String,
        /// Its content.
        content: String,
        /// The component whose static pod has to mount it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mount: Option<String>,
    },
    /// A directory into which the component writes.
    Directory {
        /// Its path on the node.
        path: String,
        /// The component whose static pod has to mount it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mount: Option<String>,
    },
    /// A file that other tools make.
    Needs {
        /// Its path on the node.
        path: String,
    },
}

impl Precondition {
    /// As a person reads it, line by line.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Do { text } => vec![text.clone()],
            Self::Example { text } => indented(text).collect(),
            Self::File {
                path,
                content,
                mount,
            } => {
                let head = format!("write {path}, mode 0600, owner root:");
                let mount = mount.iter();
                let mount = mount.flat_map(|component| mounted(path, "File", component));
                let lines = std::iter::once(head).chain(indented(content));
                lines.chain(mount).collect()
            }
            Self::Directory { path, mount } => {
                let mount = mount.iter();
                let mount = mount.flat_map(|component| mounted(path, "Directory", component));
                std::iter::once(format!("mkdir -m 0700 -p {path}"))
                    .chain(mount)
                    .collect()
            }
            Self::Needs { path } => vec![format!("{path} has to be there")],
        }
    }
}

fn indented(text: &str) -> impl Iterator<Item = String> {
    text.trim_end().lines().map(|line| format!("  {line}"))
}

/// What a static pod needs to see a file of its node.
fn mounted(path: &str, kind: &str, component: &str) -> [String; 5] {
    let name: String = path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .chars()
        .collect();
    let name = name.split('.').next().unwrap_or_default();
    let read_only = match kind {
        "File" => ", readOnly: true",
        _ => "",
    };
    [
        format!("mount it where {component} runs as a static pod, in its manifest:"),
        "  volumeMounts:".to_owned(),
        format!("  - {{name: {name}, mountPath: {path}{read_only}}}"),
        "  volumes:".to_owned(),
        format!("  - {{name: {name}, hostPath: {{path: {path}, type: {kind}}}}}"),
    ]
}
