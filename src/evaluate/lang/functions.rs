//! The functions of the language: one row each, so that adding one is one entry.
//!
//! `has` and the loops are syntax and only documented here. Incomplete lists never reach an implementation.

use std::borrow::Cow;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::facts::Type;

use super::value::{List, Spot, Value};

/// A function, or one of several of the same name.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Whether it is called on its first argument: `text.trim()`.
    pub member: bool,
    /// What it takes, the receiver first.
    pub takes: &'static [Parameter],
    /// What it gives.
    pub gives: Parameter,
    /// What it does, one line.
    pub doc: &'static str,
    pub(super) run: Run,
}

/// How a function is computed.
#[derive(Debug)]
pub(super) enum Run {
    /// From its arguments; the error says what is wrong with them, without showing them.
    Plain(for<'a> fn(&[Value<'a>]) -> Result<Value<'a>, &'static str>),
    /// With a regular expression built at load.
    Matches,
}

/// The type of an argument or of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A truth value.
    Bool,
    /// An integer.
    Int,
    /// A text.
    Text,
    /// A point in time.
    Time,
    /// A span of time.
    Duration,
    /// A list of texts.
    Texts,
    /// A text, a list or a map.
    Sized,
    /// A literal regular expression.
    Pattern,
    /// A literal text of octal digits.
    Octal,
}

impl Parameter {
    /// Whether a value of `actual` type can be passed.
    pub(super) fn accepts(self, actual: &Type) -> bool {
        match self {
            Self::Sized => matches!(actual, Type::Text | Type::List(_) | Type::Map(_)),
            other => other.plain() == *actual,
        }
    }

    /// The type of a result of this kind.
    pub(super) fn plain(self) -> Type {
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Time => Type::Time,
            Self::Duration => Type::Duration,
            Self::Texts => Type::list(Type::Text),
            Self::Text | Self::Sized | Self::Pattern | Self::Octal => Type::Text,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sized => f.write_str("string | list | map"),
            Self::Pattern => f.write_str("literal regular expression"),
            Self::Octal => f.write_str("literal octal digits"),
            other => write!(f, "{}", other.plain()),
        }
    }
}

impl fmt::Display for Function {
    /// The signature: `string.startsWith(string) → bool`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut takes = self.takes.iter();
        if self.member
            && let Some(receiver) = takes.next()
        {
            write!(f, "{receiver}.")?;
        }
        let takes: Vec<String> = takes.map(ToString::to_string).collect();
        write!(f, "{}({}) → {}", self.name, takes.join(", "), self.gives)
    }
}

/// Every function and macro as (signature, what it does), for the reference page.
pub fn functions() -> impl Iterator<Item = (String, &'static str)> {
    let macros = MACROS
        .iter()
        .map(|(signature, doc)| ((*signature).to_owned(), *doc));
    macros.chain(TABLE.iter().map(|row| (row.to_string(), row.doc)))
}

const MACROS: [(&str, &str); 6] = [
    (
        "has(a.b) → bool",
        "whether b is set; also has(a['b']). False as well when a is not set",
    ),
    (
        "list.all(x, condition) → bool",
        "whether it holds for every item (of a map: key)",
    ),
    (
        "list.exists(x, condition) → bool",
        "whether it holds for at least one item",
    ),
    (
        "list.exists_one(x, condition) → bool",
        "whether it holds for exactly one item",
    ),
    (
        "list.filter(x, condition) → list",
        "the items for which it holds",
    ),
    ("list.map(x, value) → list", "a value for every item"),
];

macro_rules! table {
    ($($style:ident $name:ident($($takes:ident),*) -> $gives:ident, $doc:literal, $run:expr;)*) => {
        &[$(Function {
            name: stringify!($name),
            member: matches!(stringify!($style).as_bytes(), b"member"),
            takes: &[$(Parameter::$takes),*],
            gives: Parameter::$gives,
            doc: $doc,
            run: $run,
        }),*]
    };
}

use Run::{Matches, Plain};
use Value::{Bool, Int};

