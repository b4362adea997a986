//! A whole handshake by the TLS library, without a certificate of our own.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use k8s_openapi::ByteString;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error,
    SignatureScheme, version,
};

use super::Stream;

/// A version of TLS that the library speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1_2,
    V1_3,
}

/// What a handshake showed.
pub(super) enum Full {
    /// It is not TLS that is spoken there.
    Plain,
    /// This version, or every cipher suite of it that we know, is refused.
    Refused,
    /// A certificate was shown.
    Tls(Shown),
}

pub(super) struct Shown {
    pub(super) chain: Vec<ByteString>,
    /// `none`, `requested` or `required`.
    pub(super) client_certificate: io::Result<&'static str>,
}

/// Sees whatever is shown and asked for; trusts everything, since nothing is told to anybody.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<ByteString>>,
    asked: Mutex<bool>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        further: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(own).chain(further);
        let mut seen = self
            .chain
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        *seen = chain.map(|der| ByteString(der.to_vec())).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Witness {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        *self
            .asked
            .lock()
            .unwrap_or_else(|poison| poison.into_inner()) = true;
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Shakes hands in one version. Errors are those of the connection.
pub(super) fn shake(
    mut stream: Box<dyn Stream>,
    host: IpAddr,
    version: Version,
) -> io::Result<Full> {
    let witness = Arc::new(Witness {
        provider: Arc::new(ring::default_provider()),
        chain: Mutex::default(),
        asked: Mutex::default(),
    });
    let mut connection = connection(&witness, host, version).map_err(io::Error::other)?;
    let done = loop {
        if !connection.is_handshaking() {
            break Ok(());
        }
        if let Err(error) = connection.complete_io(&mut stream) {
            break Err(last_word(&mut connection, &mut stream).unwrap_or(error));
        }
    };
    let chain = witness
        .chain
        .lock()
        .unwrap_or_else(|poison| poison.into_inner())
        .clone();
    let asked = *witness
        .asked
        .lock()
        .unwrap_or_else(|poison| poison.into_inner());
    let client_certificate = match (done, asked) {
        // Whoever shows a certificate and hangs up on a client that has none demands one.
        (Err(error), true) if !chain.is_empty() => refusal(error),
        (Err(error), _) => return failed(error),
        (Ok(()), false) => Ok("none"),
        // From here on TLS 1.3 lets the server refuse when it likes.
        (Ok(()), true) if version == Version::V1_3 => refused_later(&mut connection, &mut stream),
        (Ok(()), true) => Ok("requested"),
    };
    Ok(Full::Tls(Shown {
        chain,
        client_certificate,
    }))
}

fn connection(
    witness: &Arc<Witness>,
    host: IpAddr,
    version: Version,
) -> Result<ClientConnection, Error> {
    let versions = match version {
        Version::V1_2 => [&version::TLS12],
        Version::V1_3 => [&version::TLS13],
    };
    let config = ClientConfig::builder_with_provider(witness.provider.clone())
        .with_protocol_versions(&versions)?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_client_cert_resolver(witness.clone());
    ClientConnection::new(Arc::new(config), ServerName::IpAddress(host.into()))
}

/// The alert of a server that hung up while it was still written to: it lies behind the error of writing.
fn last_word(connection: &mut ClientConnection, stream: &mut Box<dyn Stream>) -> Option<io::Error> {
    while matches!(connection.read_tls(stream), Ok(read) if read > 0) {
        if let Err(error) = connection.process_new_packets() {
            return Some(io::Error::other(error));
        }
    }
    None
}

/// What TLS itself said, if it did.
fn said(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// A handshake that ended before a certificate was asked for.
fn failed(error: io::Error) -> io::Result<Full> {
    match said(&error) {
        Some(Error::InvalidMessage(_) | Error::InappropriateMessage { .. }) => Ok(Full::Plain),
        Some(Error::AlertReceived(_) | Error::PeerIncompatible(_)) => Ok(Full::Refused),
        // A server that waits for its own protocol's greeting hangs up on ours.
        _ if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Full::Refused),
        _ => Err(error),
    }
}

/// A handshake that ended after a certificate was asked for and none was shown.
fn refusal(error: io::Error) -> io::Result<&'static str> {
    match said(&error) {
        Some(Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateRequired
            | AlertDescription::HandshakeFailure
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateUnknown,
        )) => Ok("required"),
        _ => Err(error),
    }
}

/// Asks for nothing in particular, to see whether the answer is one or a refusal.
fn refused_later(
    connection: &mut ClientConnection,
    stream: &mut Box<dyn Stream>,
) -> io::Result<&'static str> {
    connection.writer().write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    connection
        .complete_io(stream)
        .or_else(|error| refusal(error).map(|_| (0, 0)))?;
    let mut tls = rustls::Stream::new(connection, stream);
    // Any answer will do, and so will an orderly end.
    match tls.read_exact(&mut [0; 1]) {
        Ok(()) => Ok("requested"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok("requested"),
        Err(error) => refusal(error),
    }
}
