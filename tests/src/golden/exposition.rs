//! Reads the text exposition format 0.0.4 as far as comparing needs it: families, samples, and what is wrong.
//!
//! Two spellings of one sample are one sample here: `le="1"` and `le="1.0"`, an empty label and none, any order.

use std::collections::BTreeMap;
use std::fmt;

/// A parsed text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exposition {
    /// What `# TYPE` and `# HELP` say, by family.
    pub families: BTreeMap<String, Family>,
    /// Every sample and its value.
    pub samples: BTreeMap<Sample, f64>,
    /// What a reader of the format would stumble over.
    pub errors: Vec<String>,
}

/// The head of a family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Family {
    /// The word after `# TYPE`.
    pub kind: Option<String>,
    /// The text after `# HELP`, unescaped.
    pub help: Option<String>,
}

/// What a scraper stores a value under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// The metric's name, `_bucket`, `_sum` and `_count` included.
    pub name: String,
    /// The labels that are not empty.
    pub labels: BTreeMap<String, String>,
}

impl Sample {
    /// A sample's key from its parts.
    pub fn new<'a>(name: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), normal(name, value.to_owned()));
        Self {
            name: name.to_owned(),
            labels: labels.into_iter().map(owned).filter(given).collect(),
        }
    }

    /// A label's value, empty if it is absent.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The same sample without one of its labels.
    #[must_use]
    pub fn without(&self, label: &str) -> Self {
        let mut sample = self.clone();
        sample.labels.remove(label);
        sample
    }

    /// Whether it belongs to the family: by its own name or as a part of a histogram.
    #[must_use]
    pub fn is_of(&self, family: &str) -> bool {
        let rest = self.name.strip_prefix(family);
        rest.is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        write!(f, "{}{{{}}}", self.name, labels.join(","))
    }
}

impl Exposition {
    /// Reads a text; what cannot be read is among [`errors`](Self::errors).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut exposition = Self::default();
        if !text.is_empty() && !text.ends_with('\n') {
            exposition.error("no newline at the end".to_owned());
        }
        // Not `lines()`: a label may hold `\r`.
        for (number, line) in text.split('\n').enumerate() {
            if let Err(problem) = exposition.line(line) {
                let start: String = line.chars().take(80).collect();
                exposition.error(format!("line {}: {problem}: {start:?}", number + 1));
            }
        }
        exposition
    }

    /// Reads an OpenMetrics page; what it says of families is put as the text format says it.
    #[must_use]
    pub fn parse_openmetrics(page: &str) -> Self {
        let text = page.strip_suffix("# EOF\n");
        let mut exposition = Self::parse(text.unwrap_or(page));
        if text.is_none() {
            exposition.error("no `# EOF` at the end".to_owned());
        }
        let named = |(name, family): (String, Family)| match family.kind.as_deref() {
            Some("counter") => (format!("{name}_total"), family),
            _ => (name, family),
        };
        exposition.families = exposition.families.into_iter().map(named).collect();
        exposition
    }

    /// Takes a sample in; one that is there already is an error.
    pub fn insert(&mut self, sample: Sample, value: f64) {
        if self.samples.contains_key(&sample) {
            self.error(format!("sample twice: {sample}"));
        }
        self.samples.insert(sample, value);
    }

    /// Whether any sample belongs to the family.
    #[must_use]
    pub fn has_samples_of(&self, family: &str) -> bool {
        self.samples.keys().any(|sample| sample.is_of(family))
    }

    /// Leaves a family out, head and samples.
    pub fn remove_family(&mut self, family: &str) {
        self.families.remove(family);
        self.samples.retain(|sample, _| !sample.is_of(family));
    }

    fn error(&mut self, problem: String) {
        self.errors.push(problem);
    }

    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.trim_matches([' ', '\t']).is_empty() {
            return Ok(());
        }
        if let Some(comment) = line.strip_prefix('#') {
            self.head(comment);
            return Ok(());
        }
        let (name, rest) = metric_name(line)?;
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest)?,
            None => (BTreeMap::new(), rest),
        };
        let value = rest.split_ascii_whitespace().next().ok_or("no value")?;
        let value = number(value).ok_or("the value is no number")?;
        let name = name.to_owned();
        self.insert(Sample { name, labels }, value);
        Ok(())
    }

    /// `# HELP name text` or `# TYPE name kind`; anything else after `#` is a comment.
    fn head(&mut self, comment: &str) {
        let help = comment.strip_prefix(" HELP ");
        let Some(rest) = help.or_else(|| comment.strip_prefix(" TYPE ")) else {
            return;
        };
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        if name.is_empty() {
            return;
        }
        let family = self.families.entry(name.to_owned()).or_default();
        if help.is_some() {
            family.help = Some(unescape(text, false));
        } else {
            family.kind = Some(text.to_owned());
        }
    }
}

fn metric_name(line: &str) -> Result<(&str, &str), &'static str> {
    let end = name_end(line, |c| c == ':');
    match line.split_at(end) {
        ("", _) => Err("no metric name"),
        parts => Ok(parts),
    }
}

fn name_end(text: &str, also: impl Fn(char) -> bool) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || also(c)))
        .unwrap_or(text.len())
}

