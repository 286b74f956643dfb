//! Tables that read well on a terminal and in Markdown.

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

/// A table with these columns.
pub(crate) fn text<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

/// What stands in a column about bars.
pub(crate) fn met(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    }
}

/// A whole number in groups of three digits.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    if number <= -0.5 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        assert_eq!(grouped(0.4), "0");
        assert_eq!(grouped(450.0), "450");
        assert_eq!(grouped(10_150.2), "10 150");
        assert_eq!(grouped(-1_234_567.0), "-1 234 567");
    }
}
