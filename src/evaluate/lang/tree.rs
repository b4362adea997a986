//! The compiled expression: typed, with fields as positions, literals converted and regular expressions built.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::functions::Function;

/// A node and the byte offset of the text it comes from.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// What a node does.
#[derive(Debug)]
pub(super) enum Kind {
    Constant(Constant),
    Path(Path),
    Has(Path),
    Not(Box<Node>),
    Negate(Box<Node>),
    /// `&&` (decided by false) and `||` (decided by true).
    Junction(bool, Box<[Node; 2]>),
    Conditional(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    List(Vec<Node>),
    Loop(Box<Loop>),
    Call(&'static Function, Vec<Node>),
    Matches(Box<Node>, Regex),
}

/// A literal, or a list of literals.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    Bool(bool),
    Int(i64),
    Text(String),
    Time(Timestamp),
    Duration(SignedDuration),
    List(Vec<Self>),
}

/// A place to look at: where to start, and the steps from there.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) base: Base,
    pub(super) steps: Vec<Step>,
    /// As an author would write it, for messages.
    pub(super) text: String,
}

/// Where a path starts.
#[derive(Debug)]
pub(super) enum Base {
    /// A variable of the scope, by position.
    Variable(usize, Arc<str>),
    /// The variable of an enclosing loop, by depth.
    Local(usize),
    /// A computed value.
    Node(Box<Node>),
}

/// One step of a path.
#[derive(Debug)]
pub(super) enum Step {
    /// The field at a position of a record.
    Field(usize),
    /// An entry of a map.
    Key(Node),
    /// An item of a list.
    Index(Node),
}

/// `range.all(x, body)` and its like; the variable is the innermost local.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) kind: LoopKind,
    pub(super) range: Node,
    pub(super) body: Node,
}

/// What a loop makes of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

/// An operator of two operands that both are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::Different => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        })
    }
}
