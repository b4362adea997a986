//! Mutations of files: what editors, networks and adversaries do to them.

/// The longest file that is made.
const LONGEST: usize = 48 << 10;

/// What parsers stumble over.
const TOKENS: &[&[u8]] = &[
    b"{{",
    b"}}",
    b"{{ .Values.a }}",
    b"\0",
    b"\n",
    b"\r\n",
    b"\n---\n",
    b"\n...\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    "\u{202e}\u{2028}\u{1f600}e\u{301}".as_bytes(),
    b"\x1b[2J\x07",
    b"&a [*a]",
    b"&a [*a, *a, *a, *a, *a, *a, *a, *a]",
    b"*a",
    b"<<: *a\n",
    b"? ",
    b"- ",
    b": ",
    b"!!binary ",
    b"!x ",
    b"|\n ",
    b">-\n ",
    b"null",
    b"~",
    b"{}",
    b"[]",
    b"\"\"",
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b",",
    b"=",
    b"-",
    b"--",
    b"*",
    b"?",
    b"%",
    b"%s%n",
    b"@",
    b"/",
    b"/../",
    b"|1|",
    b"1e999",
    b"-1",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"4294967296",
    b"99999999999999999999999999999999999999999999999999999999999999999999",
    b"0.0000000000000000000000000000000000000000000000000000000000000000001",
    b"255.255.255.255/33",
    b"::ffff:0:0/0",
    b"9999-99-99T99:99:99Z",
    b"-262144-01-01T00:00:00Z",
    b"1Ei",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
    b"\xff\xff\xff\xff\x0f",
    b"\x0b\x0b\x0b",
    b"$(A)",
    b"${A:-${B:-$C}}",
    b"`a`",
    b"<<EOF\n",
    b"Include x\n",
    b"Match exec x\n",
    b"(a+)+$",
    b".all(x, x.all(y, y == x))",
];

/// What nests.
const OPENING: &[&[u8]] = &[
    b"[",
    b"{",
    b"(",
    b"- ",
    b"[{",
    b"{\"a\":",
    b"{a: ",
    b"? ",
    b"!",
    b"-",
    b"$(",
    b"${A:-",
    b"a.",
    b"a?",
    b"\x0a\x7f",
    b"\x0b",
    b"sh\0-c\0",
    b"'",
    b"&a ",
];

/// Numbers that depend on a seed alone (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    /// Those of one case of a target.
    pub(super) fn new(seed: u64, target: &str, case: u64) -> Self {
        let mut random = Self(seed);
        for byte in target.bytes().chain(case.to_le_bytes()) {
            random.0 ^= u64::from(byte);
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }

    fn of<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }

    /// A part of so many bytes.
    fn part(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let most = (length - start).min([4, 64, 1024, usize::MAX][self.below(4)]);
        start..start + self.below(most + 1)
    }
}

/// One of `files`, changed in one to four places; `strange` are files of another format.
pub(super) fn mutated(files: &[Vec<u8>], strange: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = random.of(files).clone();
    for _ in 0..1 + random.below(4) {
        change(&mut bytes, files, strange, random);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, files: &[Vec<u8>], strange: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(13) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.next() as u8;
            }
        }
        2 => bytes.truncate(at),
        3 => {
            bytes.drain(random.part(bytes.len()));
        }
        4 => {
            let part = bytes[random.part(bytes.len())].to_vec();
            insert(bytes, at, &part);
        }
        5 => {
            let part = bytes[random.part(bytes.len().min(200))].to_vec();
            let times = 1 << random.below(12);
            insert(bytes, at, &part.repeat(times));
        }
        6 | 7 => {
            let token = *random.of::<&[u8]>(TOKENS);
            insert(bytes, at, token);
        }
        8 => {
            let times = 1 << random.below(14);
            let deep = random.of(OPENING).repeat(times);
            insert(bytes, at, &deep);
        }
        9 => {
            let file = match random.below(5) {
                0 if !strange.is_empty() => random.of(strange),
                _ => random.of(files),
            };
            let part = &file[random.part(file.len())];
            insert(bytes, at, part);
        }
        10 => replace(bytes, u8::is_ascii_digit, random),
        _ => replace(
            bytes,
            |byte| byte.is_ascii_alphanumeric() || *byte >= 0x80,
            random,
        ),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    let room = LONGEST.saturating_sub(bytes.len());
    let part = &part[..part.len().min(room)];
    bytes.splice(at..at, part.iter().copied());
}

/// Puts a token, or another word of the file, in the place of a word.
fn replace(bytes: &mut Vec<u8>, belongs: fn(&u8) -> bool, random: &mut Random) {
    let mut word = || {
        let from = random.below(bytes.len());
        let start = bytes[from..].iter().position(belongs).map(|at| from + at)?;
        let length = bytes[start..].iter().position(|byte| !belongs(byte));
        Some(start..start + length.unwrap_or(bytes.len() - start))
    };
    let (Some(place), Some(other)) = (word(), word()) else {
        return;
    };
    let new = match random.below(2) {
        0 => bytes[other].to_vec(),
        _ => random.of(TOKENS).to_vec(),
    };
    bytes.splice(place, new);
}
