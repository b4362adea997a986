//! Renewed and not taken up: files that changed under a process which reads them only when it starts.

use super::inquiry::found;
use super::roles::READ_ONCE;
use super::survey::{Survey, User};
use crate::facts::{Cell, Gap, GapReason, Source};

/// A kubeconfig's own credentials, as [`User::setting`] says it.
pub(super) const WITHIN_KUBECONFIG: &str = "within its kubeconfig";

impl Survey<'_> {
    /// The component that still uses what the file at `path` held before; nobody, when each reads it anew.
    pub(super) fn changed_under(
        &mut self,
        path: &str,
        usage: &str,
        user: User<'_>,
    ) -> Cell<Vec<String>> {
        let engine = "start of the process and change of the file";
        let source = Source::computed(engine);
        let once = user.setting == WITHIN_KUBECONFIG || READ_ONCE.contains(&usage);
        // Nobody runs with it, or whoever does looks again.
        if !once || !user.runs {
            return Cell::explicit(Vec::new(), source);
        }
        let Some(started) = user.started else {
            let what = format!("start of {}", user.component);
            let remedy = "read the node with the right to see all processes";
            return Cell::Gap(Gap::new(what, path, GapReason::Unreachable, remedy));
        };
        match found(self.inquiry.stat(path)) {
            Err(gap) => Cell::Gap(gap),
            // Times of processes are known to the second or so.
            Ok(Some(file)) if file.modified > started.saturating_add(2) => {
                Cell::explicit(vec![user.component.to_owned()], source)
            }
            Ok(_) => Cell::explicit(Vec::new(), source),
        }
    }
}

/// Adds what another user of the same file says.
pub(super) fn merge(known: &mut Cell<Vec<String>>, more: Cell<Vec<String>>) {
    match (known, more) {
        (Cell::Value { value: known, .. }, Cell::Value { value: more, .. }) => {
            known.extend(more);
            known.sort_unstable();
            known.dedup();
        }
        // Whoever is known to be behind is behind, whatever else is not known.
        (Cell::Value { value: known, .. }, Cell::Gap(_)) if !known.is_empty() => {}
        (Cell::Gap(_), Cell::Value { value: more, .. }) if more.is_empty() => {}
        (known, more) => *known = more,
    }
}
