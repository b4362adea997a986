//! What a person sees.

use std::io;
use std::sync::Arc;

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::sample::{assembled, checks, fixed, judged, profiles, report};
use super::{Format, Options, Report, rendered};
use crate::outcome::{Evidence, Instances, Judgement, Outcome, Reason, Status, Words};
use crate::report::safe::{self, Safe, is_hidden};
use crate::report::{Charset, render};
use crate::score::fixture::{control, judgement, outcome, profile, section, unknown};

fn table(report: &Report, options: Options) -> String {
    rendered(report, Format::Table, &options)
}

fn at(width: u16) -> Options {
    Options {
        width,
        ..Options::default()
    }
}

/// A report about what one section of three controls sees.
fn small(outcomes: Vec<Outcome<'static>>) -> Report<'static> {
    let controls = vec![
        control("1.1", &["file-mode-loose"]),
        control("1.2", &["kubelet-anonymous-auth"]),
        control("1.3", &[]),
    ];
    let profile = profile(vec![section("1", None, controls)]);
    assembled(&[profile], judgement(&checks(), outcomes), false)
}

fn one_of_each() -> Report<'static> {
    small(vec![
        fixed(
            outcome("file-mode-loose", Status::Fail, "admin.conf"),
            "t",
            "chmod 0600 admin.conf",
            "cp1",
        ),
        unknown(
            "kubelet-anonymous-auth",
            "w1",
            "w1 was not reached",
            "add --ssh w1",
        ),
    ])
}

