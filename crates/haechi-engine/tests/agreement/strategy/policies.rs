//! Random policies in the representation, saying everything that it can say.

use std::collections::BTreeSet;

use haechi_model::name::Name;
use haechi_model::place::Location;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::policy::Case;
use haechi_policy::{
    Action, CidrScope, DomainPattern, HttpMatch, Isolation, Layer, Match, Membership, Mode, NamedPort, NamespaceMatch,
    Network, Order, Peers, Policy, PolicyId, PolicySet, Ports, Rule, Rules, Star, Term, TextMatch, Tier, Ties,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{DOMAINS, NAMESPACES, PORT_NAMES, PORTS, STARS, block_without, selector};

/// Up to three tiers of up to four policies, sorted as they are asked.
pub(crate) fn policies() -> impl Strategy<Value = PolicySet> {
    vec(tier(), 1..4).prop_map(|tiers| {
        let mut set = PolicySet::default();
        let mut known = BTreeSet::new();
        for (i, mut tier) in tiers.into_iter().enumerate() {
            tier.name = format!("tier-{i}").into();
            tier.policies.retain(|p| known.insert(p.id.clone()));
            for (j, policy) in tier.policies.iter_mut().enumerate() {
                place(policy, 10 * i + j);
            }
            if tier.ties == Ties::Agree {
                tier.policies.iter_mut().for_each(agree);
            }
            set.tiers.push(tier);
        }
        set.sort();
        set
    })
}

/// Gives a policy and its rules places that no others have.
fn place(policy: &mut Policy, number: usize) {
    let mut line = u32::try_from(number).unwrap_or(0) * 100;
    let mut place = || {
        line += 1;
        Location {
            line,
            column: 1,
            last_line: line,
            ..Location::default()
        }
    };
    policy.location = place();
    for rules in policy.ingress.iter_mut().chain(&mut policy.egress) {
        for rule in &mut rules.rules {
            rule.location = place();
        }
    }
}

/// Where ties agree, rules of one order all allow or all deny.
fn agree(policy: &mut Policy) {
    let action = if policy.order == Order::new(1.0) {
        Action::Deny
    } else {
        Action::Allow
    };
    for rules in policy.ingress.iter_mut().chain(&mut policy.egress) {
        for rule in rules.rules.iter_mut().filter(|r| r.action != Action::Log) {
            rule.action = action;
        }
    }
}

fn tier() -> impl Strategy<Value = Tier> {
    let layer = prop_oneof![
        6 => Just(Layer::NetworkPolicy),
        1 => Just(Layer::SecurityGroups),
        1 => Just(Layer::NetworkAcl),
        1 => Just(Layer::Mesh),
    ];
    let ties = select(vec![
        Ties::Agree,
        Ties::Unspecified,
        Ties::ByName,
        Ties::Interleaved,
        Ties::Strictest,
        Ties::ActionFirst,
    ]);
    (layer, order(), ties, vec(policy(), 0..5)).prop_map(|(layer, order, ties, policies)| Tier {
        layer,
        name: Name::default(),
        order,
        ties,
        policies,
    })
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![3 => Just(Order::new(1.0)), 2 => Just(Order::new(-2.5)), 1 => Just(Order::LAST)]
}

/// Policies without a name of their own.
pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let id = (
        option::of(select(&NAMESPACES[..])),
        select(&["NetworkPolicy", "AdminNetworkPolicy"][..]),
        select(&["p", "p-x", "q"][..]),
    )
        .prop_map(|(namespace, kind, name)| PolicyId {
            namespace: namespace.map(Name::from),
            kind: kind.into(),
            name: name.into(),
        });
    let mode = prop_oneof![9 => Just(Mode::Enforced), 1 => Just(Mode::Staged)];
    let subjects = vec(subject(), 1..3);
    (
        id,
        order(),
        mode,
        subjects,
        option::weighted(0.8, rules()),
        option::weighted(0.6, rules()),
    )
        .prop_map(|(id, order, mode, subjects, ingress, egress)| Policy {
            id,
            order,
            mode,
            subjects,
            ingress,
            egress,
            location: Location::default(),
        })
}

/// Subjects are pods, often all of them, so that policies meet; now and then they are uncertain.
fn subject() -> impl Strategy<Value = Match> {
    prop_oneof![
        3 => Just(Vec::new()),
        5 => vec(pod_term(), 1..3),
        1 => vec(term(), 1..3),
    ]
    .prop_map(one)
}

fn one(terms: Vec<Term>) -> Match {
    Match {
        terms,
        location: Location::default(),
    }
}

fn rules() -> impl Strategy<Value = Rules> {
    let isolation = select(vec![Isolation::Isolates, Isolation::Leaves]);
    (isolation, vec(rule(), 0..4)).prop_map(|(isolation, rules)| Rules { isolation, rules })
}

