//! The API's two encodings decode to equal values, for every kind that is collected.

use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use seaworthy::facts::objects::{self, Encoding, Kind, decode_page};

use super::bed::Bed;

async fn list<K: Kind>(client: &Client, accept: &str) -> Vec<u8> {
    let request = http::Request::get(format!("{}?limit=500", K::path(None)))
        .header("Accept", accept)
        .body(Body::empty())
        .unwrap();
    let response = client.send(request).await.unwrap();
    assert_eq!(response.status(), 200, "{}", K::KIND);
    response
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes()
        .to_vec()
}

async fn same<K: Kind + PartialEq + std::fmt::Debug>(client: &Client) -> usize {
    // Objects change between two lists; a kind that differs is asked again.
    for attempt in 0.. {
        let json =
            decode_page::<K>(&list::<K>(client, "application/json").await, Encoding::Json).unwrap();
        let protobuf = list::<K>(client, "application/vnd.kubernetes.protobuf").await;
        let protobuf = decode_page::<K>(&protobuf, Encoding::Protobuf).unwrap();
        assert!(
            json.broken.is_empty() && protobuf.broken.is_empty(),
            "{}",
            K::KIND
        );
        if json.items == protobuf.items {
            return json.items.len();
        }
        assert!(
            attempt < 5,
            "{}: JSON {:#?}\nprotobuf {:#?}",
            K::KIND,
            json.items,
            protobuf.items
        );
    }
    unreachable!()
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn json_and_protobuf_are_equal() {
    let bed = Bed::running();
    bed.kubectl(&["apply", "-f", "-"], include_str!("objects.yaml"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = bed.client().await;
        let mut empty = Vec::new();
        macro_rules! each {
            ($($kind:ident)*) => {$(
                if same::<objects::$kind>(&client).await == 0 {
                    empty.push(stringify!($kind));
                }
            )*};
        }
        each! {
            Namespace Node Pod ServiceAccount Service ReplicationController Deployment ReplicaSet DaemonSet StatefulSet Job
            CronJob Role ClusterRole RoleBinding ClusterRoleBinding NetworkPolicy Ingress EndpointSlice
            ValidatingWebhookConfiguration MutatingWebhookConfiguration CustomResourceDefinition CertificateSigningRequest APIService
            PersistentVolume PersistentVolumeClaim LimitRange ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
        }
        assert!(empty.is_empty(), "nothing to compare of {empty:?}: see tests/integration/live/objects.yaml");
    });
}
