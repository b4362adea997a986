//! Patterns as OpenSSH has them: `*` for any text, `?` for one character (ssh_config(5), "PATTERNS").

/// Whether the whole of `text` is as `pattern` says.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how far it reached.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some('?') => (p, t) = (p + 1, t + 1),
            Some(c) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, reach)) = star else {
                    return false;
                };
                star = Some((at, reach + 1));
                (p, t) = (at + 1, reach + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("?", "", false),
            ("10.0.*.1?", "10.0.7.12", true),
            ("10.0.*.1?", "10.0.7.1", false),
            ("*a*b", "xaab", true),
            ("*a*b", "xaabc", false),
            ("**", "x", true),
            ("[a]:2", "[a]:2", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        let long = "a".repeat(5_000);
        assert!(!matches(&"*a".repeat(500), &(long + "b")));
    }
}
