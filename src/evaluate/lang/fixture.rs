//! A small fact for the tests of the language: every type, cells, a nested record, lists and a map.

#![allow(unreachable_pub, reason = "record! makes public structs")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::facts::{
    Cell, Gap, GapReason, Items, Lacking, Listing, Observed, Place, Reading, Source, Type, View,
    record,
};

use super::{Env, Expected, Expression, Mistake, Scope, Trace, Unknown};

record! {
    /// A ship.
    #[derive(Debug)]
    pub struct Ship {
        /// What it is called.
        pub name: String,
        /// Its draught, in metres.
        pub draught: Cell<i64>,
        /// Whether it is armed.
        pub armed: Cell<bool>,
        /// Its motto.
        pub motto: Cell<String>,
        /// When it was built.
        pub built: Cell<Timestamp>,
        /// The longest voyage.
        pub voyage: Option<SignedDuration>,
        /// Its engine.
        pub engine: Cell<Engine>,
        /// Its cabins.
        pub cabins: Rooms,
        /// Ports it called at.
        pub ports: Cell<Vec<String>>,
        /// Loads of its holds, in tonnes.
        pub loads: Vec<Cell<i64>>,
        /// Labels.
        pub labels: Cell<BTreeMap<String, String>>,
        /// Mode of its log.
        pub mode: i64,
    }
}

record! {
    /// An engine.
    #[derive(Debug)]
    pub struct Engine {
        /// Its power, in kilowatts.
        pub max_power: Cell<i64>,
        /// Its fuel.
        pub fuel as "fuel-kind": Option<String>,
    }
}

record! {
    /// A cabin.
    #[derive(Debug)]
    pub struct Cabin {
        /// Its number.
        pub number: i64,
        /// Who sleeps there.
        pub guest: Cell<String>,
        /// Whether it is locked.
        pub locked: Cell<bool>,
    }
}

/// A list that may be incomplete.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rooms(pub Listing<Cabin>);

impl Observed for Rooms {
    fn kind() -> Type {
        Type::list(Cabin::kind())
    }
    fn read(&self) -> Reading<'_> {
        View::List(self).into()
    }
}

impl Items for Rooms {
    fn len(&self) -> usize {
        self.0.rows.len()
    }
    fn item(&self, index: usize) -> Option<Reading<'_>> {
        self.0.rows.get(index).map(Observed::read)
    }
    fn missing(&self) -> Option<&Gap> {
        self.0.lack_in(None)
    }
}

pub(super) fn source(path: &str) -> Source {
    Source::from(Place::File {
        node: "n1".to_owned(),
        path: path.to_owned(),
    })
}

pub(super) fn set<T>(value: T) -> Cell<T> {
    Cell::explicit(value, source("/ship"))
}

pub(super) fn absent<T>() -> Cell<T> {
    Cell::Absent {
        source: source("/ship"),
    }
}

pub(super) fn gap(what: &str) -> Gap {
    Gap::new(what, "", GapReason::Forbidden, "ask the captain")
}

pub(super) fn cabin(number: i64, guest: Cell<String>, locked: Cell<bool>) -> Cabin {
    Cabin {
        number,
        guest,
        locked,
    }
}

/// A ship without gaps.
pub(super) fn ship() -> Ship {
    Ship {
        name: "Argo".to_owned(),
        draught: set(3),
        armed: set(true),
        motto: absent(),
        built: set("2026-01-02T03:04:05Z".parse().unwrap()),
        voyage: Some(SignedDuration::from_hours(30)),
        engine: set(Engine {
            max_power: set(500),
            fuel: None,
        }),
        cabins: Rooms(Listing::complete(vec![
            cabin(1, set("ann".to_owned()), set(true)),
            cabin(2, absent(), set(false)),
        ])),
        ports: set(vec!["oslo".to_owned(), "riga".to_owned()]),
        loads: vec![set(1), set(2)],
        labels: set(BTreeMap::from([("line".to_owned(), "north".to_owned())])),
        mode: 0o600,
    }
}

pub(super) fn scope() -> Scope {
    Scope::new([("ship", Ship::kind()), ("namespace", Type::Text)])
}

pub(super) fn compile(source: &str, expected: Expected) -> Result<Expression, Vec<Mistake>> {
    Expression::compile(source, &scope(), expected)
}

/// What `source` evaluates to, as text, on `ship`.
pub(super) fn shown(source: &str, ship: &Ship) -> Result<String, Unknown> {
    let expression = compile(source, Expected::Shown)
        .unwrap_or_else(|mistakes| panic!("{source}: {mistakes:?}"));
    explained(&expression, ship, &Lacking::default()).0
}

pub(super) fn explained(
    expression: &Expression,
    ship: &Ship,
    lacking: &Lacking,
) -> (Result<String, Unknown>, Trace) {
    let namespace = View::Text("sea");
    let env = Env {
        readings: &[ship.read(), namespace.into()],
        lacking,
        budget: 10_000,
    };
    let (result, trace) = expression.explain(&env);
    let result = result.map(|value| value.text(1000));
    let untraced = expression.evaluate(&env).map(|value| value.text(1000));
    assert_eq!(result, untraced, "tracing changes nothing");
    (result, trace)
}
