//! The answer as a picture.

use std::collections::{BTreeMap, BTreeSet};

use haechi_draw::{Edge, EdgeStyle, Emphasis, Graph, Group, Node, NodeKind};
use haechi_engine::{Extent, Party};

use super::answer::Answer;
use super::rows::{Row, Rows, Who};
use crate::addresses::{self, OUTSIDE};
use crate::parties;
use crate::picture::{self, Format};
use crate::printer::Printer;
use crate::report::reach::{Peer, PeerKind};

/// Draws the answer.
pub(super) fn print(answer: &Answer<'_, '_, '_>, format: Format, printer: &mut Printer) -> anyhow::Result<()> {
    picture::print(&graph(answer)?, format, printer)
}

fn graph(answer: &Answer<'_, '_, '_>) -> anyhow::Result<Graph> {
    let rows = Rows::new(answer);
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    let mut talking: BTreeSet<String> = BTreeSet::new();
    let mut edges = Vec::new();
    for (rows, style) in [
        (&rows.allowed, EdgeStyle::Allowed),
        (&rows.undefined, EdgeStyle::Undefined),
    ] {
        for row in rows {
            let [from, to] = [&row.from, &row.to].map(|who| {
                let node = node(who, answer);
                let id = node.id.clone();
                nodes.entry(id.clone()).or_insert(node);
                id
            });
            edges.push(Edge::new(&from, &to, label(row), style));
            talking.extend([from, to]);
        }
    }
    if !answer.is_narrowed() {
        // Who talks to nobody is a part of the picture as well.
        for place in answer.everybody() {
            if !matches!(answer.party(place), Party::Range(_)) {
                let node = node(&Who::Party(place), answer);
                nodes.entry(node.id.clone()).or_insert(node);
            }
        }
    }
    let nodes: Vec<Node> = nodes
        .into_values()
        .map(|node| {
            if talking.contains(&node.id) {
                node
            } else {
                node.with_emphasis(Emphasis::Muted)
            }
        })
        .collect();
    let namespaces: BTreeSet<String> = nodes.iter().filter_map(|n| n.group.clone()).collect();
    let groups = namespaces.into_iter().map(|n| Group::new(n.clone(), n)).collect();
    let title = format!("Who may talk to whom ({})", answer.loaded.profile.profile);
    Ok(Graph::new(title, groups, nodes, edges)?)
}

fn label(row: &Row) -> String {
    match row.extent {
        Extent::Every => row.ports.to_string(),
        Extent::Some => format!("{} (some pods)", row.ports),
    }
}

fn node(who: &Who, answer: &Answer<'_, '_, '_>) -> Node {
    match who {
        Who::Addresses(ranges) => {
            let text = addresses::describe(ranges);
            let id = format!("addresses {text}");
            if let Some(nodes) = answer.nodes(ranges) {
                return Node::new(id, nodes.join(", "), NodeKind::Node).with_detail(text);
            }
            match text.strip_prefix(OUTSIDE) {
                Some(except) => Node::new(id, OUTSIDE, NodeKind::External).with_detail(except.trim_start()),
                None => Node::new(id, text, NodeKind::External),
            }
        }
        Who::Party(place) => {
            let peer = parties::peer(answer.party(*place), answer.compiled);
            let detail = detail(&peer);
            let Peer {
                id,
                kind,
                namespace,
                name,
                ..
            } = peer;
            let kind = match kind {
                PeerKind::Workload => NodeKind::Workload,
                PeerKind::Pod => NodeKind::Pod,
                PeerKind::External => NodeKind::External,
                PeerKind::Domain => NodeKind::Domain,
            };
            let label = name.unwrap_or_else(|| id.clone());
            let node = Node::new(id, label, kind).with_detail(detail);
            match namespace {
                Some(namespace) => node.in_group(namespace),
                None => node,
            }
        }
    }
}

fn detail(peer: &Peer) -> String {
    let kind = peer.workload_kind.as_deref().unwrap_or_default();
    match (peer.kind, peer.pods) {
        (PeerKind::Workload, Some(1)) if kind != "Pod" => format!("{kind} · 1 pod"),
        (PeerKind::Workload, Some(pods)) if kind != "Pod" => format!("{kind} · {pods} pods"),
        (PeerKind::Workload, _) => kind.to_owned(),
        _ => String::new(),
    }
}
