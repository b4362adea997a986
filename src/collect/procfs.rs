//! What files of `/proc` say (proc(5)), whoever read them.

/// `USER_HZ`: what times in `/proc/PID/stat` are counted in, on every architecture Kubernetes runs on.
const TICKS: i64 = 100;

/// When a process was started, in seconds since 1970: the machine's own start, and the ticks after it.
pub(super) fn started(boot: Option<i64>, ticks: Option<i64>) -> Option<i64> {
    boot.zip(ticks).map(|(boot, ticks)| boot + ticks / TICKS)
}

/// The arguments in `/proc/PID/cmdline`, each with a NUL behind it.
pub(super) fn arguments(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect()
}
