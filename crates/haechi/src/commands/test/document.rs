//! The results for machines.

use haechi_engine::Verdict;
use haechi_model::{Files, Location};

use super::{Counts, Results, words};
use crate::report::SchemaVersion;
use crate::report::port::ranges;
use crate::report::test as report;
use crate::testing::read::{Expect, Probe};
use crate::testing::{Counter, Verdicts, cause};

pub(super) fn document(results: &Results<'_, '_>) -> report::Test {
    let Counts { passed, failed, errors } = results.counts();
    let (tests, sources) = (&results.suite.files, results.loaded.files());
    let ran = results.tests().map(|(test, ran)| report::Ran {
        name: test.name.to_string(),
        title: test.title.as_ref().map(ToString::to_string),
        place: place(tests, test.location),
        profile: ran.profile.to_string(),
        probes: test
            .probes
            .iter()
            .zip(&ran.verdicts)
            .map(|(probe, verdict)| of_probe(probe, verdict, tests, sources))
            .collect(),
    });
    report::Test {
        schema_version: SchemaVersion::default(),
        passed,
        failed,
        errors,
        tests: ran.collect(),
        unreadable: results
            .unreadable()
            .map(|d| report::Fault {
                message: d.message.clone(),
                hint: d.hint.clone(),
                place: place(tests, d.location),
            })
            .collect(),
    }
}

fn of_probe(probe: &Probe, verdict: &Verdicts<'_>, tests: &Files, sources: &Files) -> report::Probe {
    let mut document = report::Probe {
        name: words::probe(probe),
        place: place(tests, probe.location),
        result: report::Outcome::Pass,
        pairs: None,
        failures: Vec::new(),
        more_pairs: 0,
        causes: Vec::new(),
        errors: Vec::new(),
    };
    match verdict {
        Verdicts::Holds(pairs) => document.pairs = Some(*pairs),
        Verdicts::Fails(failure) => {
            document.result = report::Outcome::Fail;
            document.failures = failure.counters.iter().map(counter).collect();
            document.more_pairs = failure.more;
            document.causes = failure.causes.iter().map(|c| of_cause(c, sources)).collect();
        }
        Verdicts::Faulty(faults) => {
            document.result = report::Outcome::Error;
            document.errors = faults
                .iter()
                .map(|fault| report::Fault {
                    message: fault.message.clone(),
                    hint: fault.hint.clone(),
                    place: place(tests, fault.location),
                })
                .collect();
        }
    }
    document
}

fn counter(counter: &Counter) -> report::Failure {
    let reasons: Vec<String> = counter.reasons.iter().map(|r| r.to_string()).collect();
    report::Failure {
        from: counter.from.clone(),
        to: counter.to.clone(),
        ports: ranges(&counter.ports),
        expected: match counter.expected {
            Expect::Allow => report::Verdict::Allow,
            Expect::Deny => report::Verdict::Deny,
            Expect::Undefined => report::Verdict::Undefined,
        },
        verdict: match counter.verdict {
            Verdict::Allow => report::Verdict::Allow,
            Verdict::Deny => report::Verdict::Deny,
            Verdict::Undefined => report::Verdict::Undefined,
        },
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        unlisted: counter.unlisted,
    }
}

fn of_cause(cause: &cause::Cause<'_>, sources: &Files) -> report::Cause {
    let cited = cause.places.iter().map(|cited| report::Cited {
        policy: cited.policy.id.to_string(),
        rule: cited.rule.map(|(index, _)| index + 1),
        place: place(sources, cited.location()),
    });
    report::Cause {
        text: cause.said.clone(),
        policies: cited.collect(),
    }
}

fn place(files: &Files, location: Location) -> report::Place {
    report::Place {
        file: files.name(location.file).to_owned(),
        line: location.line,
        column: location.column,
        last_line: location.last_line,
    }
}
