//! The results as JUnit XML, as build servers read it: a suite for each test, a case for each probe.

use std::fmt::{self, Write};

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
    writeln!(out, "</testsuites>")
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
            for fault in faults {
                let hint = fault.hint.as_ref().map(|h| format!("\nhint: {h}")).unwrap_or_default();
                let place = results.suite.files.show(fault.location);
                let body = format!("{place}: {}{hint}", fault.message);
                write!(out, r#"><error type="probe" message="{}">"#, Xml(&fault.message))?;
                write!(out, "{}</error>", Xml(&body))?;
                break;
            }
        }
    }
    writeln!(out, "</testcase>")
}
