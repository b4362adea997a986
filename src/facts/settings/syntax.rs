//! Value syntaxes of the Go standard library and of pflag, read exactly as Go reads them.

use jiff::SignedDuration;

/// Go `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Go `strconv.ParseInt(text, 0, 64)`: an optional sign, `0x`, `0o`, `0b` or a leading `0` for octal, and underscores
/// between digits.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .find_map(|(prefix, radix)| Some((*radix, lower.strip_prefix(prefix)?)))
        .or_else(|| Some((8, lower.strip_prefix('0').filter(|rest| !rest.is_empty())?)))
        .unwrap_or((10, &lower));
    // Underscores stand between digits or between a prefix and a digit, nowhere else.
    let digits = match radix {
        10 => body,
        _ => body.strip_prefix('_').unwrap_or(body),
    };
    let misplaced = digits.starts_with(['_', '+', '-']) || digits.ends_with('_');
    if digits.is_empty() || misplaced || digits.contains("__") {
        return None;
    }
    let value = i128::from_str_radix(&digits.replace('_', ""), radix).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// Go `time.ParseDuration`: signed decimals with units, at least one, within 64 bits of nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (nanos, after) = duration_part(rest)?;
        total = total.checked_add(nanos)?;
        rest = after;
    }
    let nanos = i64::try_from(if negative { -total } else { total }).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

/// One number with its unit at the start of `text`: its nanoseconds and what follows.
fn duration_part(text: &str) -> Option<(i128, &str)> {
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let end = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, after) = rest.split_at(end);
    let size = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok().filter(|n| *n <= i128::from(i64::MAX))?
    };
    let mut nanos = whole.checked_mul(size)?;
    let mut place = size;
    for digit in fraction.bytes() {
        place /= 10;
        nanos += i128::from(digit - b'0') * place;
    }
    Some((nanos, after))
}

/// One record of comma separated values as pflag's `readAsCSV` reads a string slice; `None` when quotes do not match.
pub(crate) fn parse_csv(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = csv_field(rest)?;
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Some(fields),
        }
    }
}

/// The field at the start of `text`, and what follows its comma if there is one.
fn csv_field(text: &str) -> Option<(String, Option<&str>)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let (field, after) = match text.split_once(',') {
            Some((field, after)) => (field, Some(after)),
            None => (text, None),
        };
        return (!field.contains('"')).then(|| (field.to_owned(), after));
    };
    let mut field = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        if let Some(after) = after.strip_prefix('"') {
            field.push('"');
            rest = after;
        } else if after.is_empty() {
            return Some((field, None));
        } else {
            return Some((field, Some(after.strip_prefix(',')?)));
        }
    }
}

/// Schemes whose paths are places of the machine itself.
const LOCAL: [&str; 5] = ["unix", "unixs", "npipe", "file", "vsock"];

/// `text` without what opens doors in every URL in it: user information, path, query and fragment. A path that is there
/// stays visible as `/-`. The script that reads nodes over SSH does the same (`collect/ssh/keep.sh`).
pub(crate) fn clean_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let letter = |c: char| !(c.is_ascii_alphanumeric() || "+.-".contains(c));
        let scheme = before.rsplit(letter).next().unwrap_or_default();
        // The next URL of a list begins after the last comma before its scheme.
        let next = after.find("://");
        let own = &after[..next.unwrap_or(after.len())];
        let comma = next.and_then(|_| own.rfind(','));
        let blank = own.find(|c: char| c.is_ascii_whitespace());
        let end = comma.into_iter().chain(blank).min().unwrap_or(after.len());
        let (url, tail) = after.split_at(end);
        // The last one, wherever it stands: a password may hold an unescaped slash.
        let url = url.rsplit_once('@').map_or(url, |(_, host)| host);
        let host = url.find(['/', '?', '#', ',']).unwrap_or(url.len());
        let (host, behind) = url.split_at(host);
        let (path, others) = behind.split_at(behind.find(',').unwrap_or(behind.len()));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        out.push_str(host);
        out.push_str(match path.len() > 1 && !LOCAL.contains(&scheme) {
            true => "/-",
            false => path,
        });
        out.push_str(others);
        rest = tail;
    }
    out.push_str(rest);
    out
}
