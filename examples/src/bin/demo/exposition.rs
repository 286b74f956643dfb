//! Samples read from a `/metrics` page.

use std::collections::BTreeMap;

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// The metric's name.
    pub(crate) name: String,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Its value.
    pub(crate) value: f64,
}

/// The samples of a page in the text format 0.0.4; a line that is none is passed over.
pub(crate) fn samples(page: &str) -> Vec<Sample> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(sample).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = match line.rfind('}') {
        Some(end) => line.split_at(end + 1),
        None => line.split_once(' ')?,
    };
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    Some(Sample {
        name: name.to_owned(),
        labels: read_labels(labels)?,
        value: value.split_whitespace().next()?.parse().ok()?,
    })
}

/// `a="x",b="y"`
fn read_labels(mut text: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let (value, rest) = quoted(rest)?;
        labels.insert(name.trim_start_matches(',').trim().to_owned(), value);
        text = rest;
    }
    Some(labels)
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_labels_unescaped() {
        let page = "# HELP a help\n# TYPE a counter\na{x=\"1 } \\\"q\\\"\",y=\"b\\\\c\\nd\"} 3 1700000000000\nb 0.5\n";
        let read = samples(page);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].labels["x"], "1 } \"q\"");
        assert_eq!(read[0].labels["y"], "b\\c\nd");
        assert_eq!((read[0].value, read[1].value), (3.0, 0.5));
    }

    #[test]
    fn what_is_no_sample_is_passed_over() {
        assert_eq!(samples("<html>\na{x=\"1} 2\na{x=1} 2\n\n"), []);
    }
}
