//! Which profiles a run reports by. What is asked for is known before anything is collected; which edition of a benchmark
//! fits is known afterwards.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::args::SelectionArgs;
use super::commands::{checks, profiles};
use super::error::CliError;
use crate::catalog::{Catalog, Check, Control, Profile, Section, Server, Spot};
use crate::evaluate::StandardVersion;

/// What a run that asks for nothing reports by.
const DEFAULT: [&str; 2] = ["cis", "cks"];

/// The same of manifests.
const OF_MANIFESTS: [&str; 2] = ["cks", "pss-restricted"];

/// What was asked for.
pub(super) struct Selection<'c> {
    catalog: &'c Catalog,
    wanted: Vec<Wanted<'c>>,
    /// Single checks, as a profile of their own; what is wanted then says only what is exempt from them.
    single: Option<Profile>,
    /// The version of the Pod Security Standards that pods are held to.
    pub(super) standard: StandardVersion,
}

enum Wanted<'c> {
    /// This profile.
    Profile(&'c Profile),
    /// The edition of this benchmark that fits.
    Benchmark(String),
}

/// What the run reports by.
pub(super) struct Chosen<'s> {
    /// The profiles, in the order asked for, each once.
    pub(super) profiles: Vec<Cow<'s, Profile>>,
    /// Why editions were chosen, by profile id.
    pub(super) reasons: BTreeMap<String, String>,
}

impl<'c> Selection<'c> {
    /// The profiles and benchmarks asked for; with `--check`, one profile made of just those checks, from which is exempt
    /// what is exempt from the others.
    pub(super) fn new(
        catalog: &'c Catalog,
        args: &SelectionArgs,
        manifests: bool,
    ) -> Result<Self, CliError> {
        let default = if manifests { OF_MANIFESTS } else { DEFAULT };
        let named: Vec<&str> = match args.profiles.as_slice() {
            [] => default.to_vec(),
            named => named.iter().map(String::as_str).collect(),
        };
        let wanted = named.iter().map(|id| wanted(catalog, id));
        let checks = args.checks.iter().map(|id| checks::find(catalog, id));
        let checks: Vec<&Check> = checks.collect::<Result<_, _>>()?;
        Ok(Self {
            catalog,
            wanted: wanted.collect::<Result<_, _>>()?,
            single: (!checks.is_empty()).then(|| of_checks(checks)),
            standard: args.pss_version.unwrap_or_default(),
        })
    }

    /// Every profile that may be chosen.
    pub(super) fn candidates(&self) -> Vec<&Profile> {
        if let Some(single) = &self.single {
            return vec![single];
        }
        let of = |wanted: &Wanted<'c>| match wanted {
            Wanted::Profile(_) => Vec::new(),
            Wanted::Benchmark(name) => self.catalog.editions(name),
        };
        let editions = self.wanted.iter().flat_map(of);
        let named = self.wanted.iter().filter_map(|wanted| match wanted {
            Wanted::Profile(profile) => Some(*profile),
            Wanted::Benchmark(_) => None,
        });
        named.chain(editions).collect()
    }

    /// The profiles for `server`.
    pub(super) fn choose(&self, server: Server<'_>) -> Chosen<'_> {
        let mut profiles: Vec<&Profile> = Vec::new();
        let mut reasons = BTreeMap::new();
        for wanted in &self.wanted {
            let profile = match wanted {
                Wanted::Profile(profile) => *profile,
                Wanted::Benchmark(name) => {
                    // `wanted` saw that it has editions.
                    let Some(choice) = self.catalog.edition(name, server) else {
                        continue;
                    };
                    let id = choice.profile.id.value.clone();
                    reasons.insert(id, choice.reason);
                    choice.profile
                }
            };
            if profiles.iter().all(|known| known.id != profile.id) {
                profiles.push(profile);
            }
        }
        let Some(single) = &self.single else {
            let profiles = profiles.into_iter().map(Cow::Borrowed).collect();
            return Chosen { profiles, reasons };
        };
        let exemptions = profiles.iter().flat_map(|profile| &profile.exemptions);
        let single = Profile {
            exemptions: exemptions.cloned().collect(),
            ..single.clone()
        };
        Chosen {
            profiles: vec![Cow::Owned(single)],
            reasons: BTreeMap::new(),
        }
    }
}

fn wanted<'c>(catalog: &'c Catalog, id: &str) -> Result<Wanted<'c>, CliError> {
    if !catalog.profiles.contains_key(id) && !catalog.editions(id).is_empty() {
        return Ok(Wanted::Benchmark(id.to_owned()));
    }
    Ok(Wanted::Profile(profiles::find(catalog, id)?))
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
        partial: None,
        assessment: None,
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
        exemptions: Vec::new(),
        sections: vec![Section {
            id: "1".to_owned(),
            title,
            weight: None,
            controls: checks.into_iter().map(control).collect(),
        }],
    }
}
