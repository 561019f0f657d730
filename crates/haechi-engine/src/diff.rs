//! What changes between two versions of a cluster and its policies: connections added, removed, and on other ports.
//!
//! Both versions are compiled with their address space cut at the boundaries of either, so that ranges are the same on
//! both sides; workloads are the same if they are called the same. Pairs that could differ are found group by group
//! (`candidates`), so that what stays the same is never listed.

use haechi_model::cluster::{Cluster, WorkloadKind};
use haechi_model::name::Name;
use haechi_model::port::PortSet;
use haechi_policy::PolicySet;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::compiled::{Compiled, compile_for};
use crate::outcome::{Outcome, Verdict};
use crate::reach::{By, Extent, Pairs, Party, Reach};
use crate::space::{Focus, Space};

mod candidates;
mod responsible;

pub use responsible::{Deed, Responsible};

use candidates::{Candidates, Twin};

/// One version: a cluster and the policies that hold in it.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The policies.
    pub policies: &'a PolicySet,
}

/// Which of two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// As it was.
    Old,
    /// As it is to be.
    New,
}

impl Side {
    /// Both sides.
    pub const BOTH: [Self; 2] = [Self::Old, Self::New];
}

/// Two versions, compiled so that they can be compared.
#[derive(Debug)]
pub struct Versions<'a>([Compiled<'a>; 2]);

impl<'a> Versions<'a> {
    /// Compiles both.
    #[must_use]
    pub fn new(old: Version<'a>, new: Version<'a>) -> Self {
        let (mut cuts, mut domains) = (Vec::new(), Vec::new());
        for Version { cluster, policies } in [old, new] {
            let nobody = Focus {
                endpoints: Some(Vec::new()),
                ..Focus::default()
            };
            let space = Space::new(cluster, policies, &nobody);
            cuts.extend(space.atoms.iter().map(|atom| atom.range));
            domains.extend(space.domains.into_iter().filter(|name| !name.is_empty()));
        }
        let focus = Focus {
            endpoints: None,
            cuts,
            domains,
        };
        Self([old, new].map(|v| compile_for(v.cluster, v.policies, &focus)))
    }

    /// One of them.
    #[must_use]
    pub fn side(&self, side: Side) -> &Compiled<'a> {
        &self.0[side as usize]
    }
}

/// Someone of either version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffParty {
    /// Who it is in the old version, if it is there.
    pub old: Option<Party>,
    /// Who it is in the new version, if it is there.
    pub new: Option<Party>,
}

impl DiffParty {
    /// Who it is in one version, if it is there.
    #[must_use]
    pub fn on(&self, side: Side) -> Option<Party> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}

/// What a pair meets in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// What any of their pods meets.
    pub outcome: Outcome,
    /// Whether all of their pods meet just that.
    pub extent: Extent,
}

/// A pair that does not meet what it met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Who begins to talk, by its place among the parties.
    pub from: usize,
    /// Who is talked to.
    pub to: usize,
    /// What it met; `None` if one of the two was not there.
    pub before: Option<Met>,
    /// What it meets; `None` if one of the two is not there any more.
    pub after: Option<Met>,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It was denied on every port, and is not any more.
    Added,
    /// It is denied on every port, and was not.
    Removed,
    /// It is allowed, or undefined, on other ports.
    Changed,
}

/// How ports changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortChange {
    /// Allowed now, and not before.
    pub added: PortSet,
    /// Allowed before, and not now.
    pub removed: PortSet,
    /// Undefined now, and not before.
    pub doubted: PortSet,
    /// Undefined before, and denied or allowed now.
    pub settled: PortSet,
}

impl PortChange {
    /// All ports that changed.
    #[must_use]
    pub fn all(&self) -> PortSet {
        self.added
            .union(&self.removed)
            .union(&self.doubted)
            .union(&self.settled)
    }
}

impl Difference {
    /// What became of the connection.
    #[must_use]
    pub fn fate(&self) -> Fate {
        let is_denied = |met: &Option<Met>| met.as_ref().is_none_or(|m| m.outcome.verdict() == Verdict::Deny);
        match (is_denied(&self.before), is_denied(&self.after)) {
            (true, false) => Fate::Added,
            (false, true) => Fate::Removed,
            (true, true) | (false, false) => Fate::Changed,
        }
    }

    /// How its ports changed.
    #[must_use]
    pub fn ports(&self) -> PortChange {
        let outcome = |met: &Option<Met>| met.as_ref().map_or_else(Outcome::none, |m| m.outcome.clone());
        ports(&outcome(&self.before), &outcome(&self.after))
    }
}

/// The ports on which two outcomes differ.
///
/// That the specification is silent on ICMP is no difference: it is so for every pair that a policy allows.
fn ports(before: &Outcome, after: &Outcome) -> PortChange {
    let silent = before.undefined.union(&after.undefined).intersection(&PortSet::icmp());
    let spoken = |set: PortSet| set.difference(&silent);
    PortChange {
        added: spoken(after.allow.difference(&before.allow)),
        removed: spoken(before.allow.difference(&after.allow)),
        doubted: spoken(after.undefined.difference(&before.undefined)),
        settled: spoken(before.undefined.difference(&after.undefined)),
    }
}

/// The comparison of two versions.
#[derive(Debug)]
pub struct Comparison<'v, 'a> {
    versions: &'v Versions<'a>,
    reaches: [Reach<'v, 'a>; 2],
    parties: Vec<DiffParty>,
    /// By side, the place of each party in that side's [`Reach`].
    places: [Vec<Option<usize>>; 2],
}

