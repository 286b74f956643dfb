//! The route of a request, as its pattern.

use axum::extract::MatchedPath;
use http::{Extensions, HeaderMap, StatusCode, header};

/// The label of requests that no route answers.
pub(super) const UNDEFINED: &str = "undefined";

/// How a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `/users/:id`, `/files/*`
    Original,
    /// `/users/{id}`, `/files/{*path}`
    Axum,
}

/// The pattern of the route that answers, as far as axum knows one.
pub(super) fn matched(extensions: &Extensions, spelling: Spelling) -> Option<String> {
    let pattern = extensions.get::<MatchedPath>()?.as_str();
    Some(match spelling {
        Spelling::Axum => pattern.to_owned(),
        Spelling::Original => original_spelling(pattern),
    })
}

/// Whether axum's method router answered in place of a route.
///
/// Inside the layer its 405 has no `Allow` header yet, a handler's own has one.
pub(super) fn is_wrong_method(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::METHOD_NOT_ALLOWED && !headers.contains_key(header::ALLOW)
}

/// `{name}` becomes `:name`, `{*name}` becomes `*`, doubled braces are literal ones.
fn original_spelling(pattern: &str) -> String {
    let mut spelled = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        spelled.push_str(&rest[..at]);
        rest = brace(&rest[at..], &mut spelled);
    }
    spelled + rest
}

/// Spells what begins with a brace and returns what follows it.
fn brace<'a>(text: &'a str, spelled: &mut String) -> &'a str {
    for (doubled, literal) in [("{{", '{'), ("}}", '}')] {
        if let Some(rest) = text.strip_prefix(doubled) {
            spelled.push(literal);
            return rest;
        }
    }
    match text[1..].split_once('}') {
        Some((name, rest)) if name.starts_with('*') => {
            spelled.push('*');
            rest
        }
        Some((name, rest)) => {
            spelled.push(':');
            spelled.push_str(name);
            rest
        }
        None => {
            spelled.push_str(&text[..1]);
            &text[1..]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_spelled_as_the_original_spelled_them() {
        for (pattern, expected) in [
            ("/", "/"),
            ("/api/ping", "/api/ping"),
            ("/api/users/{id}", "/api/users/:id"),
            (
                "/api/users/{id}/positions/{positionId}",
                "/api/users/:id/positions/:positionId",
            ),
            ("/api/files/{*path}", "/api/files/*"),
            ("/v{major}/x", "/v:major/x"),
            ("/literal/{{id}}", "/literal/{id}"),
            ("/shop/", "/shop/"),
            ("/caf\u{e9}/{id}", "/caf\u{e9}/:id"),
        ] {
            assert_eq!(original_spelling(pattern), expected);
        }
    }
}
