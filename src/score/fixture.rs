//! Small catalogs and judgements for the tests of scores and reports.

use std::collections::BTreeMap;

use crate::catalog::{
    Check, Control, ExpressionText, Fix, Param, Place, Profile, Section, Severity, Spot,
    SubjectKind,
};
use crate::outcome::{Evaluation, Judgement, Outcome, Reason, Status, Subject};

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
            change: None,
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

pub(crate) fn outcome(evaluation: &str, status: Status, subject: &str) -> Outcome {
    Outcome {
        evaluation: evaluation.into(),
        status,
        subject: Subject::new("kubelet", subject),
        message: format!("{evaluation} is {} on {subject}", status.name()),
        evidence: Vec::new(),
        reason: None,
        fix: None,
        fingerprint: format!("{evaluation}/{subject}"),
    }
}

pub(crate) fn unknown(evaluation: &str, subject: &str, text: &str, remedy: &str) -> Outcome {
    Outcome {
        reason: Some(Reason {
            text: text.into(),
            remedy: remedy.into(),
        }),
        ..outcome(evaluation, Status::Unknown, subject)
    }
}

/// A judgement of every check by its own parameters.
pub(crate) fn judgement(checks: &BTreeMap<String, Check>, outcomes: Vec<Outcome>) -> Judgement {
    Judgement {
        evaluations: checks.values().map(evaluation).collect(),
        outcomes,
        quiet: Vec::new(),
    }
}
