//! The answer for machines.

use std::cell::Cell;

use haechi_engine::Extent;
use haechi_engine::Reasons;
use serde::{Serialize, Serializer};

use super::answer::{Answer, Pair};
use super::exposure;
use crate::parties;
use crate::printer::Printer;
use crate::report::SchemaVersion;
use crate::report::port::ranges;
use crate::report::reach::{Connection, Reach, Verdict};

/// Prints JSON.
pub(super) fn json(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let connections = answer.pairs().flat_map(|pair| connections(answer, &pair));
    printer.json(&document(answer, Once(Cell::new(Some(connections)))))
}

/// Prints YAML.
pub(super) fn yaml(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let connections: Vec<Connection<'_>> = answer.pairs().flat_map(|pair| connections(answer, &pair)).collect();
    printer.yaml(&document(answer, connections))
}

/// Prints a line for each connection and verdict.
pub(super) fn csv(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let mut out = csv::Writer::from_writer(printer.data());
    out.write_record(["from", "to", "verdict", "ports", "some_pods", "reason"])?;
    for pair in answer.pairs() {
        let (from, to) = (answer.parties.id(pair.from), answer.parties.id(pair.to));
        let outcome = &pair.connection.outcome;
        let some = if pair.connection.extent == Extent::Some {
            "true"
        } else {
            "false"
        };
        if !outcome.allow.is_empty() {
            out.write_record([from, to, "allow", &outcome.allow.to_string(), some, ""])?;
        }
        if !outcome.undefined.is_empty() {
            let ports = outcome.undefined.to_string();
            out.write_record([from, to, "undefined", &ports, some, &reasons(outcome.reasons)])?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The reasons as a text.
pub(super) fn reasons(reasons: Reasons) -> String {
    let texts: Vec<String> = reasons.iter().map(|r| r.to_string()).collect();
    texts.join("; ")
}

fn document<'p, C>(answer: &'p Answer<'_, '_, '_>, connections: C) -> Reach<'p, C> {
    Reach {
        schema_version: SchemaVersion::default(),
        profile: answer.loaded.profile.profile.name(),
        peers: answer
            .everybody()
            .into_iter()
            .map(|place| parties::peer(answer.party(place), answer.compiled))
            .collect(),
        connections,
        exposure: answer.exposure.as_ref().map(|e| exposure::document(e, answer.compiled)),
    }
}

/// What a document says of a pair: one connection for each verdict.
fn connections<'p>(answer: &'p Answer<'_, '_, '_>, pair: &Pair) -> impl Iterator<Item = Connection<'p>> + use<'p> {
    let outcome = &pair.connection.outcome;
    let connection = |verdict, ports, reason| Connection {
        from: answer.parties.id(pair.from),
        to: answer.parties.id(pair.to),
        verdict,
        reason,
        ports,
        some_pods: pair.connection.extent == Extent::Some,
    };
    let allowed = (!outcome.allow.is_empty()).then(|| connection(Verdict::Allow, ranges(&outcome.allow), None));
    let undefined = (!outcome.undefined.is_empty()).then(|| {
        let reason = Some(reasons(outcome.reasons));
        connection(Verdict::Undefined, ranges(&outcome.undefined), reason)
    });
    allowed.into_iter().chain(undefined)
}

/// A list that is written while it is made, as it may be too long to be kept.
struct Once<I>(Cell<Option<I>>);

impl<I: Iterator<Item: Serialize>> Serialize for Once<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}
