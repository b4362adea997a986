//! Rows of certificates: those that were read on nodes and those within objects of the API, each with what is left of its
//! life and who signed it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;

use crate::facts::certificate::{Certificate, of_objects};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Listing, Place, Record, Source};
use crate::outcome::{CertificateLine, Subject};

use super::joined::{Joined, join};
use super::objects::unread;
use super::{Nothing, Row, Rows, Settled, Slot, World};
use crate::evaluate::judge::computed;

crate::facts::record! {
    /// What time and the other certificates say about one.
    #[derive(Debug, Default)]
    pub struct Standing {
        /// Whole days until it ends; negative when it has ended.
        pub days_left: Cell<i64>,
        /// The share of its lifetime that is left, in percent, rounded down; negative when it has ended.
        pub percent_left: Cell<i64>,
        /// When the authority that signed it ends; absent when its certificate is not among those that were read.
        pub issuer_not_after: Cell<Timestamp>,
    }
}

const DAY: i64 = 24 * 60 * 60;
const ENGINE: &str = "lifetimes of certificates";

/// Every certificate of a run, with its standing.
pub(super) struct Certificates {
    /// Those within objects of the API; those of nodes are facts of their own.
    within: Listing<Certificate>,
    /// First those of nodes, then those within objects.
    standing: Vec<Standing>,
}

impl Certificates {
    pub(super) fn of(facts: &Facts, lacking: &Lacking) -> Self {
        let within = of_objects(facts);
        let all: Vec<&Certificate> = facts.certificates.rows.iter().chain(&within.rows).collect();
        let authorities = Authorities::among(&all);
        let open = facts.certificates.lacks.first().map(|lack| &lack.gap);
        let standing = |certificate: &&Certificate| {
            let (days_left, percent_left) = remaining(certificate, facts.observed_at, lacking);
            let named = ["issuer", "subject", "isCA", "notAfter", "authorityKeyId"];
            let gap = lacking.among(Certificate::schema(), &named);
            Standing {
                days_left,
                percent_left,
                issuer_not_after: match gap {
                    Some(gap) => Cell::Gap(gap.clone()),
                    None => authorities.end(certificate, open),
                },
            }
        };
        let standing = all.iter().map(standing).collect();
        Self { within, standing }
    }
}

fn remaining(
    certificate: &Certificate,
    now: Timestamp,
    lacking: &Lacking,
) -> (Cell<i64>, Cell<i64>) {
    if let Some(gap) = lacking.among(Certificate::schema(), &["notBefore", "notAfter"]) {
        return (Cell::Gap(gap.clone()), Cell::Gap(gap.clone()));
    }
    let end = certificate.not_after.as_second();
    let left = end.saturating_sub(now.as_second());
    let lifetime = end.saturating_sub(certificate.not_before.as_second());
    let percent_left = if lifetime > 0 {
        let percent = (i128::from(left) * 100).div_euclid(i128::from(lifetime));
        computed(i64::try_from(percent).unwrap_or(i64::MAX), ENGINE)
    } else {
        let what = "lifetime of a certificate that ends before it begins";
        let (place, remedy) = (certificate.path.as_str(), "replace the certificate");
        Cell::Gap(Gap::new(what, place, GapReason::Unparsable, remedy))
    };
    (computed(left.div_euclid(DAY), ENGINE), percent_left)
}

/// The certificates that sign others, by their subject.
struct Authorities<'c>(BTreeMap<&'c str, Vec<&'c Certificate>>);

