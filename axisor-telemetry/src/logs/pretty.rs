//! A line for people.

use std::fmt::Write as _;

use tracing::Level;

use super::line::{Line, Value};
use super::time;

/// Whether the reader's terminal shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Shown,
    Not,
}

/// `2026-01-02T03:04:05.678901Z  INFO target: message field=value trace_id=… span_id=…`
pub(super) fn write(line: &Line, colours: Colours) -> String {
    let mut text = time(line.time);
    let _ = match colours {
        Colours::Shown => write!(
            text,
            " \x1b[{}m{:>5}\x1b[0m",
            colour(line.level),
            line.level
        ),
        Colours::Not => write!(text, " {:>5}", line.level),
    };
    let _ = write!(text, " {}", said(line));
    if let Some(span) = &line.span {
        let (trace, span) = (span.trace_id(), span.span_id());
        let _ = write!(text, " trace_id={trace} span_id={span}");
    }
    text.push('\n');
    text
}

/// `target: message field=value`
pub(super) fn said(line: &Line) -> String {
    let mut text = format!("{}: {}", line.target, visible(&line.message));
    for (name, value) in &line.fields {
        let _ = match value {
            Value::Text(value) if is_word(value) => write!(text, " {name}={value}"),
            Value::Text(value) => write!(text, " {name}={value:?}"),
            value => write!(text, " {name}={value}"),
        };
    }
    text
}

fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

fn is_word(text: &str) -> bool {
    let plain = |letter: char| !(letter.is_whitespace() || letter.is_control() || letter == '"');
    !text.is_empty() && text.chars().all(plain)
}

/// Nothing that a terminal obeys, and no line that looks like another event's.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => visible.push_str("\n    "),
            '\t' => visible.push('\t'),
            letter if letter.is_control() => visible.extend(letter.escape_default()),
            letter => visible.push(letter),
        }
    }
    visible
}
