//! Ranges of addresses (CIDR) in rules of NetworkPolicies.

use std::net::IpAddr;

/// Its first address and the number of bits that count; nothing for what is no range.
pub(super) fn parse(cidr: &str) -> Option<(IpAddr, u32)> {
    let (base, bits) = cidr.split_once('/')?;
    let (base, bits) = (base.parse::<IpAddr>().ok()?, bits.parse().ok()?);
    let width = if base.is_ipv4() { 32 } else { 128 };
    (bits <= width).then_some((base, bits))
}

/// Whether a range is so wide that it keeps hardly anybody out: two halves are the whole, and no network of one's own is
/// wider than 10.0.0.0/8 or fc00::/7.
pub(super) fn is_wide(cidr: &str) -> bool {
    parse(cidr).is_some_and(|(base, bits)| bits < if base.is_ipv4() { 8 } else { 7 })
}

/// Whether `address` is in the range `cidr`; a range that is none holds nothing.
pub(super) fn contains(cidr: &str, address: IpAddr) -> bool {
    let same =
        |a: u128, b: u128, width: u32, bits: u32| bits == 0 || (a ^ b) >> (width - bits) == 0;
    match (parse(cidr), address) {
        (Some((IpAddr::V4(base), bits)), IpAddr::V4(address)) => {
            same(base.to_bits().into(), address.to_bits().into(), 32, bits)
        }
        (Some((IpAddr::V6(base), bits)), IpAddr::V6(address)) => {
            same(base.to_bits(), address.to_bits(), 128, bits)
        }
        _ => false,
    }
}
