//! Where the sources of a setting disagree.

use std::collections::BTreeMap;

use super::statement::Said;

crate::record! {
    /// A setting that two sources show with different values.
    #[derive(Debug, Eq)]
    pub struct Drift {
        /// The flag, or the path of the configuration field.
        pub setting: String,
        /// The value that runs.
        pub running: String,
        /// What each source shows; `not set` where it sets nothing.
        pub values: BTreeMap<String, String>,
    }
}

impl Drift {
    /// The difference between what sightings say about the flag called `setting`, most trusted first.
    ///
    /// A page that fills defaults in differs only from a command line that sets the flag: what it shows for a flag that
    /// nobody sets is the default.
    pub(super) fn between(setting: &str, said: &[&Said]) -> Option<Self> {
        let mut values = BTreeMap::new();
        for said in said {
            match said {
                Said::Set(value, source) | Said::Shown(value, source) => {
                    values.insert(source.to_string(), value.to_string());
                }
                Said::Unset(source) => {
                    values.insert(source.to_string(), NOT_SET.to_owned());
                }
                Said::Refused(_) | Said::Unknown(_) => {}
            }
        }
        let differs = said.iter().enumerate().any(|(at, one)| {
            said[at + 1..].iter().any(|other| match (*one, *other) {
                (Said::Set(a, _) | Said::Shown(a, _), Said::Set(b, _) | Said::Shown(b, _)) => {
                    a != b
                }
                (Said::Set(..), Said::Unset(_)) | (Said::Unset(_), Said::Set(..)) => true,
                _ => false,
            })
        });
        let running = said.iter().find_map(|said| match said {
            Said::Set(value, _) | Said::Shown(value, _) => Some(value.to_string()),
            Said::Unset(_) => Some(NOT_SET.to_owned()),
            Said::Refused(_) | Said::Unknown(_) => None,
        });
        differs.then(|| Self {
            setting: setting.to_owned(),
            running: running.unwrap_or_default(),
            values,
        })
    }
}

/// How a source that sets nothing is shown.
pub(super) const NOT_SET: &str = "not set";
