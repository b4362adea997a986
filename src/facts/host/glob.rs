//! Patterns of file names as the shell has them (glob(7)): `*`, `?`, `[a-z]`, `[!a]`, and `\` before what stands for itself.

/// One element of a pattern.
enum Piece {
    /// Any text.
    Any,
    /// One character out of these ranges; out of all others when negated.
    One(bool, Vec<(char, char)>),
}

/// Whether `text` holds what glob(7) does not take literally.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// Whether the whole of a file's name is as `pattern` says. A dot at the beginning must stand in the pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with(['.', '\\']) {
        return false;
    }
    let pieces = pieces(pattern);
    let text: Vec<char> = name.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how far it reached.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pieces.get(p) {
            Some(Piece::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Piece::One(negated, ranges))
                if *negated
                    != ranges
                        .iter()
                        .any(|(from, to)| (*from..=*to).contains(&text[t])) =>
            {
                (p, t) = (p + 1, t + 1);
            }
            _ => {
                let Some((at, reach)) = star else {
                    return false;
                };
                star = Some((at, reach + 1));
                (p, t) = (at + 1, reach + 1);
            }
        }
    }
    pieces[p..].iter().all(|piece| matches!(piece, Piece::Any))
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let letters: Vec<char> = pattern.chars().collect();
    let one = |letter| Piece::One(false, vec![(letter, letter)]);
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        at += 1;
        pieces.push(match letter {
            '*' => Piece::Any,
            '?' => Piece::One(true, Vec::new()),
            '\\' => {
                let literal = letters.get(at).copied().unwrap_or('\\');
                at += 1;
                one(literal)
            }
            '[' => match set(&letters[at..]) {
                Some((piece, length)) => {
                    at += length;
                    piece
                }
                // Without its end a bracket stands for itself.
                None => one('['),
            },
            letter => one(*letter),
        });
    }
    pieces
}

/// What stands between brackets, and how long it is with the closing one.
fn set(letters: &[char]) -> Option<(Piece, usize)> {
    let negated = matches!(letters.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let from = *letters.get(at)?;
        // A closing bracket that stands first is one of the set.
        if from == ']' && !ranges.is_empty() {
            return Some((Piece::One(negated, ranges), at + 1));
        }
        match (letters.get(at + 1), letters.get(at + 2)) {
            (Some('-'), Some(to)) if *to != ']' => {
                ranges.push((from, *to));
                at += 3;
            }
            _ => {
                ranges.push((from, from));
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("kube*", "kubelet-a", true),
            ("kube*", "akube", false),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("kubelet-?", "kubelet-a", true),
            ("kubelet-?", "kubelet-", false),
            ("kubelet-[ab]", "kubelet-b", true),
            ("kubelet-[!ab]", "kubelet-b", false),
            ("kubelet-[^ab]", "kubelet-c", true),
            ("kubelet-[a-c].env", "kubelet-b.env", true),
            ("kubelet-[a-c].env", "kubelet-d.env", false),
            ("[]]x", "]x", true),
            ("[a-]", "-", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(500), &("a".repeat(5_000) + "b")));
    }
}
