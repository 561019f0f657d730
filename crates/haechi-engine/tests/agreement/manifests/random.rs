//! Random policy objects that the API server would take.

use haechi_model::name::Name;
use haechi_model::port::Protocol;
use haechi_policy::{Action, Direction};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{
    Kind, LabelSelector, Manifests, NetworkPeer, NetworkPolicy, NetworkPort, NetworkRule, NumberOrName, Operator, Pods,
    PolicyType, Prioritised, PriorityPeer, PriorityPort, PriorityRule, Requirement, Scene, TierName,
};
use crate::strategy::clusters::cluster;
use crate::strategy::{DOMAINS, LABELS, NAMESPACES, PORT_NAMES, PORTS, block, block_without, ported};

/// A cluster with up to five NetworkPolicies and five policies with priorities.
pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    (cluster(), manifests()).prop_map(|(cluster, manifests)| Scene { cluster, manifests })
}

fn manifests() -> impl Strategy<Value = Manifests> {
    (
        vec(network_policy(), 0..6),
        vec(prioritised(), 0..6),
        option::weighted(0.3, baseline()),
    )
        .prop_map(|(mut network, mut prioritised, baseline)| {
            for (i, policy) in network.iter_mut().enumerate() {
                policy.name = format!("policy-{i}").into();
            }
            for (i, policy) in prioritised.iter_mut().enumerate() {
                policy.name = format!("{}-{i}", policy.name).into();
            }
            prioritised.extend(baseline);
            Manifests { network, prioritised }
        })
}

fn network_policy() -> impl Strategy<Value = NetworkPolicy> {
    let types = select(vec![
        None,
        Some(Vec::new()),
        Some(vec![PolicyType::Ingress]),
        Some(vec![PolicyType::Egress]),
        Some(vec![PolicyType::Ingress, PolicyType::Egress]),
    ]);
    let rules = || option::weighted(0.7, vec(network_rule(), 0..3));
    (
        select(&NAMESPACES[..]),
        option::weighted(0.9, label_selector()),
        types,
        rules(),
        rules(),
    )
        .prop_map(|(namespace, pods, types, ingress, egress)| NetworkPolicy {
            namespace: namespace.into(),
            name: Name::default(),
            pods,
            types,
            ingress,
            egress,
        })
}

pub(crate) fn network_rule() -> impl Strategy<Value = NetworkRule> {
    let port = (option::of(ported()), number_or_name()).prop_map(|(protocol, port)| NetworkPort { protocol, port });
    (
        option::weighted(0.9, vec(network_peer(), 0..3)),
        option::weighted(0.7, vec(port, 0..3)),
    )
        .prop_map(|(peers, ports)| NetworkRule { peers, ports })
}

fn network_peer() -> impl Strategy<Value = NetworkPeer> {
    let pods = || label_selector().prop_map(Some);
    let namespaces = || namespace_selector().prop_map(Some);
    let selectors = prop_oneof![(Just(None), pods()), (namespaces(), Just(None)), (namespaces(), pods()),];
    prop_oneof![
        2 => block_without().prop_map(|(cidr, except)| NetworkPeer::Block(cidr, except)),
        3 => selectors.prop_map(|(namespaces, pods)| NetworkPeer::Selectors { namespaces, pods }),
    ]
}

fn number_or_name() -> impl Strategy<Value = NumberOrName> {
    prop_oneof![
        1 => Just(NumberOrName::Absent),
        4 => select(&PORTS[..]).prop_map(NumberOrName::Number),
        2 => range().prop_map(|(first, last)| NumberOrName::Range(first, last)),
        3 => select(&PORT_NAMES[..]).prop_map(|name| NumberOrName::Named(name.into())),
    ]
}

fn range() -> impl Strategy<Value = (u16, u16)> {
    subsequence(&PORTS[..], 2).prop_map(|ends| (ends[0], ends[1]))
}

fn label_selector() -> impl Strategy<Value = LabelSelector> {
    let pair = select(&LABELS[..])
        .prop_flat_map(|(key, values)| select(values).prop_map(move |value| (Name::from(key), Name::from(value))));
    let requirement = select(&LABELS[..]).prop_flat_map(|(key, values)| {
        let operator = select(vec![
            Operator::In,
            Operator::NotIn,
            Operator::Exists,
            Operator::DoesNotExist,
        ]);
        (operator, subsequence(values, 1..=values.len())).prop_map(move |(operator, values)| Requirement {
            key: key.into(),
            operator,
            values: match operator {
                Operator::In | Operator::NotIn => values.into_iter().map(Name::from).collect(),
                Operator::Exists | Operator::DoesNotExist => Vec::new(),
            },
        })
    });
    let some = (vec(pair, 0..2), vec(requirement, 0..2));
    prop_oneof![
        1 => Just(LabelSelector::default()),
        2 => some.prop_map(|(labels, expressions)| LabelSelector { labels, expressions }),
    ]
}

