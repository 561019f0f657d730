//! Columns become places on the picture, and links become lines between ports.

use std::collections::BTreeMap;

use super::bundle::{Bundle, Way};
use super::mesh::{HeadAt, Item, Mesh, Port};
use super::place::{block_height, block_middle};
use super::rank::Grid;
use super::{Card, GROUP_SIZE, HEADER, Head, Layout, PADDING, Piece, Point, Rect, Route, Side, edge_label};
use crate::graph::Graph;
use crate::text::{self, Weight};

/// Where a rank's columns begin and end.
struct Columns {
    /// Left and right of the boxes of each column of each rank.
    sides: Vec<Vec<(f64, f64)>>,
    /// What each block keeps free right of its last column.
    padding: Vec<f64>,
}

/// Gives every box and line its place.
pub(super) fn route(graph: &Graph, cards: &[Card], grid: &Grid, mesh: &Mesh, bundles: &[Bundle]) -> Layout {
    let columns = columns(graph, cards, grid, mesh, bundles);
    let nodes: Vec<Rect> = (0..cards.len())
        .map(|node| {
            let spot = &mesh.spots[node];
            let (left, right) = columns.sides[spot.rank][grid.column_of[node]];
            Rect {
                left,
                top: spot.y - spot.height / 2.0,
                width: right - left,
                height: spot.height,
            }
        })
        .collect();
    let groups = (0..grid.groups)
        .map(|block| group_box(grid, mesh, &columns, block))
        .collect();
    let ports = ports(mesh);

    let mut routes: Vec<Route> = bundles
        .iter()
        .map(|bundle| Route {
            edges: bundle.edges.clone(),
            style: bundle.style,
            pieces: Vec::new(),
            heads: Vec::new(),
            label: None,
        })
        .collect();
    for (link_index, link) in mesh.links.iter().enumerate() {
        let route = &mut routes[link.bundle];
        let point = |end| end_of(mesh, grid, &columns, &ports, link_index, end);
        let (from, to) = (point(HeadAt::From), point(HeadAt::To));
        let head = link.head.map(|end| match end {
            HeadAt::From => Head {
                tip: from,
                points: Side::Left,
            },
            HeadAt::To => {
                let points = if link.around { Side::Left } else { Side::Right };
                Head { tip: to, points }
            }
        });
        if let Some(head) = head
            && !route.heads.contains(&head)
        {
            route.heads.push(head);
        }
        let stub = |spot: usize, end: HeadAt| stub_of(mesh, grid, &columns, spot, Mesh::side(link, end));
        let piece = if link.around {
            around(from, to, stub(link.from, HeadAt::From), link.from == link.to)
        } else {
            across(from, to, stub(link.from, HeadAt::From), stub(link.to, HeadAt::To))
        };
        route.pieces.push(piece);
    }
    for (spot, lane) in mesh.spots.iter().enumerate().filter(|(_, spot)| spot.lane) {
        let (left, right) = span(grid, &columns, mesh, spot);
        let at = |x| Point { x, y: lane.y };
        if let Some(link) = mesh.touching[spot].first() {
            let piece = Piece {
                start: at(left),
                curve: [at(left), at(left), at(right), at(right)],
                end: at(right),
            };
            routes[mesh.links[*link].bundle].pieces.push(piece);
        }
    }
    Layout {
        width: 0.0,
        height: 0.0,
        groups,
        nodes,
        routes,
    }
}

/// Moves everything so that the picture begins at the origin, and says how large it is.
pub(super) fn crop(layout: &mut Layout) {
    let boxes = layout.nodes.iter().chain(&layout.groups).copied();
    let labels = layout
        .routes
        .iter()
        .filter_map(|route| route.label.as_ref())
        .map(|label| label.area);
    let lines = layout.routes.iter().flat_map(|route| &route.pieces).map(|piece| {
        let xs = piece.curve.iter().map(|point| point.x);
        let ys = piece.curve.iter().map(|point| point.y);
        let (left, right) = (xs.clone().fold(f64::MAX, f64::min), xs.fold(f64::MIN, f64::max));
        let (top, bottom) = (ys.clone().fold(f64::MAX, f64::min), ys.fold(f64::MIN, f64::max));
        Rect {
            left,
            top,
            width: right - left,
            height: bottom - top,
        }
    });
    let all: Vec<Rect> = boxes.chain(labels).chain(lines).collect();
    if all.is_empty() {
        return;
    }
    let left = all.iter().map(|area| area.left).fold(f64::MAX, f64::min).floor();
    let top = all.iter().map(|area| area.top).fold(f64::MAX, f64::min).floor();
    layout.width = all.iter().map(|area| area.right()).fold(f64::MIN, f64::max).ceil() - left;
    layout.height = all.iter().map(|area| area.bottom()).fold(f64::MIN, f64::max).ceil() - top;
    let shift = |point: &mut Point| {
        *point = Point {
            x: point.x - left,
            y: point.y - top,
        }
    };
    let labels = layout
        .routes
        .iter_mut()
        .filter_map(|route| route.label.as_mut())
        .map(|label| &mut label.area);
    for area in layout.nodes.iter_mut().chain(&mut layout.groups).chain(labels) {
        (area.left, area.top) = (area.left - left, area.top - top);
    }
    for route in &mut layout.routes {
        for piece in &mut route.pieces {
            shift(&mut piece.start);
            shift(&mut piece.end);
            piece.curve.iter_mut().for_each(shift);
        }
        for head in &mut route.heads {
            shift(&mut head.tip);
        }
    }
}

