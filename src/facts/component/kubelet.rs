//! The kubelet's effective configuration.
//!
//! Flags win over drop-ins of `--config-dir`, those over the file of `--config`, and that over defaults which depend on
//! whether `--config` is used (cmd/kubelet/app/server.go, options.applyLegacyDefaults). The `/configz` page shows the
//! result of all this; where it is at hand it is the truth, and what flags and files say differently is drift.

use serde_json::Value;

use super::drift::NOT_SET;
use super::layers::{Found, Identity, Layer, find};
use super::statement::{Flags, Release, Said};
use super::{DirectoryRead, Drift, Files};
use crate::facts::settings::{Kind, Row, Scalar, Settings};
use crate::facts::{Cell, Gap, GapReason, Origin, Place, Source};

/// What cannot be decoded strictly is decoded leniently, with a warning (pkg/kubelet/kubeletconfig/util/codec).
const IDENTITY: Identity = Identity {
    forms: &[("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")],
    strict: false,
};

/// What comparing a running kubelet with its flags and files gave.
#[derive(Default)]
pub(super) struct Compared {
    /// Where they differ.
    pub(super) drift: Vec<Drift>,
    /// Why it is not known of some settings.
    pub(super) unread: Option<Gap>,
}

/// The configuration from the page if there is one, else from flags and files.
pub(super) fn config(
    release: Release<'_>,
    node: &str,
    flags: &Flags,
    configz: Option<&Value>,
    files: &mut dyn Files,
) -> (Settings, Compared) {
    let written = Written::read(release, node, flags, files);
    let mut compared = Compared::default();
    let mut settings = match configz {
        Some(page) => {
            let shown = Shown::new(release, node, page);
            let mut settings = Settings::build(release.kind.config(), |row| shown.cell(row));
            compared = difference(&settings, &written);
            generated_certificate(&mut settings, &written);
            settings
        }
        None => {
            let mut settings = Settings::build(release.kind.config(), |row| written.cell(row));
            adjust(&mut settings, release, flags);
            settings
        }
    };
    seccomp(&mut settings, flags);
    (settings, compared)
}

/// What flags and files say.
struct Written<'a> {
    release: Release<'a>,
    flags: &'a Flags,
    layers: Vec<Layer>,
    /// Whether `--config` is used.
    file: bool,
}

impl<'a> Written<'a> {
    fn read(release: Release<'a>, node: &str, flags: &'a Flags, files: &mut dyn Files) -> Self {
        let mut layers = Vec::new();
        let mut file = false;
        let unread = |gap| Layer::unknown(gap, release.source());
        match flags.path("config") {
            Ok(Some(path)) => {
                let mut layer = Layer::read(files, node, &path, Some(IDENTITY));
                layer.directory = path.rsplit_once('/').map(|(parent, _)| parent.to_owned());
                layers.push(layer);
                file = true;
            }
            Ok(None) => {}
            Err(gap) => layers.push(unread(gap)),
        }
        match flags.path("config-dir") {
            Ok(Some(directory)) => layers.extend(drop_ins(files, node, &directory)),
            Ok(None) => {}
            Err(gap) => layers.push(unread(gap)),
        }
        Self {
            release,
            flags,
            layers,
            file,
        }
    }

    /// What a flag or a file sets, before defaults.
    fn found(&self, row: &Row) -> Found {
        let base = match self
            .release
            .fallback(self.release.kind.config(), row, self.file)
        {
            Cell::Value { value, .. } => Some(value),
            _ => None,
        };
        let files = find(&self.layers, row, base.as_ref());
        let flag = row.flag.as_deref().and_then(|flag| self.flags.said(flag));
        match (flag, files) {
            // Feature gates of the command line are added to those of the files (kubeletConfigFlagPrecedence).
            (Some(Said::Set(Scalar::Map(gates), source)), files) if row.kind == Kind::Gates => {
                match files {
                    Found::Value(Scalar::Map(mut all), _) => {
                        all.extend(gates.clone());
                        Found::Value(Scalar::Map(all), source.clone())
                    }
                    Found::Gap(gap) => Found::Gap(gap),
                    _ => Found::Value(Scalar::Map(gates.clone()), source.clone()),
                }
            }
            (Some(Said::Set(value, source) | Said::Shown(value, source)), _) => {
                Found::Value(value.clone(), source.clone())
            }
            (Some(Said::Unknown(gap) | Said::Refused(gap)), _) => Found::Gap(gap.clone()),
            (_, Found::Value(value, _)) if row.zero_is_unset(&value) => Found::Cleared,
            (_, files) => files,
        }
    }

