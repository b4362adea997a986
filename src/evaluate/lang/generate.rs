//! Random well-typed expressions over the fixture's ship, random ships, and random gaps in them.
//!
//! Everything is chosen by a string of random bytes, the first choice of each kind being the simplest: so the test runner's
//! shrinking of bytes shrinks expressions.

use std::collections::BTreeMap;

use crate::facts::{Cell, Gap, Lack, Lacking};

use super::fixture::{Engine, Ship, absent, cabin, gap, set, ship};

/// Choices taken from random bytes; 0 when they have run out.
pub(super) struct Choices<'b> {
    bytes: &'b [u8],
    /// Variables of the enclosing loops by what they hold.
    locals: Vec<(char, String)>,
}

impl<'b> Choices<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            locals: Vec::new(),
        }
    }

    fn below(&mut self, end: usize) -> usize {
        match self.bytes.split_first() {
            Some((byte, rest)) => {
                self.bytes = rest;
                usize::from(*byte) % end
            }
            None => 0,
        }
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn cell<T>(&mut self, value: T) -> Cell<T> {
        if self.below(5) == 4 {
            absent()
        } else {
            set(value)
        }
    }

    fn word(&mut self) -> String {
        self.pick(&["", "a", "b", "ab", " a ", "Öl", "12", "-7", "a,b", "x"])
            .to_owned()
    }

    fn number(&mut self) -> i64 {
        self.pick(&[0, 1, 2, 3, -1, 40, i64::MAX, i64::MIN])
    }

    /// A ship without gaps. What is not set in a list or below something not set is where CEL differs: left out.
    pub(super) fn ship(&mut self) -> Ship {
        let engine = Engine {
            max_power: {
                let power = self.number();
                self.cell(power)
            },
            fuel: (self.below(2) == 1).then(|| self.word()),
        };
        let mut ship = Ship {
            name: self.word(),
            draught: {
                let draught = self.number();
                self.cell(draught)
            },
            armed: {
                let armed = self.below(2) == 1;
                self.cell(armed)
            },
            motto: {
                let motto = self.word();
                self.cell(motto)
            },
            engine: self.cell(engine),
            ports: {
                let ports = (0..self.below(4)).map(|_| self.word()).collect();
                self.cell(ports)
            },
            loads: (0..self.below(4)).map(|_| set(self.number())).collect(),
            mode: self.number(),
            ..ship()
        };
        let labels = (0..self.below(4)).map(|_| (self.word(), self.word()));
        let labels: BTreeMap<_, _> = labels.collect();
        ship.labels = self.cell(labels);
        ship.cabins.0.rows = (0..self.below(4))
            .map(|_| {
                let (number, guest, locked) = (self.number(), self.word(), self.below(2) == 1);
                cabin(number, self.cell(guest), self.cell(locked))
            })
            .collect();
        ship
    }

    /// `ship` with a random subset of its leaves and lists unknown, and fields that were not recorded.
    pub(super) fn with_gaps(&mut self, ship: &Ship) -> (Ship, Lacking) {
        let mut gapped = ship.clone();
        let mut lacking = Lacking::default();
        for (path, make) in leaves(ship) {
            if self.below(4) == 1 {
                make(&mut gapped, gap(&path));
            }
        }
        let mut index = 0;
        let before = gapped.cabins.0.rows.len();
        let dropped: Vec<bool> = (0..before).map(|_| self.below(5) == 1).collect();
        gapped.cabins.0.rows.retain(|_| {
            index += 1;
            !dropped[index - 1]
        });
        if gapped.cabins.0.rows.len() < before || self.below(5) == 1 {
            gapped.cabins.0.lacks.push(Lack::any(gap("cabins")));
        }
        for (record, field) in [
            ("Ship", "name"),
            ("Ship", "mode"),
            ("Ship", "loads"),
            ("Cabin", "number"),
            ("Cabin", "guest"),
            ("Engine", "fuel-kind"),
        ] {
            if self.below(8) == 1 {
                lacking.insert(record, field, gap(field));
            }
        }
        (gapped, lacking)
    }

    /// A well-typed expression.
    pub(super) fn expression(&mut self) -> String {
        let kind = self.pick(&['b', 'b', 'b', 'i', 't', 'I', 'T']);
        self.expand(kind, 4)
    }

    /// An expression of a kind: from one of its rules, at depth 0 from one that needs no further ones.
    fn expand(&mut self, kind: char, depth: usize) -> String {
        let (_, leaves, rules) = GRAMMAR
            .iter()
            .find(|(of, ..)| *of == kind)
            .unwrap_or_else(|| panic!("no rules for {kind}"));
        let choices = if depth == 0 { *leaves } else { *rules };
        let rule = match self.below(choices.len() + 2) {
            index if index < choices.len() => choices[index],
            _ => self.pick(leaves),
        };
        let scope = self.locals.len();
        let mut out = String::new();
        let mut symbols = rule.chars();
        while let Some(symbol) = symbols.next() {
            let mut operand = || symbols.next().unwrap_or_default();
            match symbol {
                '~' => {
                    let part = self.expand(operand(), depth.saturating_sub(1));
                    out.push_str(&part);
                }
                '@' => {
                    let name = format!("v{scope}");
                    out.push_str(&name);
                    self.locals.push((operand(), name));
                }
                '$' => {
                    let local = self.local(operand());
                    out.push_str(&local);
                }
                other => out.push(other),
            }
        }
        self.locals.truncate(scope);
        out
    }

    /// A loop variable of a kind; outside of such loops something else of that kind.
    fn local(&mut self, kind: char) -> String {
        let fitting = self.locals.iter().filter(|(holds, _)| *holds == kind);
        let fitting: Vec<String> = fitting.map(|(_, name)| name.clone()).collect();
        let other = match kind {
            'c' => "ship.cabins[0]",
            'i' => "ship.mode",
            _ => "ship.name",
        };
        let index = self.below(fitting.len().max(1));
        fitting.get(index).map_or(other, String::as_str).to_owned()
    }
}

