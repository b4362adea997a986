//! Which version of the Pod Security Standards pods are held to.

use std::fmt;
use std::str::FromStr;

use super::standard::{LATEST, OLDEST};

/// A version of the Pod Security Standards; the newest unless another is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardVersion(u32);

impl StandardVersion {
    /// The minor version of Kubernetes that it belongs to.
    pub(crate) fn minor(self) -> u32 {
        self.0
    }
}

impl Default for StandardVersion {
    fn default() -> Self {
        Self(LATEST)
    }
}

/// As the label `enforce-version` writes it.
impl fmt::Display for StandardVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}", self.0)
    }
}

/// As in the label: `v1.30` or `latest`; the `v` may be left out.
impl FromStr for StandardVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::default());
        }
        let minor = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.");
        let minor = minor.filter(|minor| minor.chars().all(|c| c.is_ascii_digit()));
        minor
            .and_then(|minor| minor.parse().ok())
            .filter(|minor| (OLDEST..=LATEST).contains(minor))
            .map(Self)
            .ok_or_else(|| format!("v1.{OLDEST} to v1.{LATEST}, or latest, is expected"))
    }
}
