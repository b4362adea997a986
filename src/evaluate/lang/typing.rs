//! Typing and compiling in one pass over the syntax tree.
//!
//! A part with a mistake has no type, and whatever uses it is not complained about: every mistake is reported once, and all
//! of them together.

use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo};

use crate::facts::{Field, Record, Type};

use super::mistake::suggestion;
use super::trace::push_name;
use super::tree::{Base, Constant, Kind, Node, Path, Step};
use super::{Expected, Mistake, Scope, parse};

/// What becomes of an expression.
pub(super) struct Compiled {
    pub(super) root: Node,
    /// The fields it names, as written, in order.
    pub(super) fields: Vec<(String, Field)>,
}

/// The compiled tree of `source`, or all its mistakes in the order of their positions.
pub(super) fn compile(
    source: &str,
    scope: &Scope,
    expected: Expected,
) -> Result<Compiled, Vec<Mistake>> {
    let (root, offsets) = parse::parse(source)?;
    let mut typing = Typing {
        source,
        offsets,
        scope,
        locals: Vec::new(),
        fields: Vec::new(),
        mistakes: Vec::new(),
    };
    let typed = typing.node(&root);
    if let Some((_, kind)) = &typed {
        typing.result(&root, kind, expected);
    }
    match typed {
        Some((node, _)) if typing.mistakes.is_empty() => Ok(Compiled {
            root: node,
            fields: typing.fields,
        }),
        _ => {
            typing.mistakes.sort_by_key(|mistake| mistake.offset);
            Err(typing.mistakes)
        }
    }
}

/// A node with its type; nothing if there is a mistake in it.
pub(super) type Typed = Option<(Node, Type)>;

pub(super) struct Typing<'s> {
    pub(super) source: &'s str,
    offsets: SourceInfo,
    scope: &'s Scope,
    /// The variables of the enclosing loops; without a type when what they run over has a mistake.
    pub(super) locals: Vec<(String, Option<Type>)>,
    /// The fields that were named, as written, in order.
    fields: Vec<(String, Field)>,
    mistakes: Vec<Mistake>,
}

