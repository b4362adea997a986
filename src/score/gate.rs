//! The gate: what a run must reach so that a pipeline goes on. Judged once, whatever the format.

use super::{Scorecard, Tally};
use crate::catalog::Severity;
use crate::outcome::Status;

/// What was asked for; nothing asked is no gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Findings of this severity or above fail it.
    pub fail_on: Option<Severity>,
    /// The least score of every profile, in percent.
    pub min_score: Option<u8>,
    /// The least coverage of every profile, in percent.
    pub min_coverage: Option<u8>,
}

/// What a run asked for and did not get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Documents of manifests that were not understood.
    pub documents: u64,
    /// Everything else: what was refused, did not answer, or made no sense.
    pub gaps: u64,
}

/// The answer, with its reasons as sentences without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything asked for is met.
    Passed,
    /// Something asked for is proven not to be met.
    Failed(Vec<String>),
    /// Too little could be judged to say so.
    Incomplete(Vec<String>),
}

impl Verdict {
    /// The same, failed as well by this many new findings of a severity or above, and not passed while so many of the old
    /// ones are no longer known; `None` where nobody asked.
    pub fn and_changes(self, changes: Option<(Severity, usize, usize)>) -> Self {
        let Some((limit, new, lost)) = changes else {
            return self;
        };
        let said = |n: usize, what: &str| {
            let limit = limit.name();
            (n > 0).then(|| format!("findings {what} at severity {limit} or above: {n}"))
        };
        let verdict = match said(lost, "of the baseline that are no longer known") {
            Some(reason) => self.incomplete(reason),
            None => self,
        };
        match said(new, "since the baseline") {
            Some(reason) => verdict.failed(reason),
            None => verdict,
        }
    }

    fn failed(self, reason: String) -> Self {
        match self {
            Self::Failed(mut reasons) => {
                reasons.push(reason);
                Self::Failed(reasons)
            }
            _ => Self::Failed(vec![reason]),
        }
    }

    fn incomplete(self, reason: String) -> Self {
        match self {
            Self::Failed(reasons) => Self::Failed(reasons),
            Self::Incomplete(mut reasons) => {
                reasons.push(reason);
                Self::Incomplete(reasons)
            }
            Self::Passed => Self::Incomplete(vec![reason]),
        }
    }

    /// The same where something was asked for and not read, which may hold what fails: that is no pass.
    pub fn and_unread(self, unread: Unread) -> Self {
        let reason = match unread {
            Unread { documents: 1, .. } => "1 document was not understood".to_owned(),
            Unread {
                documents: n @ 2.., ..
            } => format!("{n} documents were not understood"),
            Unread { gaps: 0, .. } => return self,
            Unread { gaps: 1, .. } => {
                "1 thing was asked for and not read; --min-coverage says how much may be unknown"
                    .to_owned()
            }
            Unread { gaps: n, .. } => format!(
                "{n} things were asked for and not read; --min-coverage says how much may be unknown"
            ),
        };
        self.incomplete(reason)
    }

    /// The exit status that stands for it.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed(_) => 1,
            Self::Incomplete(_) => 3,
        }
    }
}

impl Gate {
    /// Judges all profiles of a run. What is proven to fail weighs more than what is not known.
    pub fn verdict(&self, cards: &[Scorecard]) -> Verdict {
        let (mut failed, mut incomplete) = (Vec::new(), Vec::new());
        if nothing_judged(cards) {
            incomplete.push("nothing could be judged".to_owned());
        }
        for card in cards {
            self.findings(card, &mut failed);
            self.score(card, &mut failed, &mut incomplete);
            self.coverage(card, &mut incomplete);
        }
        if !failed.is_empty() {
            Verdict::Failed(failed)
        } else if !incomplete.is_empty() {
            Verdict::Incomplete(incomplete)
        } else {
            Verdict::Passed
        }
    }

    fn findings(&self, card: &Scorecard, failed: &mut Vec<String>) {
        let Some(limit) = self.fail_on else { return };
        let over = card
            .controls()
            .filter(|control| control.failing >= Some(limit));
        let (id, limit) = (&card.id, limit.name());
        match over.count() {
            0 => {}
            1 => failed.push(format!(
                "1 control of {id} fails at severity {limit} or above"
            )),
            n => failed.push(format!(
                "{n} controls of {id} fail at severity {limit} or above"
            )),
        }
    }

    fn score(&self, card: &Scorecard, failed: &mut Vec<String>, incomplete: &mut Vec<String>) {
        let Some(least @ 1..) = self.min_score else {
            return;
        };
        let id = &card.id;
        let bounds = card.bounds.map(|(a, b)| (a.percent(), b.percent()));
        match (card.score.map(super::Fraction::percent), bounds) {
            (None, _) | (_, None) => {
                incomplete.push(format!("{id} has no score; {least} was asked for"));
            }
            (Some(score), Some((_, most))) if most < least => {
                failed.push(format!("{id} scores {score}; {least} was asked for"));
            }
            (Some(_), Some((worst, most))) if worst < least => incomplete.push(format!(
                "{id} scores between {worst} and {most}, whatever is not known; {least} was asked for"
            )),
            _ => {}
        }
    }

    fn coverage(&self, card: &Scorecard, incomplete: &mut Vec<String>) {
        let Some(least @ 1..) = self.min_coverage else {
            return;
        };
        let id = &card.id;
        match card.coverage.map(super::Fraction::percent) {
            None => incomplete.push(format!(
                "{id} has nothing judged; coverage {least} % was asked for"
            )),
            Some(coverage) if coverage < least => incomplete.push(format!(
                "{id} is covered {coverage} %; {least} % was asked for"
            )),
            Some(_) => {}
        }
    }
}

/// Whether no check decided anything though something was to be decided. What is manual with evidence, or asked for and
/// known not to be there, has been audited.
fn nothing_judged(cards: &[Scorecard]) -> bool {
    let controls = || cards.iter().flat_map(Scorecard::controls);
    let tally: Tally = controls().map(|control| control.status).collect();
    let answered = |status| matches!(status, Status::Manual | Status::NotApplicable);
    let audited = controls()
        .any(|control| answered(control.status) && control.asked && control.tally.total() > 0);
    tally.judged() == 0 && (tally.unknown > 0 || !audited)
}
