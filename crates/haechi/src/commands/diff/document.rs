//! The comparison for machines.

use std::collections::BTreeSet;

use haechi_engine::Extent;
use haechi_engine::diff::{Difference, Fate, Met};

use super::answer::Answer;
use super::rows::reason;
use crate::printer::Printer;
use crate::report::SchemaVersion;
use crate::report::diff::{self as report, Change, Connection, Diff, DiffPeer, Presence};
use crate::report::port::ranges;

/// The whole comparison.
pub(super) fn document(answer: &Answer<'_, '_, '_>) -> Diff {
    let mut spoken_of: BTreeSet<usize> = answer.differences.iter().flat_map(|d| [d.from, d.to]).collect();
    spoken_of.extend(answer.one_sided(Presence::Added));
    spoken_of.extend(answer.one_sided(Presence::Removed));
    Diff {
        schema_version: SchemaVersion::default(),
        profile: answer.loaded().profile.profile.to_string(),
        summary: answer.summary(),
        peers: spoken_of
            .into_iter()
            .map(|place| answer.party(place))
            .map(|party| DiffPeer {
                peer: answer.peer(party),
                presence: Answer::presence(party),
            })
            .collect(),
        connections: answer.differences.iter().map(|d| connection(answer, d)).collect(),
    }
}

/// Prints a line for each connection.
pub(super) fn csv(answer: &Answer<'_, '_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let mut out = csv::Writer::from_writer(printer.data());
    out.write_record([
        "from", "to", "change", "before", "after", "added", "removed", "policies",
    ])?;
    for difference in &answer.differences {
        let met = |met: &Option<Met>| {
            met.as_ref()
                .map_or_else(String::new, |m| m.outcome.without_open_icmp().to_string())
        };
        let change = match difference.fate() {
            Fate::Added => "added",
            Fate::Removed => "removed",
            Fate::Changed => "changed",
        };
        let ports = difference.ports();
        let set = |set: &haechi_model::PortSet| if set.is_empty() { String::new() } else { set.to_string() };
        let policies: Vec<String> = answer.responsible(difference).iter().map(reason).collect();
        out.write_record([
            answer.parties.id(difference.from),
            answer.parties.id(difference.to),
            change,
            &met(&difference.before),
            &met(&difference.after),
            &set(&ports.added),
            &set(&ports.removed),
            &policies.join("; "),
        ])?;
    }
    out.flush()?;
    Ok(())
}

fn connection(answer: &Answer<'_, '_, '_>, difference: &Difference) -> Connection {
    let ports = difference.ports();
    Connection {
        from: answer.parties.id(difference.from).to_owned(),
        to: answer.parties.id(difference.to).to_owned(),
        change: match difference.fate() {
            Fate::Added => Change::Added,
            Fate::Removed => Change::Removed,
            Fate::Changed => Change::Changed,
        },
        before: difference.before.as_ref().map(met),
        after: difference.after.as_ref().map(met),
        added: ranges(&ports.added),
        removed: ranges(&ports.removed),
        policies: answer.responsible(difference),
    }
}

fn met(met: &Met) -> report::Met {
    let outcome = met.outcome.without_open_icmp();
    let reasons: Vec<String> = outcome.reasons.iter().map(|r| r.to_string()).collect();
    report::Met {
        verdict: outcome.verdict().into(),
        allowed: ranges(&outcome.allow),
        undefined: ranges(&outcome.undefined),
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        some_pods: met.extent == Extent::Some,
    }
}
