//! Time and memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use seaworthy::facts::objects::{Content, decode_manifest};
use seaworthy::facts::{Asked, Cluster, Facts};

/// The best of three.
pub(crate) fn best(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..3).map(time).min().unwrap_or_default()
}

/// How long a run of the program took, how much memory it held at most, in MiB, and how it ended.
pub(crate) struct Run {
    pub(crate) time: Duration,
    pub(crate) peak: f64,
    /// What it took of all processors together, in the steps in which the kernel counts.
    pub(crate) processor: Duration,
    /// Its exit status.
    pub(crate) code: Option<i32>,
}

/// Runs the program and watches it. Its report goes nowhere.
pub(crate) fn run(args: &[&str], kubeconfig: Option<&Path>) -> std::io::Result<Run> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(path) = kubeconfig {
        command.env("KUBECONFIG", path);
    }
    let begin = Instant::now();
    let mut child = command.spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let stat = format!("/proc/{}/stat", child.id());
    let (mut peak, mut ticks) = (0.0f64, 0);
    let code = loop {
        if let Some(ended) = child.try_wait()? {
            break ended.code();
        }
        // Its own time and the system's for it (proc_pid_stat(5)).
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        let fields = text.rsplit(") ").next().unwrap_or_default().split(' ');
        let taken = fields
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok());
        ticks = ticks.max(taken.sum());
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() / 1024.0);
        std::thread::sleep(Duration::from_millis(3));
    };
    Ok(Run {
        time: begin.elapsed(),
        peak,
        processor: Duration::from_millis(10 * ticks),
        code,
    })
}

/// `count` things in `time` as a rate.
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// The sizes that show how the work grows.
pub(crate) const GROWTH: [usize; 3] = [1, 2, 4];

/// A cluster that holds the objects of a manifest and nothing else.
pub(crate) fn facts(manifest: &str) -> Facts {
    let asked = Asked {
        api: Some("https://bench.invalid".to_owned()),
        ..Asked::default()
    };
    let mut facts = Facts::unrecorded(jiff::Timestamp::UNIX_EPOCH, asked, Cluster::default());
    let documents = decode_manifest(manifest).into_iter();
    let objects = documents.filter_map(|document| match document.content {
        Content::Object(object) => Some(object),
        _ => None,
    });
    facts.take_objects(objects.collect());
    facts
}
