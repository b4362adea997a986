//! Every write and every read of the program, failing in turn: one clear error that names the path, never half a file, and
//! never a report lost because another output failed.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{Run, command, finish};

/// A manifest with a finding.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {hostPID: true, containers: [{name: c, image: a}]}\n";

/// A file that anybody may open and nobody can read: EIO.
const BROKEN: &str = "/proc/self/mem";

/// A folder, with a manifest in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pod.yaml"), POD).unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn pipe(&self) -> String {
        let pipe = self.at("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        pipe
    }

    /// What lies in it, beside the manifest and the pipe.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names
            .filter(|name| name != "pod.yaml" && name != "pipe")
            .collect();
        names.sort();
        names
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Runs the program as the owner of its files and no more: root may read and write what its mode forbids.
fn as_owner(args: &[String]) -> Run {
    let root =
        fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let program = env!("CARGO_BIN_EXE_seaworthy");
    let mut run = match root {
        true => {
            let mut run = Command::new("setpriv");
            run.args(["--bounding-set=-all", "--inh-caps=-all", program]);
            run
        }
        false => Command::new(program),
    };
    run.args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    finish(run.output().unwrap())
}

/// Runs the program in a shell that prepares it.
fn prepared(before: &str, args: &[String]) -> Run {
    let script = format!("{before}; exec \"$0\" \"$@\"");
    let mut run = Command::new("/bin/sh");
    run.args(["-c", &script, env!("CARGO_BIN_EXE_seaworthy")]);
    run.args(args).env_clear().env("PATH", "/usr/bin:/bin");
    finish(run.output().unwrap())
}

/// One error, which names the path, and the exit status of a mistake.
fn refused(run: &Run, path: &str, what: &str) {
    let errors: Vec<&str> = run
        .err
        .lines()
        .filter(|line| line.starts_with("error:"))
        .collect();
    assert_eq!(run.code, 2, "{what}: {}{}", run.out, run.err);
    assert_eq!(errors.len(), 1, "{what}: {}", run.err);
    // Mistakes within files stand on lines of their own before it.
    assert!(run.err.contains(path), "{what}: {}", run.err);
    assert!(!run.err.contains("panicked"), "{what}: {}", run.err);
}

/// Whether the file is a whole report.
fn is_report(path: &str) -> bool {
    let text = fs::read(path).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&text)
        .is_ok_and(|report| report["totals"].is_object())
}

/// The outputs of `audit`, with `$` for the path; each at another moment and by another writer.
const OUTPUTS: &[&str] = &["-o json=$", "-o table=$", "--save $", "--write-waivers $"];

/// An audit of the manifest with `output` going to `path`, and a second report to `other`.
fn audit(place: &Place, output: &str, path: &str, other: &str) -> Vec<String> {
    let mut args = words("audit --profile pss-baseline -f");
    args.push(place.at("pod.yaml"));
    args.extend(
        words(output)
            .into_iter()
            .map(|word| word.replace('$', path)),
    );
    args.extend(["-o".to_owned(), format!("json={other}")]);
    args
}

#[test]
fn an_output_that_cannot_be_opened_ends_the_run_before_it_begins() {
    for output in OUTPUTS {
        let place = Place::new();
        let (closed, folder) = (place.at("closed"), place.at("folder"));
        fs::create_dir(&closed).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&closed, Permissions::from_mode(0o555)).unwrap();
        let paths = [
            folder.clone(),
            format!("{folder}/none/report"),
            format!("{closed}/report"),
            "/proc/report".to_owned(),
            place.at("pod.yaml") + "/report",
        ];
        for path in paths {
            // Of a starter, what is there is kept whatever it is.
            let run = as_owner(&audit(&place, output, &path, &place.at("other.json")));
            refused(&run, &path, output);
            assert_eq!(place.left(), ["closed", "folder"], "{output} {path}");
        }
    }
}

#[test]
fn a_full_device_costs_its_own_output_alone() {
    for output in OUTPUTS
        .iter()
        .filter(|output| !output.starts_with("--write"))
    {
        let place = Place::new();
        let other = place.at("other.json");
        let run = finish(
            command(&[])
                .args(audit(&place, output, "/dev/full", &other))
                .output()
                .unwrap(),
        );
        refused(&run, "/dev/full", output);
        assert!(is_report(&other), "{output}");
    }
    let place = Place::new();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let other = place.at("other.json");
    let mut args = audit(&place, "-o table", "", &other);
    let run = finish(command(&[]).args(&args).stdout(full()).output().unwrap());
    refused(&run, "standard output", "stdout");
    assert!(is_report(&other));
    args.truncate(5);
    for args in [
        args,
        words("checks list"),
        words("profiles list"),
        words("deploy"),
    ] {
        let run = finish(command(&[]).args(&args).stdout(full()).output().unwrap());
        refused(&run, "standard output", &args[0]);
    }
}

#[test]
fn a_limit_on_the_size_of_files_leaves_no_half_a_file() {
    for output in OUTPUTS {
        let place = Place::new();
        let path = place.at("report");
        let mut args = audit(&place, output, &path, "/dev/stderr");
        args.extend(words("-o table"));
        let run = prepared("ulimit -f 0", &args);
        assert!(
            run.out.contains("13 verdicts on 13 controls"),
            "{output}: {}",
            run.out
        );
        let mut told = run;
        // The second report is on standard error.
        told.err = told
            .err
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect::<Vec<_>>()
            .join("\n");
        refused(&told, &path, output);
        assert!(place.left().is_empty(), "{output}: {:?}", place.left());
    }
}

