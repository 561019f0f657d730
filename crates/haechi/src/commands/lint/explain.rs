//! What a code means.

use std::fmt::Write;

use haechi_engine::lint::codes::{self, Entry};

use crate::printer::Printer;
use crate::table::wrap;

pub(super) fn print(entry: &Entry, printer: &mut Printer) -> anyhow::Result<()> {
    let (palette, width) = (printer.look().palette, printer.width());
    let (strong, heading) = (palette.strong, palette.heading);
    let out = printer.data();
    let Entry {
        code,
        name,
        severity,
        explanation,
        example,
        remedy,
    } = entry;
    writeln!(out, "{strong}{code} {name}{strong:#} ({severity})\n")?;
    writeln!(out, "{}\n", wrap(explanation, width).join("\n"))?;
    writeln!(out, "{heading}For example{heading:#}\n")?;
    for line in example.lines() {
        writeln!(out, "    {line}")?;
    }
    writeln!(out, "\n{heading}What to do{heading:#}\n")?;
    writeln!(out, "{}", wrap(remedy, width).join("\n"))?;
    Ok(())
}

/// The page that lists every kind of finding.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "# Findings of `haechi lint`\n\n<!-- Generated from the registry in crates/haechi-engine/src/lint/codes.rs by \
         `make generate`. -->\n\n\
         An error is wrong: the object or field is not used. A warning is probably not what was meant. A note is worth \
         knowing and\nfails nothing. A finding has the severity below or, where it may well be meant so, is a note.\n\n\
         `haechi lint --explain CODE` prints one of these on the terminal. To accept a finding, annotate its object with\n\
         `haechi.dev/lint-ignore: HNP010, HNP023`, put the comment `# haechi: ignore HNP010` on its line or on one of its \
         own before\nit, or leave out a code altogether with `--ignore HNP010`.\n\n\
         | code | name | severity |\n|---|---|---|\n",
    );
    for Entry {
        code, name, severity, ..
    } in codes::all()
    {
        let anchor = anchor(code.0, name);
        let _ = writeln!(text, "| [{code}](#{anchor}) | {name} | {severity} |");
    }
    for entry in codes::all() {
        let _ = write!(
            text,
            "\n## {} {}\n\nSeverity: {}.\n\n{}\n\n{}\n\n{}\n",
            entry.code,
            entry.name,
            entry.severity,
            wrap(entry.explanation, WIDTH).join("\n"),
            fenced(entry.example),
            wrap(entry.remedy, WIDTH).join("\n"),
        );
    }
    text
}

/// An example as a block of Markdown.
pub(super) fn fenced(example: &str) -> String {
    let language = if example.starts_with("haechi ") { "sh" } else { "yaml" };
    format!("```{language}\n{example}\n```")
}

/// How wide Markdown is written.
const WIDTH: usize = 120;

/// The anchor that a heading gets.
fn anchor(code: &str, name: &str) -> String {
    format!("{}-{name}", code.to_lowercase())
}

/// The page of a kind of finding, for machines that link to it.
pub(super) fn link(entry: &Entry) -> String {
    const PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/lint.md");
    format!("{PAGE}#{}", anchor(entry.code.0, entry.name))
}
