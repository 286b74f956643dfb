//! The arguments of the attributes.

mod counting;
mod labels;
mod linking;
mod measuring;
mod spans;

/// Why an exchange did not.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the exchange refused")
    }
}
