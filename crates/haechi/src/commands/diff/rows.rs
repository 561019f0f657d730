//! What differs as rows for people: addresses that fare alike are one.

use std::fmt;

use haechi_engine::diff::{Difference, Fate, PortChange};
use haechi_engine::{Extent, Outcome, Party};
use haechi_model::{AddressRange, PortSet};
use rustc_hash::FxHashMap;

use super::answer::Answer;
use crate::addresses;
use crate::report::diff::{Presence, Responsible, Version};
use crate::report::explain::Action;

/// Connections that differ alike.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) from: Who,
    pub(super) to: Who,
    pub(super) fate: Fate,
    pub(super) what: What,
    pub(super) policies: Vec<Responsible>,
}

/// An end of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// Addresses that fare alike.
    Addresses(Vec<AddressRange>),
    /// The party at a place.
    Party(usize),
}

/// How the ports of a connection changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct What {
    fate: Fate,
    /// What is allowed now, or was if nothing is any more.
    allowed: PortSet,
    /// What is undefined now, or was.
    undefined: PortSet,
    added: PortSet,
    /// Allowed before, denied now.
    removed: PortSet,
    /// Undefined now, allowed before.
    shaken: PortSet,
    /// Undefined now, denied before.
    raised: PortSet,
    /// Undefined before, denied now.
    dropped: PortSet,
    /// Whether it holds for all pods, before and now.
    extents: [Option<Extent>; 2],
}

impl What {
    fn of(difference: &Difference) -> Self {
        let fate = difference.fate();
        let told = match fate {
            Fate::Removed => &difference.before,
            Fate::Added | Fate::Changed => &difference.after,
        };
        let outcome = told
            .as_ref()
            .map_or_else(Outcome::none, |m| m.outcome.without_open_icmp());
        let PortChange {
            added,
            removed,
            doubted,
            settled,
        } = difference.ports();
        let extent = |met: &Option<haechi_engine::diff::Met>| met.as_ref().map(|m| m.extent);
        Self {
            fate,
            allowed: outcome.allow,
            undefined: outcome.undefined,
            shaken: removed.intersection(&doubted),
            raised: doubted.difference(&removed),
            dropped: settled.difference(&added),
            removed: removed.difference(&doubted),
            added,
            extents: [extent(&difference.before), extent(&difference.after)],
        }
    }
}

/// Displayed as `TCP 80`; of a connection on other ports than before, as `+ TCP 90; - UDP 53`.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        let mut part = |before: &str, ports: &PortSet, after: &str| {
            if !ports.is_empty() {
                parts.push(format!("{before}{ports}{after}"));
            }
        };
        match self.fate {
            Fate::Added | Fate::Removed => {
                part("", &self.allowed, "");
                part("? ", &self.undefined, "");
            }
            Fate::Changed => {
                part("+ ", &self.added, "");
                part("- ", &self.removed, "");
                part("? ", &self.shaken, " (was allowed)");
                part("? ", &self.raised, " (was denied)");
                part("- ", &self.dropped, " (was undefined)");
            }
        }
        let some = match (self.fate, self.extents) {
            (Fate::Changed, [Some(Extent::Every), Some(Extent::Some)]) => Some("now some pods only"),
            (Fate::Changed, [Some(Extent::Some), Some(Extent::Every)]) => Some("now all pods"),
            (Fate::Removed, [Some(Extent::Some), _]) | (Fate::Added | Fate::Changed, [_, Some(Extent::Some)]) => {
                Some("some pods")
            }
            _ => None,
        };
        let text = parts.join("; ");
        match (some, text.is_empty()) {
            (None, _) => f.pad(&text),
            (Some(some), true) => f.pad(some),
            (Some(some), false) => f.pad(&format!("{text} ({some})")),
        }
    }
}

/// What addresses must have in common to be one: the other end, the direction, what changed, and why.
type Key = (usize, Way, What, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    In,
    Out,
}

