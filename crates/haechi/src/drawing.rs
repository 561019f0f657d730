//! One policy as a picture: whom it is about, whom it lets talk to them or keeps from it, and what becomes of the rest.
//!
//! What is drawn is the representation that the engine judges by, so that policies of all dialects are drawn alike.

use std::collections::BTreeMap;

use haechi_draw::{Edge, EdgeStyle, Emphasis, Flow, Graph, Group, Node, NodeKind};
use haechi_engine::selected;
use haechi_model::Cluster;
use haechi_policy::{Action, Direction, Isolation, Match, Peers, Policy, Rule, Rules, Tier};

mod find;
mod place;
mod words;

pub use find::{FindError, find};

use place::Place;

/// A policy, and the tier that it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The tier.
    pub tier: &'a Tier,
    /// The policy.
    pub policy: &'a Policy,
}

/// Draws a policy, with the workloads of a cluster that it speaks of.
///
/// # Errors
/// When the parts do not make a graph, which would be a fault of this function.
pub fn graph(subject: Subject<'_>, cluster: &Cluster) -> anyhow::Result<Graph> {
    let mut picture = Picture {
        cluster,
        home: Vec::new(),
        groups: BTreeMap::new(),
        nodes: BTreeMap::new(),
        edges: Vec::new(),
    };
    let policy = subject.policy;
    let own: Vec<String> = policy.subjects.iter().map(|m| picture.subject(m)).collect();
    let ordered = is_ordered(policy);
    for direction in Direction::BOTH {
        let Some(rules) = policy.rules(direction) else { continue };
        for own in &own {
            let end = OwnEnd { id: own, direction };
            for (index, rule) in rules.rules.iter().enumerate() {
                picture.rule(end, rule, &words::rule(rule, ordered.then_some(index + 1)));
            }
            picture.rest(end, rules, subject.tier);
        }
    }
    let groups = picture.groups.into_iter().map(|(id, label)| Group::new(id, label));
    let nodes = picture.nodes.into_values().collect();
    let graph = Graph::new(words::title(subject), groups.collect(), nodes, picture.edges)?;
    Ok(graph.with_flow(Flow::Strict))
}

/// Whether the order of its rules makes a difference.
fn is_ordered(policy: &Policy) -> bool {
    let mut all = policy.ingress.iter().chain(&policy.egress).flat_map(|r| &r.rules);
    all.any(|rule| rule.action != Action::Allow)
}

/// The policy's own end of what is drawn.
#[derive(Clone, Copy, Debug)]
struct OwnEnd<'p> {
    /// The id of its node.
    id: &'p str,
    direction: Direction,
}

impl OwnEnd<'_> {
    /// An edge to or from another node, whichever way connections go.
    fn edge(self, other: &str, label: &str, style: EdgeStyle) -> Edge {
        match self.direction {
            Direction::Ingress => Edge::new(other, self.id, label, style),
            Direction::Egress => Edge::new(self.id, other, label, style),
        }
    }
}

#[derive(Debug)]
struct Picture<'c> {
    cluster: &'c Cluster,
    /// The groups and nodes of those whom the policy is about.
    home: Vec<String>,
    /// Labels by id.
    groups: BTreeMap<String, String>,
    nodes: BTreeMap<String, Node>,
    edges: Vec<Edge>,
}

impl Picture<'_> {
    /// The node of those whom the policy is about.
    fn subject(&mut self, m: &Match) -> String {
        let place = Place::of(m);
        self.home.extend(place.group.clone());
        self.home.push(place.id());
        let node = self.placed(m, place, "").with_emphasis(Emphasis::Strong);
        self.add(node)
    }

    fn rule(&mut self, own: OwnEnd<'_>, rule: &Rule, label: &str) {
        let style = match rule.action {
            Action::Allow => EdgeStyle::Allowed,
            Action::Deny => EdgeStyle::Denied,
            Action::Pass | Action::Log => EdgeStyle::Passed,
        };
        let peers = match &rule.peers {
            Peers::Any => vec![
                Node::new(format!("{} everyone", own.direction), "everyone", NodeKind::External)
                    .with_detail("in the cluster and outside of it"),
            ],
            Peers::Of(matches) if matches.is_empty() => {
                vec![
                    Node::new(format!("{} nobody", own.direction), "nobody", NodeKind::Selector)
                        .with_detail("the rule matches nothing"),
                ]
            }
            Peers::Of(matches) => matches.iter().map(|m| self.peer(m, own.direction)).collect(),
        };
        for peer in peers {
            let id = self.add(peer);
            self.edges.push(own.edge(&id, label, style));
        }
    }

    /// What becomes of what no rule matches.
    fn rest(&mut self, own: OwnEnd<'_>, rules: &Rules, tier: &Tier) {
        if rules.rules.iter().any(words::is_everything) {
            return;
        }
        let (style, detail) = match rules.isolation {
            Isolation::Isolates => (EdgeStyle::Denied, words::elsewhere(tier)),
            Isolation::Leaves => (EdgeStyle::Passed, words::next(tier)),
        };
        let (id, label) = match (own.direction, rules.rules.is_empty()) {
            (Direction::Ingress, true) => ("rest in", "everyone"),
            (Direction::Ingress, false) => ("rest in", "everyone else"),
            (Direction::Egress, true) => ("rest out", "everything"),
            (Direction::Egress, false) => ("rest out", "everything else"),
        };
        let node = Node::new(id, label, NodeKind::External)
            .with_detail(detail)
            .with_emphasis(Emphasis::Muted);
        let id = self.add(node);
        self.edges.push(own.edge(&id, "", style));
    }

    fn add(&mut self, node: Node) -> String {
        let id = node.id.clone();
        self.nodes.entry(id.clone()).or_insert(node);
        id
    }

    /// The node of another end: on one side if it begins to talk, on the other if it is talked to, so that whoever does
    /// both is there twice.
    fn peer(&mut self, m: &Match, direction: Direction) -> Node {
        let place = Place::of(m);
        let side = match direction {
            Direction::Ingress => "from ",
            Direction::Egress => "to ",
        };
        if self.home.contains(&place.id()) {
            return self.placed(m, place, "");
        }
        self.placed(m, place, side)
    }

    fn placed(&mut self, m: &Match, place: Place, side: &str) -> Node {
        let id = format!("{side}{}", place.id());
        let Place {
            group,
            label,
            kind,
            detail,
        } = place;
        let detail = if kind == NodeKind::Selector {
            self.workloads(m)
        } else {
            detail
        };
        let node = Node::new(id, label, kind).with_detail(detail);
        let Some(group) = group else { return node };
        let id = if self.home.contains(&group) {
            group.clone()
        } else {
            format!("{side}{group}")
        };
        self.groups.insert(id.clone(), group);
        node.in_group(id)
    }

    /// The workloads that a match stands for today; nothing where no workloads are known at all.
    fn workloads(&self, m: &Match) -> String {
        let cluster = self.cluster;
        if cluster.endpoints.is_empty() {
            return String::new();
        }
        let endpoints = selected(cluster, std::slice::from_ref(m)).concat();
        let mut workloads: Vec<usize> = endpoints.iter().map(|e| cluster.endpoints[*e].workload).collect();
        workloads.dedup();
        let pods: u64 = endpoints.iter().map(|e| u64::from(cluster.endpoints[*e].count)).sum();
        let names: Vec<&str> = workloads.iter().map(|w| cluster.workloads[*w].name.as_str()).collect();
        words::workloads(&names, pods)
    }
}