/// Selectors of namespaces, by their names, too.
fn namespace_selector() -> impl Strategy<Value = LabelSelector> {
    let by_name = select(&NAMESPACES[..]).prop_map(|name| LabelSelector {
        labels: vec![(haechi_model::cluster::METADATA_NAME.into(), name.into())],
        expressions: Vec::new(),
    });
    prop_oneof![3 => label_selector(), 1 => by_name]
}

fn prioritised() -> impl Strategy<Value = Prioritised> {
    let kind = select(vec![
        Kind::Admin,
        Kind::Admin,
        Kind::Cluster(TierName::Admin),
        Kind::Cluster(TierName::Baseline),
    ]);
    (kind, select(&["a", "b"][..]), select(&[0, 7][..]))
        .prop_flat_map(|(kind, name, priority)| policy_of(kind, name, priority))
}

/// The one BaselineAdminNetworkPolicy that there can be.
fn baseline() -> impl Strategy<Value = Prioritised> {
    policy_of(Kind::Baseline, "default", 0)
}

fn policy_of(kind: Kind, name: &'static str, priority: u16) -> impl Strategy<Value = Prioritised> {
    let rules = move |direction| vec(priority_rule(kind, direction), 0..4);
    (pods(), rules(Direction::Ingress), rules(Direction::Egress)).prop_map(move |(subject, ingress, egress)| {
        Prioritised {
            kind,
            name: name.into(),
            priority,
            subject,
            ingress,
            egress,
        }
    })
}

fn pods() -> impl Strategy<Value = Pods> {
    prop_oneof![
        namespace_selector().prop_map(Pods::Namespaces),
        (namespace_selector(), label_selector()).prop_map(|(namespaces, pods)| Pods::Pods { namespaces, pods }),
    ]
}

fn priority_rule(kind: Kind, direction: Direction) -> impl Strategy<Value = PriorityRule> {
    let actions = if kind == Kind::Baseline {
        vec![Action::Allow, Action::Deny]
    } else {
        vec![Action::Allow, Action::Deny, Action::Pass]
    };
    (
        select(actions),
        vec(priority_peer(direction), 1..3),
        option::weighted(0.6, vec(priority_port(kind), 1..3)),
    )
        .prop_map(|(action, mut peers, mut ports)| {
            // Rule 27: domain names are only accepted, and only pods name ports.
            if action != Action::Allow {
                for peer in &mut peers {
                    if let PriorityPeer::Domains(_) = peer {
                        *peer = PriorityPeer::Empty;
                    }
                }
            }
            let are_pods = peers
                .iter()
                .all(|p| matches!(p, PriorityPeer::Pods(_) | PriorityPeer::Empty));
            for port in ports.iter_mut().flatten().filter(|_| !are_pods) {
                if let PriorityPort::Named(_) = port {
                    *port = PriorityPort::Number(Protocol::Tcp, 80);
                }
            }
            PriorityRule { action, peers, ports }
        })
}

fn priority_peer(direction: Direction) -> impl Strategy<Value = PriorityPeer> {
    let pods = || pods().prop_map(PriorityPeer::Pods);
    match direction {
        Direction::Ingress => prop_oneof![12 => pods(), 1 => Just(PriorityPeer::Empty)].boxed(),
        Direction::Egress => prop_oneof![
            6 => pods(),
            2 => label_selector().prop_map(PriorityPeer::Nodes),
            4 => vec(block(), 1..3).prop_map(PriorityPeer::Networks),
            2 => vec(select(&DOMAINS[..]).prop_map(Name::from), 1..3).prop_map(PriorityPeer::Domains),
            1 => Just(PriorityPeer::Empty),
        ]
        .boxed(),
    }
}

fn priority_port(kind: Kind) -> impl Strategy<Value = PriorityPort> {
    let numbered = prop_oneof![
        3 => (ported(), select(&PORTS[..])).prop_map(|(protocol, port)| PriorityPort::Number(protocol, port)),
        2 => (ported(), range()).prop_map(|(protocol, (start, end))| PriorityPort::Range(protocol, start, end)),
        2 => select(&PORT_NAMES[..]).prop_map(|name| PriorityPort::Named(name.into())),
    ];
    match kind {
        Kind::Cluster(_) => prop_oneof![1 => ported().prop_map(PriorityPort::All), 6 => numbered].boxed(),
        Kind::Admin | Kind::Baseline => numbered.boxed(),
    }
}
