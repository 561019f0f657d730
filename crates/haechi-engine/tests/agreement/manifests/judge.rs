//! What the API says of a connection, field by field, and what each profile says where the API is silent.

use haechi_engine::{End, Reason, Reasons};
use haechi_model::Profile;
use haechi_model::cluster::{Cluster, Endpoint, Namespace};
use haechi_model::port::Protocol;
use haechi_policy::policy::Case;
use haechi_policy::{Action, CidrScope, Direction, Membership, NamedPort, Network, Ties};
use ipnet::IpNet;

use super::{
    Manifests, NetworkPeer, NetworkPolicy, NetworkPort, NetworkRule, NumberOrName, Pods, PolicyType, Prioritised,
    PriorityPeer, PriorityPort, PriorityRule, TierName,
};
use crate::naive::decide::{self, Asked, Step, Tied};
use crate::naive::ends::{Answer, Labelled, bears, in_networks, is_called, is_node};
use crate::naive::worlds::{World, in_every_world};
use crate::naive::{Judgement, Port, Verdicts, beside_own_node, subject};

/// What becomes of a connection between two distinct ends.
pub(crate) fn judge(
    cluster: &Cluster,
    manifests: &Manifests,
    profile: Profile,
    from: &End,
    to: &End,
    port: Port,
) -> Judgement {
    let judged = |direction, own, peer, met: &mut Reasons| {
        let in_world = |world| Connection {
            cluster,
            world,
            profile,
            direction,
            own,
            peer,
            destination: to,
            port,
        };
        let networks = || in_world(World::UNKNOWN).all_blocks(manifests);
        in_every_world(cluster, networks, peer, met, |world, met| {
            in_world(world).judge(manifests, met)
        })
    };
    beside_own_node(cluster, from, to, |met| {
        let egress = judged(Direction::Egress, from, to, met);
        // Rule 14: both ends must permit it.
        egress.both(judged(Direction::Ingress, to, from, met))
    })
}

struct Connection<'a> {
    cluster: &'a Cluster,
    world: World,
    profile: Profile,
    direction: Direction,
    own: &'a End,
    peer: &'a End,
    destination: &'a End,
    port: Port,
}

impl<'a> Connection<'a> {
    fn judge(&self, manifests: &Manifests, met: &mut Reasons) -> Verdicts {
        let Some(own) = subject(self.cluster, self.own) else {
            return Verdicts::ALLOW;
        };
        let of = |tier| {
            manifests
                .prioritised
                .iter()
                .filter(move |p| p.kind.tier() == tier)
                // Rule 26: the AWS agent reads only kinds of its own.
                .filter(|_| self.profile != Profile::Aws)
                .collect()
        };
        let tiers = vec![
            self.prioritised(own, of(TierName::Admin)),
            self.network_policies(own, &manifests.network),
            self.prioritised(own, of(TierName::Baseline)),
        ];
        for tier in &tiers {
            *met = met.union(tier.reasons());
        }
        decide::layer(tiers, met)
    }

    /// Rules 1 to 14: the union of what the policies that select the pod allow; shut if any does.
    fn network_policies(&self, own: &Endpoint, policies: &[NetworkPolicy]) -> Asked {
        let mut isolated = Answer::No;
        let mut steps = Vec::new();
        for policy in policies {
            let selects = policy.namespace == self.namespace(own).name
                && policy.pods.as_ref().is_none_or(|pods| pods.selects(&own.labels));
            if !selects || !policy.applies_to(self.direction) {
                continue;
            }
            isolated = Answer::Yes;
            steps.extend(policy.rules(self.direction).iter().map(|rule| Step {
                action: Action::Allow,
                applies: self.allows(policy, rule),
            }));
        }
        Asked {
            groups: vec![Tied {
                ties: Ties::Agree,
                policies: vec![steps],
            }],
            isolates: isolated,
        }
    }

    fn allows(&self, policy: &NetworkPolicy, rule: &NetworkRule) -> Answer {
        let peers = match rule.peers.as_deref() {
            // Rule 2.
            None | Some([]) => Answer::Yes,
            Some(peers) => {
                let blocks: Vec<Network> = peers.iter().filter_map(|peer| self.block(peer)).collect();
                peers.iter().fold(self.in_blocks(&blocks), |found, peer| {
                    found.or(self.is_peer(policy, peer))
                })
            }
        };
        let Port(protocol, _) = self.port;
        let ports = match rule.ports.as_deref() {
            // Rules 3 and 13.
            None | Some([]) if protocol.has_ports() => Answer::Yes,
            None | Some([]) => match self.profile {
                Profile::Kubernetes => Answer::maybe(Reason::Icmp),
                Profile::Calico | Profile::Cilium | Profile::Aws => Answer::Yes,
                Profile::Haechi => Answer::No,
            },
            Some(ports) => ports.iter().any(|port| self.is_port(port)).into(),
        };
        peers.and(ports)
    }

