//! Typing of everything that is a call in the syntax tree: operators, `has`, loops and functions.

use cel::common::ast::{CallExpr, IdedExpr, operators};
use regex::Regex;

use crate::facts::Type;

use super::functions::{Function, Parameter, Run, TABLE};
use super::mistake::suggestion;
use super::tree::{Constant, Kind, Loop, LoopKind, Node, Operator, Step};
use super::typing::{Typed, Typing, comparable};
use super::value::Value;

const OPERATORS: [(&str, Operator); 12] = [
    (operators::EQUALS, Operator::Equal),
    (operators::NOT_EQUALS, Operator::Different),
    (operators::LESS, Operator::Less),
    (operators::LESS_EQUALS, Operator::LessOrEqual),
    (operators::GREATER, Operator::Greater),
    (operators::GREATER_EQUALS, Operator::GreaterOrEqual),
    (operators::IN, Operator::In),
    (operators::ADD, Operator::Add),
    (operators::SUBSTRACT, Operator::Subtract),
    (operators::MULTIPLY, Operator::Multiply),
    (operators::DIVIDE, Operator::Divide),
    (operators::MODULO, Operator::Remainder),
];

const LOOPS: [(&str, LoopKind); 5] = [
    (operators::ALL, LoopKind::All),
    (operators::EXISTS, LoopKind::Exists),
    (operators::EXISTS_ONE, LoopKind::ExistsOne),
    (operators::MAP, LoopKind::Map),
    (operators::FILTER, LoopKind::Filter),
];

/// Functions of CEL that are left out on purpose, and what to write instead.
const LEFT_OUT: [(&str, &str); 10] = [
    ("orValue", "use has(…) with `&&`, `||` or `? :`"),
    ("or", "use has(…) with `&&`, `||` or `? :`"),
    ("optMap", "use has(…) with `&&`, `||` or `? :`"),
    ("optFlatMap", "use has(…) with `&&`, `||` or `? :`"),
    ("hasValue", "use has(…)"),
    ("dyn", "every value has a type"),
    ("type", "every value has a type"),
    ("uint", "numbers are int"),
    ("double", "numbers are int"),
    ("bytes", "there are texts only"),
];

