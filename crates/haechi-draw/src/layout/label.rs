//! A place for every edge's label: on its line, off the boxes, off other labels.

use std::collections::BTreeMap;

use super::{Label, Layout, Piece, Point, Rect, edge_label};
use crate::graph::Graph;

/// The side of the squares by which things are found.
const SQUARE: f64 = 64.0;

/// Places the labels one after the other, those with the fewest choices first.
pub(super) fn place(graph: &Graph, layout: &mut Layout) {
    let mut boxes = Field::default();
    for area in &layout.nodes {
        boxes.add(grown(*area, 3.0), usize::MAX);
    }
    for area in &layout.groups {
        // The label of a group is at its top left.
        boxes.add(
            Rect {
                height: 22.0,
                width: area.width.min(140.0),
                ..*area
            },
            usize::MAX,
        );
    }
    for head in layout.routes.iter().flat_map(|route| &route.heads) {
        boxes.add(
            Rect {
                left: head.tip.x - 9.0,
                top: head.tip.y - 5.0,
                width: 18.0,
                height: 10.0,
            },
            usize::MAX,
        );
    }
    let mut lines = Field::default();
    for (index, route) in layout.routes.iter().enumerate() {
        for piece in &route.pieces {
            for point in points(piece, 10) {
                lines.add(
                    Rect {
                        left: point.x - 2.0,
                        top: point.y - 2.0,
                        width: 4.0,
                        height: 4.0,
                    },
                    index,
                );
            }
        }
    }
    let mut order: Vec<usize> = (0..layout.routes.len()).collect();
    order.sort_by_key(|route| (layout.routes[*route].pieces.len(), *route));
    for index in order {
        let route = &layout.routes[index];
        let (text, width, height) = edge_label(&graph.edges()[route.edges[0]].label);
        if text.is_empty() {
            continue;
        }
        let (from, to) = graph.ends()[route.edges[0]];
        if let (true, Some(piece)) = (from == to, route.pieces.first()) {
            // A loop is too small to bear its label: it goes beside.
            let top = f64::midpoint(piece.start.y, piece.end.y) - height / 2.0;
            let area = Rect {
                left: piece.start.x + 24.0,
                top,
                width,
                height,
            };
            boxes.add(grown(area, 1.0), index);
            layout.routes[index].label = Some(Label { area, lines: text });
            continue;
        }
        let mut best: Option<(f64, Rect)> = None;
        for (middle, dislike) in candidates(layout, index) {
            let area = Rect {
                left: middle.x - width / 2.0,
                top: middle.y - height / 2.0,
                width,
                height,
            };
            let covered = boxes.common(grown(area, 1.0), index) * 4.0;
            let cost = dislike + covered + lines.common(area, index) * 0.35;
            if best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, area));
            }
        }
        if let Some((_, area)) = best {
            boxes.add(grown(area, 1.0), index);
            layout.routes[index].label = Some(Label { area, lines: text });
        }
    }
}

/// Places on a route's lines, each with what speaks against it.
fn candidates(layout: &Layout, route: usize) -> Vec<(Point, f64)> {
    let route = &layout.routes[route];
    let root = root(route);
    let mut places = Vec::new();
    for piece in &route.pieces {
        for (step, point) in points(piece, 16).into_iter().enumerate() {
            let middling = (step as f64 - 8.0).abs() * 0.6;
            let far = root.map_or(0.0, |root| ((point.x - root.x).abs() + (point.y - root.y).abs()) * 0.5);
            places.push((point, middling + far));
        }
    }
    places
}

/// Where the edges of a route come together, if it has several.
fn root(route: &super::Route) -> Option<Point> {
    if route.edges.len() < 2 {
        return None;
    }
    if let [head] = route.heads[..] {
        return Some(head.tip);
    }
    let mut starts: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for piece in &route.pieces {
        for end in [piece.start, piece.end] {
            if !route.heads.iter().any(|head| head.tip == end) {
                *starts.entry((end.x.to_bits(), end.y.to_bits())).or_default() += 1;
            }
        }
    }
    // A lane is a piece of its own, so that its ends are met twice at least; a lone link is met once.
    let (place, _) = starts
        .into_iter()
        .max_by_key(|(place, count)| (*count, std::cmp::Reverse(*place)))?;
    Some(Point {
        x: f64::from_bits(place.0),
        y: f64::from_bits(place.1),
    })
}

/// Points along a piece, from just after its start to just before its end.
fn points(piece: &Piece, steps: usize) -> Vec<Point> {
    let [a, b, c, d] = piece.curve;
    (0..=steps)
        .map(|step| {
            let t = step as f64 / steps as f64;
            let u = 1.0 - t;
            let mix = |a: f64, b: f64, c: f64, d: f64| {
                a * u * u * u + 3.0 * b * u * u * t + 3.0 * c * u * t * t + d * t * t * t
            };
            Point {
                x: mix(a.x, b.x, c.x, d.x),
                y: mix(a.y, b.y, c.y, d.y),
            }
        })
        .collect()
}

fn grown(area: Rect, by: f64) -> Rect {
    Rect {
        left: area.left - by,
        top: area.top - by,
        width: area.width + 2.0 * by,
        height: area.height + 2.0 * by,
    }
}

/// Areas that can be asked what they share with another.
#[derive(Default)]
struct Field {
    squares: BTreeMap<(i64, i64), Vec<(Rect, usize)>>,
}

impl Field {
    fn add(&mut self, area: Rect, owner: usize) {
        for square in squares(area) {
            self.squares.entry(square).or_default().push((area, owner));
        }
    }

    /// How much of an area others than the owner cover. What lies in two squares counts by its part in each.
    fn common(&self, area: Rect, owner: usize) -> f64 {
        let mut total = 0.0;
        for square in squares(area) {
            let tile = Rect {
                left: square.0 as f64 * SQUARE,
                top: square.1 as f64 * SQUARE,
                width: SQUARE,
                height: SQUARE,
            };
            for (other, by) in self.squares.get(&square).into_iter().flatten() {
                if *by != owner {
                    total += cut(area, tile).map_or(0.0, |part| part.common(*other));
                }
            }
        }
        total
    }
}

fn cut(a: Rect, b: Rect) -> Option<Rect> {
    let (left, top) = (a.left.max(b.left), a.top.max(b.top));
    let (right, bottom) = (a.right().min(b.right()), a.bottom().min(b.bottom()));
    (right > left && bottom > top).then_some(Rect {
        left,
        top,
        width: right - left,
        height: bottom - top,
    })
}

fn squares(area: Rect) -> impl Iterator<Item = (i64, i64)> {
    let place = |value: f64| (value / SQUARE).floor() as i64;
    let (left, right) = (place(area.left), place(area.right()));
    let (top, bottom) = (place(area.top), place(area.bottom()));
    (left..=right).flat_map(move |x| (top..=bottom).map(move |y| (x, y)))
}
