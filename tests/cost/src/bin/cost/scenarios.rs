//! The rows of the table.

use axisor_cost::{Form, Scenario, Subject};

/// One row: a call, what it may cost, and whom it is compared with.
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) scenario: Scenario,
    pub(crate) form: Form,
    pub(crate) bar: Bar,
    /// The first one is the peer of the bar.
    pub(crate) peers: &'static [Subject],
    /// Who does not export what the peers export, to know what that costs; not timed.
    pub(crate) thrown_away: &'static [Subject],
}

/// What our attribute may add to a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// Anything: the row is there to be known.
    None,
    /// This many instructions.
    Instructions(f64),
    /// This many instructions, and no allocation.
    NoAllocations(f64),
    /// This share of the first peer's instructions.
    Share(f64),
}

impl Row {
    /// Whether it is more than there to be known.
    pub(crate) fn has_a_bar(&self) -> bool {
        !matches!(self.bar, Bar::None)
    }
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        title: "counter only, spans off",
        scenario: Scenario::Counter,
        form: Form::Sync,
        bar: Bar::NoAllocations(60.0),
        peers: &[Subject::Autometrics],
        thrown_away: &[],
    },
    Row {
        title: "counter + duration, trace not sampled",
        scenario: Scenario::Unsampled,
        form: Form::Sync,
        bar: Bar::NoAllocations(450.0),
        peers: &[Subject::Both, Subject::Instrument],
        thrown_away: &[],
    },
    Row {
        title: "counter + duration + sampled span, exported",
        scenario: Scenario::Sampled,
        form: Form::Sync,
        bar: Bar::Share(0.35),
        peers: &[Subject::Both, Subject::Instrument, Subject::Fastrace],
        thrown_away: &[Subject::BothThrown, Subject::FastraceThrown],
    },
    Row {
        title: "no telemetry installed",
        scenario: Scenario::Absent,
        form: Form::Sync,
        bar: Bar::Instructions(30.0),
        peers: &[Subject::Instrument],
        thrown_away: &[],
    },
    Row {
        title: "each call begins a trace, exported",
        scenario: Scenario::Root,
        form: Form::Sync,
        bar: Bar::None,
        peers: &[Subject::Both],
        thrown_away: &[],
    },
    Row {
        title: "each call begins a trace, refused by the sampler",
        scenario: Scenario::Refused,
        form: Form::Sync,
        bar: Bar::None,
        peers: &[Subject::Both],
        thrown_away: &[],
    },
    Row {
        title: "async: counter only, spans off",
        scenario: Scenario::Counter,
        form: Form::Async,
        bar: Bar::None,
        peers: &[Subject::Autometrics],
        thrown_away: &[],
    },
    Row {
        title: "async: counter + duration, trace not sampled",
        scenario: Scenario::Unsampled,
        form: Form::Async,
        bar: Bar::None,
        peers: &[Subject::Both],
        thrown_away: &[],
    },
    Row {
        title: "async: counter + duration + sampled span, exported",
        scenario: Scenario::Sampled,
        form: Form::Async,
        bar: Bar::None,
        peers: &[Subject::Both, Subject::Fastrace],
        thrown_away: &[],
    },
    Row {
        title: "async: no telemetry installed",
        scenario: Scenario::Absent,
        form: Form::Async,
        bar: Bar::None,
        peers: &[Subject::Instrument],
        thrown_away: &[],
    },
];

/// What a peer is called in the tables.
pub(crate) fn called(subject: Subject) -> &'static str {
    match subject {
        Subject::Bare => "no attribute",
        Subject::Ours => "axisor-telemetry",
        Subject::Autometrics => "autometrics",
        Subject::Instrument => "tracing::instrument",
        Subject::Both => "autometrics + instrument",
        Subject::BothThrown => "both, thrown away",
        Subject::Fastrace => "fastrace",
        Subject::FastraceThrown => "fastrace, thrown away",
    }
}
