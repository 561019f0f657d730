//! Where a pod whose address is not certain may be: at an address of its own, if it shows several, else anywhere in the
//! ranges that pods are in. It is somewhere, so what policies make of it is what they make of it at one of these.

use std::net::IpAddr;

use haechi_engine::End;
use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_policy::{Match, Network, Peers, PolicySet, Term};
use ipnet::IpNet;

use super::Verdicts;
use super::ends::{after, is_in_ranges};

/// What policies make of a connection with `peer`, wherever that is; `None` if its address is certain.
///
/// `judge` gets a cluster in which it shows where it is, and the end that it is there.
pub(crate) fn wherever(
    cluster: &Cluster,
    peer: &End,
    blocks: &[IpNet],
    mut judge: impl FnMut(&Cluster, &End) -> Verdicts,
) -> Option<Verdicts> {
    let End::Endpoint(index) = peer else { return None };
    let endpoint = &cluster.endpoints[*index];
    if endpoint.network == PodNetwork::Host {
        return None;
    }
    let places = match &*endpoint.addresses {
        [_] => return None,
        [] => unknown_places(cluster, blocks),
        shown => shown.to_vec(),
    };
    let mut all = Verdicts {
        allow: false,
        deny: false,
    };
    for place in places {
        // Another endpoint beside it: the two ends of a connection may be pods of one template.
        let mut there = cluster.clone();
        let mut pod = endpoint.clone();
        pod.addresses = vec![place];
        there.endpoints.push(pod);
        let verdicts = judge(&there, &End::Endpoint(there.endpoints.len() - 1));
        all.allow |= verdicts.allow;
        all.deny |= verdicts.deny;
    }
    Some(all)
}

/// Between two bounds of blocks all addresses fare alike, so that it is enough to try where something begins or ends.
fn unknown_places(cluster: &Cluster, blocks: &[IpNet]) -> Vec<IpAddr> {
    let ranges = cluster.unknown_pod_ranges();
    let bounds = blocks
        .iter()
        .flat_map(|block| [Some(block.network()), after(block.broadcast())]);
    let mut places: Vec<IpAddr> = ranges
        .iter()
        .map(|range| range.first())
        .chain(bounds.flatten())
        .filter(|address| is_in_ranges(*address, &ranges))
        .collect();
    places.sort();
    places.dedup();
    places
}

/// Every block that policies speak of.
pub(crate) fn blocks(policies: &PolicySet) -> Vec<IpNet> {
    let rules = policies
        .policies()
        .flat_map(|p| p.ingress.iter().chain(&p.egress))
        .flat_map(|r| &r.rules);
    let mut blocks = Vec::new();
    for rule in rules {
        if let Peers::Of(matches) = &rule.peers {
            matches
                .iter()
                .flat_map(|m: &Match| &m.terms)
                .for_each(|t| add(t, &mut blocks));
        }
    }
    blocks
}

fn add(term: &Term, blocks: &mut Vec<IpNet>) {
    match term {
        Term::Network(Network { cidr, except, .. }) => {
            blocks.push(*cidr);
            blocks.extend(except);
        }
        Term::Not(inner) => add(inner, blocks),
        _ => {}
    }
}
