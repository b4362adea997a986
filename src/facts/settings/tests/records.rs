//! Settings as records: nested, recorded, hidden.

use super::*;

#[test]
fn paths_become_nested_records() {
    let source = Source::from(Place::Api {
        path: "/x".to_owned(),
    });
    let settings = Settings::build(&tables::KUBELET_CONFIG, |row| {
        Cell::explicit(row.kind.zero(), source.clone())
    });
    let mut here: &dyn Fields = &settings;
    for name in ["authentication", "anonymous"] {
        let position = here.record().position(name).unwrap();
        let View::Record(next) = here.field(position).view else {
            panic!("{name}")
        };
        here = next;
    }
    assert!(matches!(
        here.field(here.record().position("enabled").unwrap()).view,
        View::Bool(false)
    ));
    assert!(settings.get("authentication.anonymous.enabled").is_some());
    assert!(
        settings.get("authentication.anonymous").is_none()
            && settings.get("authentication.x.y").is_none()
    );
    assert_eq!(settings.cells().len(), tables::KUBELET_CONFIG.rows.len());
}

#[test]
fn a_snapshot_with_other_fields_leaves_gaps() {
    let source = || {
        Source::from(Place::Api {
            path: "/x".to_owned(),
        })
    };
    let cells = [
        ("profiling", Scalar::Bool(false)),
        ("secure-port", text("https")),
        ("gone", Scalar::Bool(true)),
    ];
    let cells = cells.map(|(name, value)| (name.to_owned(), Cell::explicit(value, source())));
    let settings = Settings::recorded(&tables::APISERVER, cells.into());
    assert_eq!(
        settings.get("profiling").unwrap().value(),
        Some(&Scalar::Bool(false))
    );
    for name in ["secure-port", "anonymous-auth"] {
        assert!(settings.get(name).unwrap().gap().is_some(), "{name}");
    }
    assert!(settings.get("gone").is_none());
}

#[test]
fn settings_of_which_nothing_is_known_are_one_reason() {
    let gap = Gap::new("settings", "n1", GapReason::NotAsked, "ask");
    let build = || Settings::build(&tables::KUBELET_CONFIG, |_| Cell::Gap(gap.clone()));
    let mut settings = build();
    for name in ["authentication.anonymous.enabled", "readOnlyPort"] {
        assert_eq!(settings.get(name).and_then(Cell::gap), Some(&gap), "{name}");
    }
    for name in [
        "authentication",
        "authentication.anonymous",
        "authentication.x.y",
        "x",
    ] {
        assert!(settings.get(name).is_none(), "{name}");
    }
    let names: Vec<_> = settings
        .cells()
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    let rows: Vec<_> = tables::KUBELET_CONFIG
        .rows
        .iter()
        .map(|row| row.name.clone())
        .collect();
    assert_eq!(names, rows);
    let group = settings.record().position("authentication").unwrap();
    assert!(matches!(settings.field(group).view, View::Gap(why) if *why == gap));
    assert!(matches!(settings.field(usize::MAX).view, View::Absent));

    // One that becomes known stands beside the others, and they stay what they were.
    let source = Source::computed("test");
    let known = "authentication.anonymous.enabled";
    *settings.get_mut(known).unwrap() = Cell::explicit(Scalar::Bool(true), source);
    let settings = settings.folded();
    assert_eq!(
        settings.get(known).unwrap().value(),
        Some(&Scalar::Bool(true))
    );
    let other = settings.get("authentication.webhook.enabled");
    assert_eq!(other.and_then(Cell::gap), Some(&gap));
    assert!(settings != build());
    let written = serde_json::to_value(build()).unwrap();
    assert_eq!(written.as_object().unwrap().len(), 1);
    let read = |written| {
        let cells = serde_json::from_value(written).unwrap();
        Settings::recorded(&tables::KUBELET_CONFIG, cells)
    };
    assert_eq!(read(written), build());
    let written = serde_json::to_value(&settings).unwrap();
    assert_eq!(written.as_object().unwrap().len(), rows.len());
    assert_eq!(read(written), settings);
    // Only a gap can stand for all.
    let value = Cell::explicit(Scalar::Bool(true), Source::computed("test"));
    let value = serde_json::json!({ "*": value });
    assert!(read(value).get(known).unwrap().gap().is_some());
}

#[test]
fn what_two_have_in_common_is_held_once_and_changed_apart() {
    let build = |port: i64| {
        let source = Source::computed("test");
        Settings::build(&tables::KUBELET_CONFIG, move |row| {
            let value = match row.name.as_str() {
                "readOnlyPort" => Scalar::Int(port),
                _ => row.kind.zero(),
            };
            Cell::explicit(value, source.clone())
        })
    };
    let (first, mut second) = (build(0), build(10255));
    second.share(&first);
    assert_eq!(second, build(10255));
    let held = |settings: &Settings, name: &str| std::ptr::from_ref(settings.get(name).unwrap());
    for (name, once) in [
        ("address", true),
        ("authentication.anonymous.enabled", true),
        ("readOnlyPort", false),
    ] {
        assert_eq!(held(&first, name) == held(&second, name), once, "{name}");
    }
    *second.get_mut("address").unwrap() = Cell::default();
    assert_eq!(first, build(0));
}
