//! Editions of a benchmark: what each is written for, and which one fits a server.

use std::cmp::Reverse;
use std::fmt;

use super::{Catalog, Profile};

/// A minor release of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The 1 of 1.36.
    pub major: u16,
    /// The 36 of 1.36.
    pub minor: u16,
}

impl Release {
    /// The release that a version begins with: `1.36`, `v1.36.3`, `1.34+`, `v1.33.1+k3s1`.
    pub fn of(version: &str) -> Option<Self> {
        let version = version.strip_prefix('v').unwrap_or(version);
        let (major, rest) = version.split_once('.')?;
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        Some(Self {
            major: major.parse().ok()?,
            minor: rest[..digits].parse().ok()?,
        })
    }

    /// How many minor releases lie between two; a major one is further than any of them.
    fn from(self, other: Self) -> u32 {
        let place = |release: Self| u32::from(release.major) << 16 | u32::from(release.minor);
        place(self).abs_diff(place(other))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What an edition is written for.
#[derive(Clone, Debug, PartialEq)]
pub struct Suits {
    /// The first release of Kubernetes.
    pub first: Release,
    /// The last one.
    pub last: Release,
    /// The distributions, as facts name them; empty means any.
    pub distributions: Vec<String>,
}

impl Suits {
    /// How far a release is from those it is written for.
    fn distance(&self, release: Release) -> u32 {
        if release < self.first {
            self.first.from(release)
        } else if release > self.last {
            release.from(self.last)
        } else {
            0
        }
    }

    /// Whether it is written for a distribution.
    fn names(&self, distribution: &str) -> bool {
        self.distributions.iter().any(|name| name == distribution)
    }
}

/// The releases.
impl fmt::Display for Suits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kubernetes {}", self.first)?;
        if self.last != self.first {
            write!(f, " to {}", self.last)?;
        }
        Ok(())
    }
}

/// What is known about the server that an edition is chosen for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Server<'a> {
    /// The version of its API server.
    pub version: Option<&'a str>,
    /// Its distribution, as facts name it.
    pub distribution: Option<&'a str>,
}

/// An edition, and why it is the one.
#[derive(Clone, Debug)]
pub struct Choice<'c> {
    /// The edition.
    pub profile: &'c Profile,
    /// Why, one sentence without a full stop.
    pub reason: String,
}

impl Catalog {
    /// The editions of a benchmark: the profiles `BENCHMARK-VERSION…` that state what they are written for.
    pub fn editions(&self, benchmark: &str) -> Vec<&Profile> {
        let of = |profile: &&Profile| {
            profile.suits.is_some() && version(benchmark, &profile.id.value).is_some()
        };
        self.profiles.values().filter(of).collect()
    }

