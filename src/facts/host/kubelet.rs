//! What belongs to the kubelet alone: its drop-ins, the certificates it keeps, the static pods it starts.

use super::files::NodeFiles;
use super::inquiry::{Inquiry, found};
use super::instances::Instance;
use super::matching::{Declared, Manifests};
use super::places::{pki_tree, use_file};
use super::roles::Holds;
use super::settings::Settings;
use super::survey::{Because, Survey, User};
use super::{Body, Entry, Kind, Purpose, Role, StaticContainer};
use crate::facts::Gap;
use crate::facts::component::{Component, DirectoryRead, Files};

/// Where the kubelet keeps certificates unless `--cert-dir` says otherwise.
const CERT_DIR: &str = "/var/lib/kubelet/pki";

/// The kubelet's drop-in configuration files.
pub(super) fn drop_ins(survey: &mut Survey<'_>, instance: &Instance, settings: &Settings<'_>) {
    let roles = [Role::KubeletConfig];
    let directory = match settings.values("config-dir", "") {
        Err(gap) => return survey.obscured("config-dir", &roles, &gap),
        Ok(directory) => directory.and_then(|mut values| values.pop()),
    };
    let Some(directory) = directory else { return };
    let mut files = NodeFiles {
        instance,
        inquiry: &mut survey.inquiry,
    };
    match files.list(&directory) {
        DirectoryRead::NotFound => {}
        DirectoryRead::Gap(gap) => survey.obscured(&directory, &roles, &gap),
        DirectoryRead::Paths(paths) => {
            for path in paths.iter().filter(|path| path.ends_with(".conf")) {
                let user = User::of(instance).by("--config-dir");
                let (role, holds) = (Role::KubeletConfig, Holds::Nothing);
                use_file(survey, instance, path, role, holds, "", user);
            }
        }
    }
}

/// What the kubelet keeps by itself: client certificates it rotates, and a serving certificate.
pub(super) fn certificates(survey: &mut Survey<'_>, instance: &Instance, settings: &Settings<'_>) {
    let user = User::of(instance);
    let directory = match settings.values("cert-dir", "") {
        Ok(values) => values.and_then(|mut values| values.pop()),
        Err(_) => return,
    };
    let directory = directory.unwrap_or_else(|| CERT_DIR.to_owned());
    if matches!(settings.values("tls-cert-file", "tlsCertFile"), Ok(None)) {
        // A signed one goes before the one it signs itself.
        let signed = format!("{directory}/kubelet-server-current.pem");
        let own = format!("{directory}/kubelet.crt");
        let path = match survey.inquiry.stat(&signed) {
            Entry::NotFound => own,
            _ => signed,
        };
        let (role, holds) = (Role::PkiCertificate, Holds::Certificates);
        survey.file(&path, role, holds, "kubelet serving", Because::Usual, user);
    }
    pki_tree(survey, &directory, 1, user);
}

/// Static pods: their containers by manifest, and a row for each file the kubelet takes for one.
pub(super) fn static_pods(
    survey: &mut Survey<'_>,
    kubelet: &Instance,
    component: &Component,
) -> Result<Manifests, Gap> {
    let settings = Settings::of(component);
    let mut manifests = Manifests {
        containers: Vec::new(),
        complete: true,
    };
    let path = settings.values("pod-manifest-path", "staticPodPath")?;
    let Some(path) = path.and_then(|mut values| values.pop()) else {
        return Ok(manifests);
    };
    for path in manifest_files(&path, &mut survey.inquiry)? {
        let mut role = None;
        match survey.inquiry.body(&path, Purpose::Manifest) {
            Ok(Some(Body::StaticPod(pod))) => {
                let kinds = pod.containers.iter().filter_map(StaticContainer::component);
                role = kinds.map(Role::of_manifest).next();
                manifests.containers.extend(Declared::all(&path, pod));
            }
            Ok(_) => continue,
            // A kubelet may understand what is not understood here, and what it started before may run on.
            Err(gap) => {
                manifests.complete = false;
                survey.lack_file(&path, gap);
            }
        }
        let role = role.unwrap_or(Role::StaticPodManifest);
        let user = User::of(kubelet);
        survey.file(&path, role, Holds::Nothing, "", Because::Named, user);
    }
    Ok(manifests)
}

/// Every file in the directory whose name does not start with a dot, or the file itself
/// (`pkg/kubelet/config/file_linux.go`).
fn manifest_files(path: &str, inquiry: &mut Inquiry<'_>) -> Result<Vec<String>, Gap> {
    let Some(place) = found(inquiry.stat(path))? else {
        return Ok(Vec::new());
    };
    if place.kind == Kind::File {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for name in inquiry.names(path)?.unwrap_or_default() {
        let file = format!("{}/{name}", path.trim_end_matches('/'));
        let is_file = |entry| !matches!(found(entry), Ok(Some(found)) if found.kind != Kind::File);
        if !name.starts_with('.') && is_file(inquiry.stat(&file)) {
            files.push(file);
        }
    }
    Ok(files)
}
