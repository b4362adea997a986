//! What systemd starts the kubelet with: its unit, the drop-ins that count, the environment files they name (CIS 4.1.1).

use std::collections::BTreeMap;

use super::inquiry::{Inquiry, found};
use super::instances::Instance;
use super::roles::Holds;
use super::survey::{Because, Survey, User};
use super::{Body, Kind, Purpose, Role, glob, unit};
use crate::facts::{Gap, GapReason};

/// Where systemd looks for units, the first that counts first (systemd.unit(5), "System Unit Search Path"; `/lib` is
/// `/usr/lib` on systems that keep the two apart).
pub(super) const UNITS: [&str; 13] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];
/// Drop-ins for every service.
pub(super) const OF_ALL: &str = "service";
/// How many files one pattern may name.
const MATCHES: usize = 500;

const ROLE: Role = Role::KubeletUnit;

/// The kubelet's unit with all that belongs to it.
pub(super) fn of_kubelet(survey: &mut Survey<'_>, instance: &Instance) {
    let unit = unit_of(instance, &mut survey.inquiry);
    let user = User::of(instance);
    let mut named = Vec::new();
    let fragment = fragment(&unit, &mut survey.inquiry);
    for path in fragment.into_iter().chain(drop_ins(survey, &unit)) {
        take(survey, &path, &mut named, user);
    }
    for value in named {
        environment(survey, &unit, &value, user);
    }
}

fn unit_of(instance: &Instance, inquiry: &mut Inquiry<'_>) -> String {
    let pid = instance.process.as_ref().map_or(0, |process| process.pid);
    match inquiry.body(&format!("/proc/{pid}/cgroup"), Purpose::ControlGroup) {
        Ok(Some(Body::Paths(units))) => units.first().cloned(),
        _ => None,
    }
    .unwrap_or_else(|| "kubelet.service".to_owned())
}

/// The file of the unit, else that of its template.
fn fragment(unit: &str, inquiry: &mut Inquiry<'_>) -> Option<String> {
    let template = unit.split_once('@').and_then(|(prefix, rest)| {
        let (_, kind) = rest.rsplit_once('.')?;
        Some(format!("{prefix}@.{kind}"))
    });
    let names = std::iter::once(unit.to_owned()).chain(template);
    let paths = names.flat_map(|name| UNITS.map(|directory| format!("{directory}/{name}")));
    // All are looked at, so that one round of questions does.
    let mut there: Vec<String> = paths
        .filter(|path| !matches!(found(inquiry.stat(path)), Ok(None)))
        .collect();
    (!there.is_empty()).then(|| there.swap_remove(0))
}

/// The drop-ins that count, in the order of their names: of two with one name the one in the directory that comes first.
fn drop_ins(survey: &mut Survey<'_>, unit: &str) -> Vec<String> {
    let names = unit::drop_in_names(unit);
    let special = UNITS.iter().flat_map(|directory| {
        let name = |name| format!("{directory}/{name}.d");
        names.iter().map(name).collect::<Vec<_>>()
    });
    let of_all = UNITS
        .iter()
        .map(|directory| format!("{directory}/{OF_ALL}.d"));
    let mut files = BTreeMap::new();
    for directory in special.chain(of_all) {
        match survey.inquiry.names(&directory) {
            Err(gap) => survey.obscured(&directory, &[ROLE], &gap),
            Ok(names) => {
                let names = names.unwrap_or_default().iter();
                for name in names.filter(|name| name.ends_with(".conf")) {
                    let path = || format!("{directory}/{name}");
                    files.entry(name.clone()).or_insert_with(path);
                }
            }
        }
    }
    files.into_values().collect()
}

/// A unit or drop-in, and what it says of environment files.
fn take(survey: &mut Survey<'_>, path: &str, named: &mut Vec<String>, user: User<'_>) {
    // Whoever links one to `/dev/null` takes it, and those of its name behind it, away.
    if matches!(found(survey.inquiry.stat(path)), Ok(Some(found)) if found.kind != Kind::File) {
        return;
    }
    survey.file(path, ROLE, Holds::Nothing, "", Because::Usual, user);
    match survey.inquiry.body(path, Purpose::Unit) {
        Ok(Some(Body::Paths(values))) => {
            for value in values {
                match value.as_str() {
                    "" => named.clear(),
                    value => named.push(value.to_owned()),
                }
            }
        }
        Ok(_) => {}
        Err(gap) => survey.obscured(&format!("EnvironmentFile of {path}"), &[ROLE], &gap),
    }
}

/// The files that one value of `EnvironmentFile=` names.
fn environment(survey: &mut Survey<'_>, unit: &str, value: &str, user: User<'_>) {
    let hostname = match value.contains("%H") || value.contains("%l") {
        true => survey.inquiry.hostname().ok().map(str::trim),
        false => None,
    };
    let path = match unit::expanded(value, unit, hostname) {
        Ok(path) => path,
        Err(specifier) => {
            let gap = Gap::new(
                format!("what {specifier} stands for in a unit of systemd"),
                value,
                GapReason::NotAsked,
                "name the file without that specifier",
            );
            return survey.obscured(value, &[ROLE], &gap);
        }
    };
    // systemd passes over what is no absolute path.
    let Some(path) = path.strip_prefix('-').unwrap_or(&path).strip_prefix('/') else {
        return;
    };
    let mut places = vec![String::new()];
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match step(places, part, &mut survey.inquiry) {
            Ok(next) => places = next,
            Err(gap) => return survey.obscured(value, &[ROLE], &gap),
        }
    }
    for file in places {
        survey.file(&file, ROLE, Holds::Nothing, "", Because::Usual, user);
    }
}

/// The places one part further down a path.
fn step(places: Vec<String>, part: &str, inquiry: &mut Inquiry<'_>) -> Result<Vec<String>, Gap> {
    if !glob::is_pattern(part) {
        return Ok(places
            .iter()
            .map(|place| format!("{place}/{part}"))
            .collect());
    }
    let mut next = Vec::new();
    for place in places {
        let directory = match place.as_str() {
            "" => "/",
            place => place,
        };
        let names = inquiry.names(directory)?.unwrap_or_default().iter();
        let names = names.filter(|name| glob::matches(part, name));
        next.extend(names.map(|name| format!("{place}/{name}")));
        if next.len() > MATCHES {
            return Err(Gap::new(
                "environment files of the kubelet's unit",
                directory,
                GapReason::Unparsable,
                "name them more narrowly: too many files are as the pattern says",
            ));
        }
    }
    Ok(next)
}
