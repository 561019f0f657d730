//! Figures in Markdown, and the places in a document where they go.

use std::fmt::Write;

use thiserror::Error;

use crate::measure::{Cost, Outcome};

/// A document has no place for a section.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the document has no `{begin}` followed by `{end}`")]
pub struct NoSection {
    begin: String,
    end: String,
}

/// The document with what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` replaced.
///
/// # Errors
/// If the document lacks one of the two.
pub fn replace_section(document: &str, name: &str, content: &str) -> Result<String, NoSection> {
    let (begin, end) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let parts = document
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let Some((before, after)) = parts else {
        return Err(NoSection { begin, end });
    };
    Ok(format!("{before}{begin}\n{}\n{end}{after}", content.trim_end()))
}

/// A Markdown table: columns are aligned left if their name begins with `<`, else right.
pub fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.trim_start_matches('<')).collect();
    let rules: Vec<_> = columns
        .iter()
        .map(|column| if column.starts_with('<') { "---" } else { "---:" })
        .collect();
    let mut text = format!("| {} |\n|{}|\n", names.join(" | "), rules.join("|"));
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// Seconds with about three digits.
pub fn seconds(seconds: f64) -> String {
    if seconds < 0.1 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

/// Bytes in MB, a million bytes each.
pub fn megabytes(bytes: u64) -> String {
    grouped(bytes.div_ceil(1_000_000)) + " MB"
}

/// A number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An outcome in the cell of a table: wall clock, processor time, peak memory.
pub fn cell(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(Cost {
            wall_seconds,
            cpu_seconds,
            peak_bytes,
        }) => {
            format!(
                "{} · {} · {}",
                seconds(*wall_seconds),
                seconds(*cpu_seconds),
                megabytes(*peak_bytes)
            )
        }
        Outcome::OverLimit(Cost {
            wall_seconds,
            peak_bytes,
            ..
        }) => {
            format!("stopped after {} · {}", seconds(*wall_seconds), megabytes(*peak_bytes))
        }
        Outcome::Failed(Some(code)) => format!("failed with exit code {code}"),
        Outcome::Failed(None) => "ended by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_section_is_replaced() {
        let document = "a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n<!-- bench:y -->\nkept\n<!-- /bench:y -->\n";
        let replaced = replace_section(document, "x", "new\n").unwrap();
        assert_eq!(
            replaced,
            "a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb\n<!-- bench:y -->\nkept\n<!-- /bench:y -->\n"
        );
        assert_eq!(replace_section(&replaced, "x", "new").unwrap(), replaced);
        assert!(replace_section(document, "z", "new").is_err());
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!(
            [grouped(7), grouped(1_234), grouped(100_000)],
            ["7", "1,234", "100,000"]
        );
        assert_eq!(
            [seconds(0.0421), seconds(0.5), seconds(7.12159), seconds(94.2)],
            ["42.1 ms", "0.50 s", "7.12 s", "94 s"]
        );
        assert_eq!(megabytes(1_572_864), "2 MB");
    }

    #[test]
    fn a_table_is_aligned_as_asked() {
        let rows = [vec!["a".to_owned(), "1".to_owned()]];
        assert_eq!(
            table(&["<name", "count"], &rows),
            "| name | count |\n|---|---:|\n| a | 1 |\n"
        );
    }
}
