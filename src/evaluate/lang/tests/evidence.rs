//! What is shown of an evaluation.

use super::*;

/// The evidence of `source` on `ship`, as `path=value`.
fn evidence(source: &str, ship: &Ship) -> Vec<String> {
    let expression = compile(source, Expected::Shown).unwrap();
    let (_, trace) = explained(&expression, ship, &Lacking::default());
    let reads = trace.reads.into_iter();
    reads
        .map(|read| format!("{}={}", read.path, read.value))
        .collect()
}

#[test]
fn evidence_justifies_the_result() {
    let table: &[(&str, &[&str])] = &[
        ("ship.mode == 1 && ship.name == 'x'", &["ship.mode=0600"]),
        ("ship.mode > 1 && ship.name == 'x'", &["ship.name=Argo"]),
        (
            "ship.mode > 1 && ship.name == 'Argo'",
            &["ship.mode=0600", "ship.name=Argo"],
        ),
        ("ship.mode == 1 || ship.name == 'Argo'", &["ship.name=Argo"]),
        (
            "!(has(ship.motto) || has(ship.motto))",
            &["ship.motto=not set"],
        ),
        (
            "ship.cabins.all(c, has(c.guest) && c.locked)",
            &["ship.cabins[1].guest=not set"],
        ),
        (
            "ship.cabins.exists(c, c.number == 2)",
            &["ship.cabins[1].number=2"],
        ),
        (
            "ship.cabins.all(c, c.number > 0)",
            &["ship.cabins[0].number=1", "ship.cabins[1].number=2"],
        ),
        (
            "ship.cabins.filter(c, c.number == 2).all(c, c.locked)",
            &[
                "ship.cabins[0].number=1",
                "ship.cabins[1].number=2",
                "ship.cabins[1].locked=false",
            ],
        ),
        ("'oslo' in ship.ports", &["ship.ports=[oslo, riga]"]),
        ("ship.ports.exists(p, p == 'riga')", &["ship.ports[1]=riga"]),
        ("size(ship.cabins) == 2", &["ship.cabins=2 items"]),
        ("'line' in ship.labels", &["ship.labels={line: north}"]),
        (
            "ship.labels.line + string(ship.voyage)",
            &["ship.labels.line=north", "ship.voyage=30h"],
        ),
        (
            "has(ship.engine['fuel-kind'])",
            &["ship.engine['fuel-kind']=not set"],
        ),
    ];
    for (source, expected) in table {
        assert_eq!(evidence(source, &ship()), *expected, "{source}");
    }
    let mut empty = ship();
    empty.ports = set(Vec::new());
    assert_eq!(
        evidence("ship.ports.all(p, p == '')", &empty),
        ["ship.ports=[]"]
    );
    empty.ports = absent();
    assert_eq!(
        evidence("ship.ports.all(p, p == '')", &empty),
        ["ship.ports=not set"]
    );
}

#[test]
fn evidence_has_sources_and_limits() {
    let mut ship = ship();
    ship.name = "é".repeat(300);
    ship.ports = set((0..60).map(|port| port.to_string()).collect());
    let source = "ship.engine.maxPower > 1 && has(ship.motto) == false && ship.name != '' && ship.ports.all(p, p != '')";
    let expression = compile(source, Expected::Bool).unwrap();
    let (result, trace) = explained(&expression, &ship, &Lacking::default());
    assert_eq!(result, Ok("true".to_owned()));
    assert!(trace.cut);
    assert_eq!(trace.reads.len(), 50);
    assert_eq!(trace.reads[2].value.chars().count(), 201);
    let sources: Vec<bool> = trace
        .reads
        .iter()
        .map(|read| read.source.is_some())
        .collect();
    assert_eq!(sources[..4], [true, true, false, true]);
}
