//! kube-scheduler and kube-proxy: with `--config` the file replaces the flags, save for a few that still win over it.
//!
//! Sources: cmd/kube-scheduler/app/options (ApplyTo: with a file only the leader election flags count) and
//! cmd/kube-proxy/app (Complete: with a file only `--hostname-override` and the logging flags count).

use super::layers::{Found, Identity, Layer, find};
use super::statement::{Flags, Release, Said};
use super::{ComponentKind, Files};
use crate::facts::settings::{Row, Scalar, Settings};
use crate::facts::{Cell, Gap, GapReason, Origin};

/// The effective configuration of a scheduler or a proxy.
pub(super) fn config(
    release: Release<'_>,
    node: &str,
    flags: &Flags,
    files: &mut dyn Files,
) -> Settings {
    let identity = match release.kind {
        // As the kubelet's, it is decoded leniently where that is not possible strictly.
        ComponentKind::KubeProxy => Identity {
            forms: &[("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration")],
            strict: false,
        },
        _ => Identity {
            forms: &[(
                "kubescheduler.config.k8s.io/v1",
                "KubeSchedulerConfiguration",
            )],
            strict: true,
        },
    };
    let table = release.kind.config();
    let mut settings = match flags.path("config") {
        Ok(Some(path)) => {
            let file = Layer::read(files, node, &path, Some(identity));
            Settings::build(table, |row| with_file(release, flags, &file, row))
        }
        Ok(None) => Settings::build(table, |row| without_file(release, flags, row)),
        Err(gap) => Settings::build(table, |_| Cell::Gap(gap.clone())),
    };
    match release.kind {
        ComponentKind::KubeProxy => {
            proxy_addresses(&mut settings, flags);
            primary_addresses(&mut settings, release);
        }
        _ => contention(&mut settings),
    }
    settings
}

fn with_file(release: Release<'_>, flags: &Flags, file: &Layer, row: &Row) -> Cell<Scalar> {
    let table = release.kind.config();
    let written = match find(std::slice::from_ref(file), row, None) {
        Found::Value(value, source) if !row.zero_is_unset(&value) => Cell::explicit(value, source),
        Found::Gap(gap) => Cell::Gap(gap),
        _ => release.fallback(table, row, true),
    };
    let flag = row.flag.as_deref().filter(|_| row.flag_wins);
    match flag.and_then(|flag| flags.said(flag)) {
        Some(Said::Set(value, _)) if row.name == "hostnameOverride" && value.is_zero() => written,
        Some(Said::Set(value, source)) => Cell::explicit(value.clone(), source.clone()),
        // The page does not tell whether the flag was set, so it decides only what it agrees on.
        Some(Said::Shown(value, source)) if written.value() != Some(value) => Cell::Gap(Gap::new(
            format!("whether {} is set by a flag", row.name),
            source.to_string(),
            GapReason::NotAsked,
            "read the command line of the process on the node",
        )),
        Some(Said::Unknown(gap) | Said::Refused(gap)) => Cell::Gap(gap.clone()),
        _ => written,
    }
}

fn without_file(release: Release<'_>, flags: &Flags, row: &Row) -> Cell<Scalar> {
    match row.flag.as_deref().and_then(|flag| flags.said(flag)) {
        Some(Said::Set(value, source)) => Cell::explicit(value.clone(), source.clone()),
        Some(Said::Shown(value, source)) if row.kind.holds(value) => Cell::Value {
            value: value.clone(),
            origin: Origin::Unknown,
            source: source.clone(),
        },
        Some(Said::Unknown(gap) | Said::Refused(gap)) => Cell::Gap(gap.clone()),
        _ => release.fallback(release.kind.config(), row, false),
    }
}

/// Contention profiling is on by default only while profiling is (SetDefaults_KubeSchedulerConfiguration).
fn contention(settings: &mut Settings) {
    let off = settings.get("enableProfiling").and_then(Cell::value) == Some(&Scalar::Bool(false));
    if let Some(Cell::Value {
        value,
        origin: Origin::Default,
        ..
    }) = settings.get_mut("enableContentionProfiling")
        && off
    {
        *value = Scalar::Bool(false);
    }
}

/// The addresses of kube-proxy: their default follows the family of the bind address, a port is added where none is
/// given, and `--metrics-port=0` or `--healthz-port=0` turn a server off when no file is used
/// (SetDefaults_KubeProxyConfiguration, addressFromDeprecatedFlags).
fn proxy_addresses(settings: &mut Settings, flags: &Flags) {
    let bind = settings.get("bindAddress").and_then(Cell::value);
    let v6 = matches!(bind, Some(Scalar::Text(bind)) if bind.contains(':'));
    let file = !matches!(flags.path("config"), Ok(None));
    let servers = [
        ("metricsBindAddress", "metrics-port", "[::1]:10249", "10249"),
        ("healthzBindAddress", "healthz-port", "[::]:10256", "10256"),
    ];
    for (name, port_flag, v6_default, port) in servers {
        let Some(cell) = settings.get_mut(name) else {
            continue;
        };
        if let (false, Some(Said::Set(Scalar::Int(0), source))) = (file, flags.said(port_flag)) {
            *cell = Cell::explicit(Scalar::Text(String::new()), source.clone());
            continue;
        }
        match cell {
            Cell::Value {
                value: Scalar::Text(address),
                origin: Origin::Default,
                ..
            } if v6 => *address = v6_default.to_owned(),
            Cell::Value {
                value: Scalar::Text(address),
                ..
            } => match address.parse::<std::net::IpAddr>() {
                Ok(std::net::IpAddr::V4(_)) => *address = format!("{address}:{port}"),
                Ok(std::net::IpAddr::V6(_)) => *address = format!("[{address}]:{port}"),
                Err(_) => {}
            },
            _ => {}
        }
    }
}

/// In nftables mode node ports are served on the primary addresses only, unless others are named
/// (platformApplyDefaults, since 1.31).
fn primary_addresses(settings: &mut Settings, release: Release<'_>) {
    let nftables = matches!(
        settings.get("mode").and_then(Cell::value),
        Some(Scalar::Text(mode)) if mode == "nftables"
    );
    let Some(cell) = settings.get_mut("nodePortAddresses").filter(|_| nftables) else {
        return;
    };
    match (cell, release.version()) {
        (Cell::Value { value, .. }, Some(version)) if value.is_zero() && version.minor >= 31 => {
            *value = Scalar::List(vec!["primary".to_owned()]);
        }
        (cell @ Cell::Value { .. }, None) if cell.value().is_some_and(Scalar::is_zero) => {
            *cell = Cell::Gap(Gap::new(
                "default of nodePortAddresses in an unknown version of kube-proxy",
                "",
                GapReason::NotAsked,
                "let the version be read, or set it explicitly",
            ));
        }
        _ => {}
    }
}
