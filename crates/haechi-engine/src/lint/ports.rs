//! Ports that nobody has.

use haechi_model::cluster::{Endpoint, PodNetwork, TargetPort};
use haechi_model::diagnostic::Diagnostic;
use haechi_model::port::{PortRange, PortSet, Protocol};
use haechi_policy::{Direction, NamedPort, Peers, Term};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Lint, RuleOf, codes, matches_of, rules_of};
use crate::bits::Dense;
use crate::rulebook::resolve;

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    let listeners = Listeners::new(lint);
    lint.each_policy(|policy, found| {
        let mut subjects = None;
        for rule in rules_of(policy) {
            let ports = &rule.rule.ports;
            if ports.named.is_empty() && single_ports(&ports.numbers).next().is_none() {
                continue;
            }
            if rule.direction == Direction::Egress && only_addresses(rule) {
                found.extend(ports.named.iter().map(|named| on_addresses(rule, named)));
                continue;
            }
            let destinations = match rule.direction {
                Direction::Ingress => subjects.get_or_insert_with(|| lint.subjects(policy)).clone(),
                Direction::Egress => peers(lint, rule),
            };
            if destinations.is_empty() {
                continue;
            }
            for named in &ports.named {
                found.extend(listeners.named(lint, rule, named, &destinations));
            }
            if rule.direction == Direction::Ingress || only_pods(rule) {
                listeners.numbers(lint, rule, &destinations, found);
            }
        }
    })
}

/// The pods that an egress rule speaks of, as classes.
fn peers(lint: &Lint<'_, '_>, rule: RuleOf<'_>) -> Dense {
    let space = lint.compiled.space();
    let classes = space.class_peers();
    match &rule.rule.peers {
        Peers::Any => {
            let mut all = Dense::none(space.len());
            all.extend(classes);
            all
        }
        Peers::Of(matches) => {
            let mut all = Dense::none(space.len());
            for m in matches {
                let sets = lint.peers[m].possible();
                all.extend(
                    sets.flat_map(crate::bits::Words::iter)
                        .filter(|peer| classes.contains(peer)),
                );
            }
            all
        }
    }
}

/// Whether a rule speaks of pods by their labels alone.
fn only_pods(rule: RuleOf<'_>) -> bool {
    let is_pod = |term: &Term| matches!(term, Term::Namespace(_) | Term::Pod(_) | Term::ServiceAccount { .. });
    rule.rule.peers != Peers::Any && matches_of(rule.rule).iter().all(|m| m.terms.iter().any(is_pod))
}

/// Whether a rule speaks of addresses alone.
fn only_addresses(rule: RuleOf<'_>) -> bool {
    let matches = matches_of(rule.rule);
    let is_address = |term: &Term| matches!(term, Term::Network(_) | Term::Domain(_));
    !matches.is_empty() && matches.iter().all(|m| m.terms.iter().any(is_address))
}

fn on_addresses(rule: RuleOf<'_>, named: &NamedPort) -> Diagnostic {
    let message = format!(
        "{} names port {} towards addresses, which have no named ports: it opens nothing there",
        rule.policy.id, named.name
    );
    codes::NAMED_PORT_ON_ADDRESS.at(rule.rule.location, message)
}

/// Ports that a set names one by one.
fn single_ports(ports: &PortSet) -> impl Iterator<Item = (Protocol, u16)> {
    let single = |range: &PortRange| range.protocol.has_ports() && range.from == range.to;
    ports.ranges().filter(single).map(|range| (range.protocol, range.from))
}

/// Which classes have which ports.
struct Listeners {
    /// For each list of named ports, the classes that have it.
    listed: Vec<Dense>,
    /// Classes with a pod that declares no port at all.
    silent: Dense,
    /// Classes with a pod that declares a port, for each port that a rule names.
    declaring: FxHashMap<(Protocol, u16), Dense>,
    /// Classes behind a Service of which a port leads to another one of theirs, and that Service's index and port.
    behind: FxHashMap<(Protocol, u16), FxHashMap<u32, (usize, usize)>>,
}

