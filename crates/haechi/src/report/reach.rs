//! `haechi reach -o json`.

use schemars::JsonSchema;
use serde::Serialize;

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
    /// Pods that no manifest names, by their namespace and labels.
    Selector,
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

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}
