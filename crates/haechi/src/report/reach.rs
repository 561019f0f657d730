//! `haechi reach -o json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::port::Protocol;
use super::{PortRange, SchemaVersion, Versioned};

/// Who may talk to whom, on which ports.
///
/// A pair that is not listed is denied. Connections between two address ranges are none of a cluster's business and
/// never listed; connections of a workload with itself, from one of its pods to another, are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach<'a, C = Vec<Connection<'a>>> {
    /// The version of this schema.
    pub schema_version: SchemaVersion<Reach<'static>>,
    /// The profile that the policies were read under: the data plane that enforces them.
    pub profile: &'a str,
    /// Everybody that connections speak of.
    pub peers: Vec<Peer>,
    /// What is allowed, and what hangs on the data plane, in the order of `peers`.
    #[schemars(with = "Vec<Connection<'a>>")]
    pub connections: C,
    /// What else each workload would accept or reach: pods that the sources do not name. With `--exposure` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Vec<Exposure>>,
}

impl Versioned for Reach<'static> {
    const VERSION: &'static str = "haechi.dev/reach/v1";
}

/// Someone who talks or is talked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// What connections call it: `namespace/Kind/name`; `first-last` for addresses; `fqdn:NAME` for a domain name.
    pub id: String,
    /// What it is.
    pub kind: PeerKind,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind of object that owns a workload's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_kind: Option<String>,
    /// How many pods a workload has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<u64>,
    /// The id of the workload that a pod belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// The node whose address it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Peer {
    /// One of whom nothing is known.
    #[must_use]
    pub const fn nobody() -> Self {
        Self {
            id: String::new(),
            kind: PeerKind::External,
            namespace: None,
            name: None,
            workload_kind: None,
            pods: None,
            workload: None,
            node: None,
        }
    }
}

/// What a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PeerKind {
    /// Pods with one owner.
    Workload,
    /// One pod.
    Pod,
    /// Addresses that no policy tells apart, outside of the cluster or a node's.
    External,
    /// What a domain name resolves to.
    Domain,
}

/// What holds for connections from one peer to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection<'a> {
    /// The id of who begins to talk.
    pub from: &'a str,
    /// The id of who is talked to.
    pub to: &'a str,
    /// Whether they may.
    pub verdict: Verdict,
    /// Why the verdict is undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The destination's ports that the verdict holds for, sorted by protocol and number.
    pub ports: Vec<PortRange>,
    /// Whether it holds for some of the peers' pods alone.
    #[serde(skip_serializing_if = "is_false")]
    pub some_pods: bool,
}

/// Whether a connection is let by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is.
    Allow,
    /// The data plane decides, and nobody said which one it is.
    Undefined,
}

/// What a peer would accept or reach that the sources do not name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// The id of the peer.
    pub peer: String,
    /// Whether it would be talked to, or talk.
    pub direction: Direction,
    /// Whether it may.
    pub verdict: Verdict,
    /// Why the verdict is undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whom it would talk to, or be talked to by: the statement holds for each such pod.
    pub pods: Strangers,
    /// The destination's ports.
    pub ports: Vec<PortRange>,
    /// Further ports of pods that call them so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub named_ports: Vec<NamedPorts>,
    /// Not these ports of pods that call them so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_named_ports: Vec<NamedPorts>,
    /// Whose policies have been asked.
    pub basis: Basis,
}

/// Which way a connection goes, as the peer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To the peer.
    Ingress,
    /// From the peer.
    Egress,
}

/// Pods that are not there, by what policies can see of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Strangers {
    /// In words.
    pub text: String,
    /// The names of their namespaces; any if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// The names that their namespaces do not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_namespaces: Vec<String>,
    /// The labels of their namespaces, as a selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_labels: Option<String>,
    /// Their own labels, as a selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
}

/// Ports of pods that give them a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedPorts {
    /// The protocol.
    pub protocol: Protocol,
    /// The name.
    pub name: String,
    /// The numbers that count.
    pub ports: Vec<PortRange>,
}

/// Whose policies a statement rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// Those of both ends: the connection is just what the statement says.
    BothEnds,
    /// The peer's own alone, as too many different pods would have policies of their own.
    OwnEnd,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}
