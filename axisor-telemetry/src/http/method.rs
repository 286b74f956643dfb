//! The method of a request as labels and spans have it.

use http::Method;

/// The label of methods outside the known nine.
pub(super) const OTHER_METHOD: &str = "_OTHER";

/// The method as a label.
pub(super) fn known(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => OTHER_METHOD,
    }
}

/// The original of a method outside the known nine.
pub(super) fn original(method: &Method) -> Option<&str> {
    (known(method) == OTHER_METHOD).then(|| method.as_str())
}

/// A span's name: `GET /api/users/:id`, or the method alone where no route is known.
pub(super) fn span_name(method: &'static str, route: Option<&str>) -> String {
    let method = if method == OTHER_METHOD {
        "HTTP"
    } else {
        method
    };
    match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_known_methods_keep_their_names_and_any_other_is_one() {
        for name in [
            "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
        ] {
            assert_eq!(known(&Method::from_bytes(name.as_bytes()).unwrap()), name);
        }
        assert_eq!(known(&Method::from_bytes(b"PROPFIND").unwrap()), "_OTHER");
        assert_eq!(known(&Method::from_bytes(b"get").unwrap()), "_OTHER");
    }
}
