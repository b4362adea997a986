//! Gathering the files and certificates of a node: each file once per role, each certificate once.

use std::collections::{BTreeMap, BTreeSet};

use super::inquiry::{Inquiry, found};
use super::kubeconfig::Kubeconfig;
use super::reduce::PemFile;
use super::renewal::{WITHIN_KUBECONFIG, merge};
use super::roles::Holds;
use super::{Body, Entry, File, Purpose, Role};
use crate::facts::certificate::Certificate;
use crate::facts::{Cell, Gap, GapReason, Lack, Listing, Place, Source};

/// What was gathered so far.
pub(super) struct Survey<'t> {
    pub(super) inquiry: Inquiry<'t>,
    node: String,
    files: BTreeMap<(String, Role), File>,
    file_lacks: Lacks,
    /// By the file that really holds them, and their position in it.
    certificates: BTreeMap<(String, usize), Certificate>,
    certificate_lacks: Lacks,
}

/// What is missing from a listing.
#[derive(Default)]
struct Lacks {
    /// Single rows, by path.
    one: BTreeMap<String, Gap>,
    /// Any number of rows.
    any: BTreeSet<Gap>,
}

impl Lacks {
    fn on(self, node: &str) -> Vec<Lack> {
        let one = self.one.into_iter().map(|(path, gap)| Lack {
            namespace: None,
            name: Some(format!("{path} on {node}")),
            gap,
        });
        let any = self
            .any
            .into_iter()
            .map(|gap| Lack::any(located(gap, node)));
        one.chain(any).collect()
    }
}

/// The gap with its node named: it is read beside those of other nodes.
pub(super) fn located(mut gap: Gap, node: &str) -> Gap {
    if !node.is_empty() && !gap.place.ends_with(&format!("on {node}")) {
        gap.place = format!("{} on {node}", gap.place).trim().to_owned();
    }
    gap
}

/// Why a file is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// A setting names it: it should be there.
    Named,
    /// It often lies there: a row only if it does.
    Usual,
}

/// Who uses a file.
#[derive(Clone, Copy, Default)]
pub(super) struct User<'a> {
    /// The component.
    pub(super) component: &'a str,
    /// Whether it runs.
    pub(super) runs: bool,
    /// The effective uid of its process, if it runs.
    pub(super) uid: Option<u32>,
    /// When its process was started, in seconds since 1970, if it runs.
    pub(super) started: Option<i64>,
    /// The setting by which it names the file; empty when none does.
    pub(super) setting: &'a str,
}

impl<'t> Survey<'t> {
    pub(super) fn new(inquiry: Inquiry<'t>, node: &str) -> Self {
        Self {
            inquiry,
            node: node.to_owned(),
            files: BTreeMap::new(),
            file_lacks: Lacks::default(),
            certificates: BTreeMap::new(),
            certificate_lacks: Lacks::default(),
        }
    }

    /// All that was gathered, and the inquiry it was gathered with.
    pub(super) fn finish(self) -> (Listing<File>, Listing<Certificate>, Inquiry<'t>) {
        let files = Listing {
            rows: self.files.into_values().collect(),
            lacks: self.file_lacks.on(&self.node),
        };
        let certificates = Listing {
            rows: self.certificates.into_values().collect(),
            lacks: self.certificate_lacks.on(&self.node),
        };
        (files, certificates, self.inquiry)
    }

    /// Notes that it is not known what the file at `path` is for.
    pub(super) fn lack_file(&mut self, path: &str, gap: Gap) {
        self.file_lacks.one.insert(path.to_owned(), gap);
    }

    /// Files of these roles may lie at or below `path`, or where a setting of that name leads, and that could not be
    /// found out: one row per role whose every cell is the gap, so that only checks about these roles are unknown.
    pub(super) fn obscured(&mut self, path: &str, roles: &[Role], gap: &Gap) {
        for role in roles {
            self.insert(
                File::hidden(&self.node, path, *role, gap.clone()),
                User::default(),
            );
        }
    }

    /// Notes that a certificate could not be read.
    pub(super) fn lack_certificate(&mut self, path: &str, gap: Gap) {
        self.certificate_lacks.one.insert(path.to_owned(), gap);
    }

    /// Notes that any number of files, and of certificates in them, may be missing.
    pub(super) fn lack_all(&mut self, gap: &Gap) {
        self.file_lacks.any.insert(gap.clone());
        self.certificate_lacks.any.insert(gap.clone());
    }