/// For each kind (b bool, i int, t text, I and T lists of them, C cabins) the rules without parts and those with parts:
/// `~x` is an expression of kind x, `@x` a new loop variable that holds an x, `$x` such a variable. What CEL leaves open or
/// does otherwise has no rule: `has` below what may not be set, and the order of the keys of a map.
const GRAMMAR: &[(char, &[&str], &[&str])] = &[
    (
        'b',
        &[
            "true",
            "false",
            "ship.armed",
            "has(ship.motto)",
            "has(ship.draught)",
            "has($c.guest)",
            "$c.locked",
            "(has(ship.engine) && has(ship.engine.maxPower))",
            "(has(ship.labels) && has(ship.labels.a))",
        ],
        &[
            "!(~b)",
            "(~b && ~b)",
            "(~b || ~b)",
            "(~b && ~b)",
            "(~b || ~b)",
            "(~b ? ~b : ~b)",
            "(~i == ~i)",
            "(~i != ~i)",
            "(~i < ~i)",
            "(~i <= ~i)",
            "(~i > ~i)",
            "(~i >= ~i)",
            "(~t == ~t)",
            "(~t != ~t)",
            "(~t < ~t)",
            "(~t <= ~t)",
            "(~t > ~t)",
            "(~t >= ~t)",
            "(~i in ~I)",
            "(~t in ~T)",
            "(~t in ship.labels)",
            "(~I == ~I)",
            "(~T != ~T)",
            "~t.startsWith(~t)",
            "~t.endsWith(~t)",
            "~t.contains(~t)",
            "~t.matches('a')",
            "~t.matches('^a.*b')",
            "~t.matches('[0-9]+|Ö')",
            "~C.all(@c, ~b)",
            "~C.exists(@c, ~b)",
            "~C.exists_one(@c, ~b)",
            "~I.all(@i, ~b)",
            "~I.exists(@i, ~b)",
            "~I.exists_one(@i, ~b)",
            "~T.all(@t, ~b)",
            "~T.exists(@t, ~b)",
            "~T.exists_one(@t, ~b)",
            "ship.labels.all(@t, ~b)",
            "ship.labels.exists(@t, ~b)",
        ],
    ),
    (
        'i',
        &[
            "0",
            "1",
            "2",
            "9223372036854775807",
            "ship.draught",
            "ship.mode",
            "ship.engine.maxPower",
            "$c.number",
            "$i",
            "$i",
        ],
        &[
            "(~i + ~i)",
            "(~i - ~i)",
            "(~i * ~i)",
            "(~i / ~i)",
            "(~i % ~i)",
            "-(~i)",
            "~I[~i]",
            "(~b ? ~i : ~i)",
            "size(~t)",
            "size(~I)",
            "~T.size()",
            "~C.size()",
            "size(ship.labels)",
            "int(ship.name)",
            "int(ship.motto)",
            "int(ship.name + '1')",
        ],
    ),
    (
        't',
        &[
            "''",
            "'a'",
            "'ab '",
            "','",
            "'Ö'",
            "ship.name",
            "ship.motto",
            "ship.labels.a",
            "ship.labels['']",
            "ship.engine['fuel-kind']",
            "$c.guest",
            "$t",
            "$t",
        ],
        &[
            "(~t + ~t)",
            "~t.lowerAscii()",
            "~t.upperAscii()",
            "~t.trim()",
            "~T.join(~t)",
            "~T.join()",
            "~T[~i]",
            "string(~i)",
            "string(~b)",
            "string(~t)",
            "ship.labels[~t]",
            "(~b ? ~t : ~t)",
        ],
    ),
    (
        'I',
        &["ship.loads", "[1, 2]"],
        &[
            "[~i, ~i]",
            "(~I + ~I)",
            "~I.filter(@i, ~b)",
            "~C.map(@c, ~i)",
            "~I.map(@i, ~i)",
            "~T.map(@t, ~i)",
        ],
    ),
    (
        'T',
        &["ship.ports", "['a', '']"],
        &[
            "[~t]",
            "~t.split(~t)",
            "~T.filter(@t, ~b)",
            "~C.map(@c, ~t)",
            "~I.map(@i, ~t)",
            "~T.map(@t, ~t)",
        ],
    ),
    (
        'C',
        &["ship.cabins"],
        &["ship.cabins", "~C.filter(@c, ~b)", "(~b ? ~C : ~C)"],
    ),
];

