//! The graph as an SVG picture.

mod icon;
mod style;

use std::fmt::Write as _;

use self::style::Look;
pub use self::style::Theme;
use crate::graph::{EdgeStyle, Emphasis, Graph, Node, NodeKind};
use crate::layout::{
    Card, DETAIL_LINE, DETAIL_SIZE, EDGE_LINE, EDGE_SIZE, GROUP_SIZE, Head, ICON, Layout, NODE_LINE, NODE_SIZE, Piece,
    Rect, Route, Side, TooLarge, card, layout,
};
use crate::text::{self, Breaks, Weight};

const MARGIN: f64 = 28.0;
const TITLE_SIZE: f64 = 18.0;
const TITLE_LINE: f64 = 26.0;
const LEGEND_SIZE: f64 = 11.0;
const LEGEND_LINE: f64 = 24.0;

/// Draws the graph as SVG.
///
/// Groups are boxes around their members, edges lead to the right where they can, and edges that say
/// the same to one node, or from one node, share their way and their label. A legend names the lines
/// and icons that occur. Text is measured in the font that `png` embeds; a viewer
/// without that font uses one of its own, for which the boxes leave room.
///
/// # Errors
/// When the graph has more nodes or edges than a picture can show.
pub fn svg(graph: &Graph, theme: &Theme) -> Result<String, TooLarge> {
    let layout = layout(graph)?;
    let title = text::lines(
        graph.title(),
        TITLE_SIZE,
        Weight::SemiBold,
        layout.width.max(480.0),
        Breaks::Words,
    );
    let title_width = title
        .iter()
        .map(|line| text::width(line, TITLE_SIZE, Weight::SemiBold))
        .fold(0.0, f64::max);
    let inner = layout.width.max(title_width).max(200.0).ceil();
    let top = MARGIN
        + if title.is_empty() {
            0.0
        } else {
            title.len() as f64 * TITLE_LINE + 14.0
        };
    let legend = Legend::of(graph, inner);
    let below = top + layout.height;
    let (width, height) = (inner + 2.0 * MARGIN, below + legend.height + MARGIN);

    let mut out = String::with_capacity(4096 + graph.nodes().len() * 600 + graph.edges().len() * 300);
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hd\" role=\"img\" aria-labelledby=\"hd-title\" \
         width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">",
        n(width),
        n(height)
    );
    let spoken = if graph.title().is_empty() {
        "Who may talk to whom"
    } else {
        graph.title()
    };
    let _ = writeln!(out, "<title id=\"hd-title\">{}</title>", escaped(spoken));
    let _ = writeln!(out, "<style>{}</style>", theme.css());
    let _ = writeln!(
        out,
        "<rect class=\"hd-paper\" width=\"{}\" height=\"{}\"/>",
        n(width),
        n(height)
    );
    for (index, line) in title.iter().enumerate() {
        let y = MARGIN + TITLE_SIZE + index as f64 * TITLE_LINE;
        let _ = writeln!(
            out,
            "<text class=\"hd-heading\" x=\"{}\" y=\"{}\">{}</text>",
            n(MARGIN),
            n(y),
            escaped(line.trim_end())
        );
    }
    let _ = writeln!(out, "<g transform=\"translate({} {})\">", n(MARGIN), n(top));
    body(&mut out, graph, &layout);
    out.push_str("</g>\n");
    legend.draw(&mut out, below);
    out.push_str("</svg>\n");
    Ok(out)
}

fn body(out: &mut String, graph: &Graph, layout: &Layout) {
    for (group, area) in graph.groups().iter().zip(&layout.groups) {
        out.push_str("<g class=\"hd-group\">");
        rect(out, *area, 12.0);
        let label = text::lines(&group.label, GROUP_SIZE, Weight::SemiBold, f64::MAX, Breaks::Words).concat();
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\">{}</text></g>",
            n(area.left + 14.0),
            n(area.top + 21.0),
            escaped(&label)
        );
    }
    for route in &layout.routes {
        edge(out, graph, route);
    }
    for (node, area) in graph.nodes().iter().zip(&layout.nodes) {
        draw_node(out, node, *area, &card(node));
    }
    for route in &layout.routes {
        let Some(label) = &route.label else { continue };
        let x = label.area.left + label.area.width / 2.0;
        out.push_str("<g class=\"hd-pill\">");
        rect(out, label.area, 4.0);
        let _ = write!(out, "<text class=\"hd-label {}\">", Look::of(route.style).class);
        for (index, line) in label.lines.iter().enumerate() {
            let y = label.area.top + EDGE_LINE * index as f64 + EDGE_SIZE * 0.93;
            tspan(out, x, y, line);
        }
        out.push_str("</text></g>\n");
    }
}

