//! Which proxy, if any, stands between us and the API server.
//!
//! Go's rules (`net/http.ProxyFromEnvironment`), which kubectl follows: `proxy-url` of the kubeconfig always counts; else
//! the variable for the scheme, unless `NO_PROXY` names the server or it is this machine. The kube crate holds the name of
//! the *proxy* against `NO_PROXY`, so it is told the result instead.

use std::net::IpAddr;

use http::Uri;

use super::kubeconfig::Environment;

/// The proxy for `server`, as it is written.
pub(super) fn for_server<'a>(
    server: &Uri,
    configured: Option<&'a str>,
    environment: &'a Environment,
) -> Option<&'a str> {
    if let Some(configured) = configured.filter(|url| !url.is_empty()) {
        return Some(configured);
    }
    let variable = match server.scheme_str() {
        Some("http") => environment.http_proxy.as_deref(),
        _ => environment.https_proxy.as_deref(),
    };
    let host = server.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let direct = is_this_machine(host)
        || environment
            .no_proxy
            .as_deref()
            .is_some_and(|list| exempt(list, host, server.port_u16()));
    variable.filter(|_| !direct)
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Whether `list` (`$NO_PROXY`) names the host: `*`, addresses, ranges, names with all below them, each with or without
/// a port. An entry that makes no sense names nothing.
fn exempt(list: &str, host: &str, port: Option<u16>) -> bool {
    let address = host.parse::<IpAddr>().ok();
    list.split(',').map(str::trim).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let (Some(address), Some((base, length))) = (address, entry.split_once('/')) {
            let base = base.parse().ok();
            return base
                .zip(length.parse().ok())
                .is_some_and(|(base, length)| within(address, base, length));
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
                (name, digits.parse::<u16>().ok())
            }
            _ => (entry, None),
        };
        let port_fits = wanted.is_none() || wanted == Some(port.unwrap_or(443));
        let name = name.trim_start_matches('[').trim_end_matches(']');
        port_fits && named(name, host, address)
    })
}

fn named(name: &str, host: &str, address: Option<IpAddr>) -> bool {
    if let Some(address) = address {
        return name.parse() == Ok(address);
    }
    let name = name.trim_start_matches('*').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    match name.strip_prefix('.') {
        Some(parent) => !parent.is_empty() && host.ends_with(&name),
        None => !name.is_empty() && (host == name || host.ends_with(&format!(".{name}"))),
    }
}

fn within(address: IpAddr, base: IpAddr, length: u32) -> bool {
    let (address, base, bits) = match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) => (
            u128::from(address.to_bits()),
            u128::from(base.to_bits()),
            32,
        ),
        (IpAddr::V6(address), IpAddr::V6(base)) => (address.to_bits(), base.to_bits(), 128),
        _ => return false,
    };
    length <= bits && (address ^ base).checked_shr(bits - length).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_rules_decide_about_the_proxy() {
        let environment = |no_proxy: &str| Environment {
            https_proxy: Some("http://proxy:3128".to_owned()),
            no_proxy: Some(no_proxy.to_owned()),
            ..Environment::default()
        };
        // server, NO_PROXY, whether the proxy is used
        let cases = [
            ("https://api.example.org:6443", "", true),
            ("https://api.example.org:6443", "example.org", false),
            ("https://api.example.org:6443", ".example.org,", false),
            ("https://example.org:6443", ".example.org", true),
            ("https://api.example.org:6443", "*.example.org", false),
            ("https://api.example.org:6443", "ample.org", true),
            ("https://api.example.org:6443", "api.example.org:443", true),
            (
                "https://api.example.org:6443",
                "api.example.org:6443",
                false,
            ),
            ("https://api.example.org:6443", "proxy", true),
            ("https://10.1.2.3:6443", "10.0.0.0/8", false),
            ("https://11.1.2.3:6443", "10.0.0.0/8,junk/99", true),
            ("https://11.1.2.3:6443", "0.0.0.0/0", false),
            ("https://[fd00::1]:6443", "fd00::/16", false),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", false),
            ("https://10.1.2.3:6443", "*", false),
            ("https://127.0.0.1:6443", "", false),
            ("https://localhost:6443", "", false),
            ("http://api.example.org", "", false),
        ];
        for (server, no_proxy, used) in cases {
            let uri: Uri = server.parse().unwrap();
            let environment = environment(no_proxy);
            let proxy = for_server(&uri, None, &environment);
            assert_eq!(proxy.is_some(), used, "{server} with NO_PROXY={no_proxy}");
        }
        let uri: Uri = "https://127.0.0.1:6443".parse().unwrap();
        let all = environment("*");
        let configured = for_server(&uri, Some("socks5://jump:1080"), &all);
        assert_eq!(configured, Some("socks5://jump:1080"));
    }
}
