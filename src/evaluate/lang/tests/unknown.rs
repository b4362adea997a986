//! Three values: what a gap decides, and what is not set.

use super::*;

/// A ship with a gap, an incomplete list and an error at hand: `armed` and `cabins` are not known, `motto` is not set.
fn unknown_ship() -> Ship {
    let mut ship = ship();
    ship.armed = Cell::Gap(gap("arms"));
    ship.motto = absent();
    ship.cabins.0.lacks = vec![crate::facts::Lack::any(gap("cabins"))];
    ship.loads = vec![set(1), Cell::Gap(gap("load")), set(3)];
    ship
}

/// `t`, `f`, `arms`/`cabins`/… for a gap, `error` for an error.
fn verdict(source: &str, ship: &Ship) -> String {
    match shown(source, ship) {
        Ok(value) => value.replace("true", "t").replace("false", "f"),
        Err(Unknown::Gap(gap)) => gap.what.clone(),
        Err(Unknown::Error { .. }) => "error".to_owned(),
        Err(Unknown::Budget) => "budget".to_owned(),
    }
}

#[test]
fn truth_tables() {
    let operands = [
        ("true", "t"),
        ("false", "f"),
        ("ship.armed", "arms"),
        ("ship.motto == ''", "error"),
    ];
    for (left, l) in operands {
        for (right, r) in operands {
            let and = match (l, r) {
                ("f", _) | (_, "f") => "f",
                ("t", other) => other,
                (unknown, _) => unknown,
            };
            let or = match (l, r) {
                ("t", _) | (_, "t") => "t",
                ("f", other) => other,
                (unknown, _) => unknown,
            };
            let ship = unknown_ship();
            assert_eq!(
                verdict(&format!("{left} && {right}"), &ship),
                and,
                "{l} && {r}"
            );
            assert_eq!(
                verdict(&format!("{left} || {right}"), &ship),
                or,
                "{l} || {r}"
            );
        }
        let negated = match l {
            "t" => "f",
            "f" => "t",
            unknown => unknown,
        };
        assert_eq!(verdict(&format!("!({left})"), &unknown_ship()), negated);
        let chosen = match l {
            "t" => "1",
            "f" => "2",
            unknown => unknown,
        };
        assert_eq!(verdict(&format!("{left} ? 1 : 2"), &unknown_ship()), chosen);
    }
}

#[test]
fn touching_a_gap_is_unknown() {
    let table = [
        ("has(ship.armed)", "arms"),
        ("ship.armed == ship.armed", "arms"),
        ("[ship.armed] == [true]", "arms"),
        ("has(ship.motto)", "f"),
        ("size(ship.cabins)", "cabins"),
        ("ship.cabins[0].number", "cabins"),
        ("ship.cabins.all(c, c.number < 9)", "cabins"),
        ("ship.cabins.all(c, c.number < 2)", "f"),
        ("ship.cabins.exists(c, c.number == 2)", "t"),
        ("ship.cabins.exists(c, c.number == 3)", "cabins"),
        ("ship.cabins.exists_one(c, c.number == 2)", "cabins"),
        ("ship.cabins.exists_one(c, c.number > 0)", "f"),
        ("ship.cabins.map(c, c.number)", "cabins"),
        ("size(ship.cabins.filter(c, false))", "cabins"),
        ("size(ship.loads)", "3"),
        ("1 in ship.loads", "t"),
        ("2 in ship.loads", "load"),
        ("ship.loads == [1, 2]", "f"),
        ("ship.loads == [1, 2, 4]", "f"),
        ("ship.loads == [1, 2, 3]", "load"),
        ("ship.loads.exists(l, l == 3)", "t"),
        ("ship.loads.all(l, l > 0)", "load"),
        ("ship.loads.exists_one(l, l == 1)", "load"),
        ("ship.loads", "load"),
        ("ship.loads[2] + ship.loads[0]", "4"),
        ("ship.loads[1]", "load"),
    ];
    for (source, expected) in table {
        assert_eq!(verdict(source, &unknown_ship()), expected, "{source}");
    }
}

#[test]
fn what_was_not_recorded_is_a_gap() {
    let mut lacking = Lacking::default();
    lacking.insert("Cabin", "number", gap("numbers"));
    let expression = compile("ship.cabins.all(c, c.number > 0)", Expected::Bool).unwrap();
    let (result, _) = explained(&expression, &ship(), &lacking);
    assert_eq!(result, Err(Unknown::Gap(gap("numbers"))));
}

#[test]
fn nothing_is_set_below_what_is_not_set() {
    let mut ship = ship();
    ship.engine = absent();
    assert_eq!(verdict("has(ship.engine.maxPower)", &ship), "f");
    assert_eq!(verdict("ship.engine.maxPower > 1", &ship), "error");
    ship.engine = Cell::Gap(gap("engine"));
    assert_eq!(verdict("has(ship.engine.maxPower)", &ship), "engine");
}

#[test]
fn errors_have_a_position_and_show_no_values() {
    let table = [
        (
            "ship.name == 'x' ||\n ship.motto == 'y'",
            "2:7: ship.motto is not set",
        ),
        (
            "ship.labels['secret'] == ''",
            "1:13: ship.labels.secret is not set",
        ),
        (
            "ship.labels[ship.name] == ''",
            "1:13: ship.labels[…] is not set",
        ),
        ("1 / (ship.mode - ship.mode) == 1", "1:3: division by zero"),
        (
            "9223372036854775807 + ship.mode > 1",
            "1:21: the result is too large",
        ),
        ("ship.ports[2] == ''", "1:12: the index is beyond the list"),
        ("ship.ports[-1] == ''", "1:13: the index is beyond the list"),
        (
            "int(ship.name) == 1",
            "1:1: int() of a text that is no number",
        ),
        (
            "duration(ship.name) > ship.voyage",
            "1:1: duration() of a text that is none",
        ),
    ];
    for (source, expected) in table {
        let unknown = shown(source, &ship()).unwrap_err();
        assert_eq!(unknown.to_string(), expected, "{source}");
    }
}
