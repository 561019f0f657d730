//! Manifests in, answers as text out.

use std::fmt::Write;

use haechi_engine::change::{Change, Edit, Flip, Wanted, flip};
use haechi_engine::{Decision, End, Explanation, Judgement, Part, explain, explain_all};
use haechi_model::{Cluster, PortSet, Profile, Protocol};
use haechi_policy::{Policy, PolicySet};
use haechi_source::{Options, Snapshot, read_texts};

/// A cluster with its policies.
pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    pub(crate) policies: PolicySet,
    profile: Profile,
}

impl World {
    pub(crate) fn new(yaml: &str) -> Self {
        Self::under(Profile::Kubernetes, yaml)
    }

    pub(crate) fn under(profile: Profile, yaml: &str) -> Self {
        let snapshot = read_texts(vec![("m.yaml".to_owned(), yaml.to_owned())], &Options::default());
        assert!(snapshot.diagnostics.is_empty(), "{:#?}", snapshot.diagnostics);
        let policies = haechi_policy::dialect::lower(&snapshot.policies, profile, &mut Vec::new());
        Self {
            snapshot,
            policies,
            profile,
        }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.snapshot.cluster
    }

    /// The ends that a name means: all of a workload's, or an address, or a domain name.
    pub(crate) fn ends(&self, name: &str) -> Vec<End> {
        let cluster = self.cluster();
        if let Ok(address) = name.parse() {
            return vec![End::Address(address)];
        }
        if let Some(domain) = name.strip_prefix("fqdn:") {
            return vec![End::Domain(domain.into())];
        }
        let ends: Vec<End> = (0..cluster.endpoints.len())
            .filter(|&e| {
                let workload = cluster.workload_id(cluster.endpoints[e].workload);
                [workload, cluster.endpoint_id(e)].iter().any(|id| id == name)
            })
            .map(End::Endpoint)
            .collect();
        assert!(!ends.is_empty(), "nothing is called {name}");
        ends
    }

