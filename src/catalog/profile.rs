//! A profile: which checks answer which control of a benchmark. It selects and weighs; it holds no logic.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Check, Exemption, Param, Spot, Suits};

/// A profile file, validated.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The id: `cks`, `cis-2.0.1`.
    pub id: Spot<String>,
    /// The title as people know it.
    pub title: String,
    /// What it covers and where it comes from.
    pub description: String,
    /// The score from which the profile counts as passed, in percent.
    pub pass_mark: Option<u8>,
    /// What it is written for, where it is an edition of a benchmark.
    pub suits: Option<Suits>,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// What it does not ask of which workloads.
    pub exemptions: Vec<Exemption>,
}

/// A section of a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its number or short name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its share of the score, in percent, in profiles that weigh sections.
    pub weight: Option<u8>,
    /// The controls, in order.
    pub controls: Vec<Control>,
}

/// One control: what a benchmark asks, and the checks that answer it.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Its number: `1.2.1`.
    pub id: Spot<String>,
    /// What it asks, in our words.
    pub title: String,
    /// The benchmark's level: 1 or 2.
    pub level: Option<u8>,
    /// How the benchmark has it assessed.
    pub assessment: Option<Assessment>,
    /// The checks that answer it. Empty: nothing of ours does, and a person must judge.
    pub checks: Vec<Spot<String>>,
    /// Parameters that differ from the checks' own, by parameter name; every check of the control that knows it takes it.
    pub params: BTreeMap<String, Spot<Param>>,
    /// Why this control does not apply to what the profile is for.
    pub not_applicable: Option<String>,
    /// What the checks do not tell and is left to a person: where they find nothing, the control is for that person to judge.
    pub partial: Option<String>,
}

/// How a benchmark has a control assessed: the CIS Benchmark calls it the assessment status. What a check decides is
/// decided all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Assessment {
    /// By a program.
    Automated,
    /// By a person.
    Manual,
}

impl Assessment {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Automated, Self::Manual];

    /// The word in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Manual => "manual",
        }
    }
}

impl Control {
    /// The parameters in force for `check` in this control, as text: its own, overridden by the control's where it knows
    /// them. Together with the check's id this names an evaluation.
    pub fn params_for(&self, check: &Check) -> BTreeMap<String, String> {
        let in_force = check.params.iter().map(|(name, own)| {
            let param = self.params.get(name).unwrap_or(own);
            (name.clone(), param.value.to_string())
        });
        in_force.collect()
    }
}

/// The value as text, the same for equal values only.
impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => write!(f, "{values:?}"),
        }
    }
}
