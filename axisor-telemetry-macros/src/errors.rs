//! Mistakes, each told once, with what to write instead.

use syn::{Error, Result};

/// Mistakes found so far: several are several errors.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn catch<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn into_result(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// What to write instead of `given`: the nearest of the known words, or any of them.
pub(crate) fn remedy(given: &str, known: &[&str]) -> String {
    match nearest(given, known) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("expected one of `{}`", known.join("`, `")),
    }
}

fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let given = given.to_lowercase();
    let far = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &given);
    let is_near = |known: &str| far(known) <= 2 && far(known) < known.len().min(given.len());
    let is_part = |known: &str| given.len() > 1 && known.contains(&given);
    let near = known
        .iter()
        .filter(|known| is_near(known) || is_part(known));
    near.min_by_key(|known| far(known)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_one_slip_away_or_cut_short_is_recognised() {
        let known = ["type", "ok_if", "error_if", "on_cancel", "err", "Debug"];
        for (given, meant) in [
            ("tpye", "type"),
            ("cancel", "on_cancel"),
            ("ok", "ok_if"),
            ("erro_if", "error_if"),
            ("debug", "Debug"),
        ] {
            assert_eq!(nearest(given, &known), Some(meant), "{given}");
        }
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("x", &known), None);
    }
}
