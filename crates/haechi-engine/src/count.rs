//! How many pairs are allowed, denied and undefined, without listing them.
//!
//! Pairs are counted a tile at a time: 64 classes that begin to talk by 64 that are talked to. A
//! tile's rows come straight from the groups' steps, so that nothing that grows with the square of
//! the cluster is ever held.

use haechi_policy::Direction;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::bits::{LANES, ones};
use crate::compiled::Compiled;
use crate::outcome::Verdict;
use crate::reach::{By, Party, Reach};
use crate::row::{Cell, Judge, OutcomeId, Row};
use crate::space::to_u32;

/// How many pairs meet each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Allowed on some port.
    pub allowed: u64,
    /// Denied on every port.
    pub denied: u64,
    /// Neither: the data plane decides.
    pub undefined: u64,
}

impl Tally {
    /// All pairs.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.allowed + self.denied + self.undefined
    }

    fn slot(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Allow => &mut self.allowed,
            Verdict::Deny => &mut self.denied,
            Verdict::Undefined => &mut self.undefined,
        }
    }

    fn shift(&mut self, from: Verdict, to: Verdict, pairs: u64) {
        *self.slot(from) -= pairs;
        *self.slot(to) += pairs;
    }
}

/// The counts of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Workloads.
    pub workloads: u64,
    /// Pods; those of a template as many as it has replicas.
    pub pods: u64,
    /// Ordered pairs of workloads, those of a workload with itself included.
    pub workload_pairs: Tally,
    /// Ordered pairs of pods, those of a pod with itself, which are always allowed, included.
    pub pod_pairs: Tally,
}

/// Counts all pairs.
#[must_use]
pub fn count(compiled: &Compiled<'_>) -> Counts {
    let tiles = Tiles::new(compiled);
    let sums = (0..tiles.words)
        .into_par_iter()
        .fold(Sums::default, |sums, word| tiles.add_column(word, sums))
        .reduce(Sums::default, Sums::merge);
    let mut counts = tiles.counts(sums);
    tiles.correct(&mut counts);
    counts
}

/// What counting needs to know of the cluster.
struct Tiles<'c, 'a> {
    compiled: &'c Compiled<'a>,
    reach: Reach<'c, 'a>,
    classes: u32,
    words: u32,
    /// Pods of each class.
    pods: Weights,
    /// Workloads that are one class alone, by class.
    plain: Weights,
    /// The classes of each workload that has several.
    mixed: Vec<Vec<u32>>,
    /// For each class, the mixed workloads that it is a part of.
    mixed_of: FxHashMap<u32, Vec<u32>>,
    workloads: u64,
}

/// Numbers of classes, as planes of their binary digits.
struct Weights {
    of: Vec<u64>,
    planes: Vec<Vec<u64>>,
}

impl Weights {
    fn new(of: Vec<u64>, words: u32) -> Self {
        let digits = of.iter().map(|w| 64 - w.leading_zeros()).max().unwrap_or(0);
        let mut planes = vec![vec![0; words as usize]; digits as usize];
        for (class, weight) in of.iter().enumerate() {
            for digit in ones(*weight) {
                planes[digit as usize][class / LANES as usize] |= 1 << (class % LANES as usize);
            }
        }
        Self { of, planes }
    }

    /// The sum over the classes of `lanes` in one word.
    fn sum(&self, word: u32, lanes: u64) -> u64 {
        let digits = self.planes.iter().enumerate();
        digits
            .map(|(digit, plane)| u64::from((plane[word as usize] & lanes).count_ones()) << digit)
            .sum()
    }
}

/// What columns add up to.
#[derive(Default)]
struct Sums {
    pods: [u64; 2],
    workloads: [u64; 2],
    /// For mixed workloads, what any of their classes met: allowed and undefined sources.
    mixed: FxHashMap<u32, [Vec<u64>; 2]>,
}

impl Sums {
    fn merge(mut self, other: Self) -> Self {
        for (a, b) in [(&mut self.pods, other.pods), (&mut self.workloads, other.workloads)] {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
        for (workload, rows) in other.mixed {
            match self.mixed.entry(workload) {
                std::collections::hash_map::Entry::Occupied(mut mine) => {
                    for (mine, row) in mine.get_mut().iter_mut().zip(rows) {
                        mine.iter_mut().zip(row).for_each(|(a, b)| *a |= b);
                    }
                }
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(rows);
                }
            }
        }
        self
    }
}

/// By outcome at the source's end, for each of 64 destinations the sources that meet it.
enum Egress {
    Uniform(OutcomeId),
    Split(Vec<(OutcomeId, Box<[u64; 64]>)>),
}

