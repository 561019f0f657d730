//! The graph that is drawn: groups, nodes, edges, and what must hold between them.

use std::collections::BTreeMap;

/// What there is to draw.
///
/// Its parts are sorted by id and every reference is known to lead somewhere, so that drawing
/// cannot fail on it and does not depend on the order in which the parts came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    title: String,
    flow: Flow,
    groups: Vec<Group>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    membership: Vec<Option<usize>>,
    ends: Vec<(usize, usize)>,
}

/// A box around nodes, for example a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What nodes call it.
    pub id: String,
    /// What people call it.
    pub label: String,
}

/// One thing that talks or is talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What edges call it; any characters.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// A small second line, empty for none.
    pub detail: String,
    /// The group that it is drawn in.
    pub group: Option<String>,
    /// What it is, told by an icon or shape.
    pub kind: NodeKind,
    /// How much it stands out.
    pub emphasis: Emphasis,
}

/// An arrow from one node to another, or to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The id of the node that begins to talk.
    pub from: String,
    /// The id of the node that is talked to.
    pub to: String,
    /// What is said on it, for example `TCP 80, 443`; may be empty.
    pub label: String,
    /// What kind of statement it is.
    pub style: EdgeStyle,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NodeKind {
    /// Pods with one owner.
    Workload,
    /// A single pod.
    Pod,
    /// Addresses outside the cluster.
    External,
    /// A Service.
    Service,
    /// A machine of the cluster.
    Node,
    /// A DNS name.
    Domain,
    /// A policy.
    Policy,
    /// Pods that no manifest names, by their labels.
    Selector,
}

/// How much a node stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Emphasis {
    /// It is context.
    Muted,
    /// As most.
    #[default]
    Normal,
    /// It is what the picture is about.
    Strong,
}

/// What an edge states, told by dash, width and arrow head as well as by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeStyle {
    /// May talk.
    Allowed,
    /// Depends on what enforces.
    Undefined,
    /// May talk now, could not before.
    Added,
    /// Could talk before, may not now.
    Removed,
    /// May talk, but otherwise than before.
    Changed,
    /// May not talk.
    Denied,
    /// Others are to decide.
    Passed,
}

/// Which way edges lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// To the right where that makes the picture no larger than a page.
    #[default]
    Compact,
    /// To the right wherever they can, however wide or high the picture becomes.
    Strict,
}

/// Why parts do not make a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two groups have one id.
    #[error("two groups have the id `{0}`")]
    DuplicateGroup(String),
    /// Two nodes have one id.
    #[error("two nodes have the id `{0}`")]
    DuplicateNode(String),
    /// A node names a group that is not there.
    #[error("node `{node}` is in the group `{group}`, which is not in the graph")]
    UnknownGroup {
        /// The node's id.
        node: String,
        /// The group it names.
        group: String,
    },
    /// An edge names a node that is not there.
    #[error("an edge joins `{from}` to `{to}`, but `{missing}` is not in the graph")]
    UnknownNode {
        /// The edge's source.
        from: String,
        /// The edge's target.
        to: String,
        /// Whichever is missing.
        missing: String,
    },
}

impl Graph {
    /// Puts a graph together. Edges that are equal in all fields become one.
    ///
    /// # Errors
    /// When ids are not unique, or a node or edge refers to something that is not there.
    pub fn new(
        title: impl Into<String>,
        mut groups: Vec<Group>,
        mut nodes: Vec<Node>,
        mut edges: Vec<Edge>,
    ) -> Result<Self, GraphError> {
        groups.sort_by(|a, b| a.id.cmp(&b.id));
        nodes.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
        edges.sort_by(|a, b| (&a.from, &a.to, a.style, &a.label).cmp(&(&b.from, &b.to, b.style, &b.label)));
        edges.dedup();

        if let Some(pair) = groups.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(GraphError::DuplicateGroup(pair[0].id.clone()));
        }
        let mut by_id = BTreeMap::new();
        for (index, node) in nodes.iter().enumerate() {
            if by_id.insert(node.id.as_str(), index).is_some() {
                return Err(GraphError::DuplicateNode(node.id.clone()));
            }
        }
        let find_group = |node: &Node, id: &String| {
            groups
                .binary_search_by(|group| group.id.cmp(id))
                .map_err(|_| GraphError::UnknownGroup {
                    node: node.id.clone(),
                    group: id.clone(),
                })
        };
        let membership = nodes
            .iter()
            .map(|node| node.group.as_ref().map(|id| find_group(node, id)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let find_node = |edge: &Edge, id: &String| {
            by_id.get(id.as_str()).copied().ok_or_else(|| GraphError::UnknownNode {
                from: edge.from.clone(),
                to: edge.to.clone(),
                missing: id.clone(),
            })
        };
        let ends = edges
            .iter()
            .map(|edge| Ok((find_node(edge, &edge.from)?, find_node(edge, &edge.to)?)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            title: title.into(),
            flow: Flow::default(),
            groups,
            nodes,
            edges,
            membership,
            ends,
        })
    }

    /// The same with edges that lead so.
    #[must_use]
    pub fn with_flow(self, flow: Flow) -> Self {
        Self { flow, ..self }
    }

    /// Which way edges lead.
    pub(crate) fn flow(&self) -> Flow {
        self.flow
    }

    /// What the picture is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The groups, sorted by id.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The nodes, sorted by group and id.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The edges, sorted by their ends, style and label.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The place in [`Self::groups`] of each node's group.
    pub(crate) fn membership(&self) -> &[Option<usize>] {
        &self.membership
    }

    /// The places in [`Self::nodes`] of each edge's source and target.
    pub(crate) fn ends(&self) -> &[(usize, usize)] {
        &self.ends
    }
}

impl Group {
    /// A group.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
        }
    }
}

impl Node {
    /// A node in no group, without detail, that stands out as most do.
    pub fn new(id: impl Into<String>, label: impl Into<String>, kind: NodeKind) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            detail: String::new(),
            group: None,
            kind,
            emphasis: Emphasis::Normal,
        }
    }

    /// The node with a small second line.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// The node inside a group.
    #[must_use]
    pub fn in_group(self, group: impl Into<String>) -> Self {
        Self {
            group: Some(group.into()),
            ..self
        }
    }

    /// The node standing out more, or less.
    #[must_use]
    pub fn with_emphasis(self, emphasis: Emphasis) -> Self {
        Self { emphasis, ..self }
    }
}

impl Edge {
    /// An edge.
    pub fn new(from: impl Into<String>, to: impl Into<String>, label: impl Into<String>, style: EdgeStyle) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
            label: label.into(),
            style,
        }
    }
}

impl NodeKind {
    /// What a legend calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Pod => "pod",
            Self::External => "outside the cluster",
            Self::Service => "Service",
            Self::Node => "node",
            Self::Domain => "domain name",
            Self::Policy => "policy",
            Self::Selector => "pods by label",
        }
    }
}

impl EdgeStyle {
    /// What a legend calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Undefined => "undefined",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Denied => "denied",
            Self::Passed => "passed on",
        }
    }

    /// The edge's label with the style's name behind it, for formats without a legend.
    pub(crate) fn describe(self, label: &str) -> String {
        match (self, label.is_empty()) {
            (Self::Allowed, _) => label.to_owned(),
            (_, true) => self.name().to_owned(),
            (_, false) => format!("{label} ({})", self.name()),
        }
    }
}
