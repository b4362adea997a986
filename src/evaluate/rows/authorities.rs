//! Which authorities etcd shares with the API server: whoever one of them vouches for, both let in.
//!
//! Source: <https://etcd.io/docs/v3.6/op-guide/security/> and CIS 2.7. Paths say little, since two files may hold one
//! authority and one key may stand in two certificates: the public keys are compared.

use std::collections::BTreeSet;

use crate::evaluate::judge::computed;
use crate::facts::certificate::Certificate;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking};

crate::facts::record! {
    /// Whom an etcd member trusts together with the API server.
    #[derive(Debug, Default)]
    pub struct Authorities {
        /// Names of the authorities that vouch for clients of etcd and for clients of the API server alike.
        pub shared_authorities: Cell<Vec<String>>,
    }
}

impl Authorities {
    /// Those of `component`, if it is etcd.
    pub(super) fn of(component: &Component, facts: &Facts, lacking: &Lacking) -> Option<Box<Self>> {
        let is_etcd = component.kind == ComponentKind::Etcd;
        is_etcd.then(|| Self::compute(component, facts, lacking).into())
    }

    /// Known only when the authorities of both sides were read entirely, or when one is seen on both.
    fn compute(etcd: &Component, facts: &Facts, lacking: &Lacking) -> Self {
        let needed = ["node", "path", "usedBy", "subject", "publicKey"];
        let shared_authorities = match lacking.among(Certificate::schema(), &needed) {
            Some(gap) => Cell::Gap(gap.clone()),
            None => shared(etcd, facts),
        };
        Self { shared_authorities }
    }
}

fn shared(etcd: &Component, facts: &Facts) -> Cell<Vec<String>> {
    let used = |usage: &str| {
        let all = facts.certificates.rows.iter();
        let used = all.filter(|one| one.used_by.iter().any(|known| known == usage));
        used.collect::<Vec<_>>()
    };
    let mut own = used("etcd client CA");
    own.retain(|certificate| certificate.node == etcd.node);
    let others = used("kube-apiserver client CA");
    let keys: BTreeSet<_> = others.iter().map(|other| &other.public_key).collect();
    let shared: BTreeSet<_> = own
        .iter()
        .filter(|certificate| keys.contains(&certificate.public_key))
        .map(|certificate| certificate.subject.clone())
        .collect();
    let places: BTreeSet<_> = own
        .iter()
        .chain(&others)
        .map(|one| format!("{} on {}", one.path, one.node))
        .collect();
    let hole = facts.certificates.lacks.iter().find(|lack| {
        let name = lack.name.as_ref();
        name.is_none_or(|name| own.is_empty() || others.is_empty() || places.contains(name))
    });
    match hole {
        _ if !shared.is_empty() => {}
        Some(lack) => return Cell::Gap(lack.gap.clone()),
        None if own.is_empty() => return Cell::Gap(unseen("client CA of etcd", &etcd.node)),
        None if others.is_empty() => {
            return Cell::Gap(unseen("client CA of kube-apiserver", ""));
        }
        None => {}
    }
    computed(shared.into_iter().collect(), "comparison of public keys")
}

fn unseen(what: &str, node: &str) -> Gap {
    Gap::new(
        what,
        node,
        GapReason::NotAsked,
        "read the nodes of the control plane (--ssh, --node local)",
    )
}
