//! X.509 certificates as facts (RFC 5280): who is named, for how long, with which key, and who uses it.
//!
//! Used for every certificate the audit meets: files and kubeconfigs of nodes, CA bundles of webhooks, served endpoints.
//! Nothing is verified here; the fields say what the certificate says.

mod within;

use std::net::IpAddr;

use jiff::Timestamp;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, KeyUsage, ParsedExtension};
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AttributeTypeAndValue, SubjectPublicKeyInfo};

use crate::facts::{Cell, Source, record};

pub use within::of_objects;

record! {
    /// An X.509 certificate, as it says of itself, and where it was seen.
    #[derive(Debug)]
    pub struct Certificate {
        /// The node it lies on; empty when it was not read on a node.
        pub node: String,
        /// The file that holds it, a kubeconfig included; else where it was seen.
        pub path: String,
        /// Which certificate of that place it is, from 0.
        pub position: i64,
        /// What it is used for, such as `kube-apiserver serving`; empty for one that merely lies there.
        pub used_by: Vec<String>,
        /// Whether a flag, a configuration, a kubeconfig or the kubelet's `-current` link names it.
        pub in_use: bool,
        /// The subject's distinguished name.
        pub subject: String,
        /// The subject's common name: the user name of a client certificate.
        pub common_name: String,
        /// The subject's organizations: the groups of a client certificate.
        pub organizations: Vec<String>,
        /// The issuer's distinguished name.
        pub issuer: String,
        /// The serial number in hexadecimal, without leading zeros.
        pub serial: String,
        /// The host names it is valid for.
        pub dns_names: Vec<String>,
        /// The IP addresses it is valid for.
        pub ip_addresses: Vec<String>,
        /// The URIs it is valid for.
        pub uris: Vec<String>,
        /// The kind of its public key: `RSA`, `ECDSA`, `Ed25519`, `DSA`, or the algorithm's object identifier.
        pub key_algorithm: String,
        /// The size of its public key, in bits; 0 when not known.
        pub key_bits: i64,
        /// The subject key identifier, in hexadecimal; empty when it has none (RFC 5280, section 4.2.1.2).
        #[serde(default)]
        pub subject_key_id: String,
        /// The key identifier of its issuer, in hexadecimal; empty when it names none (RFC 5280, section 4.2.1.1).
        #[serde(default)]
        pub authority_key_id: String,
        /// Components that read it only when they start, and started before its file last changed: what they use is not
        /// what it says.
        #[serde(default)]
        pub changed_under: Cell<Vec<String>>,
        /// SHA-256 of its public key (subject public key info), in hexadecimal: equal in every certificate of one key.
        #[serde(default)] // not in the first snapshots, which lack it as a gap
        pub public_key: String,
        /// How it was signed, such as `sha256WithRSAEncryption`, or the algorithm's object identifier.
        pub signature_algorithm: String,
        /// From when it is valid.
        pub not_before: Timestamp,
        /// Until when it is valid.
        pub not_after: Timestamp,
        /// Whether it may sign certificates (basic constraints).
        pub is_ca as "isCA": bool,
        /// Key usages as RFC 5280 names them, such as `digitalSignature`; empty when it does not restrict them.
        pub key_usages: Vec<String>,
        /// Extended key usages, such as `serverAuth`, or object identifiers; empty when it does not restrict them.
        pub extended_key_usages: Vec<String>,
        /// Whether subject and issuer are the same.
        pub self_signed: bool,
        /// SHA-256 of the certificate, in hexadecimal.
        pub fingerprint: String,
    }
}

/// The bytes are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// They do not follow X.509.
    #[error("reading a certificate: the structure is not that of X.509")]
    Structure,
    /// A date in it cannot be represented.
    #[error("reading a certificate: a date of its validity is out of range")]
    Date,
}

