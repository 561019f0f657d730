//! Policies as YAML, laid out as people lay them out.

use std::fmt::Write;

use super::{AdminPolicy, Operator, Peer, Policy, Port, PortMatch, Rule, Selector, Way};

impl Policy {
    pub(in crate::generate) fn to_yaml(&self) -> String {
        let mut yaml = Lines::default();
        yaml.line(0, "apiVersion: networking.k8s.io/v1");
        yaml.line(0, "kind: NetworkPolicy");
        yaml.line(0, "metadata:");
        yaml.line(2, &format!("name: {}", self.name));
        yaml.line(2, &format!("namespace: {}", self.namespace));
        yaml.line(0, "spec:");
        yaml.selector(2, "podSelector", &self.subject);
        yaml.line(2, "policyTypes:");
        for (section, name) in [(&self.ingress, "Ingress"), (&self.egress, "Egress")] {
            if section.is_some() {
                yaml.line(2, &format!("- {name}"));
            }
        }
        for (section, key, peers) in [(&self.ingress, "ingress", "from"), (&self.egress, "egress", "to")] {
            match section.as_deref() {
                None => {}
                Some([]) => yaml.line(2, &format!("{key}: []")),
                Some(rules) => {
                    yaml.line(2, &format!("{key}:"));
                    for rule in rules {
                        yaml.rule(peers, rule);
                    }
                }
            }
        }
        yaml.0
    }
}

impl AdminPolicy {
    pub(in crate::generate) fn to_yaml(&self) -> String {
        let mut yaml = Lines::default();
        yaml.line(0, "apiVersion: policy.networking.k8s.io/v1alpha1");
        yaml.line(0, "kind: AdminNetworkPolicy");
        yaml.line(0, "metadata:");
        yaml.line(2, &format!("name: {}", self.name));
        yaml.line(0, "spec:");
        yaml.line(2, &format!("priority: {}", self.priority));
        yaml.line(2, "subject:");
        yaml.selector(4, "namespaces", &self.subject);
        for rule in &self.rules {
            let (section, peers) = match rule.way {
                Way::From(_) => ("ingress", "from"),
                Way::To(_) => ("egress", "to"),
            };
            yaml.line(2, &format!("{section}:"));
            yaml.line(2, &format!("- action: {}", rule.action));
            yaml.line(4, &format!("{peers}:"));
            match &rule.way {
                Way::From(namespaces) => yaml.selector(4, "- namespaces", namespaces),
                Way::To(networks) => {
                    yaml.line(4, "- networks:");
                    for network in networks {
                        yaml.line(6, &format!("- {network}"));
                    }
                }
            }
            if !rule.ports.is_empty() {
                yaml.line(4, "ports:");
            }
            for PortMatch { protocol, port } in &rule.ports {
                match port {
                    Port::Number(number) => {
                        yaml.line(4, "- portNumber:");
                        yaml.line(8, &format!("port: {number}"));
                        yaml.line(8, &format!("protocol: {protocol}"));
                    }
                    Port::Range(start, end) => {
                        yaml.line(4, "- portRange:");
                        yaml.line(8, &format!("start: {start}"));
                        yaml.line(8, &format!("end: {end}"));
                        yaml.line(8, &format!("protocol: {protocol}"));
                    }
                    Port::Named(name) => yaml.line(4, &format!("- namedPort: {name}")),
                }
            }
        }
        yaml.0
    }
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{:indent$}{text}", "");
    }

    /// A selector under its key; `key` may begin with the dash of a list's item.
    fn selector(&mut self, indent: usize, key: &str, selector: &Selector) {
        let Selector { labels, expressions } = selector;
        if labels.is_empty() && expressions.is_empty() {
            return self.line(indent, &format!("{key}: {{}}"));
        }
        self.line(indent, &format!("{key}:"));
        let indent = indent + if key.starts_with('-') { 4 } else { 2 };
        if !labels.is_empty() {
            self.line(indent, "matchLabels:");
        }
        for (key, value) in labels {
            self.line(indent + 2, &format!("{key}: {value}"));
        }
        if !expressions.is_empty() {
            self.line(indent, "matchExpressions:");
        }
        for (key, operator) in expressions {
            let (name, values): (_, &[String]) = match operator {
                Operator::In(values) => ("In", values),
                Operator::NotIn(values) => ("NotIn", values),
                Operator::Exists => ("Exists", &[]),
                Operator::DoesNotExist => ("DoesNotExist", &[]),
            };
            self.line(indent, &format!("- key: {key}"));
            self.line(indent + 2, &format!("operator: {name}"));
            if !values.is_empty() {
                self.line(indent + 2, &format!("values: [{}]", values.join(", ")));
            }
        }
    }

    fn rule(&mut self, key: &str, Rule { peers, ports }: &Rule) {
        self.line(2, &format!("- {key}:"));
        for peer in peers {
            match peer {
                Peer::Pods(pods) => self.selector(4, "- podSelector", pods),
                Peer::Namespaces(namespaces) => self.selector(4, "- namespaceSelector", namespaces),
                Peer::PodsOf { namespaces, pods } => {
                    self.selector(4, "- namespaceSelector", namespaces);
                    self.selector(6, "podSelector", pods);
                }
                Peer::Block { cidr, except } => {
                    self.line(4, "- ipBlock:");
                    self.line(8, &format!("cidr: {cidr}"));
                    if !except.is_empty() {
                        self.line(8, "except:");
                    }
                    for hole in except {
                        self.line(8, &format!("- {hole}"));
                    }
                }
            }
        }
        if !ports.is_empty() {
            self.line(4, "ports:");
        }
        for PortMatch { protocol, port } in ports {
            self.line(4, &format!("- protocol: {protocol}"));
            match port {
                Port::Number(number) => self.line(6, &format!("port: {number}")),
                Port::Range(start, end) => {
                    self.line(6, &format!("port: {start}"));
                    self.line(6, &format!("endPort: {end}"));
                }
                Port::Named(name) => self.line(6, &format!("port: {name}")),
            }
        }
    }
}
