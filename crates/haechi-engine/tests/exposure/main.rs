//! What is said of strangers, held against strangers that really come: a pod with any labels is put into the cluster,
//! and must meet exactly what the statements that speak of it say.

use std::sync::Arc;

use haechi_engine::exposure::{Basis, Exposure, NamedPorts, NamespaceNames, exposures};
use haechi_engine::{End, Party, Verdict, compile};
use haechi_model::cluster::{
    Cluster, ContainerPort, Endpoint, METADATA_NAME, Namespace, PodNetwork, Workload, WorkloadKind,
};
use haechi_model::labels::{Labels, Selector};
use haechi_model::port::{PortSet, Protocol};
use haechi_model::{Location, Name};
use haechi_policy::policy::{Case, TierKey};
use haechi_policy::{
    Action, Direction, Isolation, Layer, Match, Mode, NamedPort, NamespaceMatch, Order, Peers, Policy, PolicyId,
    PolicySet, Ports, Rule, Rules, Term, Ties,
};
use proptest::prelude::*;

const NAMESPACES: [&str; 3] = ["one", "three", "two"];
const NEW: [&str; 2] = ["four", "zero"];
const KEYS: [&str; 2] = ["app", "role"];
const VALUES: [&str; 4] = ["a", "b", "c", "d"];

fn name(options: &'static [&'static str]) -> impl Strategy<Value = Name> {
    (0..options.len()).prop_map(move |i| options[i].into())
}

fn labels() -> impl Strategy<Value = Labels> {
    proptest::collection::vec((name(&KEYS), name(&VALUES)), 0..3).prop_map(|pairs| pairs.into_iter().collect())
}

fn selector() -> impl Strategy<Value = Selector> {
    let leaf = prop_oneof![
        3 => Just(Selector::EVERYTHING),
        4 => (name(&KEYS), name(&VALUES)).prop_map(|(k, v)| Selector::is(k, v)),
        1 => (name(&KEYS), proptest::collection::btree_set(name(&VALUES), 1..3))
            .prop_map(|(k, v)| Selector::In(k, v.into_iter().collect())),
        1 => name(&KEYS).prop_map(Selector::Has),
    ];
    let leaf = (leaf, 0..5).prop_map(|(s, n)| match n {
        0 if !s.is_everything() => Selector::Not(Box::new(s)),
        _ => s,
    });
    proptest::collection::vec(leaf, 1..3).prop_map(Selector::all)
}

fn namespaces() -> impl Strategy<Value = NamespaceMatch> {
    prop_oneof![
        2 => name(&NAMESPACES).prop_map(NamespaceMatch::Named),
        1 => Just(NamespaceMatch::Labelled(Selector::EVERYTHING)),
        2 => selector().prop_map(NamespaceMatch::Labelled),
        1 => name(&["four", "one"]).prop_map(|n| NamespaceMatch::Labelled(Selector::is(METADATA_NAME, n))),
    ]
}

fn a_match() -> impl Strategy<Value = Match> {
    (namespaces(), proptest::option::of(selector())).prop_map(|(namespaces, pods)| Match {
        terms: std::iter::once(Term::Namespace(namespaces))
            .chain(pods.map(Term::Pod))
            .collect(),
        location: Location::default(),
    })
}

fn ports() -> impl Strategy<Value = Ports> {
    let range = |from, to| PortSet::range(Protocol::Tcp, from, to);
    let named = |name: &str| Ports {
        named: vec![NamedPort {
            name: name.into(),
            protocol: Some(Protocol::Tcp),
            case: Case::Sensitive,
        }],
        ..Ports::numbers(PortSet::NONE)
    };
    prop_oneof![
        2 => Just(Ports::any()),
        2 => Just(Ports::numbers(range(80, 80))),
        2 => Just(Ports::numbers(range(80, 90).union(&PortSet::port(Protocol::Udp, 53)))),
        1 => Just(named("http")),
        1 => Just(named("web")),
    ]
}

