//! The answer for people.

use std::fmt::Write as _;

use haechi_engine::{By, Extent, Party};

use super::answer::Answer;
use super::decides;
use super::document::reasons;
use super::exposure;
use super::rows::{Row, Rows, Who};
use crate::Context;
use crate::addresses;
use crate::printer::Printer;
use crate::table::{Cell, Column, Layout, Table, wrap};

/// Prints short names in a table that fits the terminal.
pub(super) fn table(answer: &Answer<'_, '_, '_>, context: &mut Context) -> anyhow::Result<()> {
    let rows = Rows::new(answer);
    let printer = &mut context.printer;
    let (look, width) = (printer.look(), printer.width());
    let layout = Layout::Columns(width);
    let heading = look.palette.heading;
    let mut out = printer.data();
    if !rows.allowed.is_empty() {
        connections(answer, &rows.allowed).write(&mut out, look, layout)?;
        writeln!(out)?;
    }
    if !rows.undefined.is_empty() {
        let pairs = rows.undefined_pairs.len();
        writeln!(
            out,
            "{heading}Depends on the data plane: {}{heading:#}",
            counted(pairs, "pair")
        )?;
        for group in rows.undefined.chunk_by(|a, b| a.reasons == b.reasons) {
            let because = format!("Because {}:", reasons(group[0].reasons));
            writeln!(out, "\n{}", wrap(&because, width).join("\n"))?;
            connections(answer, group).write(&mut out, look, layout)?;
        }
        let line = decides::line(answer, &rows.undefined_pairs);
        writeln!(out, "\n{}\n", wrap(&line, width).join("\n"))?;
    }
    if let Some(exposures) = &answer.exposure {
        writeln!(out, "{heading}What the sources do not name{heading:#}\n")?;
        exposure::table(answer, exposures).write(&mut out, look, layout)?;
        writeln!(out)?;
    }
    for line in [closing(answer, &rows), format!("Profile: {}", answer.loaded.profile)] {
        writeln!(out, "{}", wrap(&line, width).join("\n"))?;
    }
    Ok(())
}

/// Prints one line for each row, with full names.
pub(super) fn wide(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let rows = Rows::new(answer);
    let look = printer.look();
    let columns = ["FROM", "TO", "VERDICT", "PORTS", "WHY"].map(Column::text);
    let mut table = Table::new(columns.to_vec());
    for row in rows.allowed.iter().chain(&rows.undefined) {
        let (verdict, style) = if row.reasons.is_empty() {
            ("allow", look.palette.allow)
        } else {
            ("undefined", look.palette.undefined)
        };
        table.row([
            full(answer, &row.from).into(),
            full(answer, &row.to).into(),
            Cell::from(verdict).style(style),
            ports(row).into(),
            reasons(row.reasons).into(),
        ]);
    }
    table.write(printer.data(), look, Layout::Wide)?;
    if let Some(exposures) = &answer.exposure {
        writeln!(printer.data())?;
        exposure::table(answer, exposures).write(printer.data(), look, Layout::Wide)?;
    }
    writeln!(printer.data(), "\nProfile: {}", answer.loaded.profile)?;
    Ok(())
}

/// Prints Markdown tables.
pub(super) fn markdown(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let rows = Rows::new(answer);
    let out = printer.data();
    let table = |rows: &[Row]| {
        let mut text = String::from("| from | to | ports |\n|---|---|---|\n");
        for row in rows {
            let cells = [short(answer, &row.from), short(answer, &row.to), ports(row)].map(|c| c.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    };
    if !rows.allowed.is_empty() {
        writeln!(out, "{}", table(&rows.allowed))?;
    }
    if !rows.undefined.is_empty() {
        let pairs = rows.undefined_pairs.len();
        writeln!(out, "### Depends on the data plane: {}\n", counted(pairs, "pair"))?;
        for group in rows.undefined.chunk_by(|a, b| a.reasons == b.reasons) {
            writeln!(out, "Because {}:\n\n{}", reasons(group[0].reasons), table(group))?;
        }
        writeln!(out, "{}\n", decides::line(answer, &rows.undefined_pairs))?;
    }
    if let Some(exposures) = &answer.exposure {
        writeln!(
            out,
            "### What the sources do not name\n\n{}",
            exposure::markdown(answer, exposures)
        )?;
    }
    writeln!(out, "{}\nProfile: {}", closing(answer, &rows), answer.loaded.profile)?;
    Ok(())
}

/// A table of rows, each sender named once.
fn connections(answer: &Answer<'_, '_, '_>, rows: &[Row]) -> Table {
    let mut table = Table::new(["FROM", "TO", "PORTS"].map(Column::text).to_vec());
    let mut before = None;
    for row in rows {
        let from = if before == Some(&row.from) {
            String::new()
        } else {
            short(answer, &row.from)
        };
        before = Some(&row.from);
        table.row([from, short(answer, &row.to), ports(row)].map(Cell::from));
    }
    table
}

fn short(answer: &Answer<'_, '_, '_>, who: &Who) -> String {
    match who {
        Who::Party(place) => answer.parties.short(*place).to_owned(),
        Who::Addresses(_) => full(answer, who),
    }
}

fn full(answer: &Answer<'_, '_, '_>, who: &Who) -> String {
    match who {
        Who::Party(place) => answer.parties.id(*place).to_owned(),
        Who::Addresses(ranges) => {
            let text = addresses::describe(ranges);
            match answer.nodes(ranges) {
                Some(nodes) => format!("Node {} ({text})", nodes.join(", ")),
                None => text,
            }
        }
    }
}

fn ports(row: &Row) -> String {
    match row.extent {
        Extent::Every => row.ports.to_string(),
        Extent::Some => format!("{} (some pods)", row.ports),
    }
}

/// `38 connections between 17 workloads and the outside.` and what else one should know.
fn closing(answer: &Answer<'_, '_, '_>, rows: &Rows) -> String {
    let mut text = if rows.allowed.is_empty() && rows.undefined.is_empty() {
        "No connections".to_owned()
    } else {
        counted(rows.allowed.len() + rows.undefined.len(), "connection")
    };
    if !answer.is_narrowed() {
        let is_pod = |place: &usize| !matches!(answer.party(*place), Party::Range(_) | Party::Domain(_));
        let what = match answer.by() {
            By::Workload => "workload",
            By::Pod => "pod",
        };
        let pods = answer.everybody().iter().filter(|p| is_pod(p)).count();
        let _ = write!(text, " of {}", counted(pods, what));
    }
    text.push('.');
    let some = |rows: &[Row]| rows.iter().any(|r| r.extent == Extent::Some);
    if some(&rows.allowed) || some(&rows.undefined) {
        text.push_str(" Where it says \"some pods\", --pods tells which.");
    }
    text
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
