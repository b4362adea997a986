//! How judging scales: `cargo bench`. Prints times of this machine and, what carries over to others, their ratios.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use seaworthy::catalog::{Catalog, Profile};
use seaworthy::evaluate::{judge, tasks};
use seaworthy::facts::objects::{Encoding, Pod, decode_page};
use seaworthy::facts::workload::Folder;
use seaworthy::facts::{Facts, Snapshot, snapshot};

const DEMO: &[u8] = include_bytes!("../reports/demo.seaworthy");
const PODS: usize = 5_000;

/// The best of five.
fn best(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..5).map(time).min().unwrap_or_default()
}

/// The demo with every workload so many times, each under a name of its own.
fn crowded(facts: &Facts, times: usize) -> Facts {
    let mut crowded = facts.clone();
    let copies = |n: usize| {
        facts
            .workloads
            .rows
            .iter()
            .cloned()
            .map(move |mut workload| {
                workload.name = format!("{}-{n}", workload.name);
                workload
            })
    };
    crowded.workloads.rows = (0..times).flat_map(copies).collect();
    crowded
}

/// A page of pods of three templates, as JSON.
fn page() -> Vec<u8> {
    let pod = |n: usize| {
        serde_json::json!({
            "metadata": {"name": format!("web-{n}"), "namespace": "shop", "labels": {"app": "web"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": format!("web-{}", n % 3), "controller": true}]},
            "spec": {"nodeName": format!("n{n}"), "containers": [{"name": "c", "image": format!("web:{}", n % 3)}],
                "volumes": [{"name": "kube-api-access-x", "emptyDir": {}}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1"},
        })
    };
    let items: Vec<_> = (0..PODS).map(pod).collect();
    serde_json::json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})
        .to_string()
        .into_bytes()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    let Snapshot { facts, lacking } = snapshot::read(DEMO)?;
    let catalog = Catalog::shipped()?;
    let profiles: Vec<&Profile> = catalog.profiles.values().collect();
    let compiled = tasks(&catalog, &profiles).map_err(|problems| format!("{problems:?}"))?;

    let compile = best(|| {
        black_box(tasks(&catalog, &profiles).is_ok());
    });
    writeln!(
        out,
        "compile all {} evaluations  {compile:>12.3?}",
        compiled.len()
    )?;

    let mut times = BTreeMap::new();
    for copies in [1, 10, 100, 1000] {
        let crowd = crowded(&facts, copies);
        let time = best(|| {
            black_box(judge(&crowd, &lacking, &compiled));
        });
        writeln!(
            out,
            "judge {:>6} workloads       {time:>12.3?}",
            crowd.workloads.rows.len()
        )?;
        times.insert(copies, time);
    }
    let ratio = times[&1000].as_secs_f64() / times[&100].as_secs_f64();
    writeln!(
        out,
        "ten times the workloads cost {ratio:.1} times the time"
    )?;

    let page = page();
    let decode = best(|| {
        black_box(decode_page::<Pod>(&page, Encoding::Json).is_ok());
    });
    let fold = best(|| {
        let mut folder = Folder::default();
        if let Ok(page) = decode_page::<Pod>(&page, Encoding::Json) {
            page.items.into_iter().for_each(|pod| folder.pod(pod));
        }
        black_box(folder.finish());
    });
    writeln!(
        out,
        "decode {PODS} pods (JSON)    {decode:>12.3?}\ndecode and fold them      {fold:>12.3?}"
    )?;
    writeln!(
        out,
        "folding costs {:.2} times decoding",
        (fold.as_secs_f64() - decode.as_secs_f64()) / decode.as_secs_f64()
    )?;
    Ok(())
}
