//! The engines against the API server itself: thousands of questions that it answers, and so do we.

mod pod_security;
mod rbac;

use std::collections::BTreeMap;
use std::sync::Arc;

use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::bed::Bed;

/// How many questions are on their way at once.
const AT_ONCE: usize = 24;

/// A sequence of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        // Numerical Recipes' linear congruential generator; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    /// Whether one of `sides` comes.
    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    /// One of `from`.
    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }

    /// Between one and `most` of `from`.
    fn some(&mut self, from: &[&str], most: usize) -> Vec<String> {
        let number = 1 + self.roll(most);
        (0..number).map(|_| self.pick(from).to_owned()).collect()
    }
}

/// Posts every body to its path, many at once; the answers in the order of the questions.
fn post_all(bed: &Bed, questions: Vec<(String, Value)>) -> Vec<(u16, Value)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = bed.client().await;
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = tokio::task::JoinSet::new();
        for (number, (path, body)) in questions.into_iter().enumerate() {
            let permit = permits.clone().acquire_owned().await.unwrap();
            let client = client.clone();
            running.spawn(async move {
                let answer = post(&client, &path, &body).await;
                drop(permit);
                (number, answer)
            });
        }
        let mut answers = BTreeMap::new();
        while let Some(done) = running.join_next().await {
            let (number, answer) = done.unwrap();
            answers.insert(number, answer);
        }
        answers.into_values().collect()
    })
}

async fn post(client: &Client, path: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::post(path)
        .header("Content-Type", "application/json")
        .body(Body::from(body.to_string().into_bytes()))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}
