//! Ours against the interpreter of the `cel` crate, and against ourselves when parts of a row are not known.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::facts::{Lacking, Observed, View};

use super::fixture::{self, Ship, compile, explained, gap};
use super::generate::{Choices, leaves};
use super::{Expected, Expression, Unknown};

/// The facts as `cel` sees them: what is not set is not there.
fn converted(view: View<'_>) -> Option<cel::Value> {
    Some(match view {
        View::Absent | View::Gap(_) | View::Time(_) | View::Duration(_) => return None,
        View::Bool(v) => cel::Value::Bool(v),
        View::Int(v) => cel::Value::Int(v),
        View::Text(v) => v.into(),
        View::List(items) => {
            let items = (0..items.len()).filter_map(|i| converted(items.item(i)?.view));
            cel::Value::List(Arc::new(items.collect()))
        }
        View::Map(entries) => map((0..entries.len()).filter_map(|i| {
            let key = entries.key(i)?;
            Some((key.to_owned(), converted(entries.entry(key)?.view)?))
        })),
        View::Record(record) => {
            let fields = record.record().fields.iter().enumerate();
            map(fields.filter_map(|(i, field)| {
                Some((field.name.clone(), converted(record.field(i).view)?))
            }))
        }
    })
}

fn map(entries: impl Iterator<Item = (String, cel::Value)>) -> cel::Value {
    entries.collect::<HashMap<_, _>>().into()
}

/// A result of `cel` as we show ours.
fn shown(value: &cel::Value) -> String {
    match value {
        cel::Value::Bool(v) => v.to_string(),
        cel::Value::Int(v) => v.to_string(),
        cel::Value::String(v) => v.to_string(),
        cel::Value::List(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        other => panic!("unexpected {other:?}"),
    }
}

fn oracle(source: &str, ship: &Ship) -> Option<String> {
    let mut env = cel::Env::stdlib();
    env.add_extension(cel::extensions::strings).unwrap();
    let program = env.compile(source).unwrap();
    let mut context = cel::Context::with_env(Arc::new(env));
    context.add_variable_from_value("ship", converted(ship.read().view).unwrap());
    program.execute(&context).ok().map(|value| shown(&value))
}

/// A random expression, or nothing when it is beyond the limits.
fn expression(choices: &mut Choices<'_>) -> Option<Expression> {
    let source = choices.expression();
    match compile(&source, Expected::Shown) {
        Ok(expression) => Some(expression),
        Err(mistakes) => {
            let limit =
                |message: &str| message.contains("than 4096") || message.contains("than 64");
            assert!(
                mistakes.iter().all(|m| limit(&m.message)),
                "{source}: {mistakes:?}"
            );
            None
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..ProptestConfig::with_cases(512)
    }
}

fn random() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..160)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn agrees_with_cel(row in random(), text in random()) {
        let ship = Choices::new(&row).ship();
        if let Some(expression) = expression(&mut Choices::new(&text)) {
            let (ours, _) = explained(&expression, &ship, &Lacking::default());
            if ours != Err(Unknown::Budget) {
                let source = expression.source();
                prop_assert_eq!(ours.ok(), oracle(source, &ship), "{}", source);
            }
        }
    }

    #[test]
    fn gaps_never_turn_an_answer(row in random(), text in random(), gaps in random()) {
        let ship = Choices::new(&row).ship();
        let (gapped, lacking) = Choices::new(&gaps).with_gaps(&ship);
        if let Some(expression) = expression(&mut Choices::new(&text)) {
            let (whole, _) = explained(&expression, &ship, &Lacking::default());
            let (partial, _) = explained(&expression, &gapped, &lacking);
            if let (Ok(whole), Ok(partial)) = (whole, partial) {
                prop_assert_eq!(whole, partial, "{}", expression.source());
            }
        }
    }

    /// What was read is all that the answer needs.
    #[test]
    fn evidence_suffices(row in random(), text in random()) {
        let ship = Choices::new(&row).ship();
        if let Some(expression) = expression(&mut Choices::new(&text)) {
            let (whole, trace) = explained(&expression, &ship, &Lacking::default());
            let mut bare = ship.clone();
            for (path, make) in leaves(&ship) {
                let related = |read: &str| read.starts_with(&path) || path.starts_with(read);
                if !trace.reads.iter().any(|read| related(&read.path)) {
                    make(&mut bare, gap(&path));
                }
            }
            if whole.is_ok() && !trace.cut {
                let (justified, _) = explained(&expression, &bare, &Lacking::default());
                prop_assert_eq!(whole, justified, "{} {:?}", expression.source(), trace);
            }
        }
    }

    /// Whatever the text is, there is an answer with positions inside of it.
    #[test]
    fn any_text_is_answered(tokens in proptest::collection::vec(0..TOKENS.len(), 0..40)) {
        let source: String = tokens.into_iter().map(|token| TOKENS[token]).collect();
        match compile(&source, Expected::Shown) {
            Ok(expression) => {
                let (result, _) = explained(&expression, &fixture::ship(), &Lacking::default());
                prop_assert_ne!(result, Err(Unknown::Budget));
            }
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                prop_assert!(mistakes.iter().all(|mistake| mistake.offset <= source.len()));
                prop_assert!(mistakes.iter().all(|m| !m.message.contains("the parser")));
            }
        }
    }
}

const TOKENS: [&str; 40] = [
    "ship",
    ".name",
    ".cabins",
    ".all(",
    "x",
    ", ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "\\",
    "'é'",
    "r'",
    "1",
    "-",
    "+",
    " == ",
    " in ",
    "!",
    " && ",
    " || ",
    " ? ",
    " : ",
    ".",
    ".?",
    "[?",
    "\n",
    "//",
    "has(",
    "1u",
    "0x",
    "namespace",
    "\u{0}",
    "\u{202e}",
    "b'\\xff'",
    "`",
];
