//! A second reading of the specification: one pair and one port at a time, by plain loops.
//!
//! It shares the data types with the engine and nothing else, labels and ports included, so that the two can only
//! agree where both read the specification alike. It is slow, and says everything that may become of a connection
//! before it says what does.

use haechi_engine::{End, Reason, Reasons, Verdict};
use haechi_model::cluster::{Cluster, Endpoint, PodNetwork};
use haechi_model::name::Name;
use haechi_model::port::Protocol;
use haechi_policy::{Direction, Isolation, Layer, Match, Mode, Network, Peers, PolicyId, PolicySet, Rule, Term, Tier};

#[path = "naive/decide.rs"]
pub(crate) mod decide;
#[path = "naive/ends.rs"]
pub(crate) mod ends;
#[path = "naive/labels.rs"]
pub(crate) mod labels;
#[path = "naive/worlds.rs"]
pub(crate) mod worlds;

use decide::{Asked, Step, Tied};
use ends::{Answer, any_of, holds};
use worlds::{World, in_every_world};

/// What becomes of a connection, and whatever it may have hung on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement {
    /// What becomes of it.
    pub(crate) verdict: Verdict,
    /// The reasons of everything uncertain that was met: more than those of an undefined verdict, never fewer.
    pub(crate) met: Reasons,
}

/// The destination's port that a connection is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port(pub(crate) Protocol, pub(crate) u16);

/// What becomes of a connection between two ends; two that are one template are two pods of it.
pub(crate) fn judge(cluster: &Cluster, policies: &PolicySet, from: &End, to: &End, port: Port) -> Judgement {
    judge_as(Reading::WorldByWorld, cluster, policies, from, to, port)
}

/// The same where every rule in doubt is so by itself, whatever others hang on the same.
pub(crate) fn judge_apart(cluster: &Cluster, policies: &PolicySet, from: &End, to: &End, port: Port) -> Judgement {
    judge_as(Reading::Apart, cluster, policies, from, to, port)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    WorldByWorld,
    Apart,
}

fn judge_as(reading: Reading, cluster: &Cluster, policies: &PolicySet, from: &End, to: &End, port: Port) -> Judgement {
    beside_own_node(cluster, from, to, |met| {
        let mut verdicts = Verdicts::ALLOW;
        for (direction, own, peer) in [(Direction::Egress, from, to), (Direction::Ingress, to, from)] {
            if subject(cluster, own).is_none() {
                continue;
            }
            let judged = |world, met: &mut Reasons| {
                let connection = Connection {
                    cluster,
                    world,
                    direction,
                    own,
                    peer,
                    port,
                };
                connection.judge(policies, met)
            };
            verdicts = verdicts.both(match reading {
                Reading::WorldByWorld => in_every_world(cluster, || networks(policies, direction), peer, met, judged),
                Reading::Apart => judged(World::UNKNOWN, met),
            });
        }
        verdicts
    })
}

/// The blocks that rules of a direction speak of.
fn networks(policies: &PolicySet, direction: Direction) -> Vec<Network> {
    fn within(term: &Term) -> Option<&Network> {
        match term {
            Term::Network(network) => Some(network),
            Term::Not(inner) => within(inner),
            _ => None,
        }
    }
    let rules = policies
        .policies()
        .filter_map(|p| p.rules(direction))
        .flat_map(|r| &r.rules);
    let peers = rules.flat_map(|rule| rule_peers(rule).unwrap_or_default());
    peers.flat_map(|m| &m.terms).filter_map(within).cloned().collect()
}

/// What a rule's peers are one of; `None` if they are any.
pub(crate) fn rule_peers(rule: &Rule) -> Option<&[Match]> {
    match &rule.peers {
        Peers::Any => None,
        Peers::Of(matches) => Some(matches),
    }
}

/// Rule 17: a pod always reaches itself, and a pod and its own node each other; everything else is as `judged` says.
pub(crate) fn beside_own_node(
    cluster: &Cluster,
    from: &End,
    to: &End,
    judged: impl FnOnce(&mut Reasons) -> Verdicts,
) -> Judgement {
    let mut met = Reasons::NONE;
    let is_pod = |end: &End| matches!(end, End::Endpoint(index) if cluster.endpoints[*index].pod.is_some());
    if from == to && is_pod(from) {
        let verdict = Verdict::Allow;
        return Judgement { verdict, met };
    }
    let verdict = match own_node(cluster, from, to) {
        OwnNode::Yes => Verdict::Allow,
        OwnNode::No => judged(&mut met).verdict(),
        OwnNode::Unknown => {
            met = met.union(Reason::NodeUnknown.into());
            match judged(&mut met).verdict() {
                Verdict::Allow => Verdict::Allow,
                Verdict::Deny | Verdict::Undefined => Verdict::Undefined,
            }
        }
    };
    Judgement { verdict, met }
}

/// The verdicts that a connection may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdicts {
    pub(crate) allow: bool,
    pub(crate) deny: bool,
}

impl Verdicts {
    pub(crate) const ALLOW: Self = Self {
        allow: true,
        deny: false,
    };
    pub(crate) const EITHER: Self = Self {
        allow: true,
        deny: true,
    };

    /// Whatever one or the other may be.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            allow: self.allow || other.allow,
            deny: self.deny || other.deny,
        }
    }

    /// Where both must allow.
    pub(crate) fn both(self, other: Self) -> Self {
        Self {
            allow: self.allow && other.allow,
            deny: self.deny || other.deny,
        }
    }

    fn verdict(self) -> Verdict {
        match (self.allow, self.deny) {
            (true, false) => Verdict::Allow,
            (false, true) => Verdict::Deny,
            (true, true) => Verdict::Undefined,
            (false, false) => unreachable!("something always becomes of a connection"),
        }
    }
}