impl Listeners {
    fn new(lint: &Lint<'_, '_>) -> Self {
        let (cluster, space) = (lint.cluster(), lint.compiled.space());
        let none = || Dense::none(space.len());
        let mut listed = vec![none(); space.port_lists.len()];
        for (peer, class) in space.class_peers().zip(&space.classes) {
            listed[class.ports as usize].insert(peer);
        }
        let rules = lint.input.policies.policies().flat_map(rules_of);
        let asked: FxHashSet<(Protocol, u16)> = rules.flat_map(|r| single_ports(&r.rule.ports.numbers)).collect();
        let mut declaring: FxHashMap<(Protocol, u16), Dense> = FxHashMap::default();
        let mut silent = none();
        for (endpoint, &class) in cluster.endpoints.iter().zip(&space.class_of) {
            if endpoint.ports.is_empty() {
                silent.insert(class);
            }
            for port in endpoint
                .ports
                .iter()
                .map(|p| (p.protocol, p.port))
                .filter(|p| asked.contains(p))
            {
                declaring.entry(port).or_insert_with(none).insert(class);
            }
        }
        let mut behind: FxHashMap<(Protocol, u16), FxHashMap<u32, (usize, usize)>> = FxHashMap::default();
        for (index, service) in cluster.services.iter().enumerate() {
            for (at, port) in service.ports.iter().enumerate() {
                let dialled = (port.protocol, port.port);
                if !asked.contains(&dialled) {
                    continue;
                }
                for &backend in lint.sources.backends(index) {
                    let endpoint = &cluster.endpoints[backend as usize];
                    let class = space.class_of[backend as usize];
                    if endpoint.network == PodNetwork::Own
                        && target(endpoint, port.protocol, &port.target).is_some_and(|to| to != port.port)
                    {
                        behind.entry(dialled).or_default().entry(class).or_insert((index, at));
                    }
                }
            }
        }
        Self {
            listed,
            silent,
            declaring,
            behind,
        }
    }

    /// Whether a named port is there at all.
    fn named(
        &self,
        lint: &Lint<'_, '_>,
        rule: RuleOf<'_>,
        named: &NamedPort,
        destinations: &Dense,
    ) -> Option<Diagnostic> {
        let lists = &lint.compiled.space().port_lists;
        let present = || {
            lists
                .iter()
                .zip(&self.listed)
                .filter(|(_, classes)| classes.overlaps(destinations))
        };
        let wanted = std::slice::from_ref(named);
        if present().any(|(ports, _)| !resolve(wanted, ports).is_empty()) {
            return None;
        }
        let whose = match rule.direction {
            Direction::Ingress => "the pods that it selects",
            Direction::Egress => "its peers",
        };
        let any = [NamedPort {
            protocol: None,
            ..named.clone()
        }];
        let other = present().map(|(ports, _)| resolve(&any, ports)).find(|p| !p.is_empty());
        let RuleOf { policy, direction, .. } = rule;
        if let (Some(other), Some(protocol)) = (other, named.protocol) {
            let message = format!(
                "an {direction} rule of {} opens {protocol} port {}, and {whose} have that name for {other}",
                policy.id, named.name
            );
            let has = other.ranges().next().map_or(Protocol::Tcp, |range| range.protocol);
            let hint = format!("write protocol: {has}; without one it is TCP");
            return Some(codes::NAMED_PORT_PROTOCOL.at(rule.rule.location, message).hint(hint));
        }
        let message = format!(
            "an {direction} rule of {} opens port {}, and none of {whose} declares one of that name",
            policy.id, named.name
        );
        let diagnostic = codes::NAMED_PORT_NOBODY_HAS.at(rule.rule.location, message);
        Some(match self.names(lint, destinations) {
            names if names.is_empty() => diagnostic.hint("name the containers' ports, or write the number"),
            names => diagnostic.hint(format!("they declare {}", names.join(", "))),
        })
    }

    /// The names of ports that pods declare.
    fn names(&self, lint: &Lint<'_, '_>, classes: &Dense) -> Vec<String> {
        let (cluster, space) = (lint.cluster(), lint.compiled.space());
        let mut names = std::collections::BTreeSet::new();
        for class in classes.iter().take(100) {
            for member in space.classes[class as usize].members.iter().take(10) {
                let ports = cluster.endpoints[*member as usize].ports.iter();
                names.extend(ports.filter_map(|p| Some(format!("{} ({} {})", p.name.as_ref()?, p.protocol, p.port))));
            }
        }
        let more = names.len() > 6;
        let mut names: Vec<String> = names.into_iter().take(6).collect();
        if more {
            names.push("…".into());
        }
        names
    }

