//! Settings: a typed tree of cells whose schema is data.
//!
//! A [`Table`] lists the flags or the configuration fields of a component; [`Settings`] holds one cell for each. The rule
//! for reading them: **a setting that nobody sets has its default, and Go's zero value where there is none** (`''`, `0`,
//! `[]`), because that is what the component runs with. Only fields that are pointers in Go and have no default can be
//! absent. A check therefore compares values (`flags['token-auth-file'] != ''`) and rarely needs `has()`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

pub use argv::{Parsed, Parser, parse};
pub use kind::Kind;
pub use scalar::Scalar;
pub(crate) use syntax::clean_urls;
pub use table::{Fallback, Row, Table, Version};

use crate::facts::{Cell, Fields, Gap, Reading, Record, Type, View};
use table::{Part, Shape};

mod argv;
mod kind;
mod scalar;
mod syntax;
mod table;
pub mod tables;
#[cfg(test)]
mod tests;

/// The name under which a snapshot holds the gap of all settings that it does not name.
const EVERY: &str = "*";

/// The cells of one table for one component.
#[derive(Clone)]
pub struct Settings {
    shape: &'static Shape,
    table: &'static Table,
    nodes: Nodes,
}

/// The nodes of one level, in the order of its parts.
#[derive(Clone)]
enum Nodes {
    Each(Vec<Node>),
    /// No setting below is known, for one reason: a cluster has thousands of kubelets that nobody reads.
    Hidden(Arc<Cell<Scalar>>),
}

/// A setting or a group of them.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Held once for all components of one version that agree on it, see [`Settings::share`].
    Leaf(Arc<Cell<Scalar>>),
    Group(Box<Settings>),
}

