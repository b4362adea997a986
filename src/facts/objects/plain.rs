//! What an unquoted YAML scalar is: the rules of go.yaml.in/yaml/v2, which are those of YAML 1.1 without its base-60
//! numbers and with Go's own prefixes (`strconv.ParseInt` with base 0), and its dates stay texts.

use serde_json::{Number, Value};

/// What an unquoted scalar is that the YAML library takes for a text: the words and numbers of YAML 1.1 that YAML 1.2 does not
/// know. `None` when it is a text.
pub(super) fn resolve(scalar: &str) -> Option<Value> {
    Some(match *scalar.as_bytes().first()? {
        b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' => Value::Bool(word(scalar)?),
        b'0'..=b'9' | b'+' | b'-' => Value::Number(digits(scalar)?),
        b'.' => Value::Number(number(scalar.replace('_', "").parse().ok()?)?),
        _ => return None,
    })
}

/// What an unquoted scalar is, whatever it is.
pub(super) fn any(scalar: &str) -> Option<Value> {
    Some(match scalar {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => return resolve(scalar),
    })
}

fn word(scalar: &str) -> Option<bool> {
    match scalar {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A number that begins with a digit or a sign: `_` may stand anywhere, a leading zero means octal.
fn digits(scalar: &str) -> Option<Number> {
    let joined: String;
    let scalar = match scalar.contains('_') {
        true => {
            joined = scalar.replace('_', "");
            &joined
        }
        false => scalar,
    };
    let (negative, unsigned) = match scalar.as_bytes().first()? {
        b'-' => (true, &scalar[1..]),
        b'+' => (false, &scalar[1..]),
        _ => (false, scalar),
    };
    let prefix = unsigned.get(..2).unwrap_or_default();
    let (base, figures) = match prefix {
        "0x" | "0X" => (16, &unsigned[2..]),
        "0o" | "0O" => (8, &unsigned[2..]),
        "0b" | "0B" => (2, &unsigned[2..]),
        _ if unsigned.len() > 1 && unsigned.starts_with('0') => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    let known = figures.starts_with(|first: char| first.is_ascii_alphanumeric());
    let whole = u64::from_str_radix(figures, base).ok().filter(|_| known);
    if let Some(whole) = whole {
        let below = || 0i64.checked_sub_unsigned(whole).map(Number::from);
        let read = if negative {
            below()
        } else {
            Some(whole.into())
        };
        if read.is_some() {
            return read;
        }
    }
    let of_float =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    let float = scalar.bytes().all(of_float).then(|| scalar.parse().ok());
    number(float??)
}

/// A number as Go writes it into JSON: one without a fraction is whole. `None` for infinity and what is no number.
pub(super) fn number(float: f64) -> Option<Number> {
    // Beyond that Go writes an exponent.
    if float.fract() == 0.0 && float.abs() < 1e21 {
        let whole = float as i128;
        if let Ok(whole) = i64::try_from(whole) {
            return Some(whole.into());
        }
        if let Ok(whole) = u64::try_from(whole) {
            return Some(whole.into());
        }
    }
    Number::from_f64(float)
}
