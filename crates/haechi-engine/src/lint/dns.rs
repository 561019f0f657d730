//! Whether pods can resolve names, and how far rules for it open.

use std::collections::BTreeMap;

use haechi_model::cluster::{Endpoint, METADATA_NAME, PodNetwork, TargetPort};
use haechi_model::diagnostic::Diagnostic;
use haechi_model::labels::Selector;
use haechi_model::place::Location;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::{Action, Direction, Match, NamespaceMatch, Peers, Policy, Rule, Term};

use super::selection::{list, namespaces_of, pod_selector};
use super::sources::KUBE_SYSTEM;
use super::{Lint, RuleOf, codes, matches_of, meets_nothing, rules_of, selectors};
use crate::end::End;
use crate::explain::Decision;
use crate::outcome::Verdict;
use crate::resolver::{DNS, NODE_LOCAL, answers, is_node_cache};

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    let resolvers = Resolvers::new(lint);
    let mut found = resolvers.blocked(lint);
    found.extend(lint.each_policy(|policy, found| {
        for rule in rules_of(policy).filter(|r| r.rule.action == Action::Allow) {
            let for_dns = rule.direction == Direction::Egress && resolvers.is_for_dns(&rule.rule.ports);
            if for_dns {
                resolvers.opens(lint, rule, found);
            }
            for m in matches_of(rule.rule) {
                found.extend(by_free_label(lint, policy, m, for_dns));
            }
        }
    }));
    found
}

/// Namespaces that resolvers run in.
const NAMESPACES: [&str; 2] = [KUBE_SYSTEM, "openshift-dns"];

/// What answers names in the cluster.
#[derive(Debug, Default)]
pub(super) struct Resolvers {
    /// Pods with their own network, each with the ports that it answers on.
    pods: Vec<Resolver>,
    /// All those ports, and 53.
    ports: PortSet,
    node_local: Option<Location>,
}

#[derive(Debug)]
pub(super) struct Resolver {
    /// Its index in the cluster.
    pub(super) endpoint: usize,
    udp: u16,
    tcp: u16,
}

impl Resolver {
    pub(super) fn port(&self, protocol: Protocol) -> u16 {
        match protocol {
            Protocol::Udp => self.udp,
            _ => self.tcp,
        }
    }
}

/// How pods fare with the resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Blocked,
    Sealed,
    WithoutTcp,
    WithoutUdp,
    WithoutCache,
}

impl Resolvers {
    pub(super) fn new(lint: &Lint<'_, '_>) -> Self {
        let cluster = lint.cluster();
        let mut all = Self {
            pods: Vec::new(),
            ports: PortSet::port(Protocol::Udp, DNS).union(&PortSet::port(Protocol::Tcp, DNS)),
            node_local: None,
        };
        for namespace in NAMESPACES.iter().filter_map(|n| cluster.namespace(n)) {
            let first = cluster
                .endpoints
                .partition_point(|e| cluster.workloads[e.workload].namespace < namespace);
            let mine = cluster.endpoints[first..].iter().enumerate();
            for (offset, endpoint) in mine.take_while(|(_, e)| cluster.workloads[e.workload].namespace == namespace) {
                let workload = &cluster.workloads[endpoint.workload];
                if endpoint.network == PodNetwork::Host {
                    if is_node_cache(workload) {
                        all.node_local.get_or_insert(endpoint.location);
                    }
                } else if answers(endpoint) {
                    all.add(lint, first + offset, endpoint);
                }
            }
        }
        all
    }

    /// The resolver's pods.
    pub(super) fn pods(&self) -> &[Resolver] {
        &self.pods
    }