#[test]
fn small_at_80() {
    insta::assert_snapshot!(table(&one_of_each(), at(80)), @"
    testbed · kubeadm 1.36.3, 2 nodes · API + node cp1 · 2026-11-21 09:00 UTC

    CKS view · score 0 · coverage 50 %
                                  score cover pass fail unknown manual
    1  Section 1  ░░░░░░░░░░░░░░      0  50 %    0    1       1      1

    What to fix first

     1  file-mode-loose is fail on admin.conf                high · clears 1 control
        on    admin.conf
        fix   chmod 0600 admin.conf
        in    cp1

    Waivers to review

    waivers.yaml:2   matches no finding  namespace-not-isolated for name sandbox*;
                                         of platform until 2027-01-01 for
                                         cis-2.0.1/5.3.2
    waivers.yaml:8   matches no finding  workload-privileged for namespace ci; of
                                         platform until 2026-11-20
    waivers.yaml:13  matches no finding  role-wildcard for name ClusterRole gone; of
                                         platform until 2027-01-01

    Not known: 1 of 3 controls could not be judged

    1 control  w1 was not reached  add --ssh w1

    2 verdicts on 3 controls · 1 fail · 1 unknown · 1 manual
    Not asked: Secrets, files of w1
    ");
}

#[test]
fn everything_at_200() {
    insta::assert_snapshot!(table(&report(), at(200)), @"
    testbed · kubeadm 1.36.3, 2 nodes · API + node cp1 · 2026-11-21 09:00 UTC

    CIS Kubernetes Benchmark 2.0.1 · score 28 · coverage 88 %
    written for Kubernetes 1.34 to 1.35; the newest edition there is for a server that runs 1.36
                                                          score  coverage  pass  fail  unknown  manual
    1  Control plane components     █░░░░░░░░░░░░░░░░░░░      6     100 %     1     3        0       0
    2  etcd                         ████████████████████    100     100 %     1     0        0       0
    3  Control plane configuration  nothing judged            -         -     0     0        0       1
    4  Worker nodes                 not scored                -      50 %     0     1        1       0
    5  Policies                     ░░░░░░░░░░░░░░░░░░░░      0     100 %     0     2        0       1

    CKS view · score 21 · coverage 80 % · 70 of 100 weight judged
                                                                          score  coverage  pass  fail  unknown  manual
    Cluster Setup (15%)                             ░░░░░░░░░░░░░░░░░░░░      0     100 %     0     1        0       0
    Cluster Hardening (15%)                         ████████████████████    100     100 %     1     0        0       1
    System Hardening (10%)                          nothing judged            -       0 %     0     0        1       0
    Minimize Microservice Vulnerabilities (20%)     ░░░░░░░░░░░░░░░░░░░░      0     100 %     0     1        0       0
    Supply Chain Security (20%)                     nothing judged            -         -     0     0        0       0
    Monitoring, Logging and Runtime Security (20%)  ░░░░░░░░░░░░░░░░░░░░      0     100 %     0     1        0       0

    What to fix first

     1  A container runs privileged                                                             critical · clears 2 controls
        on    4 of 215: DaemonSet agent in monitoring, Deployment builder in ci, Pod debug in default and 1 more
        was   the waiver of platform until 2026-11-20 has expired (Deployment builder in ci)
        seen  container.securityContext.privileged = true   DaemonSet monitoring/agent
        fix   securityContext: {privileged: false}
        in    DaemonSet monitoring/agent, Deployment ci/builder, Pod default/debug and 1 more

     2  The API server keeps no audit log                                                           high · clears 3 controls
        on    kube-apiserver on cp1
        seen  apiserver.flags.audit-log-path is not set   argv of pid 813 on cp1
        fix   --audit-log-path=/var/log/kubernetes/audit.log
        fix   --audit-log-maxage=30
        in    /etc/kubernetes/manifests/kube-apiserver.yaml

     3  /etc/kubernetes/admin.conf on cp1 is readable by its group                                   high · clears 1 control
        on    /etc/kubernetes/admin.conf on cp1
        seen  file.mode = 0640   /etc/kubernetes/admin.conf on cp1
        fix   chmod 0600 /etc/kubernetes/admin.conf
        in    cp1

     4  A namespace lets all traffic in                                                           medium · clears 2 controls
        on    2 of 2: sandbox, shop
        fix   apiVersion: networking.k8s.io/v1
              kind: NetworkPolicy
              metadata: {name: default-deny, namespace: shop}
              spec: {podSelector: {}, policyTypes: [Ingress]}

     5  the name of cp1 is overridden                                                                info · clears 1 control
        on    kubelet on cp1
        fix   How to mend kubelet-hostname-override.

    Waived: 1 finding

    1 finding  A namespace lets all traffic in: sandbox  waiver of platform until 2027-01-01 for cis-2.0.1/5.3.2: torn down
                                                         every night

    Waivers to review

    waivers.yaml:8   expired: 1 finding fails again  workload-privileged for namespace ci; of platform until 2026-11-20
    waivers.yaml:13  matches no finding              role-wildcard for name ClusterRole gone; of platform until 2027-01-01

    Not known: 2 of 18 controls could not be judged

    3 controls  the kubelet configuration of w1 was not read:  add --ssh w1, or let the kubelet serve a certificate that the
                endpoint not verified                          cluster signed

    229 verdicts on 18 controls · 9 fail · 2 unknown · 3 manual · 3 pass · 1 not applicable
    Not asked: Secrets, files of w1
    ");
}

#[test]
fn every_control_on_demand() {
    let options = Options {
        all: true,
        ..at(80)
    };
    insta::assert_snapshot!(table(&one_of_each(), options), @"
    testbed · kubeadm 1.36.3, 2 nodes · API + node cp1 · 2026-11-21 09:00 UTC

    CKS view · score 0 · coverage 50 %
                                  score cover pass fail unknown manual
    1  Section 1  ░░░░░░░░░░░░░░      0  50 %    0    1       1      1

    1 Section 1
    1.1  fail     high      1/1  Control 1.1
    1.2  unknown  critical       Control 1.2
    1.3  manual                  Control 1.3

    What to fix first

     1  file-mode-loose is fail on admin.conf                high · clears 1 control
        on    admin.conf
        why   Why file-mode-loose matters.
        fix   chmod 0600 admin.conf
        in    cp1

    Waivers to review

    waivers.yaml:2   matches no finding  namespace-not-isolated for name sandbox*;
                                         of platform until 2027-01-01 for
                                         cis-2.0.1/5.3.2
    waivers.yaml:8   matches no finding  workload-privileged for namespace ci; of
                                         platform until 2026-11-20
    waivers.yaml:13  matches no finding  role-wildcard for name ClusterRole gone; of
                                         platform until 2027-01-01

    Not known: 1 of 3 controls could not be judged

    1 control  w1 was not reached  add --ssh w1

    2 verdicts on 3 controls · 1 fail · 1 unknown · 1 manual
    Not asked: Secrets, files of w1
    ");
}

#[test]
fn colour_and_ascii() {
    let options = Options {
        color: true,
        charset: Charset::Ascii,
        ..at(80)
    };
    let shown = table(&one_of_each(), options);
    insta::assert_snapshot!(shown.replace('\u{1b}', "^"), @"
    ^[1mtestbed^[0m | kubeadm 1.36.3, 2 nodes | API + node cp1 | 2026-11-21 09:00 UTC

    ^[1mCKS view^[0m | ^[1mscore 0^[0m | coverage 50 %
                                  ^[2mscore^[0m ^[2mcover^[0m ^[2mpass^[0m ^[2mfail^[0m ^[2munknown^[0m ^[2mmanual^[0m
    1  Section 1  ^[2m..............^[0m      0  50 %    ^[2m0^[0m    ^[31m1^[0m       ^[33m1^[0m      ^[33m1^[0m

    ^[1mWhat to fix first^[0m

     1  ^[1mfile-mode-loose is fail on admin.conf^[0m                 ^[31mhigh, clears 1 control^[0m
        ^[2mon^[0m    admin.conf
        ^[2mfix^[0m   chmod 0600 admin.conf
        ^[2min^[0m    cp1

    ^[1mWaivers to review^[0m

    waivers.yaml:2   matches no finding  namespace-not-isolated for name sandbox*;
                                         of platform until 2027-01-01 for
                                         cis-2.0.1/5.3.2
    waivers.yaml:8   matches no finding  workload-privileged for namespace ci; of
                                         platform until 2026-11-20
    waivers.yaml:13  matches no finding  role-wildcard for name ClusterRole gone; of
                                         platform until 2027-01-01

    ^[1mNot known^[0m: 1 of 3 controls could not be judged

    1 control  w1 was not reached  add --ssh w1

    2 verdicts on 3 controls | ^[31m1 fail^[0m | ^[33m1 unknown^[0m | ^[33m1 manual^[0m
    Not asked: Secrets, files of w1
    ");
}

#[test]
fn nothing_judged_never_looks_good() {
    let shown = table(&assembled(&profiles(), Judgement::default(), false), at(80));
    for text in [
        "no score",
        "nothing judged",
        "Nothing could be judged",
        "0 of 100 weight judged",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    for text in ["Nothing to fix", "100 %", "pass mark"] {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn what_holds_is_said_with_what_was_judged() {
    let shown = table(
        &small(vec![outcome("file-mode-loose", Status::Pass, "admin.conf")]),
        at(80),
    );
    assert!(
        shown.contains("Nothing to fix: nothing that was judged fails"),
        "{shown}"
    );
    assert!(shown.contains("coverage 50 %"), "{shown}");
    assert!(
        !shown.contains("pass mark"),
        "half of it is not judged: {shown}"
    );
}

#[test]
fn the_rest_is_counted_and_shown_on_demand() {
    let apart = |n: u32| {
        let check = checks()
            .into_keys()
            .nth(n as usize % 11)
            .expect("eleven checks");
        let failed = outcome(&check, Status::Fail, &format!("subject-{n:02}"));
        fixed(
            failed,
            &format!("target-{}", n / 2),
            &format!("line-{n:02}"),
            "",
        )
    };
    let many = || {
        assembled(
            &profiles(),
            judgement(&checks(), (0..26).map(apart).collect()),
            false,
        )
    };
    let short = table(&many(), at(80));
    assert!(
        short.contains("\nand 1 more finding: --all shows them\n"),
        "{short}"
    );
    let long = table(
        &many(),
        Options {
            all: true,
            ..at(80)
        },
    );
    assert!(!long.contains("--all"), "{long}");
    for n in 0..26 {
        assert!(long.contains(&format!("line-{n:02}")), "{n}: {long}");
    }
}

/// Whether it is a line to copy, which is never cut or broken.
fn is_fix(line: &str) -> bool {
    line.starts_with("    fix   ")
}

#[test]
fn no_line_is_wider_than_the_page_and_none_ends_in_blanks() {
    for width in (72..=130).chain([10, 500, u16::MAX]) {
        for all in [false, true] {
            for charset in [Charset::Unicode, Charset::Ascii] {
                let shown = table(
                    &report(),
                    Options {
                        all,
                        charset,
                        ..at(width)
                    },
                );
                for line in shown.lines().filter(|line| !is_fix(line)) {
                    assert!(
                        line.width() <= usize::from(width.clamp(72, 120)),
                        "{width}: {line}"
                    );
                    assert_eq!(line.trim_end(), line);
                }
                assert!(charset == Charset::Unicode || shown.is_ascii(), "{shown}");
            }
        }
    }
}

#[test]
fn fixes_are_whole_whatever_their_length() {
    let line = format!("--flag={}", "a".repeat(500));
    let failed = outcome("file-mode-loose", Status::Fail, "admin.conf");
    let shown = table(&small(vec![fixed(failed, "t", &line, "cp1")]), at(80));
    assert!(
        shown
            .lines()
            .any(|shown| shown == format!("    fix   {line}")),
        "{shown}"
    );
}

/// The sample with `text` wherever text comes from outside.
fn poisoned(text: &str) -> Report<'static> {
    let mut judged = judged();
    let outcomes = judged.iter_mut().flat_map(|judged| &mut judged.outcomes);
    for (n, one) in outcomes.enumerate() {
        let subject = Arc::make_mut(&mut one.subject);
        subject.name = format!("{text}{n}").into();
        subject.namespace = Some(text.into());
        subject.node = Some(text.into());
        let instances = Instances {
            count: 1,
            sample: vec![text.into()],
        };
        subject.instances = Some(instances.into());
        let evidence = Evidence {
            fact: text.into(),
            value: text.into(),
            source: text.into(),
        };
        let words = Words {
            message: text.into(),
            evidence: vec![evidence],
        };
        one.told = words.into();
        let reason = Reason {
            text: text.into(),
            remedy: text.to_owned().into(),
        };
        one.reason = Some(reason.into());
        if let Some(fix) = &mut one.fix {
            let change = Arc::make_mut(&mut fix.change);
            (change.line, change.summary) = (text.into(), text.into());
            fix.place = text.into();
        }
    }
    let mut profiles = profiles();
    for profile in &mut profiles {
        profile.title = text.into();
        profile.sections[0].title = text.into();
        profile.sections[0].id = text.into();
        profile.sections[0].controls[0].title = text.into();
    }
    let mut report = assembled(&profiles, judged, false);
    report.cluster.name = text.into();
    report.cluster.version = Some(text.into());
    report.cluster.distribution = Some(text.into());
    report.source.read = vec![text.into(); 3];
    for gap in &mut report.gaps {
        gap.what = text.into();
    }
    for evaluation in &mut report.evaluations {
        (evaluation.title, evaluation.why, evaluation.fix) =
            (text.into(), text.into(), text.into());
    }
    report
}

const HOSTILE: [&str; 8] = [
    "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
    "admin\u{202e}fdp.exe\u{2066}\u{200b}\u{feff}\u{ad}\u{e0041}",
    "two\nlines\r\n 1  forged finding\u{2028}\u{85}\t",
    "\u{e0010}\u{e0015}ink of ours\u{e0010}",
    "e\u{301}\u{301}\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} 漢字漢字",
    "\u{17d8}\u{17d8}\u{fdfd}",
    "",
    " ",
];

#[test]
fn hostile_text_stays_text() {
    let long = ["x", "漢 ", "\u{301}"].map(|text| text.repeat(10_000));
    for text in HOSTILE.into_iter().chain(long.iter().map(String::as_str)) {
        let report = poisoned(text);
        for (width, charset, all) in [
            (80, Charset::Unicode, false),
            (200, Charset::Unicode, true),
            (80, Charset::Ascii, true),
        ] {
            let options = Options {
                all,
                charset,
                ..at(width)
            };
            let plain = table(&report, options);
            let hidden = plain.chars().find(|one| *one != '\n' && is_hidden(*one));
            assert_eq!(hidden, None, "{text:?}");
            assert!(charset == Charset::Unicode || plain.is_ascii(), "{text:?}");
            assert!(
                !plain.lines().any(|line| line.starts_with(" 1  forged")),
                "{plain}"
            );
            let page = usize::from(width.min(120));
            let wide = plain
                .lines()
                .find(|line| !is_fix(line) && line.width() > page);
            assert_eq!(wide, None, "{text:?}");

            let coloured = table(
                &report,
                Options {
                    color: true,
                    ..options
                },
            );
            let bare = [0, 1, 2, 31, 32, 33]
                .into_iter()
                .fold(coloured, |text, code| {
                    text.replace(&format!("\u{1b}[{code}m"), "")
                });
            assert_eq!(bare, plain, "colour adds our sequences and nothing else");
        }
    }
}

#[test]
fn what_is_hidden_is_shown_escaped() {
    let cases = [
        ("plain /etc/x-1 ü 漢", "plain /etc/x-1 ü 漢"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u{1b}[0m", "\\u{1b}[0m"),
        ("\u{202e}\u{200d}\u{9b}", "\\u{202e}\\u{200d}\\u{9b}"),
        ("e\u{301}", "e\\u{301}"),
        ("C:\\new", "C:\\new"),
    ];
    for (text, shown) in cases {
        assert_eq!(safe::safe(text), shown);
    }
    let cut = |columns, charset| Safe::new("0123456789", charset).cut(columns, charset);
    assert_eq!(cut(10, Charset::Unicode).as_str(), "0123456789");
    assert_eq!(cut(6, Charset::Unicode).as_str(), "012…89");
    assert_eq!(cut(6, Charset::Ascii).as_str(), "01...9");
    let wide = Safe::new("漢字漢字", Charset::Unicode).cut(6, Charset::Unicode);
    assert_eq!((wide.as_str(), wide.width()), ("漢…字", 5));
    let lines = Safe::new("one two threefour five", Charset::Unicode).wrap(7);
    assert_eq!(
        lines.iter().map(Safe::as_str).collect::<Vec<_>>(),
        ["one two", "threefo", "ur five"]
    );
}

#[test]
fn a_closed_pipe_is_an_error_of_its_kind() {
    struct Closed(usize);
    impl io::Write for Closed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0 {
                0 => Err(io::ErrorKind::BrokenPipe.into()),
                left => {
                    let taken = bytes.len().min(left);
                    self.0 -= taken;
                    Ok(taken)
                }
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        for room in [0, 100, 1000] {
            let error = render(&report(), format, &Options::default(), &mut Closed(room));
            let error = error.expect_err("the pipe is closed");
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
    }
}

proptest! {
    #[test]
    fn safe_text_fits_and_hides_nothing(text in any::<String>(), columns in 4..60usize) {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let shown = Safe::new(&text, charset);
            prop_assert!(!shown.as_str().chars().any(is_hidden));
            prop_assert!(shown.width() <= safe::LONGEST);
            prop_assert_eq!(&Safe::new(shown.as_str(), charset), &shown);
            prop_assert!(shown.clone().cut(columns, charset).width() <= columns);
            let lines = shown.wrap(columns);
            prop_assert!(lines.iter().all(|line| line.width() <= columns));
            let words = |text: &str| text.split(' ').collect::<String>();
            let wrapped: String = lines.iter().map(|line| words(line.as_str())).collect();
            prop_assert_eq!(wrapped, words(shown.as_str()));
        }
    }
}
