//! What is known about the terminal, resolved once.

use std::borrow::Cow;
use std::io::IsTerminal;

use super::args::{GlobalArgs, When};

/// The width of tables where there is no terminal to ask.
const DEFAULT_WIDTH: u16 = 100;
/// Nothing narrower can hold a table; what claims to be is a wrong answer.
const NARROWEST: u16 = 20;

/// How to write for whoever reads.
pub(crate) struct Terminal {
    /// Whether to colour standard output.
    pub(crate) color: bool,
    /// Whether to show progress on standard error.
    pub(crate) progress: bool,
    /// Whether to say on standard error what each step gave.
    pub(crate) verbose: bool,
    /// Whether the locale promises that any character can be shown.
    pub(crate) unicode: bool,
    /// The width that the environment states, else that of the terminal, when standard output is one.
    width: Option<u16>,
}

impl Terminal {
    /// Asks the environment once.
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let out = std::io::stdout();
        Self {
            color: match global.color {
                When::Always => true,
                When::Never => false,
                When::Auto => out.is_terminal() && !no_color && !dumb,
            },
            progress: std::io::stderr().is_terminal() && !global.quiet && !dumb,
            verbose: global.verbose,
            unicode: unicode(),
            width: stated().or_else(|| {
                let size = out
                    .is_terminal()
                    .then(|| rustix::termios::tcgetwinsize(&out));
                let columns = size?.ok()?.ws_col;
                (columns >= NARROWEST).then_some(columns)
            }),
        }
    }

    /// The width of tables: what the user said, else what is known of the terminal, else a default.
    pub(crate) fn width(&self, stated: Option<u16>) -> u16 {
        stated.or(self.width).unwrap_or(DEFAULT_WIDTH)
    }
}

/// `$COLUMNS`, where it makes sense: shells and CI systems set it to all sorts of things.
fn stated() -> Option<u16> {
    let columns = std::env::var("COLUMNS").ok()?.parse().ok()?;
    (columns >= NARROWEST).then_some(columns)
}

/// A locale that names another character set than UTF-8 says no; one that names none says nothing.
fn unicode() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match set.as_deref().and_then(|locale| locale.split_once('.')) {
        Some((_, charset)) => charset
            .to_ascii_lowercase()
            .replace('-', "")
            .starts_with("utf8"),
        None => true,
    }
}

/// Text from outside for standard error.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    crate::report::safe::safe(text)
}

/// Puts the terminal back to how it was.
pub(super) fn restore(before: &rustix::termios::Termios) {
    use rustix::termios::{OptionalActions, tcsetattr};
    if let Ok(terminal) = std::fs::File::open("/dev/tty") {
        // At once: to wait for output to be written can be interrupted, and what is typed would stay hidden.
        let _ = tcsetattr(&terminal, OptionalActions::Now, before);
    }
}

/// Asks for a secret on the terminal, without showing it; nothing when there is no terminal.
pub(crate) fn secret(question: &str) -> Option<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    use std::io::{BufRead, BufReader, Write};
    let mut options = std::fs::OpenOptions::new();
    let mut terminal = options.read(true).write(true).open("/dev/tty").ok()?;
    let before = tcgetattr(&terminal).ok()?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    super::interrupt::terminal(Some(before.clone()));
    tcsetattr(&terminal, OptionalActions::Flush, &hidden).ok()?;
    let asked = write!(terminal, "{}: ", safe(question)).and_then(|()| terminal.flush());
    let mut line = String::new();
    let read = asked.and_then(|()| BufReader::new(&terminal).read_line(&mut line));
    // Whatever happened, the terminal shows again what is typed.
    let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
    super::interrupt::terminal(None);
    let _ = writeln!(terminal);
    read.ok()?;
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}
