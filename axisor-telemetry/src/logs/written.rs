//! Lines written by the process itself.

use std::io::Write as _;

use tracing_subscriber::fmt::MakeWriter;

use super::events::Output;
use super::line::Line;
use super::pretty::Colours;
use super::{json, pretty};
use crate::config::{Config, LogFormat};

/// Writes each line at once, whole.
pub(super) struct Written<W> {
    writer: W,
    format: LogFormat,
    colours: Colours,
    service: String,
}

impl<W> Written<W> {
    pub(super) fn to(writer: W, config: &Config, colours: Colours) -> Self {
        Self {
            writer,
            format: config.logging.format,
            colours,
            service: config.service.name.clone(),
        }
    }
}

impl<W> Output for Written<W>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    const OF_TELEMETRY: bool = true;

    /// A log nobody can write to is no reason to fail, and there is nowhere to say so.
    fn take(&self, line: Line) {
        let text = match self.format {
            LogFormat::Json => json::write(&line, &self.service),
            LogFormat::Pretty => pretty::write(&line, self.colours),
        };
        let _ = self.writer.make_writer().write_all(text.as_bytes());
    }
}