impl Typing<'_> {
    pub(super) fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Typed {
        let at = self.token(expr);
        let name = call.func_name.as_str();
        if let Some((_, operator)) = OPERATORS.iter().find(|(sign, _)| *sign == name)
            && let [left, right] = call.args.as_slice()
        {
            return self.binary(*operator, left, right, at);
        }
        match (name, call.args.as_slice()) {
            (operators::LOGICAL_AND, [left, right]) => self.junction(false, left, right, at),
            (operators::LOGICAL_OR, [left, right]) => self.junction(true, left, right, at),
            (operators::LOGICAL_NOT, [operand]) => {
                let node = self.expect(operand, &Type::Bool, "`!`")?;
                Some((kind(at, Kind::Not(Box::new(node))), Type::Bool))
            }
            (operators::NEGATE, [operand]) => {
                let node = self.expect(operand, &Type::Int, "unary `-`")?;
                Some((kind(at, Kind::Negate(Box::new(node))), Type::Int))
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.conditional(condition, yes, no, at)
            }
            (operators::INDEX, [operand, index]) => self.index(operand, index),
            (operators::OPT_SELECT | operators::OPT_INDEX, _) => {
                let hint = "ask has(…) first".to_owned();
                self.refuse(at, "optional access is not supported", Some(hint))
            }
            _ => self.named(expr, call),
        }
    }

    /// A function, `has` or a loop.
    fn named(&mut self, expr: &IdedExpr, call: &CallExpr) -> Typed {
        let name = call.func_name.as_str();
        let at = self.name_before(self.token(expr), name);
        let looping = LOOPS.iter().find(|(known, _)| *known == name);
        match (&call.target, looping) {
            (None, _) if name == operators::HAS => self.has(&call.args, at),
            (Some(target), Some((_, kind))) => self.each(*kind, name, target, &call.args, at),
            _ => self.function(call, at),
        }
    }

    /// An operand that must be of one type.
    fn expect(&mut self, operand: &IdedExpr, wanted: &Type, by: &str) -> Option<Node> {
        let (node, actual) = self.node(operand)?;
        if actual == *wanted {
            return Some(node);
        }
        let message = format!("{by} needs {wanted}, this is {actual}");
        self.refuse(self.start(operand), message, None)
    }

    fn junction(&mut self, decisive: bool, left: &IdedExpr, right: &IdedExpr, at: usize) -> Typed {
        let by = if decisive { "`||`" } else { "`&&`" };
        let left = self.expect(left, &Type::Bool, by);
        let right = self.expect(right, &Type::Bool, by);
        let operands = Box::new([left?, right?]);
        Some((kind(at, Kind::Junction(decisive, operands)), Type::Bool))
    }

    fn conditional(
        &mut self,
        condition: &IdedExpr,
        yes: &IdedExpr,
        no: &IdedExpr,
        at: usize,
    ) -> Typed {
        let condition = self.expect(condition, &Type::Bool, "`? :`");
        let (yes, no) = (self.node(yes), self.node(no));
        let (condition, (yes, yes_type), (no, no_type)) = (condition?, yes?, no?);
        if yes_type != no_type {
            let message = format!("`? :` cannot choose between {yes_type} and {no_type}");
            return self.refuse(at, message, None);
        }
        let parts = Box::new([condition, yes, no]);
        Some((kind(at, Kind::Conditional(parts)), yes_type))
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &IdedExpr,
        right: &IdedExpr,
        at: usize,
    ) -> Typed {
        let (left, right) = (self.node(left), self.node(right));
        let ((left, left_type), (right, right_type)) = (left?, right?);
        let Some(result) = result(operator, &left_type, &right_type) else {
            let hint = match (operator, &left_type, &right_type) {
                (Operator::Add, Type::Text, _) | (Operator::Add, _, Type::Text) => {
                    Some("convert with string(…)".to_owned())
                }
                (Operator::Equal | Operator::Different, Type::Record(_), _) => {
                    Some("compare its fields".to_owned())
                }
                _ => None,
            };
            let message = format!("`{operator}` cannot take {left_type} and {right_type}");
            return self.refuse(at, message, hint);
        };
        let operands = Box::new([left, right]);
        Some((kind(at, Kind::Binary(operator, operands)), result))
    }

    fn has(&mut self, arguments: &[IdedExpr], at: usize) -> Typed {
        const USE: &str = "has() takes one field, such as has(a.b)";
        let [argument] = arguments else {
            return self.refuse(at, USE, None);
        };
        let (node, _) = self.node(argument)?;
        match node.kind {
            Kind::Path(path)
                if matches!(path.steps.last(), Some(Step::Field(_) | Step::Key(_))) =>
            {
                Some((kind(node.at, Kind::Has(path)), Type::Bool))
            }
            _ => self.refuse(self.start(argument), USE, None),
        }
    }

    fn each(
        &mut self,
        looping: LoopKind,
        name: &str,
        range: &IdedExpr,
        arguments: &[IdedExpr],
        at: usize,
    ) -> Typed {
        let start = self.start(range);
        let range = self.node(range);
        let item = match &range {
            Some((_, Type::List(item))) => Some((**item).clone()),
            Some((_, Type::Map(_))) => Some(Type::Text),
            Some((_, other)) => {
                let message = format!("`{name}` needs a list or a map, this is {other}");
                self.refuse(start, message, None)
            }
            None => None,
        };
        let [variable, body] = arguments else {
            let message = format!("`{name}` takes one variable and one expression");
            return self.refuse(at, message, Some(format!("list.{name}(x, …)")));
        };
        let Some(variable) = self.identifier(variable) else {
            let message = format!("the first argument of `{name}` must be a new name");
            return self.refuse(self.start(variable), message, None);
        };
        self.locals.push((variable, item.clone()));
        let body = if looping == LoopKind::Map {
            self.node(body)
        } else {
            self.expect(body, &Type::Bool, &format!("`{name}`"))
                .map(|node| (node, Type::Bool))
        };
        self.locals.pop();
        let ((range, _), item, (body, body_type)) = (range?, item?, body?);
        let result = match looping {
            LoopKind::Map => Type::list(body_type),
            LoopKind::Filter => Type::list(item),
            LoopKind::All | LoopKind::Exists | LoopKind::ExistsOne => Type::Bool,
        };
        let each = Loop {
            kind: looping,
            range,
            body,
        };
        Some((kind(at, Kind::Loop(Box::new(each))), result))
    }

    fn function(&mut self, call: &CallExpr, at: usize) -> Typed {
        let name = call.func_name.as_str();
        let given = call.target.iter().map(|target| &**target).chain(&call.args);
        let given: Vec<&IdedExpr> = given.collect();
        let typed: Vec<Typed> = given.iter().map(|argument| self.node(argument)).collect();
        let member = call.target.is_some();
        let rows: Vec<&'static Function> = TABLE
            .iter()
            .filter(|row| row.name == name && row.member == member)
            .collect();
        if rows.is_empty() {
            return self.unknown_function(name, member, at);
        }
        let typed: Vec<(Node, Type)> = typed.into_iter().collect::<Option<_>>()?;
        let fitting = rows.iter().find(|row| {
            row.takes.len() == typed.len()
                && row
                    .takes
                    .iter()
                    .zip(&typed)
                    .all(|(takes, (_, kind))| takes.accepts(kind))
        });
        let Some(function) = fitting else {
            let arities = rows.iter().any(|row| row.takes.len() == typed.len());
            let message = if arities {
                let kinds: Vec<String> = typed.iter().map(|(_, kind)| kind.to_string()).collect();
                format!("`{name}` cannot take {}", kinds.join(", "))
            } else {
                let count = call.args.len();
                let plural = if count == 1 { "" } else { "s" };
                format!("`{name}` does not take {count} argument{plural}")
            };
            let signatures: Vec<String> = rows.iter().map(ToString::to_string).collect();
            return self.refuse(at, message, Some(signatures.join("; ")));
        };
        let nodes = typed.into_iter().map(|(node, _)| node).collect();
        self.prepared(function, nodes, at)
    }

    fn unknown_function(&mut self, name: &str, member: bool, at: usize) -> Typed {
        let hint = if let Some((_, instead)) = LEFT_OUT.iter().find(|(known, _)| *known == name) {
            Some((*instead).to_owned())
        } else if let Some(other) = TABLE.iter().find(|row| row.name == name) {
            Some(other.to_string())
        } else {
            let rows = TABLE.iter().filter(|row| row.member == member);
            let mut names: Vec<&str> = rows.map(|row| row.name).collect();
            names.extend(LOOPS.iter().map(|(known, _)| *known).filter(|_| member));
            names.dedup();
            suggestion(name, names.into_iter(), "there are")
        };
        self.refuse(at, format!("unknown function `{name}`"), hint)
    }

    /// Converts literals once: patterns, masks, and calls that have only literals.
    fn prepared(&mut self, function: &'static Function, mut nodes: Vec<Node>, at: usize) -> Typed {
        let gives = function.gives.plain();
        for (takes, node) in function.takes.iter().zip(&mut nodes) {
            if !matches!(takes, Parameter::Pattern | Parameter::Octal) {
                continue;
            }
            let Kind::Constant(Constant::Text(text)) = &node.kind else {
                let message = format!("`{}` takes a {takes}", function.name);
                return self.refuse(node.at, message, None);
            };
            if *takes == Parameter::Octal {
                match octal(text) {
                    Some(mask) => node.kind = Kind::Constant(Constant::Int(mask)),
                    None => return self.refuse(node.at, "not a file mode such as '0644'", None),
                }
            }
        }
        if matches!(function.run, Run::Matches) {
            return self.pattern(nodes, at);
        }
        if let Run::Plain(run) = &function.run {
            let constants = nodes.iter().map(|node| match &node.kind {
                Kind::Constant(constant) => Some(Value::from(constant)),
                _ => None,
            });
            match constants
                .collect::<Option<Vec<_>>>()
                .map(|values| run(&values))
            {
                Some(Err(message)) => return self.refuse(at, message, None),
                Some(Ok(value)) => {
                    if let Some(constant) = folded(&value) {
                        return Some((kind(at, Kind::Constant(constant)), gives));
                    }
                }
                None => {}
            }
        }
        Some((kind(at, Kind::Call(function, nodes)), gives))
    }

    fn pattern(&mut self, nodes: Vec<Node>, at: usize) -> Typed {
        let mut nodes = nodes.into_iter();
        let (text, pattern) = (nodes.next()?, nodes.next()?);
        let Kind::Constant(Constant::Text(source)) = &pattern.kind else {
            return None;
        };
        match Regex::new(source) {
            Ok(regex) => Some((kind(at, Kind::Matches(Box::new(text), regex)), Type::Bool)),
            Err(cause) => {
                let cause = cause.to_string();
                let reason = cause.lines().last().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                self.refuse(
                    pattern.at,
                    format!("not a regular expression: {reason}"),
                    None,
                )
            }
        }
    }
}

