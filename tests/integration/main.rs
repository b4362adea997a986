//! All integration tests in one target, so that the crate is linked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

/// The layers of the design, read off the `use` lines.
mod architecture;
/// Who is asked, and what happens when nobody answers.
mod asking;
/// The shipped checks and profiles.
mod catalog;
/// The list of certificates.
mod certs;
/// The program as its users meet it.
mod cli;
/// Many nodes that nobody read.
mod crowds;
/// What manifests prove by themselves.
mod declared;
/// Weaknesses by way of another object.
mod detours;
/// What changed between two reports.
mod diff;
/// Which edition of a benchmark is taken.
mod editions;
/// What profiles exempt, and what only looks like it.
mod exemptions;
/// Writes and reads that fail.
mod faults;
/// Fixes that do not break what they mend.
mod fixes;
/// Promise 1, by taking facts away.
mod gaps;
/// Runs the real binary.
mod harness;
/// Inputs that were made to break the program.
mod hostile;
/// Secrets that stand in manifests.
mod in_clear;
/// The real cluster of the test bed.
mod live;
/// YAML that has not been applied yet.
mod manifests;
/// Files that almost are what they should be.
mod mutations;
/// Secrets of any value, at any place of a manifest.
mod planted;
/// Questions that commands ask the engines.
mod questions;
/// The README.
mod readme;
/// Scores, gates and what is fixed, compared with a run that could read less.
mod standing;
/// Promise 1 over files: what was not understood may hold anything.
mod unread;
/// What is accepted, by whom, until when.
mod waivers;
