//! Values while an expression runs: borrowed from the facts or the expression wherever possible.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use crate::facts::{Entries, Fields, Gap, Items, Reading, View};

use super::trace::Place;
use super::tree::Constant;

/// What an expression evaluates to.
#[derive(Clone)]
pub enum Value<'a> {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// A point in time.
    Time(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// A sequence.
    List(List<'a>),
    /// Values by key.
    Map(&'a dyn Entries),
    /// Named fields.
    Record(&'a dyn Fields),
}

/// A sequence, read from the facts, written in the expression or computed.
#[derive(Clone)]
pub struct List<'a>(Holder<'a>);

#[derive(Clone)]
enum Holder<'a> {
    Facts(&'a dyn Items),
    Constants(&'a [Constant]),
    Computed(Rc<[Spot<'a>]>),
}

/// What is at a place: a value, nothing, or nobody knows.
#[derive(Clone)]
pub(super) enum Seen<'a> {
    Value(Value<'a>),
    Absent,
    Gap(&'a Gap),
}

/// What was seen, and where. Computed values and untraced runs have no place.
#[derive(Clone)]
pub(super) struct Spot<'a> {
    pub(super) seen: Seen<'a>,
    pub(super) place: Option<Rc<Place<'a>>>,
}

impl<'a> Spot<'a> {
    /// A value that no single place holds.
    pub(super) fn computed(value: Value<'a>) -> Self {
        Self {
            seen: Seen::Value(value),
            place: None,
        }
    }
}

impl<'a> From<View<'a>> for Seen<'a> {
    fn from(view: View<'a>) -> Self {
        Self::Value(match view {
            View::Absent => return Self::Absent,
            View::Gap(gap) => return Self::Gap(gap),
            View::Bool(v) => Value::Bool(v),
            View::Int(v) => Value::Int(v),
            View::Text(v) => Value::Text(Cow::Borrowed(v)),
            View::Time(v) => Value::Time(v),
            View::Duration(v) => Value::Duration(v),
            View::List(v) => Value::List(List(Holder::Facts(v))),
            View::Map(v) => Value::Map(v),
            View::Record(v) => Value::Record(v),
        })
    }
}

impl<'a> From<&'a Constant> for Value<'a> {
    fn from(constant: &'a Constant) -> Self {
        match constant {
            Constant::Bool(v) => Self::Bool(*v),
            Constant::Int(v) => Self::Int(*v),
            Constant::Text(v) => Self::Text(Cow::Borrowed(v)),
            Constant::Time(v) => Self::Time(*v),
            Constant::Duration(v) => Self::Duration(*v),
            Constant::List(v) => Self::List(List(Holder::Constants(v))),
        }
    }
}

impl<'a> List<'a> {
    /// How many items are known.
    pub fn len(&self) -> usize {
        match &self.0 {
            Holder::Facts(items) => items.len(),
            Holder::Constants(items) => items.len(),
            Holder::Computed(items) => items.len(),
        }
    }

    /// Whether no item is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Why there may be more items; only lists of the facts can be incomplete.
    pub fn missing(&self) -> Option<&'a Gap> {
        match &self.0 {
            Holder::Facts(items) => items.missing(),
            Holder::Constants(_) | Holder::Computed(_) => None,
        }
    }

    /// A complete list of computed items.
    pub(super) fn computed(items: impl IntoIterator<Item = Spot<'a>>) -> Self {
        Self(Holder::Computed(items.into_iter().collect()))
    }

    /// The item at `index`; `locate` gives an item of the facts its place, a computed one keeps where it came from.
    pub(super) fn item(
        &self,
        index: usize,
        locate: impl FnOnce(Reading<'a>) -> Spot<'a>,
    ) -> Option<Spot<'a>> {
        match &self.0 {
            Holder::Facts(items) => items.item(index).map(locate),
            Holder::Constants(items) => items.get(index).map(|item| Spot::computed(item.into())),
            Holder::Computed(items) => items.get(index).cloned(),
        }
    }

    /// What is at `index`, wherever it comes from.
    pub(super) fn seen(&self, index: usize) -> Option<Seen<'a>> {
        let spot = self.item(index, |reading| Spot {
            seen: reading.view.into(),
            place: None,
        });
        spot.map(|spot| spot.seen)
    }

    /// The texts of the list, as far as its items are known texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        (0..self.len()).filter_map(|index| match self.seen(index) {
            Some(Seen::Value(Value::Text(text))) => Some(text),
            _ => None,
        })
    }
}

impl<'a> Value<'a> {
    /// How two values of one ordered type compare; nothing for other types.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Duration(a), Self::Duration(b)) => a.cmp(b),
            _ => return None,
        })
    }

    /// The value as a reader sees it, at most `limit` characters long: lists as `[a, b]`, records only counted.
    pub fn text(&self, limit: usize) -> String {
        let mut out = Limited {
            text: String::new(),
            left: limit,
        };
        if self.write(&mut out).is_err() {
            out.text.push('…');
        }
        out.text
    }

    fn write(&self, out: &mut Limited) -> fmt::Result {
        match self {
            Self::Bool(v) => write!(out, "{v}"),
            Self::Int(v) => write!(out, "{v}"),
            Self::Text(v) => out.write_str(v),
            Self::Time(v) => write!(out, "{v}"),
            Self::Duration(v) => write!(out, "{v:#}"),
            Self::List(list) => list.write(out),
            Self::Map(map) => {
                out.write_char('{')?;
                for (index, key) in (0..map.len()).filter_map(|i| Some((i, map.key(i)?))) {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(out, "{separator}{key}: ")?;
                    let seen = map
                        .entry(key)
                        .map_or(Seen::Absent, |reading| reading.view.into());
                    seen.write(out)?;
                }
                out.write_char('}')
            }
            Self::Record(record) => out.write_str(&record.record().name),
        }
    }
}

impl List<'_> {
    fn write(&self, out: &mut Limited) -> fmt::Result {
        if let Some(Seen::Value(Value::Record(_))) = self.seen(0) {
            let plural = if self.len() == 1 { "" } else { "s" };
            return write!(out, "{} item{plural}", self.len());
        }
        out.write_char('[')?;
        for (index, seen) in (0..self.len()).filter_map(|i| Some((i, self.seen(i)?))) {
            if index > 0 {
                out.write_str(", ")?;
            }
            seen.write(out)?;
        }
        if self.missing().is_some() {
            out.write_str(", not all known")?;
        }
        out.write_char(']')
    }
}

impl Seen<'_> {
    /// What a reader sees in evidence.
    pub(super) fn text(&self, limit: usize) -> String {
        match self {
            Self::Value(value) => value.text(limit),
            Self::Absent => NOT_SET.to_owned(),
            Self::Gap(_) => NOT_KNOWN.to_owned(),
        }
    }

    fn write(&self, out: &mut Limited) -> fmt::Result {
        match self {
            Self::Value(value) => value.write(out),
            Self::Absent => out.write_str(NOT_SET),
            Self::Gap(_) => out.write_str(NOT_KNOWN),
        }
    }
}

const NOT_SET: &str = "not set";
const NOT_KNOWN: &str = "not known";

/// Text that ends after so many characters, however long the value.
struct Limited {
    text: String,
    left: usize,
}

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text.char_indices().nth(self.left) {
            Some((end, _)) => {
                self.text.push_str(&text[..end]);
                self.left = 0;
                Err(fmt::Error)
            }
            None => {
                self.text.push_str(text);
                self.left -= text.chars().count();
                Ok(())
            }
        }
    }
}
