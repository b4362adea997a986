//! What is kept of the command lines of a node: a list of what may stay, and everything else as its shape alone.
//!
//! Any process may have a password among its arguments, and a shell any text. What is kept is the program, the names of
//! flags, the values of flags that the tables of components know and do not hold to be secret, and the words by which
//! [`Start`](crate::facts::component) tells what starts what. In every other word each letter and digit is an `x`, so that it
//! still is a path, an assignment or a script. The script over SSH does the same before anything leaves the node, from the
//! same lists (`collect/ssh/keep.sh`); doing it again changes nothing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::embedded::{argument_settings, disable_settings};
use crate::facts::component::{ComponentKind, Vocabulary};
use crate::facts::settings::{Kind, clean_urls};

/// Programs on nodes that are looked for beside components, and the words that say what they do.
const MORE: [&str; 14] = [
    "agent",
    "all",
    "containerd",
    "crio",
    "cri-dockerd",
    "dockerd",
    "k0s",
    "k3s",
    "kubelite",
    "microshift",
    "rke2",
    "run",
    "server",
    "systemd",
];
/// Flags of container runtimes and K3s whose values say where their configuration is.
const PLACES: [&str; 2] = ["config", "data-dir"];
/// Container runtimes whose `-c` names their configuration; that of a shell is a script.
const RUNTIMES: [&str; 2] = ["containerd", "crio"];
/// The programs with such flags.
const OTHERS: [&str; 6] = [
    "containerd",
    "cri-dockerd",
    "crio",
    "dockerd",
    "k3s",
    "rke2",
];
/// Letters of a shell's own flags: `-c`, `-e`, `-x`, `-o`, `-l`, `-i`, `-f`, `-u`, `-h`, `-a`.
const SHELL_FLAGS: &str = "acefhilouvx";
/// How long the name of an unknown flag may be, and the path of a program.
const NAME: usize = 80;
const PATH: usize = 128;

/// What may stay.
#[derive(Debug)]
pub struct Printable {
    /// Flags with a value.
    pub valued: BTreeSet<&'static str>,
    /// Flags that are true or false: a word behind one is not its value.
    pub switches: BTreeSet<&'static str>,
    /// Flags whose value is a flag itself, without dashes.
    pub nested: BTreeSet<&'static str>,
    /// Flags that hold secrets: of those it is told that they are there.
    pub secret: BTreeSet<&'static str>,
    /// Components, which a version may follow: behind the name of one, its flags are told.
    pub programs: Vec<&'static str>,
    /// Other programs of which the flags are told.
    pub others: [&'static str; 6],
    /// What may follow them beside a version.
    pub suffixes: &'static [&'static str],
    /// Words that stand for themselves.
    pub words: BTreeSet<&'static str>,
    /// Words of which a part stands for them.
    pub parts: &'static [&'static str],
}

/// The lists, from the tables of components.
pub fn printable() -> &'static Printable {
    static LISTS: LazyLock<Printable> = LazyLock::new(Printable::new);
    &LISTS
}

impl Printable {
    fn new() -> Self {
        let rows = || {
            ComponentKind::ALL
                .into_iter()
                .flat_map(|kind| &kind.flags().rows)
        };
        let of = |wanted: &dyn Fn(Kind) -> bool| -> BTreeSet<&'static str> {
            let rows = rows().filter(|row| wanted(row.kind));
            rows.map(|row| row.name.as_str()).collect()
        };
        let secret = of(&|kind| kind == Kind::Secret);
        let mut switches = of(&|kind| kind == Kind::Bool);
        switches.extend(disable_settings());
        let mut valued = of(&|kind| kind != Kind::Bool && kind != Kind::Secret);
        valued.extend(PLACES);
        // A name that means several things is what keeps least.
        switches.retain(|name| !secret.contains(name));
        valued.retain(|name| !secret.contains(name) && !switches.contains(name));
        let Vocabulary {
            programs,
            suffixes,
            words,
            parts,
        } = Vocabulary::new();
        Self {
            valued,
            switches,
            nested: argument_settings().collect(),
            secret,
            programs,
            others: OTHERS,
            suffixes,
            words: words.into_iter().chain(MORE).collect(),
            parts,
        }
    }

    fn keeps(&self, name: &str) -> bool {
        self.valued.contains(name) || self.switches.contains(name)
    }

    /// Whether `word` is a program of which the flags are told.
    fn is_home(&self, word: &str) -> bool {
        let name = base(word);
        let called = |known: &&str| Vocabulary::is_called(name, known);
        self.others.contains(&name) || self.programs.iter().any(called)
    }
}

/// A command line, as it may be kept. Words are bytes: whoever started the process chose them.
pub fn masked(words: &[&[u8]]) -> Vec<String> {
    // Any program may have a flag of the same name, and a password for its value.
    within(words, false)
}

