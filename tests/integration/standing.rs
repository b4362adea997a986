//! What a run comes to: scores, coverage, gates and what is fixed, to be compared with a run that could read less.

use std::collections::BTreeMap;

use seaworthy::catalog::{Catalog, Profile};
use seaworthy::facts::Facts;
use seaworthy::outcome::Judgement;
use seaworthy::report::document::{Cluster, Source, SourceKind};
use seaworthy::report::{Comparison, Input, Report};
use seaworthy::score::{Fraction, Gate, Overlay, Scorecard, score};

/// The sums of a run, and its report as it is saved.
pub(crate) struct Standing {
    cards: Vec<Scorecard>,
    report: Report<'static>,
}

impl Standing {
    pub(crate) fn new(
        catalog: &Catalog,
        profiles: &[&Profile],
        facts: &Facts,
        judgement: Judgement<'_>,
    ) -> Self {
        let overlay = Overlay::default();
        let card = |profile: &&Profile| score(profile, &catalog.checks, &judgement, &overlay);
        let cards: Vec<Scorecard> = profiles.iter().map(card).collect();
        let manifests = facts.asked.manifests.is_some();
        let report = Report::assemble(Input {
            version: "0",
            observed_at: facts.observed_at,
            source: Source {
                kind: if manifests {
                    SourceKind::Manifests
                } else {
                    SourceKind::Cluster
                },
                read: Vec::new(),
                found: Vec::new(),
            },
            cluster: Cluster {
                name: String::new(),
                version: None,
                distribution: None,
                nodes: Vec::new(),
            },
            scorecards: &cards,
            chosen: &BTreeMap::new(),
            judgement,
            checks: &catalog.checks,
            overlay: &overlay,
            gaps: &facts.gaps(),
            all: false,
        });
        let saved = serde_json::to_vec(&report).unwrap();
        Self {
            cards,
            report: Report::read(&saved).unwrap(),
        }
    }

    /// What is better in `after`, which could read less. Nothing may be.
    pub(crate) fn better(&self, after: &Self) -> Vec<String> {
        let mut better = Vec::new();
        for (was, now) in self.cards.iter().zip(&after.cards) {
            let id = &was.id;
            let percent = |part: Option<Fraction>| part.map(Fraction::percent);
            let (covered, covers) = (percent(was.coverage), percent(now.coverage));
            if covered.is_some() && covers > covered
                || covered.is_none() && covers.is_some_and(|now| now > 0)
            {
                better.push(format!("{id} was covered {covered:?} and is {covers:?}"));
            }
            if let (Some((least, most)), Some((worst, best))) = (was.bounds, now.bounds)
                && (worst > least || best < most)
            {
                better.push(format!(
                    "{id} scored {least:?} to {most:?} and does {worst:?} to {best:?}"
                ));
            }
            if now.passed() == Some(true) && was.passed() != Some(true) {
                better.push(format!("{id} reaches its mark"));
            }
        }
        for gate in gates() {
            let exit = |one: &Self| gate.verdict(&one.cards).exit_status();
            if exit(self) != 0 && exit(after) == 0 {
                better.push(format!("{gate:?} is passed"));
            }
        }
        let fixed = Comparison::of(&self.report, &after.report).fixed;
        let fixed = fixed.iter();
        better.extend(fixed.map(|one| format!("{} is fixed: {}", one.evaluation, one.message)));
        better
    }
}

/// Those on shares: what holds up a gate on findings is told by the run, and tested with it.
fn gates() -> impl Iterator<Item = Gate> {
    let at = |percent: u8| {
        let score = Gate {
            min_score: Some(percent),
            ..Gate::default()
        };
        let coverage = Gate {
            min_coverage: Some(percent),
            ..Gate::default()
        };
        [score, coverage]
    };
    (0..=10).flat_map(move |ten| at(ten * 10))
}
