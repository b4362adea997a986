//! Which component a command line starts: the one place that knows.
//!
//! Nobody starts components only by their own names. Images have an entry point, a wrapper keeps a log or reaps children,
//! a shell works arguments out, one binary serves as several programs; and a component's binary that is asked for its
//! version serves nothing. Whatever looks at command lines (processes, static pods, mirror pods, manifests) asks here.

use super::ComponentKind;
use super::shell::{self, Shell};
use crate::facts::settings::{Scalar, parse};

/// A component that a command line starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Start<'a> {
    /// Which one.
    pub(crate) kind: ComponentKind,
    /// What follows the program; nothing where a shell or a program that is not known decides on it.
    pub(crate) arguments: Option<&'a [String]>,
    /// Whether the process is the component; otherwise it starts one.
    pub(crate) itself: bool,
}

/// The words of command lines by which [`Start`] tells components: nothing else in them is needed for that.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// Names of programs, which versions may follow.
    pub(crate) programs: Vec<&'static str>,
    /// What may follow them beside versions.
    pub(crate) suffixes: &'static [&'static str],
    /// Words that stand for themselves.
    pub(crate) words: Vec<&'static str>,
    /// Parts of words.
    pub(crate) parts: &'static [&'static str],
}

impl Vocabulary {
    /// All of them.
    pub(crate) fn new() -> Self {
        let kinds = ComponentKind::ALL.into_iter().map(ComponentKind::binary);
        let managers = MANAGERS.iter().map(|(name, _)| *name);
        let short = SHORT.iter().map(|(name, _)| *name);
        let fixed = [WRAPPERS, ENGINES, OTHER_THAN_ETCD];
        let fixed = fixed.into_iter().flatten().copied();
        Self {
            // The longer first: one is the beginning of another.
            programs: managers
                .chain(kinds)
                .chain(COMBINED.iter().copied())
                .collect(),
            suffixes: SUFFIXES,
            words: fixed
                .chain(short)
                .chain(shell::vocabulary())
                .filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()))
                .collect(),
            parts: ENTRIES,
        }
    }

    /// Whether `word` is the name of the program `name`, with or without a version behind it.
    pub(crate) fn is_called(word: &str, name: &str) -> bool {
        is_called(word, name)
    }
}

/// How often programs may start each other before nobody looks on.
const WRAPS: usize = 12;

/// Programs that run the program they are given with the arguments they are given: inits of containers, Kubernetes' and
/// OpenShift's keepers of logs and grace, and what sets priorities, users and namespaces.
const WRAPPERS: &[&str] = &[
    "go-runner",
    "tini",
    "tini-static",
    "dumb-init",
    "catatonit",
    "docker-init",
    "watch-termination",
    "env",
    "exec",
    "nohup",
    "setsid",
    "nice",
    "ionice",
    "chrt",
    "taskset",
    "numactl",
    "prlimit",
    "stdbuf",
    "timeout",
    "time",
    "setpriv",
    "su-exec",
    "gosu",
    "runuser",
    "sudo",
    "chroot",
    "nsenter",
    "unshare",
    "systemd-run",
    "systemd-cat",
    "strace",
];

/// Programs that run images.
const ENGINES: &[&str] = &["docker", "podman", "nerdctl", "ctr"];

/// Parts of names of programs that start what they are given.
const ENTRIES: &[&str] = &["entry", "run", "start", "launch", "wrap", "init", ".sh"];

/// Programs that start a component with arguments of their own making.
const MANAGERS: &[(&str, ComponentKind)] = &[("etcd-manager", ComponentKind::Etcd)];

/// Programs that are each component in turn, and what some of them called them.
const COMBINED: &[&str] = &["hyperkube"];
const SHORT: &[(&str, ComponentKind)] = &[
    ("apiserver", ComponentKind::ApiServer),
    ("controller-manager", ComponentKind::ControllerManager),
    ("scheduler", ComponentKind::Scheduler),
    ("proxy", ComponentKind::KubeProxy),
];

/// What may follow a component's name in that of its binary or image, beside a version.
const SUFFIXES: &[&str] = &[
    "exe", "amd64", "arm64", "arm", "ppc64le", "s390x", "riscv64", "linux", "windows", "bin",
    "real",
];

