//! What policies of equal order make of each other, where some of their rules are uncertain.
//!
//! One pair of pods and one port, so that nearly every case is about nothing but the order of rules.

use haechi_engine::{End, compile};
use haechi_model::cluster::Cluster;
use haechi_model::name::Name;
use haechi_model::place::Location;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::{
    Action, Isolation, Layer, Match, Mode, Order, Peers, Policy, PolicyId, PolicySet, Ports, Rule, Rules, Term,
    TextMatch, Tier, Ties,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::naive::{Port, judge};
use crate::strategy::clusters;

const PORT: Port = Port(Protocol::Tcp, 80);

proptest! {
    #![proptest_config(crate::cases(8000))]

    #[test]
    fn ties_are_settled_as_each_tier_says(policies in policies(rule())) {
        let cluster = two_pods();
        let compiled = compile(&cluster, &policies);
        let (from, to) = (End::Endpoint(0), End::Endpoint(1));
        let outcome = compiled.between(&from, &to);
        let naive = judge(&cluster, &policies, &from, &to, PORT);
        prop_assert_eq!(outcome.on(PORT.0, PORT.1), naive.verdict, "{}", outcome);
    }
}

fn two_pods() -> Cluster {
    clusters::of_pods(&["blue", "blue"])
}

/// Two tiers of all kinds of ties, and what is left behind them goes one way or the other.
pub(crate) fn policies(rule: impl Strategy<Value = Rule> + Clone) -> impl Strategy<Value = PolicySet> {
    let ties = select(vec![
        Ties::Agree,
        Ties::Unspecified,
        Ties::ByName,
        Ties::Interleaved,
        Ties::Strictest,
        Ties::ActionFirst,
    ]);
    let isolation = select(vec![Isolation::Isolates, Isolation::Leaves]);
    let random = || {
        (
            isolation.clone(),
            subject(),
            select(&[1.0, 2.0][..]),
            vec(rule.clone(), 0..4),
        )
    };
    let tier = (ties, vec(random(), 1..4));
    vec(tier, 1..3).prop_map(|tiers| {
        let mut set = PolicySet::default();
        for (i, (ties, policies)) in tiers.into_iter().enumerate() {
            let policies = policies
                .into_iter()
                .enumerate()
                .map(|(j, (isolation, subject, order, mut rules))| {
                    if ties == Ties::Agree {
                        let agreed = if order > 1.0 { Action::Allow } else { Action::Deny };
                        rules.iter_mut().for_each(|r| r.action = agreed);
                    }
                    policy(j, isolation, subject, order, rules)
                });
            set.tiers.push(Tier {
                layer: Layer::NetworkPolicy,
                name: format!("tier-{i}").into(),
                order: Order::new(i as f64),
                ties,
                policies: policies.collect(),
            });
        }
        set.sort();
        set
    })
}

fn policy(number: usize, isolation: Isolation, subject: Match, order: f64, rules: Vec<Rule>) -> Policy {
    Policy {
        id: PolicyId {
            namespace: None,
            kind: "AdminNetworkPolicy".into(),
            name: format!("policy-{number}").into(),
        },
        order: Order::new(order),
        mode: Mode::Enforced,
        subjects: vec![subject],
        ingress: Some(Rules { isolation, rules }),
        egress: None,
        location: Location::default(),
    }
}

/// Every pod, for certain or perhaps.
fn subject() -> impl Strategy<Value = Match> {
    prop_oneof![
        5 => Just(matching(Vec::new())),
        1 => Just(matching(vec![Term::SecurityGroup(vec!["sg-1".into()])])),
    ]
}

/// A rule that speaks of the connection, does not, or may.
fn rule() -> impl Strategy<Value = Rule> + Clone {
    let action = select(vec![Action::Allow, Action::Deny, Action::Pass]);
    let unspecified = Ports {
        unspecified: PortSet::all(),
        ..Ports::numbers(PortSet::NONE)
    };
    let may = Peers::Of(vec![matching(vec![Term::Principal(vec![TextMatch::Present])])]);
    let speaks = select(vec![
        (Peers::Any, Ports::any()),
        (Peers::Any, Ports::any()),
        (Peers::Of(Vec::new()), Ports::any()),
        (may, Ports::any()),
        (Peers::Any, unspecified),
    ]);
    (action, speaks).prop_map(|(action, (peers, ports))| Rule {
        name: None::<Name>,
        action,
        peers,
        local: None,
        ports,
        requests: Vec::new(),
        location: Location::default(),
    })
}

fn matching(terms: Vec<Term>) -> Match {
    Match {
        terms,
        location: Location::default(),
    }
}
