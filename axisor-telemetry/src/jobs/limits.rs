//! How much of what others wrote is carried, and believed.

use std::time::Duration;

/// Version 00 has 55; a later one may append what it needs: <https://www.w3.org/TR/trace-context/#versioning-of-traceparent>.
pub(super) const TRACEPARENT_BYTES: usize = 256;
/// Who wrote that a job waited longer meant another unit; it would spoil the sum of all waits.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// At least as much has to be propagated: <https://www.w3.org/TR/trace-context/#tracestate-limits>.
const TRACESTATE_BYTES: usize = 512;
/// No list may have more: <https://www.w3.org/TR/trace-context/#tracestate-header-field-values>.
const TRACESTATE_MEMBERS: usize = 32;
/// Longer ones go first if not all fit.
const LONG_MEMBER: usize = 128;
/// At least as much has to be propagated: <https://www.w3.org/TR/baggage/#limits>.
const BAGGAGE_BYTES: usize = 8192;
const BAGGAGE_MEMBERS: usize = 64;

/// What of a `tracestate` is carried: all of it, or what is left without the long members and then without the last.
pub(super) fn tracestate(text: &str) -> String {
    let fits = text.len() <= TRACESTATE_BYTES;
    let members = members(text).filter(|member| fits || member.len() <= LONG_MEMBER);
    first(members, TRACESTATE_BYTES, TRACESTATE_MEMBERS)
}

/// What of a `baggage` is carried: its first members.
pub(super) fn baggage(text: &str) -> String {
    first(members(text), BAGGAGE_BYTES, BAGGAGE_MEMBERS)
}

fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|member| !member.is_empty())
}

/// The first of `members`, whole, until one does not fit.
fn first<'a>(members: impl Iterator<Item = &'a str>, bytes: usize, most: usize) -> String {
    let mut list = String::new();
    for member in members.take(most) {
        let comma = usize::from(!list.is_empty());
        if list.len() + comma + member.len() > bytes {
            break;
        }
        if comma == 1 {
            list.push(',');
        }
        list.push_str(member);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(members: impl IntoIterator<Item = String>) -> String {
        members.into_iter().collect::<Vec<_>>().join(",")
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let long = format!("a={}", "x".repeat(TRACESTATE_BYTES - 2));
        assert_eq!(tracestate(&long), long);
        let most = list((0..BAGGAGE_MEMBERS).map(|n| format!("k{n}=v;p=1")));
        assert_eq!(baggage(&most), most);
    }

    #[test]
    fn of_a_tracestate_that_is_too_long_the_long_members_go_and_then_the_last() {
        let long = format!("long={}", "x".repeat(LONG_MEMBER));
        let short = |n| format!("m{n:02}={}", "x".repeat(96));
        let given = list([short(0), long].into_iter().chain((1..9).map(short)));
        assert_eq!(tracestate(&given), list((0..5).map(short)));
        let many = list((0..40).map(|n| format!("m{n}=1")));
        assert_eq!(
            tracestate(&many),
            list((0..TRACESTATE_MEMBERS).map(|n| format!("m{n}=1")))
        );
    }

    #[test]
    fn of_a_baggage_that_is_too_long_the_first_members_stay_whole() {
        let member = |n| format!("m{n:02}={}", "x".repeat(995));
        assert_eq!(
            baggage(&list((0..20).map(member))),
            list((0..8).map(member))
        );
        assert_eq!(baggage(&"x".repeat(BAGGAGE_BYTES + 1)), "");
    }
}