type Labels = BTreeMap<String, String>;

/// The labels up to the closing brace, and what stands behind it.
fn labels(mut rest: &str) -> Result<(Labels, &str), &'static str> {
    let mut labels = Labels::new();
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix('}') {
            labels.retain(|_, value| !value.is_empty());
            return Ok((labels, rest));
        }
        let (name, value, after) = label(rest)?;
        let value = normal(name, unescape(value, true));
        if labels.insert(name.to_owned(), value).is_some() {
            return Err("a label twice");
        }
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// `name="value"`: the name, the value still escaped, and what stands behind it.
fn label(text: &str) -> Result<(&str, &str, &str), &'static str> {
    let (name, rest) = text.split_at(name_end(text, |_| false));
    let rest = rest.trim_start().strip_prefix('=').ok_or("bad label")?;
    let rest = rest.trim_start().strip_prefix('"').ok_or("bad label")?;
    if name.is_empty() {
        return Err("bad label");
    }
    let end = closing_quote(rest).ok_or("a label value without an end")?;
    Ok((name, &rest[..end], &rest[end + 1..]))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn given((_, value): &(String, String)) -> bool {
    !value.is_empty()
}

/// One spelling for a bucket's bound.
fn normal(label: &str, value: String) -> String {
    match (label, number(&value)) {
        ("le", Some(bound)) => bound.to_string(),
        _ => value,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn unescape(text: &str, quotes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.as_str().chars().next();
        let meant = match (c, next) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('\\')) => Some('\\'),
            ('\\', Some('"')) if quotes => Some('"'),
            _ => None,
        };
        if meant.is_some() {
            rest.next();
        }
        out.push(meant.unwrap_or(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (Sample, f64) {
        let mut exposition = Exposition::parse(text);
        assert_eq!(exposition.errors, [""; 0]);
        exposition.samples.pop_first().expect("a sample")
    }

    fn error(text: &str) -> String {
        Exposition::parse(text).errors.join("; ")
    }

    #[test]
    fn spellings_of_one_sample_are_one_sample() {
        let plain = one("m_bucket{a=\"x\",le=\"1\"} 3\n");
        assert_eq!(
            plain,
            one("m_bucket{ le = \"1.0\" , a=\"x\",} 3.0 1700000000\n")
        );
        assert_eq!(plain, one("m_bucket{le=\"1e0\",a=\"x\",gone=\"\"} 3e0\n"));
        assert_eq!(
            one("m{le=\"+Inf\"} +Inf\n"),
            (Sample::new("m", [("le", "inf")]), f64::INFINITY)
        );
        assert!(one("m Nan\n").1.is_nan());
    }

    #[test]
    fn an_openmetrics_page_is_the_same_page() {
        let text = Exposition::parse("# TYPE a_total counter\na_total 1\n# TYPE b gauge\nb 2\n");
        let page =
            "# TYPE a counter\na_total 1 # {trace_id=\"x\"} 1 1.5\n# TYPE b gauge\nb 2\n# EOF\n";
        assert_eq!(Exposition::parse_openmetrics(page), text);
        let half = Exposition::parse_openmetrics("b 2\n");
        assert_eq!(half.errors, ["no `# EOF` at the end"]);
    }

    #[test]
    fn escapes_of_labels_are_undone_once() {
        let (sample, _) = one("m{a=\"q\\\"b\\\\n\\n\\x} 1,\",b=\"\\\\\"} 1\n");
        assert_eq!(sample.label("a"), "q\"b\\n\n\\x} 1,");
        assert_eq!(sample.label("b"), "\\");
    }

    #[test]
    fn a_line_ends_at_the_newline_alone() {
        let (sample, _) = one("m{a=\"x\ry\u{2028}z\"} 1\n");
        assert_eq!(sample.label("a"), "x\ry\u{2028}z");
    }

    #[test]
    fn a_help_keeps_its_quotes() {
        let text = "# HELP m a \\\\ \\\"b\\\" \\n c\n# TYPE m gauge\n# any comment\n#HELP n no\n";
        let exposition = Exposition::parse(text);
        let head = Family {
            kind: Some("gauge".to_owned()),
            help: Some("a \\ \\\"b\\\" \n c".to_owned()),
        };
        assert_eq!(exposition.families, [("m".to_owned(), head)].into());
    }

    #[test]
    fn what_a_scraper_would_refuse_is_an_error() {
        assert!(error("m 1").contains("no newline at the end"));
        assert!(error("m 1\nm 1\n").contains("sample twice"));
        assert!(error("m{a=\"\"} 1\nm 2\n").contains("sample twice"));
        assert!(error("m{a=\"1\",a=\"2\"} 1\n").contains("a label twice"));
        assert!(error("m{a=\"1} 1\n").contains("without an end"));
        assert!(error("m{1a=\"1\"} 1\n").contains("bad label"));
        assert!(error("m{a=\"1\" 1\n").contains("bad label"));
        assert!(error("m one\n").contains("no number"));
        assert!(error("m\n").contains("no value"));
        assert!(error("1m 1\n").contains("no metric name"));
    }
}