fn rule(actions: &'static [Action]) -> impl Strategy<Value = Rule> {
    let peers = prop_oneof![
        1 => Just(Peers::Any),
        6 => proptest::collection::vec(a_match(), 1..3).prop_map(Peers::Of),
    ];
    (peers, ports(), 0..actions.len()).prop_map(move |(peers, ports, action)| Rule {
        name: None,
        action: actions[action],
        peers,
        local: None,
        ports,
        requests: Vec::new(),
        location: Location::default(),
    })
}

fn rules(isolation: Isolation, actions: &'static [Action]) -> impl Strategy<Value = Option<Rules>> {
    proptest::option::of(proptest::collection::vec(rule(actions), 0..3))
        .prop_map(move |rules| rules.map(|rules| Rules { isolation, rules }))
}

/// Policies of a tier that shuts, and of one before it that does not.
fn policies() -> impl Strategy<Value = PolicySet> {
    let policy = |isolation, actions: &'static [Action], subject: BoxedStrategy<Match>| {
        (subject, rules(isolation, actions), rules(isolation, actions))
    };
    let local = (name(&NAMESPACES), selector()).prop_map(|(namespace, pods)| Match {
        terms: vec![Term::Namespace(NamespaceMatch::Named(namespace)), Term::Pod(pods)],
        location: Location::default(),
    });
    let shutting = policy(Isolation::Isolates, &[Action::Allow], local.boxed());
    let ordered = policy(
        Isolation::Leaves,
        &[Action::Allow, Action::Deny, Action::Pass],
        a_match().boxed(),
    );
    let (shutting, ordered) = (
        proptest::collection::vec(shutting, 0..4),
        proptest::collection::vec(ordered, 0..3),
    );
    (shutting, ordered).prop_map(|(shutting, ordered)| {
        let mut set = PolicySet::default();
        let tiers = [
            ("ordered", 1.0, Ties::ByName, ordered),
            ("shutting", 2.0, Ties::Agree, shutting),
        ];
        for (tier, order, ties, policies) in tiers {
            let key = TierKey {
                layer: Layer::NetworkPolicy,
                name: tier.into(),
                order: Order::new(order),
                ties,
            };
            for (i, (subject, ingress, egress)) in policies.into_iter().enumerate() {
                set.add(
                    &key,
                    Policy {
                        id: PolicyId {
                            namespace: None,
                            kind: tier.into(),
                            name: format!("p{i}").into(),
                        },
                        order: Order::new(1.0),
                        mode: Mode::Enforced,
                        subjects: vec![subject],
                        ingress,
                        egress,
                        location: Location::default(),
                    },
                );
            }
        }
        set.sort();
        set
    })
}

/// A pod that may come.
#[derive(Clone, Debug)]
struct Stranger {
    namespace: Name,
    /// Of a namespace that is not there.
    namespace_labels: Labels,
    labels: Labels,
    http: Option<u16>,
}

fn stranger() -> impl Strategy<Value = Stranger> {
    let namespace = prop_oneof![name(&NAMESPACES), name(&NEW)];
    let http = proptest::option::of(prop_oneof![Just(80), Just(85), Just(8080)]);
    (namespace, labels(), labels(), http).prop_map(|(namespace, namespace_labels, labels, http)| Stranger {
        namespace,
        namespace_labels,
        labels,
        http,
    })
}

fn cluster(namespace_labels: &[Labels], own: &Labels) -> Cluster {
    let namespaces = NAMESPACES.iter().zip(namespace_labels).map(|(name, labels)| Namespace {
        name: (*name).into(),
        labels: labels.with(METADATA_NAME.into(), (*name).into()),
        location: Some(Location::default()),
    });
    let mut cluster = Cluster {
        namespaces: namespaces.collect(),
        ..Cluster::default()
    };
    add_pod(&mut cluster, 0, own.clone(), Some(80));
    cluster
}

