//! Small catalogs and judgements for the tests of scores and reports.

use std::collections::BTreeMap;

use crate::catalog::{
    Check, Control, ExpressionText, Fix, Param, Place, Profile, Section, Severity, Spot,
    SubjectKind,
};
use crate::outcome::{
    Evaluation, Fingerprint, Judged, Judgement, Outcome, Reason, Status, Subject, Told, Words,
};

pub(crate) fn spot<T>(value: T) -> Spot<T> {
    Spot {
        value,
        place: Place::default(),
    }
}

pub(crate) fn check(id: &str, title: &str, severity: Severity, subject: SubjectKind) -> Check {
    Check {
        id: spot(id.to_owned()),
        title: title.into(),
        severity,
        subject,
        when: None,
        assert: ExpressionText::new("true", Place::default()),
        message: None,
        evidence: Vec::new(),
        why: format!("Why {id} matters."),
        fix: Fix {
            summary: format!("How to mend {id}."),
            ..Fix::default()
        },
        params: BTreeMap::new(),
        review: false,
        references: vec!["https://kubernetes.io/docs/".into()],
        examples: Vec::new(),
    }
}

/// A catalog of namesakes: check `critical` is of severity critical, and so on; each with the parameter `limit`.
pub(crate) fn checks_by_severity() -> BTreeMap<String, Check> {
    let one = |severity: Severity| {
        let mut check = check(
            severity.name(),
            severity.name(),
            severity,
            SubjectKind::Kubelet,
        );
        check
            .params
            .insert("limit".into(), spot(Param::Int(severity as i64)));
        (severity.name().to_owned(), check)
    };
    Severity::ALL.map(one).into()
}

pub(crate) fn control(id: &str, checks: &[&str]) -> Control {
    Control {
        id: spot(id.into()),
        title: format!("Control {id}"),
        level: None,
        checks: checks.iter().map(|id| spot((*id).to_owned())).collect(),
        params: BTreeMap::new(),
        not_applicable: None,
        partial: None,
        assessment: None,
    }
}

pub(crate) fn section(id: &str, weight: Option<u8>, controls: Vec<Control>) -> Section {
    Section {
        id: id.into(),
        title: format!("Section {id}"),
        weight,
        controls,
    }
}

pub(crate) fn profile(sections: Vec<Section>) -> Profile {
    Profile {
        id: spot("cks".into()),
        title: "CKS view".into(),
        description: String::new(),
        pass_mark: Some(67),
        suits: None,
        sections,
        exemptions: Vec::new(),
    }
}

pub(crate) fn evaluation(check: &Check) -> Evaluation {
    Evaluation {
        id: check.id.value.clone(),
        check: check.id.value.clone(),
        params: control("", &[]).params_for(check),
    }
}

pub(crate) fn outcome(evaluation: &str, status: Status, subject: &str) -> Outcome<'static> {
    Outcome {
        evaluation: evaluation.into(),
        status,
        subject: Subject::new("kubelet", subject).into(),
        told: said(format!("{evaluation} is {} on {subject}", status.name())),
        reason: None,
        fix: None,
        fingerprint: fingerprint(&[evaluation, subject]),
        laid: None,
    }
}

pub(crate) fn unknown(
    evaluation: &str,
    subject: &str,
    text: &str,
    remedy: &'static str,
) -> Outcome<'static> {
    Outcome {
        reason: Some(
            Reason {
                text: text.into(),
                remedy: remedy.into(),
            }
            .into(),
        ),
        ..outcome(evaluation, Status::Unknown, subject)
    }
}

/// Words without evidence.
pub(crate) fn said(message: impl Into<String>) -> Told<'static> {
    let words = Words {
        message: message.into(),
        evidence: Vec::new(),
    };
    words.into()
}

/// An identity that is stable, and different for different parts.
pub(crate) fn fingerprint(parts: &[&str]) -> Fingerprint {
    let digest = ring::digest::digest(&ring::digest::SHA256, parts.join("/").as_bytes());
    let first = digest.as_ref().iter().take(8);
    Fingerprint(first.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// A judgement of every check by its own parameters, with these verdicts.
pub(crate) fn judgement(
    checks: &BTreeMap<String, Check>,
    outcomes: Vec<Outcome<'static>>,
) -> Judgement<'static> {
    let mut judgement: Judgement<'_> = checks.values().map(evaluation).map(nothing).collect();
    for outcome in outcomes {
        let of = |judged: &&mut Judged<'_>| *judged.evaluation.id == *outcome.evaluation;
        if let Some(judged) = judgement.iter_mut().find(of) {
            judged.outcomes.push(outcome);
        }
    }
    judgement
}

/// An evaluation that says nothing.
pub(crate) fn nothing(evaluation: Evaluation) -> Judged<'static> {
    Judged {
        evaluation,
        outcomes: Vec::new(),
        quiet: BTreeMap::new(),
        not_asked: None,
    }
}
