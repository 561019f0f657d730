//! How each recipe is made.
//!
//! A [`Cook`] has what is asked and what is there; each file below makes the recipes of one group.

use haechi_model::{Cluster, Labels, Name, Protocol};
use haechi_policy::Order;
use ipnet::IpNet;

use super::catalogue::{Need, Recipe};
use super::draft::{Draft, DraftKind, Namespaces, Peer, Port, Rule, Tier};
use super::request::{Request, blocks};
use super::surroundings::{self as around, Resolver};
use super::{Kitchen, Trouble};
use crate::names::{Named, Selected};
use crate::port;

mod cluster;
mod egress;
mod ingress;
mod namespace;

pub(super) use cluster::{baseline_deny, deny_metadata};
pub(super) use egress::{connect, deny_egress_app, to_addresses, to_api_server, to_app};
pub(super) use ingress::{
    deny_app, from_addresses, from_all_namespaces, from_app, from_app_elsewhere, from_ingress_controller,
    from_monitoring, from_namespace, from_outside, limit_port, open_app,
};
pub(super) use namespace::{
    allow_dns, default_deny, deny_all, deny_egress, deny_ingress, deny_other_namespaces, deny_outside, within_namespace,
};

/// NetworkPolicies add up.
const UNLESS: &str = ", unless another policy allows more";

type Drafts = Result<Vec<Draft>, Trouble>;

/// Makes one recipe.
pub(super) struct Cook<'a> {
    kitchen: Kitchen<'a>,
    request: &'a Request,
    pub(super) notes: Vec<String>,
    pub(super) meant: Vec<(usize, usize)>,
    pub(super) alone: Option<usize>,
}

/// The workload that a policy is for.
struct App {
    workload: usize,
    namespace: Name,
    name: Name,
    labels: Labels,
}

impl<'a> Cook<'a> {
    /// Sees to it that everything is there.
    pub(super) fn new(recipe: &Recipe, request: &'a Request, kitchen: Kitchen<'a>) -> Result<Self, Trouble> {
        let missing = |need: &&Need| match need {
            Need::ApplyTo => request.apply_to.is_none(),
            Need::From => request.from.is_empty(),
            Need::To => request.to.is_empty(),
            Need::Port => request.ports.is_empty(),
            // It may go without saying.
            Need::Namespace => false,
        };
        let missing: Vec<&str> = recipe.needs.iter().filter(missing).map(|n| n.option()).collect();
        if !missing.is_empty() {
            let trouble = Trouble::new(format!("{} needs {}", recipe.name, missing.join(" and ")));
            return Err(trouble.hint(format!("{}: {}", recipe.name, recipe.title)));
        }
        Ok(Self {
            kitchen,
            request,
            notes: Vec::new(),
            meant: Vec::new(),
            alone: None,
        })
    }

