//! Policies in the making, and how they are written.

use haechi_model::cluster::METADATA_NAME;
use haechi_model::{Labels, Name, Protocol};
use ipnet::IpNet;

use crate::yaml::Yaml;

/// A policy in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// What it does, in a sentence.
    pub(super) about: String,
    pub(super) name: Name,
    pub(super) kind: DraftKind,
}

/// What kind of policy it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DraftKind {
    NetworkPolicy {
        namespace: Name,
        /// The labels of the pods that it selects; all of the namespace without any.
        pods: Labels,
        /// `None` where it says nothing of the direction.
        ingress: Option<Vec<Rule>>,
        egress: Option<Vec<Rule>>,
    },
    ClusterNetworkPolicy {
        tier: Tier,
        priority: u16,
        /// The namespaces that it leaves out.
        except: Vec<Name>,
        ingress: Vec<OrderedRule>,
        egress: Vec<OrderedRule>,
    },
}

/// A tier of cluster-wide policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    Admin,
    Baseline,
}

impl Tier {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Baseline => "Baseline",
        }
    }
}

/// A rule of a NetworkPolicy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// Everybody without any.
    pub(super) peers: Vec<Peer>,
    /// Every port without any.
    pub(super) ports: Vec<Port>,
}

/// Some who talk or are talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Pods {
        namespaces: Namespaces,
        /// All of them without any.
        labels: Labels,
    },
    Block {
        cidr: IpNet,
        except: Vec<IpNet>,
    },
}

/// Whose pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Namespaces {
    /// The policy's own.
    Own,
    /// That of another.
    Named(Name),
    Any,
}

/// Ports of the destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Port {
    Numbers(Protocol, u16, u16),
    Named(Protocol, Name),
    Every(Protocol),
}

/// A rule of a ClusterNetworkPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OrderedRule {
    pub(super) name: &'static str,
    pub(super) action: Action,
    pub(super) peers: Vec<ClusterPeer>,
    pub(super) ports: Vec<(Protocol, u16)>,
}

/// What such a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Accept,
    Deny,
}

/// Some whom such a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClusterPeer {
    EveryPod,
    Pods(Name, Labels),
    Networks(Vec<IpNet>),
}

/// All drafts as one document each.
pub(super) fn document(drafts: &[Draft]) -> String {
    let documents: Vec<String> = drafts
        .iter()
        .map(|draft| {
            let about: Vec<String> = crate::table::wrap(&draft.about, 112)
                .into_iter()
                .map(|line| format!("# {line}\n"))
                .collect();
            format!("{}{}", about.concat(), draft.yaml().document())
        })
        .collect();
    documents.join("---\n")
}

impl Draft {
    /// `namespace/Kind/name`, or `Kind/name`.
    pub(super) fn id(&self) -> String {
        match &self.kind {
            DraftKind::NetworkPolicy { namespace, .. } => format!("{namespace}/NetworkPolicy/{}", self.name),
            DraftKind::ClusterNetworkPolicy { .. } => format!("ClusterNetworkPolicy/{}", self.name),
        }
    }

    fn yaml(&self) -> Yaml {
        let (version, kind, namespace, spec) = match &self.kind {
            DraftKind::NetworkPolicy {
                namespace,
                pods,
                ingress,
                egress,
            } => {
                let types = [(ingress, "Ingress"), (egress, "Egress")];
                let types = types.iter().filter(|(rules, _)| rules.is_some());
                let rules = |rules: &Option<Vec<Rule>>, peers| {
                    let rules = rules.as_ref().filter(|r| !r.is_empty())?;
                    Some(Yaml::List(rules.iter().map(|r| r.yaml(peers)).collect()))
                };
                let spec = Yaml::map([
                    ("podSelector", Some(selector(pods))),
                    (
                        "policyTypes",
                        Some(Yaml::List(types.map(|(_, name)| Yaml::text(*name)).collect())),
                    ),
                    ("ingress", rules(ingress, "from")),
                    ("egress", rules(egress, "to")),
                ]);
                (
                    "networking.k8s.io/v1",
                    "NetworkPolicy",
                    Some(Yaml::text(namespace.as_str())),
                    spec,
                )
            }
            DraftKind::ClusterNetworkPolicy {
                tier,
                priority,
                except,
                ingress,
                egress,
            } => {
                let rules = |rules: &[OrderedRule], peers| {
                    (!rules.is_empty()).then(|| Yaml::List(rules.iter().map(|r| r.yaml(peers)).collect()))
                };
                let spec = Yaml::map([
                    ("tier", Some(Yaml::text(tier.name()))),
                    ("priority", Some(Yaml::number(*priority))),
                    ("subject", Some(Yaml::map([("namespaces", Some(all_but(except)))]))),
                    ("ingress", rules(ingress, "from")),
                    ("egress", rules(egress, "to")),
                ]);
                ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", None, spec)
            }
        };
        Yaml::map([
            ("apiVersion", Some(Yaml::text(version))),
            ("kind", Some(Yaml::text(kind))),
            (
                "metadata",
                Some(Yaml::map([
                    ("name", Some(Yaml::text(self.name.as_str()))),
                    ("namespace", namespace),
                ])),
            ),
            ("spec", Some(spec)),
        ])
    }
}

