//! Signals that end a run. The first interrupt while facts are collected stops the collectors, so that what was read is
//! judged and written; everything else ends the program at once, with the terminal as it was and no draft left behind.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use rustix::process::Signal;
use rustix::termios::Termios;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::sink;
use crate::collect::Stop;

/// What is running now that a signal has to know of.
#[derive(Default)]
struct Now {
    /// How to stop collecting, while somebody does.
    collecting: Option<Stop>,
    /// How the terminal was before it was changed.
    terminal: Option<Termios>,
}

static NOW: Mutex<Option<Now>> = Mutex::new(None);

fn with<T>(change: impl FnOnce(&mut Now) -> T) -> T {
    let mut now = NOW.lock().unwrap_or_else(PoisonError::into_inner);
    change(now.get_or_insert_default())
}

/// Collects: until the guard goes, the first interrupt asks `stop` instead of ending the run.
pub(super) fn collecting(stop: &Stop) -> Collecting {
    with(|now| now.collecting = Some(stop.clone()));
    Collecting
}

/// As long as it lives, somebody collects.
pub(super) struct Collecting;

impl Drop for Collecting {
    fn drop(&mut self) {
        with(|now| now.collecting = None);
    }
}

/// Has the terminal put back to `before` when a signal ends the run; nothing where it is as it was.
pub(super) fn terminal(before: Option<Termios>) {
    with(|now| now.terminal = before);
}

/// Listens for signals on a thread of its own, from when this comes back; `end` ends the program with an exit status.
pub(super) fn listen(end: fn(u8)) {
    let (ready, listens) = channel();
    let listening = move || {
        let runtime = Builder::new_current_thread().enable_io().build();
        // Without it signals do what they do by default.
        if let Ok(runtime) = runtime {
            let _ = runtime.block_on(heed(end, ready));
        }
    };
    let started = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(listening);
    if started.is_ok() {
        // It goes away without a word where it cannot listen.
        let _ = listens.recv();
    }
}

async fn heed(end: fn(u8), ready: Sender<()>) -> std::io::Result<()> {
    // A file over the limit of its size (`ulimit -f`) is an error of whoever writes it, not the end of the run.
    let _files = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let _ = ready.send(());
    loop {
        let number = tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
            _ = hangup.recv() => SignalKind::hangup(),
        };
        // Whoever is asked for a passphrase and interrupts wants to end.
        let stop = with(|now| match now.terminal {
            Some(_) => None,
            None => now.collecting.take(),
        });
        match stop {
            Some(stop) if number == SignalKind::interrupt() => {
                super::say("stopping: what was read so far will be judged; once more ends at once");
                stop.ask();
            }
            _ => {
                let before = with(|now| now.terminal.take());
                if let Some(before) = before {
                    super::terminal::restore(&before);
                }
                sink::discard();
                // As shells count: 128 and the number of the signal.
                end(u8::try_from(number.as_raw_value()).map_or(u8::MAX, |number| 128 + number));
            }
        }
    }
}