    fn is_peer(&self, policy: &NetworkPolicy, peer: &NetworkPeer) -> Answer {
        match peer {
            // A rule's blocks are asked together.
            NetworkPeer::Block(..) => Answer::No,
            NetworkPeer::Selectors { namespaces, pods } => {
                let Some(peer) = subject(self.cluster, self.peer) else {
                    return Answer::No;
                };
                let namespace = self.namespace(peer);
                // Rule 6.
                let there = match namespaces {
                    Some(namespaces) => namespaces.selects(&namespace.labels),
                    None => namespace.name == policy.namespace,
                };
                (there && pods.as_ref().is_none_or(|pods| pods.selects(&peer.labels))).into()
            }
        }
    }

    /// The block that a peer is.
    fn block(&self, peer: &NetworkPeer) -> Option<Network> {
        let NetworkPeer::Block(cidr, except) = peer else {
            return None;
        };
        // Rule 10.
        let scope = match self.profile {
            Profile::Kubernetes => CidrScope {
                pods: Membership::Unspecified,
                nodes: Membership::Matched,
            },
            Profile::Calico | Profile::Aws | Profile::Haechi => CidrScope::EVERYTHING,
            Profile::Cilium => CidrScope::OUTSIDE,
        };
        Some(Network {
            cidr: *cidr,
            except: except.clone(),
            scope,
        })
    }

    fn is_port(&self, port: &NetworkPort) -> bool {
        let Port(protocol, number) = self.port;
        let wanted = port.protocol.unwrap_or(Protocol::Tcp);
        match &port.port {
            NumberOrName::Absent => protocol == wanted,
            NumberOrName::Number(port) => protocol == wanted && number == *port,
            NumberOrName::Range(first, last) => protocol == wanted && (*first..=*last).contains(&number),
            NumberOrName::Named(name) => self.bears(name, Some(wanted)),
        }
    }

    /// Rules 20 to 22 and 24 to 27.
    fn prioritised(&self, own: &Endpoint, mut policies: Vec<&Prioritised>) -> Asked {
        // Rule 30 says which of equal ones Calico takes for the first.
        policies.sort_by_key(|p| (p.priority, format!("{}//{}", p.name, p.kind.name())));
        policies.retain(|p| self.are_pods(&p.subject, own));
        let ties = match self.profile {
            Profile::Kubernetes => Ties::Unspecified,
            Profile::Calico => Ties::ByName,
            Profile::Cilium => Ties::Interleaved,
            Profile::Aws => Ties::ActionFirst,
            Profile::Haechi => Ties::Strictest,
        };
        let steps = |policy: &&Prioritised| {
            policy
                .rules(self.direction)
                .iter()
                .map(|rule| self.step(rule))
                .collect()
        };
        let groups = policies.chunk_by(|a, b| a.priority == b.priority);
        Asked {
            groups: groups
                .map(|tied| Tied {
                    ties,
                    policies: tied.iter().map(steps).collect(),
                })
                .collect(),
            // Rule 21.
            isolates: Answer::No,
        }
    }

    fn step(&self, rule: &PriorityRule) -> Step {
        // Rule 25: an implementation that sees a peer without a field treats the rule as matching no traffic where it
        // accepts, and as denying all of it otherwise.
        if rule.peers.iter().any(|p| matches!(p, PriorityPeer::Empty)) {
            return match rule.action {
                Action::Allow => Step {
                    action: Action::Allow,
                    applies: Answer::No,
                },
                _ => Step {
                    action: Action::Deny,
                    applies: Answer::Yes,
                },
            };
        }
        let ports = rule
            .ports
            .as_ref()
            .is_none_or(|ports| ports.iter().any(|port| self.is_priority_port(port)));
        let blocks: Vec<Network> = rule.peers.iter().flat_map(|peer| self.networks(peer)).collect();
        let peers = rule.peers.iter().fold(self.in_blocks(&blocks), |found, peer| {
            found.or(self.is_priority_peer(peer))
        });
        Step {
            action: rule.action,
            applies: peers.and(ports.into()),
        }
    }