fn add_pod(cluster: &mut Cluster, namespace: usize, labels: Labels, http: Option<u16>) -> usize {
    cluster.workloads.push(Workload {
        namespace,
        kind: WorkloadKind::Pod,
        name: format!("pod{}", cluster.workloads.len()).into(),
        location: Location::default(),
    });
    let ports = http.map(|port| ContainerPort {
        name: Some("http".into()),
        protocol: Protocol::Tcp,
        port,
    });
    cluster.endpoints.push(Endpoint {
        workload: cluster.workloads.len() - 1,
        pod: Some("pod".into()),
        count: 1,
        labels,
        ports: Arc::from_iter(ports),
        service_account: "default".into(),
        node: None,
        addresses: Vec::new(),
        network: PodNetwork::Own,
        location: Location::default(),
    });
    cluster.endpoints.len() - 1
}

/// The cluster once a stranger has come.
fn joined(cluster: &Cluster, stranger: &Stranger) -> (Cluster, usize, Labels) {
    let mut cluster = cluster.clone();
    let namespace = cluster.namespace(&stranger.namespace).unwrap_or_else(|| {
        let index = cluster.namespaces.partition_point(|n| n.name < stranger.namespace);
        cluster.namespaces.insert(
            index,
            Namespace {
                name: stranger.namespace.clone(),
                labels: stranger
                    .namespace_labels
                    .with(METADATA_NAME.into(), stranger.namespace.clone()),
                location: None,
            },
        );
        for workload in &mut cluster.workloads {
            workload.namespace += usize::from(workload.namespace >= index);
        }
        index
    });
    let labels = cluster.namespaces[namespace].labels.clone();
    let endpoint = add_pod(&mut cluster, namespace, stranger.labels.clone(), stranger.http);
    (cluster, endpoint, labels)
}

fn speaks_of(statement: &Exposure, stranger: &Stranger, namespace: &Labels) -> bool {
    let named = match &statement.strangers.namespaces {
        NamespaceNames::Any => true,
        NamespaceNames::Except(names) => !names.contains(&stranger.namespace),
        NamespaceNames::These(names) => names.contains(&stranger.namespace),
    };
    named
        && statement.strangers.namespace_labels.matches(namespace)
        && statement.strangers.labels.matches(&stranger.labels)
}

/// The ports that a statement gives to a stranger.
fn given(statement: &Exposure, stranger: &Stranger) -> PortSet {
    let numbers = |named: &[NamedPorts]| {
        let own = stranger
            .http
            .map_or(PortSet::NONE, |port| PortSet::port(Protocol::Tcp, port));
        let called = named.iter().filter(|n| n.name == "http");
        called
            .fold(PortSet::NONE, |all, n| all.union(&n.numbers))
            .intersection(&own)
    };
    let ports = &statement.ports;
    ports
        .numbers
        .difference(&numbers(&ports.except_named))
        .union(&numbers(&ports.named))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn statements_say_what_strangers_meet(
        policies in policies(),
        namespaces in proptest::collection::vec(labels(), 3),
        own in labels(),
        strangers in proptest::collection::vec(stranger(), 12),
    ) {
        let cluster = cluster(&namespaces, &own);
        let exposures = exposures(&compile(&cluster, &policies), &[Party::Workload(0)]);
        prop_assert!(exposures.unjudged.is_empty());
        prop_assert!(exposures.statements.iter().all(|s| s.basis == Basis::BothEnds && s.verdict == Verdict::Allow));
        for stranger in &strangers {
            let (cluster, endpoint, namespace) = joined(&cluster, stranger);
            let compiled = compile(&cluster, &policies);
            let (own, other) = (End::Endpoint(0), End::Endpoint(endpoint));
            for direction in Direction::BOTH {
                let met = match direction {
                    Direction::Ingress => compiled.between(&other, &own),
                    Direction::Egress => compiled.between(&own, &other),
                };
                let said = exposures
                    .statements
                    .iter()
                    .filter(|s| s.direction == direction && speaks_of(s, stranger, &namespace))
                    .fold(PortSet::NONE, |all, s| all.union(&given(s, stranger)));
                prop_assert_eq!(met.allow, said, "{} {:?}\n{:#?}", direction, stranger, exposures.statements);
            }
        }
    }
}