    /// A file that is used and cannot be looked at.
    pub(super) fn hidden(
        &mut self,
        path: &str,
        role: Role,
        holds: Holds,
        user: User<'_>,
        gap: Gap,
    ) {
        if matches!(holds, Holds::Certificates | Holds::Kubeconfig) {
            self.lack_certificate(path, gap.clone());
        }
        self.insert(File::hidden(&self.node, path, role, gap), user);
    }

    /// A file, and what it holds.
    pub(super) fn file(
        &mut self,
        path: &str,
        role: Role,
        holds: Holds,
        usage: &str,
        because: Because,
        user: User<'_>,
    ) {
        let entry = self.inquiry.stat(path);
        if because == Because::Usual {
            match entry {
                Entry::NotFound => return,
                // Whether there is one at all is not known.
                Entry::Gap(gap) => {
                    if matches!(holds, Holds::Certificates | Holds::Kubeconfig) {
                        self.lack_certificate(path, gap.clone());
                    }
                    return self.lack_file(path, gap.clone());
                }
                Entry::Found(_) => {}
            }
        }
        let mut file = File::of(&self.node, path, role, entry);
        match holds {
            Holds::Nothing | Holds::Key => {}
            Holds::Certificates => {
                if let Some(pem) = self.certificates(path, Some((usage, user)))
                    && pem.has_private_key
                {
                    file.role = Role::PkiKey;
                }
            }
            Holds::Kubeconfig => file.credentials = self.kubeconfig(path, usage, user),
        }
        self.insert(file, user);
    }

    /// A file whose content decides its role: by the headers in it, never by its name alone. A file named as a key is
    /// not opened.
    pub(super) fn pki_file(&mut self, path: &str, user: User<'_>) {
        let role = if path.ends_with(".key") {
            Role::PkiKey
        } else {
            match self.certificates(path, None) {
                Some(pem) if pem.has_private_key => Role::PkiKey,
                Some(pem) if !pem.certificates.is_empty() || pem.broken > 0 => Role::PkiCertificate,
                Some(_) => Role::PkiFile,
                None => {
                    // Whether it holds a key is not known, so neither is what its mode should be.
                    if let Some(gap) = self.certificate_lacks.one.get(path).cloned() {
                        self.lack_file(path, gap);
                    }
                    return;
                }
            }
        };
        let file = File::of(&self.node, path, role, self.inquiry.stat(path));
        self.insert(file, user);
    }

    fn insert(&mut self, mut file: File, user: User<'_>) {
        user.component.clone_into(&mut file.component);
        file.owner = self.account("/etc/passwd", &file.uid);
        file.group = self.account("/etc/group", &file.gid);
        if let Some(uid) = user.uid {
            let node = file.node.clone();
            file.user_uid = Cell::explicit(uid.into(), Source::from(Place::Kernel { node }));
        }
        let named_by = match user.setting {
            "" => None,
            setting => Some(format!("{} {setting}", user.component)),
        };
        let key = (file.path.clone(), file.role);
        // Who uses it was noted first; a look at the whole directory comes after.
        let known = self.files.entry(key).or_insert_with(|| file.clone());
        if known.component.is_empty() {
            *known = file;
        }
        if let Some(setting) = named_by
            && !known.named_by.contains(&setting)
        {
            known.named_by.push(setting);
            known.named_by.sort_unstable();
        }
    }

    /// The name of a user or group, as far as it is kept.
    fn account(&mut self, path: &str, id: &Cell<i64>) -> Cell<String> {
        let source = Source::from(Place::File {
            node: self.node.clone(),
            path: path.to_owned(),
        });
        let wanted = match id {
            Cell::Gap(gap) => return Cell::Gap(gap.clone()),
            id => id.value(),
        };
        let ids = match self.inquiry.body(path, Purpose::Accounts) {
            Ok(Some(Body::Ids(ids))) => ids,
            Ok(_) => return Cell::Absent { source },
            Err(gap) => return Cell::Gap(gap),
        };
        let named =
            |(name, id): (&String, &u32)| (wanted == Some(&i64::from(*id))).then(|| name.clone());
        match ids.iter().find_map(named) {
            Some(name) => Cell::explicit(name, source),
            None => Cell::Absent { source },
        }
    }