/// The arguments of a container of a static pod, program first.
pub(super) fn masked_container(argv: &[String]) -> Vec<String> {
    let words: Vec<&[u8]> = argv.iter().map(|word| word.as_bytes()).collect();
    within(&words, true)
}

fn within(words: &[&[u8]], mut at_home: bool) -> Vec<String> {
    let lists = printable();
    let mut runtime = false;
    // What the word before makes of this one.
    let mut behind = Behind::Nothing;
    let mut out = Vec::with_capacity(words.len());
    for (number, word) in words.iter().enumerate() {
        // Each byte a letter: nothing is lost on the way.
        let word: String = word.iter().map(|byte| char::from(*byte)).collect();
        let kept = match (number, word.starts_with('-')) {
            (0, false) => {
                at_home |= lists.is_home(&word);
                runtime = RUNTIMES.contains(&base(&word));
                program(lists, &word)
            }
            (_, true) => {
                let (kept, next) = flag(lists, &word, at_home);
                behind = match &*word {
                    "-c" if runtime => Behind::Value,
                    _ => next,
                };
                kept
            }
            _ => match std::mem::replace(&mut behind, Behind::Nothing) {
                Behind::Nothing => {
                    at_home |= lists.is_home(&word);
                    shape(lists, &word)
                }
                Behind::Value => clean_urls(&word),
                Behind::Flag => nested(lists, &word),
            },
        };
        let bytes: Vec<u8> = kept
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'x'))
            .collect();
        out.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    out
}

/// The name of a program, without directories and what it wrote behind it.
fn base(word: &str) -> &str {
    let path = word.split(' ').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// What a word is that follows a flag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    Nothing,
    Value,
    Flag,
}

/// The path of a program, and the shape of what it wrote behind it.
fn program(lists: &Printable, word: &str) -> String {
    let (path, title) = word.split_at(word.find(' ').unwrap_or(word.len()));
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+:-".contains(c);
    let path = match path.len() <= PATH && path.chars().all(plain) {
        true => path.to_owned(),
        false => shape(lists, path),
    };
    path + &shape(lists, title)
}

fn flag(lists: &Printable, word: &str, at_home: bool) -> (String, Behind) {
    let body = word.trim_start_matches('-');
    let dashes = word.len() - body.len();
    let (name, value) = match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    };
    let key = name.replace('_', "-");
    let start = &word[..dashes + name.len()];
    if at_home && dashes <= 2 && lists.nested.contains(&*key) {
        return match value {
            Some(value) => (format!("{start}={}", nested(lists, value)), Behind::Nothing),
            None => (start.to_owned(), Behind::Flag),
        };
    }
    if at_home && dashes <= 2 && lists.keeps(&key) {
        return match value {
            Some(value) => (format!("{start}={}", clean_urls(value)), Behind::Nothing),
            None if lists.valued.contains(&*key) => (start.to_owned(), Behind::Value),
            None => (start.to_owned(), Behind::Nothing),
        };
    }
    if at_home && dashes <= 2 && lists.secret.contains(&*key) {
        let value = value.map(|value| format!("={}", unless_empty(value)));
        return (
            start.to_owned() + &value.unwrap_or_default(),
            Behind::Nothing,
        );
    }
    let of_shell = |c: char| SHELL_FLAGS.contains(c);
    if dashes == 1 && value.is_none() && name.len() <= 6 && name.chars().all(of_shell) {
        return (word.to_owned(), Behind::Nothing);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let sound = dashes == 2
        && (1..=NAME).contains(&name.len())
        && name.chars().all(plain)
        // Go's own flags have one dash, secrets of many programs follow one.
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    let kept = match (sound, value) {
        // Whatever its name becomes, it stays a flag.
        (false, _) => format!("{}{}", &word[..dashes], shape(lists, body)),
        (true, Some(value)) => format!("{start}={}", unless_empty(value)),
        (true, None) => start.to_owned(),
    };
    (kept, Behind::Nothing)
}

/// A flag without its dashes, as K3s takes it for a component.
fn nested(lists: &Printable, word: &str) -> String {
    let bare = word.trim_start_matches('-');
    let (name, value) = match bare.split_once('=') {
        Some((name, value)) => (name, value),
        None if lists.keeps(&bare.replace('_', "-")) => return word.to_owned(),
        None => return shape(lists, word),
    };
    let start = &word[..word.len() - value.len()];
    match lists.keeps(&name.replace('_', "-")) {
        true => format!("{start}{}", clean_urls(value)),
        false => format!("{}{}", shape(lists, start), unless_empty(value)),
    }
}

fn unless_empty(value: &str) -> &str {
    match value {
        "" => "",
        _ => "-",
    }
}

