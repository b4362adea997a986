//! Tables: values, mistakes with positions, three values, evidence, limits.

use super::fixture::{Ship, absent, compile, explained, gap, set, ship, shown};
use super::{Expected, Unknown};
use crate::facts::{Cell, Lacking};

mod evidence;

mod unknown;

#[test]
fn values() {
    let table = [
        ("ship.draught + 1", "4"),
        ("-ship.draught * 2 % 4", "-2"),
        ("ship.draught in [1, 2, 3]", "true"),
        ("ship.name + ' of ' + namespace", "Argo of sea"),
        ("has(ship.motto) || has(ship.engine.maxPower)", "true"),
        ("has(ship.engine['fuel-kind'])", "false"),
        ("has(ship.labels.line) && !has(ship.labels['x'])", "true"),
        (
            "'line' in ship.labels && ship.labels['line'] == 'north'",
            "true",
        ),
        ("ship.labels.all(k, k.startsWith('l'))", "true"),
        ("ship.cabins.filter(c, c.locked).map(c, c.number)", "[1]"),
        ("ship.cabins.exists_one(c, has(c.guest))", "true"),
        ("ship.cabins[1].number == 2 ? 'two' : 'other'", "two"),
        (
            "ship.ports.join(', ').upperAscii().split(', ')",
            "[OSLO, RIGA]",
        ),
        (
            "size(ship.ports) + ship.name.size() + size(ship.labels)",
            "7",
        ),
        (
            "ship.name.matches('^A.*o$') && !ship.name.matches('z')",
            "true",
        ),
        ("ship.built - duration('5s')", "2026-01-02T03:04:00Z"),
        (
            "ship.built + ship.voyage > timestamp('2026-01-03T00:00:00Z')",
            "true",
        ),
        (
            "string(ship.voyage) + string(duration('-1.5s'))",
            "108000s-1.5s",
        ),
        ("ship.built - timestamp('2026-01-01T03:04:05Z')", "24h"),
        ("int('12') + int(timestamp('1970-01-01T00:01:00Z'))", "72"),
        (
            "[ship.mode.within('0644'), ship.mode.within('0400')]",
            "[true, false]",
        ),
        ("ship.loads == [1, 2] && ship.loads + [3] != [1, 2]", "true"),
        (
            "['a b'.trim(), '  x '.trim(), 'abc'.split('').join('-')]",
            "[a b, x, a-b-c]",
        ),
        (
            "size(ship.cabins.map(namespace, namespace.number)) // comment",
            "2",
        ),
        ("[[1], [2]].exists(l, l.exists(x, x == 2))", "true"),
    ];
    for (source, expected) in table {
        assert_eq!(shown(source, &ship()), Ok(expected.to_owned()), "{source}");
    }
}

/// Compiles with mistakes, each as `line:column: message` and its hint.
fn mistakes(source: &str, expected: Expected) -> Vec<String> {
    let mistakes = compile(source, expected).err().unwrap_or_default();
    let shown = mistakes.into_iter().map(|mistake| {
        let hint = mistake.hint.as_ref().map(|hint| format!(" ({hint})"));
        format!("{mistake}{}", hint.unwrap_or_default())
    });
    shown.collect()
}

