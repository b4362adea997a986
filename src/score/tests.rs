//! Folding, arithmetic and the gate, on catalogs small enough to check by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fixture::{
    check, checks_by_severity, control, fingerprint, judgement, nothing, outcome, profile, section,
    spot, unknown,
};
use super::*;
use crate::catalog::{self, Control, Param, Section, Severity, SubjectKind};
use crate::outcome::{Evaluation, Exemption, Judgement, NotAsked, Outcome, Reason, Status, Waiver};

use Status::{Fail, Manual, NotApplicable, Pass, Unknown, Waived};

mod asked;
mod gate;

fn scored(sections: Vec<Section>, outcomes: Vec<Outcome<'static>>) -> Scorecard {
    let checks = checks_by_severity();
    let judgement = judgement(&checks, outcomes);
    score(&profile(sections), &checks, &judgement, &Overlay::default())
}

fn single(control: Control, outcomes: Vec<Outcome<'static>>) -> ControlScore {
    let card = scored(vec![section("1", None, vec![control])], outcomes);
    card.controls().next().expect("one control").clone()
}

/// One control per (severity, status), each on a check of its own.
fn section_of(id: &str, weight: Option<u8>, controls: &[Severity]) -> Section {
    let one =
        |severity: &Severity| control(&format!("{id}.{}", severity.name()), &[severity.name()]);
    section(id, weight, controls.iter().map(one).collect())
}

fn percent(share: Option<Fraction>) -> Option<u8> {
    share.map(Fraction::percent)
}

#[test]
fn the_first_status_present_decides() {
    for (first, status) in Status::BY_PRECEDENCE.into_iter().enumerate() {
        let outcomes = Status::BY_PRECEDENCE[first..]
            .iter()
            .rev()
            .enumerate()
            .map(|(n, status)| outcome("high", *status, &format!("w{n}")));
        let folded = single(control("1", &["high"]), outcomes.collect());
        assert_eq!(folded.status, status);
        assert_eq!(folded.tally.total(), 6 - first as u64);
    }
}

#[test]
fn severity_is_the_highest_and_subjects_are_counted_once() {
    let outcomes = vec![
        outcome("low", Pass, "w1"),
        outcome("low", Pass, "w2"),
        outcome("low", Fail, "w3"),
        outcome("high", Fail, "w1"),
        outcome("high", Unknown, "w2"),
    ];
    let folded = single(control("1", &["low", "high"]), outcomes);
    assert_eq!(folded.severity, Some(Severity::High));
    assert_eq!(folded.status, Fail);
    let expected = [Fail, Unknown, Fail].into_iter().collect();
    assert_eq!(folded.tally, expected, "w1 fails, w2 is unknown, w3 fails");
    assert_eq!((folded.tally.fail, folded.tally.judged()), (2, 2));
}

#[test]
fn what_says_nothing_never_passes() {
    let passed = || vec![outcome("high", Pass, "w1")];
    let without = single(control("1", &[]), passed());
    assert_eq!((without.status, without.severity), (Manual, None));

    let silent = single(control("1", &["high", "low"]), passed());
    assert_eq!(silent.status, Unknown);
    let reason = silent.reason.expect("a reason");
    assert_eq!(reason.text, "check low gave no verdict");

    let no_such_check = single(control("1", &["high", "gone"]), passed());
    assert_eq!(no_such_check.status, Unknown);

    let mut other_params = control("1", &["high"]);
    other_params
        .params
        .insert("limit".into(), spot(Param::Int(99)));
    assert_eq!(single(other_params, passed()).status, Unknown);

    let mut excluded = control("1", &["high"]);
    excluded.not_applicable = Some("not this distribution".into());
    let excluded = single(excluded, vec![outcome("high", Fail, "w1")]);
    assert_eq!((excluded.status, excluded.failing), (NotApplicable, None));
    assert_eq!(
        excluded.reason.map(|reason| reason.text).as_deref(),
        Some("not this distribution")
    );
}

