//! What never leaves the process: credentials, tokens and addresses in text that others read.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

/// What stands in place of a credential.
pub const REDACTED: &str = "[redacted]";

/// The most bytes [`text`] returns.
pub const MAX_BYTES: usize = 1024;

/// The most bytes that are looked at.
const MAX_READ: usize = 8 * MAX_BYTES;

/// The end of a text that was cut.
const CUT: &str = "…";

/// The text with everything that looks like a credential replaced by [`REDACTED`], at most [`MAX_BYTES`] long.
///
/// Replaced are the user and password of a URL or DSN, what follows `password=`, `token:` and their like,
/// `Bearer` and `Basic` credentials, JSON Web Tokens, well-known API keys, mail addresses, and long runs of hexadecimal
/// or base64 digits. It replaces too much rather than too little. A text that is too long ends in `…`.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let read = beginning(text);
    let mut redacted = Cow::Borrowed(read);
    for (pattern, replacement) in RULES.iter() {
        redacted = replace(redacted, |text| pattern.replace_all(text, *replacement));
    }
    redacted = replace(redacted, |text| RUN.replace_all(text, without_key));
    if read.len() < text.len() || redacted.len() > MAX_BYTES {
        return Cow::Owned(cut(&redacted));
    }
    redacted
}

/// A cut within a credential could hide it from the rules, so the cut is made between words.
fn beginning(text: &str) -> &str {
    if text.len() <= MAX_READ {
        return text;
    }
    let head = &text[..text.floor_char_boundary(MAX_READ)];
    let end = head.rfind(char::is_whitespace).unwrap_or(0);
    &head[..end]
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_BYTES - CUT.len());
    format!("{}{CUT}", &text[..end])
}

fn replace<'a>(text: Cow<'a, str>, with: impl Fn(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    match with(&text) {
        Cow::Owned(replaced) => Cow::Owned(replaced),
        Cow::Borrowed(_) => text,
    }
}

/// Keys have digits, and either both cases or a long stretch without `-`, `_` and the like, unlike names and UUIDs.
fn without_key(run: &Captures<'_>) -> String {
    let run = &run[0];
    let has = |is: fn(&u8) -> bool| run.bytes().any(|byte| is(&byte));
    let both_cases = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let stretches = run.split(|letter: char| !letter.is_ascii_alphanumeric());
    let long = stretches.map(str::len).max() >= Some(20);
    let key = has(u8::is_ascii_digit) && (both_cases || long);
    if key {
        REDACTED.to_owned()
    } else {
        run.to_owned()
    }
}

/// Looked for in this order.
static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = PATTERNS.iter();
    rules
        .map(|(pattern, with)| (compiled(pattern), *with))
        .collect()
});

/// What may be a key.
static RUN: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Za-z0-9+/_=-]{32,}"));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constants, tried by the tests")
}