    fn add(&mut self, lint: &Lint<'_, '_>, index: usize, endpoint: &Endpoint) {
        let cluster = lint.cluster();
        let port = |protocol| {
            let namespace = cluster.workloads[endpoint.workload].namespace;
            let mine = cluster
                .services
                .iter()
                .enumerate()
                .filter(|(_, s)| s.namespace == namespace);
            let serving = mine.filter(|(i, _)| lint.sources.backends(*i).contains(&crate::space::to_u32(index)));
            let mut ports = serving
                .flat_map(|(_, s)| &s.ports)
                .filter(|p| p.port == DNS && p.protocol == protocol);
            let target = |t: &TargetPort| super::ports::target(endpoint, protocol, t);
            ports.find_map(|p| target(&p.target)).unwrap_or(DNS)
        };
        let (udp, tcp) = (port(Protocol::Udp), port(Protocol::Tcp));
        self.ports = self
            .ports
            .union(&PortSet::port(Protocol::Udp, udp))
            .union(&PortSet::port(Protocol::Tcp, tcp));
        self.pods.push(Resolver {
            endpoint: index,
            udp,
            tcp,
        });
    }

    /// Whether a rule's ports are those of DNS alone.
    fn is_for_dns(&self, ports: &haechi_policy::Ports) -> bool {
        let names_dns = |name: &str| name.starts_with("dns");
        let named = ports.named.iter().all(|n| names_dns(&n.name));
        let some = !ports.numbers.is_empty() || !ports.named.is_empty();
        some && named && ports.numbers.is_subset(&self.ports)
    }

    /// Pods that cannot resolve names, by what keeps them from it.
    fn blocked(&self, lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
        let (cluster, space) = (lint.cluster(), lint.compiled.space());
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for class in space
            .class_peers()
            .filter(|c| space.classes[*c as usize].network == PodNetwork::Own)
        {
            if let Some(group) = lint.compiled.group(Direction::Egress, class) {
                members.entry(group).or_default().push(class);
            }
        }
        let mut troubles: BTreeMap<(Trouble, Location), (String, Vec<usize>)> = BTreeMap::new();
        for (group, classes) in members {
            let is_resolver = |class: &u32| self.pods.iter().any(|r| space.class_of[r.endpoint] == *class);
            let classes: Vec<u32> = classes.into_iter().filter(|c| !is_resolver(c)).collect();
            let Some(&first) = classes.first() else { continue };
            let Some((trouble, location, because)) = self.trouble(lint, group, first) else {
                continue;
            };
            let (_, workloads) = troubles
                .entry((trouble, location))
                .or_insert_with(|| (because, Vec::new()));
            let members = classes.iter().flat_map(|c| &space.classes[*c as usize].members);
            workloads.extend(members.map(|m| cluster.endpoints[*m as usize].workload));
        }
        let diagnostic =
            |((trouble, location), (because, mut workloads)): ((Trouble, Location), (String, Vec<usize>))| {
                workloads.sort_unstable();
                workloads.dedup();
                let names: Vec<String> = workloads.iter().map(|w| cluster.workload_id(*w)).collect();
                trouble.diagnostic(location, &list(&names), &because, self.node_local)
            };
        troubles.into_iter().map(diagnostic).collect()
    }