/// All rows, those of one fate together, by name.
pub(super) fn rows(answer: &Answer<'_, '_, '_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut merged: FxHashMap<Key, (Vec<AddressRange>, Vec<Responsible>)> = FxHashMap::default();
    for difference in &answer.differences {
        let (from, to) = (difference.from, difference.to);
        let (what, policies) = (What::of(difference), answer.responsible(difference));
        let mut alike = |place, way, range| {
            let why = because(&policies);
            let known = merged.entry((place, way, what.clone(), why)).or_default();
            known.0.push(range);
            known.1.clone_from(&policies);
        };
        match (answer.range(from), answer.range(to)) {
            (Some(range), _) => alike(to, Way::In, range),
            (_, Some(range)) => alike(from, Way::Out, range),
            _ => rows.push(Row {
                from: Who::Party(from),
                to: Who::Party(to),
                fate: difference.fate(),
                what,
                policies,
            }),
        }
    }
    for ((place, way, what, _), (ranges, policies)) in merged {
        let addresses = Who::Addresses(addresses::join(ranges));
        let (from, to) = match way {
            Way::In => (addresses, Who::Party(place)),
            Way::Out => (Who::Party(place), addresses),
        };
        rows.push(Row {
            from,
            to,
            fate: what.fate,
            what,
            policies,
        });
    }
    let name = |who: &Who| match who {
        Who::Party(place) => answer.parties.short(*place).to_owned(),
        Who::Addresses(_) => String::new(),
    };
    rows.sort_by_cached_key(|row| {
        let outside = [&row.from, &row.to].map(|who| matches!(who, Who::Addresses(_)));
        let (from, to) = ((name(&row.from), row.from.clone()), (name(&row.to), row.to.clone()));
        (row.fate, from, outside[1], to, row.what.to_string())
    });
    rows
}

impl Answer<'_, '_, '_> {
    /// The addresses that a party is.
    fn range(&self, place: usize) -> Option<AddressRange> {
        let party = self.party(place);
        match party.old.or(party.new)? {
            Party::Range(atom) => {
                let side = if party.old.is_some() {
                    haechi_engine::diff::Side::Old
                } else {
                    haechi_engine::diff::Side::New
                };
                Some(self.comparison.versions().side(side).space().atoms[atom].range)
            }
            Party::Workload(_) | Party::Endpoint(_) | Party::Domain(_) => None,
        }
    }

    /// What an end is called, with whether it is on one side alone.
    pub(super) fn short(&self, who: &Who) -> String {
        match who {
            Who::Addresses(ranges) => addresses::describe(ranges),
            Who::Party(place) => {
                let name = self.parties.short(*place);
                match Self::presence(self.party(*place)) {
                    Presence::Both => name.to_owned(),
                    Presence::Added => format!("{name} (new)"),
                    Presence::Removed => format!("{name} (gone)"),
                }
            }
        }
    }
}

/// Reasons, each told once and called by its number elsewhere.
#[derive(Debug, Default)]
pub(super) struct Reasons(Vec<String>);

impl Reasons {
    /// The numbers of some policies' deeds: `1, 2`.
    pub(super) fn numbers(&mut self, policies: &[Responsible]) -> String {
        let mut number = |responsible: &Responsible| {
            let text = reason(responsible);
            let at = self.0.iter().position(|known| *known == text).unwrap_or_else(|| {
                self.0.push(text);
                self.0.len() - 1
            });
            at + 1
        };
        let mut numbers: Vec<usize> = policies.iter().map(&mut number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        numbers.join(", ")
    }

    /// All reasons, from number 1.
    pub(super) fn all(&self) -> &[String] {
        &self.0
    }
}

/// Why, in words: `shop/NetworkPolicy/cart allows it (cart.yaml:9)`.
pub(super) fn because(policies: &[Responsible]) -> String {
    let texts: Vec<String> = policies.iter().map(reason).collect();
    texts.join("\n")
}

/// What a policy did, in words.
pub(super) fn reason(responsible: &Responsible) -> String {
    let Responsible {
        policy,
        version,
        action,
        source,
        ..
    } = responsible;
    let verb = match (version, action) {
        (Version::New, Some(Action::Allow)) => "allows it",
        (Version::New, Some(Action::Deny)) => "denies it",
        (Version::New, Some(Action::Pass | Action::Log)) => "passes it on",
        (Version::New, None) => "isolates",
        (Version::Old, Some(Action::Allow)) => "allowed it",
        (Version::Old, Some(Action::Deny)) => "denied it",
        (Version::Old, Some(Action::Pass | Action::Log)) => "passed it on",
        (Version::Old, None) => "isolated",
    };
    format!("{policy} {verb} ({source})")
}
