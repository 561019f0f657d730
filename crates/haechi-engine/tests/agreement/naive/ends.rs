//! Whether a condition holds of one end of a connection.

use std::net::IpAddr;

use haechi_engine::{End, Reason, Reasons};
use haechi_model::cluster::{Cluster, Endpoint, PodNetwork};
use haechi_model::labels::{Labels, Selector};
use haechi_model::name::Name;
use haechi_policy::policy::Case;
use haechi_policy::{Match, Membership, NamedPort, NamespaceMatch, Network, Star, Term};

use super::Port;
use super::labels::selects;
use super::worlds::{World, places};

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does not.
    No,
    /// It hangs on this.
    Maybe(Reasons),
    /// It does.
    Yes,
}

impl Answer {
    pub(crate) fn maybe(reason: Reason) -> Self {
        Self::Maybe(reason.into())
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, rest) | (rest, Self::Yes) => rest,
            (Self::Maybe(a), Self::Maybe(b)) => Self::Maybe(a.union(b)),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Maybe(reasons) => Self::Maybe(reasons),
        }
    }

    pub(crate) fn reasons(self) -> Reasons {
        match self {
            Self::Maybe(reasons) => reasons,
            Self::No | Self::Yes => Reasons::NONE,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Whether one of `matches` holds.
///
/// Blocks of one list count together: a pod all of whose addresses lie in one or the other is matched.
pub(crate) fn any_of(cluster: &Cluster, world: World, matches: &[Match], end: &End) -> Answer {
    let mut found = Answer::No;
    let mut lists: Vec<Vec<&Network>> = Vec::new();
    for m in matches {
        match &m.terms[..] {
            [Term::Network(network)] => match lists.iter_mut().find(|l| l[0].scope == network.scope) {
                Some(list) => list.push(network),
                None => lists.push(vec![network]),
            },
            _ => found = found.or(holds(cluster, world, m, end)),
        }
    }
    lists
        .iter()
        .fold(found, |found, list| found.or(in_networks(cluster, world, list, end)))
}

/// Whether every term of a match holds.
pub(crate) fn holds(cluster: &Cluster, world: World, m: &Match, end: &End) -> Answer {
    m.terms
        .iter()
        .fold(Answer::Yes, |all, t| all.and(term(cluster, world, t, end)))
}

fn term(cluster: &Cluster, world: World, term: &Term, end: &End) -> Answer {
    let pod = || super::subject(cluster, end);
    match term {
        Term::Namespace(namespaces) => pod().is_some_and(|pod| in_namespace(cluster, pod, namespaces)).into(),
        Term::Pod(selector) => pod().is_some_and(|pod| selects(selector, &pod.labels)).into(),
        Term::ServiceAccount { names, labels } => {
            pod().is_some_and(|pod| has_account(cluster, pod, names, labels)).into()
        }
        Term::Node(selector) => {
            let labelled = if *selector == Selector::EVERYTHING {
                Labelled::Anyhow
            } else {
                Labelled::So
            };
            is_node(cluster, end, labelled, |labels| selects(selector, labels))
        }
        Term::Network(network) => in_networks(cluster, world, &[network], end),
        Term::Domain(patterns) => match end {
            End::Domain(name) => patterns
                .iter()
                .any(|p| match p.star {
                    Star::Labels => is_called(name, &p.text),
                    Star::InLabel => p.text == *name || !name.contains('*') && is_learnt_as(name, &p.text),
                })
                .into(),
            End::Endpoint(_) | End::Address(_) => Answer::No,
        },
        Term::SecurityGroup(_) | Term::Principal(_) => Answer::maybe(Reason::IdentityUnknown),
        Term::Not(inner) => self::term(cluster, world, inner, end).not(),
    }
}

fn in_namespace(cluster: &Cluster, pod: &Endpoint, namespaces: &NamespaceMatch) -> bool {
    let namespace = &cluster.namespaces[cluster.workloads[pod.workload].namespace];
    match namespaces {
        NamespaceMatch::Named(name) => namespace.name == *name,
        NamespaceMatch::Labelled(selector) => selects(selector, &namespace.labels),
    }
}

/// An account that no object declares has no labels.
fn has_account(cluster: &Cluster, pod: &Endpoint, names: &[Name], labels: &Selector) -> bool {
    let namespace = cluster.workloads[pod.workload].namespace;
    let declared = cluster
        .service_accounts
        .iter()
        .find(|a| a.namespace == namespace && a.name == pod.service_account);
    let its = declared.map_or_else(Labels::default, |a| a.labels.clone());
    (names.is_empty() || names.contains(&pod.service_account)) && selects(labels, &its)
}

/// Whether an end is a node, or a pod in its network, whose labels `selects`; `any` if they need not be known.
pub(crate) fn is_node(cluster: &Cluster, end: &End, any: Labelled, selects: impl Fn(&Labels) -> bool) -> Answer {
    match end {
        End::Endpoint(index) => {
            let endpoint = &cluster.endpoints[*index];
            let node = cluster.nodes.iter().find(|n| Some(&n.name) == endpoint.node.as_ref());
            match (endpoint.network, node, any) {
                (PodNetwork::Own, ..) => Answer::No,
                (PodNetwork::Host, Some(node), _) => selects(&node.labels).into(),
                (PodNetwork::Host, None, Labelled::Anyhow) => Answer::Yes,
                (PodNetwork::Host, None, Labelled::So) => Answer::maybe(Reason::NodeUnknown),
            }
        }
        End::Address(address) => {
            let mut nodes = cluster.nodes.iter().filter(|n| n.addresses.contains(address));
            nodes.any(|n| selects(&n.labels)).into()
        }
        End::Domain(_) => Answer::No,
    }
}

/// Whether a selector says anything of labels.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Labelled {
    /// It does not: whatever they are.
    Anyhow,
    /// It does.
    So,
}

/// `*.x` is every name below `x`, however far.
pub(crate) fn is_called(name: &str, pattern: &str) -> bool {
    if name == pattern {
        return true;
    }
    let Some(parent) = pattern.strip_prefix("*.") else {
        return false;
    };
    let mut rest = name;
    while let Some((_, tail)) = rest.split_once('.') {
        if tail == parent {
            return true;
        }
        rest = tail;
    }
    false
}

/// `*` is any run of characters but dots, alone any name, and `**.` in front one label or more.
fn is_learnt_as(name: &str, pattern: &str) -> bool {
    match pattern.strip_prefix("**.") {
        _ if pattern == "*" => true,
        Some(rest) => (0..name.len()).any(|i| name[i..].starts_with('.') && is_like(&name[i + 1..], rest)),
        None => is_like(name, pattern),
    }
}

fn is_like(name: &str, pattern: &str) -> bool {
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) if is_like(name, &pattern[1..]) => true,
        (Some('*'), Some(c)) => c != '.' && is_like(&name[1..], pattern),
        (Some(p), Some(c)) => p == c && is_like(&name[1..], &pattern[1..]),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Whether an end lies in one of some blocks, all of one scope.
pub(crate) fn in_networks(cluster: &Cluster, world: World, networks: &[&Network], end: &End) -> Answer {
    let scope = networks[0].scope;
    let membership = match end {
        End::Endpoint(index) => match cluster.endpoints[*index].network {
            PodNetwork::Own => scope.pods,
            PodNetwork::Host => scope.nodes,
        },
        End::Address(address) if cluster.nodes.iter().any(|n| n.addresses.contains(address)) => scope.nodes,
        End::Address(_) | End::Domain(_) => Membership::Matched,
    };
    let matched = match (membership, world.blocks) {
        (Membership::Matched, _) | (Membership::Unspecified, Some(true)) => Answer::Yes,
        (Membership::Unmatched, _) | (Membership::Unspecified, Some(false)) => Answer::No,
        (Membership::Unspecified, None) => Answer::maybe(Reason::BlockHoldsPod),
    };
    matched.and(inside(cluster, world, networks, end))
}

fn inside(cluster: &Cluster, world: World, networks: &[&Network], end: &End) -> Answer {
    let (addresses, reason) = match end {
        End::Address(address) => return is_inside(*address, networks).into(),
        End::Domain(_) => (Vec::new(), Reason::NameUnresolved),
        End::Endpoint(index) => {
            let addresses = addresses(cluster, &cluster.endpoints[*index]);
            let shown = !addresses.is_empty();
            let reason = if shown {
                Reason::FamiliesDiffer
            } else {
                Reason::AddressUnknown
            };
            (addresses, reason)
        }
    };
    let addresses = match world.address {
        _ if !addresses.is_empty() => addresses,
        Some(address) => vec![address],
        None => places(cluster, networks, end),
    };
    let inside = addresses.iter().filter(|a| is_inside(**a, networks)).count();
    match inside {
        0 => Answer::No,
        n if n == addresses.len() => Answer::Yes,
        _ => Answer::maybe(reason),
    }
}

fn is_inside(address: IpAddr, networks: &[&Network]) -> bool {
    networks
        .iter()
        .any(|n| n.cidr.contains(&address) && !n.except.iter().any(|e| e.contains(&address)))
}

/// A pod's own addresses; in its node's network, else its node's.
pub(crate) fn addresses(cluster: &Cluster, endpoint: &Endpoint) -> Vec<IpAddr> {
    if endpoint.network == PodNetwork::Own || !endpoint.addresses.is_empty() {
        return endpoint.addresses.clone();
    }
    let node = cluster.nodes.iter().find(|n| Some(&n.name) == endpoint.node.as_ref());
    node.map(|n| n.addresses.clone()).unwrap_or_default()
}

/// Whether `end` has a container port of such a name there (rule 11).
pub(crate) fn bears(cluster: &Cluster, end: &End, named: &NamedPort, port: Port) -> bool {
    let Some(pod) = super::subject(cluster, end) else {
        return false;
    };
    let Port(protocol, number) = port;
    pod.ports.iter().any(|declared| {
        let called = declared.name.as_ref().is_some_and(|name| match named.case {
            Case::Sensitive => name.as_str() == named.name.as_str(),
            Case::Insensitive => name.to_lowercase() == named.name.to_lowercase(),
        });
        called
            && declared.protocol == protocol
            && declared.port == number
            && named.protocol.is_none_or(|p| p == declared.protocol)
    })
}
