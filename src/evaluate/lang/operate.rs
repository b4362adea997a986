//! Operators of two operands, in three values.

use crate::facts::Reading;

use super::run::{Result, Run, Stop, differs};
use super::tree::Operator;
use super::value::{List, Seen, Spot, Value};

impl<'a> Run<'a> {
    /// Refuses a list that is not fully known: its length, and its items where they matter.
    pub(super) fn complete(&mut self, list: &List<'a>, items: bool, at: usize) -> Result<'a, ()> {
        if let Some(gap) = list.missing() {
            return Err(Stop::Gap(gap));
        }
        for index in 0..if items { list.len() } else { 0 } {
            self.spend(1)?;
            self.known(list, index, at)?;
        }
        Ok(())
    }

    /// The item at `index`, if it is known and set. A list of the facts was read as a whole before, but a selection from it
    /// holds items that may not have been read yet.
    fn known(&mut self, list: &List<'a>, index: usize, at: usize) -> Result<'a> {
        let unplaced = |reading: Reading<'a>| Spot {
            seen: reading.view.into(),
            place: None,
        };
        let Some(spot) = list.item(index, unplaced) else {
            return Err(differs(at));
        };
        self.note(&spot);
        match spot.seen {
            Seen::Value(value) => Ok(value),
            Seen::Gap(gap) => Err(Stop::Gap(gap)),
            Seen::Absent => Err(Stop::Error("an item of the list is not set".into(), at)),
        }
    }

    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: &Value<'a>,
        right: &Value<'a>,
        at: usize,
    ) -> Result<'a> {
        let order = || left.order(right).ok_or_else(|| differs(at));
        Ok(Value::Bool(match operator {
            Operator::Equal => self.equal(left, right, at)?,
            Operator::Different => !self.equal(left, right, at)?,
            Operator::Less => order()?.is_lt(),
            Operator::LessOrEqual => order()?.is_le(),
            Operator::Greater => order()?.is_gt(),
            Operator::GreaterOrEqual => order()?.is_ge(),
            Operator::In => self.contained(left, right, at)?,
            Operator::Add if matches!(left, Value::List(_) | Value::Text(_)) => {
                return self.concatenate(left, right, at);
            }
            _ => return arithmetic(operator, left, right, at),
        }))
    }

    fn equal(&mut self, left: &Value<'a>, right: &Value<'a>, at: usize) -> Result<'a, bool> {
        let (Value::List(left), Value::List(right)) = (left, right) else {
            return left
                .order(right)
                .map(|order| order.is_eq())
                .ok_or_else(|| differs(at));
        };
        if let Some(gap) = left.missing().or(right.missing()) {
            return Err(Stop::Gap(gap));
        }
        if left.len() != right.len() {
            return Ok(false);
        }
        let mut unknown = None;
        for index in 0..left.len() {
            self.spend(1)?;
            let pair = self
                .known(left, index, at)
                .and_then(|l| Ok((l, self.known(right, index, at)?)));
            match pair.and_then(|(l, r)| self.equal(&l, &r, at)) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(stop) => unknown = unknown.or(Some(stop)),
            }
        }
        unknown.map_or(Ok(true), Err)
    }

    fn contained(&mut self, wanted: &Value<'a>, range: &Value<'a>, at: usize) -> Result<'a, bool> {
        let list = match (wanted, range) {
            (Value::Text(key), Value::Map(map)) => {
                let entry = map.entry(key).map(|reading| reading.view.into());
                return Ok(!matches!(entry, None | Some(Seen::Absent)));
            }
            (_, Value::List(list)) => list,
            _ => return Err(differs(at)),
        };
        let mut unknown = list.missing().map(Stop::Gap);
        for index in 0..list.len() {
            self.spend(1)?;
            match self
                .known(list, index, at)
                .and_then(|item| self.equal(wanted, &item, at))
            {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(stop) => unknown = unknown.or(Some(stop)),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    fn concatenate(&mut self, left: &Value<'a>, right: &Value<'a>, at: usize) -> Result<'a> {
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => {
                let text = format!("{left}{right}");
                self.spend_text(&text)?;
                Ok(Value::Text(text.into()))
            }
            (Value::List(left), Value::List(right)) => {
                self.complete(left, true, at)?;
                self.complete(right, true, at)?;
                let items = [left, right].into_iter().flat_map(|list| {
                    (0..list.len())
                        .filter_map(|i| list.seen(i).map(|seen| Spot { seen, place: None }))
                });
                Ok(Value::List(List::computed(items.collect::<Vec<_>>())))
            }
            _ => Err(differs(at)),
        }
    }
}

fn arithmetic<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    at: usize,
) -> Result<'a> {
    use Operator::{Add, Divide, Multiply, Remainder, Subtract};
    use Value::{Duration, Int, Time};
    match (operator, left, right) {
        (Divide | Remainder, Int(_), Int(0)) => Err(Stop::Error("division by zero".into(), at)),
        (Add, Int(a), Int(b)) => Ok(a.checked_add(*b).map(Int)),
        (Subtract, Int(a), Int(b)) => Ok(a.checked_sub(*b).map(Int)),
        (Multiply, Int(a), Int(b)) => Ok(a.checked_mul(*b).map(Int)),
        (Divide, Int(a), Int(b)) => Ok(a.checked_div(*b).map(Int)),
        (Remainder, Int(a), Int(b)) => Ok(a.checked_rem(*b).map(Int)),
        (Add, Time(time), Duration(span)) | (Add, Duration(span), Time(time)) => {
            Ok(time.checked_add(*span).ok().map(Time))
        }
        (Subtract, Time(time), Duration(span)) => Ok(time.checked_sub(*span).ok().map(Time)),
        (Subtract, Time(a), Time(b)) => Ok(Some(Duration(a.duration_since(*b)))),
        (Add, Duration(a), Duration(b)) => Ok(a.checked_add(*b).map(Duration)),
        (Subtract, Duration(a), Duration(b)) => Ok(a.checked_sub(*b).map(Duration)),
        _ => Err(differs(at)),
    }?
    .ok_or_else(|| overflow(at))
}

/// A number, time or span beyond what can be represented.
pub(super) fn overflow<'a>(at: usize) -> Stop<'a> {
    Stop::Error("the result is too large".into(), at)
}
