//! A trace as a picture: its spans below each other, each as long as it took.

use std::collections::BTreeMap;
use std::path::Path;

use axisor_tests::jaeger::{Span, Trace};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde_json::Value;

/// In pixels.
const WIDTH: u32 = 1_200;
const ROW: i32 = 22;
const MARGIN: i32 = 14;
const INDENT: i32 = 14;
/// Where the bars begin: left of it are the names.
const BARS: i32 = 470;
/// Where they end: right of it is room for the last one's time.
const END: i32 = 1_110;

/// A colour for each service; black is for those beyond.
const COLOURS: [RGBColor; 5] = [
    RGBColor(66, 133, 244),
    RGBColor(52, 168, 83),
    RGBColor(251, 140, 0),
    RGBColor(142, 36, 170),
    RGBColor(0, 150, 136),
];
const FAILED: RGBColor = RGBColor(217, 48, 37);

/// Why a picture was not drawn.
#[derive(Debug, thiserror::Error)]
#[error("`{file}` was not drawn: {reason}")]
pub(crate) struct PictureError {
    file: String,
    reason: String,
}

impl PictureError {
    pub(crate) fn new(file: &Path, error: &dyn std::error::Error) -> Self {
        Self {
            file: file.display().to_string(),
            reason: error.to_string(),
        }
    }
}

/// A span in its row.
struct Row<'a> {
    span: &'a Span,
    service: &'a str,
    depth: i32,
}

/// Draws `trace` into an SVG file.
pub(crate) fn draw(trace: &Trace, file: &Path) -> Result<(), PictureError> {
    let drawn = Picture::new(trace).draw(file);
    drawn.map_err(|error| PictureError::new(file, &*error))
}

struct Picture<'a> {
    rows: Vec<Row<'a>>,
    colours: BTreeMap<&'a str, RGBColor>,
    /// When the trace begins, and how long it takes, in microseconds.
    start: u64,
    took: u64,
    title: String,
}

impl<'a> Picture<'a> {
    fn new(trace: &'a Trace) -> Self {
        let mut rows = Vec::new();
        let roots = trace
            .spans
            .iter()
            .filter(|span| trace.parent(span).is_none());
        below(trace, roots.collect(), 0, &mut rows);
        let mut colours = BTreeMap::new();
        for row in &rows {
            let next = COLOURS.get(colours.len()).copied().unwrap_or(BLACK);
            colours.entry(row.service).or_insert(next);
        }
        let start = rows.iter().map(|row| row.span.start_time).min();
        let ends = rows
            .iter()
            .map(|row| row.span.start_time + row.span.duration);
        let start = start.unwrap_or_default();
        let took = ends.max().unwrap_or_default() - start;
        let title = format!(
            "trace {}: {} spans over {} services, {}",
            trace.trace_id,
            rows.len(),
            colours.len(),
            time(took)
        );
        Self {
            rows,
            colours,
            start,
            took,
            title,
        }
    }

    fn draw<'b>(&self, file: &'b Path) -> Result<(), Box<dyn std::error::Error + 'b>> {
        let rows = i32::try_from(self.rows.len())?;
        let height = u32::try_from(2 * MARGIN + (rows + 3) * ROW)?;
        let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut x = MARGIN;
        area.draw_text(&self.title, &bold(), (x, MARGIN + ROW / 2))?;
        for (service, colour) in &self.colours {
            let y = MARGIN + ROW;
            area.draw(&Rectangle::new(
                [(x, y + 5), (x + 12, y + 17)],
                colour.filled(),
            ))?;
            area.draw_text(service, &plain(), (x + 18, y + ROW / 2))?;
            x += 190;
        }
        for (row, number) in self.rows.iter().zip(0..) {
            let y = MARGIN + (number + 3) * ROW - ROW / 2;
            let colour = self.colours.get(row.service).unwrap_or(&BLACK);
            let colour = if row.has_failed() { &FAILED } else { colour };
            let (from, to) = self.extent(row.span);
            let name = (MARGIN + row.depth * INDENT, y + ROW / 2);
            area.draw_text(&row.span.operation_name, &plain(), name)?;
            area.draw(&Rectangle::new(
                [(from, y + 5), (to, y + ROW - 5)],
                colour.filled(),
            ))?;
            area.draw_text(&time(row.span.duration), &plain(), (to + 5, y + ROW / 2))?;
        }
        area.present()?;
        Ok(())
    }

    /// From where to where a span's bar goes, at least two pixels.
    fn extent(&self, span: &Span) -> (i32, i32) {
        let at = |microseconds: u64| {
            let width = u64::from((END - BARS).unsigned_abs());
            let x = microseconds * width / self.took.max(1);
            BARS + i32::try_from(x).unwrap_or(END - BARS)
        };
        let (from, to) = (
            span.start_time - self.start,
            span.start_time - self.start + span.duration,
        );
        (at(from), at(to).max(at(from) + 2))
    }
}

