//! Sections and profiles: score and coverage, side by side.

use std::collections::BTreeMap;

use super::control::{self, ControlScore, Index, Tally};
use super::{Fraction, Overlay, weight};
use crate::catalog::{Check, Profile, Section};
use crate::cores::on_all_cores;
use crate::outcome::{Judged, Status};

/// What a profile says about the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorecard {
    /// The profile's id.
    pub id: String,
    /// The profile's title.
    pub title: String,
    /// The score from which it counts as passed, in percent.
    pub pass_mark: Option<u8>,
    /// Its sections, in order.
    pub sections: Vec<SectionScore>,
    /// The score; nothing when nothing that counts was judged.
    pub score: Option<Fraction>,
    /// What the score would be if everything that is not known failed, and if it passed: no reading of more leads outside.
    pub bounds: Option<(Fraction, Fraction)>,
    /// The judged share of the controls that could be judged; nothing when there are none.
    pub coverage: Option<Fraction>,
    /// How much of the sections' weight was judged, in profiles that weigh them.
    pub weight: Option<Weight>,
}

/// Weights of sections, in the profile's own unit (percent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Of the sections that have a score.
    pub judged: u64,
    /// Of all.
    pub total: u64,
}

/// What a section says.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionScore {
    /// Its number or short name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its share of the profile's score, in percent.
    pub weight: Option<u8>,
    /// Its controls, in order.
    pub controls: Vec<ControlScore>,
    /// The score; nothing when nothing that counts was judged.
    pub score: Option<Fraction>,
    /// The judged share of the controls that could be judged; nothing when there are none.
    pub coverage: Option<Fraction>,
}

impl Scorecard {
    /// Its controls, in order.
    pub fn controls(&self) -> impl Iterator<Item = &ControlScore> {
        self.sections.iter().flat_map(|section| &section.controls)
    }

    /// Whether the pass mark is reached; nothing without a mark, while something that counts is not judged, or where what is
    /// not known decides.
    pub fn passed(&self) -> Option<bool> {
        let all_judged = match self.weight {
            Some(weight) => weight.judged == weight.total,
            None => Tally::from_iter(self.controls().map(|control| control.status)).unknown == 0,
        };
        let (mark, (least, most)) = (self.pass_mark?, self.bounds?);
        let (least, most) = (least.percent() >= mark, most.percent() >= mark);
        (all_judged && least == most).then_some(most)
    }
}

/// Scores a profile.
///
/// * The score of a set of controls = Σ weight(passed) / Σ weight(passed + failed), a control weighing by its severity:
///   critical 10, high 6, medium 3, low 1, info 0. Waived, manual, unknown and not applicable controls count nowhere.
/// * A profile's score is that of all its controls. Where sections have weights it is Σ section weight × section score
///   / Σ section weight, over the sections that have a score.
/// * Coverage = judged / (judged + unknown), in controls; judged are passed, failed and waived.
/// * Where nothing was judged there is no score and no coverage, never 100. Percentages are rounded down, once.
pub fn score(
    profile: &Profile,
    checks: &BTreeMap<String, Check>,
    judgement: &[Judged<'_>],
    overlay: &Overlay,
) -> Scorecard {
    let index = Index::new(judgement);
    let all = profile.sections.iter();
    let all: Vec<_> = all.flat_map(|section| &section.controls).collect();
    let fold = |at: usize| control::control(&profile.id.value, all[at], checks, &index, overlay);
    let mut scores = on_all_cores(all.len(), fold).into_iter();
    let sections = profile.sections.iter().map(|section| {
        let own = scores.by_ref().take(section.controls.len());
        SectionScore::new(section, own.collect())
    });
    let sections: Vec<SectionScore> = sections.collect();
    let controls = || sections.iter().flat_map(|section| &section.controls);
    let weight = weight_of(&sections);
    let score_as = |unknown: Unknown| match weight {
        Some(_) => Fraction::mean(sections.iter().filter_map(|section| {
            let score = score_of(&section.controls, unknown)?;
            Some((section.weight?.into(), score))
        })),
        None => score_of(controls(), unknown),
    };
    Scorecard {
        id: profile.id.value.clone(),
        title: profile.title.clone(),
        pass_mark: profile.pass_mark,
        score: score_as(Unknown::LeftOut),
        bounds: score_as(Unknown::Failed).zip(score_as(Unknown::Passed)),
        coverage: coverage_of(controls()),
        weight,
        sections,
    }
}

impl SectionScore {
    fn new(section: &Section, controls: Vec<ControlScore>) -> Self {
        Self {
            id: section.id.clone(),
            title: section.title.clone(),
            weight: section.weight,
            score: score_of(&controls, Unknown::LeftOut),
            coverage: coverage_of(&controls),
            controls,
        }
    }
}

/// What becomes of controls that are not known.
#[derive(Clone, Copy)]
enum Unknown {
    LeftOut,
    Failed,
    Passed,
}

fn score_of<'a>(
    controls: impl IntoIterator<Item = &'a ControlScore>,
    unknown: Unknown,
) -> Option<Fraction> {
    let (mut passed, mut counted) = (0, 0);
    for control in controls {
        let weight = control.severity.map_or(0, weight);
        match (control.status, unknown) {
            (Status::Pass, _) | (Status::Unknown, Unknown::Passed) => {
                (passed, counted) = (passed + weight, counted + weight);
            }
            (Status::Fail, _) | (Status::Unknown, Unknown::Failed) => counted += weight,
            _ => {}
        }
    }
    Fraction::of(passed, counted)
}

fn coverage_of<'a>(controls: impl IntoIterator<Item = &'a ControlScore>) -> Option<Fraction> {
    let tally: Tally = controls.into_iter().map(|control| control.status).collect();
    Fraction::of(tally.judged(), tally.judged() + tally.unknown)
}

fn weighted(section: &SectionScore) -> Option<(u64, Fraction)> {
    Some((section.weight?.into(), section.score?))
}

fn weight_of(sections: &[SectionScore]) -> Option<Weight> {
    let weights = sections.iter().filter_map(|section| section.weight);
    let total = weights.map(u64::from).sum();
    let judged = sections.iter().filter_map(weighted);
    (total > 0).then(|| Weight {
        judged: judged.map(|(weight, _)| weight).sum(),
        total,
    })
}