const MISTAKES: &[(&str, &[&str])] = &[
    (
        "ship.engine.maxPowr > 1 && shp.name == 'a'",
        &[
            "1:13: unknown field `maxPowr` of ship.engine (did you mean `maxPower`?)",
            "1:28: unknown variable `shp` (did you mean `ship`?)",
        ],
    ),
    (
        "ship.cabins.exists(c,\n  c.xyz == 1)",
        &["2:5: unknown field `xyz` of c (its fields are: number, guest, locked)"],
    ),
    (
        "é",
        &[
            "1:1: not part of the language: 'é'",
            "1:2: mismatched input the end of the expression",
        ],
    ),
    (
        "'é' + 1 == 'a'",
        &["1:5: `+` cannot take string and int (convert with string(…))"],
    ),
    (
        "boat == 1",
        &["1:1: unknown variable `boat` (in scope are: ship, namespace)"],
    ),
    ("ship.name", &["1:1: the result is string, it must be bool"]),
    (
        "ship.name && !ship.mode",
        &[
            "1:1: `&&` needs bool, this is string",
            "1:15: `!` needs bool, this is int",
        ],
    ),
    (
        "ship.name.lenght() == 1",
        &[
            "1:11: unknown function `lenght` (there are: size, startsWith, endsWith, contains, matches, lowerAscii, \
             upperAscii, trim, split, join, octal, within, all, exists, exists_one, map, filter)",
        ],
    ),
    (
        "startsWith('a', 'b')",
        &["1:1: unknown function `startsWith` (string.startsWith(string) → bool)"],
    ),
    (
        "ship.name.startWith('b')",
        &["1:11: unknown function `startWith` (did you mean `startsWith`?)"],
    ),
    (
        "ship.name.startsWith()",
        &["1:11: `startsWith` does not take 0 arguments (string.startsWith(string) → bool)"],
    ),
    (
        "ship.name.startsWith(1)",
        &["1:11: `startsWith` cannot take string, int (string.startsWith(string) → bool)"],
    ),
    (
        "ship.labels[ship.name] == 1",
        &["1:24: `==` cannot take string and int"],
    ),
    (
        "ship[ship.name] == 1",
        &["1:6: a field of Ship is named by a literal text"],
    ),
    (
        "ship.ports['a'] == ship.engine[1]",
        &[
            "1:12: list(string) cannot be indexed with string",
            "1:32: a field of Engine is named by a literal text",
        ],
    ),
    (
        "ship.name.x == 1",
        &["1:11: string has no fields, such as `x`"],
    ),
    (
        "ship.engine == ship.engine",
        &["1:13: `==` cannot take Engine and Engine (compare its fields)"],
    ),
    ("ship.name < 1", &["1:11: `<` cannot take string and int"]),
    (
        "ship.ports.all(x, y, true)",
        &["1:12: `all` takes one variable and one expression (list.all(x, …))"],
    ),
    (
        "ship.ports.all(x.y, true)",
        &["1:16: the first argument of `all` must be a new name"],
    ),
    (
        "ship.name.exists(x, x)",
        &["1:1: `exists` needs a list or a map, this is string"],
    ),
    (
        "ship.ports.filter(x, x)",
        &["1:22: `filter` needs bool, this is string"],
    ),
    (
        "has(ship)",
        &["1:5: has() takes one field, such as has(a.b)"],
    ),
    (
        "has(ship.ports[0])",
        &["1:5: has() takes one field, such as has(a.b)"],
    ),
    (
        "true ? 1 : 'a'",
        &["1:6: `? :` cannot choose between int and string"],
    ),
    (
        "[1, 'a'] == []",
        &[
            "1:5: a list of int cannot hold string",
            "1:13: an empty list has no type (to ask whether a list is empty, use size(…) == 0)",
        ],
    ),
    (
        "ship.?name == 'a' || ship[?'x']",
        &[
            "1:5: optional access is not supported (ask has(…) first)",
            "1:26: optional access is not supported (ask has(…) first)",
        ],
    ),
    (
        "ship.name.orValue('a') == 'a'",
        &["1:11: unknown function `orValue` (use has(…) with `&&`, `||` or `? :`)"],
    ),
    (
        "dyn(1) == type(2)",
        &[
            "1:1: unknown function `dyn` (every value has a type)",
            "1:11: unknown function `type` (every value has a type)",
        ],
    ),
    (
        "ship.motto == null",
        &["1:15: there is no null (whether something is set is asked with has(…))"],
    ),
    (
        "1.5 == 2u || b'x' == {}",
        &[
            "1:1: there are no fractional numbers",
            "1:8: there are no unsigned numbers",
            "1:14: there are no bytes",
            "1:22: map literals are not supported",
        ],
    ),
    ("Ship{name: 'a'}", &["1:5: messages are not supported"]),
    (
        "ship.name.matches(ship.name)",
        &["1:24: `matches` takes a literal regular expression"],
    ),
    (
        "ship.name.matches('(a')",
        &["1:19: not a regular expression: unclosed group"],
    ),
    (
        "ship.mode.within('0848')",
        &["1:18: not a file mode such as '0644'"],
    ),
    (
        "ship.built > timestamp('soon')",
        &["1:14: timestamp() of a text that is none"],
    ),
    (
        "ship.voyage > duration('1d')",
        &["1:15: duration() of a text that is none"],
    ),
    (
        "ship.name ==",
        &["1:13: mismatched input the end of the expression"],
    ),
    (".ship.armed", &["1:2: a name cannot start with a dot"]),
    ("ship.armed && if", &["1:15: reserved identifier: if"]),
];

#[test]
fn typing_mistakes() {
    for (source, expected) in MISTAKES {
        assert_eq!(mistakes(source, Expected::Bool), *expected, "{source}");
    }
    let message = "1:1: the result is int, it must be string (convert it with string(…))";
    assert_eq!(mistakes("ship.mode", Expected::Text), [message]);
    let message = "1:1: the result is Engine, it must be a scalar or a list of scalars";
    assert_eq!(mistakes("ship.engine", Expected::Shown), [message]);
}

#[test]
fn limits() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}true{}", open.repeat(depth), close.repeat(depth))
    };
    assert!(compile(&nested("(", ")", 63), Expected::Bool).is_ok());
    assert!(compile(&nested("!(", ")", 31), Expected::Bool).is_ok());
    let chain = |link: &str, times: usize| format!("1{} > 0", link.repeat(times));
    assert_eq!(shown(&chain(" + 1", 60), &ship()), Ok("true".to_owned()));
    for hostile in [
        nested("(", ")", 65),
        nested("(", "", 4000),
        nested("!(", ")", 600),
        nested("[", "]", 600),
        nested("true ? true : ", "", 200),
        chain(" + 1", 900),
        format!("ship{}", ".a".repeat(2000)),
        format!("ship{}", "['a']".repeat(700)),
        "true && ".repeat(600),
        "'".repeat(3000),
        "((((((\"\\".to_owned(),
        "ship.name == '\u{0}\u{202e}' +".to_owned(),
    ] {
        assert!(compile(&hostile, Expected::Bool).is_err(), "{hostile}");
    }
    let lists = |depth: usize| format!("size({}ship.mode{})", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(shown(&lists(60), &ship()), Ok("1".to_owned()));
    let loops = |depth: usize| "ship.ports.all(a, ".repeat(depth) + "true" + &")".repeat(depth);
    assert_eq!(shown(&loops(3), &ship()), Ok("true".to_owned()));
    assert_eq!(shown(&loops(60), &ship()), Err(Unknown::Budget));
}

#[test]
fn functions_are_listed_with_their_signatures() {
    let listed: Vec<String> = super::functions().map(|(signature, _)| signature).collect();
    for signature in [
        "size(string | list | map) → int",
        "string.split(string) → list(string)",
        "int.octal() → string",
        "int.within(literal octal digits) → bool",
        "has(a.b) → bool",
    ] {
        assert!(listed.contains(&signature.to_owned()), "{listed:?}");
    }
    let mut unique = listed.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), listed.len());
}

#[test]
fn expressions_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<super::Expression>();
}
