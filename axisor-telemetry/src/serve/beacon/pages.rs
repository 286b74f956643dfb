//! Which declared page a path is of.

use super::BeaconError;
use crate::label::OVERFLOW;
use crate::record::Page;

/// The declared pages, found by the router that axum has.
pub(super) struct Pages(matchit::Router<Page>);

impl Pages {
    pub(super) fn new(declared: &[&'static str]) -> Result<Self, BeaconError> {
        let mut pages = matchit::Router::new();
        for &given in declared {
            let pattern = pattern(given).ok_or(BeaconError::Page { given })?;
            let inserted = pages.insert(pattern, Page(given));
            inserted.map_err(|error| match error {
                matchit::InsertError::Conflict { .. } => BeaconError::SamePage { given },
                _ => BeaconError::Page { given },
            })?;
        }
        Ok(Self(pages))
    }

    /// The page whose pattern `path` fits, else [`OVERFLOW`].
    pub(super) fn page(&self, path: &str) -> Page {
        self.0.at(path).map_or(Page(OVERFLOW), |found| *found.value)
    }
}

/// `/positions/:id` and `/docs/*` as that router writes them: `/positions/{id}` and `/docs/{*rest}`.
fn pattern(given: &str) -> Option<String> {
    let is_path = |byte: u8| byte.is_ascii_graphic() && !b"?#{}".contains(&byte);
    let segments = given.strip_prefix('/')?;
    let segment = |segment: &str| match segment.strip_prefix(':') {
        Some(name) => format!("/{{{name}}}"),
        None if segment == "*" => "/{*rest}".to_owned(),
        None => format!("/{segment}"),
    };
    let pattern = || segments.split('/').map(segment).collect();
    given.bytes().all(is_path).then(pattern)
}