/// Words by which etcd is another program (etcdmain/main.go).
const OTHER_THAN_ETCD: &[&str] = &["gateway", "grpc-proxy", "help"];

impl<'a> Start<'a> {
    /// The component that the command line `argv` starts, if it starts one that stays.
    pub(crate) fn of(argv: &'a [String]) -> Option<Self> {
        Self::within(argv, WRAPS)
    }

    /// The same, where programs may start each other `depth` times.
    pub(super) fn within(argv: &'a [String], depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let (program, rest) = argv.split_first()?;
        let program = base(program);
        if let Some(kind) = named(program) {
            return serving(kind, rest);
        }
        if let Some((_, kind)) = MANAGERS.iter().find(|(name, _)| is_called(program, name)) {
            return Some(Self::unclear(*kind));
        }
        if COMBINED.iter().any(|name| is_called(program, name)) {
            let at = rest.iter().position(|word| !word.starts_with('-'))?;
            let kind = combined(&rest[at])?;
            return serving(kind, &rest[at + 1..]);
        }
        match Shell::of(program, rest) {
            Some(Shell::Script(script, given)) => {
                shell::started(script, given, depth).map(Self::unclear)
            }
            Some(Shell::File(file, given)) => named(base(file))
                .or_else(|| Some(Start::within(given, depth)?.kind))
                .map(Self::unclear),
            Some(Shell::Unclear) => None,
            None if WRAPPERS.contains(&program) => wrapped(rest, depth),
            None => handed_on(program, rest, depth),
        }
    }

    /// The component that a container starts. One without a command runs the entry point of its image, which the image's
    /// name tells, or the container's.
    pub(crate) fn of_container(argv: &'a [String], name: &str, image: &str) -> Option<Self> {
        Self::of(argv).or_else(|| {
            // A shell in an image of a component that names the component, in whatever way, starts it.
            let kind = of_image(image).or_else(|| named(name))?;
            let (program, rest) = argv.split_first()?;
            let told = match Shell::of(base(program), rest)? {
                Shell::Script(script, _) => shell::names(script, kind.binary()),
                _ => false,
            };
            told.then(|| Self::unclear(kind))
        })
    }

    /// Whether the program of `argv` is one that is known here, so that a name for its process says no more.
    pub(crate) fn knows(argv: &[String]) -> bool {
        let program = argv.first().map(|program| base(program));
        program.is_some_and(|program| is_program(program) || WRAPPERS.contains(&program))
    }

    /// A component about whose arguments nothing is known.
    fn unclear(kind: ComponentKind) -> Self {
        Self {
            kind,
            arguments: None,
            itself: false,
        }
    }
}

/// What a container runs, program first: `command` and `args`, and where there is no command the entry point of the image,
/// which its name tells, or else the container's own name.
pub(crate) fn container_argv(
    name: &str,
    image: &str,
    command: &[String],
    args: &[String],
) -> Vec<String> {
    let mut argv = command.to_vec();
    if argv.is_empty() && Start::of(args).is_none() {
        let entry = of_image(image).map_or(name, |kind| kind.binary());
        argv.push(entry.to_owned());
    }
    argv.extend_from_slice(args);
    argv
}

/// The component that an image is made for: the last part of its name, as upstream and those who rebuild it call it.
fn of_image(image: &str) -> Option<ComponentKind> {
    let name = image.split('@').next()?.rsplit('/').next()?;
    let name = name.split(':').next()?;
    named(name.strip_prefix("hardened-").unwrap_or(name))
}

/// The component whose binary is called `program`, with or without a version or an architecture behind its name.
pub(super) fn named(program: &str) -> Option<ComponentKind> {
    ComponentKind::ALL
        .into_iter()
        .find(|kind| is_called(program, kind.binary()))
}

fn is_called(program: &str, name: &str) -> bool {
    let Some(rest) = program.strip_prefix(name) else {
        return false;
    };
    let Some(rest) = rest.strip_prefix(['-', '_', '.']) else {
        return rest.is_empty();
    };
    let number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let first = rest.split(['-', '_', '.']).next().unwrap_or_default();
    number(first) || first.strip_prefix('v').is_some_and(number) || SUFFIXES.contains(&first)
}

