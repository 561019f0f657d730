//! The graph in Graphviz's language.

use std::fmt::Write as _;

use crate::graph::{EdgeStyle, Emphasis, Graph, Node, NodeKind};

/// Writes the graph in the DOT language, for `dot -Tsvg` and other tools of Graphviz.
///
/// Styles other than `allowed` are also named in the edge's label, since DOT has no legend.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph haechi {\n");
    let _ = writeln!(
        out,
        "  graph [label={}, labelloc=t, rankdir=LR, fontname=\"sans-serif\"];",
        quoted(graph.title())
    );
    out.push_str("  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n");
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=9];\n");
    for (index, group) in graph.groups().iter().enumerate() {
        let _ = writeln!(out, "  subgraph \"cluster_{index}\" {{");
        let _ = writeln!(
            out,
            "    label={};\n    style=rounded;\n    color=gray;",
            quoted(&group.label)
        );
        for node in members(graph, Some(index)) {
            let _ = writeln!(out, "    n{node} {}", declare(&graph.nodes()[node]));
        }
        out.push_str("  }\n");
    }
    for node in members(graph, None) {
        let _ = writeln!(out, "  n{node} {}", declare(&graph.nodes()[node]));
    }
    for (edge, (from, to)) in graph.edges().iter().zip(graph.ends()) {
        let label = quoted(&edge.style.describe(&edge.label));
        let look = look(edge.style);
        let _ = writeln!(out, "  n{from} -> n{to} [label={label}{look}];");
    }
    out.push_str("}\n");
    out
}

fn members(graph: &Graph, group: Option<usize>) -> impl Iterator<Item = usize> + '_ {
    (0..graph.nodes().len()).filter(move |node| graph.membership()[*node] == group)
}

fn declare(node: &Node) -> String {
    let mut label = escaped(&node.label);
    if !node.detail.is_empty() {
        label.push_str("\\n");
        label.push_str(&escaped(&node.detail));
    }
    let shape = match node.kind {
        NodeKind::Workload => "",
        NodeKind::Pod => ", shape=ellipse, style=solid",
        NodeKind::External => ", shape=egg, style=solid",
        NodeKind::Service => ", shape=hexagon, style=solid",
        NodeKind::Node => ", shape=box3d, style=solid",
        NodeKind::Domain => ", shape=cds, style=solid",
        NodeKind::Policy => ", shape=note, style=solid",
        NodeKind::Selector => ", style=\"rounded,dashed\"",
    };
    let emphasis = match node.emphasis {
        Emphasis::Muted => ", fontcolor=gray40, color=gray60",
        Emphasis::Normal => "",
        Emphasis::Strong => ", penwidth=2.5",
    };
    format!("[label=\"{label}\"{shape}{emphasis}];")
}

fn look(style: EdgeStyle) -> &'static str {
    match style {
        EdgeStyle::Allowed => "",
        EdgeStyle::Undefined => ", style=dotted, arrowhead=onormal, color=\"#6b7280\"",
        EdgeStyle::Added => ", penwidth=2.5, color=\"#15803d\"",
        EdgeStyle::Removed => ", style=dashed, arrowhead=odiamond, color=\"#b91c1c\"",
        EdgeStyle::Changed => ", penwidth=1.5, arrowhead=normaldot, color=\"#a16207\"",
        EdgeStyle::Denied => ", style=dashed, arrowhead=tee, color=\"#b91c1c\"",
        EdgeStyle::Passed => ", arrowhead=veevee, color=\"#0f6b6b\"",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Inside double quotes DOT reads backslash escapes, so that a backslash of the text is doubled.
/// A zero byte would end the text for C programs.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if control.is_control() => out.push('\u{fffd}'),
            // Graphviz decodes HTML entities in plain labels.
            '&' => out.push_str("&amp;"),
            plain => out.push(plain),
        }
    }
    out
}
