//! One control: its outcomes folded into one status.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Overlay, control_name};
use crate::catalog::{Assessment, Check, Control, Severity};
use crate::outcome::{Judged, Many, Outcome, Reason, Status, Who};

/// Numbers per status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// The assertion held.
    pub pass: u64,
    /// It did not.
    pub fail: u64,
    /// It did not, and that is accepted.
    pub waived: u64,
    /// A person must judge.
    pub manual: u64,
    /// Not there, and known not to be.
    pub not_applicable: u64,
    /// Could not be judged.
    pub unknown: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        *match status {
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Waived => &mut self.waived,
            Status::Manual => &mut self.manual,
            Status::NotApplicable => &mut self.not_applicable,
            Status::Unknown => &mut self.unknown,
        } += 1;
    }

    /// The number for one status.
    pub fn of(&self, status: Status) -> u64 {
        match status {
            Status::Pass => self.pass,
            Status::Fail => self.fail,
            Status::Waived => self.waived,
            Status::Manual => self.manual,
            Status::NotApplicable => self.not_applicable,
            Status::Unknown => self.unknown,
        }
    }

    /// Those about which a check decided.
    pub fn judged(&self) -> u64 {
        self.pass + self.fail + self.waived
    }

    /// All.
    pub fn total(&self) -> u64 {
        self.judged() + self.manual + self.not_applicable + self.unknown
    }
}

impl FromIterator<Status> for Tally {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        let mut tally = Self::default();
        statuses.into_iter().for_each(|status| tally.add(status));
        tally
    }
}

/// What a control says.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlScore {
    /// Its number.
    pub id: String,
    /// What it asks.
    pub title: String,
    /// The benchmark's level.
    pub level: Option<u8>,
    /// How the benchmark has it assessed.
    pub assessment: Option<Assessment>,
    /// Its outcomes, folded.
    pub status: Status,
    /// The highest severity of its checks; nothing when it has none.
    pub severity: Option<Severity>,
    /// The highest severity of its checks that fail, waived outcomes left out.
    pub failing: Option<Severity>,
    /// Why the status is what it is, where no outcome says so.
    pub reason: Option<Reason>,
    /// The evaluations that answer it, by id.
    pub evaluations: Vec<String>,
    /// Whether the run asked for anything that its checks judge. What nobody asked for does not apply without a proof of it.
    pub asked: bool,
    /// Its subjects, each with its own outcomes folded.
    pub tally: Tally,
}

/// The status that decides: the first of [`Status::BY_PRECEDENCE`] that is present; nothing for nothing.
pub(super) fn fold(statuses: impl IntoIterator<Item = Status>) -> Option<Status> {
    statuses.into_iter().min_by_key(|status| {
        Status::BY_PRECEDENCE
            .iter()
            .position(|known| known == status)
    })
}

/// A judgement, by check.
pub(super) struct Index<'a>(BTreeMap<&'a str, Vec<&'a Judged<'a>>>);

impl<'a> Index<'a> {
    pub(super) fn new(judgement: &'a [Judged<'a>]) -> Self {
        let mut by_check: BTreeMap<&str, Vec<&Judged<'_>>> = BTreeMap::new();
        for judged in judgement {
            let of_check = by_check.entry(&judged.evaluation.check).or_default();
            of_check.push(judged);
        }
        Self(by_check)
    }

    fn judged(&self, control: &Control, check: &Check) -> Option<&'a Judged<'a>> {
        let params = control.params_for(check);
        let of_check = self.0.get(check.id.value.as_str())?;
        of_check
            .iter()
            .find(|judged| judged.evaluation.params == params)
            .copied()
    }
}

/// What is gathered about a control, check by check.
struct Folding<'a> {
    name: String,
    overlay: &'a Overlay,
    /// Who was judged, in the order of their identities.
    subjects: Vec<(Who<'a>, Status)>,
    unanswered: Option<&'a str>,
    /// Why some of it was not asked, if anything was not.
    not_asked: Option<&'a Reason>,
    partial: Option<&'a str>,
    score: ControlScore,
}

