//! The certificates of a cluster, as a list to read.

use jiff::Timestamp;
use serde::Serialize;

/// One certificate, wherever it lies under the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateLine {
    /// Its name as a subject: its file or object, and its position there unless it is the first.
    pub name: String,
    /// The nodes it lies on; none when it is within an object of the API.
    pub nodes: Vec<String>,
    /// What it is used for.
    pub used_by: Vec<String>,
    /// Whether anything is known to use it.
    pub in_use: bool,
    /// Whether it may sign others.
    #[serde(rename = "isCA")]
    pub is_ca: bool,
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whole days until then, negative when it has ended; nothing where a snapshot does not say.
    pub days_left: Option<i64>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
}
