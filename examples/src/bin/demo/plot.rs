//! A dashboard's panels as one picture.

use std::error::Error;
use std::path::Path;

use axisor_stack::dashboards::{Kind, Threshold, Unit};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::boards::Shown;
use super::waterfall::PictureError;

/// In pixels.
const PANEL: (u32, u32) = (400, 250);
const BESIDE: usize = 3;
const TITLE: u32 = 36;
/// The most series that are named below a panel.
const NAMED: usize = 6;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Done<'a> = Result<(), Box<dyn Error + 'a>>;

/// Draws the panels beside and below each other.
pub(crate) fn draw(
    title: &str,
    panels: &[Shown<'_>],
    range: (f64, f64),
    file: &Path,
) -> Result<(), PictureError> {
    draw_all(title, panels, range, file).map_err(|error| PictureError::new(file, &*error))
}

fn draw_all<'a>(title: &str, panels: &[Shown<'_>], range: (f64, f64), file: &'a Path) -> Done<'a> {
    let lines = panels.len().div_ceil(BESIDE);
    let beside = u32::try_from(BESIDE)?;
    let size = (PANEL.0 * beside, TITLE + PANEL.1 * u32::try_from(lines)?);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let (head, body) = area.split_vertically(TITLE);
    head.draw_text(
        title,
        &TextStyle::from(("sans-serif", 18, FontStyle::Bold)),
        (12, 8),
    )?;
    for (place, panel) in body.split_evenly((lines, BESIDE)).iter().zip(panels) {
        let (head, below) = place.split_vertically(24);
        head.draw_text(panel.panel.title, &text(13.0), (12, 6))?;
        match panel.panel.kind {
            Kind::Stat => stat(panel, &below)?,
            _ => graph(panel, range, &below)?,
        }
    }
    area.present()?;
    Ok(())
}

/// Lines over time, the threshold, exemplars, and the names of the lines.
fn graph<'a>(shown: &Shown<'_>, (start, end): (f64, f64), area: &Area<'a>) -> Done<'a> {
    let names = u32::try_from(shown.lines.len().min(NAMED).div_ceil(2))?;
    let (plot, legend) = area.split_vertically(PANEL.1 - 24 - 8 - names * 14);
    let top = highest(shown);
    let mut chart = ChartBuilder::on(&plot)
        .margin_right(14)
        .x_label_area_size(20)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..end - start, 0.0..top)?;
    let unit = shown.panel.unit;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .axis_style(BLACK.mix(0.3))
        .label_style(text(11.0))
        .y_labels(5)
        .x_labels(5)
        .x_label_formatter(&|seconds| format!("{seconds:.0} s"))
        .y_label_formatter(&|value| number(*value, unit))
        .draw()?;
    for (index, (_, points)) in shown.lines.iter().enumerate() {
        let points = points
            .iter()
            .map(|(time, value)| (time - start, value.clamp(0.0, top)));
        chart.draw_series(LineSeries::new(points, colour(index).stroke_width(2)))?;
    }
    if let Some(Threshold::Above(at) | Threshold::Below(at)) = shown.panel.threshold
        && at <= top
    {
        let line = [(0.0, at), (end - start, at)];
        chart.draw_series(DashedLineSeries::new(line, 5, 4, RED.stroke_width(1)))?;
    }
    let within = shown.exemplars.iter().filter(|(_, value)| *value <= top);
    let points = within.map(|(time, value)| (time - start, *value));
    chart.draw_series(points.map(|at| Circle::new(at, 3, BLACK.mix(0.6).stroke_width(1))))?;
    for (index, (name, _)) in shown.lines.iter().take(NAMED).enumerate() {
        let place = i32::try_from(index)?;
        let (x, y) = (58 + place % 2 * 170, place / 2 * 14);
        legend.draw(&Rectangle::new(
            [(x, y + 3), (x + 8, y + 11)],
            colour(index).filled(),
        ))?;
        legend.draw_text(&cut(name), &text(11.0), (x + 12, y + 1))?;
    }
    Ok(())
}

/// The last value of each line, and whether it is well.
fn stat<'a>(shown: &Shown<'_>, area: &Area<'a>) -> Done<'a> {
    for (index, (name, points)) in shown.lines.iter().take(8).enumerate() {
        let value = points.last().map_or(0.0, |(_, value)| *value);
        let is_bad = match shown.panel.threshold {
            Some(Threshold::Above(at)) => value > at,
            Some(Threshold::Below(at)) => value < at,
            _ => false,
        };
        let colour = if is_bad { RED } else { RGBColor(30, 130, 60) };
        let y = 8 + i32::try_from(index)? * 25;
        area.draw(&Rectangle::new(
            [(12, y), (388, y + 22)],
            colour.mix(0.15).filled(),
        ))?;
        area.draw_text(&cut(name), &text(12.0), (20, y + 5))?;
        let right = Pos::new(HPos::Right, VPos::Top);
        let value = number(value, shown.panel.unit);
        area.draw_text(&value, &text(13.0).color(&colour).pos(right), (380, y + 4))?;
    }
    Ok(())
}

/// A little above what there is to see.
fn highest(shown: &Shown<'_>) -> f64 {
    let values = shown.lines.iter().flat_map(|(_, points)| points);
    let highest = values.map(|(_, value)| *value).fold(0.0, f64::max);
    if highest > 0.0 { highest * 1.15 } else { 1.0 }
}

fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds if value < 1.0 => format!("{:.0} ms", value * 1_000.0),
        Unit::Seconds => format!("{value:.1} s"),
        Unit::Percent => format!("{value:.1} %"),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::PerSecond => format!("{value:.2}/s"),
        Unit::Bytes => format!("{:.1} MiB", value / 1_048_576.0),
        Unit::Health if value >= 1.0 => "up".to_owned(),
        Unit::Health if value <= 0.0 => "down".to_owned(),
        _ => format!("{value:.1}"),
    }
}

fn cut(name: &str) -> String {
    name.chars().take(26).collect()
}

fn colour(index: usize) -> PaletteColor<Palette99> {
    Palette99::pick(index)
}

fn text(size: f64) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size))
}