    pub(crate) fn explanation(&self, from: &str, to: &str) -> Explanation<'_> {
        explain(self.cluster(), &self.policies, &self.ends(from)[0], &self.ends(to)[0])
    }

    /// The verdict on one port, with what every policy had to do with it.
    pub(crate) fn why(&self, from: &str, to: &str, port: &str) -> String {
        let explanation = self.explanation(from, to);
        let (protocol, port) = parsed(port);
        let mut text = format!(
            "{} ({:?})\n",
            explanation.outcome.on(protocol, port),
            explanation.locality
        );
        for judgement in explanation.judgements() {
            let verdict = judgement.outcome.on(protocol, port);
            writeln!(
                text,
                "{}: {verdict}, {}",
                judgement.direction,
                self.decision(judgement, protocol, port)
            )
            .expect("a string takes it");
            for tier in &judgement.tiers {
                writeln!(text, "  {}", tier.tier.name).expect("a string takes it");
                for policy in &tier.policies {
                    let part = judgement.part(tier, policy, protocol, port);
                    writeln!(text, "    {}: {}", policy.policy.id, said(&part)).expect("a string takes it");
                }
            }
        }
        text
    }

    /// Who fares alike, and what they meet.
    pub(crate) fn groups(&self, from: &str, to: &str) -> String {
        let mut text = String::new();
        for group in explain_all(self.cluster(), &self.policies, &self.ends(from), &self.ends(to)) {
            let names = |ends: &[End]| {
                let names: Vec<String> = ends.iter().map(|e| self.name(e)).collect();
                names.join(", ")
            };
            writeln!(
                text,
                "{} pairs: {} -> {}: {}",
                group.pairs,
                names(&group.from),
                names(&group.to),
                group.explanation.outcome
            )
            .expect("a string takes it");
        }
        text
    }

    /// What would flip the verdict on some ports.
    pub(crate) fn flipped(&self, from: &str, to: &str, ports: &str) -> String {
        let (explanation, ports) = (self.explanation(from, to), set(ports));
        let verdict = {
            let range = ports.ranges().next().expect("there are ports");
            explanation.outcome.on(range.protocol, range.from)
        };
        self.flipped_to(&explanation, &ports, Wanted::opposite(verdict))
    }

    pub(crate) fn flipped_to(&self, explanation: &Explanation<'_>, ports: &PortSet, wanted: Wanted) -> String {
        let Flip {
            wanted,
            changes,
            obstacles,
        } = flip(self.cluster(), &self.policies, self.profile, explanation, ports, wanted);
        let mut text = format!("{wanted:?}\n");
        for Change { edits, outcome } in &changes {
            writeln!(text, "* then {outcome}").expect("a string takes it");
            for edit in edits {
                text.push_str(&self.edit(edit));
                self.prove_its_yaml(edit);
            }
        }
        for obstacle in obstacles {
            writeln!(text, "{obstacle:?}").expect("a string takes it");
        }
        text
    }

    fn edit(&self, edit: &Edit<'_>) -> String {
        match edit {
            Edit::AddRule {
                policy,
                direction,
                before,
                rule,
            } => {
                let place = before.map_or(String::new(), |b| format!(" before {b}"));
                format!("add to {direction} of {}{place}:\n{}", policy.id, rule.yaml)
            }
            Edit::RemoveRule {
                policy,
                direction,
                index,
                rule,
            } => {
                let place = self.snapshot.files.show(rule.location);
                format!("remove {direction} {index} of {} at {place}\n", policy.id)
            }
            Edit::RemovePeers {
                policy,
                direction,
                index,
                peers,
                ..
            } => {
                let places: Vec<String> = peers.iter().map(|p| self.snapshot.files.show(*p).to_string()).collect();
                let places = places.join(", ");
                format!("remove from {direction} {index} of {}: {places}\n", policy.id)
            }
            Edit::AddPolicy(policy) => policy.yaml.clone(),
        }
    }

    /// What is shown says what was proved: it is read back.
    fn prove_its_yaml(&self, edit: &Edit<'_>) {
        let read = |yaml: String| -> Policy {
            let world = Self::under(self.profile, &yaml);
            world.policies.policies().next().expect("a policy was read").clone()
        };
        match edit {
            Edit::AddPolicy(new) => {
                let read = read(new.yaml.clone());
                assert_eq!(format!("{:?}", stripped(&read)), format!("{:?}", stripped(&new.policy)));
            }
            Edit::AddRule {
                policy,
                direction,
                rule,
                ..
            } => {
                let list = direction.to_string();
                let indented = rule.yaml.replace('\n', "\n    ");
                let (head, subject) = match &*policy.id.kind {
                    "NetworkPolicy" => (
                        "networking.k8s.io/v1",
                        format!("podSelector: {{}}\n  policyTypes: [{}]", capital(&list)),
                    ),
                    "ClusterNetworkPolicy" => (
                        "policy.networking.k8s.io/v1alpha2",
                        "tier: Admin\n  priority: 1\n  subject: {namespaces: {}}".to_owned(),
                    ),
                    "AdminNetworkPolicy" => (
                        "policy.networking.k8s.io/v1alpha1",
                        "priority: 1\n  subject: {namespaces: {}}".to_owned(),
                    ),
                    _ => (
                        "policy.networking.k8s.io/v1alpha1",
                        "subject: {namespaces: {}}".to_owned(),
                    ),
                };
                let namespace = policy
                    .id
                    .namespace
                    .as_ref()
                    .map_or(String::new(), |n| format!(", namespace: {n}"));
                let yaml = format!(
                    "apiVersion: {head}\nkind: {}\nmetadata: {{name: default{namespace}}}\nspec:\n  {subject}\n  {list}:\n    {indented}",
                    policy.id.kind,
                );
                let read = read(yaml);
                let rules = read.rules(*direction).expect("it has rules");
                let (mut read, mut proved) = (rules.rules[0].clone(), rule.rule.clone());
                read.location = proved.location;
                proved.name = None;
                assert_eq!(read.action, proved.action);
                assert_eq!(read.peers, proved.peers);
                assert_eq!(read.ports, proved.ports);
            }
            Edit::RemoveRule { .. } | Edit::RemovePeers { .. } => {}
        }
    }

    fn decision(&self, judgement: &Judgement<'_>, protocol: Protocol, port: u16) -> String {
        match judgement.decision(protocol, port) {
            Decision::Rule(policy, rule) => {
                format!(
                    "by {} {} at {}",
                    policy.id,
                    rule.index,
                    self.snapshot.files.show(rule.rule.location)
                )
            }
            Decision::Isolated(policies) => {
                let names: Vec<String> = policies.iter().map(|p| p.id.to_string()).collect();
                format!("isolated by {}", names.join(", "))
            }
            Decision::Open => "nothing isolates it".to_owned(),
            Decision::Undefined(rules, policies) => {
                let rules: Vec<String> = rules
                    .iter()
                    .map(|(p, r)| format!("{} {} ({:?})", p.id, r.index, r.reasons))
                    .collect();
                let policies: Vec<String> = policies.iter().map(|p| p.id.to_string()).collect();
                format!(
                    "hangs on {}; else isolated by [{}]",
                    rules.join(", "),
                    policies.join(", ")
                )
            }
        }
    }

    pub(crate) fn name(&self, end: &End) -> String {
        match end {
            End::Endpoint(e) => self.cluster().endpoint_id(*e),
            End::Address(address) => address.to_string(),
            End::Domain(name) => format!("fqdn:{name}"),
        }
    }
}