#[test]
fn a_control_takes_the_evaluation_of_its_own_parameters() {
    let checks = checks_by_severity();
    let mut strict = control("strict", &["high"]);
    strict.params.insert("limit".into(), spot(Param::Int(9)));
    strict
        .params
        .insert("unheard".into(), spot(Param::Bool(true)));
    let params = strict.params_for(&checks["high"]);
    assert_eq!(params, BTreeMap::from([("limit".into(), "9".into())]));
    let mut judged = judgement(&checks, vec![outcome("high", Pass, "w1")]);
    let mut further = nothing(Evaluation {
        id: "high~1".into(),
        check: "high".into(),
        params,
    });
    further.outcomes = vec![outcome("high~1", Fail, "w1")];
    judged.push(further);
    let both = section("1", None, vec![control("plain", &["high"]), strict]);
    let card = score(&profile(vec![both]), &checks, &judged, &Overlay::default());
    let said: Vec<_> = card
        .controls()
        .map(|control| (control.status, control.evaluations.concat()))
        .collect();
    assert_eq!(said, [(Pass, "high".into()), (Fail, "high~1".into())]);
}

#[test]
fn scores_weigh_by_severity_and_leave_the_undecided_out() {
    use Severity::{Critical, High, Info, Low, Medium};
    let all = [Critical, High, Medium, Low, Info];
    type Case<'a> = (&'a [(Severity, Status)], Option<u8>, Option<u8>);
    let cases: [Case<'_>; 9] = [
        (&[], None, None),
        (&[(Critical, Unknown)], None, Some(0)),
        (&[(Critical, Manual), (High, NotApplicable)], None, None),
        (&[(Info, Fail)], None, Some(100)),
        (&[(Info, Fail), (Low, Pass)], Some(100), Some(100)),
        (&[(Critical, Pass), (High, Fail)], Some(62), Some(100)),
        (&[(Critical, Pass), (High, Unknown)], Some(100), Some(50)),
        (
            &[(Critical, Fail), (Low, Pass), (Medium, Unknown)],
            Some(9),
            Some(66),
        ),
        (
            &[(High, Waived), (Medium, Pass), (Low, Unknown)],
            Some(100),
            Some(66),
        ),
    ];
    for (given, score, coverage) in cases {
        let outcomes = given
            .iter()
            .map(|(severity, status)| outcome(severity.name(), *status, "w1"));
        let used: Vec<Severity> = given.iter().map(|(severity, _)| *severity).collect();
        let card = scored(vec![section_of("1", None, &used)], outcomes.collect());
        assert_eq!(
            (percent(card.score), percent(card.coverage)),
            (score, coverage),
            "{given:?}"
        );
        let section = &card.sections[0];
        assert_eq!(
            (section.score, section.coverage),
            (card.score, card.coverage)
        );
    }
    let perfect = all.map(|severity| outcome(severity.name(), Pass, "w1"));
    let card = scored(vec![section_of("1", None, &all)], perfect.into());
    assert_eq!(percent(card.score), Some(100));
    assert_eq!(card.passed(), Some(true));
}

#[test]
fn weighted_sections_say_how_much_was_judged() {
    use Severity::{Critical, High, Low, Medium};
    let sections = || {
        vec![
            section_of("setup", Some(15), &[Critical, High]),
            section_of("supply", Some(20), &[Low]),
            section_of("runtime", Some(20), &[Medium]),
        ]
    };
    let mut outcomes = vec![
        outcome("critical", Pass, "w1"),
        outcome("high", Fail, "w1"),
        outcome("low", Pass, "w1"),
        outcome("medium", Unknown, "w1"),
    ];
    let card = scored(sections(), outcomes.clone());
    // (15 * 10/16 + 20 * 1) / 35 = 83.9
    assert_eq!(percent(card.score), Some(83));
    assert_eq!(percent(card.coverage), Some(75));
    assert_eq!(
        card.weight,
        Some(Weight {
            judged: 35,
            total: 55
        })
    );
    assert_eq!(card.sections[2].score, None);
    assert_eq!(card.passed(), None, "20 of 55 were not judged");

    outcomes[3].status = Fail;
    let card = scored(sections(), outcomes);
    // (15 * 10/16 + 20 * 1 + 20 * 0) / 55 = 53.4
    assert_eq!(
        (percent(card.score), card.passed()),
        (Some(53), Some(false))
    );
}

