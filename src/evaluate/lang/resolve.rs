//! Looking at places: from a variable along fields, keys and indexes, noting what was read where.

use std::rc::Rc;
use std::sync::Arc;

use crate::facts::{Fields, Reading, View};

use super::run::{Result, Run, Stop, differs};
use super::trace::{Place, Segment};
use super::tree::{Base, Kind, Node, Path, Step};
use super::value::{Seen, Spot, Value};

/// What a loop runs over, and where that is.
pub(super) struct Range<'a> {
    pub(super) value: Value<'a>,
    pub(super) place: Option<Rc<Place<'a>>>,
}

impl Range<'_> {
    /// How many items or keys are known.
    pub(super) fn len(&self) -> usize {
        match &self.value {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            _ => 0,
        }
    }
}

/// The value that was seen; absence is an error where a value is needed.
pub(super) fn present<'a>(path: &Path, at: usize, spot: Spot<'a>) -> Result<'a, Range<'a>> {
    match spot.seen {
        Seen::Value(value) => Ok(Range {
            value,
            place: spot.place,
        }),
        Seen::Absent => Err(Stop::Error(format!("{} is not set", path.text).into(), at)),
        Seen::Gap(gap) => Err(Stop::Gap(gap)),
    }
}

impl<'a> Run<'a> {
    /// What is at the end of `path`. Nothing is set below something that is not set.
    pub(super) fn resolve(&mut self, path: &'a Path) -> Result<'a, Spot<'a>> {
        let mut spot = match &path.base {
            Base::Variable(position, name) => self.variable(*position, name),
            Base::Local(depth) => self.locals[*depth].clone(),
            Base::Node(node) => Spot::computed(self.value(node)?),
        };
        for step in &path.steps {
            let Seen::Value(value) = &spot.seen else {
                break;
            };
            spot = match (step, value) {
                (Step::Field(position), Value::Record(record)) => {
                    self.field(*record, *position, spot.place.as_ref())
                }
                (Step::Key(node), Value::Map(map)) => {
                    let map = *map;
                    let Value::Text(key) = self.value(node)? else {
                        return Err(differs(node.at));
                    };
                    let reading = map.entry(&key).unwrap_or(View::Absent.into());
                    self.locate(
                        spot.place.as_ref(),
                        || Segment::Key(key.into_owned()),
                        reading,
                    )
                }
                (Step::Index(node), Value::List(list)) => {
                    let Value::Int(index) = self.value(node)? else {
                        return Err(differs(node.at));
                    };
                    // Which item comes first is not known of a list that may have more.
                    if let Some(gap) = list.missing() {
                        return Err(Stop::Gap(gap));
                    }
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    let locate = |reading| {
                        self.locate(spot.place.as_ref(), || Segment::Index(index), reading)
                    };
                    list.item(index, locate).ok_or_else(|| {
                        Stop::Error("the index is beyond the list".into(), node.at)
                    })?
                }
                (Step::Field(_), _) => return Err(differs(0)),
                (Step::Key(node) | Step::Index(node), _) => return Err(differs(node.at)),
            };
        }
        Ok(spot)
    }

    fn variable(&self, position: usize, name: &'a Arc<str>) -> Spot<'a> {
        match self.readings.get(position) {
            Some(reading) => self.locate(None, || Segment::Variable(name), *reading),
            None => Spot {
                seen: Seen::Absent,
                place: None,
            },
        }
    }

    fn field(
        &self,
        record: &'a dyn Fields,
        position: usize,
        parent: Option<&Rc<Place<'a>>>,
    ) -> Spot<'a> {
        let schema = record.record();
        let reading = match self.lacking.gap(schema, position) {
            Some(gap) => View::Gap(gap).into(),
            None => record.field(position),
        };
        let name = || {
            let field = schema.fields.get(position);
            Segment::Field(field.map_or("", |field| &field.name))
        };
        self.locate(parent, name, reading)
    }

    /// What `reading` shows, with its place when reads are recorded.
    pub(super) fn locate(
        &self,
        parent: Option<&Rc<Place<'a>>>,
        segment: impl FnOnce() -> Segment<'a>,
        reading: Reading<'a>,
    ) -> Spot<'a> {
        let place = self.recorder.as_ref().map(|_| {
            let own = match reading.view {
                View::Record(record) => record.source(),
                _ => None,
            };
            Rc::new(Place {
                parent: parent.cloned(),
                segment: segment(),
                source: reading.source.or(own),
            })
        });
        Spot {
            seen: reading.view.into(),
            place,
        }
    }

    /// What to loop over.
    pub(super) fn range(&mut self, node: &'a Node) -> Result<'a, Range<'a>> {
        let Kind::Path(path) = &node.kind else {
            return Ok(Range {
                value: self.value(node)?,
                place: None,
            });
        };
        self.spend(1)?;
        let spot = self.resolve(path)?;
        if matches!(spot.seen, Seen::Absent) {
            self.note(&spot);
        }
        present(path, node.at, spot)
    }

    /// Looping over a list reads its items; where nothing of them was read since `start`, the list itself mattered.
    pub(super) fn note_range(&mut self, start: usize, range: Range<'a>) {
        if let (Some(recorder), Some(place)) = (&mut self.recorder, range.place)
            && !recorder.read_within(&place, start)
        {
            recorder.note(&Spot {
                seen: Seen::Value(range.value),
                place: Some(place),
            });
        }
    }

    pub(super) fn note(&mut self, spot: &Spot<'a>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(spot);
        }
    }

    /// How many reads were noted so far.
    pub(super) fn mark(&self) -> usize {
        self.recorder.as_ref().map_or(0, |recorder| recorder.mark())
    }

    /// Drops the reads between two marks: something later decided alone.
    pub(super) fn forget(&mut self, from: usize, to: usize) {
        if let Some(recorder) = &mut self.recorder {
            recorder.forget(from, to);
        }
    }
}
