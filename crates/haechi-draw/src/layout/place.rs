//! How high everything is: near its neighbours, in the given order, and no taller than need be.

use super::mesh::{Item, Mesh};
use super::order::column_height;
use super::{HEADER, PADDING};

const ROUNDS: usize = 30;

/// How far something in a rank reaches above and below its middle.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) above: f64,
    pub(super) below: f64,
}

impl Extent {
    pub(super) fn of(mesh: &Mesh, item: Item) -> Self {
        match item {
            Item::Lane(_) => Self { above: 1.0, below: 1.0 },
            Item::Block(block) => {
                let half = block_height(mesh, block) / 2.0;
                if block < mesh.groups {
                    Self {
                        above: half + HEADER,
                        below: half + PADDING,
                    }
                } else {
                    Self {
                        above: half,
                        below: half,
                    }
                }
            }
        }
    }

    /// How far apart two neighbours in a rank must be.
    pub(super) fn gap(mesh: &Mesh, above: Item, below: Item) -> f64 {
        match (above, below) {
            (Item::Lane(_), Item::Lane(_)) => mesh.lane_gap,
            (Item::Block(_), Item::Block(_)) => 26.0,
            _ => 16.0,
        }
    }
}

/// Gives every spot its height, keeping the order.
pub(super) fn place(mesh: &mut Mesh) {
    let tallest = (0..mesh.ranks.len())
        .map(|rank| rank_height(mesh, rank))
        .fold(0.0, f64::max);
    for round in 0..ROUNDS {
        let mut ranks: Vec<usize> = (0..mesh.ranks.len()).collect();
        if round % 2 == 1 {
            ranks.reverse();
        }
        for rank in ranks {
            for item in mesh.ranks[rank].clone() {
                if let Item::Block(block) = item {
                    place_in_block(mesh, block);
                }
            }
            place_rank(mesh, rank, tallest / 2.0);
        }
    }
}

/// The middle of a block, which stays when the things in it move.
pub(super) fn block_middle(mesh: &Mesh, block: usize) -> f64 {
    let mut tallest: Option<(f64, f64)> = None;
    for cell in mesh.cells[block].iter().filter(|cell| !cell.is_empty()) {
        let height = column_height(mesh, cell);
        let (first, last) = (&mesh.spots[cell[0]], &mesh.spots[cell[cell.len() - 1]]);
        let middle = f64::midpoint(first.y - first.height / 2.0, last.y + last.height / 2.0);
        if tallest.is_none_or(|(known, _)| height > known) {
            tallest = Some((height, middle));
        }
    }
    tallest.map_or(0.0, |(_, middle)| middle)
}

/// How high the tallest column of a block is.
pub(super) fn block_height(mesh: &Mesh, block: usize) -> f64 {
    mesh.cells[block]
        .iter()
        .map(|cell| column_height(mesh, cell))
        .fold(0.0, f64::max)
}

fn rank_height(mesh: &Mesh, rank: usize) -> f64 {
    let items = &mesh.ranks[rank];
    let inside: f64 = items
        .iter()
        .map(|item| Extent::of(mesh, *item))
        .map(|extent| extent.above + extent.below)
        .sum();
    inside
        + items
            .windows(2)
            .map(|pair| Extent::gap(mesh, pair[0], pair[1]))
            .sum::<f64>()
}

fn place_in_block(mesh: &mut Mesh, block: usize) {
    let (middle, half) = (block_middle(mesh, block), block_height(mesh, block) / 2.0);
    for column in 0..mesh.cells[block].len() {
        let cell = mesh.cells[block][column].clone();
        let (Some(first), Some(last)) = (cell.first(), cell.last()) else {
            continue;
        };
        let wishes: Vec<(f64, f64)> = cell
            .iter()
            .map(|spot| wish(mesh, *spot, None))
            .map(|(y, weight)| (y, weight.max(0.01)))
            .collect();
        let apart: Vec<f64> = cell
            .windows(2)
            .map(|pair| {
                let heights = mesh.spots[pair[0]].height + mesh.spots[pair[1]].height;
                heights / 2.0 + mesh.gap(pair[0], pair[1])
            })
            .collect();
        let low = middle - half + mesh.spots[*first].height / 2.0;
        let high = middle + half - mesh.spots[*last].height / 2.0;
        for (spot, y) in cell.iter().zip(settle(&wishes, &apart, low, high)) {
            mesh.spots[*spot].y = y;
        }
    }
}

