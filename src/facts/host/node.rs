//! What a node is called, what runs containers on it, and whether it is one at all.

use super::inquiry::Inquiry;
use super::instances::Instance;
use super::settings::Settings;
use super::{Body, Entry, Process, Purpose};
use crate::facts::certificate::Certificate;
use crate::facts::component::Component;
use crate::facts::{Gap, GapReason};

/// The name a machine goes by, and the nodes that its kubelet's client certificates are for (`system:node:NAME`, which the
/// Node authorizer insists on). The name is what the kubelet is told, else the first of those, else the host name in lower
/// case; empty when none is known.
pub(super) fn name(
    kubelet: Option<(&Instance, &Component)>,
    inquiry: &mut Inquiry<'_>,
) -> (String, Vec<String>) {
    let (told, certified) = match kubelet {
        None => (None, Vec::new()),
        Some((kubelet, component)) => {
            let settings = Settings::of(component);
            let told = settings.values("hostname-override", "").ok().flatten();
            let told = told.and_then(|mut values| values.pop());
            (told, certified(kubelet, &settings, inquiry))
        }
    };
    let name = told
        .filter(|name| !name.is_empty())
        .or_else(|| certified.first().cloned())
        .or_else(|| inquiry.hostname().ok().map(str::to_owned))
        .map(|name| name.trim().to_lowercase())
        .unwrap_or_default();
    (name, certified)
}

fn certified(
    kubelet: &Instance,
    settings: &Settings<'_>,
    inquiry: &mut Inquiry<'_>,
) -> Vec<String> {
    let path = settings.values("kubeconfig", "").ok().flatten();
    let path = path.and_then(|mut values| values.pop());
    let Some(Ok(path)) = path.map(|path| kubelet.on_node(&path)) else {
        return Vec::new();
    };
    let Ok(Some(Body::Kubeconfig(kubeconfig))) = inquiry.body(&path, Purpose::Kubeconfig) else {
        return Vec::new();
    };
    let mut ders = kubeconfig.certificates.clone();
    for file in &kubeconfig.certificate_files {
        if let Ok(Some(Body::Pem(pem))) = inquiry.body(file, Purpose::Certificates) {
            ders.extend(pem.certificates.iter().cloned());
        }
    }
    let names = ders.iter().filter_map(|der| {
        let certificate = Certificate::from_der(&der.0).ok()?;
        let name = certificate.common_name.strip_prefix("system:node:")?;
        Some(name.to_owned())
    });
    names.collect()
}

/// What a kubelet leaves on its node: the place of kubeadm, its own, and those of distributions that build it in.
const TRACES: [&str; 7] = [
    "/etc/kubernetes/kubelet.conf",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/pki",
    "/var/lib/rancher/k3s/agent",
    "/var/lib/rancher/rke2/agent",
    "/var/snap/microk8s/current",
    "/var/lib/k0s/kubelet",
];

/// On a machine without a kubelet process: why it may be a node all the same. A stopped kubelet, or one that another
/// program has built in, is not one that is not there.
pub(super) fn dormant(inquiry: &mut Inquiry<'_>) -> Option<Gap> {
    let looks = TRACES.map(|path| (path, inquiry.stat(path)));
    let mut traces = looks.iter().filter_map(|(path, entry)| match entry {
        Entry::NotFound => None,
        Entry::Gap(gap) => Some(gap.clone()),
        Entry::Found(_) => Some(Gap::new(
            "components of a node on which no kubelet process was found",
            *path,
            GapReason::Unreachable,
            "start the kubelet; one that is part of another program (MicroK8s, k0s) is not read by this version",
        )),
    });
    traces.next()
}

/// The command lines of everything that runs on the node itself.
pub(super) fn runtimes(processes: &[Process]) -> Vec<Vec<String>> {
    processes
        .iter()
        .filter(|process| process.depth == 0)
        .filter_map(|process| process.argv.clone().ok())
        .collect()
}
