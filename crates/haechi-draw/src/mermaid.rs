//! The graph as a Mermaid flowchart.

use std::fmt::Write as _;

use crate::graph::{EdgeStyle, Emphasis, Graph, Node, NodeKind};

/// Mermaid refuses a text that is longer than 50,000 characters, unless configured otherwise.
const MAX_TEXT: usize = 50_000;
/// Mermaid refuses a flowchart of more than 500 edges, unless configured otherwise.
const MAX_EDGES: usize = 500;
/// What the styles, classes and the note about what is left out may take at the end.
const RESERVE: usize = 5_000;

/// Writes the graph as a Mermaid `flowchart LR`, for Markdown.
///
/// Mermaid draws nothing at all past 500 edges or 50,000 characters. What does not fit is left out,
/// edges before nodes, and a note in the picture says how many.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    if !graph.title().is_empty() {
        let title = graph
            .title()
            .chars()
            .take(200)
            .map(|c| if c.is_control() { ' ' } else { c });
        let _ = writeln!(out, "  %% {}", title.collect::<String>().replace(['{', '}'], " "));
    }

    let mut shown = vec![false; graph.nodes().len()];
    for (index, group) in graph.groups().iter().enumerate() {
        let opening = format!("  subgraph g{index} [\"{}\"]\n", escaped(&group.label));
        let members = (0..shown.len()).filter(|node| graph.membership()[*node] == Some(index));
        let mut inside = String::new();
        for node in members {
            let line = format!("    n{node}{}\n", declare(&graph.nodes()[node]));
            if out.len() + opening.len() + inside.len() + line.len() > MAX_TEXT - RESERVE {
                break;
            }
            inside.push_str(&line);
            shown[node] = true;
        }
        if !inside.is_empty() {
            let _ = writeln!(out, "{opening}{inside}  end");
        }
    }
    for node in (0..shown.len()).filter(|node| graph.membership()[*node].is_none()) {
        let line = format!("  n{node}{}\n", declare(&graph.nodes()[node]));
        if out.len() + line.len() > MAX_TEXT - RESERVE {
            break;
        }
        out.push_str(&line);
        shown[node] = true;
    }

    let mut drawn: Vec<EdgeStyle> = Vec::new();
    for (edge, (from, to)) in graph.edges().iter().zip(graph.ends()) {
        let label = escaped(&edge.style.describe(&edge.label));
        let label = if label.is_empty() {
            label
        } else {
            format!("|\"{label}\"|")
        };
        let line = format!("  n{from} {}{label} n{to}\n", arrow(edge.style));
        let fits = drawn.len() < MAX_EDGES && out.len() + line.len() <= MAX_TEXT - RESERVE;
        if fits && shown[*from] && shown[*to] {
            out.push_str(&line);
            drawn.push(edge.style);
        }
    }
    note_what_is_missing(&mut out, graph, &shown, drawn.len());
    style(&mut out, graph, &shown, &drawn);
    out
}

fn note_what_is_missing(out: &mut String, graph: &Graph, shown: &[bool], drawn: usize) {
    let nodes = shown.iter().filter(|shown| !**shown).count();
    let edges = graph.edges().len() - drawn;
    if nodes + edges > 0 {
        let _ = writeln!(
            out,
            "  leftout[\"Left out, beyond Mermaid's limits: nodes {nodes}, connections {edges}\"]"
        );
    }
}

fn style(out: &mut String, graph: &Graph, shown: &[bool], drawn: &[EdgeStyle]) {
    let emphases = [
        (Emphasis::Strong, "strong", "stroke-width:3px"),
        (Emphasis::Muted, "muted", "stroke-dasharray:2 2"),
    ];
    for (emphasis, class, look) in emphases {
        let members: Vec<String> = (0..shown.len())
            .filter(|node| shown[*node] && graph.nodes()[*node].emphasis == emphasis)
            .map(|node| format!("n{node}"))
            .collect();
        if !members.is_empty() {
            let _ = writeln!(out, "  classDef {class} {look}\n  class {} {class}", members.join(","));
        }
    }
    let colours = [
        (EdgeStyle::Undefined, "#6b7280"),
        (EdgeStyle::Added, "#15803d"),
        (EdgeStyle::Removed, "#b91c1c"),
        (EdgeStyle::Changed, "#a16207"),
        (EdgeStyle::Denied, "#b91c1c"),
        (EdgeStyle::Passed, "#0f6b6b"),
    ];
    for (style, colour) in colours {
        let places: Vec<String> = (0..drawn.len())
            .filter(|edge| drawn[*edge] == style)
            .map(|edge| edge.to_string())
            .collect();
        if !places.is_empty() {
            let _ = writeln!(out, "  linkStyle {} stroke:{colour}", places.join(","));
        }
    }
}

fn declare(node: &Node) -> String {
    let mut label = escaped(&node.label);
    if label.is_empty() && node.detail.is_empty() {
        // Empty quotes are an error to Mermaid.
        label.push(' ');
    }
    if !node.detail.is_empty() {
        let _ = write!(label, "<br/>{}", escaped(&node.detail));
    }
    let (open, close) = match node.kind {
        NodeKind::Workload => ("[", "]"),
        NodeKind::Pod => ("(", ")"),
        NodeKind::External => ("([", "])"),
        NodeKind::Service => ("{{", "}}"),
        NodeKind::Node => ("[[", "]]"),
        NodeKind::Domain => (">", "]"),
        NodeKind::Policy => ("[/", "/]"),
        NodeKind::Selector => ("[\\", "\\]"),
    };
    format!("{open}\"{label}\"{close}")
}

fn arrow(style: EdgeStyle) -> &'static str {
    match style {
        EdgeStyle::Allowed => "-->",
        EdgeStyle::Undefined => "-.->",
        EdgeStyle::Added => "==>",
        EdgeStyle::Removed => "-.-x",
        EdgeStyle::Changed => "--o",
        EdgeStyle::Denied => "--x",
        // Mermaid has no further head: the colour and the label tell it from what is allowed.
        EdgeStyle::Passed => "-->",
    }
}

/// Inside quotes Mermaid reads its own entities, HTML, and Markdown between backticks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '`' => out.push_str("#96;"),
            '\\' => out.push_str("#92;"),
            '\n' => out.push_str("<br/>"),
            control if control.is_control() => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
    out
}
