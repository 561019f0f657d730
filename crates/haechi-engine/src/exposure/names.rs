//! Ports of strangers, who may call any number by any name.
//!
//! Policies tell numbers apart at the bounds of the ranges that they speak of; in a *span* between two bounds, only
//! a name makes a difference. So a stranger is judged once without names and once for each name, which it then gives
//! to the first number of every span.

use std::collections::BTreeSet;
use std::sync::Arc;

use haechi_model::cluster::ContainerPort;
use haechi_model::name::Name;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::PolicySet;

use super::{NamedPorts, StrangerPorts};
use crate::outcome::Outcome;

/// What the ports of a stranger may be called, and what of them is told apart.
#[derive(Debug)]
pub(super) struct PortNames {
    names: Vec<(Protocol, Name)>,
    spans: Vec<PortSet>,
}

/// Something that may be allowed or not: a span as it is, or where its numbers bear a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// A place in the spans.
    span: usize,
    /// A place in the names.
    name: Option<usize>,
}

impl PortNames {
    /// Spans alone, of what was met.
    pub(super) fn none(met: &[Outcome]) -> Self {
        Self {
            names: Vec::new(),
            spans: atoms(met.iter().flat_map(|o| [&o.allow, &o.undefined])),
        }
    }

    /// The names and bounds that policies speak of.
    pub(super) fn of(policies: &PolicySet) -> Self {
        let mut names: BTreeSet<(Protocol, Name)> = BTreeSet::new();
        let mut starts: BTreeSet<(Protocol, u32)> = Protocol::ALL.map(|p| (p, u32::from(p.has_ports()))).into();
        for policy in policies.policies() {
            for rule in policy.ingress.iter().chain(&policy.egress).flat_map(|r| &r.rules) {
                for range in [&rule.ports.numbers, &rule.ports.unspecified]
                    .iter()
                    .flat_map(|s| s.ranges())
                {
                    starts.insert((range.protocol, range.from.into()));
                    starts.insert((range.protocol, u32::from(range.to) + 1));
                }
                for port in rule.ports.named.iter().chain(&rule.ports.except) {
                    let protocols = match port.protocol {
                        Some(protocol) => vec![protocol],
                        None => Protocol::WITH_PORTS.to_vec(),
                    };
                    names.extend(protocols.into_iter().map(|p| (p, port.name.clone())));
                }
            }
        }
        let ends = starts.iter().skip(1).map(Some).chain([None]);
        let spans = starts.iter().zip(ends).filter_map(|((protocol, first), next)| {
            let last = match next {
                Some((next, start)) if next == protocol => start - 1,
                _ => u32::from(u16::MAX),
            };
            Some(PortSet::range(
                *protocol,
                u16::try_from(*first).ok()?,
                u16::try_from(last).ok()?,
            ))
        });
        Self {
            spans: spans.filter(|s| !s.is_empty()).collect(),
            names: names.into_iter().collect(),
        }
    }

    /// The ports of the strangers that one kind of stranger is judged by: without names first, then for each name.
    pub(super) fn variants(&self) -> Vec<Arc<[ContainerPort]>> {
        let named = self.names.iter().map(|(protocol, name)| {
            let first = |span: &PortSet| span.ranges().next().filter(|r| r.protocol == *protocol);
            let ports = self.spans.iter().filter_map(first).map(|range| ContainerPort {
                name: Some(name.clone()),
                protocol: *protocol,
                port: range.from,
            });
            ports.collect()
        });
        std::iter::once(Arc::default()).chain(named).collect()
    }

    /// The items that hold for a kind of stranger, by what its variants met.
    pub(super) fn holding<'s>(&'s self, met: &'s [&PortSet]) -> impl Iterator<Item = bool> + 's {
        self.items().map(|item| {
            let span = &self.spans[item.span];
            match (item.name, span.ranges().next()) {
                (None, _) => span.is_subset(met[0]),
                (Some(name), Some(range)) => met[name + 1].contains(range.protocol, range.from),
                (Some(_), None) => false,
            }
        })
    }

    /// All items.
    pub(super) fn items(&self) -> impl Iterator<Item = Item> {
        let spans = 0..self.spans.len();
        spans.flat_map(|span| {
            let protocol = self.spans[span].ranges().next().map(|r| r.protocol);
            let names = self
                .names
                .iter()
                .enumerate()
                .filter(move |(_, (p, _))| Some(*p) == protocol);
            let names = names.map(move |(name, _)| Item { span, name: Some(name) });
            std::iter::once(Item { span, name: None }).chain(names)
        })
    }

    /// Ports as people say them: the items of a statement, and those that all of its strangers have in common.
    pub(super) fn said(&self, items: &[Item], common: &[Item]) -> StrangerPorts {
        let spans = |wanted: &dyn Fn(usize) -> bool| {
            let spans = self.spans.iter().enumerate().filter(|(span, _)| wanted(*span));
            spans.fold(PortSet::NONE, |all, (_, span)| all.union(span))
        };
        let holds = |items: &[Item], span, name| items.contains(&Item { span, name });
        let mut said = StrangerPorts {
            numbers: spans(&|span| holds(items, span, None)),
            ..StrangerPorts::default()
        };
        for (place, (protocol, name)) in self.names.iter().enumerate() {
            let named = |numbers: PortSet| NamedPorts {
                protocol: *protocol,
                name: name.clone(),
                numbers: numbers.intersection(&PortSet::protocol(*protocol)),
            };
            let mut more = named(spans(&|s| holds(items, s, Some(place)) && !holds(items, s, None)));
            // What broader statements say of some numbers is said once more where the name then says it all.
            let whole = named(spans(&|s| holds(common, s, Some(place))));
            if !more.numbers.is_empty() && whole.numbers == PortSet::protocol(*protocol) {
                more = whole;
            }
            let less = named(spans(&|s| holds(items, s, None) && !holds(common, s, Some(place))));
            said.named.extend((!more.numbers.is_empty()).then_some(more));
            said.except_named.extend((!less.numbers.is_empty()).then_some(less));
        }
        said
    }
}

/// The largest sets of ports that lie wholly inside or outside of each of these.
fn atoms<'o>(sets: impl Iterator<Item = &'o PortSet>) -> Vec<PortSet> {
    let mut atoms: Vec<PortSet> = Vec::new();
    for set in sets {
        let mut rest = set.clone();
        let mut next = Vec::new();
        for atom in atoms {
            let (inside, outside) = (atom.intersection(set), atom.difference(set));
            rest = rest.difference(&atom);
            next.extend([inside, outside].into_iter().filter(|a| !a.is_empty()));
        }
        next.extend((!rest.is_empty()).then_some(rest));
        atoms = next;
    }
    atoms
}
