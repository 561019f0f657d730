//! The answer as rows for people: addresses that fare alike are one.

use haechi_engine::{Extent, Party, Reasons};
use haechi_model::{AddressRange, PortSet};
use rustc_hash::FxHashMap;

use super::answer::{Answer, Pair};
use crate::addresses;

/// Rows of one verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) from: Who,
    pub(super) to: Who,
    pub(super) ports: PortSet,
    /// Why the verdict is undefined; none where it is allow.
    pub(super) reasons: Reasons,
    pub(super) extent: Extent,
}

/// An end of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// Addresses that fare alike.
    Addresses(Vec<AddressRange>),
    /// The party at a place.
    Party(usize),
}

/// The rows of all pairs.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// What is allowed.
    pub(super) allowed: Vec<Row>,
    /// What hangs on the data plane.
    pub(super) undefined: Vec<Row>,
    /// The pairs that this is about.
    pub(super) undefined_pairs: Vec<Pair>,
}

/// What addresses must have in common to be one: the other end, the direction, and what holds.
type Key = (usize, Way, PortSet, Reasons, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    In,
    Out,
}

impl Rows {
    pub(super) fn new(answer: &Answer<'_, '_, '_>) -> Self {
        let mut rows = Self::default();
        let mut merged: FxHashMap<Key, Vec<AddressRange>> = FxHashMap::default();
        for pair in answer.pairs() {
            if !pair.connection.outcome.undefined.is_empty() {
                rows.undefined_pairs.push(pair.clone());
            }
            let Pair { from, to, connection } = pair;
            let (outcome, extent) = (connection.outcome, connection.extent);
            let verdicts = [(outcome.allow, Reasons::NONE), (outcome.undefined, outcome.reasons)];
            for (ports, reasons) in verdicts.into_iter().filter(|(ports, _)| !ports.is_empty()) {
                let alike = |place, way| (place, way, ports.clone(), reasons, extent == Extent::Some);
                match (answer.party(from), answer.party(to)) {
                    (Party::Range(atom), _) => {
                        merged.entry(alike(to, Way::In)).or_default().push(answer.range(atom));
                    }
                    (_, Party::Range(atom)) => {
                        merged
                            .entry(alike(from, Way::Out))
                            .or_default()
                            .push(answer.range(atom));
                    }
                    _ => rows.add(Row {
                        from: Who::Party(from),
                        to: Who::Party(to),
                        ports,
                        reasons,
                        extent,
                    }),
                }
            }
        }
        for ((place, way, ports, reasons, some), ranges) in merged {
            let addresses = Who::Addresses(addresses::join(ranges));
            let (from, to) = match way {
                Way::In => (addresses, Who::Party(place)),
                Way::Out => (Who::Party(place), addresses),
            };
            let extent = if some { Extent::Some } else { Extent::Every };
            rows.add(Row {
                from,
                to,
                ports,
                reasons,
                extent,
            });
        }
        rows.sort(answer);
        rows
    }

    fn add(&mut self, row: Row) {
        if row.reasons.is_empty() {
            self.allowed.push(row);
        } else {
            self.undefined.push(row);
        }
    }

    /// By name; what comes from outside first, and what goes there last.
    fn sort(&mut self, answer: &Answer<'_, '_, '_>) {
        let name = |who: &Who| match who {
            Who::Party(place) => answer.parties.short(*place).to_owned(),
            Who::Addresses(_) => String::new(),
        };
        for rows in [&mut self.allowed, &mut self.undefined] {
            rows.sort_by_cached_key(|row| {
                let to_outside = matches!(row.to, Who::Addresses(_));
                let (from, to) = ((name(&row.from), row.from.clone()), (name(&row.to), row.to.clone()));
                (row.reasons, from, to_outside, to, row.ports.clone())
            });
        }
    }
}

impl Answer<'_, '_, '_> {
    fn range(&self, atom: usize) -> AddressRange {
        self.compiled.space().atoms[atom].range
    }

    /// The nodes that some addresses are, if they are nothing else.
    pub(super) fn nodes(&self, ranges: &[AddressRange]) -> Option<Vec<&str>> {
        let nodes = &self.compiled.cluster().nodes;
        let node = |range: &AddressRange| {
            let single = range.first() == range.last();
            let node = nodes.iter().find(|n| single && n.addresses.contains(&range.first()));
            node.map(|n| n.name.as_str())
        };
        let mut names: Vec<&str> = ranges.iter().map(node).collect::<Option<_>>()?;
        names.sort_unstable();
        names.dedup();
        Some(names)
    }
}