    /// Numbers that nobody declares.
    fn numbers(&self, lint: &Lint<'_, '_>, rule: RuleOf<'_>, destinations: &Dense, found: &mut Vec<Diagnostic>) {
        let RuleOf { policy, direction, .. } = rule;
        for (protocol, port) in single_ports(&rule.rule.ports.numbers) {
            if self
                .declaring
                .get(&(protocol, port))
                .is_some_and(|d| d.overlaps(destinations))
            {
                continue;
            }
            match self.behind(lint, rule, (protocol, port), destinations) {
                Behind::Other(service, at, to) => {
                    let cluster = lint.cluster();
                    let service = &cluster.services[service];
                    let name = format!("{}/{}", cluster.namespaces[service.namespace].name, service.name);
                    let message = format!(
                        "an {direction} rule of {} opens {protocol} {port}, the port of Service {name}; the pods behind it listen on {to}",
                        policy.id
                    );
                    let target = match &service.ports[at].target {
                        TargetPort::Named(name) => format!("write port: {name}, or {to}"),
                        TargetPort::Number(_) => format!("write port: {to}"),
                    };
                    found.push(
                        codes::SERVICE_PORT
                            .at(rule.rule.location, message)
                            .hint(target)
                            .related(service.ports[at].location, "the Service's port"),
                    );
                }
                // Who declares nothing may listen anywhere.
                Behind::Nothing if self.silent.overlaps(destinations) => {}
                Behind::Both => {}
                Behind::Nothing => {
                    let whose = match direction {
                        Direction::Ingress => "the pods that it selects",
                        Direction::Egress => "its peers",
                    };
                    let message = format!(
                        "an {direction} rule of {} opens {protocol} {port}, which no container of {whose} declares",
                        policy.id
                    );
                    found.push(codes::UNDECLARED_PORT.note(rule.rule.location, message));
                }
            }
        }
    }

    fn behind(&self, lint: &Lint<'_, '_>, rule: RuleOf<'_>, port: (Protocol, u16), destinations: &Dense) -> Behind {
        let Some(classes) = self.behind.get(&port) else {
            return Behind::Nothing;
        };
        let (cluster, space) = (lint.cluster(), lint.compiled.space());
        let mut unheard = self.silent.clone();
        unheard.keep(destinations);
        if unheard.iter().any(|class| !classes.contains_key(&class)) {
            return Behind::Nothing;
        }
        let mut first = None;
        let mut candidates: Vec<(&u32, &(usize, usize))> = classes
            .iter()
            .filter(|(class, _)| destinations.contains(**class))
            .collect();
        candidates.sort_unstable();
        for (&class, &(service, at)) in candidates {
            let service_port = &cluster.services[service].ports[at];
            for member in &space.classes[class as usize].members {
                let endpoint = &cluster.endpoints[*member as usize];
                let Some(to) = target(endpoint, port.0, &service_port.target).filter(|to| *to != port.1) else {
                    continue;
                };
                let ports = &rule.rule.ports;
                if ports.numbers.contains(port.0, to) || resolve(&ports.named, &endpoint.ports).contains(port.0, to) {
                    return Behind::Both;
                }
                first.get_or_insert((service, at, to));
            }
        }
        match first {
            Some((service, at, to)) => Behind::Other(service, at, to),
            None => Behind::Nothing,
        }
    }
}

/// What a port that nobody declares is to the Services in front of the pods.
enum Behind {
    /// Nothing.
    Nothing,
    /// The port of a Service, by its index and its port's, that leads to this port, which the rule does not open.
    Other(usize, usize, u16),
    /// The same, but the rule opens the right port, too.
    Both,
}

/// The port of a pod that a Service's port leads to.
pub(super) fn target(endpoint: &Endpoint, protocol: Protocol, target: &TargetPort) -> Option<u16> {
    match target {
        TargetPort::Number(port) => Some(*port),
        TargetPort::Named(name) => {
            let mut ports = endpoint.ports.iter();
            ports
                .find(|p| p.protocol == protocol && p.name.as_ref() == Some(name))
                .map(|p| p.port)
        }
    }
}