enum OwnNode {
    Yes,
    No,
    Unknown,
}

fn own_node(cluster: &Cluster, from: &End, to: &End) -> OwnNode {
    let (pod, other) = match (subject(cluster, from), subject(cluster, to)) {
        (Some(pod), None) => (pod, to),
        (None, Some(pod)) => (pod, from),
        _ => return OwnNode::No,
    };
    match other {
        End::Endpoint(host) => match (&pod.node, &cluster.endpoints[*host].node) {
            (Some(a), Some(b)) if a == b => OwnNode::Yes,
            (Some(_), Some(_)) => OwnNode::No,
            _ => OwnNode::Unknown,
        },
        End::Address(address) => {
            let its = |name: &Name| {
                cluster
                    .nodes
                    .iter()
                    .any(|n| n.name == *name && n.addresses.contains(address))
            };
            if pod.node.as_ref().is_some_and(its) {
                OwnNode::Yes
            } else {
                OwnNode::No
            }
        }
        End::Domain(_) => OwnNode::No,
    }
}

/// The endpoint whose policies count; a pod in its node's network is none (rule 15).
pub(crate) fn subject<'c>(cluster: &'c Cluster, end: &End) -> Option<&'c Endpoint> {
    let End::Endpoint(index) = end else { return None };
    let endpoint = &cluster.endpoints[*index];
    (endpoint.network == PodNetwork::Own).then_some(endpoint)
}

/// A connection as the end sees it that is judged.
struct Connection<'a> {
    cluster: &'a Cluster,
    /// What is known of the peer. The doubts about `own` end are left to each rule.
    world: World,
    direction: Direction,
    own: &'a End,
    peer: &'a End,
    port: Port,
}

impl Connection<'_> {
    /// What the policies that select its own end say of it.
    fn judge(&self, policies: &PolicySet, met: &mut Reasons) -> Verdicts {
        let mut verdicts = Verdicts::ALLOW;
        for layer in [
            Layer::NetworkPolicy,
            Layer::SecurityGroups,
            Layer::NetworkAcl,
            Layer::Mesh,
        ] {
            let mut tiers: Vec<&Tier> = policies.tiers.iter().filter(|t| t.layer == layer).collect();
            tiers.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
            let tiers = tiers.into_iter().map(|tier| self.ask(tier, met)).collect();
            verdicts = verdicts.both(decide::layer(tiers, met));
        }
        verdicts
    }

    /// Asks each policy of a tier, in the order that the tier says.
    fn ask(&self, tier: &Tier, met: &mut Reasons) -> Asked {
        let mut asked = Asked {
            groups: Vec::new(),
            isolates: Answer::No,
        };
        let mut policies: Vec<_> = tier.policies.iter().collect();
        policies.sort_by_key(|p| (p.order, by_name(&p.id)));
        for group in policies.chunk_by(|a, b| a.order == b.order) {
            let mut tied = Vec::new();
            for policy in group {
                let Some(rules) = policy.rules(self.direction) else {
                    continue;
                };
                let selected = any_of(self.cluster, World::UNKNOWN, &policy.subjects, self.own);
                if policy.mode == Mode::Staged || selected == Answer::No {
                    continue;
                }
                if rules.isolation == Isolation::Isolates {
                    asked.isolates = asked.isolates.or(selected);
                }
                tied.push(
                    rules
                        .rules
                        .iter()
                        .map(|rule| Step {
                            action: rule.action,
                            applies: selected.and(self.applies(rule)),
                        })
                        .collect(),
                );
            }
            asked.groups.push(Tied {
                ties: tier.ties,
                policies: tied,
            });
        }
        *met = met.union(asked.reasons());
        asked
    }

    /// Whether a rule speaks of the connection.
    fn applies(&self, rule: &Rule) -> Answer {
        let ports = self.ports(rule);
        if ports == Answer::No {
            return Answer::No;
        }
        let peers = rule_peers(rule).map_or(Answer::Yes, |matches| {
            any_of(self.cluster, self.world, matches, self.peer)
        });
        let local = rule
            .local
            .as_ref()
            .map_or(Answer::Yes, |m| holds(self.cluster, World::UNKNOWN, m, self.own));
        let request = if rule.requests.is_empty() {
            Answer::Yes
        } else {
            Answer::maybe(Reason::RequestDecides)
        };
        ports.and(peers).and(local).and(request)
    }

    fn ports(&self, rule: &Rule) -> Answer {
        let destination = match self.direction {
            Direction::Ingress => self.own,
            Direction::Egress => self.peer,
        };
        let Port(protocol, number) = self.port;
        let bears = |named: &haechi_policy::NamedPort| ends::bears(self.cluster, destination, named, self.port);
        if rule.ports.except.iter().any(bears) {
            Answer::No
        } else if rule.ports.numbers.contains(protocol, number) || rule.ports.named.iter().any(bears) {
            Answer::Yes
        } else if rule.ports.unspecified.contains(protocol, number) {
            Answer::maybe(Reason::Icmp)
        } else {
            Answer::No
        }
    }
}

/// Rule 30, byte by byte.
fn by_name(id: &PolicyId) -> Vec<u8> {
    let namespace = id.namespace.as_ref().map_or("", |n| n.as_str());
    let parts = [id.name.as_bytes(), b"/", namespace.as_bytes(), b"/", id.kind.as_bytes()];
    parts.concat()
}