fn columns(graph: &Graph, cards: &[Card], grid: &Grid, mesh: &Mesh, bundles: &[Bundle]) -> Columns {
    let mut width: Vec<Vec<f64>> = grid.rank_columns.iter().map(|count| vec![90.0; *count]).collect();
    for (node, card) in cards.iter().enumerate() {
        let place = &mut width[mesh.spots[node].rank][grid.column_of[node]];
        *place = place.max(card.width);
    }
    for (block, group) in graph.groups().iter().enumerate() {
        // The last column is as wide as it takes for the group's label to fit above.
        let label = text::width(&group.label, GROUP_SIZE, Weight::SemiBold);
        let widths = &mut width[grid.rank_of[block]];
        let last = grid.columns[block] - 1;
        let before: f64 = widths[..last].iter().sum();
        widths[last] = widths[last].max(label - before);
    }
    let label_width: Vec<f64> = bundles
        .iter()
        .map(|bundle| edge_label(&graph.edges()[bundle.edges[0]].label))
        .map(|(lines, width, _)| if lines.is_empty() { 0.0 } else { width })
        .collect();

    // How many lines bend in the channel right of each column, and the widest label that may stand there.
    let mut bends: BTreeMap<(usize, usize), (usize, f64)> = BTreeMap::new();
    let mut padding = vec![PADDING; grid.rank_of.len()];
    for link in &mesh.links {
        let from = &mesh.spots[link.from];
        let column = from.cell.map_or(grid.rank_columns[from.rank] - 1, |cell| cell.1);
        let bend = bends.entry((from.rank, column)).or_insert((0, 0.0));
        bend.0 += usize::from((from.y - mesh.spots[link.to].y).abs() > 12.0);
        bend.1 = bend.1.max(label_width[link.bundle]);
        if let (true, Some((block, column))) = (link.around, from.cell)
            && column + 1 == grid.columns[block]
            && mesh.spots[link.to].cell == from.cell
        {
            let loop_only = bundles[link.bundle].way == Way::Itself;
            let label = label_width[link.bundle];
            let room = if loop_only { 26.0 + label } else { 34.0 + label / 2.0 };
            padding[block] = padding[block].max(PADDING + room);
        }
    }
    let mut sides = Vec::with_capacity(width.len());
    let mut x = 0.0;
    for (rank, widths) in width.iter().enumerate() {
        let mut places = Vec::with_capacity(widths.len());
        for (column, width) in widths.iter().enumerate() {
            places.push((x, x + width));
            let (count, label) = bends.get(&(rank, column)).copied().unwrap_or((0, 0.0));
            let channel = (label + 44.0).max(56.0) + (count as f64 * 2.5).min(110.0);
            x += width + channel;
            if column + 1 == widths.len() {
                let blocks = (0..padding.len()).filter(|block| grid.rank_of[*block] == rank);
                x += PADDING + blocks.map(|block| padding[block]).fold(0.0, f64::max);
            }
        }
        sides.push(places);
    }
    Columns { sides, padding }
}

fn group_box(grid: &Grid, mesh: &Mesh, columns: &Columns, block: usize) -> Rect {
    let places = &columns.sides[grid.rank_of[block]];
    let (left, right) = (
        places[0].0 - PADDING,
        places[grid.columns[block] - 1].1 + columns.padding[block],
    );
    let middle = if mesh.cells[block].iter().all(Vec::is_empty) {
        empty_block_middle(mesh, grid.rank_of[block], block)
    } else {
        block_middle(mesh, block)
    };
    let height = block_height(mesh, block);
    Rect {
        left,
        top: middle - height / 2.0 - HEADER,
        width: right - left,
        height: height + HEADER + PADDING,
    }
}

/// A group without members stands below everything else of its rank.
fn empty_block_middle(mesh: &Mesh, rank: usize, block: usize) -> f64 {
    let empty = |item: &Item| matches!(item, Item::Block(block) if mesh.cells[*block].iter().all(Vec::is_empty));
    let bottom = mesh.ranks[rank]
        .iter()
        .filter(|item| !empty(item))
        .map(|item| match *item {
            Item::Lane(lane) => mesh.spots[lane].y,
            Item::Block(block) => block_middle(mesh, block) + block_height(mesh, block) / 2.0 + PADDING,
        })
        .fold(0.0, f64::max);
    let before = mesh.ranks[rank]
        .iter()
        .filter(|item| empty(item))
        .take_while(|item| **item != Item::Block(block));
    bottom + (before.count() + 1) as f64 * (HEADER + PADDING + 26.0)
}

