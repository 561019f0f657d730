//! Which edges are drawn as one tree.

use std::collections::BTreeMap;

use super::rank::Grid;
use crate::graph::{EdgeStyle, Graph};

/// Edges that share one end, what they say, and the way they leave that end.
pub(super) struct Bundle {
    /// Places in the graph's edges.
    pub(super) edges: Vec<usize>,
    pub(super) way: Way,
    pub(super) style: EdgeStyle,
    /// Equal for bundles of one style and label.
    pub(super) statement: usize,
}

/// Which way an edge leads through the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the right.
    Forward,
    /// To the left.
    Backward,
    /// From the right side of its source round to the right side of its target.
    Around,
    /// Back to where it comes from.
    Itself,
}

/// The end that the edges of a bundle share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    Source,
    Target,
}

/// Puts edges together that lead to one node, or from one, and say the same.
///
/// Nothing is lost by this: whoever follows a line of the tree away from its root comes to an end
/// of an edge, and to nothing else.
pub(super) fn bundles(graph: &Graph, grid: &Grid) -> Vec<Bundle> {
    let ways: Vec<Way> = graph.ends().iter().map(|(from, to)| way(grid, *from, *to)).collect();
    let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
    let key = |edge: usize, root: Root| {
        let (from, to) = graph.ends()[edge];
        let node = if root == Root::Source { from } else { to };
        (
            root,
            node,
            graph.edges()[edge].style,
            ways[edge],
            graph.edges()[edge].label.as_str(),
        )
    };
    for edge in 0..ways.len() {
        for root in [Root::Source, Root::Target] {
            *sizes.entry(key(edge, root)).or_default() += 1;
        }
    }
    let mut together: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for edge in 0..ways.len() {
        let source = sizes[&key(edge, Root::Source)];
        let target = sizes[&key(edge, Root::Target)];
        let root = if target >= source { Root::Target } else { Root::Source };
        let alone = if ways[edge] == Way::Itself { edge } else { usize::MAX };
        together.entry((key(edge, root), alone)).or_default().push(edge);
    }
    let mut statements: BTreeMap<_, usize> = BTreeMap::new();
    together
        .into_iter()
        .map(|(((_, _, style, way, label), _), edges)| {
            let next = statements.len();
            Bundle {
                edges,
                way,
                style,
                statement: *statements.entry((style, label)).or_insert(next),
            }
        })
        .collect()
}

fn way(grid: &Grid, from: usize, to: usize) -> Way {
    let (a, b) = (grid.block_of[from], grid.block_of[to]);
    let here = (grid.rank_of[a], if a == b { grid.column_of[from] } else { 0 });
    let there = (grid.rank_of[b], if a == b { grid.column_of[to] } else { 0 });
    match here.cmp(&there) {
        _ if from == to => Way::Itself,
        std::cmp::Ordering::Less => Way::Forward,
        std::cmp::Ordering::Greater => Way::Backward,
        std::cmp::Ordering::Equal => Way::Around,
    }
}
