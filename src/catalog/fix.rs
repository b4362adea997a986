//! How to mend what a check found, as data: the change, what has to be there before it, and whether applying it can be
//! proven on the check's own examples.

use super::{ExpressionText, Spot};

/// How to mend what a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fix {
    /// One or two sentences.
    pub summary: String,
    /// Where the change does it; elsewhere the sentences stand alone.
    pub when: Option<ExpressionText>,
    /// The change itself, when it can be written down.
    pub change: Option<Change>,
    /// What has to be done or there before the change, in this order.
    pub before: Vec<Step>,
    /// Why applying the change to the failing examples proves nothing; a change without this is proven by `checks test`.
    pub unproven: Option<String>,
    /// Checks that may fail only once it is done, because what it mends hid what they look at.
    pub reveals: Vec<Spot<String>>,
}

impl Fix {
    /// The flags that it changes.
    pub fn flags(&self) -> &[Flag] {
        match &self.change {
            Some(Change::Flags(flags)) => flags,
            _ => &[],
        }
    }
}

/// A change that can be written down.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Command-line flags of the subject.
    Flags(Vec<Flag>),
    /// A fragment of the kubelet's configuration file, as YAML.
    KubeletConfig(String),
    /// A command that sets mode or owner of the subject's file, with `{path}` for the path.
    File(String),
    /// A fragment of, or a whole, Kubernetes object, as YAML; `{namespace}` stands for the subject's.
    Manifest(String),
    /// A `kubectl` command; `{object}` stands for kind, name and namespace, `{namespace}` for the namespace.
    Command(String),
}

/// A flag, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name, without dashes.
    pub name: String,
    /// What becomes of it.
    pub value: FlagValue,
}

/// What becomes of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagValue {
    /// `--profiling=false`: it holds this.
    Set(String),
    /// `{default: --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt}`: it holds this unless it holds something.
    Default(String),
    /// `--enable-admission-plugins={present}NodeRestriction`: these join the items of its list.
    Add {
        /// What joins.
        items: Vec<String>,
        /// What does not stay, since another check reports it; the catalog fills it in.
        never: Vec<String>,
    },
    /// `{remove: --enable-admission-plugins, items: [AlwaysAdmit]}`: these leave the list.
    Take(Vec<String>),
    /// `{remove: --token-auth-file}`: it is no longer there.
    Remove,
}

/// What has to be done or there before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A person does something first.
    Do(String),
    /// What a person may write, as an example.
    Example(String),
    /// A file with this content.
    File {
        /// Its path on the node.
        path: String,
        /// Its content.
        content: String,
        /// Whether a static pod has to mount it.
        mount: bool,
    },
    /// A directory into which the component writes.
    Directory {
        /// Its path on the node.
        path: String,
        /// Whether a static pod has to mount it.
        mount: bool,
    },
    /// A file that other tools make.
    Needs(String),
}
