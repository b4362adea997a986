//! Waivers, and the gate.

use super::*;

fn waiver(owner: &str, check: &str, controls: &[&str], expires: &str) -> catalog::Waiver {
    catalog::Waiver {
        place: Default::default(),
        check: spot(check.to_owned()),
        subject: catalog::Selector {
            name: Some(catalog::Pattern::new("*")),
            ..Default::default()
        },
        controls: controls.iter().map(|&name| name.to_owned()).collect(),
        owner: owner.to_owned(),
        reason: "r".to_owned(),
        expires: expires.parse().expect("a day"),
    }
}

/// Of several waivers for one finding: in force before expired, for all controls before some, then the first.
#[test]
fn one_waiver_counts_for_a_finding() {
    let checks = checks_by_severity();
    let judged = judgement(
        &checks,
        vec![outcome("high", Fail, "w1"), outcome("low", Pass, "w1")],
    );
    let (today, before) = ("2026-11-21", "2026-11-20");
    let ended = || waiver("ended", "high", &[], before);
    let some = || waiver("some", "high", &["cks/1"], today);
    let all = |owner| waiver(owner, "high", &[], today);
    let passing = || waiver("passing", "low", &[], today);
    #[rustfmt::skip]
    let cases = [
        (vec![ended(), some(), all("a"), all("b")], Some("a"), None, "unmatched unmatched inForce unmatched"),
        (vec![ended(), some()], Some("some"), None, "unmatched inForce"),
        (vec![passing(), ended()], None, Some("ended"), "unmatched expired"),
        (vec![waiver("x", "nope", &[], today)], None, None, "notJudged"),
    ];
    for (waivers, in_force, expired, states) in cases {
        let overlay = Overlay::of(&waivers, &judged, today.parse().expect("a day"));
        let owner = |waiver: Option<&Arc<Waiver>>| waiver.map(|waiver| waiver.owner.clone());
        let of = |outcome| {
            (
                owner(overlay.waiver(outcome)),
                owner(overlay.expired(outcome)),
            )
        };
        let wanted = (in_force.map(str::to_owned), expired.map(str::to_owned));
        let about = |id| judged.iter().find(|one| one.evaluation.id == id);
        let about = |id| &about(id).expect("it was judged").outcomes[0];
        assert_eq!(of(about("high")), wanted, "{waivers:?}");
        assert_eq!(of(about("low")), (None, None), "what passed needs none");
        let found = overlay.entries.iter();
        let found: Vec<_> = found
            .map(|one| serde_json::to_value(one.state).expect("JSON"))
            .collect();
        assert_eq!(found, states.split(' ').collect::<Vec<_>>());
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn the_gate_is_judged_once() {
    use Severity::{Critical, High, Low};
    let run = |statuses: [(Severity, Status); 2]| {
        let outcomes = statuses.map(|(severity, status)| outcome(severity.name(), status, "w1"));
        let used = statuses.map(|(severity, _)| severity);
        scored(vec![section_of("1", None, &used)], outcomes.into())
    };
    let gate = |fail_on, min_score, min_coverage| Gate {
        fail_on,
        min_score,
        min_coverage,
    };
    let none = Gate::default();
    let mixed = || [(High, Fail), (Low, Pass)];
    let cases = [
        (none, mixed(), 0),
        (gate(Some(High), None, None), mixed(), 1),
        (gate(Some(Critical), None, None), mixed(), 0),
        (gate(None, Some(14), None), mixed(), 0),
        (gate(None, Some(15), None), mixed(), 1),
        (gate(None, None, Some(100)), mixed(), 0),
        (none, [(High, Pass), (Low, Unknown)], 0),
        (
            gate(None, None, Some(50)),
            [(High, Pass), (Low, Unknown)],
            0,
        ),
        (
            gate(None, None, Some(51)),
            [(High, Pass), (Low, Unknown)],
            3,
        ),
        (
            gate(Some(High), None, Some(51)),
            [(High, Fail), (Low, Unknown)],
            1,
        ),
        (
            gate(None, Some(15), None),
            [(High, Pass), (Low, Unknown)],
            0,
        ),
        // high weighs 6, low 1: 85 where the other fails.
        (
            gate(None, Some(85), None),
            [(High, Pass), (Low, Unknown)],
            0,
        ),
        (
            gate(None, Some(86), None),
            [(High, Pass), (Low, Unknown)],
            3,
        ),
        (
            gate(None, Some(15), None),
            [(High, Fail), (Low, Unknown)],
            1,
        ),
        (
            gate(None, Some(14), None),
            [(High, Fail), (Low, Unknown)],
            3,
        ),
        (
            gate(None, Some(80), None),
            [(High, Unknown), (Low, Fail)],
            3,
        ),
        (
            gate(None, Some(86), None),
            [(High, Unknown), (Low, Fail)],
            1,
        ),
        (none, [(High, Unknown), (Low, Unknown)], 3),
        (none, [(High, Unknown), (Low, NotApplicable)], 3),
        (none, [(High, Manual), (Low, NotApplicable)], 0),
        (
            gate(None, Some(1), None),
            [(High, Manual), (Low, NotApplicable)],
            3,
        ),
    ];
    for (gate, statuses, status) in cases {
        let verdict = gate.verdict(&[run(statuses)]);
        assert_eq!(verdict.exit_status(), status, "{gate:?} {statuses:?}");
    }
    let verdict = gate(Some(Low), Some(15), None).verdict(&[run(mixed())]);
    let reasons = [
        "1 control of cks fails at severity low or above",
        "cks scores 14; 15 was asked for",
    ];
    assert_eq!(verdict, Verdict::Failed(reasons.map(str::to_owned).into()));
    assert_eq!(
        none.verdict(&[]).exit_status(),
        3,
        "no profile, nothing judged"
    );
}

#[test]
fn only_the_failing_check_of_a_control_trips_the_gate() {
    let outcomes = vec![outcome("critical", Pass, "w1"), outcome("low", Fail, "w1")];
    let both = section("1", None, vec![control("1", &["critical", "low"])]);
    let card = scored(vec![both], outcomes);
    let gate = |fail_on| Gate {
        fail_on: Some(fail_on),
        ..Gate::default()
    };
    assert_eq!(
        gate(Severity::Medium).verdict(std::slice::from_ref(&card)),
        Verdict::Passed
    );
    assert_eq!(gate(Severity::Low).verdict(&[card]).exit_status(), 1);
}

/// What was asked for and not read could fail a gate, and so could what was found before and is not known any more.
#[test]
fn no_gate_is_passed_on_less_than_was_asked_for() {
    let unread = |documents, gaps| Unread { documents, gaps };
    let failed = || Verdict::Failed(vec!["x".to_owned()]);
    for (given, unread, exit) in [
        (Verdict::Passed, unread(0, 0), 0),
        (Verdict::Passed, unread(1, 0), 3),
        (Verdict::Passed, unread(0, 1), 3),
        (Verdict::Passed, unread(2, 2), 3),
        (failed(), unread(2, 2), 1),
    ] {
        assert_eq!(given.and_unread(unread).exit_status(), exit, "{unread:?}");
    }
    let changes = |new, lost| Some((Severity::High, new, lost));
    for (given, changes, exit) in [
        (Verdict::Passed, None, 0),
        (Verdict::Passed, changes(0, 0), 0),
        (Verdict::Passed, changes(0, 1), 3),
        (Verdict::Passed, changes(1, 0), 1),
        (Verdict::Passed, changes(1, 1), 1),
        (failed(), changes(0, 2), 1),
    ] {
        assert_eq!(
            given.and_changes(changes).exit_status(),
            exit,
            "{changes:?}"
        );
    }
}
