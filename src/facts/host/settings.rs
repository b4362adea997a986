//! The settings of one component that lead to further files, read off what it effectively runs with.

use super::inquiry::Look;
use crate::facts::Cell;
use crate::facts::component::Component;
use crate::facts::settings::Scalar;

/// What a component was told.
pub(super) struct Settings<'c> {
    component: &'c Component,
}

impl<'c> Settings<'c> {
    /// The settings of `component`.
    pub(super) fn of(component: &'c Component) -> Self {
        Self { component }
    }

    /// What the configuration's `field`, or `flag` where there is no such field, says; nothing when it is not set. The
    /// configuration comes first: it is what flags, files and environment together give.
    pub(super) fn values(&self, flag: &str, field: &str) -> Look<Vec<String>> {
        Ok(self.value(flag, field)?.and_then(texts))
    }

    /// The same, whatever it holds.
    pub(super) fn value(&self, flag: &str, field: &str) -> Look<&'c Scalar> {
        let Component { config, flags, .. } = self.component;
        let effective = config.get(field).or_else(|| config.get(flag));
        match effective.or_else(|| flags.get(flag)) {
            Some(Cell::Gap(gap)) => Err(gap.clone()),
            Some(Cell::Value { value, .. }) => Ok(Some(value)),
            Some(Cell::Absent { .. }) | None => Ok(None),
        }
    }

    /// What the setting is called where it is stated.
    pub(super) fn name(&self, flag: &str, field: &str) -> String {
        let stated = |cell: Option<&Cell<Scalar>>| cell.is_some_and(|cell| cell.value().is_some());
        let of_file = !field.is_empty()
            && stated(self.component.config.get(field))
            && !stated(self.component.flags.get(flag));
        match of_file {
            true => field.to_owned(),
            false => format!("--{flag}"),
        }
    }
}

fn texts(value: &Scalar) -> Option<Vec<String>> {
    let texts = match value {
        Scalar::Text(text) => vec![text.clone()],
        Scalar::List(texts) => texts.clone(),
        _ => return None,
    };
    texts.iter().any(|text| !text.is_empty()).then_some(texts)
}

/// Every value of a flag of some other program, in order.
pub(super) fn flag_values(argv: &[String], name: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut arguments = argv.iter().skip(1);
    while let Some(argument) = arguments.next() {
        let Some(flag) = argument
            .strip_prefix("--")
            .or_else(|| argument.strip_prefix('-'))
        else {
            continue;
        };
        match flag.split_once('=') {
            Some((flag, value)) if flag.replace('_', "-") == name => values.push(value.to_owned()),
            None if flag.replace('_', "-") == name => values.extend(arguments.next().cloned()),
            _ => {}
        }
    }
    values
}
