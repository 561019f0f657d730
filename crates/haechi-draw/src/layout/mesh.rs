//! Nodes and lanes, the links between neighbours among them, and how high each is.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::{Bundle, Way};
use super::rank::Grid;
use super::{Card, Side};

/// What is ordered and placed.
pub(super) struct Mesh {
    /// Nodes first, in the graph's order, then lanes.
    pub(super) spots: Vec<Spot>,
    pub(super) links: Vec<Link>,
    /// The links that touch each spot.
    pub(super) touching: Vec<Vec<usize>>,
    /// From top to bottom what is in each block's columns, to the last column of its rank.
    pub(super) cells: Vec<Vec<Vec<usize>>>,
    /// From top to bottom what is in each rank.
    pub(super) ranks: Vec<Vec<Item>>,
    pub(super) groups: usize,
    /// How far apart lanes are that follow each other: less where there are many.
    pub(super) lane_gap: f64,
}

/// A node, or the lane on which a bundle passes a column or a whole rank.
pub(super) struct Spot {
    pub(super) rank: usize,
    /// The block it is in and the column there; none for a lane that passes a whole rank.
    pub(super) cell: Option<(usize, usize)>,
    pub(super) lane: bool,
    pub(super) height: f64,
    /// Its middle.
    pub(super) y: f64,
}

/// What stands in a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Block(usize),
    Lane(usize),
}

/// A line between two spots in neighbouring columns, or round from a spot to one of the same.
pub(super) struct Link {
    pub(super) bundle: usize,
    /// The statement of its bundle.
    pub(super) statement: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether the link ends on the right side of `to` as it begins on the right side of `from`.
    pub(super) around: bool,
    /// The end of the link that is the target of an edge.
    pub(super) head: Option<HeadAt>,
}

/// Where lines touch a node: those that say the same meet, out and in apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    pub(super) spot: usize,
    pub(super) side: Side,
    pub(super) statement: usize,
    pub(super) flow: Flow,
}

/// What a port is for. A loop has its own two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    LoopOut,
    LoopIn,
    Out,
    In,
}

/// Which end of a link an arrow head is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadAt {
    From,
    To,
}

impl Mesh {
    pub(super) fn new(grid: &Grid, bundles: &[Bundle], ends: &[(usize, usize)], cards: &[Card]) -> Self {
        let mut mesh = Self {
            spots: Vec::new(),
            links: Vec::new(),
            touching: Vec::new(),
            cells: grid
                .rank_of
                .iter()
                .map(|rank| vec![Vec::new(); grid.rank_columns[*rank]])
                .collect(),
            ranks: vec![Vec::new(); grid.rank_columns.len()],
            groups: grid.groups,
            lane_gap: 9.0,
        };
        for (block, rank) in grid.rank_of.iter().enumerate() {
            mesh.ranks[*rank].push(Item::Block(block));
        }
        for (node, card) in cards.iter().enumerate() {
            let cell = (grid.block_of[node], grid.column_of[node]);
            mesh.add(grid.rank_of[cell.0], Some(cell), false, card.height);
        }
        for (index, bundle) in bundles.iter().enumerate() {
            Strand {
                mesh: &mut mesh,
                grid,
                index,
                bundle,
                lanes: BTreeMap::new(),
                known: BTreeMap::new(),
            }
            .lay(ends);
        }
        mesh.touching = vec![Vec::new(); mesh.spots.len()];
        for (index, link) in mesh.links.iter().enumerate() {
            mesh.touching[link.from].push(index);
            if link.to != link.from {
                mesh.touching[link.to].push(index);
            }
        }
        mesh.make_room_for_ports();
        mesh.lane_gap = mesh.lane_gap();
        mesh
    }

    /// The side of its `from` or `to` that a link touches.
    pub(super) fn side(link: &Link, end: HeadAt) -> Side {
        if end == HeadAt::From || link.around {
            Side::Right
        } else {
            Side::Left
        }
    }

    /// The port at one end of a link.
    pub(super) fn port(link: &Link, end: HeadAt) -> Port {
        let spot = if end == HeadAt::From { link.from } else { link.to };
        let flow = match (link.from == link.to, link.head == Some(end)) {
            (true, false) => Flow::LoopOut,
            (true, true) => Flow::LoopIn,
            (false, false) => Flow::Out,
            (false, true) => Flow::In,
        };
        Port {
            spot,
            side: Self::side(link, end),
            statement: link.statement,
            flow,
        }
    }

    /// How far apart two neighbours in a column must be.
    pub(super) fn gap(&self, above: usize, below: usize) -> f64 {
        match (self.spots[above].lane, self.spots[below].lane) {
            (true, true) => self.lane_gap,
            (false, false) => 14.0,
            _ => 12.0,
        }
    }

    fn add(&mut self, rank: usize, cell: Option<(usize, usize)>, lane: bool, height: f64) -> usize {
        let spot = self.spots.len();
        self.spots.push(Spot {
            rank,
            cell,
            lane,
            height,
            y: 0.0,
        });
        match cell {
            Some((block, column)) => self.cells[block][column].push(spot),
            None => self.ranks[rank].push(Item::Lane(spot)),
        }
        spot
    }

