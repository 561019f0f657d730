//! What holds for every picture, whatever the graph.

use std::collections::BTreeMap;

use haechi_draw::{Edge, EdgeStyle, Emphasis, Graph, GraphError, Group, Node, NodeKind, Theme, dot, mermaid, svg};
use proptest::prelude::*;
use roxmltree::Document;

const STYLES: [EdgeStyle; 7] = [
    EdgeStyle::Allowed,
    EdgeStyle::Undefined,
    EdgeStyle::Added,
    EdgeStyle::Removed,
    EdgeStyle::Changed,
    EdgeStyle::Denied,
    EdgeStyle::Passed,
];

const KINDS: [NodeKind; 8] = [
    NodeKind::Workload,
    NodeKind::Pod,
    NodeKind::External,
    NodeKind::Service,
    NodeKind::Node,
    NodeKind::Domain,
    NodeKind::Policy,
    NodeKind::Selector,
];

/// A label with every sign that a format could trip over.
const NASTY: &str = "a\"b\\c<d>&amp;#e`f`|g{h}[i](j);%% 해치\n둘째 줄 end";

fn nasty() -> Graph {
    Graph::new(
        format!("title {NASTY}"),
        vec![Group::new("g\"1", NASTY), Group::new("empty", "nobody here")],
        vec![
            Node::new(NASTY, NASTY, NodeKind::Workload)
                .in_group("g\"1")
                .with_detail(NASTY),
            Node::new("plain", "", NodeKind::External).with_emphasis(Emphasis::Muted),
            Node::new("end", "end", NodeKind::Service)
                .in_group("g\"1")
                .with_emphasis(Emphasis::Strong),
        ],
        vec![
            Edge::new(NASTY, "plain", NASTY, EdgeStyle::Denied),
            Edge::new("plain", NASTY, "", EdgeStyle::Allowed),
            Edge::new("plain", "end", "TCP 80", EdgeStyle::Allowed),
            Edge::new("end", "end", "", EdgeStyle::Undefined),
        ],
    )
    .expect("a graph")
}

#[test]
fn dot_escapes() {
    insta::assert_snapshot!(dot(&nasty()));
}

#[test]
fn mermaid_escapes() {
    insta::assert_snapshot!(mermaid(&nasty()));
}

#[test]
fn mermaid_stays_below_its_limits_and_says_so() {
    let nodes: Vec<Node> = (0..300)
        .map(|n| Node::new(format!("{n:03}"), "x".repeat(100), NodeKind::Pod))
        .collect();
    let edges: Vec<Edge> = (0..700)
        .map(|n| {
            Edge::new(
                format!("{:03}", n % 300),
                format!("{:03}", n % 7),
                "TCP 80",
                STYLES[n % 6],
            )
        })
        .collect();
    let graph = Graph::new("many", Vec::new(), nodes, edges).expect("a graph");
    let text = mermaid(&graph);
    assert!(text.len() <= 50_000, "{} characters", text.len());
    let drawn = text.lines().filter(|line| line.contains("|\"TCP 80")).count();
    assert!((1..=500).contains(&drawn), "{drawn} edges");
    assert!(
        text.contains(&format!("connections {}", graph.edges().len() - drawn)),
        "{text}"
    );
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let node = || Node::new("a", "a", NodeKind::Pod);
    let graph = |groups, nodes, edges| Graph::new("", groups, nodes, edges).expect_err("no graph");
    assert_eq!(
        graph(vec![], vec![node(), node()], vec![]),
        GraphError::DuplicateNode("a".into())
    );
    assert_eq!(
        graph(vec![Group::new("g", "1"), Group::new("g", "2")], vec![], vec![]),
        GraphError::DuplicateGroup("g".into())
    );
    assert_eq!(
        graph(vec![], vec![node().in_group("g")], vec![]),
        GraphError::UnknownGroup {
            node: "a".into(),
            group: "g".into()
        }
    );
    assert_eq!(
        graph(vec![], vec![node()], vec![Edge::new("a", "b", "", EdgeStyle::Allowed)]),
        GraphError::UnknownNode {
            from: "a".into(),
            to: "b".into(),
            missing: "b".into()
        }
    );
}

#[test]
fn too_large_a_graph_is_refused() {
    let nodes = (0..1_001)
        .map(|n| Node::new(n.to_string(), "", NodeKind::Pod))
        .collect();
    let graph = Graph::new("", Vec::new(), nodes, Vec::new()).expect("a graph");
    assert_eq!(svg(&graph, &Theme::Light).expect_err("too large").nodes, 1_001);
}

