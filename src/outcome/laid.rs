//! What somebody accepted, as it is laid over a verdict that stays what it is.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

/// Why a finding is accepted, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiver {
    /// Who answers for it.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day it holds, RFC 3339, in UTC; nothing when it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The controls it is limited to, as `profile/control`; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

impl Waiver {
    /// Whether it holds for a control, named as `cis-2.0.1/1.2.16`.
    pub fn holds_for(&self, control: &str) -> bool {
        self.controls.is_empty() || self.controls.iter().any(|name| name == control)
    }
}

/// Why a verdict does not count for some controls: the profile does not ask this of the subject, which could not do its
/// work otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exemption {
    /// The id of the profile.
    pub profile: String,
    /// The controls of the profile that the check answers.
    pub controls: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What is laid over a verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Laid {
    /// Who accepted it, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Arc<Waiver>>,
    /// The waiver that covered it and has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_waiver: Option<Arc<Waiver>>,
    /// The controls that it does not count for, because their profile does not ask it of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<Exemption>,
}

/// Reads what is laid over a verdict; nothing where nothing is.
pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<Laid>>, D::Error> {
    let laid = Laid::deserialize(deserializer)?;
    Ok((laid != Laid::default()).then(|| Box::new(laid)))
}
