//! The comparison as a comment on a pull request.

use std::fmt::Write as _;

use haechi_engine::diff::Fate;

use super::answer::Answer;
use super::rows::{Reasons, Row, rows};
use super::text::closing;
use crate::printer::Printer;
use crate::report::diff::Presence;

/// A longer table is folded.
const FOLDED: usize = 25;
/// GitHub takes comments of 65,536 characters.
const MOST: usize = 60_000;

/// Prints Markdown.
pub(super) fn print(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let rows = rows(answer);
    let mut text = String::new();
    let closing = closing(answer).replacen("No", "no", 1);
    let _ = writeln!(text, "### Network policy: {}\n", closing.trim_end_matches('.'));
    if rows.is_empty() {
        text.push_str("Everybody may talk to whom they could talk to before, and to nobody else.\n\n");
    }
    let (mut left_out, mut reasons) = (0, Reasons::default());
    for group in rows.chunk_by(|a, b| a.fate == b.fate) {
        left_out += section(answer, group, &mut reasons, &mut text);
    }
    for (number, reason) in (1..).zip(reasons.all()) {
        let _ = writeln!(text, "{number}. {}", escaped(reason));
    }
    if !reasons.all().is_empty() {
        text.push('\n');
    }
    for (presence, what) in [(Presence::Added, "New"), (Presence::Removed, "Gone")] {
        let names: Vec<String> = answer
            .one_sided(presence)
            .into_iter()
            .map(|place| code(answer.parties.short(place)))
            .collect();
        if !names.is_empty() {
            let _ = writeln!(text, "{what}: {}\n", names.join(", "));
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "{left_out} more rows are left out; `haechi diff` lists them all.\n"
        );
    }
    let _ = writeln!(text, "<sub>haechi diff, profile {}</sub>", answer.loaded().profile);
    printer.data().write_all(text.as_bytes())?;
    Ok(())
}

/// Writes the rows of one fate, and says how many had no room.
fn section(answer: &Answer<'_, '_, '_>, rows: &[Row], reasons: &mut Reasons, text: &mut String) -> usize {
    let (title, mark) = match rows[0].fate {
        Fate::Added => ("Added", "🟢"),
        Fate::Removed => ("Removed", "🔴"),
        Fate::Changed => ("On other ports", "🟡"),
    };
    let folded = rows.len() > FOLDED;
    if folded {
        let _ = writeln!(
            text,
            "<details><summary>{mark} <b>{title}</b> ({})</summary>\n",
            rows.len()
        );
    } else {
        let _ = writeln!(text, "{mark} **{title}**\n");
    }
    text.push_str("| from | to | ports | why |\n|---|---|---|---|\n");
    let mut left_out = 0;
    for row in rows {
        let line = format!(
            "| {} | {} | {} | {} |\n",
            code(&answer.short(&row.from)),
            code(&answer.short(&row.to)),
            escaped(&row.what.to_string()),
            reasons.numbers(&row.policies)
        );
        if text.len() + line.len() > MOST {
            left_out += 1;
        } else {
            text.push_str(&line);
        }
    }
    text.push('\n');
    if folded {
        text.push_str("</details>\n\n");
    }
    left_out
}

/// A name as code; what is behind it in parentheses is not.
fn code(name: &str) -> String {
    match name.split_once(" (") {
        Some((name, note)) => format!("`{}` ({}", name.replace('|', "\\|"), escaped(note)),
        None => format!("`{}`", name.replace('|', "\\|")),
    }
}

/// A text in which nothing is Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '\\' | '[' | ']' | '~' | '#' => escaped.extend(['\\', c]),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' => escaped.push_str("<br>"),
            c => escaped.push(c),
        }
    }
    escaped
}