    fn cluster(&self) -> &'a Cluster {
        self.kitchen.cluster
    }

    fn id(&self, workload: usize) -> String {
        let w = &self.cluster().workloads[workload];
        format!("{}/{}", self.cluster().namespaces[w.namespace].name, w.name)
    }

    /// The workload that the policy is for.
    fn app(&mut self) -> Result<App, Trouble> {
        match &self.request.apply_to {
            Some(Named::Workload(workload)) => self.app_of(*workload),
            Some(Named::Endpoint(endpoint)) => {
                let workload = self.cluster().endpoints[*endpoint].workload;
                self.notes.push(format!(
                    "a policy selects pods by labels, so that it is for all pods of {}",
                    self.id(workload)
                ));
                self.app_of(workload)
            }
            Some(Named::Service(service)) => match self.behind(*service).as_slice() {
                [one] => self.app_of(*one),
                _ => Err(Trouble::new("there is not just one workload behind that Service").hint("name a workload")),
            },
            _ => Err(Trouble::new("--apply-to must name a workload")),
        }
    }

    fn app_of(&mut self, workload: usize) -> Result<App, Trouble> {
        let labels = self.labels(workload)?;
        let w = &self.cluster().workloads[workload];
        Ok(App {
            workload,
            namespace: self.cluster().namespaces[w.namespace].name.clone(),
            name: w.name.clone(),
            labels,
        })
    }

    /// The labels that a workload's pods are known by.
    fn labels(&mut self, workload: usize) -> Result<Labels, Trouble> {
        let stable = around::stable_labels(self.cluster(), workload)?;
        if !stable.shared.is_empty() {
            let others: Vec<String> = stable.shared.iter().map(|w| self.id(*w)).collect();
            self.notes.push(format!(
                "{} cannot be told from {} by labels that stay: {} selects them all",
                self.id(workload),
                others.join(", "),
                stable.labels
            ));
        }
        Ok(stable.labels)
    }

    /// The workloads behind a Service.
    fn behind(&self, service: usize) -> Vec<usize> {
        let mut workloads: Vec<usize> = Named::Service(service)
            .ends(self.cluster())
            .into_iter()
            .filter_map(|end| match end {
                haechi_engine::End::Endpoint(endpoint) => Some(self.cluster().endpoints[endpoint].workload),
                haechi_engine::End::Address(_) | haechi_engine::End::Domain(_) => None,
            })
            .collect();
        workloads.sort_unstable();
        workloads.dedup();
        workloads
    }

    /// The namespace that the policy is for.
    fn namespace(&self) -> Result<Name, Trouble> {
        let of_app = || match &self.request.apply_to {
            Some(Named::Workload(workload)) => Some(self.cluster().workloads[*workload].namespace),
            _ => None,
        };
        let cluster = self.cluster();
        let with_pods: Vec<usize> = (0..cluster.namespaces.len())
            .filter(|n| cluster.workloads.iter().any(|w| w.namespace == *n))
            .collect();
        let only = || match with_pods.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        let index = self.request.namespace.or_else(of_app).or_else(only).ok_or_else(|| {
            let names: Vec<&str> = with_pods.iter().map(|n| cluster.namespaces[*n].name.as_str()).collect();
            let hint = match names.as_slice() {
                [] => "the sources have no workloads".to_owned(),
                names => format!("name one with -n: {}", names.join(", ")),
            };
            Trouble::new("which namespace is it for?").hint(hint)
        })?;
        Ok(cluster.namespaces[index].name.clone())
    }

    /// The ports that were asked for; those that a workload serves if none were.
    fn ports(&mut self, workload: usize) -> Result<Vec<Port>, Trouble> {
        if !self.request.ports.is_empty() {
            return self.asked_ports(Some(workload));
        }
        let ports = around::served_ports(self.cluster(), workload);
        if ports.is_empty() {
            self.notes.push(format!(
                "{} declares no ports, so that the rule opens every one: narrow it with --port",
                self.id(workload)
            ));
        }
        Ok(ports)
    }

    /// The ports that were asked for; every one if none were.
    fn asked_ports(&self, workload: Option<usize>) -> Result<Vec<Port>, Trouble> {
        let mut ports = Vec::new();
        for query in &self.request.ports {
            let protocol = query.protocol.unwrap_or(Protocol::Tcp);
            if !protocol.has_ports() {
                return Err(Trouble::new("a NetworkPolicy speaks of TCP, UDP and SCTP alone"));
            }
            match &query.port {
                port::Port::Any => ports.push(Port::Every(protocol)),
                port::Port::Numbers(from, to) => ports.push(Port::Numbers(protocol, *from, *to)),
                port::Port::Named(name) => {
                    let declared = workload
                        .map(|w| around::declared(self.cluster(), w))
                        .unwrap_or_default();
                    let found: Vec<Protocol> = declared
                        .iter()
                        .filter(|p| p.name.as_ref() == Some(name) && query.protocol.is_none_or(|q| q == p.protocol))
                        .map(|p| p.protocol)
                        .collect();
                    if found.is_empty() {
                        let names: Vec<&str> = declared
                            .iter()
                            .filter_map(|p| p.name.as_ref())
                            .map(Name::as_str)
                            .collect();
                        let trouble = Trouble::new(format!("no container of it calls a port {name}"));
                        return Err(if names.is_empty() {
                            trouble.hint("write its number")
                        } else {
                            trouble.hint(format!("there are {}", names.join(", ")))
                        });
                    }
                    ports.extend(found.into_iter().map(|p| Port::Named(p, name.clone())));
                }
            }
        }
        ports.sort();
        ports.dedup();
        Ok(ports)
    }

    /// Workloads as peers of a policy in a namespace.
    fn pods(&mut self, workload: usize, home: &Name) -> Result<Peer, Trouble> {
        let labels = self.labels(workload)?;
        let namespace = self.cluster().workloads[workload].namespace;
        let name = self.cluster().namespaces[namespace].name.clone();
        Ok(Peer::Pods {
            namespaces: if name == *home {
                Namespaces::Own
            } else {
                Namespaces::Named(name)
            },
            labels,
        })
    }

    /// What was named as peers of a policy in a namespace, with the workloads among them.
    fn peers(&mut self, selected: &[Selected], home: &Name) -> Result<(Vec<Peer>, Vec<usize>), Trouble> {
        let (mut peers, mut workloads) = (Vec::new(), Vec::new());
        for selected in selected {
            match selected {
                Selected::One(Named::Workload(workload)) => workloads.push(*workload),
                Selected::One(Named::Endpoint(endpoint)) => {
                    workloads.push(self.cluster().endpoints[*endpoint].workload);
                }
                Selected::One(Named::Service(service)) => workloads.extend(self.behind(*service)),
                Selected::One(Named::Address(address)) => peers.push(self.block(IpNet::from(*address))?),
                Selected::Block(range) => {
                    for block in blocks(*range) {
                        peers.push(self.block(block)?);
                    }
                }
                Selected::Namespace(namespace) => {
                    let name = self.cluster().namespaces[*namespace].name.clone();
                    peers.push(Peer::Pods {
                        namespaces: if name == *home {
                            Namespaces::Own
                        } else {
                            Namespaces::Named(name)
                        },
                        labels: Labels::default(),
                    });
                }
                Selected::One(Named::Node(node)) => {
                    for address in &self.cluster().nodes[*node].addresses {
                        peers.push(self.block(IpNet::from(*address))?);
                    }
                }
                Selected::One(Named::Domain(name)) => {
                    let trouble = Trouble::new(format!("a NetworkPolicy knows no domain names, and so not {name}"));
                    return Err(trouble.hint("name its addresses, such as 203.0.113.0/24"));
                }
            }
        }
        workloads.sort_unstable();
        workloads.dedup();
        for &workload in &workloads {
            peers.push(self.pods(workload, home)?);
        }
        Ok((peers, workloads))
    }

    fn block(&self, cidr: IpNet) -> Result<Peer, Trouble> {
        let mut except: Vec<IpNet> = Vec::new();
        for hole in &self.request.except {
            let hole = hole.trunc();
            if cidr.contains(&hole) && cidr != hole {
                except.push(hole);
            } else if hole.contains(&cidr) {
                return Err(Trouble::new(format!("the exception {hole} leaves nothing of {cidr}")));
            }
        }
        except.sort();
        Ok(Peer::Block { cidr, except })
    }

    /// The one workload that was named.
    fn single(&self, selected: &[Selected], option: &str) -> Result<usize, Trouble> {
        match selected {
            [Selected::One(Named::Workload(workload))] => Ok(*workload),
            [Selected::One(Named::Endpoint(endpoint))] => Ok(self.cluster().endpoints[*endpoint].workload),
            [Selected::One(Named::Service(service))] => match self.behind(*service).as_slice() {
                [one] => Ok(*one),
                _ => Err(Trouble::new("there is not just one workload behind that Service").hint("name a workload")),
            },
            _ => Err(Trouble::new(format!("{option} must name one workload"))),
        }
    }

    /// What answers names, with a word on where it was found.
    fn resolver(&mut self) -> Resolver {
        let resolver = around::resolver(self.cluster());
        if !resolver.shown {
            self.notes.push(format!(
                "the sources show no resolver: {} in {} is assumed to be it",
                resolver.labels, resolver.namespace
            ));
        }
        if !resolver.node_local.is_empty() {
            self.notes.push(format!(
                "the nodes have caches of names (node-local DNS): they are asked at {}, where they listen unless they are \
                 told otherwise",
                resolver.node_local.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
            ));
        }
        resolver
    }

    /// The rule by which names are resolved.
    fn dns(&mut self, home: &Name) -> Rule {
        let resolver = self.resolver();
        let namespaces = if resolver.namespace == *home {
            Namespaces::Own
        } else {
            Namespaces::Named(resolver.namespace)
        };
        let mut peers = vec![Peer::Pods {
            namespaces,
            labels: resolver.labels,
        }];
        peers.extend(resolver.node_local.iter().map(|address| Peer::Block {
            cidr: IpNet::from(*address),
            except: Vec::new(),
        }));
        let number = |(protocol, port): &(Protocol, u16)| Port::Numbers(*protocol, *port, *port);
        let mut ports: Vec<Port> = resolver.ports.iter().map(number).collect();
        // A cache listens on the usual port, also where the resolver behind it does not.
        if !resolver.node_local.is_empty() {
            for protocol in [Protocol::Udp, Protocol::Tcp] {
                let usual = Port::Numbers(protocol, 53, 53);
                if !ports.contains(&usual) {
                    ports.push(usual);
                }
            }
        }
        Rule { peers, ports }
    }

    /// A policy for a workload's ingress.
    fn ingress(&self, app: &App, name: String, about: String, rules: Vec<Rule>) -> Draft {
        Draft {
            about,
            name: name.into(),
            kind: DraftKind::NetworkPolicy {
                namespace: app.namespace.clone(),
                pods: app.labels.clone(),
                ingress: Some(rules),
                egress: None,
            },
        }
    }

    fn egress(&self, app: &App, name: String, about: String, rules: Vec<Rule>) -> Draft {
        Draft {
            about,
            name: name.into(),
            kind: DraftKind::NetworkPolicy {
                namespace: app.namespace.clone(),
                pods: app.labels.clone(),
                ingress: None,
                egress: Some(rules),
            },
        }
    }

    /// A priority that no policy of a tier has.
    fn free_priority(&self, tier: Tier, wanted: u16) -> u16 {
        let tiers = self.kitchen.policies.tiers.iter().filter(|t| t.name == tier.name());
        let taken: Vec<Order> = tiers.flat_map(|t| &t.policies).map(|p| p.order).collect();
        let free = |p: &u16| !taken.contains(&Order::new(f64::from(*p)));
        (wanted..=1000).chain(0..wanted).find(free).unwrap_or(wanted)
    }
}

