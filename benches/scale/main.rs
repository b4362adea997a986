//! How the work grows with its size: `cargo bench`. Prints the times and the memory of this machine and, what carries over
//! to others, objects per second and ratios at 1×, 2× and 4×.
//!
//! `cargo bench -- PART…` runs some of: demo, templates, manifests, cluster, rbac, network, fleet. `cargo bench -- write DIR N`
//! writes the manifests of the third part, N Deployments with a Service each, for other tools to read.

mod cluster;
mod demo;
mod fleet;
mod manifests;
mod measure;
mod network;
mod rbac;
mod templates;

use std::io::Write;
use std::path::Path;

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Part = fn(&mut dyn Write) -> Outcome;

const PARTS: [(&str, Part); 7] = [
    ("demo", demo::run),
    ("templates", templates::run),
    ("manifests", manifests::run),
    ("cluster", cluster::run),
    ("rbac", rbac::run),
    ("network", network::run),
    ("fleet", fleet::run),
];

fn main() -> Outcome {
    // Cargo itself passes `--bench`.
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let mut out = std::io::stdout().lock();
    if let [word, folder, number] = &asked[..]
        && word == "write"
    {
        return manifests::write(Path::new(folder), number.parse()?);
    }
    for (name, part) in PARTS {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            writeln!(out, "\n{name}")?;
            part(&mut out)?;
        }
    }
    Ok(())
}
