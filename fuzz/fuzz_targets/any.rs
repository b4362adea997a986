//! Any of the entries of `seaworthy::fuzzing`: `SEAWORTHY_TARGET` names it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use seaworthy::fuzzing::{Entry, TARGETS};

static READ: LazyLock<Entry> = LazyLock::new(|| {
    let wanted = std::env::var("SEAWORTHY_TARGET").unwrap_or_default();
    let named = TARGETS.iter().find(|(name, _)| *name == wanted);
    let names = || TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    match named {
        Some((_, read)) => *read,
        None => panic!("SEAWORTHY_TARGET must be one of {}", names().join(" ")),
    }
});

fuzz_target!(|bytes: &[u8]| READ(bytes));
