//! Clusters and policies written by hand, as briefly as what they say, and what is expected of them.

use std::net::IpAddr;

use haechi_engine::{End, compile};
use haechi_model::cluster::{
    Cluster, ClusterNode, ContainerPort, Endpoint, METADATA_NAME, Namespace, PodNetwork, ServiceAccount, Workload,
    WorkloadKind,
};
use haechi_model::labels::{Labels, Selector};
use haechi_model::place::Location;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::policy::TierKey;
use haechi_policy::{
    Action, CidrScope, DomainPattern, HttpMatch, Isolation, Layer, Match, Mode, NamespaceMatch, Network, Order, Peers,
    Policy, PolicyId, PolicySet, Ports, Rule, Rules, Star, Term, TextMatch, Ties,
};

use crate::naive::judge;
use crate::strategy::probes;

/// A cluster, and the policies in it.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) policies: PolicySet,
}

/// What a pod has beside its labels.
pub(crate) enum With {
    Account(&'static str),
    Address(&'static str),
    Node(&'static str),
    NodeNetwork,
    Port(&'static str, Protocol, u16),
}

impl Scene {
    /// Adds a namespace with labels (`a=b,c=d`). Namespaces come in alphabetical order, before their pods.
    pub(crate) fn namespace(mut self, name: &str, labels: &str) -> Self {
        let labels = self::labels(labels).with(METADATA_NAME.into(), name.into());
        self.cluster.namespaces.push(Namespace {
            name: name.into(),
            labels,
            location: Some(Location::default()),
        });
        self
    }

    /// Adds a node with labels and addresses.
    pub(crate) fn node(mut self, name: &str, labels: &str, addresses: &[&str]) -> Self {
        self.cluster.nodes.push(ClusterNode {
            name: name.into(),
            labels: self::labels(labels),
            addresses: addresses.iter().map(|a| a.parse().expect("an address")).collect(),
            pod_ranges: Vec::new(),
            location: Location::default(),
        });
        self
    }

    /// Adds the service account `namespace/name`.
    pub(crate) fn account(mut self, path: &str, labels: &str) -> Self {
        let (namespace, name) = self.path(path);
        self.cluster.service_accounts.push(ServiceAccount {
            namespace,
            name: name.into(),
            labels: self::labels(labels),
            location: Location::default(),
        });
        self
    }

    /// Adds the pod `namespace/name`. Pods come in the order of their namespaces.
    pub(crate) fn pod(mut self, path: &str, labels: &str, with: &[With]) -> Self {
        let (namespace, name) = self.path(path);
        let mut ports = Vec::new();
        let mut pod = Endpoint {
            workload: self.cluster.workloads.len(),
            pod: Some(name.into()),
            count: 1,
            labels: self::labels(labels),
            ports: [].into(),
            service_account: "default".into(),
            node: None,
            addresses: Vec::new(),
            network: PodNetwork::Own,
            location: Location::default(),
        };
        for with in with {
            match *with {
                With::Account(name) => pod.service_account = name.into(),
                With::Address(address) => pod.addresses.push(address.parse().expect("an address")),
                With::Node(name) => pod.node = Some(name.into()),
                With::NodeNetwork => pod.network = PodNetwork::Host,
                With::Port(name, protocol, port) => ports.push(ContainerPort {
                    name: Some(name.into()),
                    protocol,
                    port,
                }),
            }
        }
        pod.ports = ports.into();
        self.cluster.workloads.push(Workload {
            namespace,
            kind: WorkloadKind::Pod,
            name: name.into(),
            location: Location::default(),
        });
        self.cluster.endpoints.push(pod);
        self
    }

    /// Adds a policy to a tier.
    pub(crate) fn policy(mut self, tier: &TierKey, policy: Policy) -> Self {
        self.policies.add(tier, policy);
        self.policies.sort();
        self
    }

    /// Asserts what connections meet, written `from -> to: outcome`: pods as `namespace/name`, addresses and domain
    /// names as they are, outcomes as the engine writes them. Engine and naive reading must say so both.
    pub(crate) fn expect(&self, lines: &str) {
        let compiled = compile(&self.cluster, &self.policies);
        let mut found = String::new();
        for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let (ends, _) = line.split_once(": ").expect("`from -> to: outcome`");
            let (from, to) = ends.split_once(" -> ").expect("`from -> to: outcome`");
            let outcome = compiled.between(&self.end(from), &self.end(to));
            found += &format!("{from} -> {to}: {outcome}\n");
            for port in probes::ports(&self.cluster, &self.policies, [&outcome.allow, &outcome.undefined]) {
                let naive = judge(&self.cluster, &self.policies, &self.end(from), &self.end(to), port).verdict;
                assert_eq!(
                    outcome.on(port.0, port.1),
                    naive,
                    "{ends} on {port:?}: the engine, then the naive reading"
                );
            }
        }
        let expected = lines.lines().map(str::trim).filter(|l| !l.is_empty());
        let expected: String = expected.map(|line| format!("{line}\n")).collect();
        assert_eq!(found, expected, "\nfound:\n{found}\nexpected:\n{expected}");
    }

    fn end(&self, text: &str) -> End {
        if text.contains('/') {
            let pod = |i: &usize| self.cluster.endpoint_id(*i).replace("/Pod/", "/") == text;
            let found = (0..self.cluster.endpoints.len()).find(pod);
            return End::Endpoint(found.unwrap_or_else(|| panic!("no pod is {text}")));
        }
        text.parse::<IpAddr>()
            .map_or_else(|_| End::Domain(text.into()), End::Address)
    }

    fn path<'p>(&self, path: &'p str) -> (usize, &'p str) {
        let (namespace, name) = path.split_once('/').expect("namespace/name");
        (self.cluster.namespace(namespace).expect("a known namespace"), name)
    }
}

fn labels(text: &str) -> Labels {
    let pairs = text.split(',').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').expect("key=value"))
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// A tier of network policies.
pub(crate) fn tier(name: &str, order: Order, ties: Ties) -> TierKey {
    layer(Layer::NetworkPolicy, name, order, ties)
}

/// A tier of any layer.
pub(crate) fn layer(layer: Layer, name: &str, order: Order, ties: Ties) -> TierKey {
    TierKey {
        layer,
        name: name.into(),
        order,
        ties,
    }
}

/// A policy `namespace/Kind/name`, or `Kind/name`, that says nothing yet.
pub(crate) fn policy(id: &str, order: f64, subjects: Vec<Match>) -> Policy {
    let mut parts = id.rsplit('/');
    let (name, kind) = (parts.next().expect("a name"), parts.next().expect("a kind"));
    Policy {
        id: PolicyId {
            namespace: parts.next().map(Into::into),
            kind: kind.into(),
            name: name.into(),
        },
        order: Order::new(order),
        mode: Mode::Enforced,
        subjects,
        ingress: None,
        egress: None,
        location: Location::default(),
    }
}

/// Policies that say more.
pub(crate) trait Saying {
    fn ingress(self, isolation: Isolation, rules: Vec<Rule>) -> Self;
    fn egress(self, isolation: Isolation, rules: Vec<Rule>) -> Self;
    fn staged(self) -> Self;
}

impl Saying for Policy {
    fn ingress(self, isolation: Isolation, rules: Vec<Rule>) -> Self {
        Self {
            ingress: Some(Rules { isolation, rules }),
            ..self
        }
    }

    fn egress(self, isolation: Isolation, rules: Vec<Rule>) -> Self {
        Self {
            egress: Some(Rules { isolation, rules }),
            ..self
        }
    }

    fn staged(self) -> Self {
        Self {
            mode: Mode::Staged,
            ..self
        }
    }
}

/// A rule about every peer and every port.
pub(crate) fn rule(action: Action) -> Rule {
    Rule {
        name: None,
        action,
        peers: Peers::Any,
        local: None,
        ports: Ports::any(),
        requests: Vec::new(),
        location: Location::default(),
    }
}

/// Rules that speak of less.
pub(crate) trait Narrowed {
    fn peers(self, peers: Vec<Match>) -> Self;
    fn local(self, local: Match) -> Self;
    fn on(self, numbers: PortSet) -> Self;
    fn ports(self, ports: Ports) -> Self;
    fn requests(self, requests: Vec<HttpMatch>) -> Self;
}

impl Narrowed for Rule {
    fn peers(self, peers: Vec<Match>) -> Self {
        Self {
            peers: Peers::Of(peers),
            ..self
        }
    }

    fn local(self, local: Match) -> Self {
        Self {
            local: Some(local),
            ..self
        }
    }

    fn on(self, numbers: PortSet) -> Self {
        self.ports(Ports::numbers(numbers))
    }

    fn ports(self, ports: Ports) -> Self {
        Self { ports, ..self }
    }

    fn requests(self, requests: Vec<HttpMatch>) -> Self {
        Self { requests, ..self }
    }
}

/// What all of these terms match.
pub(crate) fn all(terms: impl IntoIterator<Item = Term>) -> Match {
    Match {
        terms: terms.into_iter().collect(),
        location: Location::default(),
    }
}

pub(crate) fn namespace(name: &str) -> Term {
    Term::Namespace(NamespaceMatch::Named(name.into()))
}

pub(crate) fn any_namespace() -> Term {
    Term::Namespace(NamespaceMatch::Labelled(Selector::EVERYTHING))
}

pub(crate) fn pods(key: &str, value: &str) -> Term {
    Term::Pod(Selector::is(key, value))
}

pub(crate) fn not(term: Term) -> Term {
    Term::Not(Box::new(term))
}

pub(crate) fn network(cidr: &str, scope: CidrScope) -> Term {
    Term::Network(Network {
        cidr: cidr.parse().expect("a block"),
        except: Vec::new(),
        scope,
    })
}

pub(crate) fn domain(text: &str, star: Star) -> Term {
    Term::Domain(vec![DomainPattern {
        text: text.into(),
        star,
    }])
}

pub(crate) fn exact(text: &str) -> TextMatch {
    TextMatch::Exact(text.into())
}

pub(crate) fn tcp(port: u16) -> PortSet {
    PortSet::port(Protocol::Tcp, port)
}
