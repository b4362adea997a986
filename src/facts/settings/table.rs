//! The tables that say which settings exist: for every flag and configuration field its type, its default and the
//! versions this default is known for.
//!
//! The tables are data in `tables/`, read from the sources of Kubernetes 1.29 to 1.36 and etcd 3.5 to 3.6 (and from the
//! binaries of the newest of each, hidden and deprecated flags included).

use std::sync::Arc;

use super::{Kind, Scalar};
use crate::facts::{Field, Record};

/// The settings of one component that have one home: its flags, or its configuration.
#[derive(Debug)]
pub struct Table {
    /// The component.
    pub component: String,
    /// The newest version the table was read for.
    pub version: Version,
    /// The oldest minor version that any default is known for.
    pub oldest: u32,
    /// The settings, in ascending order of their names.
    pub rows: Vec<Row>,
    pub(super) shape: Shape,
}

/// One setting.
#[derive(Debug)]
pub struct Row {
    /// The flag's name, or the path of the field with dots.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether "not set" and "set to zero" differ: a pointer in Go.
    pub optional: bool,
    /// Its defaults, oldest first: the minor version each began with, the value without and with a configuration file.
    defaults: Vec<(u32, Scalar, Scalar)>,
    /// Whether there is a default besides "not set".
    defaulted: bool,
    /// The flag that sets it too.
    pub flag: Option<String>,
    /// Whether the flag wins over a configuration file.
    pub flag_wins: bool,
    /// The path in the configuration file; empty when a file cannot set it.
    pub path: Vec<String>,
}

/// A version as far as defaults depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// 1 for Kubernetes, 3 for etcd.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
}

impl Version {
    /// The version in a text such as `v1.36.3`, `1.31.2+k3s1` or `3.6.16-0`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().trim_start_matches('v').split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?;
        let digits = minor
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(minor.len());
        let minor = minor[..digits].parse().ok()?;
        Some(Self { major, minor })
    }
}

/// What applies when nobody sets a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fallback<'a> {
    /// This value.
    Value(&'a Scalar),
    /// Nothing.
    Unset,
    /// Not known for this version.
    Unrecorded,
}

impl Table {
    /// Reads a table; the error names the line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let head = lines.next().and_then(|line| line.strip_prefix("# "));
        let title = head.and_then(|head| head.split_once(':')).map(|(t, _)| t);
        let mut title = title.ok_or("no title")?.split(' ');
        let (Some(component), Some(version), Some(what)) =
            (title.next(), title.next(), title.next())
        else {
            return Err("a title is: component, version, flags or configuration".to_owned());
        };
        let version = Version::parse(version).ok_or("no version in the title")?;
        let rows = lines
            .map(|line| Row::parse(line).ok_or_else(|| format!("unreadable line: {line}")))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].name >= pair[1].name) {
            return Err(format!("{} is out of order", pair[1].name));
        }
        let first = |row: &Row| row.defaults.first().map(|(minor, ..)| *minor);
        Ok(Self {
            oldest: rows.iter().filter_map(first).min().unwrap_or(0),
            shape: Shape::new(&format!("{component} {what}"), "", &rows),
            component: component.to_owned(),
            version,
            rows,
        })
    }

    /// The position of the setting called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.rows
            .binary_search_by(|row| row.name.as_str().cmp(name))
            .ok()
    }

    /// The schema of these settings, configuration paths as nested records.
    pub fn record(&self) -> &Arc<Record> {
        &self.shape.record
    }

    /// What applies to `row` in `version` when nobody sets it. A default counts for an unknown version only if it has
    /// been the same ever since the oldest version this table knows.
    pub fn fallback<'a>(&self, row: &'a Row, version: Option<Version>, file: bool) -> Fallback<'a> {
        let known = match version {
            Some(version) => (version.major == self.version.major
                && version.minor <= self.version.minor)
                .then(|| row.since(version.minor))
                .flatten(),
            None => match row.defaults.as_slice() {
                [only] if only.0 <= self.oldest => Some(only),
                _ => None,
            },
        };
        match known {
            None => Fallback::Unrecorded,
            Some(_) if row.optional && !row.defaulted => Fallback::Unset,
            Some((_, _, with_file)) if file => Fallback::Value(with_file),
            Some((_, without_file, _)) => Fallback::Value(without_file),
        }
    }
}