fn kind(at: usize, kind: Kind) -> Node {
    Node { at, kind }
}

/// The type of `left operator right`; nothing if there is no such operation.
fn result(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    use Operator::{Add, Different, Divide, Equal, In, Multiply, Remainder, Subtract};
    use Type::{Bool, Duration, Int, List, Map, Text, Time};
    Some(match (operator, left, right) {
        (Equal | Different, a, b) if a == b && comparable(a) => Bool,
        (In, item, List(list)) if *item == **list && comparable(item) => Bool,
        (In, Text, Map(_)) => Bool,
        (Equal | Different | In, _, _) => return None,
        (Add, Text, Text) => Text,
        (Add, List(a), List(b)) if a == b => left.clone(),
        (Add, Time, Duration) | (Add, Duration, Time) | (Subtract, Time, Duration) => Time,
        (Add | Subtract, Duration, Duration) | (Subtract, Time, Time) => Duration,
        (Add | Subtract | Multiply | Divide | Remainder, Int, Int) => Int,
        (Add | Subtract | Multiply | Divide | Remainder, _, _) => return None,
        (_, Int, Int) | (_, Text, Text) | (_, Time, Time) | (_, Duration, Duration) => Bool,
        _ => return None,
    })
}

/// A file mode in octal digits.
fn octal(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let mask = i64::from_str_radix(text, 8).ok()?;
    (digits && mask <= 0o7777).then_some(mask)
}

/// A computed scalar as a literal.
fn folded(value: &Value<'_>) -> Option<Constant> {
    Some(match value {
        Value::Bool(v) => Constant::Bool(*v),
        Value::Int(v) => Constant::Int(*v),
        Value::Text(v) => Constant::Text(v.to_string()),
        Value::Time(v) => Constant::Time(*v),
        Value::Duration(v) => Constant::Duration(*v),
        Value::List(_) | Value::Map(_) | Value::Record(_) => return None,
    })
}
