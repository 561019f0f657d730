//! Which rank a block belongs in, and which of the block's columns a node belongs in.

use std::collections::BTreeMap;

use super::{Card, HEADER, PADDING};
use crate::graph::{Flow, Graph};

/// Which block, rank and column each node has.
pub(super) struct Grid {
    /// The block of each node. Groups come first, in the graph's order, then nodes in no group.
    pub(super) block_of: Vec<usize>,
    /// The column of each node inside its block.
    pub(super) column_of: Vec<usize>,
    /// The rank of each block.
    pub(super) rank_of: Vec<usize>,
    /// How many columns each block has; at least one.
    pub(super) columns: Vec<usize>,
    /// How many columns each rank has: those of its widest block.
    pub(super) rank_columns: Vec<usize>,
    /// How many of the blocks are groups.
    pub(super) groups: usize,
}

/// Gives every node its block, rank and column.
pub(super) fn grid(graph: &Graph, cards: &[Card]) -> Grid {
    let groups = graph.groups().len();
    let mut blocks = groups;
    let block_of: Vec<usize> = graph
        .membership()
        .iter()
        .map(|group| {
            group.unwrap_or_else(|| {
                blocks += 1;
                blocks - 1
            })
        })
        .collect();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); blocks];
    for (node, block) in block_of.iter().enumerate() {
        members[*block].push(node);
    }

    let mut column_of = vec![0; block_of.len()];
    let mut columns = vec![1; blocks];
    let mut size = vec![(0.0, 0.0); blocks];
    // Many groups side by side leave little width to each.
    let free = if groups > 3 { 2 } else { 3 };
    for (block, members) in members.iter().enumerate() {
        let inside = columns_of(graph, cards, &block_of, members, free);
        columns[block] = inside.len().max(1);
        let (mut width, mut height) = (2.0 * PADDING, 0.0_f64);
        for (column, nodes) in inside.iter().enumerate() {
            for node in nodes {
                column_of[*node] = column;
            }
            width += nodes.iter().map(|node| cards[*node].width).fold(0.0, f64::max) + 70.0;
            height = height.max(nodes.iter().map(|node| cards[*node].height + 14.0).sum());
        }
        size[block] = (width, height + if block < groups { HEADER + PADDING } else { 0.0 });
    }
    let rank_of = ranks_of(graph, &block_of, &size);
    let ranks = rank_of.iter().max().map_or(0, |last| last + 1);
    let mut rank_columns = vec![1; ranks];
    for (block, rank) in rank_of.iter().enumerate() {
        rank_columns[*rank] = rank_columns[*rank].max(columns[block]);
    }
    Grid {
        block_of,
        column_of,
        rank_of,
        columns,
        rank_columns,
        groups,
    }
}

/// The nodes of a block in columns, none of them empty.
fn columns_of(graph: &Graph, cards: &[Card], block_of: &[usize], members: &[usize], free: usize) -> Vec<Vec<usize>> {
    let local: BTreeMap<usize, usize> = members.iter().enumerate().map(|(local, node)| (*node, local)).collect();
    let mut weights = BTreeMap::new();
    let mut pull = vec![0_i64; members.len()];
    for (from, to) in graph.ends() {
        match (local.get(from), local.get(to)) {
            (Some(a), Some(b)) if a != b => *weights.entry((*a, *b)).or_insert(0) += 1,
            (Some(a), None) if block_of[*from] != block_of[*to] => pull[*a] += 1,
            (None, Some(b)) if block_of[*from] != block_of[*to] => pull[*b] -= 1,
            _ => {}
        }
    }
    let sizes: Vec<(f64, f64)> = members
        .iter()
        .map(|node| (cards[*node].width + 80.0, cards[*node].height + 14.0))
        .collect();
    let arranged = match graph.flow() {
        Flow::Compact => arrange(&sizes, &weights, &pull, free),
        Flow::Strict => layered(sizes.len(), &weights),
    };
    let last = arranged.iter().max().map_or(0, |last| last + 1);
    (0..last)
        .map(|column| {
            (0..members.len())
                .filter(|local| arranged[*local] == column)
                .map(|local| members[local])
                .collect()
        })
        .collect()
}

/// The rank of each block.
fn ranks_of(graph: &Graph, block_of: &[usize], size: &[(f64, f64)]) -> Vec<usize> {
    let mut weights = BTreeMap::new();
    for (from, to) in graph.ends() {
        let (a, b) = (block_of[*from], block_of[*to]);
        if a != b {
            *weights.entry((a, b)).or_insert(0) += 1;
        }
    }
    match graph.flow() {
        Flow::Compact => arrange(size, &weights, &vec![0; size.len()], 4),
        Flow::Strict => layered(size.len(), &weights),
    }
}

