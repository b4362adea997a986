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
    /// The same, failed as well by this many new findings of a severity or above; `None` where nobody asked.
    pub fn and_new(self, new: Option<(Severity, usize)>) -> Self {
        let reason = match new {
            None | Some((_, 0)) => return self,
            Some((limit, 1)) => format!("1 new finding at severity {} or above", limit.name()),
            Some((limit, n)) => format!("{n} new findings at severity {} or above", limit.name()),
        };
        match self {
            Self::Failed(mut reasons) => {
                reasons.push(reason);
                Self::Failed(reasons)
            }
            _ => Self::Failed(vec![reason]),
        }
    }

    /// The same where this many documents were not understood, which may hold what fails: that is no pass.
    pub fn and_unread(self, documents: u64) -> Self {
        let reason = match documents {
            0 => return self,
            1 => "1 document was not understood".to_owned(),
            n => format!("{n} documents were not understood"),
        };
        match self {
            Self::Failed(reasons) => Self::Failed(reasons),
            Self::Incomplete(mut reasons) => {
                reasons.push(reason);
                Self::Incomplete(reasons)
            }
            Self::Passed => Self::Incomplete(vec![reason]),
        }
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
        let Some(least) = self.min_score else { return };
        let id = &card.id;
        match card.score.map(super::Fraction::percent) {
            None => incomplete.push(format!("{id} has no score; {least} was asked for")),
            Some(score) if score < least => {
                failed.push(format!("{id} scores {score}; {least} was asked for"));
            }
            Some(_) => {}
        }
    }

    fn coverage(&self, card: &Scorecard, incomplete: &mut Vec<String>) {
        let Some(least) = self.min_coverage else {
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
