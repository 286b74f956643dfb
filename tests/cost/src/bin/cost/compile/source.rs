//! The crates that are compiled.

use std::fmt::Write as _;

/// How many functions a crate has.
const FUNCTIONS: u32 = 200;

/// What stands on each function of a crate.
pub(super) struct Attribute {
    pub(super) krate: &'static str,
    /// What it is called in the table.
    pub(super) shown: &'static str,
    /// Its text; `FUNCTION` stands for the function's name.
    text: &'static str,
}

/// Where the crate without attributes stands in [`ATTRIBUTES`].
pub(super) const PLAIN: usize = 0;
/// Where ours stands.
pub(super) const OURS: usize = 1;
/// Where the one stands that ours is judged by.
pub(super) const PEER: usize = 2;

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute {
        krate: "plain",
        shown: "none",
        text: "",
    },
    Attribute {
        krate: "ours",
        shown: "instrument_automation",
        text: "#[axisor_telemetry::instrument_automation(type = \"FUNCTION\")]",
    },
    Attribute {
        krate: "instrument",
        shown: "tracing::instrument",
        text: "#[tracing::instrument]",
    },
    Attribute {
        krate: "instrument-skip-err",
        shown: "tracing::instrument(skip_all, err)",
        text: "#[tracing::instrument(skip_all, err)]",
    },
    Attribute {
        krate: "metrics",
        shown: "autometrics",
        text: "#[autometrics::autometrics]",
    },
    Attribute {
        krate: "traced",
        shown: "fastrace::trace",
        text: "#[fastrace::trace]",
    },
];

/// The source of a crate: functions like those of a service, half of them `async`.
pub(super) fn library(attribute: &Attribute) -> String {
    let mut source = include_str!("library.rs").to_owned();
    let mut started = String::new();
    for number in 1..=FUNCTIONS {
        let (async_, await_) = if number % 2 == 0 {
            ("async ", ".await")
        } else {
            ("", "")
        };
        let kind = if number % 2 == 0 { "later" } else { "now" };
        let function = format!("place_{kind}_{number}");
        let attribute = attribute.text.replace("FUNCTION", &function);
        let _ = write!(
            source,
            "
{attribute}
pub {async_}fn {function}(user: &User, sats: u64) -> Result<u64, Refused> {{
    let margin = price_{kind}(user, sats){await_}?;
    if margin < {number} {{
        return Err(Refused(margin));
    }}
    Ok(margin - {number})
}}
"
        );
        if number % 2 == 0 {
            let _ = writeln!(started, "        Box::pin({function}(user, sats)),");
        }
    }
    source.replace("        STARTED\n", &started)
}
