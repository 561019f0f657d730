//! NetworkPolicies that Haechi proposes.

use haechi_model::Profile;
use haechi_model::cluster::METADATA_NAME;
use haechi_model::labels::{Labels, Selector};
use haechi_model::name::Name;
use haechi_model::place::Location;
use haechi_model::port::{PortRange, PortSet};
use ipnet::IpNet;

use super::{KIND, NetworkPolicy, Peer, PeerKind, PolicyRule, Port};
use crate::dialect::upstream::NETWORK_POLICY_TIER;
use crate::dialect::wording::{Yaml, selecting};
use crate::policy::{Action, Direction, Policy, PolicyId};
use crate::propose::{Proposal, ProposedPeer, ProposedPolicy, ProposedRule, ProposedSubject};

/// A rule for a NetworkPolicy.
pub(super) fn rule(policy: &Policy, proposal: &Proposal, profile: Profile) -> Option<ProposedRule> {
    let own = policy.id.namespace.as_ref().filter(|_| policy.id.kind == KIND)?;
    let rule = typed(proposal, own)?.lower(own, profile);
    let mut yaml = Yaml::default();
    write_rule(proposal, own, &mut yaml);
    Some(ProposedRule {
        rule,
        yaml: yaml.finish(),
    })
}

/// A NetworkPolicy.
pub(super) fn policy(subject: &ProposedSubject, rules: &[Proposal], profile: Profile) -> Option<ProposedPolicy> {
    let own = &subject.namespace;
    let typed: Vec<PolicyRule> = rules.iter().map(|rule| typed(rule, own)).collect::<Option<_>>()?;
    let (ingress, egress) = match subject.direction {
        Direction::Ingress => (Some(typed), None),
        Direction::Egress => (None, Some(typed)),
    };
    let policy = NetworkPolicy {
        id: PolicyId {
            namespace: Some(own.clone()),
            kind: KIND.into(),
            name: subject.name.clone(),
        },
        location: Location::default(),
        pods: selecting(&subject.labels),
        pods_location: Location::default(),
        ingress,
        egress,
    };
    let mut yaml = Yaml::default();
    write_policy(subject, rules, &mut yaml);
    Some(ProposedPolicy {
        tier: NETWORK_POLICY_TIER.key(),
        policy: policy.lowered(profile),
        yaml: yaml.finish(),
    })
}

fn typed(proposal: &Proposal, own: &Name) -> Option<PolicyRule> {
    if proposal.action != Action::Allow || proposal.ports.is_empty() {
        return None;
    }
    let peers: Vec<Peer> = proposal.peers.iter().map(|p| peer(p, own)).collect::<Option<_>>()?;
    let ports = if is_every_port(&proposal.ports) {
        Vec::new()
    } else if proposal.ports.is_subset(&PortSet::with_ports()) {
        vec![Port::Numbers(proposal.ports.clone())]
    } else {
        return None;
    };
    Some(PolicyRule {
        location: Location::default(),
        peers,
        ports,
    })
}

fn peer(proposed: &ProposedPeer, own: &Name) -> Option<Peer> {
    let kind = match proposed {
        ProposedPeer::Pods { namespace, labels } => PeerKind::Pods {
            namespaces: (namespace != own).then(|| Selector::is(METADATA_NAME, namespace.clone())),
            pods: is_said(labels, namespace, own).then(|| selecting(labels)),
        },
        ProposedPeer::Address(address) => PeerKind::Block {
            cidr: IpNet::from(*address),
            except: Vec::new(),
        },
        ProposedPeer::Domain(_) => return None,
    };
    Some(Peer {
        location: Location::default(),
        kind,
    })
}

/// Whether a peer's podSelector is written: without one, namespaceSelector selects all pods.
fn is_said(labels: &Labels, namespace: &Name, own: &Name) -> bool {
    namespace == own || !labels.is_empty()
}

/// Whether ports are those of a rule without `ports`.
fn is_every_port(ports: &PortSet) -> bool {
    *ports == PortSet::all() || *ports == PortSet::with_ports()
}

fn write_policy(subject: &ProposedSubject, rules: &[Proposal], yaml: &mut Yaml) {
    yaml.pair("apiVersion", "networking.k8s.io/v1");
    yaml.pair("kind", KIND);
    yaml.nested("metadata", |yaml| {
        yaml.pair("name", &subject.name);
        yaml.pair("namespace", &subject.namespace);
    });
    yaml.nested("spec", |yaml| {
        yaml.selector("podSelector", &subject.labels);
        let (types, key) = match subject.direction {
            Direction::Ingress => ("[Ingress]", "ingress"),
            Direction::Egress => ("[Egress]", "egress"),
        };
        yaml.raw("policyTypes", types);
        if rules.is_empty() {
            yaml.raw(key, "[]");
        } else {
            yaml.nested(key, |yaml| {
                rules.iter().for_each(|rule| write_rule(rule, &subject.namespace, yaml));
            });
        }
    });
}

fn write_rule(proposal: &Proposal, own: &Name, yaml: &mut Yaml) {
    let peers = match proposal.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    yaml.entry(|yaml| {
        yaml.nested(peers, |yaml| {
            proposal
                .peers
                .iter()
                .for_each(|peer| yaml.entry(|yaml| write_peer(peer, own, yaml)));
        });
        if !is_every_port(&proposal.ports) {
            yaml.nested("ports", |yaml| {
                proposal.ports.ranges().for_each(|range| write_port(range, yaml));
            });
        }
    });
}

fn write_peer(peer: &ProposedPeer, own: &Name, yaml: &mut Yaml) {
    match peer {
        ProposedPeer::Pods { namespace, labels } => {
            if namespace != own {
                let name = [(METADATA_NAME.into(), namespace.clone())].into_iter().collect();
                yaml.selector("namespaceSelector", &name);
            }
            if is_said(labels, namespace, own) {
                yaml.selector("podSelector", labels);
            }
        }
        ProposedPeer::Address(address) => {
            yaml.nested("ipBlock", |yaml| yaml.cidr("cidr", IpNet::from(*address)));
        }
        ProposedPeer::Domain(_) => {}
    }
}

fn write_port(range: PortRange, yaml: &mut Yaml) {
    yaml.entry(|yaml| {
        yaml.pair("protocol", range.protocol.name());
        if !range.is_all() {
            yaml.raw("port", &range.from.to_string());
            if range.from != range.to {
                yaml.raw("endPort", &range.to.to_string());
            }
        }
    });
}
