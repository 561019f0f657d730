//! The comparison for people.

use haechi_engine::diff::Fate;

use super::answer::Answer;
use super::rows::{Reasons, Row, rows};
use crate::printer::Printer;
use crate::report::diff::Presence;
use crate::table::{Cell, Column, Layout, Table, wrap};

/// Prints a table for each fate.
pub(super) fn print(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let rows = rows(answer);
    let (look, layout) = (printer.look(), Layout::Columns(printer.width()));
    let mut reasons = Reasons::default();
    let mut out = printer.data();
    for group in rows.chunk_by(|a, b| a.fate == b.fate) {
        let (title, style) = match group[0].fate {
            Fate::Added => ("Added", look.palette.allow),
            Fate::Removed => ("Removed", look.palette.deny),
            Fate::Changed => ("On other ports", look.palette.undefined),
        };
        let strong = look.palette.strong;
        writeln!(out, "{strong}{style}{title}{style:#}{strong:#}")?;
        table(answer, group, &mut reasons).write(&mut out, look, layout)?;
        writeln!(out)?;
    }
    if !reasons.all().is_empty() {
        let heading = look.palette.heading;
        writeln!(out, "{heading}Why{heading:#}")?;
        for line in why(reasons.all(), layout) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    for (presence, what) in [(Presence::Added, "New"), (Presence::Removed, "Gone")] {
        let names: Vec<&str> = answer
            .one_sided(presence)
            .into_iter()
            .map(|place| answer.parties.short(place))
            .collect();
        if !names.is_empty() {
            writeln!(out, "{what}: {}", names.join(", "))?;
        }
    }
    writeln!(out, "{}", closing(answer))?;
    writeln!(out, "Profile: {}", answer.loaded().profile)?;
    Ok(())
}

/// The reasons by their numbers.
fn why(reasons: &[String], layout: Layout) -> Vec<String> {
    let width = match layout {
        Layout::Columns(columns) => columns,
        Layout::Wide => usize::MAX,
    };
    let gutter = reasons.len().to_string().len();
    let mut lines = Vec::new();
    for (number, reason) in (1..).zip(reasons) {
        for (i, line) in wrap(reason, width.saturating_sub(gutter + 2)).into_iter().enumerate() {
            let number = if i == 0 { number.to_string() } else { String::new() };
            lines.push(format!("{number:>gutter$}  {line}"));
        }
    }
    lines
}

fn table(answer: &Answer<'_, '_, '_>, rows: &[Row], reasons: &mut Reasons) -> Table {
    let mut table = Table::new(["FROM", "TO", "PORTS", "WHY"].map(Column::text).to_vec());
    let mut before = None;
    for row in rows {
        let from = if before == Some(&row.from) {
            String::new()
        } else {
            answer.short(&row.from)
        };
        before = Some(&row.from);
        let cells = [
            from,
            answer.short(&row.to),
            row.what.to_string(),
            reasons.numbers(&row.policies),
        ];
        table.row(cells.map(Cell::from));
    }
    table
}

/// `2 connections added, 1 removed, 3 on other ports.`
pub(super) fn closing(answer: &Answer<'_, '_, '_>) -> String {
    let summary = answer.summary();
    let counts = [
        (summary.added, "added"),
        (summary.removed, "removed"),
        (summary.changed, "on other ports"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let noun = match (parts.is_empty(), count) {
            (true, 1) => " connection",
            (true, _) => " connections",
            (false, _) => "",
        };
        parts.push(format!("{count}{noun} {what}"));
    }
    if parts.is_empty() {
        "No connection differs.".to_owned()
    } else {
        format!("{}.", parts.join(", "))
    }
}
