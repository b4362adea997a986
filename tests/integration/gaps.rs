//! Promise 1: never a verdict on missing evidence. Whatever is taken out of a recorded cluster, every outcome stays what
//! it was or becomes unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::test_runner::TestRng;
use seaworthy::catalog::{Catalog, Profile};
use seaworthy::evaluate::{Judge, Keep, World, tasks};
use seaworthy::facts::{Facts, snapshot};
use seaworthy::outcome::{Judged, Outcome, Status};
use serde_json::{Value, json};

use crate::standing::Standing;

const DEMO: &[u8] = include_bytes!("../../reports/demo.seaworthy");

/// Evaluation, namespace, node, name.
type Who = (String, Option<Arc<str>>, Option<Arc<str>>, Arc<str>);

/// The text of a snapshot.
pub(crate) fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// A snapshot of this text.
pub(crate) fn packed_text(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn lines(packed: &[u8]) -> Vec<Value> {
    unpacked(packed)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn pack(mut lines: Vec<Value>) -> Vec<u8> {
    let rows = lines.len() - 2;
    *lines.last_mut().unwrap() = json!({ "end": rows });
    packed_text(
        &lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
}

fn judged(catalog: &Catalog, packed: &[u8]) -> (BTreeMap<Who, Status>, Standing) {
    let snapshot = snapshot::read(packed).unwrap();
    let profiles: Vec<&Profile> = catalog.profiles.values().collect();
    let tasks = tasks(catalog, &profiles).unwrap();
    let world = World::new(&snapshot.facts, &snapshot.lacking);
    let judge = Judge::new(&world, &tasks);
    let judgement = judge.judge(Keep::Everything);
    let statuses = statuses(&judgement);
    let standing = Standing::new(catalog, &profiles, &snapshot.facts, judgement);
    (statuses, standing)
}

fn statuses(judgement: &[Judged<'_>]) -> BTreeMap<Who, Status> {
    let who = |outcome: &Outcome<'_>| {
        let subject = &outcome.subject;
        (
            outcome.evaluation.to_string(),
            subject.namespace.clone(),
            subject.node.clone(),
            subject.name.clone(),
        )
    };
    judgement
        .iter()
        .flat_map(|judged| &judged.outcomes)
        .map(|outcome| (who(outcome), outcome.status))
        .collect()
}

fn gap() -> Value {
    json!({"what": "taken out by the test", "reason": "forbidden", "remedy": "put it back"})
}

/// Turns some of the cells below `value` into gaps.
fn hollow(value: &mut Value, chance: f64, rng: &mut TestRng) {
    let is_cell = value.as_object().is_some_and(|fields| {
        fields.len() == 1
            && (fields
                .get("value")
                .is_some_and(|cell| cell.get("origin").is_some() && cell.get("source").is_some())
                || fields
                    .get("absent")
                    .is_some_and(|cell| cell.get("source").is_some()))
    });
    if is_cell {
        if rng.random_bool(chance) {
            *value = json!({ "gap": gap() });
        }
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hollow(item, chance, rng)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| hollow(field, chance, rng)),
        _ => {}
    }
}

/// Takes whole listings away.
fn refuse_kinds(lines: &mut Vec<Value>, chance: f64, rng: &mut TestRng) {
    let kinds: BTreeSet<String> = lines
        .iter()
        .filter_map(|line| Some(line.get("kind")?.as_str()?.to_owned()))
        .collect();
    for kind in kinds {
        if rng.random_bool(chance) {
            lines.retain(|line| line.get("kind").and_then(Value::as_str) != Some(&kind));
            lines.insert(1, json!({"kind": kind, "lack": {"gap": gap()}}));
        }
    }
}

/// Takes single rows away and leaves word that they are missing.
fn lose_rows(lines: &mut [Value], chance: f64, rng: &mut TestRng) {
    for line in lines {
        if line.get("row").is_some() && rng.random_bool(chance) {
            *line = json!({"kind": line["kind"], "lack": {"name": "a lost row", "gap": gap()}});
        }
    }
}

/// Pretends that an older version recorded the file, which did not know some fields.
fn forget_fields(head: &mut Value, chance: f64, rng: &mut TestRng) {
    let Some(kinds) = head["kinds"].as_object_mut() else {
        return;
    };
    let mut forgotten: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for kind in kinds.values() {
        for (record, fields) in kind["records"].as_object().unwrap() {
            for field in fields.as_array().unwrap() {
                // A record that several kinds share was known to all of them or to none.
                if !forgotten.contains_key(record) && rng.random_bool(chance) {
                    forgotten
                        .entry(record.clone())
                        .or_default()
                        .insert(field.as_str().unwrap().to_owned());
                }
            }
        }
    }
    for kind in kinds.values_mut() {
        for (record, fields) in kind["records"].as_object_mut().unwrap() {
            if let (Some(gone), Some(fields)) = (forgotten.get(record), fields.as_array_mut()) {
                fields.retain(|field| !gone.contains(field.as_str().unwrap()));
            }
        }
    }
}

/// What is allowed to have become of `before`.
fn compare(before: &BTreeMap<Who, Status>, after: &BTreeMap<Who, Status>) -> Result<(), String> {
    let known = |evaluation: &str, status: Status| {
        before
            .iter()
            .any(|(who, other)| who.0 == evaluation && *other == status)
    };
    for (who, status) in before {
        let has_unknown = after
            .iter()
            .any(|(other, status)| other.0 == who.0 && *status == Status::Unknown);
        match after.get(who) {
            Some(now) if now == status || *now == Status::Unknown => {}
            // One file can be there for two purposes: the row of one may be lost, and the loss is an unknown of its own.
            Some(Status::NotApplicable) if has_unknown => {}
            None if has_unknown || *status == Status::Unknown => {}
            now => return Err(format!("{who:?} was {status:?} and is {now:?}")),
        }
    }
    for (who, status) in after {
        if !before.contains_key(who) && *status != Status::Unknown && !known(&who.0, *status) {
            return Err(format!("{who:?} is new and {status:?}"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn taking_facts_away_never_decides(
        seed in any::<[u8; 32]>(),
        cells in 0.0..0.9f64,
        rows in 0.0..0.4f64,
        kinds in 0.0..0.4f64,
        fields in 0.0..0.1f64,
    ) {
        // The same before each case.
        static BEFORE: LazyLock<(Catalog, BTreeMap<Who, Status>, Standing)> = LazyLock::new(|| {
            let catalog = Catalog::shipped().unwrap();
            let (before, standing) = judged(&catalog, DEMO);
            (catalog, before, standing)
        });
        let (catalog, before, standing) = &*BEFORE;
        let mut rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed);
        let mut lines = lines(DEMO);
        for line in &mut lines {
            hollow(line, cells, &mut rng);
        }
        lose_rows(&mut lines, rows, &mut rng);
        refuse_kinds(&mut lines, kinds, &mut rng);
        forget_fields(&mut lines[0], fields, &mut rng);
        let (after, less) = judged(catalog, &pack(lines));
        if let Err(wrong) = compare(before, &after) {
            return Err(TestCaseError::fail(wrong));
        }
        let better = standing.better(&less);
        prop_assert!(better.is_empty(), "{better:#?}");
    }
}

#[test]
fn without_any_fact_nothing_passes_and_nothing_is_not_applicable() {
    let catalog = Catalog::shipped().unwrap();
    let mut lines = lines(DEMO);
    lines.retain(|line| line.get("kind").is_none());
    // All there are, those without a single row and those that are newer than the snapshot included.
    for kind in Facts::kinds() {
        lines.insert(1, json!({"kind": kind.name, "lack": {"gap": gap()}}));
    }
    for (who, status) in judged(&catalog, &pack(lines)).0 {
        assert_eq!(status, Status::Unknown, "{who:?}");
    }
}
