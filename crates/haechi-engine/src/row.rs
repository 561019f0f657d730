//! A row: what one group of endpoints meets with every peer.
//!
//! All peers of a word go through a group's steps at once, as cells of lanes that fared alike.

use std::sync::Mutex;

use rustc_hash::FxHashMap;

use crate::bits::LANES;
use crate::effect::State;
use crate::outcome::Outcome;
use crate::rulebook::{EffectId, Effects, Rulebook, Step};
use crate::space::to_u32;

/// An index into [`Outcomes`].
pub(crate) type OutcomeId = u32;

/// Distinct outcomes, shared by all rows.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    list: Vec<Outcome>,
    ids: FxHashMap<Outcome, OutcomeId>,
}

impl Outcomes {
    fn id(&self, outcome: Outcome) -> OutcomeId {
        let mut known = self.lock();
        if let Some(&id) = known.ids.get(&outcome) {
            return id;
        }
        let id = to_u32(known.list.len());
        known.list.push(outcome.clone());
        known.ids.insert(outcome, id);
        id
    }

    /// The outcome of an id that a row of the same set gave.
    pub(crate) fn outcome(&self, id: OutcomeId) -> Outcome {
        self.lock().list[id as usize].clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // A thread that panicked between two lines above left nothing half done that matters.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Lanes of a word, with what they meet.
pub(crate) type Cell = (u64, OutcomeId);

/// What a group meets, word by word.
#[derive(Debug)]
pub(crate) struct Row {
    /// What every peer meets that no word below speaks of.
    pub(crate) default: OutcomeId,
    /// Indices of words, ascending, each with the end of its cells.
    words: Box<[(u32, u32)]>,
    cells: Box<[Cell]>,
}

impl Row {
    /// What `peer` meets.
    pub(crate) fn at(&self, peer: u32) -> OutcomeId {
        let lane = 1 << (peer % LANES);
        self.cells(peer / LANES)
            .iter()
            .find(|(lanes, _)| lanes & lane != 0)
            .map_or(self.default, |cell| cell.1)
    }

    /// The words that do not meet the default as a whole, ascending.
    pub(crate) fn words(&self) -> impl Iterator<Item = u32> {
        self.words.iter().map(|word| word.0)
    }

    /// Everything that one of so many peers meets; the same may come several times.
    pub(crate) fn outcomes(&self, peers: u32) -> impl Iterator<Item = OutcomeId> {
        let words = peers.div_ceil(LANES);
        let last = words - 1;
        let excess = match peers % LANES {
            0 => 0,
            rest => !0 << rest,
        };
        let default = (self.words.len() < words as usize).then_some(self.default);
        let of = self.words.iter().flat_map(move |(index, _)| {
            let beyond = if *index == last { excess } else { 0 };
            self.cells(*index)
                .iter()
                .filter(move |(lanes, _)| lanes & !beyond != 0)
                .map(|cell| cell.1)
        });
        default.into_iter().chain(of)
    }

    /// The cells of a word; empty where all of it meets the default.
    pub(crate) fn cells(&self, index: u32) -> &[Cell] {
        let Ok(at) = self.words.binary_search_by_key(&index, |w| w.0) else {
            return &[];
        };
        let begin = at.checked_sub(1).map_or(0, |before| self.words[before].1);
        &self.cells[begin as usize..self.words[at].1 as usize]
    }
}

/// Remembers what steps did to states: few of either are distinct.
#[derive(Debug)]
pub(crate) struct Memory<'o> {
    outcomes: &'o Outcomes,
    states: Vec<State>,
    ids: FxHashMap<State, u32>,
    after: FxHashMap<(u32, EffectId), u32>,
    ends: FxHashMap<u32, OutcomeId>,
}

impl<'o> Memory<'o> {
    pub(crate) fn new(outcomes: &'o Outcomes) -> Self {
        let start = State::start();
        Self {
            outcomes,
            ids: FxHashMap::from_iter([(start.clone(), 0)]),
            states: vec![start],
            after: FxHashMap::default(),
            ends: FxHashMap::default(),
        }
    }

