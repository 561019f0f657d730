//! What shares a machine: a pod always reaches itself, and a pod and its own node each other (rule 17).

use std::net::IpAddr;

use haechi_model::cluster::{Cluster, Endpoint, PodNetwork};
use haechi_model::name::Name;
use haechi_model::port::PortSet;
use rustc_hash::FxHashMap;

use crate::end::End;
use crate::outcome::{Outcome, Reason};

/// How two ends lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locality {
    /// They are one pod.
    Itself,
    /// They are a pod and its own node.
    OwnNode,
    /// They may be a pod and its own node: no object says which node.
    MaybeOwnNode,
    /// They are neither.
    Elsewhere,
}

impl Locality {
    /// What it makes of an outcome that the policies alone give.
    #[must_use]
    pub fn applied(self, outcome: Outcome) -> Outcome {
        match self {
            Self::Itself | Self::OwnNode => Outcome::all(),
            Self::MaybeOwnNode if outcome.allow != PortSet::all() => Outcome {
                undefined: PortSet::all().difference(&outcome.allow),
                reasons: outcome.reasons.union(Reason::NodeUnknown.into()),
                allow: outcome.allow,
            },
            Self::MaybeOwnNode | Self::Elsewhere => outcome,
        }
    }
}

/// Which node has which address.
#[derive(Debug)]
pub(crate) struct Localities<'a> {
    cluster: &'a Cluster,
    nodes: FxHashMap<IpAddr, &'a Name>,
}

impl<'a> Localities<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        let nodes = cluster
            .nodes
            .iter()
            .flat_map(|n| n.addresses.iter().map(|a| (*a, &n.name)))
            .collect();
        Self { cluster, nodes }
    }

    /// How two ends lie to each other, whichever begins.
    pub(crate) fn between(&self, a: &End, b: &End) -> Locality {
        match (a, b) {
            // Two pods of one template are strangers.
            (End::Endpoint(a), End::Endpoint(b)) if a == b && self.cluster.endpoints[*a].pod.is_some() => {
                Locality::Itself
            }
            (End::Endpoint(a), End::Endpoint(b)) => {
                between_endpoints(&self.cluster.endpoints[*a], &self.cluster.endpoints[*b])
            }
            (End::Endpoint(e), End::Address(address)) | (End::Address(address), End::Endpoint(e)) => {
                self.between_address(&self.cluster.endpoints[*e], *address)
            }
            _ => Locality::Elsewhere,
        }
    }

    /// How a pod and an address lie to each other.
    pub(crate) fn between_address(&self, endpoint: &Endpoint, address: IpAddr) -> Locality {
        let own = endpoint.network == PodNetwork::Own && endpoint.node.is_some();
        if own && self.nodes.get(&address).copied() == endpoint.node.as_ref() {
            Locality::OwnNode
        } else {
            Locality::Elsewhere
        }
    }
}

/// How two pods lie to each other.
pub(crate) fn between_endpoints(a: &Endpoint, b: &Endpoint) -> Locality {
    if a.network == b.network {
        return Locality::Elsewhere;
    }
    match (&a.node, &b.node) {
        (Some(a), Some(b)) if a == b => Locality::OwnNode,
        (Some(_), Some(_)) => Locality::Elsewhere,
        _ => Locality::MaybeOwnNode,
    }
}
