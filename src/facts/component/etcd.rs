//! etcd: a configuration file replaces flags and environment; without one a flag wins over its `ETCD_*` variable.
//!
//! The fields are spelt like the flags (`etcd['client-cert-auth']`), wherever the value stands. Source: etcdmain/config.go
//! (parse, configFromFile) and pkg/flags (SetFlagsFromEnv; an empty variable does not count).

use std::collections::BTreeMap;

use super::layers::{Found, Layer, find};
use super::statement::{Flags, Release, Said};
use super::{Files, Sighting};
use crate::facts::settings::{Row, Scalar, Settings};
use crate::facts::{Cell, Gap, GapReason, Origin, Source};

/// The effective configuration of etcd.
pub(super) fn config(
    release: Release<'_>,
    node: &str,
    flags: &Flags,
    sightings: &[&Sighting],
    files: &mut dyn Files,
) -> Settings {
    let table = release.kind.config();
    let environment = Environment::read(node, sightings);
    let file = match flags.path("config-file") {
        Ok(None) => environment
            .get("config-file")
            .map(|found| found.map(|(path, _)| path.to_owned())),
        given => given,
    };
    match file {
        Err(gap) => Settings::build(table, |_| Cell::Gap(gap.clone())),
        Ok(Some(path)) => {
            let file = Layer::read(files, node, &path, None);
            Settings::build(table, |row| with_file(release, &file, row))
        }
        Ok(None) => Settings::build(table, |row| without_file(release, flags, &environment, row)),
    }
}

fn with_file(release: Release<'_>, file: &Layer, row: &Row) -> Cell<Scalar> {
    match find(std::slice::from_ref(file), row, None) {
        Found::Value(value, source) => Cell::explicit(value, source),
        Found::Gap(gap) => Cell::Gap(gap),
        Found::Cleared | Found::Nothing => release.fallback(release.kind.config(), row, true),
    }
}

fn without_file(
    release: Release<'_>,
    flags: &Flags,
    environment: &Environment,
    row: &Row,
) -> Cell<Scalar> {
    match flags.said(&row.name) {
        Some(Said::Set(value, source)) => return Cell::explicit(value.clone(), source.clone()),
        Some(Said::Shown(value, source)) => {
            return Cell::Value {
                value: value.clone(),
                origin: Origin::Unknown,
                source: source.clone(),
            };
        }
        Some(Said::Unknown(gap) | Said::Refused(gap)) => return Cell::Gap(gap.clone()),
        Some(Said::Unset(_)) | None => {}
    }
    match environment.get(&row.name) {
        Ok(Some((text, source))) => match row.kind.set(None, text) {
            Some(value) => Cell::explicit(value, source.clone()),
            None => Cell::Gap(Gap::new(
                format!("value of {}", variable(&row.name)),
                source.to_string(),
                GapReason::Unparsable,
                "correct the environment of etcd",
            )),
        },
        Ok(None) => release.fallback(release.kind.config(), row, false),
        Err(gap) => Cell::Gap(gap),
    }
}

/// The environment, from the most trusted sighting that has it. That of a process needs the rights of its owner, so the
/// one a manifest declares stands in for it.
struct Environment {
    variables: Result<BTreeMap<String, String>, Gap>,
    source: Source,
}

impl Environment {
    fn read(node: &str, sightings: &[&Sighting]) -> Self {
        let readable = sightings
            .iter()
            .find(|sighting| sighting.environment.is_ok());
        match readable.or_else(|| sightings.first()) {
            Some(sighting) => Self {
                variables: sighting.environment.clone(),
                source: sighting.source(),
            },
            None => Self {
                variables: Err(Gap::new(
                    "environment of etcd",
                    node,
                    GapReason::NotAsked,
                    "read the node, or the static pod of etcd",
                )),
                source: Source::computed("etcd"),
            },
        }
    }

    /// The value of the variable for the flag called `name`.
    fn get(&self, name: &str) -> Result<Option<(&str, &Source)>, Gap> {
        let variables = self.variables.as_ref().map_err(Clone::clone)?;
        let value = variables.get(&variable(name)).map(String::as_str);
        Ok(value
            .filter(|value| !value.is_empty())
            .map(|value| (value, &self.source)))
    }
}

/// The variable that stands for the flag called `name`.
fn variable(name: &str) -> String {
    format!("ETCD_{}", name.to_ascii_uppercase().replace('-', "_"))
}
