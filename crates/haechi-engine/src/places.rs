//! Where a pod whose address is not certain may be, tried out one by one.
//!
//! Rules that hang on one address hang together: a pod lies in a block either for all of them or for none. Steps that
//! are each taken as merely possible forget that, so what comes out as undefined is asked once more for every place
//! that the rules tell apart, and stays undefined only where the answers differ.

use std::rc::Rc;

use haechi_model::address::AddressRange;
use haechi_model::cluster::PodNetwork;
use rustc_hash::FxHashMap;

use crate::bits::{LANES, Words};
use crate::outcome::Reason;
use crate::space::{Space, to_u32};

/// An index into the words of a [rulebook](crate::rulebook::Rulebook).
pub(crate) type WordsId = u32;
/// An index into the rules of a rulebook that hang on a place.
pub(crate) type PlacedId = u32;

/// What a rule's peers are at each place that it tells apart.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The places.
    pub(crate) places: Vec<Place>,
    /// Whether it matches a pod for certain at one of them that it only may match otherwise.
    pub(crate) decides: bool,
    /// Whether the rule alone may be certain once its places are tried.
    pub(crate) settles: bool,
}

/// A place, and the pods whose address is not certain that a rule matches there.
#[derive(Debug)]
pub(crate) struct Place {
    /// The atoms that it is made of.
    pub(crate) atoms: WordsId,
    /// The pods that match for certain.
    pub(crate) certain: WordsId,
    /// Those that may, by reason.
    pub(crate) maybe: Vec<(Reason, WordsId)>,
}

/// Which of a rule's sets of peers a mask is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Those that match for certain.
    Certain,
    /// Those that may for this reason.
    Maybe(Reason),
}

impl Place {
    /// The pods of one part; `None` if there are none.
    pub(crate) fn part(&self, part: Part) -> Option<WordsId> {
        match part {
            Part::Certain => Some(self.certain),
            Part::Maybe(reason) => self.maybe.iter().find(|(r, _)| *r == reason).map(|(_, words)| *words),
        }
    }
}

/// Places that no rule out of some tells apart.
#[derive(Debug)]
pub(crate) struct World {
    /// For each of the rules, which of its places they are.
    at: Vec<(PlacedId, u32)>,
    /// Whether a pod whose address nobody shows may be there.
    inhabited: bool,
    /// The atoms that they are made of, ascending.
    atoms: Vec<u32>,
}

impl World {
    /// Which of a rule's places it is.
    pub(crate) fn place(&self, placed: PlacedId) -> Option<usize> {
        let at = self.at.binary_search_by_key(&placed, |at| at.0).ok()?;
        Some(self.at[at].1 as usize)
    }
}

/// Tries places out, one thread's worth.
#[derive(Debug)]
pub(crate) struct Places<'s> {
    space: &'s Space,
    /// Where pods are whose address nobody shows.
    ranges: &'s [AddressRange],
    known: FxHashMap<Vec<PlacedId>, Rc<[World]>>,
}

impl<'s> Places<'s> {
    pub(crate) fn new(space: &'s Space, ranges: &'s [AddressRange]) -> Self {
        Self {
            space,
            ranges,
            known: FxHashMap::default(),
        }
    }

    /// How many peers there are.
    pub(crate) fn peers(&self) -> u32 {
        self.space.len()
    }

    /// The lanes of a word that are pods whose address is not certain.
    pub(crate) fn uncertain(&self, index: u32) -> u64 {
        self.lanes(index, |atoms| atoms.len() != 1)
    }

    /// The lanes of a word that are such pods and may be in a world.
    pub(crate) fn possible(&self, index: u32, world: &World) -> u64 {
        self.lanes(index, |atoms| match atoms {
            [] => world.inhabited,
            atoms => atoms.iter().any(|atom| world.atoms.binary_search(atom).is_ok()),
        })
    }

    fn lanes(&self, index: u32, holds: impl Fn(&[u32]) -> bool) -> u64 {
        let classes = &self.space.classes;
        (0..LANES).fold(0, |lanes, bit| match classes.get((index * LANES + bit) as usize) {
            Some(class) if class.network == PodNetwork::Own && holds(&class.atoms) => lanes | 1 << bit,
            _ => lanes,
        })
    }

    /// The worlds that some rules, sorted, tell apart.
    pub(crate) fn worlds(&mut self, rules: Vec<PlacedId>, all: &[Placed], words: &[Words]) -> Rc<[World]> {
        if let Some(worlds) = self.known.get(&rules) {
            return Rc::clone(worlds);
        }
        let mut worlds: FxHashMap<Vec<(PlacedId, u32)>, World> = FxHashMap::default();
        for (atom, peer) in (0u32..).zip(self.space.atom_peers()) {
            let is_in = |place: &Place| words[place.atoms as usize].word(peer / LANES) >> (peer % LANES) & 1 == 1;
            let at = rules.iter().filter_map(|rule| {
                let place = all[*rule as usize].places.iter().position(is_in)?;
                Some((*rule, to_u32(place)))
            });
            let at: Vec<(PlacedId, u32)> = at.collect();
            let world = worlds.entry(at.clone()).or_insert_with(|| World {
                at,
                inhabited: false,
                atoms: Vec::new(),
            });
            let range = self.space.atoms[atom as usize].range;
            world.inhabited |= self.ranges.iter().any(|r| r.overlaps(range));
            world.atoms.push(atom);
        }
        let mut worlds: Vec<World> = worlds.into_values().collect();
        worlds.sort_unstable_by(|a, b| a.atoms.cmp(&b.atoms));
        let worlds: Rc<[World]> = worlds.into();
        self.known.insert(rules, Rc::clone(&worlds));
        worlds
    }
}

/// What lanes of a word meet, put together world by world.
#[derive(Debug)]
pub(crate) struct Joined<T>(Vec<(u64, T)>);

impl<T> Default for Joined<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Joined<T> {
    /// Adds what `lanes` meet in one more world.
    pub(crate) fn add(&mut self, lanes: u64, met: T, mut join: impl FnMut(T, T) -> T) {
        let mut fresh = lanes;
        for at in 0..self.0.len() {
            let (cell, before) = self.0[at];
            let both = cell & lanes;
            fresh &= !cell;
            if both != 0 && before != met {
                self.0[at].0 = cell & !both;
                self.0.push((both, join(before, met)));
            }
        }
        if fresh != 0 {
            self.0.push((fresh, met));
        }
    }

    /// The lanes that there is an answer for.
    pub(crate) fn lanes(&self) -> u64 {
        self.0.iter().fold(0, |all, cell| all | cell.0)
    }

    /// The lanes, with what they meet.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u64, T)> {
        self.0.iter().copied()
    }
}
