//! How each argument is written.

use crate::attribute::Attribute;

/// An argument's name, and how it is written.
type Usage = (&'static str, &'static str);

/// The names of all arguments of an attribute.
pub(crate) fn names(attribute: Attribute) -> Vec<&'static str> {
    let common = COMMON.iter().map(|(name, _)| *name);
    let count = attribute.has_count().then_some(COUNT.0);
    let labels = attribute.labels().iter().copied();
    labels.chain(count).chain(common).collect()
}

/// How the argument of this name is written.
pub(crate) fn of(name: &str) -> &'static str {
    let mut known = COMMON.iter().chain(&LABELS).chain([&COUNT]).chain(&INNER);
    known
        .find(|known| known.0 == name)
        .map_or("otherwise", |known| known.1)
}

/// Where to write instead what has no such name here.
pub(crate) fn elsewhere(name: &str) -> Option<&'static str> {
    let known = ELSEWHERE.iter().find(|elsewhere| elsewhere.0 == name);
    known.map(|known| known.1)
}

/// The arguments every attribute has.
const COMMON: [Usage; 17] = [
    ("ok_if", "`ok_if = |returned| \u{2026}`"),
    ("error_if", "`error_if = |returned| \u{2026}`"),
    ("on_cancel", "`on_cancel = \"failure\"` or `\"skip\"`"),
    (
        "err",
        "`err`, `err(Debug)`, `err(with = function)` or `err(type_only)`",
    ),
    ("name", "`name = \"\u{2026}\"`"),
    ("kind", "`kind = \"client\"`"),
    ("level", "`level = \"debug\"`"),
    ("target", "`target = \"\u{2026}\"`"),
    ("parent", "`parent = job.context`"),
    ("links", "`links(job.context)`"),
    ("fields", "`fields(name = value)`"),
    ("duration", "`duration` or `duration(buckets = [0.1, 1.0])`"),
    ("in_flight", "alone"),
    ("capture", "alone"),
    ("skip", "`skip(argument)`"),
    ("skip_all", "alone"),
    ("crate", "`crate = path::to::axisor_telemetry`"),
];

/// The arguments that give labels.
const LABELS: [Usage; 3] = [
    ("type", "`type = \"margin_check\"`"),
    ("action", "`action = \"add_margin\"`"),
    ("plan", "`plan = user.plan`"),
];

/// Margin guard's alone.
const COUNT: Usage = ("count", "`count = \"success\"` or `\"always\"`");

/// Arguments of `err` and `duration`.
const INNER: [Usage; 4] = [
    ("Debug", "alone"),
    ("with", "`err(with = function)`"),
    ("type_only", "alone"),
    ("buckets", "`duration(buckets = [0.1, 1.0])`"),
];

/// What users may look for under another name or in another place.
const ELSEWHERE: [Usage; 6] = [
    (
        "ret",
        "belongs to a label: `type = ret(|returned| \u{2026})`",
    ),
    ("type_only", "is a form of `err`: `err(type_only)`"),
    ("with", "is a form of `err`: `err(with = function)`"),
    (
        "buckets",
        "belongs to `duration`: `duration(buckets = [0.1, 1.0])`",
    ),
    (
        "follows_from",
        "is called `links` here: `links(job.context)`",
    ),
    (
        "status",
        "is told by what is returned; write `ok_if = |returned| \u{2026}`",
    ),
];
