//! Objects as documents, as a parser of YAML would make them.

use haechi_model::document::{Builder, Document, Style};
use haechi_model::place::FileId;
use haechi_model::port::Protocol;
use haechi_policy::Action;

use super::{
    Kind, LabelSelector, NetworkPeer, NetworkPolicy, NetworkPort, NetworkRule, NumberOrName, Operator, Pods,
    PolicyType, Prioritised, PriorityPeer, PriorityPort, PriorityRule, TierName,
};

/// A value of YAML.
#[derive(Clone, Debug)]
pub(crate) enum Yaml {
    Text(String),
    Number(u16),
    Map(Vec<(&'static str, Yaml)>),
    Labels(Vec<(String, String)>),
    List(Vec<Yaml>),
}

impl Yaml {
    pub(crate) fn document(&self, file: FileId) -> Document<'static> {
        let mut builder = Builder::new(file);
        self.add(&mut builder, &mut 0);
        builder.finish().expect("a document")
    }

    fn add(&self, builder: &mut Builder<'static>, line: &mut u32) {
        *line += 1;
        let scalar =
            |builder: &mut Builder<'static>, text: String, style, line| builder.scalar(text, style, line, 1, line);
        match self {
            Self::Text(text) => scalar(builder, text.clone(), Style::Text, *line),
            Self::Number(number) => scalar(builder, number.to_string(), Style::Plain, *line),
            Self::Map(fields) => {
                builder.open_mapping(*line, 1);
                for (key, value) in fields {
                    scalar(builder, (*key).to_owned(), Style::Plain, *line);
                    value.add(builder, line);
                }
                builder.close(None);
            }
            Self::Labels(pairs) => {
                builder.open_mapping(*line, 1);
                for (key, value) in pairs {
                    scalar(builder, key.clone(), Style::Plain, *line);
                    scalar(builder, value.clone(), Style::Text, *line);
                }
                builder.close(None);
            }
            Self::List(items) => {
                builder.open_sequence(*line, 1);
                items.iter().for_each(|item| item.add(builder, line));
                builder.close(None);
            }
        }
    }

    fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    fn texts(texts: &[impl ToString]) -> Self {
        Self::list(texts, |text| Self::text(text.to_string()))
    }

    fn one(key: &'static str, value: Self) -> Self {
        Self::Map(vec![(key, value)])
    }

    fn list<T>(items: &[T], item: impl Fn(&T) -> Self) -> Self {
        Self::List(items.iter().map(item).collect())
    }
}

fn object(version: &str, kind: &str, metadata: Vec<(&'static str, Yaml)>, spec: Vec<(&'static str, Yaml)>) -> Yaml {
    Yaml::Map(vec![
        ("apiVersion", Yaml::text(version)),
        ("kind", Yaml::text(kind)),
        ("metadata", Yaml::Map(metadata)),
        ("spec", Yaml::Map(spec)),
    ])
}

impl LabelSelector {
    fn written(&self) -> Yaml {
        let mut fields = Vec::new();
        if !self.labels.is_empty() {
            let pairs = self
                .labels
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect();
            fields.push(("matchLabels", Yaml::Labels(pairs)));
        }
        if !self.expressions.is_empty() {
            let expression = |r: &super::Requirement| {
                let mut fields = vec![
                    ("key", Yaml::text(&r.key)),
                    (
                        "operator",
                        Yaml::text(match r.operator {
                            Operator::In => "In",
                            Operator::NotIn => "NotIn",
                            Operator::Exists => "Exists",
                            Operator::DoesNotExist => "DoesNotExist",
                        }),
                    ),
                ];
                if !r.values.is_empty() {
                    fields.push(("values", Yaml::texts(&r.values)));
                }
                Yaml::Map(fields)
            };
            fields.push(("matchExpressions", Yaml::list(&self.expressions, expression)));
        }
        Yaml::Map(fields)
    }
}

impl NetworkPolicy {
    pub(super) fn written(&self) -> Yaml {
        let mut spec = Vec::new();
        if let Some(pods) = &self.pods {
            spec.push(("podSelector", pods.written()));
        }
        if let Some(types) = &self.types {
            let word = |kind: &PolicyType| {
                Yaml::text(match kind {
                    PolicyType::Ingress => "Ingress",
                    PolicyType::Egress => "Egress",
                })
            };
            spec.push(("policyTypes", Yaml::list(types, word)));
        }
        if let Some(rules) = &self.ingress {
            spec.push(("ingress", Yaml::list(rules, |r| r.written("from"))));
        }
        if let Some(rules) = &self.egress {
            spec.push(("egress", Yaml::list(rules, |r| r.written("to"))));
        }
        let metadata = vec![
            ("name", Yaml::text(&self.name)),
            ("namespace", Yaml::text(&self.namespace)),
        ];
        object("networking.k8s.io/v1", "NetworkPolicy", metadata, spec)
    }
}

impl NetworkRule {
    fn written(&self, peers_key: &'static str) -> Yaml {
        let mut fields = Vec::new();
        if let Some(peers) = &self.peers {
            fields.push((peers_key, Yaml::list(peers, NetworkPeer::written)));
        }
        if let Some(ports) = &self.ports {
            fields.push(("ports", Yaml::list(ports, NetworkPort::written)));
        }
        Yaml::Map(fields)
    }
}

impl NetworkPeer {
    fn written(&self) -> Yaml {
        match self {
            Self::Block(cidr, except) => {
                let mut fields = vec![("cidr", Yaml::text(cidr))];
                if !except.is_empty() {
                    fields.push(("except", Yaml::texts(except)));
                }
                Yaml::one("ipBlock", Yaml::Map(fields))
            }
            Self::Selectors { namespaces, pods } => {
                let namespaces = namespaces.iter().map(|s| ("namespaceSelector", s.written()));
                Yaml::Map(
                    namespaces
                        .chain(pods.iter().map(|s| ("podSelector", s.written())))
                        .collect(),
                )
            }
        }
    }
}

impl NetworkPort {
    fn written(&self) -> Yaml {
        let mut fields = Vec::new();
        if let Some(protocol) = self.protocol {
            fields.push(("protocol", Yaml::text(protocol)));
        }
        match &self.port {
            NumberOrName::Absent => {}
            NumberOrName::Number(port) => fields.push(("port", Yaml::Number(*port))),
            NumberOrName::Range(first, last) => {
                fields.extend([("port", Yaml::Number(*first)), ("endPort", Yaml::Number(*last))]);
            }
            NumberOrName::Named(name) => fields.push(("port", Yaml::text(name))),
        }
        Yaml::Map(fields)
    }
}

impl Prioritised {
    pub(super) fn written(&self) -> Yaml {
        let mut spec = Vec::new();
        if let Kind::Cluster(tier) = self.kind {
            spec.push((
                "tier",
                Yaml::text(match tier {
                    TierName::Admin => "Admin",
                    TierName::Baseline => "Baseline",
                }),
            ));
        }
        if self.kind != Kind::Baseline {
            spec.push(("priority", Yaml::Number(self.priority)));
        }
        spec.push(("subject", Yaml::Map(self.subject.fields())));
        for (key, peers_key, rules) in [("ingress", "from", &self.ingress), ("egress", "to", &self.egress)] {
            if !rules.is_empty() {
                spec.push((key, Yaml::list(rules, |r| r.written(self.kind, peers_key))));
            }
        }
        let version = match self.kind {
            Kind::Admin | Kind::Baseline => "policy.networking.k8s.io/v1alpha1",
            Kind::Cluster(_) => "policy.networking.k8s.io/v1alpha2",
        };
        object(version, self.kind.name(), vec![("name", Yaml::text(&self.name))], spec)
    }
}

impl Pods {
    fn fields(&self) -> Vec<(&'static str, Yaml)> {
        match self {
            Self::Namespaces(namespaces) => vec![("namespaces", namespaces.written())],
            Self::Pods { namespaces, pods } => {
                let pods = vec![
                    ("namespaceSelector", namespaces.written()),
                    ("podSelector", pods.written()),
                ];
                vec![("pods", Yaml::Map(pods))]
            }
        }
    }
}

impl PriorityRule {
    fn written(&self, kind: Kind, peers_key: &'static str) -> Yaml {
        let action = match (self.action, kind) {
            (Action::Allow, Kind::Cluster(_)) => "Accept",
            (Action::Allow, _) => "Allow",
            (Action::Deny, _) => "Deny",
            (Action::Pass, _) => "Pass",
            (Action::Log, _) => unreachable!("none of these kinds logs"),
        };
        let mut fields = vec![
            ("action", Yaml::text(action)),
            (peers_key, Yaml::list(&self.peers, PriorityPeer::written)),
        ];
        if let Some(ports) = &self.ports {
            fields.push(match kind {
                Kind::Cluster(_) => ("protocols", Yaml::list(ports, PriorityPort::written_as_protocol)),
                Kind::Admin | Kind::Baseline => ("ports", Yaml::list(ports, PriorityPort::written_as_port)),
            });
        }
        Yaml::Map(fields)
    }
}

impl PriorityPeer {
    fn written(&self) -> Yaml {
        match self {
            Self::Pods(pods) => Yaml::Map(pods.fields()),
            Self::Nodes(selector) => Yaml::one("nodes", selector.written()),
            Self::Networks(blocks) => Yaml::one("networks", Yaml::texts(blocks)),
            Self::Domains(names) => Yaml::one("domainNames", Yaml::texts(names)),
            Self::Empty => Yaml::Map(Vec::new()),
        }
    }
}

impl PriorityPort {
    fn written_as_port(&self) -> Yaml {
        // TCP is what a protocol that is left out means: leave it out, half of the time.
        let protocol = |protocol: Protocol, port: u16| {
            let implied = protocol == Protocol::Tcp && port.is_multiple_of(2);
            (!implied).then(|| ("protocol", Yaml::text(protocol)))
        };
        match self {
            Self::All(_) => unreachable!("v1alpha1 has no such port"),
            Self::Number(p, number) => {
                let fields = protocol(*p, *number)
                    .into_iter()
                    .chain([("port", Yaml::Number(*number))]);
                Yaml::one("portNumber", Yaml::Map(fields.collect()))
            }
            Self::Range(p, start, end) => {
                let ends = [("start", Yaml::Number(*start)), ("end", Yaml::Number(*end))];
                Yaml::one(
                    "portRange",
                    Yaml::Map(protocol(*p, *start).into_iter().chain(ends).collect()),
                )
            }
            Self::Named(name) => Yaml::one("namedPort", Yaml::text(name)),
        }
    }

    fn written_as_protocol(&self) -> Yaml {
        let key = |protocol: Protocol| match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
            Protocol::Icmp | Protocol::Icmpv6 => unreachable!("these kinds do not speak of ICMP"),
        };
        let ported = |protocol, port| Yaml::one(key(protocol), Yaml::one("destinationPort", port));
        match self {
            Self::All(protocol) => Yaml::one(key(*protocol), Yaml::Map(Vec::new())),
            Self::Number(protocol, number) => ported(*protocol, Yaml::one("number", Yaml::Number(*number))),
            Self::Range(protocol, start, end) => {
                let ends = vec![("start", Yaml::Number(*start)), ("end", Yaml::Number(*end))];
                ported(*protocol, Yaml::one("range", Yaml::Map(ends)))
            }
            Self::Named(name) => Yaml::one("destinationNamedPort", Yaml::text(name)),
        }
    }
}