impl Certificate {
    /// Reads one certificate in DER; where it was seen and who uses it is left for the caller to say.
    ///
    /// # Errors
    /// When the bytes are no X.509 certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (_, parsed) = parse_x509_certificate(der).map_err(|_| CertificateError::Structure)?;
        let (key_algorithm, key_bits) = key(parsed.public_key());
        let date = |seconds| Timestamp::from_second(seconds).map_err(|_| CertificateError::Date);
        let mut certificate = Self {
            node: String::new(),
            path: String::new(),
            position: 0,
            used_by: Vec::new(),
            in_use: false,
            subject: parsed.subject().to_string(),
            common_name: texts(parsed.subject().iter_common_name())
                .into_iter()
                .next()
                .unwrap_or_default(),
            organizations: texts(parsed.subject().iter_organization()),
            issuer: parsed.issuer().to_string(),
            serial: serial(parsed.raw_serial()),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            uris: Vec::new(),
            key_algorithm,
            key_bits,
            subject_key_id: String::new(),
            authority_key_id: String::new(),
            changed_under: Cell::explicit(Vec::new(), Source::computed("certificate")),
            public_key: sha256(parsed.public_key().raw),
            signature_algorithm: algorithm(&parsed),
            not_before: date(parsed.validity().not_before.timestamp())?,
            not_after: date(parsed.validity().not_after.timestamp())?,
            is_ca: parsed.is_ca(),
            key_usages: extension(parsed.key_usage()).map_or_else(Vec::new, key_usages),
            extended_key_usages: extension(parsed.extended_key_usage())
                .map_or_else(Vec::new, extended_key_usages),
            self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            fingerprint: sha256(parsed.as_raw()),
        };
        if let Ok(Some(names)) = parsed.subject_alternative_name() {
            certificate.take_names(&names.value.general_names);
        }
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => certificate.subject_key_id = hex(id.0),
                ParsedExtension::AuthorityKeyIdentifier(named) => {
                    let id = named.key_identifier.as_ref();
                    certificate.authority_key_id = id.map_or_else(String::new, |id| hex(id.0));
                }
                _ => {}
            }
        }
        Ok(certificate)
    }

    fn take_names(&mut self, names: &[GeneralName<'_>]) {
        for name in names {
            match name {
                GeneralName::DNSName(name) => self.dns_names.push((*name).to_owned()),
                GeneralName::URI(uri) => self.uris.push((*uri).to_owned()),
                GeneralName::IPAddress(bytes) => self.ip_addresses.extend(address(bytes)),
                _ => {}
            }
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

fn texts<'a>(attributes: impl Iterator<Item = &'a AttributeTypeAndValue<'a>>) -> Vec<String> {
    attributes
        .map(|attribute| String::from_utf8_lossy(attribute.as_slice()).into_owned())
        .collect()
}

/// An extension's value; one that does not decode restricts nothing we could name.
fn extension<T>(
    read: Result<
        Option<x509_parser::certificate::BasicExtension<T>>,
        x509_parser::error::X509Error,
    >,
) -> Option<T> {
    read.ok().flatten().map(|extension| extension.value)
}

fn key_usages(usage: &KeyUsage) -> Vec<String> {
    // RFC 5280, section 4.2.1.3, bits 0 to 8.
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    NAMES
        .iter()
        .enumerate()
        .filter(|(bit, _)| usage.flags & (1 << bit) != 0)
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

fn extended_key_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    [
        ("any", usage.any),
        ("serverAuth", usage.server_auth),
        ("clientAuth", usage.client_auth),
        ("codeSigning", usage.code_signing),
        ("emailProtection", usage.email_protection),
        ("timeStamping", usage.time_stamping),
        ("OCSPSigning", usage.ocsp_signing),
    ]
    .into_iter()
    .filter(|(_, set)| *set)
    .map(|(name, _)| name.to_owned())
    .chain(usage.other.iter().map(|oid| oid.to_id_string()))
    .collect()
}

/// Name and bits of a public key.
fn key(info: &SubjectPublicKeyInfo<'_>) -> (String, i64) {
    let oid = info.algorithm.algorithm.to_id_string();
    match (&*oid, info.parsed()) {
        (_, Ok(PublicKey::RSA(key))) => ("RSA".to_owned(), bit_length(key.modulus)),
        (_, Ok(PublicKey::EC(_))) => ("ECDSA".to_owned(), curve_bits(info)),
        (_, Ok(PublicKey::DSA(y))) => ("DSA".to_owned(), bit_length(y)),
        ("1.3.101.112", _) => ("Ed25519".to_owned(), 256),
        _ => (oid, 0),
    }
}

/// The bits of a named curve (RFC 5480, section 2.1.1.1).
fn curve_bits(info: &SubjectPublicKeyInfo<'_>) -> i64 {
    let curve = info
        .algorithm
        .parameters()
        .and_then(|parameters| parameters.as_oid().ok())
        .map(|oid| oid.to_id_string());
    match curve.as_deref() {
        Some("1.3.132.0.33") => 224,
        Some("1.2.840.10045.3.1.7") => 256,
        Some("1.3.132.0.34") => 384,
        Some("1.3.132.0.35") => 521,
        _ => 0,
    }
}

/// The length of a big-endian number, in bits.
fn bit_length(bytes: &[u8]) -> i64 {
    let digits = without_zeros(bytes);
    let unused = digits
        .first()
        .map_or(0, |first| i64::from(first.leading_zeros()));
    i64::try_from(digits.len()).unwrap_or(i64::MAX / 8) * 8 - unused
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[start..]
}

fn algorithm(certificate: &X509Certificate<'_>) -> String {
    let oid = &certificate.signature_algorithm.algorithm;
    match &*oid.to_id_string() {
        "1.3.101.112" => "Ed25519".to_owned(),
        id => oid2sn(oid, oid_registry()).unwrap_or(id).to_owned(),
    }
}

fn serial(bytes: &[u8]) -> String {
    match without_zeros(bytes) {
        [] => "0".to_owned(),
        digits => hex(digits),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An address of a subject alternative name: 4 or 16 bytes (RFC 5280, section 4.2.1.6).
fn address(bytes: &[u8]) -> Option<String> {
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(address.to_string())
}

#[cfg(test)]
pub(in crate::facts) mod samples {
    //! Certificates for tests, valid from 2026-11-21: a CA, and a node's client certificate it signed.

    pub(in crate::facts) const CA: &str = "\
-----BEGIN CERTIFICATE-----
MIIBjjCCATWgAwIBAgIUPUHeUlnYbm+Txy26L7pO/E/Ksr4wCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAeFw0yNjExMjExMDA4MDFaFw0zNjExMTgx
MDA4MDFaMBUxEzARBgNVBAMMCmt1YmVybmV0ZXMwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS/Xda1FqMj/ujICMJK5k0iY0/6CvEmENEF8DWoBkfa49S1bApLBeKA
Lx1y2YH6QwdfDxiHqk0EfQP5nzPtbwuio2MwYTAdBgNVHQ4EFgQUPbUsgJZt9o3x
CAP9v8UOgW8PGtUwHwYDVR0jBBgwFoAUPbUsgJZt9o3xCAP9v8UOgW8PGtUwDwYD
VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAqQwCgYIKoZIzj0EAwIDRwAwRAIg
P9V5g5nrVMqXmBolKJOICF8eUMVd0XFwD/OJuHBjzPUCIB7fj0+R03ONBGU+Mm8n
xU0/jzX979OS+n0Q1+Q5oiks
-----END CERTIFICATE-----
";

    pub(in crate::facts) const NODE: &str = "\
-----BEGIN CERTIFICATE-----
MIIB3jCCAYSgAwIBAgIDAKsSMAoGCCqGSM49BAMCMBUxEzARBgNVBAMMCmt1YmVy
bmV0ZXMwHhcNMjYxMTIxMTAwODAxWhcNMjcxMTIxMTAwODAxWjAxMRUwEwYDVQQK
DAxzeXN0ZW06bm9kZXMxGDAWBgNVBAMMD3N5c3RlbTpub2RlOmNwMTBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABM5HsZui35P1JxKxZ2BNLDQurqY5slxDLDiEzKr+
ukf4D/FwphFEwN11mIBOFisuDrnqYIPSq1v93ETUt3GyAjCjgaYwgaMwDgYDVR0P
AQH/BAQDAgeAMB0GA1UdJQQWMBQGCCsGAQUFBwMCBggrBgEFBQcDATAyBgNVHREE
KzApggNjcDGHBAoAAAGHEAAAAAAAAAAAAAAAAAAAAAGGCnNwaWZmZTovL3gwHQYD
VR0OBBYEFGGjqPmghR5fPDpXqEDgUeoFdI+kMB8GA1UdIwQYMBaAFD21LICWbfaN
8QgD/b/FDoFvDxrVMAoGCCqGSM49BAMCA0gAMEUCIQCzA6/5DJUKPn0YKqJwp+hh
OY63Mkx5bI6+k9ZWQDpppgIgTPvgq7crFGnIaj/0MgnbXK+nbJf8nhQkSFKENoEf
mFg=
-----END CERTIFICATE-----
";
}

#[cfg(test)]
mod tests {
    use x509_parser::pem::Pem;

    use super::*;

    fn der(pem: &str) -> Vec<u8> {
        Pem::iter_from_buffer(pem.as_bytes())
            .next()
            .unwrap()
            .unwrap()
            .contents
    }

    #[test]
    fn a_certificate_says_who_how_long_and_with_which_key() {
        let node = Certificate::from_der(&der(samples::NODE)).unwrap();
        assert_eq!(node.subject, "O=system:nodes, CN=system:node:cp1");
        assert_eq!(node.common_name, "system:node:cp1");
        assert_eq!(node.organizations, ["system:nodes"]);
        assert_eq!(node.issuer, "CN=kubernetes");
        assert_eq!(node.serial, "ab12");
        assert_eq!(node.dns_names, ["cp1"]);
        assert_eq!(node.ip_addresses, ["10.0.0.1", "::1"]);
        assert_eq!(node.uris, ["spiffe://x"]);
        assert_eq!((&*node.key_algorithm, node.key_bits), ("ECDSA", 256));
        assert_eq!(node.signature_algorithm, "ecdsa-with-SHA256");
        assert_eq!(node.not_before.to_string(), "2026-11-21T10:08:01Z");
        assert_eq!(node.not_after.to_string(), "2027-11-21T10:08:01Z");
        assert_eq!(node.key_usages, ["digitalSignature"]);
        assert_eq!(node.extended_key_usages, ["serverAuth", "clientAuth"]);
        assert!(!node.is_ca && !node.self_signed && !node.in_use);
        let authority = Certificate::from_der(&der(samples::CA)).unwrap();
        assert_eq!(
            node.authority_key_id,
            "3db52c80966df68df10803fdbfc50e816f0f1ad5"
        );
        assert_eq!(node.authority_key_id, authority.subject_key_id);
        assert_eq!(
            node.subject_key_id,
            "61a3a8f9a0851e5f3c3a57a840e051ea05748fa4"
        );
        assert_eq!(
            node.fingerprint,
            "462a04ff6ad1f6eb51e849b69cc4c4fea4765b404df84723e6290c987b9ecc7a"
        );
        assert_eq!(
            node.public_key,
            "0b3e4dd06a2a761a5200c8cc9e732b1e6b003adc79b55c7b464fd819633b80b3"
        );
        assert!(authority.is_ca && authority.self_signed);
        assert_eq!(
            authority.key_usages,
            ["digitalSignature", "keyEncipherment", "keyCertSign"]
        );
    }

    #[test]
    fn broken_certificates_are_errors_and_never_panics() {
        let good = der(samples::NODE);
        assert_eq!(
            Certificate::from_der(b"").unwrap_err(),
            CertificateError::Structure
        );
        for cut in 0..good.len() {
            assert!(Certificate::from_der(&good[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..good.len() {
            for byte in [0x00, 0x7f, 0x80, 0xff, good[at] ^ 0x20] {
                let mut bad = good.clone();
                bad[at] = byte;
                let _ = Certificate::from_der(&bad);
            }
        }
    }

    #[test]
    fn key_sizes_count_from_the_first_set_bit() {
        for (bytes, bits) in [
            (&[0, 0x80, 0][..], 16),
            (&[0x7f, 0xff], 15),
            (&[], 0),
            (&[0], 0),
        ] {
            assert_eq!(bit_length(bytes), bits, "{bytes:?}");
        }
    }
}