fn place_rank(mesh: &mut Mesh, rank: usize, half: f64) {
    let items = mesh.ranks[rank].clone();
    let extents: Vec<Extent> = items.iter().map(|item| Extent::of(mesh, *item)).collect();
    let (Some(first), Some(last)) = (extents.first(), extents.last()) else {
        return;
    };
    let now: Vec<f64> = items
        .iter()
        .map(|item| match *item {
            Item::Lane(lane) => mesh.spots[lane].y,
            Item::Block(block) => block_middle(mesh, block),
        })
        .collect();
    let wishes: Vec<(f64, f64)> = items
        .iter()
        .zip(&now)
        .map(|(item, now)| match *item {
            Item::Lane(lane) => {
                let (y, weight) = wish(mesh, lane, None);
                (y, weight.max(0.01))
            }
            Item::Block(block) => {
                let (mut pull, mut total) = (0.0, 0.0);
                for spot in mesh.cells[block].iter().flatten() {
                    let (y, weight) = wish(mesh, *spot, Some(block));
                    pull += (y - mesh.spots[*spot].y) * weight;
                    total += weight;
                }
                if total > 0.0 {
                    (now + pull / total, total)
                } else {
                    (*now, 0.01)
                }
            }
        })
        .collect();
    let apart: Vec<f64> = (1..items.len())
        .map(|index| {
            extents[index - 1].below + Extent::gap(mesh, items[index - 1], items[index]) + extents[index].above
        })
        .collect();
    let settled = settle(&wishes, &apart, -half + first.above, half - last.below);
    for ((item, now), y) in items.iter().zip(now).zip(settled) {
        match *item {
            Item::Lane(lane) => mesh.spots[lane].y = y,
            Item::Block(block) => {
                for spot in mesh.cells[block].concat() {
                    mesh.spots[spot].y += y - now;
                }
            }
        }
    }
}

/// Where a spot's neighbours are, and how much that counts. Lanes pull hard, so that long lines are
/// straight. With `outside`, only neighbours that are not in that block count.
fn wish(mesh: &Mesh, spot: usize, outside: Option<usize>) -> (f64, f64) {
    let (mut sum, mut total) = (0.0, 0.0);
    for link in mesh.touching[spot].iter().map(|link| &mesh.links[*link]) {
        let other = if link.from == spot { link.to } else { link.from };
        let same_block = mesh.spots[other].cell.map(|cell| cell.0) == outside && outside.is_some();
        if other == spot || same_block {
            continue;
        }
        let weight = match (mesh.spots[spot].lane, mesh.spots[other].lane) {
            (true, true) => 8.0,
            (false, false) => 2.0,
            _ => 3.0,
        };
        let weight = if link.around { 0.3 } else { weight };
        sum += mesh.spots[other].y * weight;
        total += weight;
    }
    if total > 0.0 {
        (sum / total, total)
    } else {
        (mesh.spots[spot].y, 0.0)
    }
}

/// The heights closest to the wished ones (in weighted squares) that keep the order, stay `apart`,
/// and lie between `low` for the first and `high` for the last.
///
/// Less the distances before it each height may be any that is not below its predecessor's, so this
/// is isotonic regression: neighbours in the wrong order are pooled and get their mean. What is out
/// of bounds is then moved to the bound, which keeps the solution the closest.
fn settle(wishes: &[(f64, f64)], apart: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut before = vec![0.0; wishes.len()];
    for index in 1..wishes.len() {
        before[index] = before[index - 1] + apart[index - 1];
    }
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    for ((wish, weight), before) in wishes.iter().zip(&before) {
        let mut pool = (wish - before, *weight, 1);
        while let Some(last) = pools.pop_if(|last| last.0 >= pool.0) {
            let weight = last.1 + pool.1;
            pool = ((last.0 * last.1 + pool.0 * pool.1) / weight, weight, last.2 + pool.2);
        }
        pools.push(pool);
    }
    let high = (high - before.last().copied().unwrap_or(0.0)).max(low);
    let flat = pools
        .iter()
        .flat_map(|(y, _, count)| std::iter::repeat_n(y.clamp(low, high), *count));
    flat.zip(&before).map(|(y, before)| y + before).collect()
}

#[cfg(test)]
mod tests {
    use super::settle;

    #[test]
    fn wishes_that_collide_share_the_difference() {
        let settled = settle(&[(0.0, 1.0), (0.0, 1.0)], &[10.0], -100.0, 100.0);
        assert_eq!(settled, [-5.0, 5.0]);
    }

    #[test]
    fn bounds_hold() {
        assert_eq!(
            settle(&[(-50.0, 1.0), (90.0, 1.0)], &[10.0], -20.0, 20.0),
            [-20.0, 20.0]
        );
    }
}
