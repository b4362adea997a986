//! Go's value syntaxes, pflag's command lines and the tables, each case with the place that states it.

use std::collections::BTreeMap;

use super::syntax::{clean_urls, parse_bool, parse_csv, parse_duration, parse_int};
use super::{Fallback, Kind, Parser, Scalar, Settings, Table, Version, parse, tables};
use crate::facts::{Cell, Fields, Gap, GapReason, Place, Source, View};

mod records;

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn list(items: &[&str]) -> Scalar {
    Scalar::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn map(pairs: &[(&str, &str)]) -> Scalar {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Scalar::Map(pairs.iter().map(pair).collect())
}

#[test]
fn every_table_parses_and_is_sorted() {
    for (name, content) in tables::ALL {
        let table = Table::parse(content).unwrap_or_else(|error| panic!("{name}: {error}"));
        for row in &table.rows {
            assert_eq!(
                table.position(&row.name).map(|at| &table.rows[at].name),
                Some(&row.name)
            );
        }
    }
}

#[test]
fn a_damaged_table_is_refused() {
    let head = "# etcd 3.6 flags: names";
    for (content, why) in [
        ("", "no title"),
        ("# etcd 3.6", "no title"),
        ("# etcd flags x: y", "no version in the title"),
        (
            &format!("{head}\nb\tbool\t\t5\na\tbool\t\t5"),
            "a is out of order",
        ),
        (
            &format!("{head}\na\tbool\t\t5\na\tbool\t\t5"),
            "a is out of order",
        ),
        (
            &format!("{head}\na\tcolour\t\t5"),
            "unreadable line: a\tcolour\t\t5",
        ),
        (
            &format!("{head}\na\tint\tmany\t5"),
            "unreadable line: a\tint\tmany\t5",
        ),
    ] {
        assert_eq!(Table::parse(content).err().as_deref(), Some(why));
    }
}

/// Every flag that a configuration table names exists in the flag table of the same component.
#[test]
fn configuration_tables_name_real_flags() {
    for kind in crate::facts::component::ComponentKind::ALL {
        for row in &kind.config().rows {
            if let Some(flag) = &row.flag {
                assert!(
                    kind.flags().position(flag).is_some(),
                    "{flag} of {}",
                    row.name
                );
            }
        }
    }
}

/// strconv/atob_test.go, strconv/atoi_test.go (parseInt64BaseTests).
#[test]
fn go_booleans_and_integers() {
    for (given, wanted) in [
        ("1", Some(true)),
        ("T", Some(true)),
        ("TRUE", Some(true)),
        ("True", Some(true)),
        ("0", Some(false)),
        ("f", Some(false)),
        ("False", Some(false)),
        ("", None),
        ("asdf", None),
        ("tRUE", None),
        ("yes", None),
    ] {
        assert_eq!(parse_bool(given), wanted, "{given}");
    }
    for (given, wanted) in [
        ("", None),
        ("0", Some(0)),
        ("-0", Some(0)),
        ("12345", Some(12345)),
        ("+1", Some(1)),
        ("012345", Some(0o12345)),
        ("0x12345", Some(0x12345)),
        ("-0x1", Some(-1)),
        ("0o17", Some(15)),
        ("0b101", Some(5)),
        ("1_2_3", Some(123)),
        ("0x_1_2", Some(0x12)),
        ("_123", None),
        ("123_", None),
        ("1__2", None),
        ("0x", None),
        ("12345x", None),
        ("1.5", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("- 1", None),
        ("--1", None),
        ("09", None),
    ] {
        assert_eq!(parse_int(given), wanted, "{given}");
    }
}

/// time/time_test.go (parseDurationTests, parseDurationErrorTests), in nanoseconds.
#[test]
fn go_durations() {
    for (given, wanted) in [
        ("0", Some(0)),
        ("5s", Some(5_000_000_000)),
        ("-5s", Some(-5_000_000_000)),
        ("+5s", Some(5_000_000_000)),
        ("5.6s", Some(5_600_000_000)),
        ("5.s", Some(5_000_000_000)),
        (".5s", Some(500_000_000)),
        ("10ns", Some(10)),
        ("12µs", Some(12_000)),
        ("12μs", Some(12_000)),
        ("11us", Some(11_000)),
        ("13ms", Some(13_000_000)),
        ("4h0m0s", Some(14_400_000_000_000)),
        ("1h15m30.918273645s", Some(4_530_918_273_645)),
        ("52763797000ns", Some(52_763_797_000)),
        ("", None),
        ("3", None),
        ("-", None),
        ("s", None),
        (".", None),
        ("-.", None),
        (".s", None),
        ("1d", None),
        ("9223372036854775808ns", None),
        ("3000000h", None),
        ("1.2.3s", None),
    ] {
        let nanos = parse_duration(given).map(|duration| duration.as_nanos());
        assert_eq!(nanos, wanted, "{given}");
    }
}

/// pflag string_slice_test.go (TestSSWithComma, TestSSWithSquareBrackets) and encoding/csv for quotes.
#[test]
fn pflag_string_slices() {
    for (given, wanted) in [
        ("", Some(vec![])),
        ("one,two", Some(vec!["one", "two"])),
        ("\"one,two\",three", Some(vec!["one,two", "three"])),
        ("\"[a-z]\",\"[a-z]+\"", Some(vec!["[a-z]", "[a-z]+"])),
        ("a,,b", Some(vec!["a", "", "b"])),
        ("\"a\"\"b\"", Some(vec!["a\"b"])),
        ("a\"b", None),
        ("\"a", None),
        ("\"a\"b", None),
    ] {
        let wanted = wanted.map(|items| items.into_iter().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parse_csv(given), wanted, "{given}");
    }
}

#[test]
fn urls_lose_user_path_and_query() {
    for (given, wanted) in [
        ("https://a.example/x", "https://a.example/-"),
        ("https://a.example/-", "https://a.example/-"),
        ("https://u:p@a.example/x", "https://a.example/-"),
        ("https://u:p/w@a.example/x", "https://a.example/-"),
        ("https://a:1/x,b:2/y", "https://a:1/-,b:2/y"),
        ("unix:///run/x.sock?a=b", "unix:///run/x.sock"),
        ("a=https://u:p@h/x y://z/w", "a=https://h/- y://z/-"),
        ("https://u:p%40@a?token=t#f", "https://a"),
        (
            "h1=https://a:2380,h2=https://u:p@b:2380",
            "h1=https://a:2380,h2=https://b:2380",
        ),
        ("https://u:p,q@a,https://v:w@b", "https://a,https://b"),
        ("https://a/?k=v,https://u@b", "https://a/,https://b"),
        ("user@host", "user@host"),
        ("://", "://"),
    ] {
        assert_eq!(clean_urls(given), wanted, "{given}");
    }
}

/// One row: the arguments, then each flag with what it has become (`None`: the text was refused), then unknown names.
type Case<'a> = (
    &'a [&'a str],
    &'a [(&'a str, Option<Scalar>)],
    &'a [&'a str],
);