fn rule() -> impl Strategy<Value = Rule> {
    let action = prop_oneof![
        5 => Just(Action::Allow),
        3 => Just(Action::Deny),
        2 => Just(Action::Pass),
        1 => Just(Action::Log),
    ];
    let peers = prop_oneof![
        1 => Just(Peers::Any),
        6 => vec(peer(), 0..3).prop_map(Peers::Of),
    ];
    let requests = prop_oneof![
        12 => Just(Vec::new()),
        1 => Just(vec![HttpMatch::default()]),
    ];
    let local = option::weighted(0.15, vec(term(), 0..2).prop_map(one));
    (action, peers, local, ports(), requests).prop_map(|(action, peers, local, ports, requests)| Rule {
        name: None,
        action,
        peers,
        local,
        ports,
        requests,
        location: Location::default(),
    })
}

/// Peers are one condition as a rule, now and then several, or none.
fn peer() -> impl Strategy<Value = Match> {
    prop_oneof![
        1 => Just(Vec::new()),
        6 => vec(term(), 1),
        3 => vec(term(), 2),
    ]
    .prop_map(one)
}

/// A term that tells pods apart.
fn pod_term() -> impl Strategy<Value = Term> {
    let plain = prop_oneof![
        2 => select(&NAMESPACES[..]).prop_map(|n| Term::Namespace(NamespaceMatch::Named(n.into()))),
        2 => selector().prop_map(|s| Term::Namespace(NamespaceMatch::Labelled(s))),
        5 => selector().prop_map(Term::Pod),
        1 => (proptest::sample::subsequence(&["default", "robot"][..], 0..3), selector()).prop_map(|(names, labels)| {
            Term::ServiceAccount { names: names.into_iter().map(Name::from).collect(), labels }
        }),
    ];
    negated(plain)
}

/// A block, of any scope.
pub(crate) fn network() -> impl Strategy<Value = Term> {
    let membership = || {
        prop_oneof![
            2 => Just(Membership::Matched),
            1 => Just(Membership::Unmatched),
            2 => Just(Membership::Unspecified),
        ]
    };
    (block_without(), membership(), membership()).prop_map(|((cidr, except), pods, nodes)| {
        Term::Network(Network {
            cidr,
            except,
            scope: CidrScope { pods, nodes },
        })
    })
}

/// Any term.
fn term() -> impl Strategy<Value = Term> {
    let identity = select(vec![
        Term::SecurityGroup(vec!["sg-1".into()]),
        Term::Principal(vec![TextMatch::Present]),
    ]);
    let other = prop_oneof![
        8 => network(),
        3 => selector().prop_map(Term::Node),
        2 => vec(domain(), 0..3).prop_map(Term::Domain),
        1 => identity,
    ];
    prop_oneof![1 => pod_term(), 1 => negated(other)]
}

fn domain() -> impl Strategy<Value = DomainPattern> {
    let star = prop_oneof![3 => Just(Star::Labels), 2 => Just(Star::InLabel)];
    (select([&DOMAINS[..], &STARS[..]].concat()), star).prop_map(|(text, star)| DomainPattern {
        text: text.into(),
        star,
    })
}

fn negated(term: impl Strategy<Value = Term>) -> impl Strategy<Value = Term> {
    (term, proptest::bool::weighted(0.15)).prop_map(|(term, not)| if not { Term::Not(Box::new(term)) } else { term })
}

fn ports() -> impl Strategy<Value = Ports> {
    let named = || {
        (
            select(&PORT_NAMES[..]),
            select(vec![None, Some(Protocol::Tcp), Some(Protocol::Udp)]),
            proptest::bool::weighted(0.2),
        )
            .prop_map(|(name, protocol, shouted)| NamedPort {
                name: if shouted {
                    name.to_uppercase().into()
                } else {
                    name.into()
                },
                protocol,
                case: if shouted { Case::Insensitive } else { Case::Sensitive },
            })
    };
    let some = (
        vec(run(), 0..3),
        prop_oneof![6 => Just(PortSet::NONE), 1 => Just(PortSet::icmp()), 1 => run()],
        vec(named(), 0..3),
        prop_oneof![5 => Just(Vec::new()), 1 => vec(named(), 1..3)],
    )
        .prop_map(|(runs, unspecified, named, except)| Ports {
            numbers: runs.iter().fold(PortSet::NONE, |all, run| all.union(run)),
            unspecified,
            named,
            except,
        });
    prop_oneof![
        3 => Just(Ports::any()),
        1 => Just(Ports { unspecified: PortSet::icmp(), ..Ports::numbers(PortSet::with_ports()) }),
        6 => some,
    ]
}

/// A run of ports, or of types and codes, of one protocol.
fn run() -> impl Strategy<Value = PortSet> {
    let protocol = select(vec![
        Protocol::Tcp,
        Protocol::Tcp,
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Sctp,
        Protocol::Icmp,
        Protocol::Icmpv6,
    ]);
    (
        protocol,
        select(&PORTS[..]),
        select(&PORTS[..]),
        proptest::bool::weighted(0.6),
    )
        .prop_map(|(protocol, a, b, single)| {
            PortSet::range(protocol, a.min(b), if single { a.min(b) } else { a.max(b) })
        })
}
