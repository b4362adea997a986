//! The catalog from its files: the shipped ones, which are part of the binary, and those in folders that a user names.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use super::fields::{Item, stem};
use super::link::Links;
use super::read_profile::{Draft, is_profile, profile};
use super::yaml::{Mark, Node, Sheet, parse, quoted};
use super::{
    Catalog, Change, Check, FlagValue, Place, Problem, Spot, SubjectKind, files, read_check,
};

/// `checks/` and `profiles/` of the source: path and content. Written by `build.rs`.
const SHIPPED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Why there is no catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A folder that was named cannot be listed. The caller's mistake, or missing rights.
    #[error("could not list the check files in {path}", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Files say what cannot be meant. The mistake of their author; in shipped files ours.
    #[error("check and profile files are wrong in {} place(s)", .0.len())]
    Problems(Vec<Problem>),
}

impl Catalog {
    /// The shipped checks and profiles.
    pub fn shipped() -> Result<Self, CatalogError> {
        Self::load(&[])
    }

    /// The shipped checks and profiles, and those in `folders` and below: `.yaml` and `.yml` files, of which those with
    /// `sections`, `extends` or `exemptions` are profiles. An id that is taken already is a problem, a shipped one too.
    ///
    /// # Errors
    /// A folder that cannot be listed; else all problems of all files, ordered by place.
    pub fn load(folders: &[PathBuf]) -> Result<Self, CatalogError> {
        match Self::draft(folders)? {
            (catalog, problems) if problems.is_empty() => Ok(catalog),
            (_, problems) => Err(CatalogError::Problems(problems)),
        }
    }

    /// As [`Self::load`], with what can be made of the files beside the problems: whoever looks further finds more of them.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn draft(folders: &[PathBuf]) -> Result<(Self, Vec<Problem>), CatalogError> {
        let mut reading = Reading::default();
        for (file, bytes) in SHIPPED {
            reading.add(file, bytes);
        }
        for folder in folders {
            for path in files::list(folder)? {
                let name = path.display().to_string();
                match files::read(&path) {
                    Ok(bytes) => reading.add(&name, &bytes),
                    Err(error) => {
                        reading.unreadable(&name, (0, 0), &format!("cannot be read: {error}"), "")
                    }
                }
            }
        }
        Ok(reading.link())
    }
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Reading {
    checks: BTreeMap<String, Check>,
    drafts: BTreeMap<String, Draft>,
    /// Ids that files with problems would have had.
    broken: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Reading {
    /// Reads one file.
    pub(super) fn add(&mut self, file: &str, bytes: &[u8]) {
        let text = match decode(bytes, files::MAX_FILE) {
            Ok(text) => text,
            Err((mark, message, hint)) => return self.unreadable(file, mark, &message, hint),
        };
        let sheet = Sheet::new(file, text);
        if let Some(root) = parse(&sheet) {
            self.take(&sheet, &root);
        }
        let problems = sheet.into_problems();
        if !problems.is_empty() {
            self.broken.insert(stem(file).to_owned());
        }
        self.problems.extend(problems);
    }

    fn unreadable(&mut self, file: &str, mark: Mark, message: &str, hint: &str) {
        let sheet = Sheet::new(file, "");
        sheet.problem(mark, message, hint);
        self.broken.insert(stem(file).to_owned());
        self.problems.extend(sheet.into_problems());
    }

    /// Takes over the check or profile in `root`.
    fn take(&mut self, sheet: &Sheet<'_>, root: &Node) {
        let root = Item::root(sheet, root);
        let taken = if is_profile(root) {
            profile(root).and_then(|new| enter(&mut self.drafts, new, |draft| &draft.id))
        } else {
            read_check::check(root).and_then(|new| enter(&mut self.checks, new, |check| &check.id))
        };
        if let Some((id, first)) = taken {
            let message = format!("id {} is taken", quoted(&id.value));
            let mark = (id.place.line, id.place.column);
            sheet.problem(mark, message, format!("it stands at {first}"));
        }
    }

    /// What can be made of the files, and all problems, ordered by place.
    pub(super) fn link(mut self) -> (Catalog, Vec<Problem>) {
        settle(&mut self.checks);
        let mut links = Links {
            checks: &self.checks,
            drafts: &self.drafts,
            broken: &self.broken,
            problems: std::mem::take(&mut self.problems),
        };
        let profiles = links.profiles();
        let mut problems = links.problems;
        problems.sort();
        // What a profile inherits is looked at once more in every heir.
        problems.dedup();
        let catalog = Catalog {
            lints: self.checks.values().flat_map(read_check::lints).collect(),
            checks: self.checks,
            profiles,
        };
        (catalog, problems)
    }
}

/// Tells every fix that adds to the list of a flag what does not stay there, since another check asks for it to be gone.
fn settle(checks: &mut BTreeMap<String, Check>) {
    let mut taken: BTreeMap<(SubjectKind, String), BTreeSet<String>> = BTreeMap::new();
    for check in checks.values() {
        for flag in check.fix.flags() {
            if let FlagValue::Take(items) = &flag.value {
                let key = (check.subject, flag.name.clone());
                taken.entry(key).or_default().extend(items.iter().cloned());
            }
        }
    }
    for check in checks.values_mut() {
        let Some(Change::Flags(flags)) = &mut check.fix.change else {
            continue;
        };
        for flag in flags {
            if let FlagValue::Add { never, .. } = &mut flag.value
                && let Some(gone) = taken.get(&(check.subject, flag.name.clone()))
            {
                never.extend(gone.iter().cloned());
            }
        }
    }
}

/// Takes `new` over; when its id is taken, gives it back with the place of the first.
fn enter<T>(
    known: &mut BTreeMap<String, T>,
    new: T,
    id: fn(&T) -> &Spot<String>,
) -> Option<(Spot<String>, Place)> {
    let new_id = id(&new).clone();
    if let Some(old) = known.get(&new_id.value) {
        return Some((new_id, id(old).place.clone()));
    }
    known.insert(new_id.value, new);
    None
}

/// The text of a file of at most `most` bytes; else what is wrong with it: where, what, and what to do.
pub(super) fn decode(bytes: &[u8], most: u64) -> Result<&str, (Mark, String, &'static str)> {
    if bytes.len() as u64 > most {
        let message = format!("the file is over {} KiB", most / 1024);
        return Err(((0, 0), message, ""));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let mark = end_of(&bytes[..error.valid_up_to()]);
            let message = "the file is not UTF-8".to_owned();
            Err((mark, message, "save it as UTF-8"))
        }
    }
}

/// The place behind the last character of `bytes`, which are valid UTF-8.
fn end_of(bytes: &[u8]) -> Mark {
    let text = String::from_utf8_lossy(bytes);
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
