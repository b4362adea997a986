//! The format of check files.

use std::collections::BTreeSet;

use super::fields::{Fields, Item};
use super::read_fix::fix;
use super::{Check, Example, Expectation, Problem, Severity, SubjectKind};

/// Reads a check file.
pub(super) fn check(root: Item<'_>) -> Option<Check> {
    root.fields(|f| {
        let id = f.required("id", |item| item.id(""));
        let title = f.required("title", Item::text);
        let severity = f.required("severity", |item| {
            item.choice(&Severity::ALL, Severity::name)
        });
        let subject = f.required("subject", |item| {
            item.choice(SubjectKind::ALL, SubjectKind::name)
        });
        let when = f.optional("when", Item::expression);
        let assert = f.required("assert", Item::expression);
        let message = f.optional("message", Item::expression);
        let evidence = f.list("evidence", Item::expression);
        let why = f.required("why", Item::text);
        let fix = f.required("fix", fix);
        let params = f.optional("params", |item| item.named(Item::param));
        let review = f.optional("review", Item::bool);
        let references = f.list("references", Item::https);
        let examples = f.optional("examples", examples);
        Some(Check {
            id: id?,
            title: title?,
            severity: severity?,
            subject: subject?,
            when,
            assert: assert?,
            message,
            evidence,
            why: why?,
            fix: fix?,
            params: params.unwrap_or_default(),
            review: review.unwrap_or_default(),
            references,
            examples: examples.unwrap_or_default(),
        })
    })
}

fn examples(item: Item<'_>) -> Option<Vec<Example>> {
    let names = std::cell::RefCell::new(BTreeSet::new());
    item.items(|item| {
        item.fields(|f: &Fields<'_>| {
            let name = f.required("name", Item::spot_text);
            let given = f.required("given", |item| {
                item.spot(|item| item.any_mapping().map(|given| given.to_string()))
            });
            let expect = f.required("expect", |item| {
                item.choice(&Expectation::ALL, Expectation::name)
            });
            let by_hand = f.optional("byHand", Item::text);
            let name = name?;
            if !names.borrow_mut().insert(name.value.clone()) {
                f.item().problem("has the name of an earlier one", "");
            }
            Some(Example {
                name,
                given: given?,
                expect: expect?,
                by_hand,
            })
        })
    })
}

/// What a check should have and need not: an example of each verdict that it can give.
pub(super) fn lints(check: &Check) -> Vec<Problem> {
    // A person has the last word on what a check with `review` accepts.
    let holds = if check.review {
        Expectation::Manual
    } else {
        Expectation::Pass
    };
    // What has a condition has something that does not meet it.
    let beside = check.when.as_ref().map(|_| Expectation::NotApplicable);
    [holds, Expectation::Fail, Expectation::Unknown]
        .into_iter()
        .chain(beside)
        .filter(|wanted| {
            check
                .examples
                .iter()
                .all(|example| example.expect != *wanted)
        })
        .map(|wanted| Problem {
            place: check.id.place.clone(),
            message: format!("no example expects `{}`", wanted.name()),
            hint: "add one to `examples`".to_owned(),
        })
        .collect()
}
