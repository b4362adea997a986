//! What a node is called, and what runs containers on it.

use super::inquiry::Inquiry;
use super::instances::Instance;
use super::settings::Settings;
use super::{Body, Process, Purpose};
use crate::facts::certificate::Certificate;
use crate::facts::component::Component;

/// The node's name: what the kubelet is told, else the name in its client certificate (`system:node:NAME`, which the
/// Node authorizer insists on), else the host name in lower case. Empty when none is known.
pub(super) fn name(kubelet: Option<(&Instance, &Component)>, inquiry: &mut Inquiry<'_>) -> String {
    kubelet
        .and_then(|(kubelet, component)| {
            let settings = Settings::of(component);
            let told = settings.values("hostname-override", "").ok().flatten();
            told.and_then(|mut values| values.pop())
                .filter(|name| !name.is_empty())
                .or_else(|| certified(kubelet, &settings, inquiry))
        })
        .or_else(|| inquiry.hostname().ok().map(str::to_owned))
        .map(|name| name.trim().to_lowercase())
        .unwrap_or_default()
}

fn certified(
    kubelet: &Instance,
    settings: &Settings<'_>,
    inquiry: &mut Inquiry<'_>,
) -> Option<String> {
    let path = settings.values("kubeconfig", "").ok()??.pop()?;
    let path = kubelet.on_node(&path).ok()?;
    let Ok(Some(Body::Kubeconfig(kubeconfig))) = inquiry.body(&path, Purpose::Kubeconfig) else {
        return None;
    };
    let mut ders = kubeconfig.certificates.clone();
    for file in &kubeconfig.certificate_files {
        if let Ok(Some(Body::Pem(pem))) = inquiry.body(file, Purpose::Certificates) {
            ders.extend(pem.certificates.iter().cloned());
        }
    }
    let certificate = Certificate::from_der(&ders.first()?.0).ok()?;
    certificate
        .common_name
        .strip_prefix("system:node:")
        .map(str::to_owned)
}

/// The command lines of everything that runs on the node itself.
pub(super) fn runtimes(processes: &[Process]) -> Vec<Vec<String>> {
    processes
        .iter()
        .filter(|process| process.depth == 0)
        .filter_map(|process| process.argv.clone().ok())
        .collect()
}
