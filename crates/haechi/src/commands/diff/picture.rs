//! The comparison as a picture: those whose connections differ, and how.

use std::collections::{BTreeMap, BTreeSet};

use haechi_draw::{Edge, EdgeStyle, Graph, Group, Node, NodeKind};
use haechi_engine::diff::Fate;

use super::answer::Answer;
use super::rows::{Who, rows};
use crate::addresses;
use crate::picture::{self, Format};
use crate::printer::Printer;
use crate::report::diff::Presence;
use crate::report::reach::PeerKind;

/// Draws the comparison.
pub(super) fn print(answer: &Answer<'_, '_, '_>, format: Format, printer: &mut Printer) -> anyhow::Result<()> {
    picture::print(&graph(answer)?, format, printer)
}

fn graph(answer: &Answer<'_, '_, '_>) -> anyhow::Result<Graph> {
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    let mut edges = Vec::new();
    for row in rows(answer) {
        let [from, to] = [&row.from, &row.to].map(|who| {
            let node = node(who, answer);
            let id = node.id.clone();
            nodes.entry(id.clone()).or_insert(node);
            id
        });
        let style = match row.fate {
            Fate::Added => EdgeStyle::Added,
            Fate::Removed => EdgeStyle::Removed,
            Fate::Changed => EdgeStyle::Changed,
        };
        edges.push(Edge::new(from, to, row.what.to_string(), style));
    }
    let namespaces: BTreeSet<String> = nodes.values().filter_map(|n| n.group.clone()).collect();
    let groups = namespaces.into_iter().map(|n| Group::new(n.clone(), n)).collect();
    let title = format!("What changes ({})", answer.loaded().profile.profile);
    Ok(Graph::new(title, groups, nodes.into_values().collect(), edges)?)
}

fn node(who: &Who, answer: &Answer<'_, '_, '_>) -> Node {
    match who {
        Who::Addresses(ranges) => {
            let text = addresses::describe(ranges);
            Node::new(format!("addresses {text}"), text, NodeKind::External)
        }
        Who::Party(place) => {
            let party = answer.party(*place);
            let peer = answer.peer(party);
            let kind = match peer.kind {
                PeerKind::Workload => NodeKind::Workload,
                PeerKind::Pod => NodeKind::Pod,
                PeerKind::External => NodeKind::External,
                PeerKind::Domain => NodeKind::Domain,
            };
            let detail = match (Answer::presence(party), peer.workload_kind) {
                (Presence::Both, kind) => kind.unwrap_or_default(),
                (Presence::Added, kind) => format!("{} · new", kind.unwrap_or_default()),
                (Presence::Removed, kind) => format!("{} · gone", kind.unwrap_or_default()),
            };
            let label = peer.name.unwrap_or_else(|| peer.id.clone());
            let node = Node::new(peer.id, label, kind).with_detail(detail);
            match peer.namespace {
                Some(namespace) => node.in_group(namespace),
                None => node,
            }
        }
    }
}
