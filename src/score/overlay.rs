//! What somebody accepted: waivers and exemptions, laid over verdicts that stay what they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalog;
use crate::outcome::{Exemption, Fingerprint, Judged, Laid, Outcome, Status, Subject, Waiver};

/// The name of a control across profiles: `cis-2.0.1/1.2.16`.
pub fn control_name(profile: &str, control: &str) -> String {
    format!("{profile}/{control}")
}

/// What is laid over the verdicts of a run, by their fingerprints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// Waivers in force.
    pub waivers: BTreeMap<Fingerprint, Arc<Waiver>>,
    /// Waivers that have ended, where none in force takes their place.
    pub expired: BTreeMap<Fingerprint, Arc<Waiver>>,
    /// Every entry of the waiver file, with what became of it.
    pub entries: Vec<WaiverEntry>,
    /// What profiles exempt.
    pub exemptions: BTreeMap<Fingerprint, Vec<Exemption>>,
}

/// An entry of a waiver file in a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaiverEntry {
    /// Where it stands: `waivers.yaml:3`.
    pub place: String,
    /// The check whose findings it accepts.
    pub check: String,
    /// The fields of the subjects it selects, as written.
    pub subject: BTreeMap<String, String>,
    /// What it says.
    #[serde(flatten)]
    pub waiver: Waiver,
    /// What became of it.
    pub state: WaiverState,
    /// How many findings it covers, or would if it had not ended.
    pub findings: u64,
}

/// What became of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WaiverState {
    /// It covers findings.
    InForce,
    /// It ended before the facts were observed, so the findings fail again.
    Expired,
    /// There is no finding for it.
    Unmatched,
    /// Its check was not run.
    NotJudged,
}

impl Overlay {
    /// Lays the waivers of a file over a judgement of facts that were observed on the day `today`, in UTC. A waiver holds
    /// through its last day. Of several that cover one finding the first counts, and one for all controls before one that
    /// is limited to some.
    pub fn of(waivers: &[catalog::Waiver], judgement: &[Judged<'_>], today: Date) -> Self {
        let mut by_check: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, waiver) in waivers.iter().enumerate() {
            by_check.entry(&waiver.check.value).or_default().push(at);
        }
        let mut overlay = Self::default();
        let mut findings = vec![0; waivers.len()];
        let said: Vec<Arc<Waiver>> = waivers.iter().map(|waiver| said(waiver).into()).collect();
        let of_check = judgement.iter().flat_map(|judged| {
            let of_check = by_check.get(judged.evaluation.check.as_str());
            judged
                .outcomes
                .iter()
                .map(move |outcome| (outcome, of_check))
        });
        for (outcome, of_check) in of_check.filter(|(one, _)| one.status == Status::Fail) {
            let selecting = of_check.into_iter().flatten().copied().filter(|at| {
                let subject = &waivers[*at].subject;
                subject.selects(|field| field_of(&outcome.subject, field))
            });
            // In force before expired, for all controls before some; `min_by_key` takes the first of equals.
            let rank = |at: &usize| {
                (
                    waivers[*at].expires < today,
                    !waivers[*at].controls.is_empty(),
                )
            };
            let Some(at) = selecting.min_by_key(rank) else {
                continue;
            };
            findings[at] += 1;
            let covered = match waivers[at].expires < today {
                true => &mut overlay.expired,
                false => &mut overlay.waivers,
            };
            covered.insert(outcome.fingerprint, said[at].clone());
        }
        let run = |check: &str| judgement.iter().any(|one| one.evaluation.check == check);
        let entries = waivers.iter().zip(findings);
        overlay.entries = entries
            .map(|(waiver, findings)| WaiverEntry {
                place: format!("{}:{}", waiver.place.file, waiver.place.line),
                check: waiver.check.value.clone(),
                subject: (waiver.subject.fields())
                    .map(|(field, pattern)| (field.to_owned(), pattern.as_str().to_owned()))
                    .collect(),
                waiver: self::said(waiver),
                state: match findings {
                    0 if !run(&waiver.check.value) => WaiverState::NotJudged,
                    0 => WaiverState::Unmatched,
                    _ if waiver.expires < today => WaiverState::Expired,
                    _ => WaiverState::InForce,
                },
                findings,
            })
            .collect();
        overlay
    }

    /// The waiver that covered an outcome and has ended.
    pub fn expired(&self, outcome: &Outcome) -> Option<&Arc<Waiver>> {
        match outcome.status {
            Status::Fail => self.expired.get(&outcome.fingerprint),
            _ => None,
        }
    }

    /// The waiver that covers an outcome. Only what failed can be accepted.
    pub fn waiver(&self, outcome: &Outcome) -> Option<&Arc<Waiver>> {
        match outcome.status {
            Status::Fail => self.waivers.get(&outcome.fingerprint),
            _ => None,
        }
    }

    /// The exemptions of an outcome. What passed needs none.
    pub fn exemptions(&self, outcome: &Outcome) -> &[Exemption] {
        match outcome.status {
            Status::Fail | Status::Unknown => self
                .exemptions
                .get(&outcome.fingerprint)
                .map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    /// All that is laid over an outcome; nothing for most.
    pub fn laid(&self, outcome: &Outcome<'_>) -> Option<Box<Laid>> {
        let laid = Laid {
            waiver: self.waiver(outcome).cloned(),
            expired_waiver: self.expired(outcome).cloned(),
            exemptions: self.exemptions(outcome).to_vec(),
        };
        (laid != Laid::default()).then(|| Box::new(laid))
    }

    /// The status that counts for a control, named as in [`control_name`]. What is exempt is not asked at all, so it
    /// counts as not applicable, whatever a waiver says.
    pub fn status(&self, outcome: &Outcome, control: &str) -> Status {
        if is_exempt(self.exemptions(outcome), control) {
            return Status::NotApplicable;
        }
        match self.waiver(outcome) {
            Some(waiver) if waiver.holds_for(control) => Status::Waived,
            _ => outcome.status,
        }
    }
}

/// Whether a control, named as in [`control_name`], is among those exempted.
pub fn is_exempt(exemptions: &[Exemption], control: &str) -> bool {
    exemptions.iter().any(|exemption| {
        let mut controls = exemption.controls.iter();
        controls.any(|id| control_name(&exemption.profile, id) == control)
    })
}

fn said(waiver: &catalog::Waiver) -> Waiver {
    Waiver {
        owner: waiver.owner.clone(),
        reason: waiver.reason.clone(),
        expires: Some(waiver.expires.to_string()),
        controls: waiver.controls.clone(),
    }
}

/// A field of a subject by the name that selectors give it.
fn field_of<'s>(subject: &'s Subject, field: &str) -> Option<&'s str> {
    match field {
        "kind" => Some(&subject.kind),
        "namespace" => subject.namespace.as_deref(),
        "node" => subject.node.as_deref(),
        "name" => Some(&subject.name),
        _ => None,
    }
}