impl<'c, 'a> Tiles<'c, 'a> {
    fn new(compiled: &'c Compiled<'a>) -> Self {
        let (cluster, space) = (compiled.cluster(), compiled.space());
        let classes = space.class_peers().end;
        let words = classes.div_ceil(LANES);
        let mut plain = vec![0; classes as usize];
        let (mut mixed, mut mixed_of): (Vec<Vec<u32>>, FxHashMap<u32, Vec<u32>>) = (Vec::new(), FxHashMap::default());
        let mut workloads = 0;
        for workload in 0..cluster.workloads.len() {
            let mut of: Vec<u32> = space.class_of[cluster.endpoints_of(workload)].to_vec();
            of.sort_unstable();
            of.dedup();
            match *of {
                [] => continue,
                [class] => plain[class as usize] += 1,
                [..] => {
                    for class in &of {
                        mixed_of.entry(*class).or_default().push(to_u32(mixed.len()));
                    }
                    mixed.push(of);
                }
            }
            workloads += 1;
        }
        Self {
            compiled,
            reach: Reach::new(compiled, By::Workload),
            classes,
            words,
            pods: Weights::new(space.classes.iter().map(|c| c.pods).collect(), words),
            plain: Weights::new(plain, words),
            mixed,
            mixed_of,
            workloads,
        }
    }

    /// The lanes of a word that are classes.
    fn lanes(&self, word: u32) -> u64 {
        match self.classes - word * LANES {
            rest @ ..LANES => (1 << rest) - 1,
            _ => !0,
        }
    }

    /// Adds what every class meets that talks to one of the 64 of a word.
    fn add_column(&self, column: u32, mut sums: Sums) -> Sums {
        let mut judge = self.compiled.judge();
        let mut verdicts = Verdicts::new(self.compiled);
        let egress = self.egress(column, &mut judge);
        let mut rows: FxHashMap<u32, Row> = FxHashMap::default();
        let mut met = [vec![0; self.words as usize], vec![0; self.words as usize]];
        let steps = self.compiled.group_steps(Direction::Ingress);
        for lane in ones(self.lanes(column)) {
            let to = column * LANES + lane;
            let Some(group) = self.compiled.group(Direction::Ingress, to) else {
                continue;
            };
            let row = rows.entry(group).or_insert_with(|| judge.row(&steps[group as usize]));
            met.iter_mut().for_each(|m| m.fill(0));
            for (word, egress) in (0u32..).zip(&egress) {
                let whole = [(!0, row.default)];
                let cells = match row.cells(word) {
                    [] => &whole[..],
                    cells => cells,
                };
                let (allowed, undefined) = verdicts.tile(cells, egress, lane);
                met[0][word as usize] = allowed & self.lanes(word);
                met[1][word as usize] = undefined & self.lanes(word);
            }
            self.add_row(to, &met, &mut sums);
        }
        sums
    }

    fn egress(&self, column: u32, judge: &mut Judge<'_>) -> Vec<Egress> {
        let mut cells: Vec<Cell> = Vec::new();
        let mut buffer = Vec::new();
        let mut ends = Vec::new();
        for steps in self.compiled.group_steps(Direction::Egress) {
            judge.word(steps, column, &mut buffer);
            cells.extend_from_slice(&buffer);
            ends.push(cells.len());
        }
        let of = |class: u32| {
            let group = self.compiled.group(Direction::Egress, class).unwrap_or(0) as usize;
            &cells[group.checked_sub(1).map_or(0, |g| ends[g])..ends[group]]
        };
        (0..self.words)
            .map(|word| {
                let sources = || ones(self.lanes(word)).map(|lane| (lane, of(word * LANES + lane)));
                let mut all = sources().map(|(_, cells)| match cells {
                    [(_, only)] => Some(*only),
                    _ => None,
                });
                if let Some(Some(first)) = all.next()
                    && all.all(|other| other == Some(first))
                {
                    return Egress::Uniform(first);
                }
                let mut split: Vec<(OutcomeId, Box<[u64; 64]>)> = Vec::new();
                for (lane, cells) in sources() {
                    for &(mask, outcome) in cells {
                        let at = split.iter().position(|(o, _)| *o == outcome).unwrap_or_else(|| {
                            split.push((outcome, Box::new([0; 64])));
                            split.len() - 1
                        });
                        split[at].1[lane as usize] |= mask;
                    }
                }
                split.iter_mut().for_each(|(_, square)| transpose(square));
                Egress::Split(split)
            })
            .collect()
    }