/// The height of every port, so that lines from one side of a node do not cross near it.
fn ports(mesh: &Mesh) -> BTreeMap<Port, f64> {
    // Above, across, below; and in each the order from the top.
    let mut wishes: BTreeMap<Port, (usize, f64, f64)> = BTreeMap::new();
    for link in &mesh.links {
        for (end, spot, other) in [(HeadAt::From, link.from, link.to), (HeadAt::To, link.to, link.from)] {
            if mesh.spots[spot].lane {
                continue;
            }
            let rise = mesh.spots[other].y - mesh.spots[spot].y;
            let turn = match (link.around, link.from == link.to, rise < 0.0) {
                (true, true, _) => 0,
                (true, false, true) => 1,
                (true, false, false) => 3,
                (false, ..) => 2,
            };
            let wish = wishes.entry(Mesh::port(link, end)).or_insert((turn, 0.0, 0.0));
            wish.1 += if link.around {
                -mesh.spots[other].y
            } else {
                mesh.spots[other].y
            };
            wish.2 += 1.0;
        }
    }
    let mut sides: BTreeMap<(usize, Side), Vec<_>> = BTreeMap::new();
    for (port, (turn, sum, count)) in wishes {
        sides
            .entry((port.spot, port.side))
            .or_default()
            .push((turn, sum / count, port));
    }
    let mut heights = BTreeMap::new();
    for ((node, _), mut list) in sides {
        list.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let spot = &mesh.spots[node];
        let pitch = ((spot.height - 16.0) / (list.len() as f64 - 1.0).max(1.0)).min(16.0);
        let first = spot.y - pitch * (list.len() as f64 - 1.0) / 2.0;
        for (index, (_, _, port)) in list.into_iter().enumerate() {
            heights.insert(port, first + pitch * index as f64);
        }
    }
    heights
}

fn end_of(mesh: &Mesh, grid: &Grid, columns: &Columns, ports: &BTreeMap<Port, f64>, link: usize, end: HeadAt) -> Point {
    let spot = if end == HeadAt::From {
        mesh.links[link].from
    } else {
        mesh.links[link].to
    };
    let (left, right) = span(grid, columns, mesh, spot);
    let x = if Mesh::side(&mesh.links[link], end) == Side::Left {
        left
    } else {
        right
    };
    Point {
        x,
        y: ports
            .get(&Mesh::port(&mesh.links[link], end))
            .copied()
            .unwrap_or(mesh.spots[spot].y),
    }
}

/// From where to where a node's box or a lane reaches.
fn span(grid: &Grid, columns: &Columns, mesh: &Mesh, spot: usize) -> (f64, f64) {
    let spot = &mesh.spots[spot];
    let places = &columns.sides[spot.rank];
    match spot.cell {
        Some((_, column)) => places[column],
        None => (places[0].0, places[grid.rank_columns[spot.rank] - 1].1),
    }
}

/// How far a line goes straight from a spot before it may bend: out of the boxes of groups where it
/// leaves a rank, past the arrow head elsewhere.
fn stub_of(mesh: &Mesh, grid: &Grid, columns: &Columns, spot: usize, side: Side) -> f64 {
    let spot = &mesh.spots[spot];
    let last = spot
        .cell
        .is_none_or(|(_, column)| column + 1 == grid.rank_columns[spot.rank]);
    let first = spot.cell.is_none_or(|(_, column)| column == 0);
    match side {
        Side::Left if first => PADDING,
        Side::Right if last => {
            let blocks = (0..grid.rank_of.len()).filter(|block| grid.rank_of[*block] == spot.rank);
            blocks.map(|block| columns.padding[block]).fold(PADDING, f64::max)
        }
        _ => 12.0,
    }
}

fn across(from: Point, to: Point, leave: f64, arrive: f64) -> Piece {
    let (a, b) = (
        Point {
            x: from.x + leave,
            y: from.y,
        },
        Point {
            x: to.x - arrive,
            y: to.y,
        },
    );
    let bend = (b.x - a.x) * 0.5;
    let curve = [a, Point { x: a.x + bend, y: a.y }, Point { x: b.x - bend, y: b.y }, b];
    Piece {
        start: from,
        curve,
        end: to,
    }
}

fn around(from: Point, to: Point, stub: f64, itself: bool) -> Piece {
    if itself {
        let reach = 26.0;
        let curve = [
            Point { x: from.x, y: from.y },
            Point {
                x: from.x + reach,
                y: from.y - 8.0,
            },
            Point {
                x: to.x + reach,
                y: to.y + 8.0,
            },
            Point { x: to.x + 9.0, y: to.y },
        ];
        return Piece {
            start: from,
            curve,
            end: to,
        };
    }
    let start = if from.x > to.x + stub { from.x } else { to.x.max(from.x) } + 12.0;
    let reach = 14.0 + ((from.y - to.y).abs() * 0.12).min(46.0);
    let (a, b) = (Point { x: start, y: from.y }, Point { x: start, y: to.y });
    let curve = [a, Point { x: a.x + reach, y: a.y }, Point { x: b.x + reach, y: b.y }, b];
    Piece {
        start: from,
        curve,
        end: to,
    }
}