/// Each thing in the column behind all that lead to it.
fn layered(things: usize, weights: &BTreeMap<(usize, usize), i64>) -> Vec<usize> {
    let layers = layers(things, weights);
    layers.into_iter().map(Option::unwrap_or_default).collect()
}

/// Puts things of some width and height into columns, numbered without holes, so that most weight
/// leads a little to the right and the whole is about as wide as a page or screen.
///
/// `pull` says how much each thing would rather be right than left. As many columns as the longest way
/// has are always fine up to `free`, however wide that is.
fn arrange(sizes: &[(f64, f64)], weights: &BTreeMap<(usize, usize), i64>, pull: &[i64], free: usize) -> Vec<usize> {
    if sizes.is_empty() {
        return Vec::new();
    }
    let layers = layers(sizes.len(), weights);
    let longest = layers.iter().flatten().max().map_or(1, |last| last + 1);
    let total: f64 = sizes.iter().map(|(_, height)| height).sum();
    let wide = sizes.iter().map(|(width, height)| width * height).sum::<f64>() / total.max(1.0);
    // Columns of this many things each are as wide as they are high, times the wanted proportion.
    let widest = sizes.iter().map(|(width, _)| *width).fold(1.0, f64::max);
    let fitting = (1.9 * total / wide.max(widest * 0.75)).sqrt().round().max(1.0) as usize;
    let columns = if longest < fitting {
        fitting
    } else {
        longest.min(fitting.max(free))
    };
    let tallest = sizes.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    let share = (total / columns as f64).max(tallest) * 1.1;

    let squeezed = |layer: usize| {
        if longest > columns {
            layer * columns / longest
        } else {
            layer
        }
    };
    let mut search = Search {
        place: layers.iter().map(|layer| squeezed(layer.unwrap_or(0))).collect(),
        load: vec![0.0; columns],
        sizes,
        pull,
        out: vec![Vec::new(); sizes.len()],
        into: vec![Vec::new(); sizes.len()],
        share,
    };
    for (thing, (_, height)) in sizes.iter().enumerate() {
        search.load[search.place[thing]] += height;
    }
    for ((a, b), weight) in weights {
        let weight = (*weight as f64).sqrt();
        search.out[*a].push((*b, weight));
        search.into[*b].push((*a, weight));
    }
    search.anneal();
    search.improve();
    let mut used: Vec<usize> = search.place.clone();
    used.sort_unstable();
    used.dedup();
    search
        .place
        .iter()
        .map(|column| used.partition_point(|known| known < column))
        .collect()
}

/// An arrangement that is improved by moving one thing at a time.
struct Search<'a> {
    place: Vec<usize>,
    /// How high each column is.
    load: Vec<f64>,
    sizes: &'a [(f64, f64)],
    pull: &'a [i64],
    out: Vec<Vec<(usize, f64)>>,
    into: Vec<Vec<(usize, f64)>>,
    /// How high a column may well be.
    share: f64,
}

impl Search<'_> {
    /// Moves at random, less and less boldly, so that the best found is not just the nearest.
    fn anneal(&mut self) {
        let things = self.place.len();
        let moves = (things * 300).min(60_000);
        let mut seed = 7_u64;
        let mut random = move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as f64 / (1_u64 << 31) as f64
        };
        for step in 0..moves {
            let heat = 3.0 * (1.0 - step as f64 / moves as f64).powi(2) + 0.01;
            let thing = (random() * things as f64) as usize;
            let column = (random() * self.load.len() as f64) as usize;
            let chance = random();
            let here = self.place[thing];
            let height = self.sizes[thing].1;
            self.load[here] -= height;
            let worse = self.cost(thing, column) - self.cost(thing, here);
            let moves = worse < 0.0 || chance < (-worse / heat).exp();
            self.place[thing] = if moves { column } else { here };
            self.load[self.place[thing]] += height;
        }
    }

    fn improve(&mut self) {
        for _ in 0..30 {
            let mut moved = false;
            for thing in 0..self.place.len() {
                let here = self.place[thing];
                let height = self.sizes[thing].1;
                self.load[here] -= height;
                let mut best = (self.cost(thing, here), here);
                for column in 0..self.load.len() {
                    let cost = self.cost(thing, column);
                    if cost + 1e-9 < best.0 {
                        best = (cost, column);
                    }
                }
                self.place[thing] = best.1;
                self.load[best.1] += height;
                moved |= best.1 != here;
            }
            if !moved {
                break;
            }
        }
    }

    /// What it costs to have a thing in a column: backward and long lines, and what makes it too tall.
    fn cost(&self, thing: usize, column: usize) -> f64 {
        let line = |from: usize, to: usize| match to as f64 - from as f64 {
            0.0 => 2.0,
            forward if forward > 0.0 => (forward - 1.0) * 0.9,
            back => 1.2 - back,
        };
        let lines = self.out[thing]
            .iter()
            .map(|(other, weight)| weight * line(column, self.place[*other]))
            .sum::<f64>()
            + self.into[thing]
                .iter()
                .map(|(other, weight)| weight * line(self.place[*other], column))
                .sum::<f64>();
        let before = (self.load[column] / self.share - 1.0).max(0.0);
        let after = ((self.load[column] + self.sizes[thing].1) / self.share - 1.0).max(0.0);
        let crowd = (after * after - before * before) * 16.0;
        lines + crowd - (self.pull[thing].signum() as f64) * column as f64 * 0.2 + self.load[column] / self.share * 0.05
    }
}

