//! What holds whatever is shown: width, whole fixes, and hostile text that stays text.

use super::*;

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