impl Typing<'_> {
    /// Notes a mistake.
    pub(super) fn refuse<T>(
        &mut self,
        offset: usize,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Option<T> {
        let mistake = Mistake::at(self.source, offset, message, hint);
        self.mistakes.push(mistake);
        None
    }

    /// Where the token is that the parser files the node under: an operator, a dot, a bracket, a name, a literal.
    pub(super) fn token(&self, expr: &IdedExpr) -> usize {
        self.offsets
            .offset_for(expr.id)
            .map_or(0, |(start, _)| start as usize)
    }

    /// Where the text of the node starts.
    pub(super) fn start(&self, expr: &IdedExpr) -> usize {
        let first = match &expr.expr {
            Expr::Select(select) => Some(&*select.operand),
            Expr::Call(call) => match &call.target {
                Some(target) => Some(&**target),
                // Operators are filed under their sign, functions under their bracket.
                None if call.func_name.starts_with('_') => call.args.first(),
                None if call.func_name == "@in" => call.args.first(),
                None if call.func_name.ends_with('_') => None,
                None => return self.name_before(self.token(expr), &call.func_name),
            },
            _ => None,
        };
        first.map_or(self.token(expr), |first| {
            self.start(first).min(self.token(expr))
        })
    }

    /// Where `name` is written that ends before `offset`.
    pub(super) fn name_before(&self, offset: usize, name: &str) -> usize {
        self.source
            .get(..offset)
            .and_then(|before| before.rfind(name))
            .unwrap_or(offset)
    }

    /// Where `name` is written that starts after `offset`.
    fn name_after(&self, offset: usize, name: &str) -> usize {
        self.source
            .get(offset..)
            .and_then(|rest| rest.find(name))
            .map_or(offset, |at| offset + at)
    }

    /// An identifier as the source spells it.
    pub(super) fn identifier(&self, expr: &IdedExpr) -> Option<String> {
        match &expr.expr {
            Expr::Ident(name) => {
                let start = self.token(expr);
                let text = self.source.get(start..start + name.len());
                Some(text.filter(|_| !name.starts_with('.'))?.to_owned())
            }
            _ => None,
        }
    }

    fn result(&mut self, root: &IdedExpr, kind: &Type, expected: Expected) {
        let wanted = match (expected, kind) {
            (Expected::Bool, Type::Bool) | (Expected::Text, Type::Text) => return,
            (Expected::Shown, kind) if comparable(kind) => return,
            (Expected::Bool, _) => "bool",
            (Expected::Text, _) => "string",
            (Expected::Shown, _) => "a scalar or a list of scalars",
        };
        let hint = (expected == Expected::Text && scalar(kind))
            .then(|| "convert it with string(…)".to_owned());
        let message = format!("the result is {kind}, it must be {wanted}");
        self.refuse::<()>(self.start(root), message, hint);
    }

    /// Types a node.
    pub(super) fn node(&mut self, expr: &IdedExpr) -> Typed {
        let at = self.token(expr);
        match &expr.expr {
            Expr::Literal(literal) => self.literal(literal, at),
            Expr::Ident(_) => self.variable(expr),
            Expr::Select(select) => {
                let operand = self.node(&select.operand)?;
                let at = self.name_after(at, &select.field);
                self.select(operand, &select.field, at)
            }
            Expr::List(list) => {
                if let Some(optional) = list.optional_indices.first() {
                    let at = list.elements.get(*optional).map_or(at, |e| self.start(e));
                    return self.refuse(at, "optional items are not supported", None);
                }
                self.list(&list.elements, at)
            }
            Expr::Call(call) => self.call(expr, call),
            Expr::Map(_) => self.refuse(at, "map literals are not supported", None),
            Expr::Struct(_) => self.refuse(at, "messages are not supported", None),
            Expr::Comprehension(_) | Expr::Unspecified => {
                self.refuse(at, "this cannot be read", None)
            }
        }
    }

    fn literal(&mut self, literal: &LiteralValue, at: usize) -> Typed {
        let (constant, kind) = match literal {
            LiteralValue::Boolean(v) => (Constant::Bool(**v), Type::Bool),
            LiteralValue::Int(v) => (Constant::Int(**v), Type::Int),
            LiteralValue::String(v) => (Constant::Text(v.inner().to_owned()), Type::Text),
            LiteralValue::Null => {
                let hint = "whether something is set is asked with has(…)".to_owned();
                return self.refuse(at, "there is no null", Some(hint));
            }
            LiteralValue::Double(_) => {
                return self.refuse(at, "there are no fractional numbers", None);
            }
            LiteralValue::UInt(_) => {
                return self.refuse(at, "there are no unsigned numbers", None);
            }
            LiteralValue::Bytes(_) => return self.refuse(at, "there are no bytes", None),
        };
        let kind_of = Kind::Constant(constant);
        Some((Node { at, kind: kind_of }, kind))
    }

    fn variable(&mut self, expr: &IdedExpr) -> Typed {
        let at = self.token(expr);
        let Some(name) = self.identifier(expr) else {
            return self.refuse(at, "a name cannot start with a dot", None);
        };
        let local = self.locals.iter().rposition(|(known, _)| *known == name);
        let (base, kind) = if let Some(depth) = local {
            (Base::Local(depth), self.locals[depth].1.clone()?)
        } else {
            let mut variables = self.scope.variables().iter();
            match variables.position(|(known, _)| *known == name) {
                Some(position) => {
                    let kind = self.scope.variables()[position].1.clone();
                    (Base::Variable(position, Arc::from(name.as_str())), kind)
                }
                None => return self.unknown_variable(&name, at),
            }
        };
        let kind_of = Kind::Path(Path {
            base,
            steps: Vec::new(),
            text: name,
        });
        Some((Node { at, kind: kind_of }, kind))
    }

    fn unknown_variable(&mut self, name: &str, at: usize) -> Typed {
        let hint = {
            let locals = self.locals.iter().map(|(name, _)| name.as_str());
            let scope = self.scope.variables().iter().map(|(name, _)| name.as_str());
            suggestion(name, locals.chain(scope), "in scope are")
        };
        self.refuse(at, format!("unknown variable `{name}`"), hint)
    }

    fn list(&mut self, elements: &[IdedExpr], at: usize) -> Typed {
        if elements.is_empty() {
            let hint = "to ask whether a list is empty, use size(…) == 0".to_owned();
            return self.refuse(at, "an empty list has no type", Some(hint));
        }
        let typed: Vec<Typed> = elements.iter().map(|element| self.node(element)).collect();
        let first = typed
            .iter()
            .flatten()
            .next()
            .map(|(_, kind)| kind.clone())?;
        for (element, typed) in elements.iter().zip(&typed) {
            if let Some((_, kind)) = typed
                && *kind != first
            {
                let message = format!("a list of {first} cannot hold {kind}");
                self.refuse::<()>(self.start(element), message, None);
            }
        }
        let nodes = typed.into_iter().collect::<Option<Vec<_>>>()?;
        let nodes: Vec<Node> = nodes.into_iter().map(|(node, _)| node).collect();
        let constants = nodes.iter().map(|node| match &node.kind {
            Kind::Constant(constant) => Some(constant.clone()),
            _ => None,
        });
        let kind = match constants.collect::<Option<Vec<_>>>() {
            Some(constants) => Kind::Constant(Constant::List(constants)),
            None => Kind::List(nodes),
        };
        Some((Node { at, kind }, Type::list(first)))
    }

    /// `operand.name`: a field of a record or an entry of a map.
    pub(super) fn select(&mut self, operand: (Node, Type), name: &str, at: usize) -> Typed {
        match operand.1.clone() {
            Type::Record(record) => match record.position(name) {
                Some(position) => {
                    let field = record.fields[position].clone();
                    let kind = field.kind.clone();
                    let node = step(operand.0, Step::Field(position), Some(name), at);
                    if let Kind::Path(path) = &node.kind {
                        self.fields.push((path.text.clone(), field));
                    }
                    Some((node, kind))
                }
                None => self.unknown_field(&operand.0, &record, name, at),
            },
            Type::Map(kind) => {
                let key = Node {
                    at,
                    kind: Kind::Constant(Constant::Text(name.to_owned())),
                };
                Some((step(operand.0, Step::Key(key), Some(name), at), *kind))
            }
            other => self.refuse(at, format!("{other} has no fields, such as `{name}`"), None),
        }
    }

    fn unknown_field(&mut self, of: &Node, record: &Record, name: &str, at: usize) -> Typed {
        let of = match &of.kind {
            Kind::Path(path) => &path.text,
            _ => &record.name,
        };
        let fields = record.fields.iter().map(|field| field.name.as_str());
        let hint = suggestion(name, fields, "its fields are");
        self.refuse(at, format!("unknown field `{name}` of {of}"), hint)
    }

    /// `operand[index]`: an item of a list, an entry of a map, or a field whose name is no identifier.
    pub(super) fn index(&mut self, operand: &IdedExpr, index: &IdedExpr) -> Typed {
        let at = self.start(index);
        let (operand, index) = (self.node(operand), self.node(index));
        let (operand, (index, index_type)) = (operand?, index?);
        let literal = match &index.kind {
            Kind::Constant(Constant::Text(text)) => Some(text.clone()),
            _ => None,
        };
        match (&operand.1, &index_type, literal) {
            (Type::Record(_), _, Some(name)) => self.select(operand, &name, at),
            (Type::Record(record), _, None) => {
                let message = format!("a field of {} is named by a literal text", record.name);
                self.refuse(at, message, None)
            }
            (Type::Map(kind), Type::Text, literal) => {
                let kind = (**kind).clone();
                let node = step(operand.0, Step::Key(index), literal.as_deref(), at);
                Some((node, kind))
            }
            (Type::List(kind), Type::Int, _) => {
                let kind = (**kind).clone();
                Some((step(operand.0, Step::Index(index), None, at), kind))
            }
            (kind, _, _) => {
                let message = format!("{kind} cannot be indexed with {index_type}");
                self.refuse(at, message, None)
            }
        }
    }
}

/// `node` and one step from there.
fn step(node: Node, step: Step, name: Option<&str>, at: usize) -> Node {
    let mut path = match node.kind {
        Kind::Path(path) => path,
        kind => Path {
            base: Base::Node(Box::new(Node { at: node.at, kind })),
            steps: Vec::new(),
            text: "(…)".to_owned(),
        },
    };
    match name {
        Some(name) => push_name(&mut path.text, name),
        None => path.text.push_str("[…]"),
    }
    path.steps.push(step);
    Node {
        at,
        kind: Kind::Path(path),
    }
}

/// Types of a single value.
pub(super) fn scalar(kind: &Type) -> bool {
    matches!(
        kind,
        Type::Bool | Type::Int | Type::Text | Type::Time | Type::Duration
    )
}

/// Types with `==`: scalars and lists of comparable items.
pub(super) fn comparable(kind: &Type) -> bool {
    match kind {
        Type::List(item) => comparable(item),
        kind => scalar(kind),
    }
}