    /// What keeps a group from resolving names, where, and in words.
    fn trouble(&self, lint: &Lint<'_, '_>, group: u32, class: u32) -> Option<(Trouble, Location, String)> {
        let member = lint.compiled.space().classes[class as usize].members[0] as usize;
        let reaches = |protocol| self.reaches(lint, group, protocol);
        let (udp, tcp) = (reaches(Protocol::Udp), reaches(Protocol::Tcp));
        let protocol = match (udp, tcp) {
            (true, true) => {
                self.node_local?;
                let to = End::Address(NODE_LOCAL);
                let outcome = lint.compiled.judged(Direction::Egress, &End::Endpoint(member), &to);
                if self.pods.is_empty() || outcome.on(Protocol::Udp, DNS) != Verdict::Deny {
                    return None;
                }
                let (location, because) = blame(lint, member, &to, Protocol::Udp, DNS)?;
                return Some((Trouble::WithoutCache, location, because));
            }
            (false, _) => Protocol::Udp,
            (true, false) => Protocol::Tcp,
        };
        // Where one protocol is open, the rule that opens it is the one that forgets the other.
        let opener = (udp != tcp).then(|| self.opener(lint, member, if udp { Protocol::Udp } else { Protocol::Tcp }));
        let (location, because) = match (opener.flatten(), self.pods.first()) {
            (Some(opener), _) => opener,
            (None, Some(resolver)) => {
                let to = End::Endpoint(resolver.endpoint);
                blame(lint, member, &to, protocol, resolver.port(protocol))?
            }
            (None, None) => {
                let isolating = lint.compiled.selecting(member, Direction::Egress);
                let mut isolating = isolating.filter(|e| isolates(e.policy));
                let policy = isolating.next()?.policy;
                (policy.location, policy.id.to_string())
            }
        };
        let trouble = match (udp, tcp) {
            (false, false) if meets_nothing(lint.compiled, class, Direction::Egress) => Trouble::Sealed,
            (false, false) => Trouble::Blocked,
            (false, true) => Trouble::WithoutUdp,
            (true, _) => Trouble::WithoutTcp,
        };
        Some((trouble, location, because))
    }

    /// The rule by which a pod may ask the resolver over a protocol.
    fn opener(&self, lint: &Lint<'_, '_>, member: usize, protocol: Protocol) -> Option<(Location, String)> {
        if self.pods.is_empty() {
            let policies = lint.compiled.selecting(member, Direction::Egress).map(|e| e.policy);
            return policies
                .flat_map(|policy| rules_of(policy).map(move |r| (policy, r)))
                .find(|(_, r)| r.direction == Direction::Egress && opens_dns(r.rule, protocol))
                .map(|(policy, r)| (r.rule.location, policy.id.to_string()));
        }
        self.pods.iter().find_map(|resolver| {
            let to = End::Endpoint(resolver.endpoint);
            let judgement = lint.compiled.explain(&End::Endpoint(member), &to).egress?;
            match judgement.decision(protocol, resolver.port(protocol)) {
                Decision::Rule(policy, step) if step.rule.action == Action::Allow => {
                    Some((step.rule.location, policy.id.to_string()))
                }
                _ => None,
            }
        })
    }

    /// Whether a group may ask any resolver over a protocol, as far as its own policies go.
    fn reaches(&self, lint: &Lint<'_, '_>, group: u32, protocol: Protocol) -> bool {
        let row = lint.compiled.row(Direction::Egress, group);
        let on = |id, port| lint.compiled.outcome(id).on(protocol, port) != Verdict::Deny;
        let space = lint.compiled.space();
        if !self.pods.is_empty() {
            return self
                .pods
                .iter()
                .any(|r| on(row.at(space.class_of[r.endpoint]), r.port(protocol)));
        }
        // The resolver is not shown: whatever is open on its port may be it, and so may a peer that is not shown.
        let unseen = |policy: &Policy| {
            let rules = policy.rules(Direction::Egress).map_or(&[][..], |r| &r.rules);
            let is_unseen = |rule: &Rule| matches_of(rule).iter().any(|m| lint.peers[m].is_empty());
            rules.iter().any(|rule| opens_dns(rule, protocol) && is_unseen(rule))
        };
        let book = lint.compiled.book();
        let policies = &lint.compiled.group_key(Direction::Egress, group).policies;
        row.outcomes(lint.compiled.space().len()).any(|id| on(id, DNS))
            || policies.iter().any(|p| unseen(book.policy(*p).policy))
    }

