//! Shells: what a script starts, as far as that can be seen without running it.
//!
//! A script is cut into simple commands (POSIX shell, section 2.9.1), and the first one that starts a component counts.
//! Which arguments it gets only the shell knows.

use super::{ComponentKind, Start};

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "su"];

/// Words before the program of a simple command.
const KEYWORDS: &[&str] = &[
    "exec", "if", "then", "else", "elif", "while", "until", "do", "!", "time", "{", "command",
    "builtin",
];

/// The words that say how a script runs what it runs.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    SHELLS.iter().chain(KEYWORDS).copied()
}

/// How a shell is called.
pub(super) enum Shell<'a> {
    /// With a script, and the words given to it.
    Script(&'a str, &'a [String]),
    /// With the file of a script, and the words given to it.
    File(&'a str, &'a [String]),
    /// In another way.
    Unclear,
}

impl<'a> Shell<'a> {
    /// Whether `program` is a shell.
    pub(super) fn is(program: &str) -> bool {
        SHELLS.contains(&program)
    }

    /// What a shell called `program` is given; nothing when it is no shell.
    pub(super) fn of(program: &str, rest: &'a [String]) -> Option<Self> {
        if !Self::is(program) {
            return None;
        }
        let mut script = false;
        let mut at = 0;
        while let Some(word) = rest.get(at) {
            let short = word.len() > 1 && !word.starts_with("--") && word.starts_with(['-', '+']);
            if short {
                script |= word.starts_with('-') && word.contains('c');
                // `-o pipefail`: the name of an option has a word of its own.
                at += usize::from(word.ends_with('o'));
            } else if !(word.starts_with("--") || at == 0 && Self::is(word))
                && (program != "su" || script)
            {
                let given = &rest[at + 1..];
                return Some(match script {
                    true => Self::Script(word, given),
                    false => Self::File(word, given),
                });
            }
            at += 1;
        }
        Some(Self::Unclear)
    }
}

/// The component that `script`, called with the words `given`, starts.
pub(super) fn started(script: &str, given: &[String], depth: usize) -> Option<ComponentKind> {
    let kind = |words: &Vec<String>| Some(Start::within(program(words), depth)?.kind);
    let all = commands(script);
    all.iter().find_map(kind).or_else(|| {
        // `exec "$@"`: the first of the words is the script's own name, unless it is meant, too.
        let hands_on = ["$@", "$*", "${@", "$0"]
            .iter()
            .any(|all| script.contains(all));
        let words = given.get(1..).unwrap_or_default();
        let start = Start::within(words, depth).or_else(|| Start::within(given, depth));
        start.filter(|_| hands_on).map(|start| start.kind)
    })
}

/// Whether `script` holds the name of the program `binary` as a word of its own, or at the end of a path of programs.
pub(super) fn names(script: &str, binary: &str) -> bool {
    let between = |c: char| c.is_whitespace() || "\"'`$(){};|&=<>".contains(c);
    let mut words = script.split(between);
    words.any(|word| {
        word.strip_suffix(binary)
            .is_some_and(|before| before.is_empty() || before.ends_with("bin/"))
    })
}

/// The words of a simple command from its program on: without assignments and keywords.
fn program(words: &[String]) -> &[String] {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let name = word.split('=').next().unwrap_or_default();
        let assigned = name.len() < word.len()
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !assigned && !KEYWORDS.contains(&word.as_str()) {
            break;
        }
        rest = match (word.as_str(), after) {
            // `exec -a NAME PROGRAM`
            ("exec", [flag, _, after @ ..]) if flag == "-a" => after,
            _ => after,
        };
    }
    rest
}

/// The simple commands of a script, in order, as words without quotes.
fn commands(script: &str) -> Vec<Vec<String>> {
    let mut cut = Cut::default();
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        match (cut.quote, c) {
            (Some(quote), c) if c == quote => cut.quote = None,
            (Some('\''), c) => cut.push(c),
            (_, '\\') => match rest.next() {
                Some('\n') | None => {}
                Some(c) => cut.push(c),
            },
            (Some(_), c) => cut.push(c),
            (None, '"' | '\'') => {
                cut.quote = Some(c);
                cut.open = true;
            }
            (None, '#') if !cut.open => while rest.next_if(|c| *c != '\n').is_some() {},
            (None, '\n' | ';' | '&' | '`') => cut.command(),
            (None, '|') => cut.pipe(),
            (None, '(') => {
                cut.command();
                cut.depth += 1;
            }
            (None, ')') => cut.close(),
            (None, '<' | '>') => {
                cut.redirect();
                while rest
                    .next_if(|c| matches!(c, '<' | '>' | '&' | ' ' | '-'))
                    .is_some()
                {}
            }
            (None, c) if c.is_whitespace() => cut.word(),
            (None, c) => cut.push(c),
        }
    }
    cut.command();
    cut.commands
}

/// A script that is being cut.
#[derive(Default)]
struct Cut {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: String,
    open: bool,
    quote: Option<char>,
    /// The next word is where a redirection goes.
    target: bool,
    /// How many parentheses are open.
    depth: usize,
    /// How many commands end with the pipe before this one.
    piped: usize,
}

impl Cut {
    fn push(&mut self, c: char) {
        self.word.push(c);
        self.open = true;
    }

    fn word(&mut self) {
        if std::mem::take(&mut self.open) {
            let word = std::mem::take(&mut self.word);
            if !std::mem::take(&mut self.target) {
                self.words.push(word);
            }
        }
    }

    fn redirect(&mut self) {
        // `2>`: a number before it belongs to it.
        if self.word.chars().all(|c| c.is_ascii_digit()) {
            self.word.clear();
            self.open = false;
        }
        self.word();
        self.target = true;
    }

    fn pipe(&mut self) {
        self.word();
        self.target = false;
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
            self.piped += 1;
        }
    }

    fn command(&mut self) {
        self.pipe();
        self.piped = 0;
    }

    /// A parenthesis that nothing opened ends the patterns of a `case`, which are no commands.
    fn close(&mut self) {
        self.pipe();
        match self.depth.checked_sub(1) {
            Some(depth) => self.depth = depth,
            None => self.commands.truncate(self.commands.len() - self.piped),
        }
        self.piped = 0;
    }
}
