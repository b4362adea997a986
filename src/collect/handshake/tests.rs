//! Against small servers on loopback; etcd, API server, scheduler and kubelet are asked in the live suite.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion, version};

use super::{Direct, answer, hello};
use crate::facts::component::ComponentKind;
use crate::facts::host::{EndpointAnswer as Answer, Listener};

const CERTIFICATE: &str = include_str!("../api/tests/fixtures/by-name.pem");
const KEY: &str = include_str!("../api/tests/fixtures/server.key");

/// A server that does the same with everybody.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    port
}

fn tls(version: &'static SupportedProtocolVersion, demand: Option<bool>) -> u16 {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_protocol_versions(&[version]).unwrap();
    let builder = match demand {
        None => builder.with_no_client_auth(),
        Some(demand) => {
            let mut roots = RootCertStore::empty();
            roots.add(certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            let verifier = match demand {
                true => verifier,
                false => verifier.allow_unauthenticated(),
            };
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = Arc::new(builder.with_single_cert(vec![certificate], key).unwrap());
    server(move |mut stream| {
        let mut connection = ServerConnection::new(config.clone()).unwrap();
        let mut tls = rustls::Stream::new(&mut connection, &mut stream);
        // The client says nothing, or one request, and goes.
        if matches!(tls.read(&mut [0; 64]), Ok(read) if read > 0) {
            let _ = tls.write_all(b"HTTP/1.0 403 Forbidden\r\n\r\n");
        }
    })
}

fn ask(port: u16, limit: Duration) -> Answer {
    let listener = Listener {
        component: ComponentKind::Etcd,
        purpose: "client",
        host: Ipv4Addr::LOCALHOST.into(),
        port,
        bound_to: "127.0.0.1".to_owned(),
    };
    answer(&Direct, &listener, Instant::now() + limit)
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn what_tls_shows_and_asks_for() {
    for (version, name) in [(&version::TLS12, "1.2"), (&version::TLS13, "1.3")] {
        for (demand, expected) in [
            (None, "none"),
            (Some(false), "requested"),
            (Some(true), "required"),
        ] {
            let Answer::Tls {
                lowest_version,
                client_certificate,
                chain,
            } = ask(tls(version, demand), LONG)
            else {
                panic!("TLS {name} is not seen")
            };
            assert_eq!(client_certificate.unwrap(), expected, "TLS {name}");
            assert_eq!(lowest_version.unwrap(), name);
            assert_eq!(chain.len(), 1);
        }
    }
}

#[test]
fn plain_text_and_nobody() {
    let http = server(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
    assert_eq!(ask(http, LONG), Answer::Plain);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    assert_eq!(ask(port, LONG), Answer::Closed);
}

/// Whoever says nothing, hangs up or talks nonsense is a gap and never an answer.
#[test]
fn what_makes_no_sense_is_a_gap_in_time() {
    let silent = server(|stream| {
        thread::sleep(Duration::from_secs(300));
        drop(stream);
    });
    let started = Instant::now();
    assert!(matches!(ask(silent, LONG), Answer::Unknown(_)));
    assert!(matches!(
        ask(silent, Duration::from_millis(2300)),
        Answer::Unknown(_)
    ));
    assert!(started.elapsed() < Duration::from_secs(20));
    // A byte a second, for ever.
    let drip = server(|mut stream| {
        while stream.write_all(&[22]).is_ok() {
            thread::sleep(Duration::from_secs(1));
        }
    });
    assert!(matches!(
        ask(drip, LONG),
        Answer::Unknown(_) | Answer::Plain
    ));
    let rude = server(drop);
    assert!(matches!(ask(rude, LONG), Answer::Unknown(_)));
}

/// A server that demands a certificate and closes before its refusal is read.
#[test]
fn a_refusal_that_is_lost_is_asked_for_again() {
    let demanding = tls(&version::TLS12, Some(true));
    let cut = server(move |near| {
        let far = TcpStream::connect((Ipv4Addr::LOCALHOST, demanding)).unwrap();
        let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        // Everything that the server shows, and not the alert behind it.
        let (mut from, mut to) = (far, near);
        let mut head = [0; 5];
        while from.read_exact(&mut head).is_ok() && head[0] == 22 {
            let mut body = vec![0; u16::from_be_bytes([head[3], head[4]]).into()];
            from.read_exact(&mut body).unwrap();
            to.write_all(&[&head[..], &body].concat()).unwrap();
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let Answer::Tls {
        client_certificate, ..
    } = ask(cut, LONG)
    else {
        panic!("TLS is not seen")
    };
    assert_eq!(client_certificate.unwrap(), "required");
}

/// Servers of the last century, as far as they are looked at.
#[test]
fn old_versions_are_accepted_only_by_whoever_goes_on_in_them() {
    let hello = |version: [u8; 2]| {
        move |mut stream: TcpStream| {
            let _ = stream.read(&mut [0; 512]);
            let record = [
                22, version[0], version[1], 0, 6, 2, 0, 0, 2, version[0], version[1],
            ];
            let _ = stream.write_all(&record);
        }
    };
    let asked = |port, version| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        hello::accepted(&mut stream, version).unwrap()
    };
    let old = server(hello([3, 1]));
    assert!(asked(old, hello::TLS_1_0));
    assert!(!asked(old, hello::TLS_1_1));
    // An alert of version 1.2: protocol_version.
    let new = server(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 70]);
    });
    assert!(!asked(new, hello::TLS_1_0));
}
