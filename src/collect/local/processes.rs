//! The processes of a node, from its `/proc` (proc(5)).
//!
//! Read without privileges; a process that ends meanwhile was not there.

use std::io;
use std::time::Instant;

use crate::collect::procfs::{arguments, pod_cgroup, started};
use crate::collect::system::gap;
use crate::facts::host::{Choice, PROCESSES, Process};
use crate::facts::{Gap, GapReason};

use super::root::Root;

/// A command line may be longer; none that is judged is.
const CMDLINE: usize = 128 * 1024;
/// The processes that can be seen; with the reason where not all were looked at.
pub(super) fn list(root: &Root, deadline: Instant) -> Result<(Vec<Process>, Option<Gap>), Gap> {
    let mut pids: Vec<u32> = root
        .names("/proc")?
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect();
    // In the order of numbers, as over SSH; names come in that of letters.
    pids.sort_unstable();
    // With hidepid only the reader's own are listed; without a mounted /proc, none.
    if !pids.contains(&1) {
        return Err(Gap::new(
            "processes",
            "/proc",
            GapReason::Forbidden,
            "run as root (sudo), with the node's /proc in place",
        ));
    }
    let started = boot_time(root);
    let mut processes = Vec::new();
    let mut choice = Choice::default();
    let all = pids.len() <= PROCESSES;
    for pid in pids {
        if Instant::now() >= deadline {
            return Err(Gap::new(
                "processes",
                "/proc",
                GapReason::Timeout,
                "raise --timeout",
            ));
        }
        if all || choice.takes(&comm(root, pid)) {
            processes.extend(process(root, pid, started)?);
        }
    }
    Ok((processes, choice.gap()))
}

/// The name that the kernel keeps; empty when the process is gone.
fn comm(root: &Root, pid: u32) -> String {
    let bytes = root.bytes(&format!("/proc/{pid}/comm"), 256);
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

/// One process; nothing when it is gone. One that shows neither its command line nor its name may be anything, so no list
/// with it in it says what runs (proc(5), `hidepid=1`).
fn process(root: &Root, pid: u32, boot: Option<i64>) -> Result<Option<Process>, Gap> {
    let read = |file: &str| root.bytes(&format!("/proc/{pid}/{file}"), CMDLINE);
    let argv = match read("cmdline") {
        Ok(bytes) => Ok(arguments(&bytes)),
        Err(error) if gone(&error) => return Ok(None),
        Err(error) => Err(gap("command line", &format!("/proc/{pid}/cmdline"), &error)),
    };
    let status = read("status").ok();
    let status = status.as_deref().map(String::from_utf8_lossy);
    let field = |name: &str| {
        status
            .as_deref()?
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    };
    let text = |file: &str| {
        let bytes = read(file).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.trim_end_matches(['\0', '\n']).to_owned();
        (!line.is_empty()).then_some(line)
    };
    let stat = read("stat").ok();
    let ticks = stat.as_deref().and_then(start_ticks);
    let name = field("Name").unwrap_or_default().to_owned();
    if let (Err(gap), "") = (&argv, name.as_str()) {
        return Err(gap.clone());
    }
    Ok(Some(Process {
        pid,
        argv,
        // Real, effective, saved, file system.
        uid: field("Uid").and_then(|uids| uids.split_whitespace().nth(1)?.parse().ok()),
        started: started(boot, ticks),
        // One id per PID namespace, from the reader's inwards.
        depth: field("NSpid").map_or(0, |ids| {
            u32::try_from(ids.split_whitespace().count().saturating_sub(1)).unwrap_or(u32::MAX)
        }),
        seccomp: field("Seccomp").and_then(|mode| mode.parse().ok()),
        label: text("attr/current"),
        cgroup: text("cgroup").map_or_else(String::new, |text| pod_cgroup(&text)),
        name,
    }))
}

fn gone(error: &io::Error) -> bool {
    // ESRCH: the process ended between opening and reading.
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(3)
}

/// Field 22, counted after the name in parentheses, which may hold anything.
fn start_ticks(stat: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(stat);
    let after = &text[text.rfind(')')? + 1..];
    after.split_whitespace().nth(19)?.parse().ok()
}

/// When the machine was started, in seconds since 1970.
fn boot_time(root: &Root) -> Option<i64> {
    let bytes = root.bytes("/proc/stat", 4 << 20).ok()?;
    String::from_utf8_lossy(&bytes)
        .lines()
        .find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}
