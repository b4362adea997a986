//! A check compiled for one set of parameters: its expressions, typed against the rows they will see.

use std::collections::BTreeMap;

use crate::catalog::{Check, ExpressionText, Param, Problem};
use crate::facts::{Field, Type};

use super::lang::{Expected, Expression, Scope};
use super::params::Params;
use super::rows;

/// A check ready to run.
#[derive(Debug)]
pub struct Program<'c> {
    /// The check.
    pub(super) check: &'c Check,
    /// Its parameters, as a record.
    pub(super) params: Params,
    pub(super) when: Option<Expression>,
    pub(super) assert: Expression,
    pub(super) message: Option<Expression>,
    pub(super) evidence: Vec<Expression>,
    /// Where the fix does it.
    pub(super) fits: Option<Expression>,
}

impl<'c> Program<'c> {
    /// Compiles `check` with `overrides` in place of its own parameters.
    ///
    /// # Errors
    /// Every mistake in every expression of the check, with its place in the file.
    pub fn compile(
        check: &'c Check,
        overrides: &BTreeMap<String, Param>,
    ) -> Result<Self, Vec<Problem>> {
        let params = Params::of(check, overrides);
        let scope = scope(check, &params);
        let mut problems = Vec::new();
        let mut compile = |text: &ExpressionText, expected| {
            Expression::compile(&text.value, &scope, expected)
                .map_err(|mistakes| {
                    problems.extend(mistakes.into_iter().map(|mistake| Problem {
                        place: text.at(mistake.line, mistake.column),
                        message: mistake.message,
                        hint: mistake.hint.unwrap_or_default(),
                    }));
                })
                .ok()
        };
        let when = check
            .when
            .as_ref()
            .map(|text| compile(text, Expected::Bool));
        let assert = compile(&check.assert, Expected::Bool);
        let message = check
            .message
            .as_ref()
            .map(|text| compile(text, Expected::Text));
        let fits = (check.fix.when.as_ref()).map(|text| compile(text, Expected::Bool));
        let evidence: Vec<_> = check
            .evidence
            .iter()
            .map(|text| compile(text, Expected::Shown))
            .collect();
        match assert {
            Some(assert) if problems.is_empty() => Ok(Self {
                check,
                params,
                when: when.flatten(),
                assert,
                message: message.flatten(),
                evidence: evidence.into_iter().flatten().collect(),
                fits: fits.flatten(),
            }),
            _ => Err(problems),
        }
    }
}

impl Program<'_> {
    /// The facts that decide: the fields that `when` and `assert` name, each once, as written. Those that only lead to
    /// other fields, and the parameters, are left out.
    pub fn facts(&self) -> Vec<(&str, &Field)> {
        let deciding = self.when.iter().chain([&self.assert]);
        let named = deciding.flat_map(|expression| expression.fields());
        let mut facts: Vec<(&str, &Field)> = Vec::new();
        for (path, field) in named {
            let leads_on = matches!(field.kind, Type::Record(_));
            let param = path.starts_with("params.");
            let known = facts.iter().any(|(known, _)| known == path);
            if !leads_on && !param && !known {
                facts.push((path, field));
            }
        }
        facts
    }
}

/// What the expressions of `check` can name: the subject and its parents, `params`, `now`.
fn scope(check: &Check, params: &Params) -> Scope {
    let mut variables = rows::variables(check.subject);
    variables.push(("params".to_owned(), Type::Record(params.schema())));
    variables.push(("now".to_owned(), Type::Time));
    Scope::new(variables)
}
