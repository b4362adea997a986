//! Evaluation in three values: a result, or the reason why there is none.
//!
//! A gap is never a value here. It stops the evaluation like an error does, and only an operand that decides alone
//! (`false &&`, `true ||`, an item that decides a loop) gets past it.

use std::borrow::Cow;

use crate::facts::{Gap, Lacking, Reading};

use super::functions::{DIFFERS, Function, Parameter, Run as Implementation};
use super::operate::overflow;
use super::resolve::{Range, present};
use super::trace::{Recorder, Segment};
use super::tree::{Kind, Loop, LoopKind, Node};
use super::value::{List, Seen, Spot, Value};

/// Why there is no value.
pub(super) enum Stop<'a> {
    Gap(&'a Gap),
    Error(Cow<'static, str>, usize),
    Budget,
}

pub(super) type Result<'a, T = Value<'a>> = std::result::Result<T, Stop<'a>>;

/// A value is not of the type that its schema states.
pub(super) fn differs<'a>(at: usize) -> Stop<'a> {
    Stop::Error(DIFFERS.into(), at)
}

/// One evaluation under way.
pub(super) struct Run<'a> {
    pub(super) readings: &'a [Reading<'a>],
    pub(super) lacking: &'a Lacking,
    pub(super) steps: u64,
    pub(super) recorder: Option<Recorder<'a>>,
    pub(super) locals: Vec<Spot<'a>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        readings: &'a [Reading<'a>],
        lacking: &'a Lacking,
        steps: u64,
        recorder: Option<Recorder<'a>>,
    ) -> Self {
        Self {
            readings,
            lacking,
            steps,
            recorder,
            locals: Vec::new(),
        }
    }

    /// The value of a whole expression: a list must be known entirely.
    pub(super) fn result(&mut self, root: &'a Node) -> Result<'a> {
        let value = self.value(root)?;
        if let Value::List(list) = &value {
            self.complete(list, true, root.at)?;
        }
        Ok(value)
    }

    /// The value of `node`.
    pub(super) fn value(&mut self, node: &'a Node) -> Result<'a> {
        self.spend(1)?;
        match &node.kind {
            Kind::Constant(constant) => Ok(constant.into()),
            Kind::Path(path) => {
                let spot = self.resolve(path)?;
                self.note(&spot);
                present(path, node.at, spot).map(|found| found.value)
            }
            Kind::Has(path) => {
                let spot = self.resolve(path)?;
                self.note(&spot);
                match spot.seen {
                    Seen::Value(_) => Ok(Value::Bool(true)),
                    Seen::Absent => Ok(Value::Bool(false)),
                    Seen::Gap(gap) => Err(Stop::Gap(gap)),
                }
            }
            Kind::Not(operand) => self.truth(operand).map(|truth| Value::Bool(!truth)),
            Kind::Negate(operand) => match self.value(operand)? {
                Value::Int(v) => v
                    .checked_neg()
                    .map(Value::Int)
                    .ok_or_else(|| overflow(node.at)),
                _ => Err(differs(node.at)),
            },
            Kind::Junction(decisive, operands) => self.junction(*decisive, operands),
            Kind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                let chosen = if self.truth(condition)? { yes } else { no };
                self.value(chosen)
            }
            Kind::Binary(operator, operands) => {
                let [left, right] = &**operands;
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.binary(*operator, &left, &right, node.at)
            }
            Kind::List(items) => {
                let items = items
                    .iter()
                    .map(|item| self.value(item).map(Spot::computed))
                    .collect::<Result<Vec<_>>>()?;
                Ok(Value::List(List::computed(items)))
            }
            Kind::Loop(each) => self.each(each),
            Kind::Call(function, arguments) => self.call(function, arguments, node.at),
            Kind::Matches(text, pattern) => match self.value(text)? {
                Value::Text(text) => {
                    self.spend_text(&text)?;
                    Ok(Value::Bool(pattern.is_match(&text)))
                }
                _ => Err(differs(node.at)),
            },
        }
    }

    fn truth(&mut self, node: &'a Node) -> Result<'a, bool> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            _ => Err(differs(node.at)),
        }
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<'a, ()> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(Stop::Budget)
            }
        }
    }

    /// Looking through text costs by its length.
    pub(super) fn spend_text(&mut self, text: &str) -> Result<'a, ()> {
        self.spend(text.len() as u64 / 64)
    }

    /// `&&` and `||`: the decisive value of either operand decides, whatever the other one is.
    fn junction(&mut self, decisive: bool, [left, right]: &'a [Node; 2]) -> Result<'a> {
        let start = self.mark();
        let first = self.truth(left);
        if matches!(first, Ok(truth) if truth == decisive) {
            return Ok(Value::Bool(decisive));
        }
        let middle = self.mark();
        match (first, self.truth(right)) {
            (_, Ok(truth)) if truth == decisive => {
                self.forget(start, middle);
                Ok(Value::Bool(decisive))
            }
            (Err(stop), _) | (_, Err(stop)) => Err(stop),
            (Ok(_), Ok(truth)) => Ok(Value::Bool(truth)),
        }
    }

    fn each(&mut self, each: &'a Loop) -> Result<'a> {
        let range = self.range(&each.range)?;
        let missing = match &range.value {
            Value::List(list) => list.missing(),
            _ => None,
        };
        let start = self.mark();
        let result = match each.kind {
            LoopKind::All => self.quantify(false, each, &range, missing),
            LoopKind::Exists => self.quantify(true, each, &range, missing),
            LoopKind::ExistsOne => self.exactly_one(each, &range, missing),
            LoopKind::Map | LoopKind::Filter => match missing {
                Some(gap) => Err(Stop::Gap(gap)),
                None => self.transform(each, &range),
            },
        };
        self.note_range(start, range);
        result
    }

    /// `all` is decided by an item that is false, `exists` by one that is true.
    fn quantify(
        &mut self,
        decisive: bool,
        each: &'a Loop,
        range: &Range<'a>,
        missing: Option<&'a Gap>,
    ) -> Result<'a> {
        let mut unknown = missing.map(Stop::Gap);
        let start = self.mark();
        for index in 0..range.len() {
            let before = self.mark();
            match self.body(each, range, index) {
                Ok((Value::Bool(truth), _)) if truth == decisive => {
                    self.forget(start, before);
                    return Ok(Value::Bool(decisive));
                }
                Ok(_) => {}
                Err(Stop::Budget) => return Err(Stop::Budget),
                Err(stop) => unknown = unknown.or(Some(stop)),
            }
        }
        unknown.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    /// Two items for which it holds make it false, whatever is not known of others; errors are never absorbed, as in CEL.
    fn exactly_one(
        &mut self,
        each: &'a Loop,
        range: &Range<'a>,
        missing: Option<&'a Gap>,
    ) -> Result<'a> {
        let mut gap = missing;
        let mut holds = 0;
        for index in 0..range.len() {
            match self.body(each, range, index) {
                Ok((Value::Bool(truth), _)) => holds += usize::from(truth),
                Ok(_) => return Err(differs(each.body.at)),
                Err(Stop::Gap(unknown)) => gap = gap.or(Some(unknown)),
                Err(stop) => return Err(stop),
            }
        }
        match gap {
            Some(gap) if holds < 2 => Err(Stop::Gap(gap)),
            _ => Ok(Value::Bool(holds == 1)),
        }
    }

    fn transform(&mut self, each: &'a Loop, range: &Range<'a>) -> Result<'a> {
        let mut items = Vec::with_capacity(range.len());
        for index in 0..range.len() {
            let (value, item) = self.body(each, range, index)?;
            match (each.kind, value) {
                (LoopKind::Filter, Value::Bool(true)) => items.push(item),
                (LoopKind::Filter, Value::Bool(false)) => {}
                (_, value) => items.push(Spot::computed(value)),
            }
        }
        Ok(Value::List(List::computed(items)))
    }

    /// The body of a loop for the item at `index`, and that item.
    fn body(
        &mut self,
        each: &'a Loop,
        range: &Range<'a>,
        index: usize,
    ) -> Result<'a, (Value<'a>, Spot<'a>)> {
        self.spend(1)?;
        let item = match &range.value {
            Value::List(list) => list.item(index, |reading| {
                self.locate(range.place.as_ref(), || Segment::Index(index), reading)
            }),
            Value::Map(map) => map
                .key(index)
                .map(|key| Spot::computed(Value::Text(Cow::Borrowed(key)))),
            _ => None,
        };
        let item = item.ok_or_else(|| differs(each.range.at))?;
        self.locals.push(item.clone());
        let value = self.value(&each.body);
        self.locals.pop();
        value.map(|value| (value, item))
    }

    fn call(
        &mut self,
        function: &'static Function,
        arguments: &'a [Node],
        at: usize,
    ) -> Result<'a> {
        let mut values = [const { Value::Bool(false) }; 2];
        for ((node, takes), value) in arguments.iter().zip(function.takes).zip(&mut values) {
            *value = self.value(node)?;
            match value {
                Value::Text(text) => self.spend_text(text)?,
                Value::List(list) => self.complete(list, *takes == Parameter::Texts, at)?,
                _ => {}
            }
        }
        match function.run {
            Implementation::Plain(run) => run(&values[..arguments.len().min(values.len())])
                .map_err(|message| Stop::Error(message.into(), at)),
            Implementation::Matches => Err(differs(at)),
        }
    }
}
