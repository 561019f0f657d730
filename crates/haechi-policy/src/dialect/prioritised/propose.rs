//! Rules that Haechi proposes for cluster-wide policies with priorities.

use haechi_model::Profile;
use haechi_model::cluster::METADATA_NAME;
use haechi_model::labels::Selector;
use haechi_model::place::Location;
use haechi_model::port::PortSet;
use ipnet::IpNet;

use super::{PeerKind, PriorityPeer, PriorityRule, Wording};
use crate::dialect::upstream::Pods;
use crate::dialect::wording::{Yaml, selecting};
use crate::policy::{Action, Direction, Policy, Ports};
use crate::propose::{Proposal, ProposedPeer, ProposedRule};

impl Wording {
    /// A rule for a policy of this wording; `None` if it cannot say it, or holds as many rules as it may.
    pub(in crate::dialect) fn propose(
        &self,
        policy: &Policy,
        proposal: &Proposal,
        profile: Profile,
    ) -> Option<ProposedRule> {
        let present = policy.rules(proposal.direction).map_or(0, |rules| rules.rules.len());
        let action = self.actions.iter().find(|(_, action)| *action == proposal.action);
        let (word, _) = action.filter(|_| present < self.most_rules)?;
        let rule = PriorityRule {
            location: Location::default(),
            name: None,
            action: proposal.action,
            peers: proposal
                .peers
                .iter()
                .map(|p| peer(p, proposal))
                .collect::<Option<_>>()?,
            ports: ports(&proposal.ports)?,
        };
        let mut yaml = Yaml::default();
        yaml.entry(|yaml| {
            yaml.pair("action", word);
            let peers = match proposal.direction {
                Direction::Ingress => "from",
                Direction::Egress => "to",
            };
            yaml.nested(peers, |yaml| {
                proposal
                    .peers
                    .iter()
                    .for_each(|peer| yaml.entry(|yaml| write_peer(peer, yaml)));
            });
            if proposal.ports != PortSet::all() {
                yaml.nested(self.ports, |yaml| {
                    proposal
                        .ports
                        .ranges()
                        .for_each(|range| yaml.entry(|yaml| (self.write_port)(range, yaml)));
                });
            }
        });
        Some(ProposedRule {
            rule: rule.lower(profile),
            yaml: yaml.finish(),
        })
    }
}

fn ports(ports: &PortSet) -> Option<Ports> {
    if *ports == PortSet::all() {
        Some(Ports::any())
    } else {
        let sayable = !ports.is_empty() && ports.is_subset(&PortSet::with_ports());
        sayable.then(|| Ports::numbers(ports.clone()))
    }
}

fn peer(proposed: &ProposedPeer, proposal: &Proposal) -> Option<PriorityPeer> {
    let egress = proposal.direction == Direction::Egress;
    let kind = match proposed {
        ProposedPeer::Pods { namespace, labels } => {
            let namespaces = Selector::is(METADATA_NAME, namespace.clone());
            PeerKind::Pods(if labels.is_empty() {
                Pods::Namespaces(namespaces)
            } else {
                Pods::Pods(namespaces, selecting(labels))
            })
        }
        ProposedPeer::Address(address) if egress => PeerKind::Networks(vec![IpNet::from(*address)]),
        ProposedPeer::Domain(name) if egress && proposal.action == Action::Allow => {
            PeerKind::Domains(vec![name.clone()])
        }
        ProposedPeer::Address(_) | ProposedPeer::Domain(_) => return None,
    };
    Some(PriorityPeer {
        location: Location::default(),
        kind,
    })
}

fn write_peer(peer: &ProposedPeer, yaml: &mut Yaml) {
    match peer {
        ProposedPeer::Pods { namespace, labels } => {
            let namespaces = [(METADATA_NAME.into(), namespace.clone())].into_iter().collect();
            if labels.is_empty() {
                yaml.selector("namespaces", &namespaces);
            } else {
                yaml.nested("pods", |yaml| {
                    yaml.selector("namespaceSelector", &namespaces);
                    yaml.selector("podSelector", labels);
                });
            }
        }
        ProposedPeer::Address(address) => yaml.nested("networks", |yaml| yaml.cidr_item(IpNet::from(*address))),
        ProposedPeer::Domain(name) => yaml.nested("domainNames", |yaml| yaml.item(name)),
    }
}
