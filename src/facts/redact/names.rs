//! What a name announces: a password, another secret, or only something about one.
//!
//! A name is read word by word (`DB_PASSWORD`, `clientSecret`, `--api-key`). The last word that names a secret decides, unless a
//! word behind it says that the value only tells about the secret: `…_NAME`, `…_TTL`, `…_FILE`.

/// What kind of secret a name announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    /// A password: short ones and numbers count.
    Password,
    /// A token, a key, a secret.
    Secret,
    /// What may be a secret: `AUTH`, any other `…_KEY`. Only a value that looks random is one.
    Perhaps,
}

/// Words that mean a password.
const PASSWORDS: &str = "passwd password passwords passphrase passcode pwd masterauth";

/// The same at the end of a name alone: `PASS_THROUGH` is none.
const LAST_PASSWORDS: &str = "pass pw";

/// Words that only end like a password.
const NO_PASSWORDS: &str = "bypass compass encompass overpass surpass trespass underpass";

/// Words that mean another secret.
const SECRETS: &str = "token tokens secret secrets credential credentials creds apikey apikeys secretkey privatekey accesskey \
    masterkey";

/// Words before `key` that make it a secret.
const KEYS: &str = "access account aes api auth cookie crypt crypto decryption encryption fernet hmac jwt license master \
    private rsa sas secret shared signing ssh storage subscription";

/// Words before `key` that make it none.
const NO_KEYS: &str = "annotation cache foreign group host label map object partition primary public publishable registry routing search sort \
    tag taint topology";

/// Words before `secret` that make it the name of a Secret.
const OF_SECRETS: &str =
    "ca cert certificate credentials image passwd password pull registry ssl tls";

/// Words that say, behind the name of a secret, that the value only tells about it.
const ABOUT: &str = "addr address age alg algo algorithm algorithms arn attempts attribute audience authentication backend ca cache \
    callback cert certificate change charset check checks checksum claim claims class complexity context controller count days \
    digest dir directory disable disabled domain domains driver duration email enable enabled encoding \
    encryption endpoint endpoints engine env exchange expiration expire expired expires expiry field fields file \
    filename files fingerprint flow folder form format generation generator grant hash header headers hint history \
    host hostname hosts hour hours id ids index interval issuer issuers kind label labels leeway len length \
    lifespan lifetime limit link location login lookup manager max maximum md5 method methods millis \
    milliseconds min mins minimum minute minutes mode mount mounts ms name names namespace namespaces ns \
    operator page param parameter path paths pattern per period plugin policy port position prefix prompt \
    property provider providers question rate realm redirect ref reference refs regex region request requests \
    require required reset resolver retries retry review rotate rotation scope scopes sec secret secrets seconds secs selector \
    server sha1 sha256 signing size source space status store strength strategy suffix template thumbprint \
    timeout ttl type types update uri uris url urls usage user username validation validator validity var \
    variable verification verify version";

/// Words that make whatever stands beside them a sum over it.
const SUMS: &str = "checksum digest fingerprint sha256 thumbprint";

/// Words with which the name of a switch begins.
const VERBS: &str = "allow ask create disable enable force generate get has no print require show skip use with without";

/// Whether a flag of this name is likely to take no value.
pub(super) fn is_switch(flag: &str) -> bool {
    words(flag)
        .first()
        .is_some_and(|first| listed(VERBS, first))
}

/// What `name` announces, if anything.
pub(super) fn announced(name: &str) -> Option<Announced> {
    let words = words(name);
    if words.iter().any(|word| listed(SUMS, word)) {
        return None;
    }
    let last = words.len().checked_sub(1)?;
    let (at, kind) = (0..words.len())
        .rev()
        .find_map(|at| Some((at, word(&words, at, last)?)))?;
    let about = |word: &String| listed(ABOUT, word);
    match words[at + 1..].iter().any(about) {
        // The identifier of a secret that is one itself, as in Vault's AppRole.
        true if words[at] == "secret" && words[at + 1..] == ["id"] => Some(Announced::Perhaps),
        true => None,
        false => Some(kind),
    }
}