fn check(cases: &[Case<'_>], table: &Table, parser: Parser) {
    for (arguments, given, unknown) in cases {
        let argv: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let parsed = parse(&argv, table, parser);
        let given: BTreeMap<String, Option<Scalar>> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        assert_eq!(parsed.given, given, "{arguments:?}");
        assert_eq!(parsed.unknown, *unknown, "{arguments:?}");
    }
}

/// pflag flag_test.go (testParse, TestShorthand, TestTermination, testNormalizedNames), string_slice_test.go,
/// string_array_test.go, string_to_string_test.go; component-base cli/flag (WordSepNormalizeFunc, MapStringBool).
#[rustfmt::skip] // one case a line
#[test]
fn pflag_command_lines() {
    let t = || Some(Scalar::Bool(true));
    let f = || Some(Scalar::Bool(false));
    check(
        &[
            (&["--profiling"], &[("profiling", t())], &[]), (&["--profiling", "false"], &[("profiling", t())], &[]),
            (&["--profiling=false"], &[("profiling", f())], &[]), (&["--profiling=F"], &[("profiling", f())], &[]),
            (&["--profiling=", "--profiling=true"], &[("profiling", None)], &[]),
            (&["--profiling=true", "--profiling=0"], &[("profiling", f())], &[]),
            (&["--audit_log_path", "/a"], &[("audit-log-path", Some(text("/a")))], &[]),
            (&["--audit-log-path="], &[("audit-log-path", Some(text("")))], &[]),
            (&["--audit-log-path=a=b"], &[("audit-log-path", Some(text("a=b")))], &[]),
            (&["--audit-log-path", "--profiling"], &[("audit-log-path", Some(text("--profiling")))], &[]),
            (&["--audit-log-path"], &[("audit-log-path", None)], &[]), (&["--secure-port", "0x10"], &[("secure-port", Some(Scalar::Int(16)))], &[]),
            (&["--secure-port=1e3"], &[("secure-port", None)], &[]),
            (&["--authorization-mode=Node", "--authorization-mode", "RBAC,Webhook"], &[("authorization-mode", Some(list(&["Node", "RBAC", "Webhook"])))], &[]),
            (&["--service-account-issuer=a,b", "--service-account-issuer=c"], &[("service-account-issuer", Some(list(&["a,b", "c"])))], &[]),
            (&["--feature-gates=A=true,kube:B=F", "--feature-gates=A=0"], &[("feature-gates", Some(map(&[("A", "false"), ("B", "false")])))], &[]),
            (&["--feature-gates=A"], &[("feature-gates", None)], &[]),
            (&["--runtime-config=api/all=true,batch/v2", "--runtime-config=a=b"], &[("runtime-config", Some(map(&[("a", "b"), ("api/all", "true"), ("batch/v2", "")])))], &[]),
            (&["--", "--profiling"], &[], &[]), (&["extra", "-", "--profiling"], &[("profiling", t())], &[]),
            (&["-v=4"], &[("v", Some(Scalar::Int(4)))], &[]), (&["-v4"], &[("v", Some(Scalar::Int(4)))], &[]),
            (&["-v", "4"], &[("v", Some(Scalar::Int(4)))], &[]), (&["-hv4"], &[("v", Some(Scalar::Int(4)))], &[]),
            (&["--v=4"], &[("v", Some(Scalar::Int(4)))], &[]), (&["-profiling"], &[], &["p"]),
            (&["--token=s3cr3t", "--other", "s3cr3t"], &[], &["token", "other"]), (&["---x", "--=s3cr3t"], &[], &["(malformed)", "(malformed)"]),
            (&["--oidc-issuer-url=https://u:s3cr3t@a/"], &[("oidc-issuer-url", Some(text("https://a/")))], &[]),
            (&["--min-request-timeout=-5"], &[("min-request-timeout", Some(Scalar::Int(-5)))], &[]),
        ],
        &tables::APISERVER,
        Parser::Pflag,
    );
    check(
        &[
            (&["--eviction-hard=memory.available<1Gi,nodefs.available<10%"], &[("eviction-hard", Some(map(&[("memory.available", "1Gi"), ("nodefs.available", "10%")])))], &[]),
            (&["--manifest-url-header=Authorization:s3cr3t"], &[("manifest-url-header", Some(text("‹redacted›")))], &[]),
            (&["--streaming-connection-idle-timeout=0"], &[("streaming-connection-idle-timeout", Some(Scalar::Duration(jiff::SignedDuration::ZERO)))], &[]),
        ],
        &tables::KUBELET,
        Parser::Pflag,
    );
}

/// Go flag/flag_test.go (testParse, TestUserDefined), etcd pkg/flags (StringsValue.Set replaces).
#[test]
fn go_flag_command_lines() {
    let t = || Some(Scalar::Bool(true));
    check(
        &[
            (&["-client-cert-auth"], &[("client-cert-auth", t())], &[]),
            (
                &["--client-cert-auth", "-auto-tls=false"],
                &[
                    ("client-cert-auth", t()),
                    ("auto-tls", Some(Scalar::Bool(false))),
                ],
                &[],
            ),
            (&["--client_cert_auth"], &[], &["client_cert_auth"]),
            (
                &["--client-cert-auth", "false", "--auto-tls"],
                &[("client-cert-auth", t())],
                &[],
            ),
            (
                &["-cipher-suites=a,b", "-cipher-suites", "c"],
                &[("cipher-suites", Some(list(&["c"])))],
                &[],
            ),
            (&["-", "--auto-tls"], &[], &[]),
            (
                &["--discovery-password=s3cr3t"],
                &[("discovery-password", Some(text("‹redacted›")))],
                &[],
            ),
        ],
        &tables::ETCD,
        Parser::Flag,
    );
}

/// The values of a real `/flagz` page of kube-apiserver 1.36.3.
#[test]
fn values_as_flagz_shows_them() {
    for (kind, shown, wanted) in [
        (Kind::List, "[Node,RBAC]", Some(list(&["Node", "RBAC"]))),
        (Kind::List, "[]", Some(list(&[]))),
        (
            Kind::Items,
            "[https://kubernetes.default.svc]",
            Some(list(&["https://kubernetes.default.svc"])),
        ),
        (Kind::Map, "[]", Some(map(&[]))),
        (
            Kind::Gates,
            "A=true,B=false",
            Some(map(&[("A", "true"), ("B", "false")])),
        ),
        (
            Kind::Limits,
            "memory.available<1Gi",
            Some(map(&[("memory.available", "1Gi")])),
        ),
        (Kind::Text, "<nil>", Some(text(""))),
        (
            Kind::Duration,
            "1m0s",
            Some(Scalar::Duration(jiff::SignedDuration::from_secs(60))),
        ),
        (Kind::Bool, "maybe", None),
    ] {
        assert_eq!(kind.shown(shown), wanted, "{shown}");
    }
}

/// apiserver pkg/server/options/audit.go: MaxAge 366 since 1.36, 0 before; kubelet defaults.go: FailCgroupV1 since 1.31,
/// true since 1.35.
#[rustfmt::skip] // one case a line
#[test]
fn defaults_belong_to_versions() {
    let fallback = |table: &'static Table, name: &str, version: &str, file| {
        let row = &table.rows[table.position(name).unwrap()];
        table.fallback(row, Version::parse(version), file)
    };
    let (api, config) = (&*tables::APISERVER, &*tables::KUBELET_CONFIG);
    for (table, name, version, file, wanted) in [
        (api, "audit-log-maxage", "v1.36.3", false, Fallback::Value(&Scalar::Int(366))),
        (api, "audit-log-maxage", "v1.35.0+k3s1", false, Fallback::Value(&Scalar::Int(0))),
        (api, "audit-log-maxage", "", false, Fallback::Unrecorded), (api, "audit-log-maxage", "v1.28.1", false, Fallback::Unrecorded),
        (api, "audit-log-maxage", "v1.37.0-alpha.1", false, Fallback::Unrecorded), (api, "audit-log-maxage", "2.36", false, Fallback::Unrecorded),
        (api, "anonymous-auth", "", false, Fallback::Value(&Scalar::Bool(true))),
        (api, "tls-curve-preferences", "1.35.1", false, Fallback::Unrecorded), (config, "failCgroupV1", "1.30.0", true, Fallback::Unrecorded),
        (config, "failCgroupV1", "1.34.9", true, Fallback::Value(&Scalar::Bool(false))),
        (config, "failCgroupV1", "1.36.3", true, Fallback::Value(&Scalar::Bool(true))),
        (config, "readOnlyPort", "1.36.3", false, Fallback::Value(&Scalar::Int(10255))),
        (config, "readOnlyPort", "1.36.3", true, Fallback::Value(&Scalar::Int(0))),
        (config, "maxParallelImagePulls", "1.36.3", true, Fallback::Unset),
    ] {
        assert_eq!(
            fallback(table, name, version, file),
            wanted,
            "{name} {version}"
        );
    }
}

proptest::proptest! {
    /// Hostile text is refused or read, and never ends the audit.
    #[test]
    fn no_text_panics(words in proptest::collection::vec("(--?(v|feature-gates|secure-port|event-ttl|etcd-servers)=?)?[-+0-9a-z.,=\"<:/@µ_]{0,12}", 0..6)) {
        for (table, parser) in [(&*tables::APISERVER, Parser::Pflag), (&*tables::ETCD, Parser::Flag)] {
            let parsed = parse(&words, table, parser);
            for name in parsed.given.keys() {
                proptest::prop_assert!(table.position(name).is_some());
            }
        }
        for word in &words {
            for row in &tables::KUBELET.rows {
                if let Some(value) = row.kind.set(None, word) {
                    proptest::prop_assert!(row.kind.holds(&value));
                }
                let _ = row.kind.shown(word);
            }
        }
    }
}