/// A label selector; `{}` for everything.
fn selector(labels: &Labels) -> Yaml {
    let labels: Vec<(String, Yaml)> = labels
        .iter()
        .map(|(key, value)| (key.to_string(), Yaml::text(value.as_str())))
        .collect();
    Yaml::map([("matchLabels", (!labels.is_empty()).then_some(Yaml::Map(labels)))])
}

fn all_but(namespaces: &[Name]) -> Yaml {
    let expression = || {
        Yaml::map([
            ("key", Some(Yaml::text(METADATA_NAME))),
            ("operator", Some(Yaml::text("NotIn"))),
            (
                "values",
                Some(Yaml::List(namespaces.iter().map(|n| Yaml::text(n.as_str())).collect())),
            ),
        ])
    };
    let expressions = (!namespaces.is_empty()).then(|| Yaml::List(vec![expression()]));
    Yaml::map([("matchExpressions", expressions)])
}

/// The namespace of a name, by the label that the API server itself sets.
fn named(namespace: &Name) -> Yaml {
    selector(&Labels::from_iter([(METADATA_NAME.into(), namespace.clone())]))
}

impl Rule {
    fn yaml(&self, peers: &'static str) -> Yaml {
        let list = |items: Vec<Yaml>| (!items.is_empty()).then_some(Yaml::List(items));
        Yaml::map([
            (peers, list(self.peers.iter().map(Peer::yaml).collect())),
            ("ports", list(self.ports.iter().map(Port::yaml).collect())),
        ])
    }
}

impl Peer {
    fn yaml(&self) -> Yaml {
        match self {
            Self::Pods { namespaces, labels } => {
                let (namespaces, pods) = match namespaces {
                    Namespaces::Own => (None, Some(selector(labels))),
                    Namespaces::Named(name) => (Some(named(name)), (!labels.is_empty()).then(|| selector(labels))),
                    Namespaces::Any => (
                        Some(Yaml::Map(Vec::new())),
                        (!labels.is_empty()).then(|| selector(labels)),
                    ),
                };
                Yaml::map([("namespaceSelector", namespaces), ("podSelector", pods)])
            }
            Self::Block { cidr, except } => {
                let except: Vec<Yaml> = except.iter().map(|n| Yaml::text(n.to_string())).collect();
                let block = Yaml::map([
                    ("cidr", Some(Yaml::text(cidr.to_string()))),
                    ("except", (!except.is_empty()).then_some(Yaml::List(except))),
                ]);
                Yaml::map([("ipBlock", Some(block))])
            }
        }
    }
}

impl Port {
    fn yaml(&self) -> Yaml {
        let (protocol, port, end) = match self {
            Self::Numbers(protocol, from, to) => {
                let end = (from < to).then(|| Yaml::number(*to));
                (protocol, Some(Yaml::number(*from)), end)
            }
            Self::Named(protocol, name) => (protocol, Some(Yaml::text(name.as_str())), None),
            Self::Every(protocol) => (protocol, None, None),
        };
        Yaml::map([
            ("protocol", Some(Yaml::text(protocol.name()))),
            ("port", port),
            ("endPort", end),
        ])
    }
}

impl OrderedRule {
    fn yaml(&self, peers: &'static str) -> Yaml {
        let action = match self.action {
            Action::Accept => "Accept",
            Action::Deny => "Deny",
        };
        let peer = |peer: &ClusterPeer| match peer {
            ClusterPeer::EveryPod => Yaml::map([("namespaces", Some(Yaml::Map(Vec::new())))]),
            ClusterPeer::Pods(namespace, labels) => {
                let pods = Yaml::map([
                    ("namespaceSelector", Some(named(namespace))),
                    ("podSelector", Some(selector(labels))),
                ]);
                Yaml::map([("pods", Some(pods))])
            }
            ClusterPeer::Networks(blocks) => {
                let blocks = blocks.iter().map(|n| Yaml::text(n.to_string())).collect();
                Yaml::map([("networks", Some(Yaml::List(blocks)))])
            }
        };
        let port = |(protocol, number): &(Protocol, u16)| {
            let number = Yaml::map([("number", Some(Yaml::number(*number)))]);
            let port = Yaml::map([("destinationPort", Some(number))]);
            let key = match protocol {
                Protocol::Udp => "udp",
                Protocol::Sctp => "sctp",
                Protocol::Tcp | Protocol::Icmp | Protocol::Icmpv6 => "tcp",
            };
            Yaml::map([(key, Some(port))])
        };
        let ports: Vec<Yaml> = self.ports.iter().map(port).collect();
        Yaml::map([
            ("name", Some(Yaml::text(self.name))),
            ("action", Some(Yaml::text(action))),
            (peers, Some(Yaml::List(self.peers.iter().map(peer).collect()))),
            ("protocols", (!ports.is_empty()).then_some(Yaml::List(ports))),
        ])
    }
}
