//! Which spans there may be, by their target and level.

use tracing::Level;
use tracing_subscriber::filter::Targets;

/// The directives of `traces.level`.
#[derive(Debug, Clone)]
pub(crate) struct SpanFilter(Targets);

impl SpanFilter {
    /// `directives` are the configuration's, which has tried them.
    pub(crate) fn new(directives: &str) -> Self {
        Self(directives.parse().unwrap_or_default())
    }

    /// Whether spans of this target and level are made.
    pub(crate) fn admits(&self, target: &str, level: Level) -> bool {
        self.0.would_enable(target, &level)
    }

    /// The same directives as a filter of `tracing` spans.
    pub(crate) fn directives(&self) -> Targets {
        self.0.clone()
    }
}