impl Row {
    /// `name type default since`, or `name type default default-with-file flag since [path]`, separated by tabs.
    fn parse(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let (name, kind, default, with_file, flag, since, path) = match *columns.as_slice() {
            [name, kind, default, since] => (name, kind, default, "=", "", since, ""),
            [name, kind, default, file, flag, since] => {
                (name, kind, default, file, flag, since, name)
            }
            [name, kind, default, file, flag, since, path] => {
                (name, kind, default, file, flag, since, path)
            }
            _ => return None,
        };
        let optional = kind.ends_with('?');
        let kind = Kind::parse(kind.trim_end_matches('?'))?;
        let with_file = if with_file == "=" { default } else { with_file };
        let defaults = since
            .split('|')
            .zip(default.split('|').zip(with_file.split('|').cycle()))
            .map(|(since, (without, with))| {
                Some((
                    since.parse().ok()?,
                    kind.default(without)?,
                    kind.default(with)?,
                ))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            name: name.to_owned(),
            kind,
            optional,
            defaults,
            defaulted: !default.is_empty() || !with_file.is_empty(),
            flag: Some(flag.trim_start_matches('+').to_owned()).filter(|flag| !flag.is_empty()),
            flag_wins: flag.starts_with('+'),
            path: path
                .split('.')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    /// The default that holds in `minor`.
    fn since(&self, minor: u32) -> Option<&(u32, Scalar, Scalar)> {
        self.defaults
            .iter()
            .rev()
            .find(|(since, ..)| *since <= minor)
    }

    /// Whether a file that says `value` says nothing: Kubernetes replaces zero by the default where Go has no pointer.
    pub fn zero_is_unset(&self, value: &Scalar) -> bool {
        let zero = |value: &Scalar| match value {
            Scalar::Text(text) if self.kind == Kind::Number => text.parse() == Ok(0.0),
            value => value.is_zero(),
        };
        let always = |(_, without, with): &(u32, Scalar, Scalar)| zero(without) && zero(with);
        !self.optional && zero(value) && !self.defaults.iter().all(always)
    }

    /// Whether the setting is known to exist in `version`.
    pub fn exists_in(&self, version: Option<Version>) -> bool {
        version.is_none_or(|version| self.since(version.minor).is_some())
    }
}

/// The nesting of the settings of a table.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) record: Arc<Record>,
    pub(super) parts: Vec<Part>,
}

/// One field of a [`Shape`].
#[derive(Debug)]
pub(super) enum Part {
    /// A setting, by its position in the table.
    Leaf(usize),
    /// Settings below one name.
    Group(Shape),
}

impl Shape {
    /// The shape of all `rows` below `prefix`.
    fn new(title: &str, prefix: &str, rows: &[Row]) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut parts = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            let Some(rest) = row.name.strip_prefix(prefix) else {
                continue;
            };
            let (name, nested) = match rest.split_once('.') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            if fields.iter().any(|field| field.name == name) {
                continue;
            }
            let doc = format!("`{prefix}{name}` of the {title}.");
            let (part, kind) = if nested {
                let group = Self::new(title, &format!("{prefix}{name}."), rows);
                let kind = crate::facts::Type::Record(group.record.clone());
                (Part::Group(group), kind)
            } else {
                (Part::Leaf(position), row.kind.type_of())
            };
            let name = name.to_owned();
            fields.push(Field { name, doc, kind });
            parts.push(part);
        }
        let record = Record {
            name: format!("{title} {}", prefix.trim_end_matches('.'))
                .trim_end()
                .to_owned(),
            doc: format!("The {title}."),
            fields,
        };
        Self {
            record: Arc::new(record),
            parts,
        }
    }

    /// The position of the part that `name` belongs to, and its name below that.
    pub(super) fn split<'n>(&self, name: &'n str) -> Option<(usize, Option<&'n str>)> {
        if let Some(part) = self.record.position(name) {
            return Some((part, None));
        }
        let (first, rest) = name.split_once('.')?;
        Some((self.record.position(first)?, Some(rest)))
    }

    /// The group at a position.
    pub(super) fn group(&self, part: usize) -> Option<&Self> {
        match self.parts.get(part)? {
            Part::Group(group) => Some(group),
            Part::Leaf(_) => None,
        }
    }

    /// Whether there is a setting of this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        match self.split(name) {
            Some((part, Some(rest))) => self.group(part).is_some_and(|group| group.holds(rest)),
            Some((part, None)) => self.group(part).is_none(),
            None => false,
        }
    }
}

impl Part {
    /// The rows of the settings here, in order.
    pub(super) fn rows(&self) -> Vec<usize> {
        match self {
            Self::Leaf(row) => vec![*row],
            Self::Group(shape) => shape.parts.iter().flat_map(Self::rows).collect(),
        }
    }
}
