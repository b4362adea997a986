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
    /// The waiver that covers an outcome. Only what failed can be accepted.
    pub fn waiver(&self, outcome: &Outcome) -> Option<&Waiver> {
        match outcome.status {
            Status::Fail => self.waivers.get(&outcome.fingerprint),
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