impl<'v, 'a> Comparison<'v, 'a> {
    /// Finds out who is on which side.
    #[must_use]
    pub fn new(versions: &'v Versions<'a>) -> Self {
        let reaches = versions.0.each_ref().map(|compiled| Reach::new(compiled, By::Workload));
        let mut known: FxHashMap<PartyKey<'a>, DiffParty> = FxHashMap::default();
        for side in Side::BOTH {
            for &party in reaches[side as usize].parties() {
                let key = PartyKey::of(versions.side(side), party);
                let entry = known.entry(key).or_insert(DiffParty { old: None, new: None });
                *match side {
                    Side::Old => &mut entry.old,
                    Side::New => &mut entry.new,
                } = Some(party);
            }
        }
        let mut known: Vec<(PartyKey<'a>, DiffParty)> = known.into_iter().collect();
        known.sort_by(|a, b| a.0.cmp(&b.0));
        let parties: Vec<DiffParty> = known.into_iter().map(|(_, party)| party).collect();
        let places = Side::BOTH.map(|side| {
            let place = |party: &DiffParty| reaches[side as usize].place(party.on(side)?);
            parties.iter().map(place).collect()
        });
        Self {
            versions,
            reaches,
            parties,
            places,
        }
    }

    /// Everybody of either side: workloads by id, address ranges and domain names behind.
    #[must_use]
    pub fn parties(&self) -> &[DiffParty] {
        &self.parties
    }

    /// The two versions.
    #[must_use]
    pub fn versions(&self) -> &'v Versions<'a> {
        self.versions
    }

    /// Every pair that differs, in the order of the parties.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        self.versions.0.iter().for_each(Compiled::fill);
        let twins: Vec<Twin> = (0..self.parties.len()).filter_map(|party| self.twin(party)).collect();
        let plain: FxHashSet<usize> = twins.iter().map(|t| t.party).collect();
        let candidates = Candidates::new(&self.versions.0, &twins);
        // Whose pods differ from each other, share machines, or are on one side alone, are compared with everybody.
        let everybody: Vec<usize> = (0..self.parties.len()).collect();
        let special: Vec<usize> = everybody.iter().copied().filter(|p| !plain.contains(p)).collect();
        let mut all: Vec<Difference> = everybody
            .par_iter()
            .map_init(
                || self.versions.0.each_ref().map(Pairs::new),
                |pairs, &from| {
                    let mut found = Vec::new();
                    let mut compare = |to: usize| found.extend(self.difference(from, to, pairs));
                    if plain.contains(&from) {
                        let mut others = candidates.of(from);
                        others.extend(special.iter().copied());
                        others.push(from);
                        others.sort_unstable();
                        others.dedup();
                        others.into_iter().for_each(&mut compare);
                    } else {
                        everybody.iter().copied().for_each(&mut compare);
                    }
                    found
                },
            )
            .flatten_iter()
            .collect();
        all.sort_by_key(|d| (d.from, d.to));
        all
    }

    /// How a pair differs; `None` if it does not.
    fn difference(&self, from: usize, to: usize, pairs: &mut [Pairs<'v, 'a>; 2]) -> Option<Difference> {
        let mut met = Side::BOTH.map(|side| {
            let (reach, places) = (&self.reaches[side as usize], &self.places[side as usize]);
            let (from, to) = (places[from]?, places[to]?);
            if !reach.is_pod(from) && !reach.is_pod(to) {
                return None;
            }
            let connection = reach.pair(from, to, &mut pairs[side as usize]);
            Some(Met {
                outcome: connection.outcome,
                extent: connection.extent,
            })
        });
        let differs = match &met {
            [None, None] => false,
            [Some(one), None] | [None, Some(one)] => one.outcome.verdict() != Verdict::Deny,
            [Some(before), Some(after)] => {
                !ports(&before.outcome, &after.outcome).all().is_empty()
                    || before.extent != after.extent && !before.outcome.is_denial()
            }
        };
        differs.then(|| Difference {
            from,
            to,
            before: met[0].take(),
            after: met[1].take(),
        })
    }

    /// A party that is one peer on both sides, so that rows can be compared.
    fn twin(&self, party: usize) -> Option<Twin> {
        let peers = Side::BOTH.map(|side| {
            let place = self.places[side as usize][party]?;
            self.reaches[side as usize].only_peer(place)
        });
        match peers {
            [Some(old), Some(new)] => Some(Twin {
                party,
                peers: [old, new],
            }),
            _ => None,
        }
    }
}

/// What a party is known by on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum PartyKey<'a> {
    Workload(&'a Name, &'a WorkloadKind, &'a Name),
    /// Its place: both sides are cut alike.
    Range(usize),
    Domain(usize),
}

impl<'a> PartyKey<'a> {
    fn of(compiled: &Compiled<'a>, party: Party) -> Self {
        let cluster = compiled.cluster();
        match party {
            Party::Workload(index) => {
                let workload = &cluster.workloads[index];
                Self::Workload(
                    &cluster.namespaces[workload.namespace].name,
                    &workload.kind,
                    &workload.name,
                )
            }
            Party::Endpoint(index) => Self::of(compiled, Party::Workload(cluster.endpoints[index].workload)),
            Party::Range(index) => Self::Range(index),
            Party::Domain(index) => Self::Domain(index),
        }
    }
}
