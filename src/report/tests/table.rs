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

mod limits;

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
