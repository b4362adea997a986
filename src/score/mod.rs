//! From verdicts to figures: what a control says, what a section and a profile score, how much was judged at all, and
//! whether the gate is passed. Pure arithmetic over the catalog and the outcomes; nothing is read, printed or timed here.

mod card;
mod control;
#[cfg(test)]
pub(crate) mod fixture;
mod fraction;
mod gate;
mod overlay;
#[cfg(test)]
mod tests;

pub use card::{Scorecard, SectionScore, Weight, score};
pub use control::{ControlScore, Tally};
pub use fraction::Fraction;
pub use gate::{Gate, Unread, Verdict};
pub use overlay::{Overlay, WaiverEntry, WaiverState, control_name, is_exempt};

use crate::catalog::Severity;

/// How much a control of this severity counts in a score.
pub const fn weight(severity: Severity) -> u64 {
    match severity {
        Severity::Critical => 10,
        Severity::High => 6,
        Severity::Medium => 3,
        Severity::Low => 1,
        Severity::Info => 0,
    }
}
