//! The policies that people write, in the mix in which they write them.
//!
//! No address block holds a pod's address unless its exceptions take it away again: whether a block may match pods is
//! left to the data plane, and analysers answer differently.

use super::{
    Cluster, METRICS_PORT, Namespace, SYSTEM, Workload,
    names::{self, Env, Team, Tier},
    random::{Draws, Stream},
};

mod yaml;

/// All policies of a cluster, one after the other.
pub(super) struct Policies<'a> {
    cluster: &'a Cluster,
    draws: Draws,
    admin_draws: Draws,
    next: usize,
}

struct Policy {
    namespace: String,
    name: String,
    subject: Selector,
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
}

#[derive(Default)]
struct Rule {
    peers: Vec<Peer>,
    ports: Vec<PortMatch>,
}

enum Peer {
    Pods(Selector),
    Namespaces(Selector),
    PodsOf { namespaces: Selector, pods: Selector },
    Block { cidr: String, except: Vec<String> },
}

#[derive(Default, Clone)]
struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<(String, Operator)>,
}

#[derive(Clone)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

struct PortMatch {
    protocol: &'static str,
    port: Port,
}

#[derive(Clone, Copy)]
enum Port {
    Number(u16),
    Range(u16, u16),
    Named(&'static str),
}

/// What a policy of an application speaks of.
struct App {
    pods: Selector,
    port: PortMatch,
}

struct AdminPolicy {
    name: String,
    priority: usize,
    subject: Selector,
    rules: Vec<AdminRule>,
}

struct AdminRule {
    action: &'static str,
    way: Way,
    ports: Vec<PortMatch>,
}

enum Way {
    From(Selector),
    To(Vec<String>),
}

impl<'a> Policies<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        let seed = cluster.shape.seed;
        Self {
            cluster,
            draws: Draws::new(seed, Stream::Policies),
            admin_draws: Draws::new(seed, Stream::AdminPolicies),
            next: 0,
        }
    }

    /// The next policy as a YAML document: network policies first, then admin policies.
    pub(super) fn next_yaml(&mut self) -> Option<String> {
        let index = self.next;
        self.next += 1;
        let shape = &self.cluster.shape;
        if index < shape.policies {
            Some(self.policy(index).to_yaml())
        } else if index - shape.policies < shape.admin_policies {
            Some(self.admin_policy(index - shape.policies).to_yaml())
        } else {
            None
        }
    }

    /// Round by round over the namespaces: first each one's default, then its DNS, then what its applications need.
    fn policy(&mut self, index: usize) -> Policy {
        let cluster = self.cluster;
        // The system's own namespaces are rarely shut, so policies go to the others, if there are any.
        let open = if cluster.namespaces.len() > SYSTEM.len() {
            SYSTEM.len()
        } else {
            0
        };
        let namespaces = &cluster.namespaces[open..];
        let (round, at) = (index / namespaces.len(), index % namespaces.len());
        let namespace = &namespaces[at];
        let mut policy = match round {
            0 => self.default_deny(),
            1 => self.dns(),
            _ if self.draws.chance(cluster.shape.cidr_share) => self.addresses(namespace),
            _ => self.application(namespace),
        };
        policy.namespace.clone_from(&namespace.name);
        policy.name = format!("{}-{round:02}", policy.name);
        policy
    }

    fn default_deny(&mut self) -> Policy {
        let both = self.draws.chance(70);
        let name = if both { "default-deny" } else { "default-deny-ingress" };
        Policy {
            ingress: Some(vec![]),
            egress: both.then(Vec::new),
            ..Policy::named(name, Selector::default())
        }
    }

    fn dns(&mut self) -> Policy {
        let namespaces = in_namespace("kube-system");
        let peer = if self.draws.chance(70) {
            Peer::PodsOf {
                namespaces,
                pods: Selector::label("k8s-app", "kube-dns"),
            }
        } else {
            Peer::Namespaces(namespaces)
        };
        let ports = vec![number("UDP", 53), number("TCP", 53)];
        Policy::named("allow-dns", Selector::default()).to(Rule {
            peers: vec![peer],
            ports,
        })
    }

    fn addresses(&mut self, namespace: &Namespace) -> Policy {
        let App { pods: subject, .. } = self.app_of(namespace);
        match self.draws.below(4) {
            0 => {
                let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
                let block = Peer::Block {
                    cidr: "0.0.0.0/0".to_owned(),
                    except: private.map(str::to_owned).into(),
                };
                Policy::named("to-internet", subject).to(Rule {
                    peers: vec![block],
                    ports: vec![number("TCP", 443)],
                })
            }
            1 | 2 => {
                let peers = vec![self.block(), self.block()];
                let ports = vec![self.number()];
                Policy::named("to-addresses", subject).to(Rule { peers, ports })
            }
            _ => {
                let rule = Rule {
                    peers: vec![self.block()],
                    ports: vec![named("http")],
                };
                Policy::named("from-addresses", subject).from(rule)
            }
        }
    }

    fn application(&mut self, namespace: &Namespace) -> Policy {
        let App { pods: subject, port } = self.app_of(namespace);
        match self.draws.below(100) {
            0..30 => {
                let pods = self.app_of(namespace).pods;
                let peers = vec![self.near_or_wide(pods)];
                let ports = vec![port];
                Policy::named("from-app", subject).from(Rule { peers, ports })
            }
            30..40 => {
                let App { pods, port } = self.app_of(namespace);
                Policy::named("to-app", subject).to(Rule {
                    peers: vec![self.near_or_wide(pods)],
                    ports: vec![port],
                })
            }
            40..52 => {
                let label = if self.draws.chance(50) {
                    Selector::label("team", self.draws.one(&Team::ALL))
                } else {
                    Selector::label("env", self.draws.one(&Env::ALL))
                };
                let rule = Rule {
                    peers: vec![Peer::Namespaces(label)],
                    ports: vec![named("http")],
                };
                Policy::named("from-namespaces", subject).from(rule)
            }
            52..62 => {
                let namespaces = in_namespace("monitoring");
                let peers = vec![Peer::PodsOf {
                    namespaces,
                    pods: Selector::label("app", "prometheus"),
                }];
                let port = if self.draws.chance(50) {
                    named("metrics")
                } else {
                    number("TCP", METRICS_PORT)
                };
                Policy::named("from-monitoring", Selector::default()).from(Rule {
                    peers,
                    ports: vec![port],
                })
            }
            62..70 => {
                let peers = vec![Peer::Namespaces(in_namespace("ingress-nginx"))];
                Policy::named("from-ingress", subject).from(Rule {
                    peers,
                    ports: vec![named("http")],
                })
            }
            70..76 => {
                let inside = || Rule {
                    peers: vec![Peer::Pods(Selector::default())],
                    ports: vec![],
                };
                let policy = Policy::named("within-namespace", Selector::default()).from(inside());
                if self.draws.chance(50) {
                    policy.to(inside())
                } else {
                    policy
                }
            }
            76..86 => {
                let other = self.draws.one(&self.cluster.namespaces);
                let App { pods, port } = self.app_of(other);
                let peers = vec![Peer::PodsOf {
                    namespaces: in_namespace(&other.name),
                    pods,
                }];
                let ports = vec![port];
                Policy::named("to-other-namespace", subject).to(Rule { peers, ports })
            }
            86..91 => {
                let start = 1_024 + self.draws.below(40_000) as u16;
                let end = start + 1 + self.draws.below(20_000) as u16;
                let ports = vec![PortMatch {
                    protocol: "TCP",
                    port: Port::Range(start, end),
                }];
                let peers = vec![Peer::Pods(Selector::label("tier", self.draws.one(&Tier::ALL)))];
                Policy::named("from-tier", subject).from(Rule { peers, ports })
            }
            _ => {
                let subject = self.expression(namespace);
                let peers = vec![
                    Peer::Pods(self.expression(namespace)),
                    Peer::Namespaces(self.namespace_expression()),
                ];
                Policy::named("by-expression", subject).from(Rule {
                    peers,
                    ports: vec![port],
                })
            }
        }
    }

    /// A workload of this namespace by its labels, so that they select something, and a port that it has.
    fn app_of(&mut self, namespace: &Namespace) -> App {
        let Some(workload) = self.workload_of(namespace) else {
            return App {
                pods: Selector::label("tier", self.draws.one(&Tier::ALL)),
                port: self.number(),
            };
        };
        let mut keys = vec!["app"];
        if self.draws.chance(20) {
            keys.push(*self.draws.one(&["tier", "version"]));
        }
        let labels = keys
            .into_iter()
            .map(|key| (key.to_owned(), workload.labels[key].clone()))
            .collect();
        let port = self.draws.one(&workload.ports);
        App {
            pods: Selector {
                labels,
                expressions: vec![],
            },
            port: number(port.protocol, port.number),
        }
    }

    /// These pods of the policy's namespace, or of every namespace.
    fn near_or_wide(&mut self, pods: Selector) -> Peer {
        let share = self.cluster.shape.wide_share;
        // Nothing is drawn where nothing is wide, so that those clusters stay what they are.
        if share > 0 && self.draws.chance(share) {
            let namespaces = Selector::default();
            Peer::PodsOf { namespaces, pods }
        } else {
            Peer::Pods(pods)
        }
    }

    fn expression(&mut self, namespace: &Namespace) -> Selector {
        let tiers = vec![
            self.draws.one(&Tier::ALL).to_string(),
            self.draws.one(&Tier::ALL).to_string(),
        ];
        let extra = self.cluster.shape.label_keys;
        let (key, operator) = match self.draws.below(if extra == 0 { 4 } else { 8 }) {
            0 => ("tier".to_owned(), Operator::In(tiers)),
            1 => {
                let version = self.workload_of(namespace).map_or("v1", |w| &w.labels["version"]);
                ("version".to_owned(), Operator::NotIn(vec![version.to_owned()]))
            }
            2 => ("app".to_owned(), Operator::Exists),
            3 => ("canary".to_owned(), Operator::DoesNotExist),
            _ => {
                let values = vec![(*self.draws.one(&names::EXTRA_VALUES)).to_owned()];
                let key = names::extra_key(self.draws.below(extra));
                (
                    key,
                    if self.draws.chance(50) {
                        Operator::In(values)
                    } else {
                        Operator::NotIn(values)
                    },
                )
            }
        };
        Selector {
            labels: vec![],
            expressions: vec![(key, operator)],
        }
    }

    fn namespace_expression(&mut self) -> Selector {
        let teams = vec![
            self.draws.one(&Team::ALL).to_string(),
            self.draws.one(&Team::ALL).to_string(),
        ];
        let env = self.draws.one(&Env::ALL).to_string();
        let expressions = vec![
            ("team".to_owned(), Operator::In(teams)),
            ("env".to_owned(), Operator::NotIn(vec![env])),
        ];
        Selector {
            labels: vec![],
            expressions,
        }
    }

    fn workload_of(&mut self, namespace: &Namespace) -> Option<&'a Workload> {
        let workloads = &self.cluster.workloads[namespace.workloads.clone()];
        (!workloads.is_empty()).then(|| self.draws.one(workloads))
    }

    /// A block of addresses that no pod and no node has, some with a hole.
    fn block(&mut self) -> Peer {
        let third = self.draws.below(256);
        let (cidr, hole) = match self.draws.below(4) {
            0 => (format!("203.0.113.{}/28", 16 * (third % 16)), None),
            1 => (
                format!("172.16.{third}.0/24"),
                Some(format!("172.16.{third}.{}/30", 4 * self.draws.below(64))),
            ),
            2 => (
                format!("100.64.{}.0/22", third & !3),
                Some(format!("100.64.{}.0/24", third & !3)),
            ),
            _ => (format!("198.51.100.{third}/32"), None),
        };
        Peer::Block {
            cidr,
            except: hole.filter(|_| self.draws.chance(50)).into_iter().collect(),
        }
    }

    fn number(&mut self) -> PortMatch {
        number("TCP", *self.draws.one(&self.cluster.ports))
    }

    fn admin_policy(&mut self, index: usize) -> AdminPolicy {
        let draws = &mut self.admin_draws;
        let subject = match draws.below(3) {
            0 => Selector::label("env", draws.one(&Env::ALL)),
            1 => Selector::label("team", draws.one(&Team::ALL)),
            _ => Selector::default(),
        };
        let label = Selector::label("team", draws.one(&Team::ALL));
        let ports = vec![number("TCP", *draws.one(&self.cluster.ports))];
        let rule = match draws.below(4) {
            0 => AdminRule {
                action: "Allow",
                way: Way::From(in_namespace("monitoring")),
                ports: vec![number("TCP", METRICS_PORT)],
            },
            1 => AdminRule {
                action: "Deny",
                way: Way::From(label),
                ports,
            },
            2 => AdminRule {
                action: "Pass",
                way: Way::From(label),
                ports: vec![],
            },
            _ => AdminRule {
                action: "Deny",
                way: Way::To(vec!["169.254.169.254/32".to_owned()]),
                ports: vec![],
            },
        };
        AdminPolicy {
            name: format!("guard-{index:03}"),
            priority: index,
            subject,
            rules: vec![rule],
        }
    }
}

impl Policy {
    fn named(name: &str, subject: Selector) -> Self {
        Self {
            namespace: String::new(),
            name: name.to_owned(),
            subject,
            ingress: None,
            egress: None,
        }
    }

    fn from(mut self, rule: Rule) -> Self {
        self.ingress.get_or_insert_default().push(rule);
        self
    }

    fn to(mut self, rule: Rule) -> Self {
        self.egress.get_or_insert_default().push(rule);
        self
    }
}

impl Selector {
    fn label(key: &str, value: impl ToString) -> Self {
        Self {
            labels: vec![(key.to_owned(), value.to_string())],
            expressions: vec![],
        }
    }
}

fn in_namespace(name: &str) -> Selector {
    Selector::label("kubernetes.io/metadata.name", name)
}

fn number(protocol: &'static str, number: u16) -> PortMatch {
    PortMatch {
        protocol,
        port: Port::Number(number),
    }
}

fn named(name: &'static str) -> PortMatch {
    PortMatch {
        protocol: "TCP",
        port: Port::Named(name),
    }
}