    /// How far a rule for DNS opens.
    fn opens(&self, lint: &Lint<'_, '_>, rule: RuleOf<'_>, found: &mut Vec<Diagnostic>) {
        let id = &rule.policy.id;
        if rule.rule.peers == Peers::Any {
            let message = format!("a rule of {id} opens port {DNS} of every address");
            found.push(codes::DNS_OPEN.note(rule.rule.location, message));
            return;
        }
        for m in matches_of(rule.rule) {
            if pod_selector(m).is_some() || !m.terms.iter().all(|t| matches!(t, Term::Namespace(_))) {
                let everywhere =
                    |t: &Term| matches!(t, Term::Network(n) if n.cidr.prefix_len() == 0 && n.except.is_empty());
                if m.terms.iter().any(everywhere) {
                    let message = format!("a rule of {id} opens port {DNS} of every address");
                    found.push(codes::DNS_OPEN.note(m.location, message));
                }
                continue;
            }
            let Some(whose) = self.namespace_of(lint, m) else {
                continue;
            };
            let message = format!("a rule of {id} opens port {DNS} of every pod of {whose}, not of the resolver alone");
            let hint = match self.pods.first() {
                Some(resolver) => {
                    let labels = &lint.cluster().endpoints[resolver.endpoint].labels;
                    format!(
                        "add to the same entry podSelector: {{matchLabels: {{{}}}}}",
                        resolver_label(labels)
                    )
                }
                None => "add to the same entry podSelector: {matchLabels: {k8s-app: kube-dns}}".to_owned(),
            };
            found.push(codes::DNS_OPENS_SYSTEM.at(m.location, message).hint(hint));
        }
    }

    /// In words, the namespaces that a peer opens if the resolver's is among them.
    fn namespace_of(&self, lint: &Lint<'_, '_>, m: &Match) -> Option<String> {
        let everything = |t: &Term| matches!(t, Term::Namespace(NamespaceMatch::Labelled(s)) if s.is_everything());
        if m.terms.iter().all(everything) {
            return Some("every namespace".to_owned());
        }
        let cluster = lint.cluster();
        let of = namespaces_of(lint, m);
        let system = NAMESPACES
            .iter()
            .filter_map(|n| cluster.namespace(n))
            .find(|n| of.contains(n));
        if let Some(system) = system {
            let name = &cluster.namespaces[system].name;
            return Some(match of.len() {
                1 => name.to_string(),
                more => format!("{name} and {} other namespaces", more - 1),
            });
        }
        m.terms.iter().find_map(|term| match term {
            Term::Namespace(NamespaceMatch::Labelled(selector)) => {
                selectors::terms(selector).iter().find_map(|t| match t {
                    Selector::In(key, values) if key.as_str() == METADATA_NAME => {
                        let system = values.iter().find(|v| NAMESPACES.contains(&v.as_str()));
                        system.map(ToString::to_string)
                    }
                    _ => None,
                })
            }
            _ => None,
        })
    }
}

/// Whether a rule allows the port of DNS.
fn opens_dns(rule: &Rule, protocol: Protocol) -> bool {
    let named = || rule.ports.named.iter().any(|n| n.name.starts_with("dns"));
    rule.action == Action::Allow && (rule.ports.numbers.contains(protocol, DNS) || named())
}

/// The label that tells the resolver from others.
fn resolver_label(labels: &haechi_model::Labels) -> String {
    let keys = [
        "k8s-app",
        "app.kubernetes.io/name",
        "dns.operator.openshift.io/daemonset-dns",
    ];
    let found = keys
        .iter()
        .find_map(|key| Some(format!("{key}: {}", labels.value(key)?)));
    found.unwrap_or_else(|| "k8s-app: kube-dns".to_owned())
}

fn isolates(policy: &Policy) -> bool {
    policy
        .egress
        .as_ref()
        .is_some_and(|r| r.isolation == haechi_policy::Isolation::Isolates)
}