    /// The certificates of the file at `path`; with a usage, somebody uses them.
    fn certificates(&mut self, path: &str, usage: Option<(&str, User<'_>)>) -> Option<&'t PemFile> {
        let pem = match self.inquiry.body(path, Purpose::Certificates) {
            Ok(Some(Body::Pem(pem))) => pem,
            Ok(_) => return None,
            Err(gap) => {
                self.lack_certificate(path, gap);
                return None;
            }
        };
        // A file that somebody uses as a certificate and that holds none is not one that is fine.
        if pem.broken > 0 || (usage.is_some() && pem.certificates.is_empty()) {
            self.lack_certificate(path, undecodable(path));
        }
        let holder = match found(self.inquiry.stat(path)) {
            Ok(Some(found)) => found.target.clone(),
            _ => None,
        };
        let holder = holder.unwrap_or_else(|| path.to_owned());
        for (position, der) in pem.certificates.iter().enumerate() {
            self.keep((holder.clone(), position), path, &der.0, usage);
        }
        Some(pem)
    }

    /// The certificates in the kubeconfig at `path`, and the kinds of its credentials.
    fn kubeconfig(&mut self, path: &str, usage: &str, user: User<'_>) -> Cell<Vec<String>> {
        let source = Source::from(Place::File {
            node: self.node.clone(),
            path: path.to_owned(),
        });
        let kubeconfig: &Kubeconfig = match self.inquiry.body(path, Purpose::Kubeconfig) {
            Ok(Some(Body::Kubeconfig(kubeconfig))) => kubeconfig,
            Ok(_) => return Cell::Absent { source },
            Err(gap) => {
                self.lack_certificate(path, gap.clone());
                return Cell::Gap(gap);
            }
        };
        // A program keeps the credentials within its kubeconfig as long as it runs; files it names are read anew. An
        // authority that was replaced shows by itself: nothing is trusted any more.
        let once = User {
            setting: WITHIN_KUBECONFIG,
            ..user
        };
        let linked = format!("in {path}");
        let user = User {
            setting: &linked,
            ..user
        };
        let client = format!("{usage} client");
        let authority = format!("{usage} server CA");
        let own = kubeconfig
            .certificates
            .iter()
            .map(|der| (&*der.0, &*client, once));
        let authorities = kubeconfig
            .authorities
            .iter()
            .map(|der| (&*der.0, &*authority, user));
        let embedded = own.chain(authorities).enumerate();
        for (position, (der, usage, user)) in embedded {
            self.keep((path.to_owned(), position), path, der, Some((usage, user)));
        }
        for (names, usage) in [
            (&kubeconfig.certificate_files, &client),
            (&kubeconfig.authority_files, &authority),
        ] {
            for name in names {
                let file = relative_to(path, name);
                let (role, holds) = (Role::PkiCertificate, Holds::Certificates);
                self.file(&file, role, holds, usage, Because::Named, user);
            }
        }
        for name in &kubeconfig.key_files {
            if !kubeconfig.certificate_files.contains(name) {
                let file = relative_to(path, name);
                self.file(&file, Role::PkiKey, Holds::Key, "", Because::Named, user);
            }
        }
        Cell::explicit(kubeconfig.credentials.clone(), source)
    }

    /// Keeps a certificate seen at `path`; `key` is the file that really holds it and its position there, so that none is
    /// kept twice.
    fn keep(
        &mut self,
        key: (String, usize),
        path: &str,
        der: &[u8],
        usage: Option<(&str, User<'_>)>,
    ) {
        if !self.certificates.contains_key(&key) {
            let Ok(mut certificate) = Certificate::from_der(der) else {
                return self.lack_certificate(path, undecodable(path));
            };
            certificate.node.clone_from(&self.node);
            path.clone_into(&mut certificate.path);
            certificate.position = i64::try_from(key.1).unwrap_or(i64::MAX);
            self.certificates.insert(key.clone(), certificate);
        }
        let Some((usage, user)) = usage else {
            return;
        };
        let changed = self.changed_under(path, usage, user);
        if let Some(certificate) = self.certificates.get_mut(&key) {
            certificate.in_use = true;
            merge(&mut certificate.changed_under, changed);
            if !certificate.used_by.iter().any(|known| known == usage) {
                certificate.used_by.push(usage.to_owned());
                certificate.used_by.sort_unstable();
            }
        }
    }
}

fn undecodable(path: &str) -> Gap {
    Gap::new(
        "certificate",
        path,
        GapReason::Unparsable,
        "correct the file: a certificate in it does not decode",
    )
}

/// A kubeconfig's paths are relative to the directory it lies in (client-go, `ResolveLocalPaths`).
fn relative_to(kubeconfig: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let directory = kubeconfig
        .rsplit_once('/')
        .map_or("", |(directory, _)| directory);
    format!("{directory}/{path}")
}