    fn cell(&self, row: &Row) -> Cell<Scalar> {
        let table = self.release.kind.config();
        match self.found(row) {
            Found::Value(value, source) => Cell::explicit(value, source),
            Found::Gap(gap) => Cell::Gap(gap),
            // Defaulting after a merge is that of files, even when only drop-ins are used.
            Found::Cleared => self.release.fallback(table, row, true),
            Found::Nothing => self.release.fallback(table, row, self.file),
        }
    }
}

/// The drop-ins below `directory` in the order in which the kubelet merges them: lexical per directory level, only names
/// that end in `.conf`.
fn drop_ins(files: &mut dyn Files, node: &str, directory: &str) -> Vec<Layer> {
    let source = Source::from(Place::File {
        node: node.to_owned(),
        path: directory.to_owned(),
    });
    let missing = |reason| {
        Gap::new(
            "drop-in directory of the kubelet",
            source.to_string(),
            reason,
            "put the directory back: the kubelet was started with it",
        )
    };
    let mut paths = match files.list(directory) {
        DirectoryRead::Paths(paths) => paths,
        DirectoryRead::NotFound => {
            return vec![Layer::unknown(missing(GapReason::Unreachable), source)];
        }
        DirectoryRead::Gap(gap) => return vec![Layer::unknown(gap, source)],
    };
    paths.retain(|path| path.ends_with(".conf"));
    paths.sort_by(|a, b| a.split('/').cmp(b.split('/')));
    let read = |path: &String| {
        let mut layer = Layer::read(files, node, path, Some(IDENTITY));
        layer.merges = true;
        layer
    };
    paths.iter().map(read).collect()
}

/// The `/configz` page. It leaves zero values out.
struct Shown<'a> {
    release: Release<'a>,
    layer: Layer,
}

impl<'a> Shown<'a> {
    fn new(release: Release<'a>, node: &str, page: &Value) -> Self {
        let source = Source::from(Place::Configz {
            node: node.to_owned(),
        });
        let layer = match page.get("kubeletconfig").filter(|tree| tree.is_object()) {
            Some(tree) => Layer::known(tree.clone(), source),
            None => {
                let gap = Gap::new(
                    "kubelet configuration",
                    source.to_string(),
                    GapReason::Unparsable,
                    "read the node instead",
                );
                Layer::unknown(gap, source)
            }
        };
        Self { release, layer }
    }

    fn cell(&self, row: &Row) -> Cell<Scalar> {
        let source = self.layer.source().clone();
        let value = match find(std::slice::from_ref(&self.layer), row, None) {
            Found::Value(value, _) => value,
            Found::Gap(gap) => return Cell::Gap(gap),
            Found::Cleared | Found::Nothing => {
                if row.optional || !row.exists_in(self.release.version()) {
                    return Cell::Absent { source };
                }
                row.kind.zero()
            }
        };
        Cell::Value {
            value,
            origin: Origin::Unknown,
            source,
        }
    }
}

/// Where the running kubelet differs from what flags and files set.
fn difference(running: &Settings, written: &Written<'_>) -> Compared {
    let mut all = Compared::default();
    for row in &running.table().rows {
        let (value, source) = match written.found(row) {
            Found::Value(value, source) => (value, source),
            Found::Gap(gap) => {
                all.unread.get_or_insert(gap);
                continue;
            }
            Found::Cleared | Found::Nothing => continue,
        };
        let (shown, at) = match running.get(&row.name) {
            Some(Cell::Value { value, source, .. }) => (Some(value), source),
            Some(Cell::Absent { source }) => (None, source),
            _ => continue,
        };
        let negative = matches!((&value, shown), (Scalar::Int(n), Some(Scalar::Int(-1))) if *n < 0);
        if shown != Some(&value) && !negative {
            let shown = shown.map_or_else(|| NOT_SET.to_owned(), ToString::to_string);
            let values = [
                (at.to_string(), shown.clone()),
                (source.to_string(), value.to_string()),
            ];
            all.drift.push(Drift {
                setting: row.name.clone(),
                running: shown,
                values: values.into(),
            });
        }
    }
    all
}