/// Layers such that most weight leads from lower to higher ones; none for what has no edge.
///
/// Pairs that talk evenly both ways say nothing about order: they share a layer, unless one of the
/// two is a hub that many such pairs meet in.
fn layers(count: usize, weights: &BTreeMap<(usize, usize), i64>) -> Vec<Option<usize>> {
    let mut touched = vec![false; count];
    let mut forward: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    let mut even: Vec<(usize, usize)> = Vec::new();
    for ((a, b), weight) in weights {
        (touched[*a], touched[*b]) = (true, true);
        let back = weights.get(&(*b, *a)).copied().unwrap_or(0);
        if *weight > back {
            forward.insert((*a, *b), weight - back);
        } else if *weight == back && a < b {
            even.push((*a, *b));
        }
    }
    let mut degree = vec![0_usize; count];
    for (a, b) in &even {
        degree[*a] += 1;
        degree[*b] += 1;
    }
    let mut merged: Vec<usize> = (0..count).collect();
    for (a, b) in even {
        if degree[a] >= 2 * degree[b] {
            forward.insert((a, b), 1);
        } else if degree[b] >= 2 * degree[a] {
            forward.insert((b, a), 1);
        } else {
            let (low, high) = (merged[a].min(merged[b]), merged[a].max(merged[b]));
            for unit in merged.iter_mut().filter(|unit| **unit == high) {
                *unit = low;
            }
        }
    }
    let mut net: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for ((a, b), weight) in forward {
        if merged[a] != merged[b] {
            *net.entry((merged[a], merged[b])).or_insert(0) += weight;
        }
    }
    let layer = longest_paths(count, &acyclic(count, &net));
    (0..count)
        .map(|node| touched[node].then(|| layer[merged[node]]))
        .collect()
}

/// Turns edges round until no cycle is left, lightly: the greedy order of Eades, Lin and Smyth.
fn acyclic(count: usize, net: &BTreeMap<(usize, usize), i64>) -> Vec<(usize, usize)> {
    let mut left: Vec<bool> = vec![true; count];
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    let (mut out, mut into) = (vec![0_i64; count], vec![0_i64; count]);
    let mut neighbours: Vec<Vec<(usize, i64, bool)>> = vec![Vec::new(); count];
    for ((a, b), weight) in net {
        out[*a] += weight;
        into[*b] += weight;
        neighbours[*a].push((*b, *weight, true));
        neighbours[*b].push((*a, *weight, false));
    }
    for _ in 0..count {
        let open = || (0..count).filter(|node| left[*node]);
        let sink = open().find(|node| out[*node] == 0);
        let source = open().find(|node| into[*node] == 0);
        let best = open().max_by_key(|node| (out[*node] - into[*node], std::cmp::Reverse(*node)));
        let Some(node) = sink.or(source).or(best) else { break };
        left[node] = false;
        if sink.is_some() {
            tail.push(node);
        } else {
            head.push(node);
        }
        for (other, weight, outgoing) in &neighbours[node] {
            if *outgoing {
                into[*other] -= weight;
            } else {
                out[*other] -= weight;
            }
        }
    }
    let mut position = vec![0; count];
    for (place, node) in head.iter().chain(tail.iter().rev()).enumerate() {
        position[*node] = place;
    }
    let mut edges: Vec<(usize, usize)> = net
        .keys()
        .map(|(a, b)| {
            if position[*a] < position[*b] {
                (*a, *b)
            } else {
                (*b, *a)
            }
        })
        .collect();
    edges.sort_by_key(|(a, b)| (position[*a], position[*b]));
    edges
}

/// The longest way from a source to each node; sources then move as far right as they may.
/// The edges are sorted by a topological order of their first ends.
fn longest_paths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0_usize; count];
    let mut called = vec![false; count];
    for (a, b) in edges {
        layer[*b] = layer[*b].max(layer[*a] + 1);
        called[*b] = true;
    }
    for node in (0..count).filter(|node| !called[*node]) {
        let next = edges.iter().filter(|(a, _)| *a == node).map(|(_, b)| layer[*b]).min();
        layer[node] = next.map_or(0, |next| next.saturating_sub(1));
    }
    layer
}
