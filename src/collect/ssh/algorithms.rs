//! The types of host keys that are accepted: what the library can verify, narrowed as `HostKeyAlgorithms` and
//! `RequiredRSASize` ask (ssh_config(5)).

use super::glob::matches;

/// Host keys without certificates, whose authority the library does not verify, best first.
const HOST_KEYS: [&str; 6] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
];

/// Those of the algorithms that `configured` leaves, best first: a list is all there is; with `-` in front it takes away,
/// with `^` it goes before all others, with `+` it adds, which for what is known here changes nothing.
pub(super) fn allowed(configured: Option<&str>) -> Vec<&'static str> {
    let all = HOST_KEYS.to_vec();
    let Some(list) = configured else { return all };
    let (way, list) = match list.chars().next() {
        Some(way @ ('+' | '-' | '^')) => (way, &list[1..]),
        _ => (' ', list),
    };
    let mut named: Vec<&str> = Vec::new();
    for pattern in list.split(',') {
        for one in HOST_KEYS {
            if matches(pattern.trim(), one) && !named.contains(&one) {
                named.push(one);
            }
        }
    }
    let others = all.iter().filter(|one| !named.contains(one)).copied();
    match way {
        '-' => others.collect(),
        '^' => named.iter().copied().chain(others).collect(),
        '+' => all,
        _ => named,
    }
}

/// `allowed`, with those of keys of the `known` types first, so that a host with several shows one of them.
pub(super) fn preferred(allowed: &[&'static str], known: &[&str]) -> String {
    let is_known = |algorithm: &&&str| {
        known.contains(*algorithm) || (algorithm.starts_with("rsa-") && known.contains(&"ssh-rsa"))
    };
    let kinds = known.iter().flat_map(|kind| {
        let of = move |one: &&&str| *one == kind || (*kind == "ssh-rsa" && one.starts_with("rsa-"));
        allowed.iter().filter(of)
    });
    let others = allowed.iter().filter(|one| !is_known(one));
    let all: Vec<&str> = kinds.chain(others).copied().collect();
    all.join(",")
}

/// The bits of an RSA key's modulus, from SSH's own encoding (RFC 4253, section 6.6); nothing for another key.
pub(super) fn rsa_bits(key: &[u8]) -> Option<usize> {
    let mut rest = key;
    let mut field = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, after) = after.split_at_checked(length)?;
        rest = after;
        Some(field)
    };
    if field()? != b"ssh-rsa" {
        return None;
    }
    let (_exponent, modulus) = (field()?, field()?);
    let start = modulus.iter().position(|byte| *byte != 0)?;
    let zeros = usize::try_from(modulus[start].leading_zeros()).ok()?;
    Some((modulus.len() - start) * 8 - zeros)
}
