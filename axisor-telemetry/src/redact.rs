//! What never leaves the process: credentials, tokens and addresses in text that others read.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What stands in place of a credential.
pub const REDACTED: &str = "[redacted]";

/// The most bytes [`text`] returns.
pub const MAX_BYTES: usize = 1024;

/// A text is looked at up to so many times the bytes that are kept.
const READ: usize = 8;

/// The end of a text that was cut.
const CUT: &str = "…";

/// The text with everything that looks like a credential replaced by [`REDACTED`], at most [`MAX_BYTES`] long.
///
/// Replaced are the user and password of a URL or DSN, what follows `password=`, `token:` and their like,
/// `Bearer` and `Basic` credentials, JSON Web Tokens, well-known API keys, mail addresses, and long runs of hexadecimal
/// or base64 digits. It replaces too much rather than too little. A text that is too long ends in `…`.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    within(text, MAX_BYTES)
}

/// The same, at most `most` bytes long.
pub(crate) fn within(text: &str, most: usize) -> Cow<'_, str> {
    let read = beginning(text, READ * most);
    let secrets = secrets(read);
    let mut shown = Cow::Borrowed(read);
    if !secrets.is_empty() {
        shown = Cow::Owned(without(read, secrets));
    }
    if read.len() < text.len() || shown.len() > most {
        shown = Cow::Owned(cut(&shown, most));
    }
    shown
}

/// Whether the value of a field of this name is a credential, whatever it looks like.
pub(crate) fn is_secret(name: &str) -> bool {
    !secrets(&format!("{name}=x")).is_empty()
}

/// Where the secrets stand, in order. Every rule looks at the text as it came: none can hide another's evidence.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let by_rule = |rule: &'static Regex| rule.captures_iter(text).filter_map(|found| found.get(1));
    let keys = RUN.find_iter(text).filter(|run| is_key(run.as_str()));
    let found = RULES.iter().flat_map(by_rule).chain(keys);
    let mut secrets: Vec<_> = found
        .map(|found| found.range())
        .filter(|range| !range.is_empty())
        .collect();
    secrets.sort_by_key(|range| range.start);
    secrets
}

fn without(text: &str, secrets: Vec<Range<usize>>) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for secret in secrets {
        if secret.start > end || shown.is_empty() {
            shown.push_str(&text[end..secret.start]);
            shown.push_str(REDACTED);
        }
        end = end.max(secret.end);
    }
    shown.push_str(&text[end..]);
    shown
}

/// A cut within a credential could hide it from the rules, so the cut is made between words.
fn beginning(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let head = &text[..boundary(text, most)];
    let end = head.rfind(char::is_whitespace).unwrap_or(0);
    &head[..end]
}

fn cut(text: &str, most: usize) -> String {
    let end = boundary(text, most - CUT.len());
    format!("{}{CUT}", &text[..end])
}

/// The last boundary between characters up to `most`.
pub(crate) fn boundary(text: &str, most: usize) -> usize {
    let mut up_to = (0..=most.min(text.len())).rev();
    up_to
        .find(|index| text.is_char_boundary(*index))
        .unwrap_or(0)
}

/// Keys have digits, and either both cases or a long stretch without `-`, `_` and the like, unlike names and UUIDs.
fn is_key(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.bytes().any(|byte| is(&byte));
    let both_cases = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let mut stretches = run.split(|letter: char| !letter.is_ascii_alphanumeric());
    has(u8::is_ascii_digit) && (both_cases || stretches.any(|stretch| stretch.len() >= 20))
}

/// Compiles the rules, so that no call has to.
pub(crate) fn prepare() {
    LazyLock::force(&RULES);
    LazyLock::force(&RUN);
}

static RULES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().map(|pattern| compiled(pattern)).collect());

/// What may be a key.
static RUN: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Za-z0-9+/_=-]{32,}"));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constants, tried by the tests")
}

/// The group of each is the secret.
const PATTERNS: [&str; 7] = [
    // scheme://user:password@
    r"[A-Za-z][A-Za-z0-9+.-]*://(\S*)@",
    // user:password@tcp(host)
    r"([^\s:=/]+:(?:[^\s/]|/[^\s/])\S*)@",
    // password=…, "token": "…", Authorization: Bearer …
    r#"(?xi)
    (?: passw(?:or)?d | passphrase | pwd | secret | token | api[_\x20-]?key | access[_-]?key | private[_-]?key
        | credentials? | authorization | cookie | macaroon | preimage | dsn )
    [\w-]* ["'\\]* \s* (?: => | [:=] ) \s*
    ( \\"[^"]*(?:"|$) | "(?:[^"\\]|\\.)*(?:"|$) | '(?:[^'\\]|\\.)*(?:'|$)
        | (?: (?:bearer|basic|digest|token) \s+ )? \S+ )"#,
    r"(?i)\b(?:bearer|basic|digest)\s+(\S+)",
    // JSON Web Tokens
    r"(eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+)",
    // keys that say whose they are
    r"\b([spr]k_(?:live|test)_\w+|gh[a-z]_\w+|xox[a-z]-[\w-]+|AKIA\w{16})",
    // mail addresses, not the host after a password
    r#"(?:^|mailto:|[\s"'<({\[,;=])([^\s@<>"'(){},;:=\[\]]+@[^\s@<>"'(),;:\[\]]+\.[^\s@<>"'(),;:\[\].]{2,})"#,
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
            assert_eq!(text(harmless), harmless);
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
            (
                "no route to amqp://axisor:hunter2@queue.axisor.io:5672",
                "no route to amqp://[redacted]@queue.axisor.io:5672",
            ),
            (
                "https://api.axisor.io/?token=hun@ter2",
                "https://[redacted]",
            ),
            (r#"{"api_key":"@hunter2"}"#, "[redacted]}"),
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
    fn a_name_says_that_its_value_is_secret() {
        for secret in [
            "password",
            "api_key",
            "db.password",
            "sentry_dsn",
            "user_token",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for harmless in ["user", "plan", "error", "attempt", "key"] {
            assert!(!is_secret(harmless), "{harmless}");
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
        let filler = "password=x ".repeat(READ * MAX_BYTES / 11);
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
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn no_text_is_longer_than_the_bound(given in "\\PC{0,3000}") {
            prop_assert!(text(&given).len() <= MAX_BYTES);
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
            let hex = key.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            let given = format!("got {hex} there");
            prop_assert_eq!(text(&given), "got [redacted] there");
        }
    }
}
