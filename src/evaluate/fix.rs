//! From a check's fix to the line that mends one subject, and the place it belongs into.

use crate::catalog::{Change, Check};
use crate::outcome::Remediation;

use super::rows::Row;

/// What clears a failure of `check` on `row`.
pub(super) fn remediation(check: &Check, row: &Row<'_>) -> Remediation {
    let subject = &row.subject;
    let fill = |text: &str| {
        text.replace("{path}", &subject.name)
            .replace(
                "{namespace}",
                subject.namespace.as_deref().unwrap_or_default(),
            )
            .replace("{kind}", subject.name.split(' ').next().unwrap_or_default())
            .replace(
                "{name}",
                subject.name.rsplit(' ').next().unwrap_or_default(),
            )
    };
    let line = match &check.fix.change {
        Some(
            Change::Flag(text)
            | Change::KubeletConfig(text)
            | Change::File(text)
            | Change::Manifest(text)
            | Change::Command(text),
        ) => fill(text.trim_end()),
        None => String::new(),
    };
    // Findings are grouped by what has to be touched: the flag or key in one place, or one object.
    let key = match &check.fix.change {
        Some(Change::Flag(flag)) => flag.split('=').next().unwrap_or_default().to_owned(),
        Some(Change::KubeletConfig(text)) => text.clone(),
        Some(Change::File(_)) => "mode and owner".to_owned(),
        Some(Change::Manifest(_) | Change::Command(_)) | None => check.id.value.clone(),
    };
    let place = row.place.clone().unwrap_or_default();
    // A setting is mended where it stands; objects of one check are mended one after the other by the same change.
    let target = match (&check.fix.change, &subject.node) {
        (Some(Change::Flag(_) | Change::KubeletConfig(_) | Change::File(_)), Some(node)) => {
            [node, place.as_str(), key.as_str()].join(" · ")
        }
        _ => check.id.value.clone(),
    };
    Remediation {
        target,
        summary: check.fix.summary.clone(),
        line,
        place,
    }
}