impl Row<'_> {
    fn has_failed(&self) -> bool {
        self.span.tag("error") == Some(&Value::Bool(true))
    }
}

/// Depth first, siblings by when they began.
fn below<'a>(trace: &'a Trace, mut spans: Vec<&'a Span>, depth: i32, rows: &mut Vec<Row<'a>>) {
    spans.sort_by_key(|span| span.start_time);
    for span in spans {
        let service = trace.service(span);
        rows.push(Row {
            span,
            service,
            depth,
        });
        let children = trace.spans.iter().filter(|child| {
            let parent = trace.parent(child);
            parent.is_some_and(|parent| parent.span_id == span.span_id)
        });
        below(trace, children.collect(), depth + 1, rows);
    }
}

fn time(microseconds: u64) -> String {
    let milliseconds = std::time::Duration::from_micros(microseconds).as_secs_f64() * 1_000.0;
    format!("{milliseconds:.1} ms")
}

fn plain() -> TextStyle<'static> {
    let position = Pos::new(HPos::Left, VPos::Center);
    TextStyle::from(("sans-serif", 13)).pos(position)
}

fn bold() -> TextStyle<'static> {
    let position = Pos::new(HPos::Left, VPos::Center);
    TextStyle::from(("sans-serif", 14, FontStyle::Bold)).pos(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_span_is_a_row_below_its_parent_and_a_failed_one_is_seen() {
        let span = |id: &str, parent: &str, start: u64, error: bool| {
            let reference = json!({"refType": "CHILD_OF", "spanID": parent, "traceID": "t"});
            json!({
                "spanID": id, "operationName": format!("span {id}"), "references": [reference], "processID": "p",
                "tags": [{"key": "error", "value": error}], "startTime": start, "duration": 2_500,
            })
        };
        let spans = [
            span("c", "a", 3_000, true),
            span("b", "a", 2_000, false),
            span("a", "", 1_000, false),
        ];
        let trace =
            json!({"traceID": "t", "spans": spans, "processes": {"p": {"serviceName": "worker"}}});
        let trace = serde_json::from_value(trace).expect("a trace");
        let picture = Picture::new(&trace);
        let order: Vec<_> = picture
            .rows
            .iter()
            .map(|row| (&*row.span.span_id, row.depth))
            .collect();
        assert_eq!(order, [("a", 0), ("b", 1), ("c", 1)]);
        assert_eq!(picture.title, "trace t: 3 spans over 1 services, 4.5 ms");

        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("trace.svg");
        draw(&trace, &file).expect("a picture");
        let svg = std::fs::read_to_string(&file).expect("SVG");
        for text in ["span a", "span b", "span c", "worker", "2.5 ms"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        assert_eq!(svg.matches("#D93025").count(), 1, "{svg}");
        let nowhere = draw(&trace, Path::new("/no/such/place.svg"));
        assert!(nowhere.is_err_and(|error| error.to_string().contains("place.svg")));
    }
}
