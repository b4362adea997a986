//! What files of `/proc` say (proc(5)), whoever read them.

use crate::facts::host::masked;

/// `USER_HZ`: what times in `/proc/PID/stat` are counted in, on every architecture Kubernetes runs on.
const TICKS: i64 = 100;

/// When a process was started, in seconds since 1970: the machine's own start, and the ticks after it.
pub(super) fn started(boot: Option<i64>, ticks: Option<i64>) -> Option<i64> {
    boot.zip(ticks).map(|(boot, ticks)| boot + ticks / TICKS)
}

/// The control group in `/proc/PID/cgroup`, if it is one of a pod: those have `pod` in their names (cgroups(7)).
pub(super) fn pod_cgroup(text: &str) -> String {
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let mut of_pods = paths.filter(|path| path.contains("pod"));
    of_pods.next().unwrap_or_default().to_owned()
}

/// The arguments in `/proc/PID/cmdline`, each with a NUL behind it, as far as they may be kept.
pub(super) fn arguments(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    let words: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    masked(&words)
}