#[test]
fn nothing_is_a_picture_too() {
    let graph = Graph::new("", Vec::new(), Vec::new(), Vec::new()).expect("a graph");
    let picture = svg(&graph, &Theme::Auto).expect("a picture");
    assert_eq!(
        Document::parse(&picture).expect("XML").root_element().attribute("role"),
        Some("img")
    );
}

#[cfg(feature = "png")]
#[test]
fn png_has_something_on_it() {
    let bytes = haechi_draw::png(&nasty(), &Theme::Light, 1.0).expect("a picture");
    let pixels = resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("a PNG");
    let colours: std::collections::BTreeSet<_> = pixels
        .pixels()
        .iter()
        .map(|pixel| (pixel.red(), pixel.green(), pixel.blue()))
        .collect();
    assert!(colours.len() > 50, "{} colours", colours.len());
    assert!(pixels.pixels().iter().all(|pixel| pixel.alpha() == 255));
}

#[cfg(feature = "png")]
#[test]
fn png_writes_hangul() {
    let picture = |label: &str| {
        let nodes = vec![Node::new("a", label, NodeKind::Pod).with_detail(label)];
        let graph = Graph::new("", Vec::new(), nodes, Vec::new()).expect("a graph");
        haechi_draw::png(&graph, &Theme::Light, 1.0).expect("a picture")
    };
    // Two syllables without glyphs would both be the same box, or nothing.
    assert_ne!(picture("해치"), picture("문지"));
}

#[cfg(feature = "png")]
#[test]
fn png_refuses_what_no_memory_holds() {
    assert!(matches!(
        haechi_draw::png(&nasty(), &Theme::Light, 1e6),
        Err(haechi_draw::PngError::TooManyPixels { .. })
    ));
    assert!(matches!(
        haechi_draw::png(&nasty(), &Theme::Light, 0.0),
        Err(haechi_draw::PngError::Scale(_))
    ));
}

#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn of(element: roxmltree::Node<'_, '_>) -> Self {
        let number = |name| {
            element
                .attribute(name)
                .and_then(|value| value.parse::<f64>().ok())
                .expect("a number")
        };
        let (left, top) = (number("x"), number("y"));
        Self {
            left,
            top,
            right: left + number("width"),
            bottom: top + number("height"),
        }
    }

    /// Rounding to a tenth may cost a little.
    fn overlaps(self, other: Self) -> bool {
        let slack = 0.25;
        self.left + slack < other.right
            && other.left + slack < self.right
            && self.top + slack < other.bottom
            && other.top + slack < self.bottom
    }

    fn encloses(self, other: Self) -> bool {
        self.left < other.left && self.top < other.top && self.right > other.right && self.bottom > other.bottom
    }
}

/// The text of each element of a class, its lines joined.
fn texts<'a>(document: &'a Document<'_>, class: &'a str) -> impl Iterator<Item = String> + 'a {
    let has = move |value: &str| value.split(' ').any(|word| word == class);
    document
        .descendants()
        .filter(move |node| node.has_tag_name("text") && node.attribute("class").is_some_and(has))
        .map(|node| {
            node.descendants()
                .filter(roxmltree::Node::is_text)
                .filter_map(|node| node.text())
                .collect::<String>()
        })
}

fn boxes(document: &Document<'_>, class: &str) -> Vec<(String, Area)> {
    document
        .descendants()
        .filter(|node| {
            node.attribute("class")
                .is_some_and(|value| value.split(' ').next() == Some(class))
        })
        .filter_map(|group| Some((group, group.children().find(|child| child.has_tag_name("rect"))?)))
        .map(|(group, rect)| {
            let text = group.children().find(|child| child.has_tag_name("text"));
            let text = text
                .into_iter()
                .flat_map(|text| text.descendants())
                .filter(roxmltree::Node::is_text);
            (text.filter_map(|node| node.text()).collect(), Area::of(rect))
        })
        .collect()
}