/// Defaults that depend on other settings (SetDefaults_KubeletConfiguration, loadConfigFile).
fn adjust(settings: &mut Settings, release: Release<'_>, flags: &Flags) {
    let value = |settings: &Settings, name: &str| match settings.get(name) {
        Some(Cell::Value { value, origin, .. }) => Some((value.clone(), *origin)),
        _ => None,
    };
    // The file has its defaults before drop-ins and flags are laid over it, so what those set moves no default.
    let main = flags.path("config").ok().flatten();
    let in_file = |settings: &Settings, name: &str| match settings.get(name) {
        Some(Cell::Value {
            value,
            origin: Origin::Explicit,
            source,
        }) => match &**source {
            Place::File { path, .. } if Some(path) == main.as_ref() => Some(value.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(update) = in_file(settings, "nodeStatusUpdateFrequency") {
        replace_default(settings, "nodeStatusReportFrequency", update);
    }
    if let Some(Scalar::Int(2..)) = in_file(settings, "maxParallelImagePulls") {
        replace_default(settings, "serializeImagePulls", Scalar::Bool(false));
    }
    if let Some((Scalar::Bool(true), _)) = value(settings, "mergeDefaultEvictionSettings") {
        let table = release.kind.config();
        let row = table.position("evictionHard").map(|at| &table.rows[at]);
        let defaults = row.map(|row| release.fallback(table, row, true));
        match (settings.get_mut("evictionHard"), defaults) {
            (
                Some(Cell::Value {
                    value: Scalar::Map(limits),
                    ..
                }),
                Some(Cell::Value {
                    value: Scalar::Map(defaults),
                    ..
                }),
            ) => {
                for (signal, limit) in defaults {
                    limits.entry(signal).or_insert(limit);
                }
            }
            (Some(cell @ Cell::Value { .. }), Some(Cell::Gap(gap))) => *cell = Cell::Gap(gap),
            _ => {}
        }
    }
    if let Some(Cell::Value { value, .. }) = settings.get_mut("podPidsLimit")
        && matches!(value, Scalar::Int(..0))
    {
        *value = Scalar::Int(-1);
    }
}

/// Gives a setting that nobody set another default.
fn replace_default(settings: &mut Settings, name: &str, default: Scalar) {
    if let Some(Cell::Value {
        value,
        origin: Origin::Default,
        ..
    }) = settings.get_mut(name)
    {
        *value = default;
    }
}

/// A kubelet without a serving certificate makes one and shows its path on the page as if it had been configured
/// (InitializeTLS). Nobody set it, so the fields are what flags and files say.
fn generated_certificate(settings: &mut Settings, written: &Written<'_>) {
    let pair = [
        ("tlsCertFile", "/kubelet.crt"),
        ("tlsPrivateKeyFile", "/kubelet.key"),
    ];
    let looks_generated = pair.iter().all(|(name, file)| {
        let value = settings.get(name).and_then(Cell::value);
        matches!(value, Some(Scalar::Text(path)) if path.ends_with(file))
    });
    if !looks_generated {
        return;
    }
    let table = settings.table();
    for row in table
        .rows
        .iter()
        .filter(|row| pair.iter().any(|(name, _)| row.name == *name))
    {
        if let Some(cell) = settings.get_mut(&row.name) {
            match written.found(row) {
                Found::Value(..) => {}
                Found::Gap(gap) => *cell = Cell::Gap(gap),
                Found::Nothing | Found::Cleared => {
                    *cell = written.release.fallback(table, row, written.file);
                }
            }
        }
    }
}

/// `--seccomp-default` and the field are alternatives: either turns the profile on, and `/configz` shows only the field.
fn seccomp(settings: &mut Settings, flags: &Flags) {
    let Some(cell) = settings.get_mut("seccompDefault") else {
        return;
    };
    if cell.value() == Some(&Scalar::Bool(true)) {
        return;
    }
    match flags.said("seccomp-default") {
        Some(Said::Set(Scalar::Bool(true), source) | Said::Shown(Scalar::Bool(true), source)) => {
            *cell = Cell::explicit(Scalar::Bool(true), source.clone());
        }
        Some(Said::Unknown(gap) | Said::Refused(gap)) => *cell = Cell::Gap(gap.clone()),
        _ => {}
    }
}
