//! Where everything goes: a layered drawing, left to right, in which groups are boxes.
//!
//! A group, or a node in none, is a *block*. Blocks are put in ranks so that most edges lead to the
//! right ([`rank`]); inside a block its nodes are put in columns the same way. Edges that say the
//! same to one node, or from one node, become one tree ([`bundle`]). Where an edge passes a rank or
//! a column it gets a lane of its own between the boxes, so that no line runs through a box; order
//! and heights follow from that ([`order`], [`place`]), then curves ([`route`]) and at last a free
//! place for every label ([`label`]).

mod bundle;
mod label;
mod mesh;
mod order;
mod place;
mod rank;
mod route;

use crate::graph::{EdgeStyle, Graph};
use crate::text::{self, Breaks, Weight};

pub(crate) const NODE_SIZE: f64 = 13.0;
pub(crate) const DETAIL_SIZE: f64 = 10.5;
pub(crate) const EDGE_SIZE: f64 = 10.5;
pub(crate) const GROUP_SIZE: f64 = 12.0;
pub(crate) const NODE_LINE: f64 = 16.0;
pub(crate) const DETAIL_LINE: f64 = 14.0;
pub(crate) const EDGE_LINE: f64 = 13.0;
/// What a node's box keeps on its left for the icon.
pub(crate) const ICON: f64 = 34.0;
/// What a group's box keeps free around its members, and above them for its label.
pub(crate) const PADDING: f64 = 16.0;
pub(crate) const HEADER: f64 = 34.0;

const MAX_NODES: usize = 1_000;
const MAX_EDGES: usize = 6_000;

/// The graph is too large for a picture that anybody could read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{nodes} nodes and {edges} edges are too many for a picture (at most {MAX_NODES} and {MAX_EDGES})")]
pub struct TooLarge {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many edges there are.
    pub edges: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Everything with its place, from the origin to `width` and `height`.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) groups: Vec<Rect>,
    pub(crate) nodes: Vec<Rect>,
    pub(crate) routes: Vec<Route>,
}

/// What is drawn for one bundle of edges.
#[derive(Debug)]
pub(crate) struct Route {
    /// Places in the graph's edges; at least one.
    pub(crate) edges: Vec<usize>,
    pub(crate) style: EdgeStyle,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) heads: Vec<Head>,
    pub(crate) label: Option<Label>,
}

/// A line: straight, a curve, straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) start: Point,
    pub(crate) curve: [Point; 4],
    pub(crate) end: Point,
}

/// An arrow head with its tip where the node begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) tip: Point,
    pub(crate) points: Side,
}

/// A side of a box, or a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    Left,
    Right,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) area: Rect,
    pub(crate) lines: Vec<String>,
}

/// A node's text, broken into lines, and the room that this needs.
pub(crate) struct Card {
    pub(crate) label: Vec<String>,
    pub(crate) detail: Vec<String>,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Lays the graph out.
///
/// # Errors
/// When there is too much of it.
pub(crate) fn layout(graph: &Graph) -> Result<Layout, TooLarge> {
    let (nodes, edges) = (graph.nodes().len(), graph.edges().len());
    if nodes > MAX_NODES || edges > MAX_EDGES {
        return Err(TooLarge { nodes, edges });
    }
    let cards: Vec<Card> = graph.nodes().iter().map(card).collect();
    let grid = rank::grid(graph, &cards);
    let bundles = bundle::bundles(graph, &grid);
    let mut mesh = mesh::Mesh::new(&grid, &bundles, graph.ends(), &cards);
    order::order(&mut mesh, &grid);
    place::place(&mut mesh);
    let mut layout = route::route(graph, &cards, &grid, &mesh, &bundles);
    label::place(graph, &mut layout);
    route::crop(&mut layout);
    Ok(layout)
}

/// Breaks a node's text into lines.
pub(crate) fn card(node: &crate::graph::Node) -> Card {
    let label = text::lines(&node.label, NODE_SIZE, Weight::SemiBold, 220.0, Breaks::Names);
    let detail = text::lines(&node.detail, DETAIL_SIZE, Weight::Regular, 220.0, Breaks::Names);
    let widest = label
        .iter()
        .map(|line| text::width(line, NODE_SIZE, Weight::SemiBold))
        .chain(
            detail
                .iter()
                .map(|line| text::width(line, DETAIL_SIZE, Weight::Regular)),
        )
        .fold(40.0, f64::max);
    let height = label.len() as f64 * NODE_LINE + detail.len() as f64 * DETAIL_LINE + 16.0;
    Card {
        label,
        detail,
        width: (widest + ICON + 14.0).ceil(),
        height: height.max(36.0),
    }
}

/// Breaks an edge's label into lines and says how wide and high they are.
fn edge_label(text: &str) -> (Vec<String>, f64, f64) {
    let lines = text::lines(text, EDGE_SIZE, Weight::Regular, 130.0, Breaks::Words);
    let widest = lines
        .iter()
        .map(|line| text::width(line.trim_end(), EDGE_SIZE, Weight::Regular))
        .fold(0.0, f64::max);
    let height = lines.len() as f64 * EDGE_LINE;
    (lines, widest + 8.0, height)
}

impl Rect {
    pub(crate) fn right(self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(self) -> f64 {
        self.top + self.height
    }

    /// The area that both cover.
    fn common(self, other: Self) -> f64 {
        let width = self.right().min(other.right()) - self.left.max(other.left);
        let height = self.bottom().min(other.bottom()) - self.top.max(other.top);
        if width > 0.0 && height > 0.0 {
            width * height
        } else {
            0.0
        }
    }
}