impl<'c> Authorities<'c> {
    fn among(all: &[&'c Certificate]) -> Self {
        let mut by_subject: BTreeMap<&str, Vec<&Certificate>> = BTreeMap::new();
        for certificate in all.iter().filter(|certificate| certificate.is_ca) {
            let same = by_subject.entry(&certificate.subject).or_default();
            same.push(certificate);
        }
        Self(by_subject)
    }

    /// When the authority that signed `certificate` ends: the last of all that have its name and key, since one that was
    /// renewed with its key goes on. `open` is why some may not have been read.
    fn end(&self, certificate: &Certificate, open: Option<&Gap>) -> Cell<Timestamp> {
        let absent = Cell::Absent {
            source: Source::computed(ENGINE),
        };
        if certificate.self_signed {
            return absent;
        }
        let key = &certificate.authority_key_id;
        // Without key identifiers the name alone decides.
        let signed = |authority: &&&Certificate| {
            let own = &authority.subject_key_id;
            key.is_empty() || own.is_empty() || key == own
        };
        let named = self.0.get(certificate.issuer.as_str());
        let ends = named.into_iter().flatten().filter(signed);
        match (ends.map(|authority| authority.not_after).max(), open) {
            (Some(end), _) => computed(end, ENGINE),
            (None, Some(gap)) => Cell::Gap(gap.clone()),
            (None, None) => absent,
        }
    }
}

pub(super) fn certificate_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "An X.509 certificate that the cluster uses, with its remaining lifetime.";
        let parts = [Certificate::schema(), Standing::schema()];
        join("certificate", doc, &parts)
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn certificates(&self) -> Rows<'_> {
        let listing = &self.facts.certificates;
        let Certificates { within, standing } = &self.derived.certificates;
        let all = listing.rows.iter().chain(&within.rows).zip(standing);
        let rows = all.map(|(certificate, standing)| {
            let mut subject = Subject::new("certificate", name(certificate));
            subject.node =
                (!certificate.node.is_empty()).then(|| self.node_name(&certificate.node));
            let source = match &subject.node {
                Some(node) => Source::from(Place::File {
                    node: node.to_string(),
                    path: certificate.path.clone(),
                }),
                None => within_object(&certificate.path),
            };
            let schema = certificate_schema();
            let parts: Vec<&dyn crate::facts::Fields> = vec![certificate, standing];
            let joined = Joined::new(schema, parts, source.clone(), self.lacking);
            let joined = Slot::Joined(joined.into());
            let node = match &subject.node {
                Some(node) => self.node_slot(node),
                None => Slot::Gap(nowhere(&certificate.path)),
            };
            Row {
                subject: subject.into(),
                source,
                place: Settled::Nowhere,
                variables: vec![joined, node, self.cluster_slot()],
            }
        });
        let mut rows = Rows {
            rows: rows.collect(),
            unread: unread(listing, "certificate", "certificates").collect(),
            none: match self.facts.asked.manifests {
                Some(_) => Nothing::outside(),
                None => Nothing::There(
                    "no certificate was found on the nodes that were read".to_owned(),
                ),
            },
            ..Rows::default()
        };
        let (subject, kind) = ("certificate", "certificates within objects");
        rows.unread.extend(unread(within, subject, kind));
        rows.unread
            .extend(self.unread_nodes("certificate", "certificates"));
        rows
    }
}

/// Every certificate in the order in which they end, the same one on several nodes as one line.
pub fn certificate_lines(facts: &Facts, lacking: &Lacking) -> Vec<CertificateLine> {
    let all = Certificates::of(facts, lacking);
    let certificates = facts.certificates.rows.iter().chain(&all.within.rows);
    let mut lines: BTreeMap<_, CertificateLine> = BTreeMap::new();
    for (certificate, standing) in certificates.zip(&all.standing) {
        let (name, print) = (name(certificate), &certificate.fingerprint);
        let key = (certificate.not_after, name.clone(), print.clone());
        let line = lines.entry(key).or_insert_with(|| CertificateLine {
            name,
            nodes: Vec::new(),
            used_by: Vec::new(),
            in_use: false,
            is_ca: certificate.is_ca,
            subject: certificate.subject.clone(),
            issuer: certificate.issuer.clone(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            days_left: standing.days_left.value().copied(),
            fingerprint: print.clone(),
        });
        line.in_use |= certificate.in_use;
        merge(&mut line.used_by, &certificate.used_by);
        if !certificate.node.is_empty() {
            merge(&mut line.nodes, std::slice::from_ref(&certificate.node));
        }
    }
    lines.into_values().collect()
}

fn merge(known: &mut Vec<String>, more: &[String]) {
    known.extend_from_slice(more);
    known.sort_unstable();
    known.dedup();
}

/// What it is called: where it lies, and which one of that place it is unless it is the first.
fn name(certificate: &Certificate) -> String {
    match certificate.position {
        0 => certificate.path.clone(),
        position => format!("{} #{}", certificate.path, position + 1),
    }
}

/// The object that the place of a certificate names: kind, then name, then where in it.
fn within_object(place: &str) -> Source {
    let mut words = place.split([' ', ',']);
    let mut word = || words.next().unwrap_or_default().to_owned();
    Source::from(Place::Object {
        kind: word().into(),
        namespace: String::new(),
        name: word(),
    })
}

fn nowhere(place: &str) -> Gap {
    let what = "node of a certificate that lies in the API";
    Gap::new(what, place, GapReason::NotAsked, "")
}