/// A text in which only the words that tell programs are left.
fn shape(lists: &Printable, text: &str) -> String {
    let of_word = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(of_word) {
        let (before, after) = rest.split_at(at);
        out.extend(before.chars().map(ascii));
        let end = after.find(|c| !of_word(c)).unwrap_or(after.len());
        let (word, tail) = after.split_at(end);
        out.push_str(&known(lists, word));
        rest = tail;
    }
    out.extend(rest.chars().map(ascii));
    out
}

fn ascii(c: char) -> char {
    if c.is_ascii() { c } else { 'x' }
}

fn known(lists: &Printable, word: &str) -> String {
    if lists.words.contains(word) {
        return word.to_owned();
    }
    let (before, bare) = match word.strip_prefix("hardened-") {
        Some(bare) => ("hardened-", bare),
        None => ("", word),
    };
    let mut programs = lists.programs.iter();
    if let Some(name) = programs.find(|name| Vocabulary::is_called(bare, name)) {
        return format!("{before}{name}");
    }
    if let Some(part) = lists.parts.iter().find(|part| word.contains(*part)) {
        return (*part).to_owned();
    }
    let hide = |c: char| if c.is_ascii_alphanumeric() { 'x' } else { c };
    word.chars().map(hide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Vec<String> {
        let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        masked(&bytes)
    }

    /// Command lines, and what is kept of them.
    const KEPT: &[(&[&str], &[&str])] = &[
        (
            &[
                "/usr/bin/kubelet",
                "--config=/c",
                "--v=2",
                "--hostname-override",
                "n",
            ],
            &[
                "/usr/bin/kubelet",
                "--config=/c",
                "--v=2",
                "--hostname-override",
                "n",
            ],
        ),
        (
            &[
                "mysqld",
                "--password=hunter2",
                "-phunter2",
                "--password",
                "hunter2",
                "hunter2",
            ],
            &[
                "mysqld",
                "--password=-",
                "-xxxxxxxx",
                "--password",
                "xxxxxxx",
                "xxxxxxx",
            ],
        ),
        (
            &[
                "etcd",
                "--initial-cluster-token=a",
                "-initial-cluster-token",
                "a",
                "--discovery-user=a:b",
                "-name=n",
            ],
            &[
                "etcd",
                "--initial-cluster-token=-",
                "-initial-cluster-token",
                "x",
                "--discovery-user=-",
                "-name=n",
            ],
        ),
        (
            &[
                "kube-apiserver",
                "--etcd-servers=https://u:p@h:1/x?t=s,https://h:2",
                "--anonymous-auth",
                "word",
            ],
            &[
                "kube-apiserver",
                "--etcd-servers=https://h:1/-,https://h:2",
                "--anonymous-auth",
                "xxxx",
            ],
        ),
        (
            &[
                "sh",
                "-ec",
                "A=b exec /opt/bin/kube-apiserver-v1.30.1 --x=y && echo hunter2",
            ],
            &[
                "sh",
                "-ec",
                "x=x exec /xxx/xxx/kube-apiserver --x=x && xxxx xxxxxxx",
            ],
        ),
        (
            &[
                "/docker-entrypoint.sh",
                "--",
                "etcd",
                "etcd-backup",
                "etcd-hunter2",
            ],
            &[
                "/docker-entrypoint.sh",
                "--",
                "etcd",
                "xxxx-xxxxxx",
                "xxxx-xxxxxxx",
            ],
        ),
        (
            &["tini", "/my-entry-1", "hardened-etcd:v3"],
            &["tini", "/entry", "hardened-etcd:xx"],
        ),
        (
            &[
                "k3s",
                "server",
                "--token=a",
                "--kubelet-arg=max-pods=5",
                "--kubelet-arg",
                "manifest-url-header=a:b",
            ],
            &[
                "k3s",
                "server",
                "--token=-",
                "--kubelet-arg=max-pods=5",
                "--kubelet-arg",
                "xxxxxxxx-xxx-xxxxxx=-",
            ],
        ),
        (
            &["sshd: root [priv] key=a", "", "--"],
            &["sshd: xxxx [xxxx] xxx=x", "", "--"],
        ),
        (
            &["a b", "--=x", "---x", "\u{e9}"],
            &["a x", "--=x", "---x", "xx"],
        ),
    ];

    #[test]
    fn command_lines_keep_what_is_listed() {
        for (given, kept) in KEPT {
            let once = line(given);
            assert_eq!(once, *kept, "{given:?}");
            let words: Vec<&str> = once.iter().map(String::as_str).collect();
            assert_eq!(line(&words), once, "doing it again changes {given:?}");
        }
    }

    #[test]
    fn no_list_holds_what_another_withholds() {
        let lists = printable();
        assert!(lists.secret.contains("initial-cluster-token"));
        assert!(lists.valued.len() > 300 && lists.switches.len() > 80);
        for name in &lists.secret {
            assert!(!lists.keeps(name), "{name}");
        }
        for name in &lists.switches {
            assert!(!lists.valued.contains(name), "{name}");
        }
    }
}