/// Starts an audit that reads the pipe and waits for it; does `between` once its outputs are open and its inputs are known,
/// and lets it go on.
fn interrupted(args: Vec<String>, pipe: &str, between: impl FnOnce()) -> Run {
    let mut run = command(&[]);
    run.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = run.spawn().unwrap();
    // Opening waits for the reader.
    let mut to = File::options().write(true).open(pipe).unwrap();
    between();
    to.write_all(POD.as_bytes()).unwrap();
    drop(to);
    finish(child.wait_with_output().unwrap())
}

/// Takes the place of an output away.
type Take = fn(&Path);

#[test]
fn a_place_that_goes_away_costs_its_own_output_alone() {
    let taken: [(&str, Take); 2] = [
        ("folder removed", |folder| fs::remove_dir(folder).unwrap()),
        ("name taken", |folder| {
            fs::create_dir_all(folder.join("report/in")).unwrap()
        }),
    ];
    for output in OUTPUTS {
        for (what, take) in taken {
            let place = Place::new();
            let pipe = place.pipe();
            let folder = PathBuf::from(place.at("folder"));
            fs::create_dir(&folder).unwrap();
            let path = place.at("folder/report");
            let other = place.at("other.json");
            let mut args = audit(&place, output, &path, &other);
            args.extend(["-f".to_owned(), pipe.clone()]);
            let run = interrupted(args, &pipe, || take(&folder));
            refused(&run, &path, &format!("{output}, {what}"));
            assert!(is_report(&other), "{output}, {what}");
            if folder.exists() {
                assert_eq!(
                    fs::read_dir(&folder).unwrap().count(),
                    1,
                    "{output}, {what}"
                );
            }
        }
    }
}

#[test]
fn each_output_that_fails_is_told() {
    let place = Place::new();
    let mut args = audit(&place, "--save $", "/dev/full", &place.at("other.json"));
    let pipe = place.pipe();
    let folder = place.at("folder");
    fs::create_dir(&folder).unwrap();
    args.extend(["-f", &pipe, "--write-waivers", &format!("{folder}/w")].map(str::to_owned));
    let run = interrupted(args, &pipe, || fs::remove_dir(&folder).unwrap());
    assert_eq!(run.code, 2);
    let errors = run.err.matches("error:").count();
    assert_eq!(errors, 2, "{}", run.err);
    assert!(
        run.err.contains("/dev/full") && run.err.contains(&folder),
        "{}",
        run.err
    );
    assert!(is_report(&place.at("other.json")));
}

/// The inputs that are named themselves, with `$` for the path.
const INPUTS: &[&str] = &[
    "audit --profile pss-baseline -f $",
    "audit --snapshot $",
    "audit --demo --waivers $",
    "audit --demo --baseline $",
    "audit --no-api --ssh-inventory $",
    "audit --demo --checks $",
    "report $",
    "diff $ $",
];

#[test]
fn an_input_that_cannot_be_read_is_named() {
    for input in INPUTS {
        let place = Place::new();
        let (closed, shut, empty) = (place.at("closed"), place.at("shut"), place.at("empty"));
        fs::write(&closed, POD).unwrap();
        fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
        fs::create_dir(&shut).unwrap();
        fs::create_dir(&empty).unwrap();
        fs::set_permissions(&shut, Permissions::from_mode(0o000)).unwrap();
        let file = place.at("pod.yaml") + "/x";
        for path in [&place.at("none"), &closed, &shut, &empty, BROKEN, &file] {
            if input.contains("--checks") && *path == empty {
                continue;
            }
            let args = words(input).into_iter().map(|word| word.replace('$', path));
            refused(&as_owner(&args.collect::<Vec<_>>()), path, input);
        }
        fs::set_permissions(&shut, Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn standard_input_that_cannot_be_read_is_named() {
    let run = prepared("exec </", &words("audit --profile pss-baseline -f -"));
    refused(&run, "standard input", "stdin");
}

/// Below a folder, what cannot be read is a gap, and the rest is judged.
#[test]
fn a_file_of_a_folder_that_cannot_be_read_is_a_gap() {
    let place = Place::new();
    let folder = place.at("folder");
    fs::create_dir_all(format!("{folder}/shut")).unwrap();
    for name in ["a.yaml", "closed.yaml"] {
        fs::write(format!("{folder}/{name}"), POD).unwrap();
    }
    let closed = format!("{folder}/closed.yaml");
    std::os::unix::fs::symlink("/nonexistent", format!("{folder}/link.yaml")).unwrap();
    fs::create_dir(format!("{folder}/directory.yaml")).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    let shut = format!("{folder}/shut");
    fs::set_permissions(&shut, Permissions::from_mode(0o000)).unwrap();
    let mut args = words("audit --profile pss-baseline -o json -f");
    args.push(folder.clone());
    let run = as_owner(&args);
    fs::set_permissions(&shut, Permissions::from_mode(0o755)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let gaps = report["gaps"].to_string();
    for path in [&closed, &shut, &format!("{folder}/link.yaml")] {
        assert!(gaps.contains(path.as_str()), "{path}: {gaps}");
    }
    assert!(
        run.out.contains("hostPID") || run.out.contains("process"),
        "{}",
        run.out
    );
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn a_file_that_goes_away_is_a_gap() {
    let place = Place::new();
    let (pipe, folder) = (place.pipe(), place.at("folder"));
    fs::create_dir(&folder).unwrap();
    for name in ["a.yaml", "gone.yaml"] {
        fs::write(format!("{folder}/{name}"), POD).unwrap();
    }
    let gone = format!("{folder}/gone.yaml");
    let mut args = words("audit --profile pss-baseline -o json -f");
    args.extend([pipe.clone(), "-f".to_owned(), folder]);
    // All of them are read one behind another, as they are few; the pipe is the first.
    let run = interrupted(args, &pipe, || fs::remove_file(&gone).unwrap());
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert!(report["gaps"].to_string().contains(&gone), "{}", run.out);
}