/// What the word at a position announces.
fn word(words: &[String], at: usize, last: usize) -> Option<Announced> {
    let word = words[at].as_str();
    let before = at.checked_sub(1).map(|at| words[at].as_str());
    let numbered = |word: &String| word.chars().all(|c| c.is_ascii_digit());
    let at_end = at == last || words[at + 1..].iter().all(numbered);
    let ends = |end: &str| word.len() > end.len() && word.ends_with(end);
    let fused = (ends("pass") && at_end || ends("pwd")) && !listed(NO_PASSWORDS, word);
    if listed(PASSWORDS, word)
        || (at_end && listed(LAST_PASSWORDS, word))
        || ["password", "passwd", "passphrase"]
            .iter()
            .any(|end| ends(end))
        || fused
    {
        return Some(Announced::Password);
    }
    if word == "secret" && before.is_some_and(|before| listed(OF_SECRETS, before)) {
        return None;
    }
    if listed(SECRETS, word) || ["token", "secret", "apikey"].iter().any(|end| ends(end)) {
        return Some(Announced::Secret);
    }
    match (word, before) {
        ("key", Some(before)) if listed(KEYS, before) => Some(Announced::Secret),
        ("key", Some(before)) if listed(NO_KEYS, before) => None,
        ("key", Some(_)) => Some(Announced::Perhaps),
        ("auth" | "authorization" | "salt", _) if at_end => Some(Announced::Perhaps),
        _ => None,
    }
}

/// Whether `word` is one of the words of `list`.
pub(super) fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// The words of a name in small letters: apart at what is no letter and no digit, and where capitals begin a word.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let small = |letter: Option<&char>| letter.is_some_and(|c| !c.is_ascii_uppercase());
        let after = letters.get(at + 1).filter(|c| c.is_ascii_alphabetic());
        let begins = letter.is_ascii_uppercase()
            && (small(before) || after.is_some_and(|c| c.is_ascii_lowercase()));
        let apart = !letter.is_ascii_alphanumeric();
        if apart || begins {
            words.push(String::new());
        }
        if let (false, Some(word)) = (apart, words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn names_announce_by_their_words() {
        for name in [
            "DB_PASSWORD",
            "DB_PASS",
            "MYSQL_PWD",
            "PGPASSWORD",
            "dbpassword",
            "requirepass",
            "SMTP_PASS_2",
            "rootPassword",
            "ROOT_PW",
            "keystore.passphrase",
            "GF_SECURITY_ADMIN_PASSWORD",
            "PASSWORD_PROD",
        ] {
            assert_eq!(announced(name), Some(Announced::Password), "{name}");
        }
        for name in [
            "TOKEN",
            "API_TOKEN",
            "authToken",
            "AUTHTOKEN",
            "clientSecret",
            "OAUTH2_CLIENT_SECRET",
            "SECRET_KEY_BASE",
            "AZURE_STORAGE_KEY",
            "api-key",
            "APIKey",
            "x-api-key",
            "AWS_SECRET_ACCESS_KEY",
            "GOOGLE_CREDENTIALS",
            "TOKEN_URL_SECRET",
            "PRIVATE_KEY",
        ] {
            assert_eq!(announced(name), Some(Announced::Secret), "{name}");
        }
        for name in [
            "AUTH",
            "REDISCLI_AUTH",
            "Authorization",
            "STRIPE_KEY",
            "APP_KEY",
            "NONCE_SALT",
            "VAULT_SECRET_ID",
        ] {
            assert_eq!(announced(name), Some(Announced::Perhaps), "{name}");
        }
        for name in [
            "ALLOYDB_SECRET_NAME",
            "TOKEN_URL",
            "TOKEN_ISSUER",
            "DB_PASSWORD_FILE",
            "SECRET_KEY_REF",
            "PASSWORD_MIN_LENGTH",
            "AUTH_TYPE",
            "AUTH_HEADER",
            "TOKEN_EXPIRATION_SECONDS",
            "tokenTTL",
            "secretName",
            "METALLB_ML_SECRET_KEY_PATH",
            "PUBLIC_KEY",
            "ACCESS_KEY_ID",
            "KEYSPACE",
            "TOKEN_ENDPOINT",
            "BYPASS",
            "PASS_HOST_HEADER",
            "IMAGE_PULL_SECRET",
            "TLS_SECRET",
            "DB_PASSWORD_SECRET",
            "discovery-token-ca-cert-hash",
            "checksum/secret",
            "TOKENIZER",
            "MAX_TOKENS_PER_MINUTE",
            "SORT_KEY",
            "KEY",
            "PATH",
            "AUTHOR",
            "PASSENGER_COUNT",
            "accessTokenLifespan",
            "CREDENTIALS_ENABLED",
            "JWT_ALGORITHM",
            "",
        ] {
            assert_eq!(announced(name), None, "{name}");
        }
    }
}
