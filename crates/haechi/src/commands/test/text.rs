//! The results for people: what holds in a line for each test, what does not with the lines that decided.

use std::fmt::Write as _;

use haechi_model::Files;

use super::{Counts, Results, words};
use crate::printer::{Look, Printer};
use crate::table::wrap;
use crate::testing::read::Probe;
use crate::testing::{Failure, Verdicts, cause};

pub(super) fn print(results: &Results<'_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let mut page = Page {
        look: printer.look(),
        width: printer.width(),
        text: String::new(),
    };
    for (test, ran) in results.tests() {
        let mut counts = Counts::of(&ran.verdicts);
        counts.errors += results.unreadable_of(test);
        page.test(test, counts, &results.suite.files);
        for (probe, verdict) in test.probes.iter().zip(&ran.verdicts) {
            page.probe(probe, verdict, results);
        }
        if counts.passed < counts.all() {
            page.text.push('\n');
        }
    }
    page.closing(results);
    printer.data().write_all(page.text.as_bytes())?;
    Ok(())
}

/// More lines of a rule than anybody reads.
const MOST_LINES: usize = 12;
/// More rules and policies than anybody reads.
const MOST_CITED: usize = 3;

struct Page {
    look: Look,
    width: usize,
    text: String,
}

impl Page {
    fn test(&mut self, test: &crate::testing::read::Test, counts: Counts, files: &Files) {
        let (mark, style) = if counts.errors > 0 {
            ("ERROR", self.look.palette.error)
        } else if counts.failed > 0 {
            ("FAIL", self.look.palette.deny)
        } else {
            ("ok", self.look.palette.allow)
        };
        let title = test.title.as_ref().map(|t| format!(": {t}")).unwrap_or_default();
        let count = match counts.all() {
            all if all == counts.passed => format!("{all} of {all}"),
            all => format!("{} of {all}", counts.passed),
        };
        let place = files.name(test.location.file);
        let _ = writeln!(
            self.text,
            "{style}{mark:5}{style:#} {}{title} ({count} hold)",
            test.name
        );
        let dim = self.look.palette.dim;
        let _ = writeln!(self.text, "      {dim}{place}{dim:#}");
    }

    fn probe(&mut self, probe: &Probe, verdict: &Verdicts<'_>, results: &Results<'_, '_>) {
        let (error, deny, strong) = (
            self.look.palette.error,
            self.look.palette.deny,
            self.look.palette.strong,
        );
        let tests = &results.suite.files;
        match verdict {
            Verdicts::Holds(_) => {}
            Verdicts::Fails(failure) => {
                let _ = writeln!(
                    self.text,
                    "\n  {deny}failed{deny:#}: {strong}{}{strong:#}\n  --> {}",
                    words::probe(probe),
                    tests.show(probe.location)
                );
                self.failure(failure, results.loaded.files());
            }
            Verdicts::Faulty(faults) => {
                let _ = writeln!(
                    self.text,
                    "\n  {error}error{error:#}: {strong}{}{strong:#}",
                    words::probe(probe)
                );
                for fault in faults {
                    let _ = writeln!(self.text, "  --> {}", tests.show(fault.location));
                    self.paragraph("    ", &fault.message);
                    if let Some(hint) = &fault.hint {
                        self.paragraph("    ", &format!("hint: {hint}"));
                    }
                }
            }
        }
    }

    fn failure(&mut self, failure: &Failure<'_>, sources: &Files) {
        for line in words::counters(failure) {
            self.paragraph("    ", &line);
        }
        for cause in &failure.causes {
            self.paragraph("    ", &cause.said);
            for cited in cause.places.iter().take(MOST_CITED) {
                self.cited(cited, sources);
            }
            if let Some(more) = cause.places.len().checked_sub(MOST_CITED).filter(|n| *n > 0) {
                let _ = writeln!(self.text, "      and {more} more");
            }
        }
    }

    fn cited(&mut self, cited: &cause::Cited<'_>, sources: &Files) {
        let dim = self.look.palette.dim;
        let location = cited.location();
        let policy = match cited.rule {
            // It is in the sentence above.
            Some(_) => String::new(),
            None => format!("{} ", cited.policy.id),
        };
        let _ = writeln!(self.text, "      {policy}{dim}{}{dim:#}", sources.show(location));
        // A policy that isolates does so as a whole: its lines tell nothing more.
        if cited.rule.is_none() {
            return;
        }
        let gutter = location.last_line.to_string().len();
        for (number, line) in sources.lines(location, MOST_LINES) {
            let _ = writeln!(self.text, "      {dim}{number:gutter$} |{dim:#} {line}");
        }
        if (location.last_line - location.line) as usize >= MOST_LINES {
            let _ = writeln!(
                self.text,
                "      {dim}{:gutter$} |{dim:#} {}",
                "",
                self.look.charset.ellipsis()
            );
        }
    }

    fn closing(&mut self, results: &Results<'_, '_>) {
        let counts = results.counts();
        let plural = if counts.all() == 1 { "" } else { "s" };
        let mut text = format!("{} probe{plural}: {} hold", counts.all(), counts.passed);
        if counts.failed > 0 {
            text.push_str(&format!(", {} failed", counts.failed));
        }
        if counts.errors > 0 {
            text.push_str(&format!(", {} could not be asked", counts.errors));
        }
        let usual = results.loaded.profile.profile;
        let others: Vec<String> = results
            .ran
            .iter()
            .map(|r| r.profile)
            .filter(|p| *p != usual)
            .map(|p| p.to_string())
            .collect();
        let _ = writeln!(self.text, "\n{text}.");
        if others.len() < results.ran.len() {
            let _ = writeln!(self.text, "Profile: {}", results.loaded.profile);
        }
    }

    /// Words wrapped to the terminal.
    fn paragraph(&mut self, indent: &str, text: &str) {
        for line in wrap(text, self.width.saturating_sub(indent.len()).max(20)) {
            let _ = writeln!(self.text, "{indent}{line}");
        }
    }
}
