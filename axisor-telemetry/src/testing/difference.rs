//! What is expected beside what was found.

use similar::TextDiff;

/// The head of every message that shows lines of both.
pub(super) const LEGEND: &str = "(-: expected, +: found)";

/// The lines of a text: without the blank ones around them, their common indentation and blanks at their ends.
pub(super) fn lines(text: &str) -> Vec<&str> {
    let is_blank = |line: &&str| line.trim().is_empty();
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let written = text.lines().filter(|line| !is_blank(line));
    let common = written.map(indentation).min().unwrap_or_default();
    let mut lines: Vec<&str> = text
        .lines()
        .map(|line| line.get(common..).unwrap_or_default().trim_end())
        .skip_while(is_blank)
        .collect();
    while lines.last().is_some_and(is_blank) {
        lines.pop();
    }
    lines
}

/// Panics with both if the lines of `text` are not those of `found`.
#[track_caller]
pub(super) fn assert_lines(what: &str, text: &str, found: &[String]) {
    assert_same(what, &lines(text), &lines(&found.join("\n")));
}

/// The same where their order does not count, nor how far they are indented.
#[track_caller]
pub(super) fn assert_unordered(what: &str, text: &str, found: &[impl AsRef<str>]) {
    let mut expected: Vec<&str> = text.lines().map(str::trim).collect();
    expected.retain(|line| !line.is_empty());
    expected.sort_unstable();
    let mut found: Vec<&str> = found.iter().map(AsRef::as_ref).collect();
    found.sort_unstable();
    assert_same(what, &expected, &found);
}

#[track_caller]
fn assert_same(what: &str, expected: &[&str], found: &[&str]) {
    assert!(
        expected == found,
        "{what} not as expected {LEGEND}:\n{}",
        difference(expected, found)
    );
}

/// Both, as lines that begin with `-` and `+`, or with a space where they agree.
fn difference(expected: &[&str], found: &[&str]) -> String {
    let changes = TextDiff::from_slices(expected, found);
    let line = |(sign, line): (_, &str)| format!("{sign} {line}").trim_end().to_owned() + "\n";
    let changes = changes.iter_all_changes();
    changes
        .map(|change| line((change.tag(), change.value())))
        .collect()
}

/// The one of `candidates` that is most like `given`, if one is like it at all.
pub(super) fn nearest<'a>(
    given: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let alike = |candidate: &'a str| (strsim::normalized_levenshtein(given, candidate), candidate);
    let nearest = candidates
        .map(alike)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (nearest.0 >= 0.5).then_some(nearest.1)
}

/// `; did you mean …?`, or nothing.
pub(super) fn did_you_mean<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    nearest(given, candidates)
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// An expected line beside the one found in its place, with marks below where they differ.
pub(super) fn beside(line: &str, found: Option<&str>) -> String {
    let Some(found) = found else {
        return format!("- {line}\n+ nothing like it");
    };
    format!("- {line}\n+ {found}\n  {}", marks(line, found))
}

/// Marks below `found` where it differs from `expected`.
fn marks(expected: &str, found: &str) -> String {
    let same = |(a, b): &(char, char)| a == b;
    let before = expected.chars().zip(found.chars()).take_while(same).count();
    let backwards = expected.chars().rev().zip(found.chars().rev());
    let length = found.chars().count();
    let shorter = length.min(expected.chars().count());
    let after = backwards.take_while(same).count().min(shorter - before);
    let marked = (length - before - after).max(1);
    format!("{}{}", " ".repeat(before), "^".repeat(marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_text_may_be_indented_and_begin_on_the_next_line() {
        let text = "\n        outer\n          inner  \n\n        next\n    ";
        assert_eq!(lines(text), ["outer", "  inner", "", "next"]);
        assert_eq!(lines(" one"), ["one"]);
        assert!(lines("\n   \n").is_empty());
    }

    #[test]
    fn lines_that_agree_stand_between_those_that_do_not() {
        let shown = difference(&["a", "b", "c"], &["a", "x", "c"]);
        assert_eq!(shown, "  a\n- b\n+ x\n  c\n");
    }

    #[test]
    fn marks_stand_below_what_differs() {
        assert_eq!(marks("x{a=\"1\"} 1", "x{a=\"22\"} 1"), "     ^^");
        assert_eq!(marks("x 11", "x 1"), "   ^"); // where something is missing
        assert_eq!(marks("x 1", "x 11"), "   ^");
        assert_eq!(marks("\u{e9} 1", "\u{e9} 2"), "  ^");
    }

    #[test]
    fn what_is_not_alike_is_not_meant() {
        let names = ["check_margin", "close_position"];
        assert_eq!(
            nearest("chek_margin", names.into_iter()),
            Some("check_margin")
        );
        assert_eq!(nearest("xyz", names.into_iter()), None);
    }
}
