//! The results as JUnit XML, as build servers read it: a suite for each test, a case for each probe.

use std::fmt::{self, Write};

use haechi_model::Diagnostic;

use super::{Counts, Results, words};
use crate::escape::Xml;
use crate::printer::Printer;
use crate::testing::Verdicts;
use crate::testing::read::Probe;

pub(super) fn print(results: &Results<'_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let mut text = String::new();
    write(&mut text, results)?;
    printer.data().write_all(text.as_bytes())?;
    Ok(())
}

fn write(out: &mut String, results: &Results<'_, '_>) -> fmt::Result {
    let counts = results.counts();
    let numbers = |counts: Counts| {
        let Counts { failed, errors, .. } = counts;
        format!(r#"tests="{}" failures="{failed}" errors="{errors}""#, counts.all())
    };
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="haechi test" {}>"#, numbers(counts))?;
    for (test, ran) in results.tests() {
        let file = results.suite.files.name(test.location.file);
        let counts = Counts::of(&ran.verdicts);
        writeln!(
            out,
            r#"  <testsuite name="{}" file="{}" {} skipped="0" time="0">"#,
            Xml(&test.name),
            Xml(file),
            numbers(counts)
        )?;
        for (probe, verdict) in test.probes.iter().zip(&ran.verdicts) {
            case(out, results, (&test.name, file), probe, verdict)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    let unreadable: Vec<&Diagnostic> = results.unreadable().collect();
    if !unreadable.is_empty() {
        let counts = Counts {
            errors: unreadable.len(),
            ..Counts::default()
        };
        writeln!(
            out,
            r#"  <testsuite name="what could not be read" {} skipped="0" time="0">"#,
            numbers(counts)
        )?;
        for diagnostic in unreadable {
            let place = results.suite.files.show(diagnostic.location).to_string();
            let hint = hint(diagnostic.hint.as_ref());
            write!(
                out,
                r#"    <testcase classname="unreadable" name="{}" file="{}" line="{}" time="0"><error type="probe" message="{}">"#,
                Xml(&place),
                Xml(results.suite.files.name(diagnostic.location.file)),
                diagnostic.location.line,
                Xml(&diagnostic.message)
            )?;
            let body = format!("{place}: {}{hint}", diagnostic.message);
            writeln!(out, "{}</error></testcase>", Xml(&body))?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn hint(hint: Option<&String>) -> String {
    hint.map(|h| format!("\nhint: {h}")).unwrap_or_default()
}

fn case(
    out: &mut String,
    results: &Results<'_, '_>,
    (test, file): (&str, &str),
    probe: &Probe,
    verdict: &Verdicts<'_>,
) -> fmt::Result {
    let line = probe.location.line;
    write!(
        out,
        r#"    <testcase classname="{}" name="{}" file="{}" line="{line}" time="0""#,
        Xml(test),
        Xml(&format!("{} (line {line})", words::probe(probe))),
        Xml(file),
    )?;
    let sources = results.loaded.files();
    match verdict {
        Verdicts::Holds(_) => return writeln!(out, "/>"),
        Verdicts::Fails(failure) => {
            let message = failure.counters.first().map(words::counter).unwrap_or_default();
            let body = words::failure(failure, |location| sources.show(location).to_string());
            write!(out, r#"><failure type="expectation" message="{}">"#, Xml(&message))?;
            write!(out, "{}</failure>", Xml(&body))?;
        }
        Verdicts::Faulty(faults) => {
            // A case has one error; the others say the same of other fields.
            let message = faults.first().map(|f| f.message.as_str()).unwrap_or_default();
            let bodies: Vec<String> = faults
                .iter()
                .map(|fault| {
                    let place = results.suite.files.show(fault.location);
                    format!("{place}: {}{}", fault.message, hint(fault.hint.as_ref()))
                })
                .collect();
            write!(out, r#"><error type="probe" message="{}">"#, Xml(message))?;
            write!(out, "{}</error>", Xml(&bodies.join("\n")))?;
        }
    }
    writeln!(out, "</testcase>")
}