    fn state(&self, state: u32) -> &State {
        &self.states[state as usize]
    }

    fn after(&mut self, state: u32, effect: EffectId, effects: &Effects) -> u32 {
        if let Some(&next) = self.after.get(&(state, effect)) {
            return next;
        }
        let next = self.states[state as usize].after(effects.effect(effect));
        let fresh = to_u32(self.states.len());
        let id = *self.ids.entry(next.clone()).or_insert(fresh);
        if id == fresh {
            self.states.push(next);
        }
        self.after.insert((state, effect), id);
        id
    }

    fn end(&mut self, state: u32) -> OutcomeId {
        let Self {
            outcomes, states, ends, ..
        } = self;
        *ends
            .entry(state)
            .or_insert_with(|| outcomes.id(states[state as usize].outcome()))
    }
}

/// Judges groups of endpoints, one thread's worth.
pub(crate) struct Judge<'b> {
    book: &'b Rulebook<'b>,
    effects: &'b Effects,
    memory: Memory<'b>,
    /// How many words hold all peers.
    words: u32,
    lanes: Vec<(u64, u32)>,
}

impl<'b> Judge<'b> {
    pub(crate) fn new(book: &'b Rulebook<'b>, effects: &'b Effects, outcomes: &'b Outcomes, peers: u32) -> Self {
        Self {
            book,
            effects,
            memory: Memory::new(outcomes),
            words: peers.div_ceil(LANES),
            lanes: Vec::new(),
        }
    }

    /// What a peer meets that no step speaks of.
    pub(crate) fn default(&mut self, steps: &[Step]) -> OutcomeId {
        let everyone = steps.iter().filter(|s| s.masks.is_empty());
        let state = everyone.fold(0, |state, step| self.memory.after(state, step.effect, self.effects));
        self.memory.end(state)
    }

    /// What the peers of one word meet, each lane in one cell.
    pub(crate) fn word(&mut self, steps: &[Step], index: u32, cells: &mut Vec<Cell>) {
        self.walk(steps, index, |_, _, _| {});
        cells.clear();
        for &(lanes, state) in &self.lanes {
            let outcome = self.memory.end(state);
            match cells.iter_mut().find(|cell| cell.1 == outcome) {
                Some(cell) => cell.0 |= lanes,
                None => cells.push((lanes, outcome)),
            }
        }
    }

    /// Takes the peers of one word through all steps, and calls `visit` for each step with the lanes that it speaks
    /// of and what had become of them before.
    pub(crate) fn walk(&mut self, steps: &[Step], index: u32, mut visit: impl FnMut(&Step, u64, &State)) {
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.clear();
        lanes.push((!0, 0));
        for step in steps {
            let hit = if step.masks.is_empty() {
                !0
            } else {
                step.masks
                    .iter()
                    .fold(0, |word, mask| word | self.book.word(*mask, index))
            };
            if hit == 0 {
                continue;
            }
            for at in 0..lanes.len() {
                let (cell, state) = lanes[at];
                if cell & hit == 0 {
                    continue;
                }
                visit(step, cell & hit, self.memory.state(state));
                let next = self.memory.after(state, step.effect, self.effects);
                if next == state {
                    continue;
                }
                lanes[at] = (cell & hit, next);
                if cell & !hit != 0 {
                    lanes.push((cell & !hit, state));
                }
            }
        }
        self.lanes = lanes;
    }

    /// What every peer meets.
    pub(crate) fn row(&mut self, steps: &[Step]) -> Row {
        let default = self.default(steps);
        let touched = self.book.touched(steps).unwrap_or_else(|| (0..self.words).collect());
        let (mut words, mut all, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        for index in touched {
            self.word(steps, index, &mut cells);
            if !matches!(*cells, [(_, only)] if only == default) {
                cells.sort_unstable();
                all.extend_from_slice(&cells);
                words.push((index, to_u32(all.len())));
            }
        }
        Row {
            default,
            words: words.into(),
            cells: all.into(),
        }
    }
}