const PATTERNS: [(&str, &str); 7] = [
    // scheme://user:password@
    (r"([A-Za-z][A-Za-z0-9+.-]*://)\S*@", "${1}[redacted]@"),
    // user:password@tcp(host)
    (r"[^\s:=/]+:[^\s/]\S*@", "[redacted]@"),
    // password=…, "token": "…", Authorization: Bearer …
    (
        r#"(?xi)
        ( (?: passw(?:or)?d | passphrase | pwd | secret | token | api[_\x20-]?key | access[_-]?key | private[_-]?key
            | credentials? | authorization | cookie | macaroon | preimage | dsn )
          [\w-]* ["'\\]* \s* (?: => | [:=] ) \s* )
        (?: \\"[^"]*(?:"|$) | "(?:[^"\\]|\\.)*(?:"|$) | '(?:[^'\\]|\\.)*(?:'|$)
            | (?: (?:bearer|basic|digest|token) \s+ )? \S+ )"#,
        "${1}[redacted]",
    ),
    (r"(?i)\b(bearer|basic|digest)\s+\S+", "${1} [redacted]"),
    // JSON Web Tokens
    (r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+", "[redacted]"),
    // keys that say whose they are
    (
        r"\b(?:[spr]k_(?:live|test)_\w+|gh[a-z]_\w+|xox[a-z]-[\w-]+|AKIA\w{16})",
        "[redacted]",
    ),
    // mail addresses
    (
        r#"[^\s@<>"'(),;:=\[\]]+@[^\s@<>"'(),;:\[\]]+\.[^\s@<>"'(),;:\[\].]{2,}"#,
        "[redacted]",
    ),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_harmless_text_is_not_touched() {
        for harmless in [
            "connection refused (os error 111)",
            "GET http://localhost:4318/v1/traces answered 503",
            "instance 7f9c24e8-3b1a-4f0e-9d57-2c6a1b8e0f43 left",
            "axisor-notification-worker-7d9f8b6c5d-x2x4z is gone",
            "src/instruments/a_file_with_a_very_long_name_indeed.rs:12:3",
            "",
        ] {
            assert!(
                matches!(text(harmless), Cow::Borrowed(same) if same == harmless),
                "{harmless}"
            );
        }
    }

    #[test]
    fn credentials_are_replaced_and_their_surroundings_stay() {
        for (given, expected) in [
            (
                "cannot reach postgres://axisor:hunter2@db:5432/axisor",
                "cannot reach postgres://[redacted]@db:5432/axisor",
            ),
            (
                "redis://:p@ss/word@cache:6379",
                "redis://[redacted]@cache:6379",
            ),
            ("root:hunter2@tcp(db:3306)", "[redacted]@tcp(db:3306)"),
            (
                "host=db password=hunter2 user=x",
                "host=db password=[redacted] user=x",
            ),
            (
                r#"{"token": "a b", "n": 1}"#,
                r#"{"token": [redacted], "n": 1}"#,
            ),
            (
                "Authorization: Bearer abc was refused",
                "Authorization: [redacted] was refused",
            ),
            (
                "sent Bearer abc.def and left",
                "sent Bearer [redacted] and left",
            ),
            ("user ada@axisor.io not found", "user [redacted] not found"),
            (
                "key 5f4dcc3b5aa765d61d8327deb882cf99 refused",
                "key [redacted] refused",
            ),
            (
                "jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2ln end",
                "jwt [redacted] end",
            ),
            ("with sk_live_51Habc", "with [redacted]"),
        ] {
            assert_eq!(text(given), expected);
        }
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis_within_the_bound() {
        for long in ["word ".repeat(1000), "ü".repeat(700), "x".repeat(100_000)] {
            let short = text(&long);
            assert!(
                short.ends_with(CUT) && short.len() <= MAX_BYTES,
                "{}",
                short.len()
            );
        }
    }

    #[test]
    fn a_credential_across_the_end_of_what_is_read_does_not_show() {
        let filler = "password=x ".repeat(MAX_READ / 11);
        for gap in 0..40 {
            let given = format!("{filler}{}u://ada:hunter2@db", " ".repeat(gap));
            assert!(!text(&given).contains("hunter2"), "{gap}");
        }
    }

    /// Texts around a secret: anything, with what it may not run into.
    fn prose() -> impl Strategy<Value = String> {
        "(\\PC{0,20} ){0,3}"
    }

    fn secret() -> impl Strategy<Value = String> {
        "[A-Za-z0-9!$%*+~^/@:.-]{0,10}[A-Za-z]{6}[A-Za-z0-9!$%*+~^/.-]{0,10}"
    }

    fn disguise(secret: &str) -> [String; 8] {
        [
            format!("postgres://axisor:{secret}@db:5432/axisor?sslmode=off"),
            format!("axisor:{secret}@tcp(db)"),
            format!("PASSWORD={secret}"),
            format!("{{\"api_key\":\"{secret}\"}}"),
            format!("\\\"client_secret\\\": \\\"{secret}\\\""),
            format!("access-token: {secret}"),
            format!("Bearer {secret}"),
            format!("authorization = Basic {secret}"),
        ]
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_the_bound(given in "\\PC{0,3000}") {
            prop_assert!(text(&given).len() <= MAX_BYTES);
        }

        #[test]
        fn redacting_twice_changes_nothing_more(given in "[a-z@:/= .\"]{0,200}") {
            let once = text(&given).into_owned();
            prop_assert_eq!(text(&once).into_owned(), once);
        }

        #[test]
        fn a_known_secret_never_survives(before in prose(), secret in secret(), after in prose()) {
            for disguised in disguise(&secret) {
                let shown = text(&format!("{before}{disguised} {after}")).into_owned();
                let elsewhere = before.contains(&secret) || after.contains(&secret);
                prop_assert!(elsewhere || !shown.contains(&secret), "{}", shown);
            }
        }

        #[test]
        fn a_random_key_never_survives(key in proptest::collection::vec(any::<u8>(), 32)) {
            let hex = key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let shown = text(&format!("got {hex} there")).into_owned();
            prop_assert_eq!(shown, "got [redacted] there");
        }
    }
}
