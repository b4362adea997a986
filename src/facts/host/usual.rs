//! What most nodes are asked for: what a reader far away brings along before it knows the node.
//!
//! Nothing is concluded from it. Whatever a node needs besides is asked for as ever.

use crate::facts::component::Told;

use super::roles::{Holds, NAMES};
use super::units::{OF_ALL, UNITS};
use super::{HostTree, Request, Role, observe};

/// What is worth bringing along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Settings that name a file whose content is looked at.
    pub files: Vec<&'static str>,
    /// Settings that name a directory whose files are looked at.
    pub directories: Vec<&'static str>,
    /// Directories, with all files below them and what those name, and how many levels deep.
    pub below: Vec<(String, u32)>,
    /// Everything else.
    pub requests: Vec<Request>,
}

/// Where kubeadm, and the kubelet by itself, put what is looked at.
const DIRECTORIES: [(&str, u32); 3] = [
    ("/etc/kubernetes/pki", 4),
    ("/etc/kubernetes/manifests", 1),
    ("/var/lib/kubelet/pki", 1),
];
/// What environment files of a packaged kubelet are called.
const ENVIRONMENT: [&str; 3] = [
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
    "/var/lib/kubelet/kubeadm-flags.env",
];

/// What most nodes are asked for.
pub fn usual() -> Usual {
    let reads = |name: &&super::roles::Names| match name.holds {
        Holds::Certificates | Holds::Kubeconfig => true,
        Holds::Nothing => matches!(
            name.role,
            Role::AdmissionConfig
                | Role::AuditPolicy
                | Role::AuthenticationConfig
                | Role::AuthorizationConfig
                | Role::ComponentConfig
                | Role::EncryptionConfig
                | Role::KubeletConfig
        ),
        Holds::Key => false,
    };
    let settings = NAMES.iter().filter(reads).flat_map(|name| {
        // In YAML, a file is named by the last part of its field.
        let field = name.field.rsplit('.').next().unwrap_or_default();
        [name.flag, field]
    });
    let kubeconfig = [
        "certificate-authority",
        "client-certificate",
        "kubeConfigFile",
    ];
    let mut files: Vec<_> = settings
        .chain(kubeconfig)
        .filter(|name| !name.is_empty())
        .collect();
    files.sort_unstable();
    files.dedup();
    let mut requests = observe(&HostTree::default(), &Told::default()).1;
    let mut below: Vec<_> = DIRECTORIES
        .map(|(path, depth)| (path.to_owned(), depth))
        .into();
    for directory in UNITS {
        let unit = format!("{directory}/kubelet.service");
        below.push((format!("{unit}.d"), 1));
        below.push((format!("{directory}/{OF_ALL}.d"), 1));
        requests.push(Request::Read(unit, super::Purpose::Unit));
    }
    let stat = |path: &str| Request::Stat(path.to_owned());
    requests.extend(ENVIRONMENT.map(stat));
    Usual {
        files,
        directories: vec![
            "cert-dir",
            "config-dir",
            "pod-manifest-path",
            "staticPodPath",
        ],
        below,
        requests,
    }
}