fn said(part: &Part) -> String {
    match part {
        Part::OtherPorts(ports) => format!("matches on {ports}"),
        Part::Isolates(ports) if ports.is_empty() => "Isolates".to_owned(),
        Part::Isolates(ports) => format!("Isolates, matches on {ports}"),
        part => format!("{part:?}"),
    }
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A policy without the places of what it says.
fn stripped(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    let nowhere = haechi_model::Location::default();
    policy.location = nowhere;
    policy.subjects.iter_mut().for_each(|m| m.location = nowhere);
    for rule in policy
        .ingress
        .iter_mut()
        .chain(&mut policy.egress)
        .flat_map(|r| &mut r.rules)
    {
        rule.location = nowhere;
        if let haechi_policy::Peers::Of(matches) = &mut rule.peers {
            matches.iter_mut().for_each(|m| m.location = nowhere);
        }
    }
    policy
}

/// `80`, `80/TCP`.
pub(crate) fn parsed(port: &str) -> (Protocol, u16) {
    let (number, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
    (
        Protocol::named(protocol).expect("a protocol"),
        number.parse().expect("a port"),
    )
}

/// `80`, `80/TCP`, `8000-8010/UDP`, `all`.
pub(crate) fn set(ports: &str) -> PortSet {
    if ports == "all" {
        return PortSet::with_ports();
    }
    let (numbers, protocol) = ports.split_once('/').unwrap_or((ports, "TCP"));
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    PortSet::range(
        Protocol::named(protocol).expect("a protocol"),
        first.parse().expect("a port"),
        last.parse().expect("a port"),
    )
}

/// A namespace, Deployments of it with an `app` label and port 8080, each `NAME` or `NAME:label=value`.
pub(crate) fn namespace(name: &str, apps: &[&str]) -> String {
    let mut yaml = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n---\n");
    for app in apps {
        write!(
            yaml,
            r"apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}, namespace: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}, team: {name}, pod-template-hash: '1'}}}}
    spec: {{containers: [{{name: c, ports: [{{name: http, containerPort: 8080}}]}}]}}
---
"
        )
        .expect("a string takes it");
    }
    yaml
}
