//! Which pairs may differ: those where what one of the two ends' policies make of it does.
//!
//! Endpoints that are judged alike on both sides are looked at once, and of what they meet only the peers that a row
//! speaks of, or all if the rest of the row differs.

use haechi_policy::Direction;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::bits::{LANES, ones};
use crate::compiled::Compiled;
use crate::row::{OutcomeId, Row};

/// A party that is one peer on both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twin {
    pub(super) party: usize,
    /// Its peer, by side.
    pub(super) peers: [u32; 2],
}

/// Pairs of twins that may differ.
#[derive(Debug)]
pub(super) struct Candidates {
    /// By group of sources, the destinations for which egress differs.
    to: Vec<Vec<usize>>,
    egress: FxHashMap<usize, u32>,
    /// By source, the groups of destinations for which ingress differs.
    through: FxHashMap<usize, Vec<u32>>,
    /// By group of destinations, its members.
    members: Vec<Vec<usize>>,
}

impl Candidates {
    pub(super) fn new(sides: &[Compiled<'_>; 2], twins: &[Twin]) -> Self {
        let index = Index::new(twins);
        let (to, egress) = index.differing(sides, Direction::Egress);
        let (from, ingress) = index.differing(sides, Direction::Ingress);
        let mut through: FxHashMap<usize, Vec<u32>> = FxHashMap::default();
        for (group, sources) in (0u32..).zip(&from) {
            for &source in sources {
                through.entry(source).or_default().push(group);
            }
        }
        let mut members = vec![Vec::new(); from.len()];
        for (&party, &group) in &ingress {
            members[group as usize].push(party);
        }
        Self {
            to,
            egress,
            through,
            members,
        }
    }

    /// The destinations for which a source may fare otherwise, in any order, perhaps more than once.
    pub(super) fn of(&self, source: usize) -> Vec<usize> {
        let by_egress = self.egress.get(&source).map(|group| &self.to[*group as usize]);
        let by_ingress = self.through.get(&source).into_iter().flatten();
        by_egress
            .into_iter()
            .chain(by_ingress.map(|group| &self.members[*group as usize]))
            .flatten()
            .copied()
            .collect()
    }
}

struct Index<'t> {
    twins: &'t [Twin],
    /// By side, the twins of each peer.
    of: [FxHashMap<u32, Vec<u32>>; 2],
}

impl<'t> Index<'t> {
    fn new(twins: &'t [Twin]) -> Self {
        let of = [0, 1].map(|side| {
            let mut of: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
            for (index, twin) in (0u32..).zip(twins) {
                of.entry(twin.peers[side]).or_default().push(index);
            }
            of
        });
        Self { twins, of }
    }

    /// For every group of twins that are judged alike, the parties with which that differs; and the group of each.
    fn differing(&self, sides: &[Compiled<'_>; 2], direction: Direction) -> (Vec<Vec<usize>>, FxHashMap<usize, u32>) {
        let mut ids: FxHashMap<[u32; 2], u32> = FxHashMap::default();
        let mut group_of = FxHashMap::default();
        let mut groups: Vec<[u32; 2]> = Vec::new();
        for twin in self.twins {
            // What is no endpoint has no policies on either side.
            let [Some(old), Some(new)] = [0, 1].map(|side| sides[side].group(direction, twin.peers[side])) else {
                continue;
            };
            let id = *ids.entry([old, new]).or_insert_with(|| {
                groups.push([old, new]);
                crate::space::to_u32(groups.len() - 1)
            });
            group_of.insert(twin.party, id);
        }
        let lists = groups
            .par_iter()
            .with_min_len(16)
            .map_init(
                || Same {
                    sides,
                    known: FxHashMap::default(),
                },
                |same, group| {
                    let rows = [0, 1].map(|side| sides[side].row(direction, group[side]));
                    self.list(rows, same)
                },
            )
            .collect();
        (lists, group_of)
    }

    /// The parties for which two rows differ.
    fn list(&self, rows: [&Row; 2], same: &mut Same<'_, '_>) -> Vec<usize> {
        let mut at: Vec<u32> = if same.holds(rows[0].default, rows[1].default) {
            let spoken = [0, 1].map(|side| self.spoken_of(side, rows[side]));
            spoken.into_iter().flatten().collect()
        } else {
            (0..crate::space::to_u32(self.twins.len())).collect()
        };
        at.sort_unstable();
        at.dedup();
        let differs = |twin: &&Twin| !same.holds(rows[0].at(twin.peers[0]), rows[1].at(twin.peers[1]));
        at.into_iter()
            .map(|index| &self.twins[index as usize])
            .filter(differs)
            .map(|twin| twin.party)
            .collect()
    }

    /// The twins that do not meet a row's default.
    fn spoken_of(&self, side: usize, row: &Row) -> Vec<u32> {
        let mut found = Vec::new();
        for index in row.words() {
            let cells = row.cells(index).iter().filter(|cell| cell.1 != row.default);
            for peer in cells.flat_map(|cell| ones(cell.0)).map(|lane| index * LANES + lane) {
                found.extend(self.of[side].get(&peer).into_iter().flatten().copied());
            }
        }
        found
    }
}

/// Whether an outcome of one side is one of the other: few are distinct.
struct Same<'c, 'a> {
    sides: &'c [Compiled<'a>; 2],
    known: FxHashMap<(OutcomeId, OutcomeId), bool>,
}

impl Same<'_, '_> {
    fn holds(&mut self, old: OutcomeId, new: OutcomeId) -> bool {
        let sides = self.sides;
        *self
            .known
            .entry((old, new))
            .or_insert_with(|| sides[0].outcome(old) == sides[1].outcome(new))
    }
}