    /// Adds what one class meets from every other.
    fn add_row(&self, to: u32, met: &[Vec<u64>; 2], sums: &mut Sums) {
        let pods = self.pods.of[to as usize];
        let plain = self.plain.of[to as usize];
        let mut from_plain = [0; 2];
        for (kind, row) in met.iter().enumerate() {
            for (word, &lanes) in (0u32..).zip(row).filter(|(_, lanes)| **lanes != 0) {
                sums.pods[kind] += pods * self.pods.sum(word, lanes);
                from_plain[kind] += self.plain.sum(word, lanes);
            }
        }
        if plain > 0 {
            let mixed = self.mixed_sources(met);
            for kind in 0..2 {
                sums.workloads[kind] += plain * (from_plain[kind] + mixed[kind]);
            }
        }
        for &workload in self.mixed_of.get(&to).into_iter().flatten() {
            let rows = sums
                .mixed
                .entry(workload)
                .or_insert_with(|| met.each_ref().map(|row| vec![0; row.len()]));
            for (mine, row) in rows.iter_mut().zip(met) {
                mine.iter_mut().zip(row).for_each(|(a, b)| *a |= b);
            }
        }
    }

    /// How many mixed workloads have a class that is allowed, and how many else one that is undefined.
    fn mixed_sources(&self, met: &[Vec<u64>; 2]) -> [u64; 2] {
        let is = |row: &[u64], class: u32| row[(class / LANES) as usize] >> (class % LANES) & 1 == 1;
        let mut found = [0; 2];
        for classes in &self.mixed {
            if classes.iter().any(|class| is(&met[0], *class)) {
                found[0] += 1;
            } else if classes.iter().any(|class| is(&met[1], *class)) {
                found[1] += 1;
            }
        }
        found
    }

    fn counts(&self, mut sums: Sums) -> Counts {
        for (_, mut met) in std::mem::take(&mut sums.mixed) {
            // What one class is allowed another need not be undefined.
            let [allowed, undefined] = &mut met;
            undefined.iter_mut().zip(&*allowed).for_each(|(u, a)| *u &= !a);
            let mixed = self.mixed_sources(&met);
            for kind in 0..2 {
                let plain: u64 = (0u32..)
                    .zip(&met[kind])
                    .map(|(word, &lanes)| self.plain.sum(word, lanes))
                    .sum();
                sums.workloads[kind] += plain + mixed[kind];
            }
        }
        let pods: u64 = self.pods.of.iter().sum();
        let tally = |[allowed, undefined]: [u64; 2], all: u64| Tally {
            allowed,
            undefined,
            denied: all * all - allowed - undefined,
        };
        Counts {
            workloads: self.workloads,
            pods,
            workload_pairs: tally(sums.workloads, self.workloads),
            pod_pairs: tally(sums.pods, pods),
        }
    }

    /// Counts again what classes alone do not tell: pods with themselves, and pods with their own nodes.
    fn correct(&self, counts: &mut Counts) {
        for class in 0..self.classes {
            let verdict = self.verdict(class, class);
            counts
                .pod_pairs
                .shift(verdict, Verdict::Allow, self.pods.of[class as usize]);
        }
        self.correct_hosts(counts);
        let places: Vec<usize> = (0..self.reach.parties().len()).collect();
        let is_host = |place: &usize| self.classes_of(*place).iter().any(|c| self.compiled.is_host(*c));
        let workloads: Vec<usize> = places
            .into_iter()
            .filter(|p| matches!(self.reach.parties()[*p], Party::Workload(_)))
            .collect();
        let hosts: Vec<usize> = workloads.iter().copied().filter(is_host).collect();
        let itself = workloads.iter().filter(|w| !is_host(w)).map(|w| (*w, *w));
        let with_host = workloads.iter().flat_map(|w| {
            let both = hosts.iter().flat_map(move |h| [(*w, *h), (*h, *w)]);
            // Two hosts would come twice, and one with itself four times.
            both.filter(move |_| !is_host(w))
        });
        let hosts_only = hosts.iter().flat_map(|a| hosts.iter().map(|b| (*a, *b)));
        for (from, to) in itself.chain(with_host).chain(hosts_only) {
            let counted = self.counted(from, to);
            let real = self.reach.between(from, to).outcome.verdict();
            if counted != real {
                counts.workload_pairs.shift(counted, real, 1);
            }
        }
    }

