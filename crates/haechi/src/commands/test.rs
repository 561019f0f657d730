//! Whether the policies do what they are expected to.

use std::io;

use anyhow::anyhow;
use haechi_model::Diagnostic;
use haechi_model::diagnostic::Severity;

use crate::cli::{Test, TestFormat};
use crate::diagnostics;
use crate::error::Hint;
use crate::load::{Faults, Loaded};
use crate::testing::{self, Ran, Suite, Verdicts, Worlds};
use crate::timings::Phase;
use crate::{Context, Exit};

mod document;
mod github;
mod junit;
mod text;
mod words;

/// Answers `test`.
///
/// # Errors
/// When there are no sources or no tests, or the workload of `--init` cannot be found.
pub fn run(arguments: Test, context: &mut Context) -> anyhow::Result<Exit> {
    let loaded = context.load(&arguments.sources, Faults::Print)?;
    if let Some(asked) = &arguments.init {
        let named = loaded.find(asked)?;
        let compiled = loaded.compile(context, &testing::init::focus(&loaded.snapshot.cluster));
        let test = testing::init::init(&named, &loaded.profile, &compiled)?;
        context
            .printer
            .data()
            .write_all(testing::init::document(&test).as_bytes())?;
        return Ok(Exit::Clean);
    }
    let suite = suite(&arguments, context)?;
    context.begin(Phase::Compile);
    let (cluster, usual) = (&loaded.snapshot.cluster, loaded.profile.profile);
    let namespace = loaded.namespace.as_ref();
    let worlds = Worlds::new(&suite, &loaded.snapshot.policies, usual);
    let answers = worlds.compile(&suite, cluster, namespace);
    context.begin(Phase::Answer);
    let ran = testing::run(&suite, &answers, usual, namespace);
    let results = Results {
        loaded: &loaded,
        suite: &suite,
        ran: &ran,
    };
    match arguments.output {
        TestFormat::Table => text::print(&results, &mut context.printer)?,
        TestFormat::Json => context.printer.json(&document::document(&results))?,
        TestFormat::Junit => junit::print(&results, &mut context.printer)?,
        TestFormat::Github => github::print(&results, &mut context.printer)?,
    }
    let counts = results.counts();
    if counts.errors > 0 {
        context.ends_at_least(Exit::Error);
    }
    Ok(Exit::if_any(counts.failed))
}

/// Reads the tests, and says what is wrong with them.
fn suite(arguments: &Test, context: &mut Context) -> anyhow::Result<Suite> {
    context.begin(Phase::Read);
    let suite = testing::read(&arguments.tests, &mut io::stdin().lock());
    let palette = context.printer.error_look().palette;
    let text = diagnostics::render_all(&suite.files, &suite.diagnostics, palette);
    context.printer.say(&text);
    let wrong = suite.diagnostics.iter().any(|d| d.severity == Severity::Error);
    if wrong {
        context.ends_at_least(Exit::Error);
    }
    if suite.tests.is_empty() && !wrong {
        let hint = format!(
            "a test is YAML of apiVersion haechi.dev/v1 and kind ReachTest; begin with {} test -f ... --init WORKLOAD",
            context.program
        );
        return Err(anyhow!("there are no tests in what was named").hint(hint));
    }
    Ok(suite)
}

/// Tests that were run, with all that is needed to tell of them.
struct Results<'r, 'a> {
    loaded: &'r Loaded,
    suite: &'r Suite,
    ran: &'r [Ran<'a>],
}

/// How many probes fared how.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    errors: usize,
}

impl Counts {
    fn of<'v>(verdicts: impl IntoIterator<Item = &'v Verdicts<'v>>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdicts::Holds(_) => counts.passed += 1,
                Verdicts::Fails(_) => counts.failed += 1,
                Verdicts::Faulty(_) => counts.errors += 1,
            }
        }
        counts
    }

    fn all(self) -> usize {
        self.passed + self.failed + self.errors
    }
}

impl<'a> Results<'_, 'a> {
    fn counts(&self) -> Counts {
        let mut counts = Counts::of(self.ran.iter().flat_map(|r| &r.verdicts));
        counts.errors += self.unreadable().count();
        counts
    }

    /// What of the tests could not even be read.
    fn unreadable(&self) -> impl Iterator<Item = &Diagnostic> {
        let all = self.suite.diagnostics.iter();
        all.filter(|d| d.severity == Severity::Error)
    }

    /// What of one test could not be read.
    fn unreadable_of(&self, test: &testing::read::Test) -> usize {
        let (first, last) = (test.location.line, test.location.last_line);
        let of_file = self.unreadable().filter(|d| d.location.file == test.location.file);
        of_file.filter(|d| (first..=last).contains(&d.location.line)).count()
    }

    /// The tests, each with its probes and what became of them.
    fn tests(&self) -> impl Iterator<Item = (&testing::read::Test, &Ran<'a>)> {
        self.ran.iter().map(|ran| (&self.suite.tests[ran.test], ran))
    }
}
