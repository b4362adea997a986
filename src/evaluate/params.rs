//! A check's parameters as a record that its expressions can read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{Check, Param};
use crate::facts::{Field, Fields, Observed, Reading, Record, Type, View};

/// The parameters in force for one evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Params {
    record: Arc<Record>,
    values: Vec<Param>,
}

impl Params {
    /// The check's own parameters, with those of `overrides` that it knows in their place.
    pub(crate) fn of(check: &Check, overrides: &BTreeMap<String, Param>) -> Self {
        let (fields, values) = check
            .params
            .iter()
            .map(|(name, own)| {
                let value = overrides.get(name).unwrap_or(&own.value);
                let field = Field {
                    name: name.clone(),
                    doc: "a parameter of this check".to_owned(),
                    kind: kind(value),
                };
                (field, value.clone())
            })
            .unzip();
        Self {
            record: Arc::new(Record {
                name: "params".to_owned(),
                doc: "Thresholds that a profile may override.".to_owned(),
                fields,
            }),
            values,
        }
    }

    /// The schema of these parameters.
    pub(crate) fn schema(&self) -> Arc<Record> {
        Arc::clone(&self.record)
    }

    /// Every parameter as text, by name: what profiles look evaluations up by.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        let names = self.record.fields.iter().map(|field| field.name.clone());
        names
            .zip(self.values.iter().map(Param::to_string))
            .collect()
    }
}

fn kind(value: &Param) -> Type {
    match value {
        Param::Bool(_) => Type::Bool,
        Param::Int(_) => Type::Int,
        Param::Text(_) => Type::Text,
        Param::List(_) => Type::list(Type::Text),
    }
}

impl Fields for Params {
    fn record(&self) -> &Arc<Record> {
        &self.record
    }

    fn field(&self, position: usize) -> Reading<'_> {
        match self.values.get(position) {
            Some(Param::Bool(value)) => value.read(),
            Some(Param::Int(value)) => value.read(),
            Some(Param::Text(value)) => value.read(),
            Some(Param::List(values)) => values.read(),
            None => View::Absent.into(),
        }
    }
}
