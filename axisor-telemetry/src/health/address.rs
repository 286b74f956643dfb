//! Where things run is nobody's business who asks `/health`.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands in place of an address.
const HIDDEN: &str = "[address]";

/// The text without IP addresses, hosts of URLs, and hosts with a dot and a port.
pub(super) fn hidden(text: &str) -> Cow<'_, str> {
    CANDIDATES.replace_all(text, |found: &Captures<'_>| {
        let whole = &found[0];
        if let Some(scheme) = found.name("scheme") {
            return format!("{}{HIDDEN}", scheme.as_str());
        }
        let around = Around::of(text, found);
        let is_host = match found.name("host") {
            Some(_) => !around.is_place_in_a_file(),
            None => found.name("inside").is_some(),
        };
        if is_host || (is_address(whole) && !around.is_word()) {
            HIDDEN.to_owned()
        } else {
            whole.to_owned()
        }
    })
}

/// Compiles the pattern, so that no check has to.
pub(super) fn prepare() {
    LazyLock::force(&CANDIDATES);
}

/// A run of letters with colons is often no address: a time of day, a path of Rust.
fn is_address(text: &str) -> bool {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let parses = text.parse::<IpAddr>().is_ok();
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    has_digit
        && (parses
            || format!("[{text}").parse::<SocketAddr>().is_ok()
            || text.parse::<SocketAddr>().is_ok())
}

/// What stands before and after what was found.
struct Around<'t> {
    before: &'t str,
    after: &'t str,
}

impl<'t> Around<'t> {
    fn of(text: &'t str, found: &Captures<'_>) -> Self {
        let range = found.get_match().range();
        Self {
            before: &text[..range.start],
            after: &text[range.end..],
        }
    }

    /// In the middle of a word, such as `std::io`.
    fn is_word(&self) -> bool {
        let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.before.ends_with(is_letter) || self.after.starts_with(is_letter)
    }

    /// As in `src/main.rs:12:3`.
    fn is_place_in_a_file(&self) -> bool {
        let column = self.after.strip_prefix(':').unwrap_or_default();
        column.starts_with(|letter: char| letter.is_ascii_digit())
    }
}

static CANDIDATES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?<scheme> [A-Za-z][A-Za-z0-9+.-]*:// ) [^\s/?\#`'\x22<>)]+
        | (?<host> \b [A-Za-z0-9_-]+ (?: \. [A-Za-z0-9_-]+ )* \. [A-Za-z][A-Za-z0-9-]* : [0-9]{1,5} \b )
        | (?<inside> \b [A-Za-z0-9_-]+ (?: \. [A-Za-z0-9_-]+ )* \. (?: internal | local | lan | svc | corp | intranet ) \b )
        | \b [0-9]{1,3} (?: \. [0-9]{1,3} ){3} (?: : [0-9]{1,5} )? \b
        | \[ [0-9A-Fa-f:.]+ (?: % \w+ )? \] (?: : [0-9]{1,5} )?
        | (?: [0-9A-Fa-f]{1,4} )? (?: : [0-9A-Fa-f]{0,4} ){2,7} ",
    )
    .expect("the pattern is a constant, tried by the tests")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hidden_and_their_surroundings_stay() {
        for (given, expected) in [
            (
                "connect to 10.0.3.17:5432 refused",
                "connect to [address] refused",
            ),
            ("no route to 192.168.0.1", "no route to [address]"),
            ("[::1]:6379 is down", "[address] is down"),
            ("[::1] is down", "[address] is down"),
            ("at fe80::1 nobody answers", "at [address] nobody answers"),
            (
                "error for url (http://lnd.internal:10009/v1/state)",
                "error for url (http://[address]/v1/state)",
            ),
            (
                "dns error for db-1.prod.axisor.internal",
                "dns error for [address]",
            ),
            (
                "dial cache.axisor.io:6379: connection refused",
                "dial [address]: connection refused",
            ),
            (
                "cannot reach cache.axisor.io:6379, gave up",
                "cannot reach [address], gave up",
            ),
            (
                "postgres://[redacted]@db.axisor.io:5432/axisor is away",
                "postgres://[address]/axisor is away",
            ),
        ] {
            assert_eq!(hidden(given), expected);
        }
    }

    #[test]
    fn what_is_no_address_stays() {
        for harmless in [
            "Can't reach database server at `postgres:5432`",
            "no answer within 5s",
            "std::io::Error at 12:30:05",
            "version 1.2.3 of a::b::c",
            "SQLSTATE 53300: sorry, too many clients already",
            "src/main.rs:12:3",
            "axisor::feed::add1 failed",
        ] {
            assert_eq!(hidden(harmless), harmless);
        }
    }
}