/// What denies a pod's connection: where it stands and its name.
fn blame(lint: &Lint<'_, '_>, from: usize, to: &End, protocol: Protocol, port: u16) -> Option<(Location, String)> {
    let explanation = lint.compiled.explain(&End::Endpoint(from), to);
    match explanation.egress?.decision(protocol, port) {
        Decision::Rule(policy, step) => Some((step.rule.location, policy.id.to_string())),
        Decision::Isolated(policies) => {
            // The widest is the one that was written to shut.
            let pods = |p: &&&Policy| p.subjects.iter().filter(|m| pod_selector(m).is_some()).count();
            let policy = policies.iter().min_by_key(pods)?;
            Some((policy.location, policy.id.to_string()))
        }
        Decision::Open | Decision::Undefined(..) => None,
    }
}

impl Trouble {
    fn diagnostic(self, location: Location, who: &str, because: &str, cache: Option<Location>) -> Diagnostic {
        match self {
            Self::Blocked => codes::DNS_BLOCKED
                .at(
                    location,
                    format!("{who} cannot resolve names: {because} denies them the cluster's resolver"),
                )
                .hint("allow UDP and TCP 53 to the resolver's pods"),
            Self::Sealed => codes::DNS_BLOCKED
                .note(
                    location,
                    format!("{who} can neither resolve names nor reach anything: {because} denies all egress"),
                )
                .hint("if they are to reach something, allow it, and UDP and TCP 53 to the resolver's pods"),
            Self::WithoutTcp => codes::DNS_WITHOUT_TCP
                .at(
                    location,
                    format!("{who} may ask the resolver over UDP alone, by {because}: long answers fail"),
                )
                .hint("allow TCP 53 beside UDP 53"),
            Self::WithoutUdp => codes::DNS_WITHOUT_UDP
                .at(
                    location,
                    format!("{who} may ask the resolver over TCP alone, by {because}: UDP is asked first"),
                )
                .hint("allow UDP 53 beside TCP 53; a port without protocol is TCP"),
            Self::WithoutCache => {
                let message =
                    format!("{who} may ask CoreDNS, but {because} denies the node-local cache at {NODE_LOCAL}");
                let diagnostic = codes::DNS_NODE_LOCAL
                    .at(location, message)
                    .hint(format!("allow UDP and TCP 53 to ipBlock {NODE_LOCAL}/32"));
                match cache {
                    Some(cache) => diagnostic.related(cache, "the node-local cache"),
                    None => diagnostic,
                }
            }
        }
    }
}

/// A peer that picks out a namespace by a label that is just its name.
fn by_free_label(lint: &Lint<'_, '_>, policy: &Policy, m: &Match, for_dns: bool) -> Option<Diagnostic> {
    let selector = m.terms.iter().find_map(|term| match term {
        Term::Namespace(NamespaceMatch::Labelled(selector)) if !selector.is_everything() => Some(selector),
        _ => None,
    })?;
    let terms = selectors::terms(selector);
    let pins = |t: &Selector| matches!(t, Selector::In(key, _) if key.as_str() == METADATA_NAME);
    if terms.iter().any(pins) {
        return None;
    }
    let of = namespaces_of(lint, m);
    let [namespace] = *of else { return None };
    let name = &lint.cluster().namespaces[namespace].name;
    let is_name = |t: &&Selector| match t {
        Selector::In(key, values) => {
            let last = key.rsplit('/').next().unwrap_or_default();
            matches!(last, "name" | "ns" | "namespace" | "namespace-name") && values.contains(name)
        }
        _ => false,
    };
    let system = NAMESPACES.contains(&name.as_str());
    let term = terms
        .iter()
        .find(is_name)
        .or_else(|| terms.first().filter(|_| for_dns && system))?;
    let message = format!(
        "{} trusts {term} to be namespace {name}, a label that others may set on theirs",
        policy.id
    );
    let diagnostic = if for_dns {
        codes::NAMESPACE_LABEL.at(m.location, message)
    } else {
        codes::NAMESPACE_LABEL.note(m.location, message)
    };
    Some(diagnostic.hint(format!("select by {METADATA_NAME}: {name}")))
}
