//! Manifest files through `audit -f`: one file per Deployment, with its Service.

use std::io::Write;
use std::path::Path;

use super::Outcome;
use super::measure::{GROWTH, rate, run as program};

const FILES: usize = 2_500;

/// A Deployment and its Service.
const APP: &str = include_str!("app.yaml");

/// What the careful third of the authors writes for the pod, and for the container.
const CAREFUL: [&str; 2] = [
    "
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault",
    "
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]",
];

/// A Deployment, different from every other one, as people write them, and its Service.
pub(crate) fn app(at: usize) -> String {
    let [pod, container] = if at.is_multiple_of(3) {
        CAREFUL
    } else {
        [""; 2]
    };
    let text = APP.replace("‹at›", &at.to_string()).replace("‹pod›", pod);
    let text = text.replace("‹container›", container);
    let numbers = [
        ("‹team›", at % 100),
        ("‹replicas›", 1 + at % 5),
        ("‹minor›", at % 20),
        ("‹memory›", 128 + at % 512),
    ];
    numbers.into_iter().fold(text, |text, (mark, number)| {
        text.replace(mark, &number.to_string())
    })
}

/// Writes so many files with two documents each below `folder`.
pub(crate) fn write(folder: &Path, number: usize) -> Outcome {
    for at in 0..number {
        let team = folder.join(format!("team-{}", at % 100));
        std::fs::create_dir_all(&team)?;
        std::fs::write(team.join(format!("app-{at}.yaml")), app(at))?;
    }
    Ok(())
}

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let mut before = None;
    for times in GROWTH {
        let number = FILES * times;
        let folder = tempfile::tempdir()?;
        write(folder.path(), number)?;
        let name = folder.path().to_string_lossy().into_owned();
        let run = program(&["audit", "-f", &name], None)?;
        let time = run.time.as_secs_f64();
        let ratio = before.map_or(1.0, |before: f64| time / before);
        before.get_or_insert(time);
        writeln!(
            out,
            "{number:>6} files, {:>6} documents  {:>10.2?}  {:>8.0} documents/s  {:>6.1} MiB  ×{ratio:.2}",
            number * 2,
            run.time,
            rate(number * 2, run.time),
            run.peak
        )?;
    }
    Ok(())
}