impl<'a> Folding<'a> {
    fn outcome(&mut self, outcome: &'a Outcome<'_>, severity: Severity) {
        let status = self.overlay.status(outcome, &self.name);
        if status == Status::Fail {
            self.score.failing = self.score.failing.max(Some(severity));
        }
        self.subjects.push((Who::from(&*outcome.subject), status));
    }

    /// One status a subject, after each check: a control can have a hundred of them, on thousands of nodes.
    fn fold(&mut self) {
        // Two sorted runs, which a stable sort merges.
        self.subjects.sort_by_key(|(who, _)| *who);
        self.subjects.dedup_by(|(later, status), (kept, known)| {
            let same = later == kept;
            if same {
                *known = fold([*known, *status]).unwrap_or(Status::Unknown);
            }
            same
        });
    }

    fn finish(mut self) -> ControlScore {
        let statuses = self.subjects.iter();
        self.score.tally = statuses.map(|(_, status)| *status).collect();
        let left_out = self.not_asked.filter(|_| self.score.asked);
        let missing = self.unanswered.is_some() || left_out.is_some();
        let missing = missing.then_some(Status::Unknown);
        // Nothing at all is said by a control without checks only: a person must judge it.
        let tally = &self.score.tally;
        let present = Status::BY_PRECEDENCE.into_iter();
        let present = present.filter(|status| tally.of(*status) > 0);
        self.score.status = fold(present.chain(missing)).unwrap_or(Status::Manual);
        self.score.reason = match (self.score.status, self.unanswered, self.partial) {
            (Status::Unknown, Some(check), _) => Some(Reason {
                text: format!("check {check} gave no verdict"),
                remedy: "report this: it is a mistake in seaworthy".into(),
            }),
            // Other unknowns are told by their outcomes.
            (Status::Unknown, None, _) if tally.unknown == 0 => left_out.cloned(),
            (Status::Pass | Status::Manual, _, Some(left)) => {
                self.score.status = Status::Manual;
                Some(Reason {
                    text: left.to_owned(),
                    remedy: "".into(),
                })
            }
            _ => None,
        };
        self.score
    }
}

/// Folds one control. A check that said nothing at all is unknown: silence never passes. Neither does a control on some of
/// its checks while others were not asked: it is not applicable only where none was.
pub(super) fn control<'a>(
    profile: &str,
    control: &'a Control,
    checks: &BTreeMap<String, Check>,
    index: &Index<'a>,
    overlay: &'a Overlay,
) -> ControlScore {
    let mut folding = Folding {
        name: control_name(profile, &control.id.value),
        overlay,
        subjects: Vec::new(),
        unanswered: None,
        not_asked: None,
        partial: control.partial.as_deref(),
        score: ControlScore {
            id: control.id.value.clone(),
            title: control.title.clone(),
            level: control.level,
            assessment: control.assessment,
            status: Status::NotApplicable,
            severity: None,
            failing: None,
            reason: None,
            evaluations: Vec::new(),
            asked: false,
            tally: Tally::default(),
        },
    };
    let selected = control.checks.iter().map(|id| checks.get(&id.value));
    folding.score.severity = selected.flatten().map(|check| check.severity).max();
    if let Some(text) = &control.not_applicable {
        folding.score.reason = Some(Reason {
            text: text.clone(),
            remedy: "".into(),
        });
        return folding.score;
    }
    for id in &control.checks {
        let check = checks.get(&id.value);
        let found = check.and_then(|check| Some((check.severity, index.judged(control, check)?)));
        let Some((severity, judged)) = found else {
            folding.unanswered = Some(&id.value);
            continue;
        };
        folding.score.evaluations.push(judged.evaluation.id.clone());
        if judged.outcomes.is_empty() {
            folding.unanswered = Some(&id.value);
        }
        let not_asked = judged.not_asked.as_ref();
        folding.score.asked |= not_asked.is_none_or(|not_asked| !not_asked.wholly);
        if folding.not_asked.is_none() {
            folding.not_asked = not_asked.map(|not_asked| &*not_asked.reason);
        }
        for outcome in &judged.outcomes {
            folding.outcome(outcome, severity);
        }
        for (status, lists) in &judged.quiet {
            let all = lists.iter().flat_map(Many::who);
            folding.subjects.extend(all.map(|who| (who, *status)));
        }
        folding.fold();
    }
    folding.finish()
}