/// The name of a program without its directories.
fn base(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// Whether `word` is the path or name of a component's program: no flag, no assignment, no sentence.
fn program_of(word: &str) -> Option<ComponentKind> {
    let plain = !word.starts_with('-') && !word.contains(|c: char| c == '=' || c.is_whitespace());
    plain.then(|| named(base(word))).flatten()
}

fn combined(word: &str) -> Option<ComponentKind> {
    let short = || SHORT.iter().find(|(name, _)| word == *name);
    named(word).or_else(|| short().map(|(_, kind)| *kind))
}

/// The component itself, unless its arguments ask for something else than to serve.
fn serving(kind: ComponentKind, arguments: &[String]) -> Option<Start<'_>> {
    let other = |word: &String| OTHER_THAN_ETCD.contains(&word.as_str());
    if kind == ComponentKind::Etcd && arguments.first().is_some_and(other) {
        return None;
    }
    let parsed = parse(arguments, kind.flags(), kind.parser());
    let on = |name: &str| match parsed.given.get(name) {
        Some(Some(Scalar::Bool(on))) => *on,
        Some(Some(Scalar::Text(text))) => !text.is_empty(),
        _ => false,
    };
    let done = parsed.exits
        || ["cleanup", "init-only", "write-config-to"]
            .into_iter()
            .any(on);
    (!done).then_some(Start {
        kind,
        arguments: Some(arguments),
        itself: true,
    })
}

/// What a wrapper starts: what stands behind `--`, else the first word that is a program. A flag's value may look like
/// one (`--user etcd`), and another program may come between; then it is known what starts and not with which arguments.
fn wrapped(rest: &[String], depth: usize) -> Option<Start<'_>> {
    let behind = rest.iter().position(|word| word == "--");
    if let Some(start) = behind.and_then(|at| Start::within(&rest[at + 1..], depth)) {
        let itself = false;
        return Some(Start { itself, ..start });
    }
    let mut at = rest.iter().position(|word| is_program(word))?;
    // `gosu etcd etcd`: a user, then the program.
    let kind = program_of(&rest[at]);
    while kind.is_some() && rest.get(at + 1).and_then(|word| program_of(word)) == kind {
        at += 1;
    }
    let start = Start::within(&rest[at..], depth)?;
    let (before, after) = rest.split_at(at);
    let valued = |flag: &String| flag.starts_with('-') && !flag.contains('=');
    let again = |word: &String| program_of(word) == Some(start.kind);
    let other = |word: &String| {
        word.contains('/') && !word.starts_with('-') && !word.contains('=') && !again(word)
    };
    let doubtful = before.last().is_some_and(valued) && after[1..].iter().any(again)
        || before.iter().any(other);
    Some(Start {
        arguments: start.arguments.filter(|_| !doubtful),
        itself: false,
        ..start
    })
}

/// Whether `word` is a program that is a component, serves as one, manages one, or is a shell.
fn is_program(word: &str) -> bool {
    let program = base(word);
    let called = |name: &str| is_called(program, name);
    program_of(word).is_some()
        || Shell::is(program)
        || COMBINED.iter().any(|name| called(name))
        || MANAGERS.iter().any(|(name, _)| called(name))
}

/// A program that is not known and is given a component's: `entrypoint.sh kube-apiserver --flags`, `x -- kubelet`. What
/// it makes of the arguments is not known.
fn handed_on<'a>(program: &str, rest: &[String], depth: usize) -> Option<Start<'a>> {
    if ENGINES.contains(&program) {
        let run = rest.iter().position(|word| word == "run")?;
        let words = rest[run..].iter().filter(|word| !word.starts_with('-'));
        let mut kinds = words.filter_map(|word| program_of(word).or_else(|| of_image(word)));
        return kinds.next().map(Start::unclear);
    }
    let behind = rest.iter().position(|word| word == "--").map(|at| at + 1);
    let first = rest.iter().position(|word| !word.starts_with('-'))?;
    let words = &rest[behind.unwrap_or(first)..];
    let plain = words.first().is_some_and(|word| {
        program_of(word).is_some() || COMBINED.iter().any(|name| is_called(base(word), name))
    });
    let start = Start::within(words, depth).filter(|_| plain)?;
    let entry = ENTRIES.iter().any(|part| program.contains(part));
    let meant = match start.arguments?.first() {
        _ if behind.is_some() => true,
        Some(next) => next.starts_with('-'),
        None => entry,
    };
    meant.then(|| Start::unclear(start.kind))
}
