//! What a run did not ask for, and what checks tell in part.

use super::*;

#[test]
fn what_was_not_asked_never_passes_on_its_neighbours() {
    let outside = || Reason {
        text: "outside the manifests".into(),
        remedy: "audit the cluster itself".into(),
    };
    // What two checks of a control say: a status, and whether it was asked at all.
    let cases = [
        ([(Pass, true), (Pass, true)], Pass, false),
        ([(Pass, true), (NotApplicable, true)], Pass, false),
        (
            [(NotApplicable, true), (NotApplicable, true)],
            NotApplicable,
            false,
        ),
        ([(Pass, true), (NotApplicable, false)], Unknown, true),
        (
            [(NotApplicable, true), (NotApplicable, false)],
            Unknown,
            true,
        ),
        (
            [(NotApplicable, false), (NotApplicable, false)],
            NotApplicable,
            false,
        ),
        ([(Fail, true), (NotApplicable, false)], Fail, false),
        ([(Manual, true), (NotApplicable, false)], Unknown, true),
        ([(Unknown, true), (NotApplicable, false)], Unknown, false),
    ];
    let checks = checks_by_severity();
    let both = section("1", None, vec![control("1", &["high", "low"])]);
    for (given, status, said) in cases {
        let [high, low] = given;
        let outcomes = vec![outcome("high", high.0, "w1"), outcome("low", low.0, "w2")];
        let mut judged = judgement(&checks, outcomes);
        for (id, (_, asked)) in ["high", "low"].into_iter().zip(given) {
            let of = judged.iter_mut().find(|one| one.evaluation.id == id);
            of.expect("judged").not_asked = (!asked).then(|| NotAsked {
                reason: outside().into(),
                wholly: true,
            });
        }
        let profile = profile(vec![both.clone()]);
        let card = score(&profile, &checks, &judged, &Overlay::default());
        let folded = card.controls().next().expect("one control");
        assert_eq!(folded.status, status, "{given:?}");
        assert_eq!(folded.reason, said.then(outside), "{given:?}");
        // Nothing was audited where nothing was asked.
        let asked = given.iter().any(|(_, asked)| *asked);
        let undecided = status == Unknown || status == NotApplicable && !asked;
        let exit = if undecided { 3 } else { 0 };
        assert_eq!(
            Gate::default().verdict(&[card]).exit_status(),
            exit,
            "{given:?}"
        );
    }
}

#[test]
fn a_check_that_was_asked_about_some_subjects_only_is_not_decided() {
    let checks = checks_by_severity();
    let mut judged = judgement(
        &checks,
        vec![
            outcome("high", Pass, "w1"),
            outcome("high", NotApplicable, "w2"),
        ],
    );
    let of = judged.iter_mut().find(|one| one.evaluation.id == "high");
    of.expect("judged").not_asked = Some(NotAsked {
        reason: Arc::new(Reason {
            text: "outside the manifests".into(),
            remedy: "".into(),
        }),
        wholly: false,
    });
    let profile = profile(vec![section("1", None, vec![control("1", &["high"])])]);
    let card = score(&profile, &checks, &judged, &Overlay::default());
    assert_eq!(card.controls().next().map(|one| one.status), Some(Unknown));
    assert_eq!(percent(card.coverage), Some(0));
}

#[test]
fn what_checks_tell_in_part_is_for_a_person_where_they_find_nothing() {
    for (given, folded) in [
        (Pass, Manual),
        (Manual, Manual),
        (Fail, Fail),
        (Unknown, Unknown),
        (NotApplicable, NotApplicable),
    ] {
        let mut partial = control("1", &["high"]);
        partial.partial = Some("what else runs there".into());
        let partial = single(partial, vec![outcome("high", given, "w1")]);
        assert_eq!(partial.status, folded, "{given:?}");
        let text = partial.reason.map(|reason| reason.text);
        let left = (folded == Manual).then_some("what else runs there");
        assert_eq!(text.as_deref(), left, "{given:?}");
    }
}
