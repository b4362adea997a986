//! What a secret looks like, by its shape and by the name it goes under: the one opinion of redaction and of the checks.
//!
//! Shapes are those that vendors document for their tokens, and the ways in which passwords are written into addresses,
//! connection strings and headers (RFC 3986, 6750, 7617). What stands for a secret that is elsewhere is none: `$(NAME)`,
//! `${NAME}`, `{{ … }}`, `<…>`, a path, an entry of a secret store.

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet};

use super::names::{Announced, announced, listed};

/// Kinds of secrets and how they look. A group holds the secret itself, which must not stand for another.
const SHAPES: &[(&str, &str)] = &[
    ("privateKey", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"),
    ("privateKey", r"AGE-SECRET-KEY-1[A-Z0-9]{20}"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("awsAccessKey", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    (
        "githubToken",
        r"\b(?:gh[opusr]_[A-Za-z0-9]{20}|github_pat_[A-Za-z0-9_]{22})",
    ),
    (
        "gitlabToken",
        r"\bgl(?:pat|dt|rt|ptt|ft|soat|cbt|agent|oas)-[A-Za-z0-9_-]{16}",
    ),
    (
        "slackToken",
        r"\b(?:xox[abeoprs]-[A-Za-z0-9-]{10}|xapp-[0-9]-[A-Za-z0-9-]{10})",
    ),
    (
        "webhookUrl",
        r"\bhooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{10}",
    ),
    (
        "webhookUrl",
        r"\bdiscord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{10}",
    ),
    ("googleApiKey", r"\bAIza[0-9A-Za-z_-]{30}"),
    (
        "googleToken",
        r"\b(?:ya29\.[0-9A-Za-z_-]{16}|GOCSPX-[A-Za-z0-9_-]{16})",
    ),
    (
        "stripeKey",
        r"\b(?:[rs]k_(?:live|test)_[0-9a-zA-Z]{10}|whsec_[A-Za-z0-9]{16})",
    ),
    (
        "sendgridKey",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16}",
    ),
    ("npmToken", r"\bnpm_[A-Za-z0-9]{30}"),
    ("pypiToken", r"\bpypi-[A-Za-z0-9_]{16}"),
    ("dockerToken", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{16}"),
    ("vaultToken", r"\bhv[sbr]\.[A-Za-z0-9_-]{16}"),
    (
        "aiToken",
        r"\b(?:sk-[A-Za-z0-9]{20}|sk-(?:proj|ant|svcacct|admin|or)-[A-Za-z0-9_-]{16}|hf_[A-Za-z0-9]{30})",
    ),
    (
        "cloudToken",
        r"\b(?:do[opr]_v1_[a-f0-9]{32}|dapi[a-f0-9]{32}|ATATT3[A-Za-z0-9_=-]{20}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})",
    ),
    (
        "cloudToken",
        r"\b(?:glsa_[A-Za-z0-9]{32}|NRAK-[A-Z0-9]{27}|tskey-[a-z]+-[A-Za-z0-9-]{10}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{20})",
    ),
    ("cloudToken", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{32}"),
    (
        "registryPassword",
        r#""auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})""#,
    ),
    (
        "urlWithPassword",
        r"(?i)\b[a-z][a-z0-9+.-]*://[^/\s?#:@]*:([^/\s?#]+)@",
    ),
    (
        "connectionString",
        r"^[^:\s@/]+:([^@\s]+)@(?:tcp[46]?|udp|unix|cloudsql[^(]*)\(",
    ),
    (
        "connectionString",
        r"(?i)\bjdbc:oracle:thin:[^/\s:@]+/([^@\s]+)@",
    ),
    (
        "connectionString",
        r#"(?i)(?:^|[;&?\s"',])(?:password|passwd|pwd|accountkey|sharedaccesskey|sharedaccesssignature|sharedsecret)=["']?([^;&\s"']+)"#,
    ),
    (
        "connectionString",
        r"(?i)\b(?:identified\s+by|password)\s+'([^'\s]+)'",
    ),
    ("connectionString", r"(?i)\blogin\s+\S+\s+password\s+(\S+)"),
    (
        "tokenInUrl",
        r#"(?i)[?&](?:access_token|token|api_?key|client_secret|secret|sig|signature|x-amz-signature|auth)=([^&\s"'#]{6,})"#,
    ),
    ("bearerToken", r"(?i)^\s*bearer\s+(\S{6,})\s*$"),
    (
        "bearerToken",
        r"(?i)\b(?:bearer|basic|token|apikey)\s+([\w.~+/=-]{3,}[0-9=][\w.~+/=-]{2,}|[\w.~+/-]{5,}[0-9=]+)",
    ),
    (
        "bearerToken",
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic|token|apikey)\s+([^\s"']+)"#,
    ),
    (
        "bearerToken",
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?([^\s"']*[0-9=][^\s"']{5,})"#,
    ),
];

/// The kind of those shapes that look like settings.
const CONNECTION: &str = "connectionString";

/// What a value may be that only refers to a secret: a variable, a placeholder, an entry of a secret store, what is encrypted.
const REFERENCES: &[&str] = &[
    r"^\${1,2}(?:[A-Z_][A-Z0-9_]*|[a-z_]+|[0-9@*#?])$",
    r"^<[^>]*>$",
    r"^%[A-Za-z_][A-Za-z0-9_]*%$",
    r"^@[A-Za-z_][A-Za-z0-9_.-]*@$",
    r"^(?:vault|bao|ssm|arn|secretref|awssm|awsps|gsm|azkv|op|sm|ref\+[a-z0-9]+):",
    r"^ENC\[",
    // What a program says.
    r"^(?:`|\$\([^)]*$|\$\{[^}]*$)",
    // A path, but not what is base64.
    r"^~?/[A-Za-z0-9._@-]+(?:/[A-Za-z0-9._@-]+)+/?$",
    r"^[.A-Za-z0-9_-]*/?[A-Za-z0-9._/-]+\.(?:key|pem|crt|cer|jks|p12|pfx|txt|json|ya?ml|conf)$",
    // An address without a password.
    r"(?i)^[a-z][a-z0-9+.-]*://",
];

/// What is filled in later. A variable with a default value of its own (`${A:-b}`) is none.
const FILLED: &str = r"\$\([^)]*\)|\$\{[^}:]*:?[-=?+]?\}|\$\{[^}:]*:?\?[^}]*\}|\$\{[a-z][A-Za-z]*:[^-=?+}][^}]*\}|\{\{.*?\}\}|\{%.*?%\}|\[\[.*?\]\]";

/// What a token is not, though a password may be: a number or duration, a name with its place, the name of a variable.
const NO_TOKENS: &[&str] = &[
    r"^[0-9.,_]+(?:ns|us|ms|s|m|h|d|w|y|[KMG]i?)?$",
    r"^(?:[0-9]+(?:h|m|s|d))+$",
    r"^[a-z0-9.-]+(?:/[a-z0-9._-]+)+$",
    r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$",
    r"^\S+(?:\s+\S+){3,}|\s-",
];

/// Words that say how a secret is come by, or that there is none.
const WORDS: &str = "auto aws azure basic bearer cookie database default dynamic env external file gcp generate generated github \
    gitlab header inline internal jwt kubernetes ldap local memory oauth oauth2 oidc opaque optional plain projected \
    random redis required saml session serviceaccount simple static string vault";

/// Words for yes, no and nothing.
const SWITCHES: &str =
    "true false yes no on off enabled disabled enable disable none null nil undefined 0 1 y n";

struct Patterns {
    shapes: RegexSet,
    each: Vec<Regex>,
    references: RegexSet,
    filled: Regex,
    no_tokens: RegexSet,
    host: Regex,
    field: Regex,
    bootstrap: Regex,
    random: Regex,
    pair: Regex,
}

/// All at once. The patterns are constants and every test of this module compiles them.
static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let one = |pattern: &str| {
        Regex::new(pattern).expect("internal error: a shape of a secret does not compile")
    };
    let set = |patterns: &[&str]| {
        RegexSet::new(patterns).expect("internal error: a shape of a secret does not compile")
    };
    let shapes: Vec<&str> = SHAPES.iter().map(|(_, shape)| *shape).collect();
    Patterns {
        shapes: set(&shapes),
        each: shapes.iter().map(|shape| one(shape)).collect(),
        references: set(REFERENCES),
        filled: one(FILLED),
        no_tokens: set(NO_TOKENS),
        host: one(r"^[a-z0-9]+(?:[.-][a-z0-9]+)+$"),
        bootstrap: one(r"^[a-z0-9]{6}\.[a-z0-9]{16}$"),
        field: one(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$"),
        random: one(r"^[A-Za-z0-9+/=_.~-]{16,}$"),
        pair: one(r"^[^:\s/]+:[^:\s/]{3,}$"),
    }
});

/// The kind of secret that `value`, found under `name`, looks like: a known shape, or `secretName` when the name announces a
/// secret and the value may be one.
pub fn pattern(name: &str, value: &str) -> Option<&'static str> {
    if let Some(kind) = shape(value) {
        return Some(kind);
    }
    let value = value.trim();
    let announced = announced(name)?;
    (!value.contains('\n') && fits(announced, value)).then_some("secretName")
}

/// The kind of secret by shape alone. A connection string is one line: what only looks like one in a file or a script may be a
/// comment, and is read by line.
pub(super) fn shape(value: &str) -> Option<&'static str> {
    let lines = value.trim().contains('\n');
    found(value, |kind| !(lines && kind == CONNECTION))
}

/// The first of the kinds in question that is in `value`.
fn found(value: &str, asked: impl Fn(&str) -> bool) -> Option<&'static str> {
    let matches = PATTERNS.shapes.matches(value).into_iter();
    let mut found = matches.filter(|at| SHAPES.get(*at).is_some_and(|(kind, _)| asked(kind)));
    let at = found.find(|at| {
        let hides = |found: Captures<'_>| found.get(1).is_none_or(|part| literal(part.as_str()));
        PATTERNS
            .each
            .get(*at)
            .is_some_and(|shape| shape.captures_iter(value).any(hides))
    })?;
    SHAPES.get(at).map(|(kind, _)| *kind)
}

/// Whether `value` is kept out of what is stored, under a name that may be that of a secret: more than [`pattern`] calls one.
pub(super) fn withheld(name: &str, value: &str) -> bool {
    let switch = listed(SWITCHES, &value.to_ascii_lowercase());
    found(value, |_| true).is_some() || (announced(name).is_some() && literal(value) && !switch)
}

/// Whether `value` may be the secret that a name announces.
pub(super) fn fits(announced: Announced, value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    if !literal(value) || listed(SWITCHES, &word) {
        return false;
    }
    let token = || value.len() >= 3 && !listed(WORDS, &word) && !PATTERNS.no_tokens.is_match(value);
    match announced {
        Announced::Password => true,
        Announced::Secret => token(),
        Announced::Perhaps => token() && (random(value) || is_pair(value)),
    }
}

/// A user with a password, which is no host with a port.
fn is_pair(value: &str) -> bool {
    let port = value.rsplit(':').next().unwrap_or_default();
    PATTERNS.pair.is_match(value) && port.parse::<u16>().is_err()
}

/// Whether a word of free text may be a token: it is long enough, and no word of a language, name of a host or of a variable.
pub(super) fn plausible(value: &str) -> bool {
    let has = |of: fn(&char) -> bool| value.chars().any(|c| of(&c));
    let mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase);
    PATTERNS.bootstrap.is_match(value)
        || value.len() >= 8
            && (has(char::is_ascii_digit) || mixed)
            && !PATTERNS.host.is_match(value)
            && !PATTERNS.field.is_match(value)
}

/// Whether `value` looks like the name of a host or of an object.
pub(super) fn is_name(value: &str) -> bool {
    PATTERNS.host.is_match(value) && !PATTERNS.bootstrap.is_match(value)
}

/// Whether nobody would write this but as a secret: long, with letters and digits, and no name of a host.
pub(super) fn random(value: &str) -> bool {
    let has = |of: fn(&char) -> bool| value.chars().any(|c| of(&c));
    let hex = value.len() >= 32 && value.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    hex || (PATTERNS.random.is_match(value)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
        && !PATTERNS.host.is_match(value))
}

/// Whether `value` is something itself, and does not stand for a value that is elsewhere or missing.
pub fn literal(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let left = PATTERNS.filled.replace_all(value, "");
    let masked = value.len() > 2 && value.chars().all(|c| "*.-_#xX".contains(c));
    let shortened =
        left.len() < value.len() && left.chars().filter(char::is_ascii_alphanumeric).count() < 4;
    !(value.is_empty() || masked || shortened || PATTERNS.references.is_match(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn shapes_are_known_under_any_name() {
        for (value, kind) in [
            ("-----BEGIN RSA PRIVATE KEY-----", "privateKey"),
            ("x\n-----BEGIN PRIVATE KEY-----\n", "privateKey"),
            ("eyJhbGciOiJSUzI1.eyJpc3MiOiJr.c2ln", "jwt"),
            ("AKIAIOSFODNN7EXAMPLE", "awsAccessKey"),
            (
                "export AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE; x",
                "awsAccessKey",
            ),
            ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "githubToken"),
            ("glpat-abcdefghij0123456789", "gitlabToken"),
            ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "stripeKey"),
            ("xoxb-0123456789-abc", "slackToken"),
            (
                "https://hooks.slack.com/services/T000/B000/abcdefgh",
                "webhookUrl",
            ),
            ("hvs.abcdefghij0123456789", "vaultToken"),
            (
                "SG.abcdefghij0123456789.abcdefghij0123456789",
                "sendgridKey",
            ),
            ("postgres://u:p4ss@host/db", "urlWithPassword"),
            ("redis://:hunter2@host", "urlWithPassword"),
            ("http://a:$(P)@h,http://b:hunter2@h", "urlWithPassword"),
            ("app:correct-horse@tcp(db:3306)/app", "connectionString"),
            (
                "Server=db;User Id=sa;Password=Passw0rd!;",
                "connectionString",
            ),
            (
                "host=db user=app password=hunter2 dbname=x",
                "connectionString",
            ),
            (
                "jdbc:postgresql://h/d?user=a&password=hunter2",
                "connectionString",
            ),
            (
                "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==",
                "connectionString",
            ),
            ("https://h/p?access_token=abcdef1", "tokenInUrl"),
            ("Bearer abcdefghijkl", "bearerToken"),
            ("bearer abc123def", "bearerToken"),
            ("Basic dXNlcjpwYXNzd29yZDEyMw==", "bearerToken"),
            ("curl -H 'Authorization: hunter2hunter2' h", "bearerToken"),
        ] {
            assert_eq!(pattern("A", value), Some(kind), "{value}");
        }
        for value in [
            "plain",
            "https://host/db?a=b@c",
            "postgres://u:$(DB_PASSWORD)@host/db",
            "postgres://u:${DB_PASSWORD}@host/db",
            "postgres://u@host/db",
            "Server=db;Password=${PASSWORD};",
            "Bearer $(TOKEN)",
            "Basic authentication is off",
            "bearer token",
            "nginx:1.27@sha256:0123456789abcdef0123456789abcdef",
            "http://host:8080/a@b",
            "",
        ] {
            assert_eq!(pattern("A", value), None, "{value}");
        }
    }

    #[test]
    fn names_and_values_go_together() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("DB_PASSWORD", "root"),
            ("POSTGRES_PASSWORD", "12345678901"),
            ("MYSQL_PASSWORD", "1234"),
            ("DB_PASS", "correct horse"),
            ("PASSWORD", "$ecret1"),
            ("PASSWORD", "${PASSWORD:-hunter2}"),
            ("PASSWORD", "/x7f8d9s0a8f=="),
            ("api-key", "hunter2"),
            ("AZURE_STORAGE_KEY", "x7f8d9s0a8f7d9s0a8f7=="),
            ("JWT_SECRET", "secret"),
            ("SESSION_SECRET", "keyboard cat"),
            ("STRIPE_KEY", "x7f8d9s0a8f7d9s0a8f7"),
            ("REDIS_AUTH", "user:hunter2"),
            ("VAULT_SECRET_ID", "6a174c20-f6de-a53c-74d2-6018fcceff64"),
        ] {
            assert_eq!(pattern(name, value), Some("secretName"), "{name}={value}");
        }
        for (name, value) in [
            ("DB_PASSWORD", ""),
            ("DB_PASSWORD", "$(OTHER)"),
            ("DB_PASSWORD", "${DB_PASSWORD:-}"),
            ("DB_PASSWORD", "${vault:secret/db}"),
            ("DB_PASSWORD", "{{ .Values.password }}"),
            ("DB_PASSWORD", "<your password>"),
            ("DB_PASSWORD", "********"),
            ("DB_PASSWORD", "/run/secrets/db"),
            ("DB_PASSWORD", "vault:secret/data/db#password"),
            ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
            ("MYSQL_RANDOM_ROOT_PASSWORD", "1"),
            ("DB_PASSWORD_FILE", "/run/secrets/x"),
            ("TLS_SECRET_NAME", "web-tls-cert"),
            ("TOKEN_EXPIRATION", "3600s0"),
            ("MAX_TOKENS", "4096"),
            ("USE_TOKEN", "false"),
            ("TOKEN", "kube-system/robot"),
            ("TOKEN", "MY_TOKEN_VARIABLE"),
            ("AUTH", "ldap"),
            ("UPSTREAM_AUTH", "host:8080"),
            ("SORT_KEY", "abcdefgh12345678"),
            ("CONFIG_KEY", "my-service-1.quay.svc.cluster.local"),
            ("TLS_KEY", "/etc/tls/tls.key"),
            ("TLS_PRIVATE_KEY", "tls.key"),
            ("TOKEN_URL", "https://login.example.com/token"),
        ] {
            assert_eq!(pattern(name, value), None, "{name}={value}");
        }
    }
}