#[test]
fn what_is_exempt_is_not_asked_and_what_is_waived_only_fails() {
    let exemption = Exemption {
        profile: "cks".into(),
        controls: vec!["1".into()],
        reason: "it could not work otherwise".into(),
    };
    let waiver = Arc::new(Waiver {
        owner: "ops".into(),
        reason: "behind a firewall".into(),
        expires: None,
        controls: Vec::new(),
    });
    let overlay = Overlay {
        waivers: [(fingerprint(&["high", "waived"]), waiver.clone())].into(),
        exemptions: [(fingerprint(&["high", "exempt"]), vec![exemption.clone()])].into(),
        ..Overlay::default()
    };
    let both = Overlay {
        waivers: [(fingerprint(&["high", "exempt"]), waiver)].into(),
        ..overlay.clone()
    };
    for (overlay, status, node, here, elsewhere) in [
        (&overlay, Fail, "exempt", NotApplicable, Fail),
        (&overlay, Unknown, "exempt", NotApplicable, Unknown),
        (&overlay, Pass, "exempt", Pass, Pass),
        (&overlay, Fail, "waived", Waived, Waived),
        (&overlay, Unknown, "waived", Unknown, Unknown),
        (&overlay, Fail, "other", Fail, Fail),
        (&both, Fail, "exempt", NotApplicable, Waived),
    ] {
        let outcome = outcome("high", status, node);
        assert_eq!(overlay.status(&outcome, "cks/1"), here, "{node}");
        assert_eq!(overlay.status(&outcome, "cks/2"), elsewhere, "{node}");
        assert_eq!(overlay.status(&outcome, "cis/1"), elsewhere, "{node}");
    }
}

#[test]
fn waivers_overlay_and_the_raw_status_is_kept() {
    let checks = checks_by_severity();
    let judged = judgement(
        &checks,
        vec![outcome("high", Fail, "w1"), outcome("low", Pass, "w1")],
    );
    let controls = vec![control("1", &["high"]), control("2", &["high", "low"])];
    let profile = profile(vec![section("1", None, controls)]);
    let fold = |controls: &[&str]| {
        let waiver = Waiver {
            owner: "ops".into(),
            reason: "behind a firewall".into(),
            expires: None,
            controls: controls.iter().map(|name| (*name).to_owned()).collect(),
        };
        let overlay = Overlay {
            waivers: [(fingerprint(&["high", "w1"]), waiver.into())].into(),
            ..Overlay::default()
        };
        let card = score(&profile, &checks, &judged, &overlay);
        let said: Vec<_> = card
            .controls()
            .map(|control| (control.status, control.failing))
            .collect();
        said
    };
    let failing = (Fail, Some(Severity::High));
    assert_eq!(fold(&["other/1"]), [failing, failing]);
    assert_eq!(fold(&["cks/1"]), [(Waived, None), failing]);
    assert_eq!(fold(&[]), [(Waived, None), (Waived, None)]);
    let high = judged.iter().find(|one| one.evaluation.id == "high");
    assert_eq!(high.map(|one| one.outcomes[0].status), Some(Fail));
}

#[test]
fn an_empty_judgement_has_no_figures() {
    let checks = checks_by_severity();
    let profile = profile(vec![
        section_of("1", Some(50), &Severity::ALL),
        section("2", Some(50), vec![]),
    ]);
    let card = score(
        &profile,
        &checks,
        &Judgement::default(),
        &Overlay::default(),
    );
    assert_eq!((card.score, percent(card.coverage)), (None, Some(0)));
    assert_eq!(card.sections[1].coverage, None);
    assert_eq!(
        card.weight,
        Some(Weight {
            judged: 0,
            total: 100
        })
    );
    assert_eq!(card.passed(), None);
    assert!(card.controls().all(|control| control.status == Unknown));
    assert_eq!(Gate::default().verdict(&[card]).exit_status(), 3);
}

#[test]
fn unknown_outcomes_of_one_subject_do_not_hide_behind_its_passes() {
    let checks = [check("a", "A", Severity::High, SubjectKind::Kubelet)];
    let checks: BTreeMap<_, _> = checks.map(|check| (check.id.value.clone(), check)).into();
    let outcomes = vec![
        outcome("a", Pass, "w1"),
        unknown("a", "w1", "second template not read", ""),
    ];
    let profile = profile(vec![section("1", None, vec![control("1", &["a"])])]);
    let card = score(
        &profile,
        &checks,
        &judgement(&checks, outcomes),
        &Overlay::default(),
    );
    let folded = card.controls().next().expect("one control");
    assert_eq!(
        (folded.status, folded.tally),
        (Unknown, [Unknown].into_iter().collect())
    );
}