prop_compose! {
    fn graphs()(
        groups in 0_usize..6,
        nodes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..8, 0_usize..60, any::<bool>()), 1..28),
    )(
        edges in prop::collection::vec((0..nodes.len(), 0..nodes.len(), 0_usize..6, any::<bool>()), 0..60),
        groups in Just(groups),
        nodes in Just(nodes),
        shared in any::<bool>(),
    ) -> Graph {
        let count = nodes.len();
        let groups_made = (0..groups).map(|g| Group::new(format!("g{g}"), format!("무리 {}", "long".repeat(9 * g)))).collect();
        let nodes = nodes.into_iter().enumerate().map(|(n, (group, kind, length, korean))| {
            let filler = if korean { "가" } else { "x-" };
            let node = Node::new(n.to_string(), format!("node<{n}>{}", filler.repeat(length)), KINDS[kind]);
            // One in `groups + 1` is in none.
            match group.index(groups + 1) {
                group if group < groups => node.in_group(format!("g{group}")),
                _ => node.with_detail("outside"),
            }
        }).collect();
        let edges = edges.into_iter().enumerate().map(|(e, (from, to, style, plain))| {
            // Labels of their own, or two that many edges share.
            let label = if shared { format!("TCP {plain}") } else { format!("TCP {e} & more") };
            Edge::new(from.to_string(), to.to_string(), label, STYLES[if plain { 0 } else { style }])
        }).collect();
        assert!(count > 0);
        Graph::new("속성 & <pictures>", groups_made, nodes, edges).expect("a graph")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn every_picture_is_whole(graph in graphs()) {
        let picture = svg(&graph, &Theme::Auto).expect("a picture");
        let document = Document::parse(&picture).expect("XML");

        let mut names: Vec<String> = texts(&document, "hd-name").collect();
        let mut wanted: Vec<String> = graph.nodes().iter().map(|node| node.label.clone()).collect();
        names.sort();
        wanted.sort();
        prop_assert_eq!(names, wanted);

        // Edges of one label may share it, if they share an end and a style; others have their own.
        let mut labels: BTreeMap<String, usize> = BTreeMap::new();
        for label in texts(&document, "hd-label") {
            *labels.entry(label).or_default() += 1;
        }
        let mut edges: BTreeMap<String, usize> = BTreeMap::new();
        for edge in graph.edges() {
            *edges.entry(edge.label.clone()).or_default() += 1;
        }
        prop_assert_eq!(labels.keys().collect::<Vec<_>>(), edges.keys().collect::<Vec<_>>());
        for (label, count) in &labels {
            prop_assert!(*count <= edges[label], "{} labels for {} edges", count, edges[label]);
        }
        let spoken: usize = document.descendants().filter(|node| node.has_tag_name("title")).skip(1)
            .map(|node| node.text().map_or(0, |text| text.lines().count())).sum();
        prop_assert_eq!(spoken, graph.edges().len());

        let nodes = boxes(&document, "hd-node");
        prop_assert_eq!(nodes.len(), graph.nodes().len());
        let groups = boxes(&document, "hd-group");
        prop_assert_eq!(groups.len(), graph.groups().len());
        for (index, (name, area)) in nodes.iter().enumerate() {
            for (other_name, other) in &nodes[..index] {
                prop_assert!(!area.overlaps(*other), "{} and {} overlap", name, other_name);
            }
            let node = graph.nodes().iter().find(|node| node.label == *name).expect("a node");
            for (group, (_, around)) in graph.groups().iter().zip(&groups) {
                if node.group.as_ref() == Some(&group.id) {
                    prop_assert!(around.encloses(*area), "{} is not inside its group", name);
                } else {
                    prop_assert!(!around.overlaps(*area), "{} is on a group that is not its own", name);
                }
            }
        }
        for (index, (name, area)) in groups.iter().enumerate() {
            // No letter of the label is narrower than this.
            prop_assert!(area.right - area.left > name.len() as f64 * 3.0, "{} does not fit its box", name);
            for (other_name, other) in &groups[..index] {
                prop_assert!(!area.overlaps(*other), "{} and {} overlap", name, other_name);
            }
        }
    }

    #[test]
    fn the_order_of_the_parts_does_not_matter(graph in graphs()) {
        let reversed = |mut parts: Vec<_>| { parts.reverse(); parts };
        let (mut groups, mut edges) = (graph.groups().to_vec(), graph.edges().to_vec());
        groups.reverse();
        edges.reverse();
        let again = Graph::new(graph.title(), groups, reversed(graph.nodes().to_vec()), edges).expect("a graph");
        prop_assert_eq!(svg(&graph, &Theme::Light), svg(&again, &Theme::Light));
        prop_assert_eq!(mermaid(&graph), mermaid(&again));
        prop_assert_eq!(dot(&graph), dot(&again));
    }
}