    /// Pods in their nodes' network reach the pods there, whatever policies say.
    fn correct_hosts(&self, counts: &mut Counts) {
        let cluster = self.compiled.cluster();
        let mut nodes: Vec<FxHashMap<Option<&str>, u64>> = Vec::new();
        for class in &self.compiled.space().classes {
            let mut by_node = FxHashMap::default();
            for member in &class.members {
                let endpoint = &cluster.endpoints[*member as usize];
                *by_node.entry(endpoint.node.as_deref()).or_default() += u64::from(endpoint.count);
            }
            nodes.push(by_node);
        }
        let hosts: Vec<u32> = (0..self.classes).filter(|c| self.compiled.is_host(*c)).collect();
        for &host in &hosts {
            for own in (0..self.classes).filter(|c| !self.compiled.is_host(*c)) {
                let (a, b) = (&nodes[host as usize], &nodes[own as usize]);
                let (fewer, more) = if a.len() < b.len() { (a, b) } else { (b, a) };
                let same: u64 = fewer
                    .iter()
                    .filter(|(node, _)| node.is_some())
                    .map(|(node, pods)| pods * more.get(node).copied().unwrap_or(0))
                    .sum();
                let [all_a, all_b] = [a, b].map(|nodes| nodes.values().sum::<u64>());
                let [no_a, no_b] = [a, b].map(|nodes| nodes.get(&None).copied().unwrap_or(0));
                let unknown = all_a * all_b - (all_a - no_a) * (all_b - no_b);
                for (from, to) in [(host, own), (own, host)] {
                    match self.verdict(from, to) {
                        Verdict::Allow => {}
                        verdict => {
                            counts.pod_pairs.shift(verdict, Verdict::Allow, same);
                            counts.pod_pairs.shift(verdict, Verdict::Undefined, unknown);
                        }
                    }
                }
            }
        }
    }

    fn classes_of(&self, place: usize) -> Vec<u32> {
        match self.reach.parties()[place] {
            Party::Workload(workload) => {
                let space = self.compiled.space();
                space.class_of[self.compiled.cluster().endpoints_of(workload)].to_vec()
            }
            _ => Vec::new(),
        }
    }

    /// What the columns counted for two workloads.
    fn counted(&self, from: usize, to: usize) -> Verdict {
        let mut found = Verdict::Deny;
        for a in self.classes_of(from) {
            for b in self.classes_of(to) {
                match self.verdict(a, b) {
                    Verdict::Allow => return Verdict::Allow,
                    Verdict::Undefined => found = Verdict::Undefined,
                    Verdict::Deny => {}
                }
            }
        }
        found
    }

    fn verdict(&self, from: u32, to: u32) -> Verdict {
        self.compiled.between_peers(from, to).verdict()
    }
}

/// The verdicts of pairs of outcomes: few are distinct.
struct Verdicts<'c, 'a> {
    compiled: &'c Compiled<'a>,
    known: FxHashMap<(OutcomeId, OutcomeId), Verdict>,
}

impl<'c, 'a> Verdicts<'c, 'a> {
    fn new(compiled: &'c Compiled<'a>) -> Self {
        Self {
            compiled,
            known: FxHashMap::default(),
        }
    }

    /// Of the 64 sources of a tile, those that are allowed to talk to one destination, and those for which it is
    /// undefined.
    fn tile(&mut self, ingress: &[Cell], egress: &Egress, lane: u32) -> (u64, u64) {
        let (mut allowed, mut undefined) = (0, 0);
        for &(sources, at_destination) in ingress {
            let mut add = |lanes: u64, at_source: OutcomeId| {
                let lanes = lanes & sources;
                if lanes != 0 {
                    match self.verdict(at_source, at_destination) {
                        Verdict::Allow => allowed |= lanes,
                        Verdict::Undefined => undefined |= lanes,
                        Verdict::Deny => {}
                    }
                }
            };
            match egress {
                Egress::Uniform(outcome) => add(!0, *outcome),
                Egress::Split(split) => {
                    split
                        .iter()
                        .for_each(|(outcome, square)| add(square[lane as usize], *outcome));
                }
            }
        }
        (allowed, undefined)
    }

    fn verdict(&mut self, egress: OutcomeId, ingress: OutcomeId) -> Verdict {
        let compiled = self.compiled;
        *self
            .known
            .entry((egress, ingress))
            .or_insert_with(|| compiled.outcome(egress).and(&compiled.outcome(ingress)).verdict())
    }
}

/// Swaps the rows and the columns of a square of bits.
fn transpose(square: &mut [u64; 64]) {
    let (mut width, mut mask) = (32, 0x0000_0000_ffff_ffff_u64);
    while width > 0 {
        let mut row = 0;
        while row < 64 {
            let swapped = (square[row] >> width ^ square[row + width]) & mask;
            square[row] ^= swapped << width;
            square[row + width] ^= swapped;
            row = (row + width + 1) & !width;
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_swaps_rows_and_columns() {
        let mut square = [0; 64];
        square[3] = 1 << 40 | 1;
        square[63] = 1 << 63;
        transpose(&mut square);
        assert_eq!((square[40], square[0], square[63]), (1 << 3, 1 << 3, 1 << 63));
        assert_eq!(square.iter().map(|row| row.count_ones()).sum::<u32>(), 3);
    }
}
