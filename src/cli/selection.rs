//! Which profiles a run reports by. What is asked for is known before anything is collected; which edition of a benchmark
//! fits is known afterwards.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::args::SelectionArgs;
use super::commands::{checks, profiles};
use super::error::CliError;
use crate::catalog::{Catalog, Check, Control, Profile, Section, Server, Spot};

/// What a run that asks for nothing reports by.
const DEFAULT: [&str; 2] = ["cis", "cks"];

/// The same of manifests.
const OF_MANIFESTS: [&str; 2] = ["cks", "pss-restricted"];

/// What was asked for.
pub(super) struct Selection<'c> {
    catalog: &'c Catalog,
    wanted: Vec<Wanted<'c>>,
}

enum Wanted<'c> {
    /// This profile.
    Profile(Cow<'c, Profile>),
    /// The edition of this benchmark that fits.
    Benchmark(String),
}

/// What the run reports by.
pub(super) struct Chosen<'s> {
    /// The profiles, in the order asked for, each once.
    pub(super) profiles: Vec<&'s Profile>,
    /// Why editions were chosen, by profile id.
    pub(super) reasons: BTreeMap<String, String>,
}

impl<'c> Selection<'c> {
    /// The profiles and benchmarks asked for; with `--check`, one profile made of just those checks.
    pub(super) fn new(
        catalog: &'c Catalog,
        args: &SelectionArgs,
        manifests: bool,
    ) -> Result<Self, CliError> {
        let wanted = if !args.checks.is_empty() {
            let checks = args.checks.iter().map(|id| checks::find(catalog, id));
            let profile = of_checks(checks.collect::<Result<_, _>>()?);
            vec![Wanted::Profile(Cow::Owned(profile))]
        } else if args.profiles.is_empty() {
            let default = if manifests { OF_MANIFESTS } else { DEFAULT };
            let wanted = default.iter().map(|id| wanted(catalog, id));
            wanted.collect::<Result<_, _>>()?
        } else {
            let wanted = args.profiles.iter().map(|id| wanted(catalog, id));
            wanted.collect::<Result<_, _>>()?
        };
        Ok(Self { catalog, wanted })
    }

    /// Every profile that may be chosen.
    pub(super) fn candidates(&self) -> Vec<&Profile> {
        let of = |wanted: &Wanted<'c>| match wanted {
            Wanted::Profile(_) => Vec::new(),
            Wanted::Benchmark(name) => self.catalog.editions(name),
        };
        let editions = self.wanted.iter().flat_map(of);
        let named = self.wanted.iter().filter_map(|wanted| match wanted {
            Wanted::Profile(profile) => Some(&**profile),
            Wanted::Benchmark(_) => None,
        });
        named.chain(editions).collect()
    }

    /// The profiles for `server`.
    pub(super) fn choose(&self, server: Server<'_>) -> Chosen<'_> {
        let mut chosen = Chosen {
            profiles: Vec::new(),
            reasons: BTreeMap::new(),
        };
        for wanted in &self.wanted {
            let profile = match wanted {
                Wanted::Profile(profile) => &**profile,
                Wanted::Benchmark(name) => {
                    // `wanted` saw that it has editions.
                    let Some(choice) = self.catalog.edition(name, server) else {
                        continue;
                    };
                    let id = choice.profile.id.value.clone();
                    chosen.reasons.insert(id, choice.reason);
                    choice.profile
                }
            };
            if chosen.profiles.iter().all(|known| known.id != profile.id) {
                chosen.profiles.push(profile);
            }
        }
        chosen
    }
}

fn wanted<'c>(catalog: &'c Catalog, id: &str) -> Result<Wanted<'c>, CliError> {
    if !catalog.profiles.contains_key(id) && !catalog.editions(id).is_empty() {
        return Ok(Wanted::Benchmark(id.to_owned()));
    }
    let profile = profiles::find(catalog, id)?;
    Ok(Wanted::Profile(Cow::Borrowed(profile)))
}

/// A profile of one control per check.
fn of_checks(checks: Vec<&Check>) -> Profile {
    let title = "Selected checks".to_owned();
    let control = |check: &Check| Control {
        id: check.id.clone(),
        title: check.title.clone(),
        level: None,
        checks: vec![check.id.clone()],
        params: BTreeMap::new(),
        not_applicable: None,
    };
    Profile {
        id: Spot {
            value: "checks".to_owned(),
            place: Default::default(),
        },
        title: title.clone(),
        description: String::new(),
        pass_mark: None,
        suits: None,
        // Who asks for checks and no profile is told what they say.
        exemptions: Vec::new(),
        sections: vec![Section {
            id: "1".to_owned(),
            title,
            weight: None,
            controls: checks.into_iter().map(control).collect(),
        }],
    }
}
