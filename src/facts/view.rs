//! The dynamic side of facts: reading a field by its position, without converting anything.
//!
//! [`Observed`] is implemented for the plain types, for cells, lists and maps, and by [`record!`](crate::facts::record)
//! for structs, so one definition gives the schema, the access and the reference page.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Cell, Gap, Record, Source, Type};

/// What an expression sees when it looks at a place.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// Nothing is set here.
    Absent,
    /// It is not known what is here.
    Gap(&'a Gap),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// A point in time.
    Time(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// A sequence.
    List(&'a dyn Items),
    /// Values by key.
    Map(&'a dyn Entries),
    /// Named fields.
    Record(&'a dyn Fields),
}

/// A view with the place it was read from, where that differs from the place of the whole row.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What is there.
    pub view: View<'a>,
    /// Its own source; `None` means the source of the enclosing record.
    pub source: Option<&'a Source>,
}

impl<'a> From<View<'a>> for Reading<'a> {
    fn from(view: View<'a>) -> Self {
        Self { view, source: None }
    }
}

/// A type that expressions can read.
pub trait Observed {
    /// Its static type.
    fn kind() -> Type
    where
        Self: Sized;
    /// What is there now.
    fn read(&self) -> Reading<'_>;
}

/// Named fields, by position in their [`Record`].
pub trait Fields: Sync {
    /// The schema.
    fn record(&self) -> &Arc<Record>;
    /// The field at `position` of the schema; absent beyond its end.
    fn field(&self, position: usize) -> Reading<'_>;
    /// Where this record as a whole was read, if it knows.
    fn source(&self) -> Option<&Source> {
        None
    }
}

/// A sequence of values.
pub trait Items: Sync {
    /// How many are known.
    fn len(&self) -> usize;
    /// Whether none is known.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value at `index`, if there is one.
    fn item(&self, index: usize) -> Option<Reading<'_>>;
    /// Why there may be more than is known; `None` when the list is complete.
    fn missing(&self) -> Option<&Gap> {
        None
    }
}

/// Values by text key.
pub trait Entries: Sync {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value under `key`, if there is one.
    fn entry(&self, key: &str) -> Option<Reading<'_>>;
    /// The key at `index` in ascending order, if there is one.
    fn key(&self, index: usize) -> Option<&str>;
}

macro_rules! plain {
    ($($type:ty => $kind:ident, $view:expr;)*) => {$(
        impl Observed for $type {
            fn kind() -> Type { Type::$kind }
            fn read(&self) -> Reading<'_> {
                let view: fn(&$type) -> View<'_> = $view;
                view(self).into()
            }
        }
    )*};
}

plain! {
    bool => Bool, |v| View::Bool(*v);
    i64 => Int, |v| View::Int(*v);
    i32 => Int, |v| View::Int(i64::from(*v));
    u32 => Int, |v| View::Int(i64::from(*v));
    String => Text, |v| View::Text(v);
    Timestamp => Time, |v| View::Time(*v);
    SignedDuration => Duration, |v| View::Duration(*v);
}

impl Observed for Arc<str> {
    fn kind() -> Type {
        Type::Text
    }
    fn read(&self) -> Reading<'_> {
        View::Text(self).into()
    }
}

impl<T: Observed> Observed for Option<T> {
    fn kind() -> Type {
        T::kind()
    }
    fn read(&self) -> Reading<'_> {
        self.as_ref()
            .map_or(Reading::from(View::Absent), Observed::read)
    }
}

impl<T: Observed> Observed for Box<T> {
    fn kind() -> Type {
        T::kind()
    }
    fn read(&self) -> Reading<'_> {
        T::read(self)
    }
}

impl<T: Observed> Observed for Cell<T> {
    fn kind() -> Type {
        T::kind()
    }
    fn read(&self) -> Reading<'_> {
        match self {
            Self::Value { value, source, .. } => Reading {
                view: value.read().view,
                source: Some(source),
            },
            Self::Absent { source } => Reading {
                view: View::Absent,
                source: Some(source),
            },
            Self::Gap(gap) => View::Gap(gap).into(),
        }
    }
}

impl<T: Observed + Sync> Observed for Vec<T> {
    fn kind() -> Type {
        Type::list(T::kind())
    }
    fn read(&self) -> Reading<'_> {
        View::List(self).into()
    }
}

impl<T: Observed + Sync> Items for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }
    fn item(&self, index: usize) -> Option<Reading<'_>> {
        self.get(index).map(Observed::read)
    }
}

impl<T: Observed + Sync> Observed for BTreeMap<String, T> {
    fn kind() -> Type {
        Type::map(T::kind())
    }
    fn read(&self) -> Reading<'_> {
        View::Map(self).into()
    }
}

impl<T: Observed + Sync> Entries for BTreeMap<String, T> {
    fn len(&self) -> usize {
        self.len()
    }
    fn entry(&self, key: &str) -> Option<Reading<'_>> {
        self.get(key).map(Observed::read)
    }
    fn key(&self, index: usize) -> Option<&str> {
        self.keys().nth(index).map(String::as_str)
    }
}