/// A setting or a group of them, wherever it is stored.
enum Seen<'s> {
    Leaf(&'s Cell<Scalar>),
    Group(&'s Settings),
}

impl Settings {
    /// Asks `cell` for every setting of `table`.
    pub fn build(
        table: &'static Table,
        mut cell: impl FnMut(&'static Row) -> Cell<Scalar>,
    ) -> Self {
        Self::group(table, &table.shape, &mut cell)
    }

    fn group(
        table: &'static Table,
        shape: &'static Shape,
        cell: &mut dyn FnMut(&'static Row) -> Cell<Scalar>,
    ) -> Self {
        let nodes = shape.parts.iter().map(|part| match part {
            Part::Leaf(row) => Node::Leaf(Arc::new(cell(&table.rows[*row]))),
            Part::Group(shape) => Node::Group(Box::new(Self::group(table, shape, cell))),
        });
        Self {
            shape,
            table,
            nodes: Nodes::of(nodes.collect()),
        }
    }

    fn node(&self, position: usize) -> Option<Seen<'_>> {
        match &self.nodes {
            Nodes::Each(nodes) => nodes.get(position).map(|node| match node {
                Node::Leaf(cell) => Seen::Leaf(cell),
                Node::Group(group) => Seen::Group(group),
            }),
            Nodes::Hidden(leaf) => {
                self.shape.parts.get(position)?;
                Some(Seen::Leaf(leaf))
            }
        }
    }

    /// What a snapshot recorded: names it does not know are dropped, and what it lacks, or holds as another type, is a
    /// gap.
    pub fn recorded(table: &'static Table, mut cells: BTreeMap<String, Cell<Scalar>>) -> Self {
        let every = cells.remove(EVERY).filter(|cell| cell.gap().is_some());
        Self::build(table, |row| match cells.remove(&row.name) {
            Some(cell) if cell.value().is_none_or(|value| row.kind.holds(value)) => cell,
            _ => every.clone().unwrap_or_default(),
        })
    }

    /// The table behind these settings.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// The cell of the setting called `name` (a flag, or a path with dots).
    pub fn get(&self, name: &str) -> Option<&Cell<Scalar>> {
        let (part, rest) = self.shape.split(name)?;
        match (self.node(part)?, rest) {
            (Seen::Leaf(cell), _) => self.shape.holds(name).then_some(cell),
            (Seen::Group(group), Some(rest)) => group.get(rest),
            (Seen::Group(_), None) => None,
        }
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Cell<Scalar>> {
        let (part, rest) = self.shape.split(name)?;
        match (self.each().get_mut(part)?, rest) {
            (Node::Leaf(cell), None) => Some(Arc::make_mut(cell)),
            (Node::Group(group), Some(rest)) => group.get_mut(rest),
            _ => None,
        }
    }

    /// The same after changes: what is not known for one reason is stored once.
    pub(crate) fn folded(mut self) -> Self {
        self.nodes = match self.nodes {
            Nodes::Each(nodes) => {
                let fold = |node| match node {
                    Node::Group(group) => Node::Group(Box::new(group.folded())),
                    leaf => leaf,
                };
                Nodes::of(nodes.into_iter().map(fold).collect())
            }
            hidden => hidden,
        };
        self
    }

    /// The same, where the reason not to know anything is stored with `other` if it is the same there.
    pub(crate) fn beside(mut self, other: &Self) -> Self {
        if let (Nodes::Hidden(own), Nodes::Hidden(shared)) = (&mut self.nodes, &other.nodes)
            && own == shared
        {
            *own = shared.clone();
        }
        self
    }

    /// Holds in one place with `other` what is the same in both: thousands of kubelets have the same defaults.
    pub(crate) fn share(&mut self, other: &Self) {
        if !std::ptr::eq(self.shape, other.shape) {
            return;
        }
        match (&mut self.nodes, &other.nodes) {
            (Nodes::Hidden(own), Nodes::Hidden(shared)) if own == shared => *own = shared.clone(),
            (Nodes::Each(own), Nodes::Each(shared)) => {
                for (own, shared) in own.iter_mut().zip(shared) {
                    match (own, shared) {
                        (Node::Leaf(own), Node::Leaf(shared)) if own == shared => {
                            *own = shared.clone();
                        }
                        (Node::Group(own), Node::Group(shared)) => own.share(shared),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// Why nothing is known here, if it is one reason.
    fn hidden(&self) -> Option<&Gap> {
        match &self.nodes {
            Nodes::Hidden(leaf) => leaf.gap(),
            Nodes::Each(_) => None,
        }
    }

    /// All nodes, each for itself.
    fn each(&mut self) -> &mut [Node] {
        if let Nodes::Hidden(leaf) = &self.nodes {
            let own = |part: &'static Part| match part {
                Part::Leaf(_) => Node::Leaf(leaf.clone()),
                Part::Group(shape) => Node::Group(Box::new(Self {
                    shape,
                    table: self.table,
                    nodes: Nodes::Hidden(leaf.clone()),
                })),
            };
            self.nodes = Nodes::Each(self.shape.parts.iter().map(own).collect());
        }
        match &mut self.nodes {
            Nodes::Each(nodes) => nodes,
            Nodes::Hidden(_) => &mut [],
        }
    }

    /// All settings with their full names.
    pub fn cells(&self) -> Vec<(&str, &Cell<Scalar>)> {
        let mut all = Vec::new();
        for (position, part) in self.shape.parts.iter().enumerate() {
            match (part, self.node(position)) {
                (_, Some(Seen::Group(group))) => all.extend(group.cells()),
                (part, Some(Seen::Leaf(cell))) => {
                    let rows = part.rows().into_iter();
                    all.extend(rows.map(|row| (self.table.rows[row].name.as_str(), cell)));
                }
                (_, None) => {}
            }
        }
        all
    }

    /// How many fields the top level has.
    pub fn width(&self) -> usize {
        self.shape.parts.len()
    }
}

impl Nodes {
    fn of(nodes: Vec<Node>) -> Self {
        let hidden = |node: &'_ Node| match node {
            Node::Leaf(cell) => cell.gap().cloned(),
            Node::Group(group) => group.hidden().cloned(),
        };
        let Some(gap) = nodes.first().and_then(hidden) else {
            return Self::Each(nodes);
        };
        match nodes.iter().all(|node| hidden(node).as_ref() == Some(&gap)) {
            true => Self::Hidden(Arc::new(Cell::Gap(gap))),
            false => Self::Each(nodes),
        }
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape) && self.cells() == other.cells()
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.cells()).finish()
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.nodes {
            Nodes::Hidden(leaf) => serializer.collect_map([(EVERY, leaf)]),
            Nodes::Each(_) => serializer.collect_map(self.cells()),
        }
    }
}

impl Fields for Settings {
    fn record(&self) -> &Arc<Record> {
        &self.shape.record
    }

    fn field(&self, position: usize) -> Reading<'_> {
        match self.node(position) {
            Some(Seen::Leaf(cell)) => reading(cell),
            Some(Seen::Group(group)) => View::Record(group).into(),
            None => View::Absent.into(),
        }
    }
}

/// What an expression sees of a cell.
fn reading(cell: &Cell<Scalar>) -> Reading<'_> {
    match cell {
        Cell::Value { value, source, .. } => Reading {
            view: value.view(),
            source: Some(source),
        },
        Cell::Absent { source } => Reading {
            view: View::Absent,
            source: Some(source),
        },
        Cell::Gap(gap) => View::Gap(gap).into(),
    }
}

/// The type that a record field holding the settings of `table` has.
pub(crate) fn type_of(table: &Table) -> Type {
    Type::Record(table.record().clone())
}

/// A default that is not on record for the version at hand.
pub(crate) fn unrecorded(table: &Table, row: &Row, version: Option<&str>) -> Gap {
    let what = match version {
        Some(version) => format!("default of {} in {} {version}", row.name, table.component),
        None => format!(
            "default of {} in an unknown version of {}",
            row.name, table.component
        ),
    };
    Gap::new(
        what,
        "",
        crate::facts::GapReason::NotAsked,
        "let /flagz or /configz be read, or set it explicitly",
    )
}