/// Makes one cell of a ship a gap.
pub(super) type MakeGap = Box<dyn Fn(&mut Ship, Gap)>;

/// Every cell of `ship` by the path a trace gives it, and what makes it a gap.
pub(super) fn leaves(ship: &Ship) -> Vec<(String, MakeGap)> {
    let mut leaves: Vec<(String, MakeGap)> = vec![
        (
            "ship.draught".into(),
            Box::new(|s, g| s.draught = Cell::Gap(g)),
        ),
        ("ship.armed".into(), Box::new(|s, g| s.armed = Cell::Gap(g))),
        ("ship.motto".into(), Box::new(|s, g| s.motto = Cell::Gap(g))),
        ("ship.ports".into(), Box::new(|s, g| s.ports = Cell::Gap(g))),
        (
            "ship.labels".into(),
            Box::new(|s, g| s.labels = Cell::Gap(g)),
        ),
        (
            "ship.engine".into(),
            Box::new(|s, g| s.engine = Cell::Gap(g)),
        ),
    ];
    for index in 0..ship.loads.len() {
        leaves.push((
            format!("ship.loads[{index}]"),
            Box::new(move |s, g| s.loads[index] = Cell::Gap(g)),
        ));
    }
    for index in 0..ship.cabins.0.rows.len() {
        leaves.push((
            format!("ship.cabins[{index}].guest"),
            Box::new(move |s, g| s.cabins.0.rows[index].guest = Cell::Gap(g)),
        ));
        leaves.push((
            format!("ship.cabins[{index}].locked"),
            Box::new(move |s, g| s.cabins.0.rows[index].locked = Cell::Gap(g)),
        ));
    }
    leaves
}