    fn lane_gap(&self) -> f64 {
        let mut lanes = vec![0_usize; self.ranks.len()];
        for spot in self.spots.iter().filter(|spot| spot.lane) {
            lanes[spot.rank] += 1;
        }
        let most = lanes.iter().max().copied().unwrap_or(0);
        (400.0 / most.max(1) as f64).clamp(2.0, 9.0)
    }

    /// A node is high enough for what arrives at and leaves its busier side.
    fn make_room_for_ports(&mut self) {
        let mut ports = BTreeSet::new();
        for link in &self.links {
            ports.extend([HeadAt::From, HeadAt::To].map(|end| Self::port(link, end)));
        }
        let mut counts: BTreeMap<(usize, Side), usize> = BTreeMap::new();
        for port in ports.iter().filter(|port| !self.spots[port.spot].lane) {
            *counts.entry((port.spot, port.side)).or_default() += 1;
        }
        for ((spot, _), count) in counts {
            self.spots[spot].height = self.spots[spot].height.max(count as f64 * 11.0 + 9.0);
        }
    }
}

/// One bundle while its lanes and links are laid.
struct Strand<'a> {
    mesh: &'a mut Mesh,
    grid: &'a Grid,
    index: usize,
    bundle: &'a Bundle,
    /// Lanes of this bundle, by rank and the cell in it.
    lanes: BTreeMap<(usize, Option<(usize, usize)>), usize>,
    /// Links of this bundle, by their ends.
    known: BTreeMap<(usize, usize), usize>,
}

impl Strand<'_> {
    fn lay(&mut self, ends: &[(usize, usize)]) {
        for edge in &self.bundle.edges {
            let (from, to) = ends[*edge];
            match self.bundle.way {
                Way::Forward => self.across(from, to, HeadAt::To),
                Way::Backward => self.across(to, from, HeadAt::From),
                Way::Itself => {
                    self.link(from, to, true, Some(HeadAt::To));
                }
                Way::Around => self.around(from, to),
            }
        }
    }

    /// From a node to one further right.
    fn across(&mut self, left: usize, right: usize, head: HeadAt) {
        let (a, b) = (self.grid.block_of[left], self.grid.block_of[right]);
        let (first, last) = (self.grid.column_of[left], self.grid.column_of[right]);
        let mut way = vec![left];
        if a == b {
            way.extend(
                (first + 1..last)
                    .map(|column| self.lane_in(a, column))
                    .collect::<Vec<_>>(),
            );
        } else {
            let (here, there) = (self.grid.rank_of[a], self.grid.rank_of[b]);
            for column in first + 1..self.grid.rank_columns[here] {
                way.push(self.lane_in(a, column));
            }
            for rank in here + 1..there {
                way.push(self.lane(rank, None));
            }
            for column in 0..last {
                way.push(self.lane_in(b, column));
            }
        }
        way.push(right);
        let final_link = way.len() - 2;
        for (index, pair) in way.windows(2).enumerate() {
            let head = match head {
                HeadAt::To if index == final_link => Some(HeadAt::To),
                HeadAt::From if index == 0 => Some(HeadAt::From),
                _ => None,
            };
            self.link(pair[0], pair[1], false, head);
        }
    }

    /// From a node to one of the same rank, past the rank's right end if they are in two blocks.
    fn around(&mut self, from: usize, to: usize) {
        let (a, b) = (self.grid.block_of[from], self.grid.block_of[to]);
        if a == b {
            self.link(from, to, true, Some(HeadAt::To));
            return;
        }
        let columns = self.grid.rank_columns[self.grid.rank_of[a]];
        let (mut out, mut back) = (from, to);
        for column in self.grid.column_of[from] + 1..columns {
            let lane = self.lane_in(a, column);
            self.link(out, lane, false, None);
            out = lane;
        }
        for column in self.grid.column_of[to] + 1..columns {
            let lane = self.lane_in(b, column);
            self.link(back, lane, false, (back == to).then_some(HeadAt::From));
            back = lane;
        }
        self.link(out, back, true, (back == to).then_some(HeadAt::To));
    }

    fn lane_in(&mut self, block: usize, column: usize) -> usize {
        self.lane(self.grid.rank_of[block], Some((block, column)))
    }

    fn lane(&mut self, rank: usize, cell: Option<(usize, usize)>) -> usize {
        if let Some(lane) = self.lanes.get(&(rank, cell)) {
            return *lane;
        }
        let lane = self.mesh.add(rank, cell, true, 2.0);
        self.lanes.insert((rank, cell), lane);
        lane
    }

    fn link(&mut self, from: usize, to: usize, around: bool, head: Option<HeadAt>) {
        if !self.known.contains_key(&(from, to)) {
            self.known.insert((from, to), self.mesh.links.len());
            self.mesh.links.push(Link {
                bundle: self.index,
                statement: self.bundle.statement,
                from,
                to,
                around,
                head,
            });
        }
    }
}