    /// The edition of a benchmark that fits a server best: by distribution, then by release, then one for this very
    /// distribution before one for any, then the newest. Nothing when there is no edition at all.
    pub fn edition(&self, benchmark: &str, server: Server<'_>) -> Option<Choice<'_>> {
        let release = server.version.and_then(Release::of);
        let editions = self.editions(benchmark).into_iter();
        let known = editions.filter_map(|profile| Some((profile, profile.suits.as_ref()?)));
        let (profile, suits) = known.min_by_key(|(profile, suits)| {
            let named = server.distribution.is_some_and(|name| suits.names(name));
            let fits = named || suits.distributions.is_empty();
            let distance = release.map(|release| suits.distance(release));
            let version = version(benchmark, &profile.id.value);
            (!fits, distance, !named, Reverse(version))
        })?;
        Some(Choice {
            profile,
            reason: reason(suits, release, server.distribution),
        })
    }
}

/// The numbers behind the name of a benchmark: 2, 0, 1 in `cis-2.0.1-k3s`.
fn version(benchmark: &str, id: &str) -> Option<Vec<u32>> {
    let rest = id.strip_prefix(benchmark)?.strip_prefix('-')?;
    let numbers = rest.split('-').next()?;
    numbers
        .split('.')
        .map(|number| number.parse().ok())
        .collect()
}

fn reason(suits: &Suits, release: Option<Release>, distribution: Option<&str>) -> String {
    let mut parts = vec![format!("written for {suits}")];
    parts.push(match release {
        Some(release) if release > suits.last => {
            format!("the newest edition there is for a server that runs {release}")
        }
        Some(release) if release < suits.first => {
            format!("the nearest edition there is for a server that runs {release}")
        }
        Some(release) => format!("the server runs {release}"),
        None => "the version of the server is not known".to_owned(),
    });
    match distribution {
        _ if suits.distributions.is_empty() => {}
        Some(name) if suits.names(name) => {}
        Some(name) => parts.push(format!(
            "not written for {name}, where parts of it do not apply or belong to the provider"
        )),
        None => parts.push("the distribution is not known".to_owned()),
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Place, Spot};

    fn catalog(editions: &[(&str, &str, &str, &[&str])]) -> Catalog {
        let mut catalog = Catalog::default();
        for (id, first, last, distributions) in editions {
            let suits = Suits {
                first: Release::of(first).unwrap(),
                last: Release::of(last).unwrap(),
                distributions: distributions.iter().map(|&name| name.to_owned()).collect(),
            };
            let profile = Profile {
                id: Spot {
                    value: (*id).to_owned(),
                    place: Place::default(),
                },
                title: String::new(),
                description: String::new(),
                pass_mark: None,
                suits: Some(suits),
                sections: Vec::new(),
                exemptions: Vec::new(),
            };
            catalog.profiles.insert((*id).to_owned(), profile);
        }
        catalog
    }

    #[test]
    fn releases_are_the_beginning_of_versions() {
        for (version, wanted) in [
            ("1.36", Some("1.36")),
            ("v1.36.3", Some("1.36")),
            ("v1.34.2-eks-113cf36", Some("1.34")),
            ("1.33.1+k3s1", Some("1.33")),
            ("1.34+", Some("1.34")),
            ("1", None),
            ("1.", None),
            ("1.x", None),
            ("v", None),
            ("99999999.1", None),
        ] {
            let found = Release::of(version).map(|release| release.to_string());
            assert_eq!(found.as_deref(), wanted, "{version}");
        }
    }

    /// Version and distribution; the edition, and what is said about it.
    type Case = (
        Option<&'static str>,
        Option<&'static str>,
        &'static str,
        &'static str,
    );

    const KUBEADM: Option<&str> = Some("kubeadm");

    #[rustfmt::skip]
    const CASES: &[Case] = &[
        (Some("1.33.4"), KUBEADM, "cis-1.12", "1.32 to 1.33; the server runs 1.33"),
        // 10 comes after 1.
        (Some("v1.35.0"), Some("kind"), "cis-2.0.10", "the server runs 1.35"),
        (Some("1.36.3"), KUBEADM, "cis-2.0.10", "the newest edition there is for a server that runs 1.36"),
        (Some("1.30.1"), KUBEADM, "cis-1.12", "the nearest edition there is for a server that runs 1.30"),
        (Some("1.36.1+k3s1"), Some("k3s"), "cis-2.0.1-k3s", "the newest edition"),
        (Some("1.33.1-eks-1"), Some("eks"), "cis-1.12", "not written for eks"),
        (Some("1.35.1"), None, "cis-2.0.10", "the distribution is not known"),
        (None, KUBEADM, "cis-2.0.10", "the version of the server is not known"),
    ];

    #[test]
    fn the_edition_that_fits_is_chosen_and_says_why() {
        let own: &[&str] = &["kubeadm", "kind"];
        let catalog = catalog(&[
            ("cis-1.12", "1.32", "1.33", own),
            ("cis-2.0.1", "1.34", "1.35", own),
            ("cis-2.0.10", "1.34", "1.35", own),
            ("cis-2.0.1-k3s", "1.34", "1.35", &["k3s"]),
            ("cis-mine", "1.36", "1.36", own),
            ("cisco-9.0", "1.36", "1.36", own),
        ]);
        for &(version, distribution, wanted, why) in CASES {
            let server = Server {
                version,
                distribution,
            };
            let choice = catalog.edition("cis", server).unwrap();
            assert_eq!(choice.profile.id.value, wanted, "{server:?}");
            assert!(choice.reason.contains(why), "{server:?}: {}", choice.reason);
        }
        assert!(catalog.edition("pss", Server::default()).is_none());
    }
}
