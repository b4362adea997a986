//! Manifest files through `audit -f`: one file per Deployment, with its Service.

use std::io::Write;
use std::path::Path;

use super::Outcome;
use super::measure::{GROWTH, rate, run as program};

const FILES: usize = 2_500;

/// A Deployment, different from every other one, as people write them: some careful, most not.
pub(crate) fn deployment(at: usize) -> String {
    let careful = at % 3 == 0;
    let context = if careful {
        "\n          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            capabilities:\n              drop: [ALL]"
    } else {
        ""
    };
    let pod = if careful {
        "\n      securityContext:\n        runAsNonRoot: true\n        seccompProfile:\n          type: RuntimeDefault"
    } else {
        ""
    };
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{at}
  namespace: team-{team}
  labels:
    app.kubernetes.io/name: app-{at}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: app-{at}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-{at}
    spec:
      serviceAccountName: app-{at}{pod}
      containers:
        - name: app
          image: registry.example.com/team-{team}/app-{at}:1.{minor}.{at}
          args: [\"--listen=:8080\", \"--workers={replicas}\"]
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LOG_LEVEL
              value: info
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: app-{at}
                  key: url
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: {memory}Mi
          readinessProbe:
            httpGet:
              path: /healthz
              port: http{context}
          volumeMounts:
            - name: cache
              mountPath: /var/cache/app
      volumes:
        - name: cache
          emptyDir: {{}}
",
        team = at % 100,
        replicas = 1 + at % 5,
        minor = at % 20,
        memory = 128 + at % 512,
    )
}

fn service(at: usize) -> String {
    format!(
        "---
apiVersion: v1
kind: Service
metadata:
  name: app-{at}
  namespace: team-{team}
spec:
  selector:
    app.kubernetes.io/name: app-{at}
  ports:
    - name: http
      port: 80
      targetPort: http
",
        team = at % 100,
    )
}

/// Writes so many files with two documents each below `folder`.
pub(crate) fn write(folder: &Path, number: usize) -> Outcome {
    for at in 0..number {
        let team = folder.join(format!("team-{}", at % 100));
        std::fs::create_dir_all(&team)?;
        let text = deployment(at) + &service(at);
        std::fs::write(team.join(format!("app-{at}.yaml")), text)?;
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
