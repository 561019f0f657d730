//! Findings as JUnit XML, as build servers read it: a suite for each file, a failure for each finding.

use std::fmt::{self, Write};

use haechi_model::FileId;
use haechi_model::diagnostic::Severity;
use rustc_hash::FxHashMap;

use super::findings::{Finding, Findings};
use crate::escape::Xml;
use crate::load::Loaded;
use crate::printer::Printer;

pub(super) fn print(loaded: &Loaded, findings: &Findings, printer: &mut Printer) -> anyhow::Result<()> {
    let mut text = String::new();
    write(&mut text, loaded, findings)?;
    printer.data().write_all(text.as_bytes())?;
    Ok(())
}

fn write(out: &mut String, loaded: &Loaded, findings: &Findings) -> fmt::Result {
    let files = loaded.files();
    let mut by_file: FxHashMap<FileId, Vec<&Finding>> = FxHashMap::default();
    for finding in &findings.list {
        by_file
            .entry(finding.diagnostic.location.file)
            .or_default()
            .push(finding);
    }
    let is_failure = |f: &&&Finding| f.diagnostic.severity > Severity::Note;
    let suites: Vec<(FileId, &[&Finding])> = files
        .ids()
        .map(|file| (file, by_file.get(&file).map_or(&[][..], Vec::as_slice)))
        .collect();
    // A file without findings is a test that passes.
    let tests: usize = suites.iter().map(|(_, found)| found.len().max(1)).sum();
    let failures = findings.list.iter().filter(|f| is_failure(&f)).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="haechi lint" tests="{tests}" failures="{failures}" errors="0">"#
    )?;
    for (file, found) in suites {
        let name = Xml(files.name(file));
        let failures = found.iter().filter(is_failure).count();
        let tests = found.len().max(1);
        writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="0" skipped="0" time="0">"#
        )?;
        if found.is_empty() {
            writeln!(
                out,
                r#"    <testcase classname="{name}" name="no findings" file="{name}" time="0"/>"#
            )?;
        }
        for finding in found {
            case(out, loaded, finding)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(out: &mut String, loaded: &Loaded, finding: &Finding) -> fmt::Result {
    let d = &finding.diagnostic;
    let file = loaded.files().name(d.location.file);
    let object = finding.object.as_deref().unwrap_or(file);
    let place = loaded.files().show(d.location).to_string();
    let mut body = format!("{place}: {}[{}] {}\n", d.severity, d.code, d.message);
    if let Some(hint) = &d.hint {
        body.push_str(&format!("hint: {hint}\n"));
    }
    for (location, what) in &d.related {
        body.push_str(&format!("{}: {what}\n", loaded.files().show(*location)));
    }
    let name = format!(
        "{} {} at {}:{}",
        d.code, finding.entry.name, d.location.line, d.location.column
    );
    write!(
        out,
        r#"    <testcase classname="{}" name="{}" file="{}" line="{}" time="0">"#,
        Xml(object),
        Xml(&name),
        Xml(file),
        d.location.line
    )?;
    let body = Xml(body.trim_end());
    match d.severity {
        // Notes fail nothing.
        Severity::Note => write!(out, "<system-out>{body}</system-out>")?,
        severity => write!(
            out,
            r#"<failure type="{severity}" message="{}">{body}</failure>"#,
            Xml(&d.message)
        )?,
    }
    writeln!(out, "</testcase>")
}
