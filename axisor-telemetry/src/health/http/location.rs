//! Where a redirect leads: RFC 3986, section 5.2, as far as servers make use of it.

use http::Uri;

/// The URL that `location` means in the answer to `base`. Dots in a relative path are left as they are.
pub(super) fn resolve(base: &Uri, location: &str) -> Option<Uri> {
    let scheme = base.scheme_str()?;
    let authority = base.authority()?;
    let here = format!("{scheme}://{authority}");
    let path = base.path();
    let is_absolute = |uri: &Uri| uri.scheme().is_some() && uri.host().is_some();
    if let Some(uri) = location.parse().ok().filter(is_absolute) {
        return Some(uri);
    }
    let whole = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{here}{location}")
    } else if location.starts_with('?') {
        format!("{here}{path}{location}")
    } else {
        let (directory, _) = path.rsplit_once('/').unwrap_or_default();
        format!("{here}{directory}/{location}")
    };
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_in_the_light_of_what_was_asked() {
        let base = "https://api.lnmarkets.com/v2/user?a=b".parse().unwrap();
        for (location, expected) in [
            ("http://other.example/x", "http://other.example/x"),
            ("//other.example/x", "https://other.example/x"),
            ("/v3/user", "https://api.lnmarkets.com/v3/user"),
            ("account", "https://api.lnmarkets.com/v2/account"),
            ("?c=d", "https://api.lnmarkets.com/v2/user?c=d"),
            ("/v3#there", "https://api.lnmarkets.com/v3"),
        ] {
            assert_eq!(resolve(&base, location).unwrap(), expected, "{location}");
        }
        assert_eq!(resolve(&base, "/a b"), None);
    }
}
