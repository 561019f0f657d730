//! Which of two neighbours in a column is above the other, so that few lines cross.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Side;
use super::mesh::{Item, Mesh};
use super::place::Extent;
use super::rank::Grid;

const SWEEPS: usize = 14;

/// Orders every column: each spot goes where its neighbours are, to the right and back, and the best
/// order met is kept.
pub(super) fn order(mesh: &mut Mesh, grid: &Grid) {
    for rank in 0..mesh.ranks.len() {
        stack(mesh, rank);
    }
    let mut best = (crossings(mesh, grid), mesh.cells.clone(), mesh.ranks.clone());
    for sweep in 0..SWEEPS {
        let looking = if sweep % 2 == 0 { Side::Left } else { Side::Right };
        let mut ranks: Vec<usize> = (0..mesh.ranks.len()).collect();
        if looking == Side::Right {
            ranks.reverse();
        }
        for rank in ranks {
            sort_rank(mesh, rank, looking);
            stack(mesh, rank);
        }
        let now = crossings(mesh, grid);
        if now < best.0 {
            best = (now, mesh.cells.clone(), mesh.ranks.clone());
        }
        if best.0 == 0 {
            break;
        }
    }
    (_, mesh.cells, mesh.ranks) = best;
    for rank in 0..mesh.ranks.len() {
        stack(mesh, rank);
    }
}

fn sort_rank(mesh: &mut Mesh, rank: usize, looking: Side) {
    let mut items = std::mem::take(&mut mesh.ranks[rank]);
    for item in &items {
        let Item::Block(block) = *item else { continue };
        let mut columns: Vec<usize> = (0..mesh.cells[block].len()).collect();
        if looking == Side::Right {
            columns.reverse();
        }
        for column in columns {
            let mut cell = std::mem::take(&mut mesh.cells[block][column]);
            sort_by_wish(&mut cell, |spot| wish(mesh, &[*spot], looking));
            let total = column_height(mesh, &cell);
            let middle = middle_of(mesh, &cell);
            mesh.cells[block][column] = cell;
            spread(mesh, block, column, middle - total / 2.0);
        }
    }
    sort_by_wish(&mut items, |item| match *item {
        Item::Lane(lane) => wish(mesh, &[lane], looking),
        Item::Block(block) => wish(mesh, &mesh.cells[block].concat(), looking),
    });
    mesh.ranks[rank] = items;
}

/// Sorts by the wished height, then by the height wished from the other side.
fn sort_by_wish<T: Copy>(things: &mut [T], wish: impl Fn(&T) -> (f64, f64)) {
    let mut wishes: Vec<((f64, f64), T)> = things.iter().map(|thing| (wish(thing), *thing)).collect();
    wishes.sort_by(|(a, _), (b, _)| match a.0.total_cmp(&b.0) {
        Ordering::Equal => a.1.total_cmp(&b.1),
        unequal => unequal,
    });
    for (place, (_, thing)) in things.iter_mut().zip(wishes) {
        *place = thing;
    }
}

/// The mean height of the neighbours of some spots on one side, and on the other.
///
/// Without neighbours on that side, where the spots are now.
fn wish(mesh: &Mesh, spots: &[usize], looking: Side) -> (f64, f64) {
    let (mut near, mut far) = ((0.0, 0.0), (0.0, 0.0));
    let mut now = (0.0, 0.0);
    for spot in spots {
        now = (now.0 + mesh.spots[*spot].y, now.1 + 1.0);
        for link in mesh.touching[*spot].iter().map(|link| &mesh.links[*link]) {
            let other = if link.from == *spot { link.to } else { link.from };
            if spots.len() > 1 && mesh.spots[other].cell.map(|cell| cell.0) == mesh.spots[*spot].cell.map(|cell| cell.0)
            {
                continue;
            }
            let leads = if link.around || link.to == *spot {
                Side::Left
            } else {
                Side::Right
            };
            let sum = if link.around || leads == looking {
                &mut near
            } else {
                &mut far
            };
            *sum = (sum.0 + mesh.spots[other].y, sum.1 + 1.0);
        }
    }
    let mean = |(sum, count): (f64, f64)| if count > 0.0 { Some(sum / count) } else { None };
    let now = mean(now).unwrap_or(0.0);
    (mean(near).unwrap_or(now), mean(far).unwrap_or(now))
}

