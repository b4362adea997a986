//! What somebody accepted: waivers and exemptions, laid over verdicts that stay what they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::outcome::{Outcome, Status};

/// Why a finding is accepted, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiver {
    /// Who answers for it.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// The day it ends, RFC 3339; nothing when it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The controls it is limited to, as `profile/control`; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Whether a profile exempts the subject: then what could not be judged does not count either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exempt: bool,
}

impl Waiver {
    /// Whether it holds for a control, named as in [`control_name`].
    pub fn holds_for(&self, control: &str) -> bool {
        self.controls.is_empty() || self.controls.iter().any(|name| name == control)
    }
}

/// The name of a control across profiles: `cis-2.0.1/1.2.16`.
pub fn control_name(profile: &str, control: &str) -> String {
    format!("{profile}/{control}")
}

/// The waivers in force (expired ones are left out by whoever reads them), by the fingerprint of what they accept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// By fingerprint.
    pub waivers: BTreeMap<String, Waiver>,
}

impl Overlay {
    /// Adds a waiver. Where one holds already, both do: for the controls of either.
    pub fn add(&mut self, fingerprint: String, waiver: Waiver) {
        let Some(known) = self.waivers.get_mut(&fingerprint) else {
            self.waivers.insert(fingerprint, waiver);
            return;
        };
        for (said, more) in [
            (&mut known.owner, waiver.owner),
            (&mut known.reason, waiver.reason),
        ] {
            if *said != more {
                *said = format!("{said}; {more}");
            }
        }
        if known.controls.is_empty() || waiver.controls.is_empty() {
            known.controls.clear();
        } else {
            known.controls.extend(waiver.controls);
        }
        known.expires = known.expires.take().or(waiver.expires);
        known.exempt |= waiver.exempt;
    }

    /// The waiver that covers an outcome. What failed can be accepted; what is not known only where it is not asked.
    pub fn waiver(&self, outcome: &Outcome) -> Option<&Waiver> {
        let waiver = self.waivers.get(&outcome.fingerprint)?;
        match outcome.status {
            Status::Fail => Some(waiver),
            Status::Unknown if waiver.exempt => Some(waiver),
            _ => None,
        }
    }

    /// The status that counts for a control.
    pub fn status(&self, outcome: &Outcome, control: &str) -> Status {
        match self.waiver(outcome) {
            Some(waiver) if waiver.holds_for(control) => Status::Waived,
            _ => outcome.status,
        }
    }
}
