//! What else workloads would accept and reach: pods that the sources do not name.

use haechi_engine::exposure::{self, NamespaceNames};
use haechi_engine::{Compiled, Exposure, Exposures, Party, Verdict};
use haechi_policy::Direction;

use super::answer::Answer;
use super::document::reasons;
use crate::parties;
use crate::report::port::ranges;
use crate::report::reach as report;
use crate::table::{Column, Table};

/// What machines are told.
pub(super) fn document(exposures: &Exposures, compiled: &Compiled<'_>) -> Vec<report::Exposure> {
    let statements = exposures.statements.iter();
    statements.map(|statement| of_statement(statement, compiled)).collect()
}

fn of_statement(statement: &Exposure, compiled: &Compiled<'_>) -> report::Exposure {
    let undefined = statement.verdict == Verdict::Undefined;
    let named = |ports: &[exposure::NamedPorts]| {
        ports
            .iter()
            .map(|named| report::NamedPorts {
                protocol: named.protocol.into(),
                name: named.name.to_string(),
                ports: ranges(&named.numbers),
            })
            .collect()
    };
    report::Exposure {
        peer: parties::peer(statement.party, compiled).id,
        direction: match statement.direction {
            Direction::Ingress => report::Direction::Ingress,
            Direction::Egress => report::Direction::Egress,
        },
        verdict: if undefined {
            report::Verdict::Undefined
        } else {
            report::Verdict::Allow
        },
        reason: undefined.then(|| reasons(statement.reasons)),
        pods: strangers(&statement.strangers),
        ports: ranges(&statement.ports.numbers),
        named_ports: named(&statement.ports.named),
        except_named_ports: named(&statement.ports.except_named),
        basis: match statement.basis {
            exposure::Basis::BothEnds => report::Basis::BothEnds,
            exposure::Basis::OwnEnd => report::Basis::OwnEnd,
        },
    }
}

fn strangers(strangers: &exposure::Strangers) -> report::Strangers {
    let texts = |names: &[haechi_model::Name]| names.iter().map(ToString::to_string).collect();
    let selector = |selector: &haechi_model::Selector| (!selector.is_everything()).then(|| selector.to_string());
    let (namespaces, except_namespaces) = match &strangers.namespaces {
        NamespaceNames::Any => (Vec::new(), Vec::new()),
        NamespaceNames::These(names) => (texts(names), Vec::new()),
        NamespaceNames::Except(names) => (Vec::new(), texts(names)),
    };
    report::Strangers {
        text: strangers.to_string(),
        namespaces,
        except_namespaces,
        namespace_labels: selector(&strangers.namespace_labels),
        labels: selector(&strangers.labels),
    }
}

/// The statements as rows: who, which way, which pods, which ports.
fn rows(answer: &Answer<'_, '_, '_>, exposures: &Exposures) -> Vec<[String; 4]> {
    let name = |party: Party| match answer.reach.place(party) {
        Some(place) => answer.parties.short(place).to_owned(),
        None => parties::peer(party, answer.compiled).id,
    };
    let way = |direction| match direction {
        Direction::Ingress => "accepts",
        Direction::Egress => "reaches",
    };
    let mut rows: Vec<[String; 4]> = exposures
        .statements
        .iter()
        .map(|statement| {
            let mut ports = statement.ports.to_string();
            if statement.verdict == Verdict::Undefined {
                ports.push_str(" (depends on the data plane)");
            }
            if statement.basis == exposure::Basis::OwnEnd {
                ports.push_str(" (if their own policies let them)");
            }
            let pods = statement.strangers.to_string();
            [name(statement.party), way(statement.direction).to_owned(), pods, ports]
        })
        .collect();
    rows.extend(exposures.unjudged.iter().map(|(party, direction)| {
        let what = "(its policies tell too many kinds of pods apart to say)".to_owned();
        [name(*party), way(*direction).to_owned(), what, String::new()]
    }));
    rows
}

/// A table of the statements.
pub(super) fn table(answer: &Answer<'_, '_, '_>, exposures: &Exposures) -> Table {
    let mut table = Table::new(["WORKLOAD", "", "PODS", "PORTS"].map(Column::text).to_vec());
    let mut before = None;
    for [workload, way, pods, ports] in rows(answer, exposures) {
        let named_before = before.as_ref() == Some(&workload);
        let shown = if named_before { String::new() } else { workload.clone() };
        before = Some(workload);
        table.row([shown, way, pods, ports].map(Into::into));
    }
    table
}

/// A Markdown table of the statements.
pub(super) fn markdown(answer: &Answer<'_, '_, '_>, exposures: &Exposures) -> String {
    let mut text = String::from("| workload | | pods | ports |\n|---|---|---|---|\n");
    for row in rows(answer, exposures) {
        text.push_str(&format!(
            "| {} |\n",
            row.map(|cell| cell.replace('|', "\\|")).join(" | ")
        ));
    }
    text
}