/// Puts what is in a rank close together around the middle, in its order.
fn stack(mesh: &mut Mesh, rank: usize) {
    let items = std::mem::take(&mut mesh.ranks[rank]);
    let extents: Vec<Extent> = items.iter().map(|item| Extent::of(mesh, *item)).collect();
    let total: f64 = extents.iter().map(|extent| extent.above + extent.below).sum::<f64>()
        + items
            .windows(2)
            .map(|pair| Extent::gap(mesh, pair[0], pair[1]))
            .sum::<f64>();
    let mut y = -total / 2.0;
    for (index, item) in items.iter().enumerate() {
        let middle = y + extents[index].above;
        match *item {
            Item::Lane(lane) => mesh.spots[lane].y = middle,
            Item::Block(block) => {
                for column in 0..mesh.cells[block].len() {
                    let height = column_height(mesh, &mesh.cells[block][column]);
                    spread(mesh, block, column, middle - height / 2.0);
                }
            }
        }
        y = middle + extents[index].below;
        if let Some(next) = items.get(index + 1) {
            y += Extent::gap(mesh, *item, *next);
        }
    }
    mesh.ranks[rank] = items;
}

/// Puts what is in a cell close together from `top` down.
fn spread(mesh: &mut Mesh, block: usize, column: usize, top: f64) {
    let mut y = top;
    let mut above = None;
    for spot in mesh.cells[block][column].clone() {
        if let Some(above) = above {
            y += mesh.gap(above, spot);
        }
        mesh.spots[spot].y = y + mesh.spots[spot].height / 2.0;
        y += mesh.spots[spot].height;
        above = Some(spot);
    }
}

/// How high a column is when all in it is close together.
pub(super) fn column_height(mesh: &Mesh, cell: &[usize]) -> f64 {
    cell.iter().map(|spot| mesh.spots[*spot].height).sum::<f64>()
        + cell.windows(2).map(|pair| mesh.gap(pair[0], pair[1])).sum::<f64>()
}

fn middle_of(mesh: &Mesh, cell: &[usize]) -> f64 {
    cell.iter().map(|spot| mesh.spots[*spot].y).sum::<f64>() / cell.len().max(1) as f64
}

/// How many pairs of links cross between their columns.
fn crossings(mesh: &Mesh, grid: &Grid) -> usize {
    let mut channels: BTreeMap<(usize, usize), Vec<(f64, f64)>> = BTreeMap::new();
    for link in mesh.links.iter().filter(|link| !link.around) {
        let from = &mesh.spots[link.from];
        let column = from.cell.map_or(grid.rank_columns[from.rank] - 1, |cell| cell.1);
        channels
            .entry((from.rank, column))
            .or_default()
            .push((from.y, mesh.spots[link.to].y));
    }
    channels.into_values().map(inversions).sum()
}

/// How many pairs are in one order on the left and in the other on the right.
fn inversions(mut lines: Vec<(f64, f64)>) -> usize {
    lines.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut heights: Vec<f64> = lines.iter().map(|line| line.1).collect();
    heights.sort_by(f64::total_cmp);
    heights.dedup();
    // A Fenwick tree over the heights on the right.
    let mut tree = vec![0_usize; heights.len() + 1];
    let mut total = 0;
    for (seen, line) in lines.iter().enumerate() {
        let place = heights.partition_point(|height| height < &line.1) + 1;
        let (mut at, mut not_lower) = (place, 0);
        while at > 0 {
            not_lower += tree[at];
            at -= at & at.wrapping_neg();
        }
        total += seen - not_lower;
        at = place;
        while at < tree.len() {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn crossing_pairs_are_counted_once() {
        assert_eq!(inversions(vec![(0.0, 2.0), (1.0, 1.0), (2.0, 0.0)]), 3);
        assert_eq!(inversions(vec![(0.0, 0.0), (1.0, 1.0), (2.0, 1.0)]), 0);
        assert_eq!(inversions(vec![(0.0, 1.0), (0.0, 0.0)]), 0);
    }
}