fn edge(out: &mut String, graph: &Graph, route: &Route) {
    let look = Look::of(route.style);
    let _ = write!(out, "<g class=\"hd-edge {}\"><title>", look.class);
    for (index, (from, to)) in route.edges.iter().map(|edge| graph.ends()[*edge]).enumerate() {
        let newline = if index == 0 { "" } else { "\n" };
        let (from, to) = (&graph.nodes()[from].label, &graph.nodes()[to].label);
        let _ = write!(out, "{newline}{} → {}", escaped(from), escaped(to));
    }
    let label = &graph.edges()[route.edges[0]].label;
    let statement = if label.is_empty() {
        String::new()
    } else {
        format!(", {}", escaped(label))
    };
    let _ = write!(out, "{statement}: {}</title><path class=\"hd-line\" d=\"", look.name);
    for piece in &route.pieces {
        path(out, piece, &route.heads);
    }
    out.push_str("\"/>");
    for head in &route.heads {
        arrow(out, *head, route.style);
    }
    out.push_str("</g>\n");
}

/// A piece as path data. A line ends behind the arrow head, so that its tip stays sharp.
fn path(out: &mut String, piece: &Piece, heads: &[Head]) {
    let back = |point: crate::layout::Point| {
        let head = heads.iter().find(|head| head.tip == point)?;
        let x = if head.points == Side::Right {
            point.x - 6.0
        } else {
            point.x + 6.0
        };
        Some(crate::layout::Point { x, ..point })
    };
    let start = back(piece.start).unwrap_or(piece.start);
    let end = back(piece.end).unwrap_or(piece.end);
    let [a, b, c, d] = piece.curve;
    let _ = write!(out, "M{} {}", n(start.x), n(start.y));
    if a != piece.start {
        let _ = write!(out, "L{} {}", n(a.x), n(a.y));
    }
    if a.y == d.y && b.y == a.y && c.y == a.y {
        let _ = write!(out, "L{} {}", n(end.x), n(end.y));
        return;
    }
    let _ = write!(
        out,
        "C{} {} {} {} {} {}",
        n(b.x),
        n(b.y),
        n(c.x),
        n(c.y),
        n(d.x),
        n(d.y)
    );
    if d != piece.end {
        let _ = write!(out, "L{} {}", n(end.x), n(end.y));
    }
}

fn arrow(out: &mut String, head: Head, style: EdgeStyle) {
    let turn = if head.points == Side::Left { " scale(-1 1)" } else { "" };
    let look = Look::of(style);
    let _ = write!(
        out,
        "<path class=\"{}\" transform=\"translate({} {}){turn}\" d=\"{}\"/>",
        look.head_class,
        n(head.tip.x),
        n(head.tip.y),
        look.head
    );
}

fn draw_node(out: &mut String, node: &Node, area: Rect, card: &Card) {
    let emphasis = match node.emphasis {
        Emphasis::Muted => " hd-muted",
        Emphasis::Normal => "",
        Emphasis::Strong => " hd-strong",
    };
    let outside = if node.group.is_none() && node.kind == NodeKind::External {
        " hd-outside"
    } else {
        ""
    };
    let _ = write!(out, "<g class=\"hd-node{emphasis}{outside}\">");
    rect(out, area, 8.0);
    let middle = area.top + area.height / 2.0;
    icon::draw(out, node.kind, area.left + 9.0, middle - 9.0);
    let text_height = card.label.len() as f64 * NODE_LINE + card.detail.len() as f64 * DETAIL_LINE;
    let x = area.left + ICON;
    let mut y = middle - text_height / 2.0;
    if !card.label.is_empty() {
        out.push_str("<text class=\"hd-name\">");
        for line in &card.label {
            tspan(out, x, y + NODE_SIZE * 0.95, line);
            y += NODE_LINE;
        }
        out.push_str("</text>");
    }
    if !card.detail.is_empty() {
        out.push_str("<text class=\"hd-detail\">");
        for line in &card.detail {
            tspan(out, x, y + DETAIL_SIZE, line);
            y += DETAIL_LINE;
        }
        out.push_str("</text>");
    }
    out.push_str("</g>\n");
}