impl App {
    fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// `on TCP 80 and UDP 53`; `on every port` without any.
fn on(ports: &[Port]) -> String {
    let texts: Vec<String> = ports
        .iter()
        .map(|port| match port {
            Port::Numbers(protocol, from, to) if from == to => format!("{protocol} {from}"),
            Port::Numbers(protocol, from, to) => format!("{protocol} {from}-{to}"),
            Port::Named(protocol, name) => format!("{protocol} {name}"),
            Port::Every(protocol) => format!("every port of {protocol}"),
        })
        .collect();
    match texts.as_slice() {
        [] => "on every port".to_owned(),
        texts => format!("on {}", list(texts)),
    }
}

/// `a, b and c`.
fn list(texts: &[String]) -> String {
    match texts {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn names(cook: &Cook<'_>, peers: &[Peer], workloads: &[usize], home: &Name) -> Vec<String> {
    let mut names: Vec<String> = workloads.iter().map(|w| cook.id(*w)).collect();
    for peer in peers {
        match peer {
            Peer::Pods { namespaces, labels } if labels.is_empty() => names.push(match namespaces {
                Namespaces::Own => format!("every pod of {home}"),
                Namespaces::Named(name) => format!("every pod of {name}"),
                Namespaces::Any => "every pod".to_owned(),
            }),
            Peer::Pods { .. } => {}
            Peer::Block { cidr, except } if except.is_empty() => names.push(cidr.to_string()),
            Peer::Block { cidr, except } => {
                let except: Vec<String> = except.iter().map(ToString::to_string).collect();
                names.push(format!("{cidr} except {}", list(&except)));
            }
        }
    }
    names
}

/// The name of a policy: at most as long as Kubernetes takes, and of its characters.
fn policy_name(parts: &[&str]) -> String {
    let mut name: String = parts
        .join("-")
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    name.truncate(63);
    name.trim_matches('-').to_owned()
}

/// Peers that are nothing but addresses.
fn addresses(cook: &mut Cook<'_>, selected: &[Selected], option: &str, home: &Name) -> Result<Vec<Peer>, Trouble> {
    let (peers, _) = cook.peers(selected, home)?;
    if peers.iter().any(|p| matches!(p, Peer::Pods { .. })) {
        let trouble = Trouble::new(format!("{option} must name addresses"));
        return Err(trouble.hint("write a block such as 10.0.0.0/8, or an address"));
    }
    let holed = |hole: &IpNet| {
        peers.iter().any(|p| match p {
            Peer::Block { except, .. } => except.contains(&hole.trunc()),
            Peer::Pods { .. } => false,
        })
    };
    if let Some(stray) = cook.request.except.iter().find(|hole| !holed(hole)) {
        return Err(Trouble::new(format!(
            "the exception {stray} lies in none of the blocks"
        )));
    }
    Ok(peers)
}