/// All functions. Meaning as in CEL and its strings extension, unless stated.
pub(super) static TABLE: &[Function] = table! {
    global size(Sized) -> Int, "characters, items or keys", Plain(size);
    member size(Sized) -> Int, "characters, items or keys", Plain(size);
    member startsWith(Text, Text) -> Bool, "whether it begins so", Plain(|a| Ok(Bool(text(a, 0).starts_with(text(a, 1)))));
    member endsWith(Text, Text) -> Bool, "whether it ends so", Plain(|a| Ok(Bool(text(a, 0).ends_with(text(a, 1)))));
    member contains(Text, Text) -> Bool, "whether the other text is part of it", Plain(|a| Ok(Bool(text(a, 0).contains(text(a, 1)))));
    member matches(Text, Pattern) -> Bool, "whether the pattern (RE2 syntax) is found anywhere in it", Matches;
    member lowerAscii(Text) -> Text, "A-Z made small", Plain(|a| Ok(owned(text(a, 0).to_ascii_lowercase())));
    member upperAscii(Text) -> Text, "a-z made capital", Plain(|a| Ok(owned(text(a, 0).to_ascii_uppercase())));
    member trim(Text) -> Text, "without white space at its ends", Plain(|a| Ok(owned(text(a, 0).trim().to_owned())));
    member split(Text, Text) -> Texts, "the parts between separators", Plain(split);
    member join(Texts) -> Text, "all items one after the other", Plain(|a| Ok(join(a, "")));
    member join(Texts, Text) -> Text, "all items with a separator between", Plain(|a| Ok(join(a, text(a, 1))));
    global int(Text) -> Int, "decimal digits as a number", Plain(|a| text(a, 0).parse().map(Int).map_err(|_| "int() of a text that is no number"));
    global int(Time) -> Int, "seconds since 1970", Plain(|a| time(a).map(|time| Int(time.as_second())));
    global string(Int) -> Text, "the number in decimal digits", Plain(canonical);
    global string(Bool) -> Text, "true or false", Plain(canonical);
    global string(Text) -> Text, "the text itself", Plain(canonical);
    global string(Time) -> Text, "RFC 3339, in UTC", Plain(canonical);
    global string(Duration) -> Text, "seconds, as in 3600s", Plain(canonical);
    global duration(Text) -> Duration, "a span such as 720h or 1h30m (units h m s ms us ns)", Plain(|a| go_duration(text(a, 0)).map(Value::Duration).ok_or("duration() of a text that is none"));
    global timestamp(Text) -> Time, "a time as in RFC 3339", Plain(|a| text(a, 0).parse().map(Value::Time).map_err(|_| "timestamp() of a text that is none"));
    member octal(Int) -> Text, "a file mode as chmod has it, such as 0644", Plain(octal);
    member within(Int, Octal) -> Bool, "whether a file mode has no permission bit beyond the mask", Plain(within);
};

fn text<'v>(arguments: &'v [Value<'_>], position: usize) -> &'v str {
    match arguments.get(position) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn time(arguments: &[Value<'_>]) -> Result<Timestamp, &'static str> {
    match arguments {
        [Value::Time(time)] => Ok(*time),
        _ => Err(DIFFERS),
    }
}

fn owned<'a>(text: String) -> Value<'a> {
    Value::Text(Cow::Owned(text))
}

/// A value is not of the type that its schema states.
pub(super) const DIFFERS: &str = "internal error: a value differs from its schema";

fn size<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, &'static str> {
    let size = match arguments {
        [Value::Text(text)] => text.chars().count(),
        [Value::List(list)] => list.len(),
        [Value::Map(map)] => map.len(),
        _ => return Err(DIFFERS),
    };
    i64::try_from(size).map(Int).map_err(|_| "size() overflows")
}

fn split<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, &'static str> {
    let (whole, separator) = (text(arguments, 0), text(arguments, 1));
    let part = |part: &str| Spot::computed(owned(part.to_owned()));
    // An empty separator splits between characters, without the empty ends that Rust adds.
    Ok(Value::List(if separator.is_empty() {
        List::computed(whole.chars().map(|c| part(c.encode_utf8(&mut [0; 4]))))
    } else {
        List::computed(whole.split(separator).map(part))
    }))
}

fn join<'a>(arguments: &[Value<'a>], separator: &str) -> Value<'a> {
    match arguments.first() {
        Some(Value::List(list)) => owned(list.texts().collect::<Vec<_>>().join(separator)),
        _ => owned(String::new()),
    }
}

fn canonical<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, &'static str> {
    Ok(match arguments {
        [text @ Value::Text(_)] => text.clone(),
        [Value::Duration(span)] => {
            let nanoseconds = span.subsec_nanos().unsigned_abs();
            let fraction = format!(".{nanoseconds:09}");
            let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
            let sign = if span.is_negative() { "-" } else { "" };
            owned(format!(
                "{sign}{}{fraction}s",
                span.as_secs().unsigned_abs()
            ))
        }
        [value] => owned(value.text(usize::MAX)),
        _ => return Err(DIFFERS),
    })
}

/// The permission bits of `mode` beyond the mask; set-user-id, set-group-id and sticky count as permissions.
fn within<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, &'static str> {
    match arguments {
        [Int(mode), Int(mask)] => Ok(Bool(mode & 0o7777 & !mask == 0)),
        _ => Err(DIFFERS),
    }
}

/// The permission bits of a mode as `ls` and `chmod` have them.
fn octal<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, &'static str> {
    match arguments {
        [Int(mode)] => Ok(owned(format!("{:04o}", mode & 0o7777))),
        _ => Err(DIFFERS),
    }
}

/// Go's `time.ParseDuration` (which CEL refers to), exact to the nanosecond.
fn go_duration(text: &str) -> Option<SignedDuration> {
    const UNITS: [(&str, i128); 6] = [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
    ];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let (unit, nanoseconds) = UNITS.into_iter().find(|(unit, _)| tail.starts_with(unit))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || whole.len() > 18 || fraction.contains('.') {
            return None;
        }
        let digits = |text: &str| {
            if text.is_empty() {
                Some(0)
            } else {
                text.parse::<i128>().ok()
            }
        };
        let fraction = &fraction[..fraction.len().min(15)];
        let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        let part = digits(whole)? * nanoseconds + digits(fraction)? * nanoseconds / scale;
        total = total.checked_add(part)?;
        rest = &tail[unit.len()..];
    }
    i64::try_from(sign * total)
        .ok()
        .map(SignedDuration::from_nanos)
}
