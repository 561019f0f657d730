//! Probes and what became of them, in words.

use haechi_engine::Verdict;

use crate::testing::format::WORDS;
use crate::testing::read::{End, EndKind, Ends, Expect, Ports, Probe, Question};
use crate::testing::{Counter, Failure};

/// What a probe expects, in a line.
pub(super) fn probe(probe: &Probe) -> String {
    if let Some(name) = &probe.name {
        return name.to_string();
    }
    let question = match &probe.question {
        Question::Pairs { from, to } => format!("{} -> {}", ends(from), ends(to)),
        Question::OnlyFrom { only, to } => format!("only {} -> {}", ends(only), ends(to)),
        Question::OnlyTo { from, only } => format!("{} -> only {}", ends(from), ends(only)),
    };
    let ports = ports(&probe.ports);
    let expect = probe.expect.map_or(String::new(), |e| format!(": {}", expected(e)));
    format!("{question}{ports}{expect}")
}

fn ports(ports: &Ports) -> String {
    match ports {
        Ports::Every => String::new(),
        Ports::These(queries) => {
            let texts: Vec<String> = queries.iter().map(ToString::to_string).collect();
            format!(" on {}", texts.join(", "))
        }
        Ports::EveryOther(Some(protocol)) => format!(" on every other port of {protocol}"),
        Ports::EveryOther(None) => " on every other port".to_owned(),
    }
}

fn ends(ends: &Ends) -> String {
    match ends.items.as_slice() {
        [] => "nobody".to_owned(),
        [one] => end(one),
        [a, b] => format!("{}, {}", end(a), end(b)),
        [first, rest @ ..] => format!("{} and {} more", end(first), rest.len()),
    }
}

fn end(end: &End) -> String {
    let word = |place: usize| WORDS[place].0.to_owned();
    match &end.kind {
        EndKind::Named(asked) => asked.to_string(),
        EndKind::Everything => word(0),
        EndKind::EveryPod => word(1),
        EndKind::EveryAddress => word(2),
        EndKind::EverythingElse => word(3),
        EndKind::Selected(selected) => {
            let mut text = match &selected.pods {
                None => word(0),
                Some(by) => {
                    let mut text = if by.pods.is_everything() {
                        "every pod".to_owned()
                    } else {
                        format!("pods with {}", by.pods)
                    };
                    if let Some(namespace) = &by.namespace {
                        text.push_str(&format!(" in {namespace}"));
                    }
                    if !by.namespaces.is_everything() {
                        text.push_str(&format!(" in namespaces with {}", by.namespaces));
                    }
                    text
                }
            };
            if let Some(except) = &selected.except {
                text.push_str(&format!(" except {}", ends(except)));
            }
            text
        }
        EndKind::Later(kind) => format!("{kind}:"),
    }
}

pub(super) fn expected(expect: Expect) -> &'static str {
    match expect {
        Expect::Allow => "allow",
        Expect::Deny => "deny",
        Expect::Undefined => "undefined",
    }
}

/// More names than anybody reads.
const MOST_NAMES: usize = 6;

fn names(names: &[String]) -> String {
    match names.len() {
        0 => "nobody".to_owned(),
        n if n > MOST_NAMES => format!("{} and {} more", names[..MOST_NAMES].join(", "), n - MOST_NAMES),
        _ => names.join(", "),
    }
}

/// What is not as expected, in a line.
pub(super) fn counter(counter: &Counter) -> String {
    let Counter { from, to, ports, .. } = counter;
    let met = match counter.verdict {
        Verdict::Allow => "may",
        Verdict::Deny => "may not",
        Verdict::Undefined => "perhaps may",
    };
    let mut text = format!("{} {met} reach {} on {ports}", names(from), names(to));
    if counter.unlisted {
        text.push_str(", though not listed");
    } else {
        text.push_str(&format!("; expected: {}", expected(counter.expected)));
    }
    if counter.verdict == Verdict::Undefined {
        let reasons: Vec<String> = counter.reasons.iter().map(|r| r.to_string()).collect();
        text.push_str(&format!(" ({})", reasons.join("; ")));
    }
    text
}

/// More sorts of connections than anybody reads.
const MOST_COUNTERS: usize = 8;

/// What is not as expected, a line for each sort, and what is only counted.
pub(super) fn counters(failure: &Failure<'_>) -> Vec<String> {
    let mut lines: Vec<String> = failure.counters.iter().take(MOST_COUNTERS).map(counter).collect();
    let sorts = failure.counters.len().saturating_sub(MOST_COUNTERS);
    let plural = |n| if n == 1 { "" } else { "s" };
    match (sorts, failure.more) {
        (0, 0) => {}
        (0, more) => lines.push(format!("and {more} more pair{}", plural(more))),
        (sorts, 0) => lines.push(format!("and {sorts} more such line{}", plural(sorts as u64))),
        (sorts, more) => lines.push(format!("and {sorts} more such lines, and {more} more pairs")),
    }
    lines
}

/// All that is not as expected, a line each, with what decided.
pub(super) fn failure(failure: &Failure<'_>, place: impl Fn(haechi_model::Location) -> String) -> String {
    let mut lines = counters(failure);
    for cause in &failure.causes {
        lines.push(cause.said.clone());
        lines.extend(
            cause
                .places
                .iter()
                .map(|cited| format!("  {} {}", cited.policy.id, place(cited.location()))),
        );
    }
    lines.join("\n")
}
