//! What nobody shows of a peer, and every way in which it may be.
//!
//! Where a peer is, and whether blocks match the cluster's own ends, is one and the same for all rules that ask: what
//! is possible is what is possible in one of these worlds.

use std::net::IpAddr;

use haechi_engine::{End, Reasons};
use haechi_model::AddressRange;
use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_policy::{Membership, Network};

use super::Verdicts;
use super::ends::addresses;

/// What is taken for known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct World {
    /// Where the peer is whose address nobody shows.
    pub(crate) address: Option<IpAddr>,
    /// Whether blocks match the cluster's own ends where their scope does not say.
    pub(crate) blocks: Option<bool>,
}

impl World {
    /// Nothing is known: whatever a rule hangs on is in doubt for this rule by itself.
    pub(crate) const UNKNOWN: Self = Self {
        address: None,
        blocks: None,
    };

    /// Every world of rules that speak of these blocks.
    fn all(cluster: &Cluster, networks: &[&Network], peer: &End) -> Vec<Self> {
        let mut places: Vec<Option<IpAddr>> = places(cluster, networks, peer).into_iter().map(Some).collect();
        if places.is_empty() {
            places.push(None);
        }
        let unspecified = |n: &&Network| [n.scope.pods, n.scope.nodes].contains(&Membership::Unspecified);
        let blocks = if networks.iter().any(unspecified) {
            &[Some(true), Some(false)][..]
        } else {
            &[None]
        };
        let worlds = |address| blocks.iter().map(move |&blocks| Self { address, blocks });
        places.into_iter().flat_map(worlds).collect()
    }
}

/// What may become of a connection at the end that has `peer`, judged by rules that speak of these blocks.
pub(crate) fn in_every_world(
    cluster: &Cluster,
    networks: impl FnOnce() -> Vec<Network>,
    peer: &End,
    met: &mut Reasons,
    judged: impl Fn(World, &mut Reasons) -> Verdicts,
) -> Verdicts {
    // What is impossible here is so in every world: there, less is in doubt.
    let apart = judged(World::UNKNOWN, met);
    if apart != Verdicts::EITHER {
        return apart;
    }
    let networks = networks();
    World::all(cluster, &networks.iter().collect::<Vec<_>>(), peer)
        .into_iter()
        .map(|world| judged(world, met))
        .reduce(Verdicts::or)
        .expect("there is a world")
}

/// Addresses where an end may be whose address nobody shows, for each way in which it may lie to some blocks; none if
/// its address is known.
///
/// Between two bounds of blocks, all addresses fare alike, so that it is enough to be where something begins or has
/// just ended.
pub(crate) fn places(cluster: &Cluster, networks: &[&Network], end: &End) -> Vec<IpAddr> {
    let ranges = unknown_ranges(cluster, end);
    let blocks = networks.iter().flat_map(|n| n.except.iter().chain([&n.cidr]));
    let bounds = blocks
        .flat_map(|block| [Some(block.network()), after(block.broadcast())])
        .flatten()
        .filter(|bound| ranges.iter().any(|range| range.contains(*bound)));
    let mut places: Vec<IpAddr> = ranges.iter().map(|range| range.first()).chain(bounds).collect();
    places.sort();
    places.dedup();
    places
}

fn unknown_ranges(cluster: &Cluster, end: &End) -> Vec<AddressRange> {
    match end {
        End::Domain(_) => vec![AddressRange::ALL_V4, AddressRange::ALL_V6],
        End::Address(_) => Vec::new(),
        End::Endpoint(index) => {
            let endpoint = &cluster.endpoints[*index];
            match endpoint.network {
                _ if !addresses(cluster, endpoint).is_empty() => Vec::new(),
                PodNetwork::Own => cluster.unknown_pod_ranges(),
                PodNetwork::Host => cluster.private_ranges(),
            }
        }
    }
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(a) => u32::from(a).checked_add(1).map(|n| std::net::Ipv4Addr::from(n).into()),
        IpAddr::V6(a) => u128::from(a).checked_add(1).map(|n| std::net::Ipv6Addr::from(n).into()),
    }
}
