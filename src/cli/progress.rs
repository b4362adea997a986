//! Progress on standard error, one line per step under way; nothing at all when it is not a terminal.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::collect::ssh::Passphrase;
use crate::collect::{Progress, Stop};

/// Spinners for collectors.
pub(crate) struct Spinners {
    lines: MultiProgress,
    running: Mutex<BTreeMap<String, ProgressBar>>,
    verbose: bool,
    stop: Stop,
}

impl Spinners {
    /// Spinners that are seen when `visible`, and tell what each step gave when `verbose`.
    pub(crate) fn new(visible: bool, verbose: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            lines: MultiProgress::with_draw_target(target),
            running: Mutex::new(BTreeMap::new()),
            verbose,
            stop: Stop::default(),
        }
    }
}

impl Progress for Spinners {
    fn started(&self, step: &str) {
        let bar = self.lines.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_message(super::terminal::safe(step).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        if let Ok(mut running) = self.running.lock() {
            running.insert(step.to_owned(), bar);
        }
    }

    fn finished(&self, step: &str, outcome: &str) {
        if let Ok(mut running) = self.running.lock()
            && let Some(bar) = running.remove(step)
        {
            bar.finish_and_clear();
        }
        if self.verbose {
            self.lines
                .suspend(|| super::say(&format!("{step}: {outcome}")));
        }
    }

    fn note(&self, text: &str) {
        self.lines.suspend(|| super::say(&format!("note: {text}")));
    }

    fn stop(&self) -> Stop {
        self.stop.clone()
    }

    fn secret(&self, question: &str) -> Option<Passphrase> {
        self.lines
            .suspend(|| super::terminal::secret(question))
            .map(Passphrase::new)
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        // Nothing to do about a terminal that went away.
        let _ = self.lines.clear();
    }
}