    fn is_priority_peer(&self, peer: &PriorityPeer) -> Answer {
        match peer {
            PriorityPeer::Pods(pods) => {
                let peer = subject(self.cluster, self.peer);
                peer.is_some_and(|peer| self.are_pods(pods, peer)).into()
            }
            PriorityPeer::Nodes(selector) => {
                let says_nothing = selector.labels.is_empty() && selector.expressions.is_empty();
                let labelled = if says_nothing { Labelled::Anyhow } else { Labelled::So };
                is_node(self.cluster, self.peer, labelled, |labels| selector.selects(labels))
            }
            // A rule's blocks are asked together.
            PriorityPeer::Networks(_) => Answer::No,
            PriorityPeer::Domains(names) => match self.peer {
                End::Domain(name) => names.iter().any(|pattern| is_called(name, pattern)).into(),
                End::Endpoint(_) | End::Address(_) => Answer::No,
            },
            PriorityPeer::Empty => Answer::No,
        }
    }

    fn is_priority_port(&self, port: &PriorityPort) -> bool {
        let Port(protocol, number) = self.port;
        match port {
            PriorityPort::All(wanted) => protocol == *wanted,
            PriorityPort::Number(wanted, port) => protocol == *wanted && number == *port,
            PriorityPort::Range(wanted, start, end) => protocol == *wanted && (*start..=*end).contains(&number),
            // Rule 26.
            PriorityPort::Named(name) => self.bears(name, None),
        }
    }

    fn are_pods(&self, pods: &Pods, endpoint: &Endpoint) -> bool {
        let namespace = &self.namespace(endpoint).labels;
        match pods {
            Pods::Namespaces(selector) => selector.selects(namespace),
            Pods::Pods { namespaces, pods } => namespaces.selects(namespace) && pods.selects(&endpoint.labels),
        }
    }

    fn namespace(&self, endpoint: &Endpoint) -> &'a Namespace {
        &self.cluster.namespaces[self.cluster.workloads[endpoint.workload].namespace]
    }

    /// The blocks that a peer is.
    fn networks(&self, peer: &PriorityPeer) -> Vec<Network> {
        let PriorityPeer::Networks(blocks) = peer else {
            return Vec::new();
        };
        // Rule 24.
        let scope = match self.profile {
            Profile::Cilium => CidrScope::OUTSIDE,
            Profile::Kubernetes | Profile::Calico | Profile::Aws | Profile::Haechi => CidrScope::EVERYTHING,
        };
        let network = |cidr: &IpNet| Network {
            cidr: *cidr,
            except: Vec::new(),
            scope,
        };
        blocks.iter().map(network).collect()
    }

    /// The blocks that rules of this direction speak of.
    fn all_blocks(&self, manifests: &Manifests) -> Vec<Network> {
        let network = manifests.network.iter().flat_map(|p| p.rules(self.direction));
        let blocks = network.flat_map(|rule| rule.peers.iter().flatten());
        let prioritised = manifests.prioritised.iter().flat_map(|p| p.rules(self.direction));
        let networks = prioritised.flat_map(|rule| &rule.peers);
        blocks
            .filter_map(|peer| self.block(peer))
            .chain(networks.flat_map(|peer| self.networks(peer)))
            .collect()
    }

    fn in_blocks(&self, blocks: &[Network]) -> Answer {
        if blocks.is_empty() {
            return Answer::No;
        }
        in_networks(self.cluster, self.world, &blocks.iter().collect::<Vec<_>>(), self.peer)
    }

    /// Rule 11.
    fn bears(&self, name: &haechi_model::Name, protocol: Option<Protocol>) -> bool {
        let named = NamedPort {
            name: name.clone(),
            protocol,
            case: Case::Sensitive,
        };
        bears(self.cluster, self.destination, &named, self.port)
    }
}

impl Prioritised {
    fn rules(&self, direction: Direction) -> &[PriorityRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

impl NetworkPolicy {
    fn rules(&self, direction: Direction) -> &[NetworkRule] {
        match direction {
            Direction::Ingress => self.ingress.as_deref().unwrap_or_default(),
            Direction::Egress => self.egress.as_deref().unwrap_or_default(),
        }
    }

    /// Rules 4 and 5.
    pub(crate) fn applies_to(&self, direction: Direction) -> bool {
        let (kind, implied) = match direction {
            Direction::Ingress => (PolicyType::Ingress, true),
            Direction::Egress => (PolicyType::Egress, self.egress.as_ref().is_some_and(|e| !e.is_empty())),
        };
        match self.types.as_deref() {
            None | Some([]) => implied,
            Some(types) => types.contains(&kind),
        }
    }
}
