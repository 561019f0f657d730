//! What to ask: ends and ports on both sides of everything that policies and clusters tell apart.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use haechi_engine::{Compiled, End, Focus, compile_for};
use haechi_model::cluster::Cluster;
use haechi_model::name::Name;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::{Match, Network, Peers, PolicySet, Rule, Term};
use ipnet::IpNet;
use proptest::sample::Index;

use super::{BLOCKS, DOMAINS};
use crate::naive::Port;

/// The engine's answer, with everything in focus that is asked about: names that patterns cross at have to be.
pub(crate) fn compiled<'a>(cluster: &'a Cluster, policies: &'a PolicySet) -> Compiled<'a> {
    let focus = Focus {
        domains: DOMAINS.map(Name::from).to_vec(),
        ..Focus::default()
    };
    compile_for(cluster, policies, &focus)
}

/// Some of the pairs worth asking about: pods with pods, and as many times pods with what is none.
pub(crate) fn pairs(cluster: &Cluster, policies: &PolicySet, chosen: &[Index]) -> Vec<(End, End)> {
    let pods: Vec<End> = (0..cluster.endpoints.len()).map(End::Endpoint).collect();
    let addresses = addresses(cluster, policies).into_iter().map(End::Address);
    let domains = DOMAINS.into_iter().map(|d| End::Domain(Name::from(d)));
    let others: Vec<End> = addresses.chain(domains).collect();
    let pair = |(i, chosen): (usize, &Index)| {
        let number = chosen.index(usize::MAX);
        let pod = pods[number % pods.len()].clone();
        let rest = number / pods.len();
        match i % 4 {
            0 | 1 => (pod, pods[rest % pods.len()].clone()),
            2 => (pod, others[rest % others.len()].clone()),
            _ => (others[rest % others.len()].clone(), pod),
        }
    };
    chosen.iter().enumerate().map(pair).collect()
}

/// Ends that are no endpoints, whatever policies say: some of every kind.
pub(crate) fn fixed(cluster: &Cluster) -> Vec<End> {
    let own = cluster.nodes.iter().flat_map(|n| &n.addresses).copied();
    let blocks = BLOCKS.map(|block| block.parse::<IpNet>().expect("a block").addr());
    let addresses: BTreeSet<IpAddr> = own.chain(blocks).collect();
    let domains = DOMAINS.into_iter().map(|d| End::Domain(Name::from(d)));
    addresses.into_iter().map(End::Address).chain(domains).collect()
}

/// The cluster's own addresses, the first and last of each block, and their neighbours.
fn addresses(cluster: &Cluster, policies: &PolicySet) -> BTreeSet<IpAddr> {
    let mut addresses: BTreeSet<IpAddr> = cluster.nodes.iter().flat_map(|n| n.addresses.clone()).collect();
    addresses.extend(cluster.endpoints.iter().flat_map(|e| e.addresses.clone()));
    let mut add = |block: IpNet| {
        let (first, last) = (block.network(), block.broadcast());
        addresses.extend([first, last]);
        addresses.extend(neighbour(first, false));
        addresses.extend(neighbour(last, true));
    };
    for network in networks(policies) {
        add(network.cidr);
        network.except.iter().for_each(|e| add(*e));
    }
    addresses
}

fn neighbour(address: IpAddr, above: bool) -> Option<IpAddr> {
    match address {
        IpAddr::V4(a) => {
            let bits = u32::from(a);
            let next = if above {
                bits.checked_add(1)
            } else {
                bits.checked_sub(1)
            };
            next.map(|bits| Ipv4Addr::from(bits).into())
        }
        IpAddr::V6(a) => {
            let bits = u128::from(a);
            let next = if above {
                bits.checked_add(1)
            } else {
                bits.checked_sub(1)
            };
            next.map(|bits| Ipv6Addr::from(bits).into())
        }
    }
}

fn networks(policies: &PolicySet) -> Vec<&Network> {
    fn inside(term: &Term) -> Option<&Network> {
        match term {
            Term::Network(network) => Some(network),
            Term::Not(inner) => inside(inner),
            _ => None,
        }
    }
    let peers = rules(policies).flat_map(|r| match &r.peers {
        Peers::Any => &[],
        Peers::Of(matches) => matches.as_slice(),
    });
    let matches: Vec<&Match> = peers.chain(rules(policies).filter_map(|r| r.local.as_ref())).collect();
    matches.into_iter().flat_map(|m| &m.terms).filter_map(inside).collect()
}

fn rules(policies: &PolicySet) -> impl Iterator<Item = &Rule> {
    policies
        .policies()
        .flat_map(|p| p.ingress.iter().chain(&p.egress))
        .flat_map(|r| &r.rules)
}

/// Ports on both sides of every boundary: with one of them for each run, whatever agrees on all agrees everywhere.
pub(crate) fn ports<'s>(
    cluster: &Cluster,
    policies: &'s PolicySet,
    further: impl IntoIterator<Item = &'s PortSet>,
) -> BTreeSet<Port> {
    let mut ports = BTreeSet::new();
    let mut add = |protocol: Protocol, from: u16, to: u16| {
        let lowest = u16::from(protocol.has_ports());
        let around = [from.saturating_sub(1), from, to, to.saturating_add(1)];
        ports.extend(around.map(|port| Port(protocol, port.max(lowest))));
    };
    for protocol in Protocol::ALL {
        add(protocol, 0, u16::MAX);
    }
    for port in cluster.endpoints.iter().flat_map(|e| &*e.ports) {
        add(port.protocol, port.port, port.port);
    }
    let sets = rules(policies)
        .flat_map(|r| [&r.ports.numbers, &r.ports.unspecified])
        .chain(further);
    for run in sets.flat_map(PortSet::ranges) {
        add(run.protocol, run.from, run.to);
    }
    ports
}