/// What the lines and icons mean, in as many rows as the width asks for.
struct Legend {
    entries: Vec<(f64, f64, Entry)>,
    height: f64,
}

#[derive(Clone, Copy)]
enum Entry {
    Style(EdgeStyle),
    Kind(NodeKind),
}

impl Legend {
    fn of(graph: &Graph, width: f64) -> Self {
        let mut styles: Vec<EdgeStyle> = graph.edges().iter().map(|edge| edge.style).collect();
        let mut kinds: Vec<NodeKind> = graph.nodes().iter().map(|node| node.kind).collect();
        styles.sort_unstable();
        styles.dedup();
        kinds.sort_unstable();
        kinds.dedup();
        let all = styles
            .into_iter()
            .map(Entry::Style)
            .chain(kinds.into_iter().map(Entry::Kind));
        let (mut entries, mut x, mut y) = (Vec::new(), 0.0, 0.0);
        for entry in all {
            let needed = entry.mark() + text::width(entry.name(), LEGEND_SIZE, Weight::Regular);
            if x > 0.0 && x + needed > width {
                (x, y) = (0.0, y + LEGEND_LINE);
            }
            entries.push((x, y, entry));
            x += needed + 26.0;
        }
        let height = if entries.is_empty() {
            0.0
        } else {
            y + LEGEND_LINE + 20.0
        };
        Self { entries, height }
    }

    fn draw(&self, out: &mut String, top: f64) {
        for (x, y, entry) in &self.entries {
            let (x, y) = (MARGIN + x, top + 32.0 + y);
            match entry {
                Entry::Style(style) => {
                    let look = Look::of(*style);
                    let _ = write!(
                        out,
                        "<g class=\"hd-edge {}\"><path class=\"hd-line\" d=\"M{} {y}h32\"/>",
                        look.class,
                        n(x)
                    );
                    let tip = crate::layout::Point { x: x + 38.0, y };
                    arrow(
                        out,
                        Head {
                            tip,
                            points: Side::Right,
                        },
                        *style,
                    );
                    out.push_str("</g>");
                }
                Entry::Kind(kind) => {
                    out.push_str("<g class=\"hd-node\">");
                    icon::draw(out, *kind, x, y - 9.0);
                    out.push_str("</g>");
                }
            }
            let _ = writeln!(
                out,
                "<text class=\"hd-legend\" x=\"{}\" y=\"{}\">{}</text>",
                n(x + entry.mark()),
                n(y + 4.0),
                entry.name()
            );
        }
    }
}

impl Entry {
    fn name(self) -> &'static str {
        match self {
            Self::Style(style) => style.name(),
            Self::Kind(kind) => kind.name(),
        }
    }

    /// How wide its mark is.
    fn mark(self) -> f64 {
        match self {
            Self::Style(_) => 46.0,
            Self::Kind(_) => 24.0,
        }
    }
}

fn rect(out: &mut String, area: Rect, round: f64) {
    let _ = write!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
        n(area.left),
        n(area.top),
        n(area.width),
        n(area.height)
    );
}

fn tspan(out: &mut String, x: f64, y: f64, line: &str) {
    let _ = write!(out, "<tspan x=\"{}\" y=\"{}\">{}</tspan>", n(x), n(y), escaped(line));
}

/// A length to a tenth.
fn n(value: f64) -> f64 {
    let rounded = (value * 10.0).round() / 10.0;
    // No negative zero in the output.
    if rounded == 0.0 { 0.0 } else { rounded }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars().map(text::printable) {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            plain => out.push(plain),
        }
    }
    out
}
