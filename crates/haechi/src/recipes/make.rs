//! How each recipe is made.

use haechi_model::cluster::PodNetwork;
use haechi_model::{Cluster, Labels, Name, Protocol};
use haechi_policy::Order;
use ipnet::IpNet;

use super::catalogue::{Need, Recipe};
use super::draft::{Action, ClusterPeer, Draft, DraftKind, Namespaces, OrderedRule, Peer, Port, Rule, Tier};
use super::request::{Request, blocks};
use super::surroundings::{self as around, Resolver};
use super::{Kitchen, Trouble};
use crate::names::{Named, Selected};
use crate::port;

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

pub(super) fn deny_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let about = format!("Nobody may talk to {}{UNLESS}.", app.id());
    Ok(vec![cook.ingress(
        &app,
        policy_name(&["deny", &app.name]),
        about,
        Vec::new(),
    )])
}

pub(super) fn open_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.asked_ports(Some(app.workload))?;
    let about = format!("Everybody may talk to {}, {}.", app.id(), on(&ports));
    let rule = Rule {
        peers: Vec::new(),
        ports,
    };
    Ok(vec![cook.ingress(
        &app,
        policy_name(&["open", &app.name]),
        about,
        vec![rule],
    )])
}

pub(super) fn limit_port(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.asked_ports(Some(app.workload))?;
    let from = cook.request.from.clone();
    let (peers, workloads) = cook.peers(&from, &app.namespace)?;
    cook.meant.extend(workloads.iter().map(|w| (*w, app.workload)));
    let who = if peers.is_empty() {
        "Everybody".to_owned()
    } else {
        list(&names(cook, &peers, &workloads, &app.namespace))
    };
    let about = format!("{who} may talk to {} {} alone{UNLESS}.", app.id(), on(&ports));
    let name = policy_name(&[&app.name, "ports"]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(super) fn from_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let from = cook.request.from.clone();
    let (peers, workloads) = cook.peers(&from, &app.namespace)?;
    let ports = cook.ports(app.workload)?;
    cook.meant.extend(workloads.iter().map(|w| (*w, app.workload)));
    // Whoever is named by addresses or namespaces cannot be told from others so easily.
    cook.alone = (workloads.len() == peers.len()).then_some(app.workload);
    let named = names(cook, &peers, &workloads, &app.namespace);
    let about = format!(
        "Only {} may talk to {}, {}{UNLESS}.",
        list(&named),
        app.id(),
        on(&ports)
    );
    let short = match workloads.as_slice() {
        [one] if peers.len() == 1 => cook.cluster().workloads[*one].name.to_string(),
        _ => "few".to_owned(),
    };
    let name = policy_name(&[&app.name, "from", &short]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(super) fn from_app_elsewhere(cook: &mut Cook<'_>) -> Drafts {
    let from = cook.single(&cook.request.from.clone(), "--from")?;
    let app = cook.app()?;
    let namespace = cook.cluster().workloads[from].namespace;
    if cook.cluster().namespaces[namespace].name == app.namespace {
        let trouble = Trouble::new(format!("{} is in the same namespace", cook.id(from)));
        return Err(trouble.hint("the recipe for that is from-app"));
    }
    from_app(cook)
}

pub(super) fn from_namespace(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let [Selected::Namespace(namespace)] = cook.request.from.as_slice() else {
        let trouble = Trouble::new("--from must name a namespace");
        return Err(trouble.hint("write ns:NAME, or NAME/"));
    };
    let name = cook.cluster().namespaces[*namespace].name.clone();
    let from = cook.request.from.clone();
    let (peers, _) = cook.peers(&from, &app.namespace)?;
    let ports = cook.ports(app.workload)?;
    let about = format!(
        "Only the pods of {name} may talk to {}, {}{UNLESS}.",
        app.id(),
        on(&ports)
    );
    let name = policy_name(&[&app.name, "from", &name]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(super) fn from_all_namespaces(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.ports(app.workload)?;
    let about = format!(
        "Every pod of the cluster may talk to {}, {}; nobody outside of it{UNLESS}.",
        app.id(),
        on(&ports)
    );
    let peers = vec![Peer::Pods {
        namespaces: Namespaces::Any,
        labels: Labels::default(),
    }];
    let name = policy_name(&[&app.name, "from-all-namespaces"]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(super) fn from_outside(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.ports(app.workload)?;
    let about = format!(
        "Everybody, outside of the cluster too, may talk to {}, {}.",
        app.id(),
        on(&ports)
    );
    let rule = Rule {
        peers: Vec::new(),
        ports,
    };
    let name = policy_name(&[&app.name, "from-outside"]);
    Ok(vec![cook.ingress(&app, name, about, vec![rule])])
}

pub(super) fn from_addresses(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let peers = addresses(cook, &cook.request.from.clone(), "--from", &app.namespace)?;
    let ports = cook.ports(app.workload)?;
    let named = names(cook, &peers, &[], &app.namespace);
    let about = format!(
        "Only {} may talk to {}, {}{UNLESS}.",
        list(&named),
        app.id(),
        on(&ports)
    );
    let name = policy_name(&[&app.name, "from-addresses"]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
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

pub(super) fn from_ingress_controller(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let controllers = if cook.request.from.is_empty() {
        around::ingress_controllers(cook.cluster())
    } else {
        let from = cook.request.from.clone();
        cook.peers(&from, &app.namespace)?.1
    };
    if controllers.is_empty() {
        let trouble = Trouble::new("the sources show no ingress controller whose pods let traffic in");
        return Err(trouble.hint(
            "name its workload with --from; where a load balancer reaches pods itself, the recipe is from-addresses",
        ));
    }
    let of_host = |w: &usize| {
        let endpoints = &cook.cluster().endpoints[cook.cluster().endpoints_of(*w)];
        endpoints.iter().any(|e| e.network == PodNetwork::Host)
    };
    if let Some(host) = controllers.iter().find(|w| of_host(w)) {
        let trouble = Trouble::new(format!(
            "{} is in its nodes' network, so that its traffic comes from the nodes' addresses",
            cook.id(*host)
        ));
        return Err(trouble.hint("the recipe for that is from-addresses, with the nodes' addresses"));
    }
    from_these(cook, &app, &controllers, "the ingress controller", "from-ingress")
}

pub(super) fn from_monitoring(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let readers = if cook.request.from.is_empty() {
        around::monitoring(cook.cluster())
    } else {
        let from = cook.request.from.clone();
        cook.peers(&from, &app.namespace)?.1
    };
    if readers.is_empty() {
        let trouble = Trouble::new("the sources show nothing that reads metrics");
        return Err(trouble.hint("name its workload with --from"));
    }
    if cook.request.ports.is_empty() {
        let ports = around::metrics_ports(cook.cluster(), app.workload);
        if ports.is_empty() {
            let trouble = Trouble::new(format!("no container of {} names a port for its metrics", app.id()));
            return Err(trouble.hint("say which with --port"));
        }
        let mut peers = Vec::new();
        for workload in &readers {
            peers.push(cook.pods(*workload, &app.namespace)?);
        }
        cook.meant.extend(readers.iter().map(|w| (*w, app.workload)));
        let who: Vec<String> = readers.iter().map(|w| cook.id(*w)).collect();
        let about = format!(
            "{} may read the metrics of {}, {}; nobody else may talk to it{UNLESS}.",
            list(&who),
            app.id(),
            on(&ports)
        );
        let name = policy_name(&[&app.name, "from-monitoring"]);
        return Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])]);
    }
    from_these(cook, &app, &readers, "what reads metrics", "from-monitoring")
}

fn from_these(cook: &mut Cook<'_>, app: &App, workloads: &[usize], role: &str, suffix: &str) -> Drafts {
    let mut peers = Vec::new();
    for workload in workloads {
        peers.push(cook.pods(*workload, &app.namespace)?);
    }
    let ports = cook.ports(app.workload)?;
    cook.meant.extend(workloads.iter().map(|w| (*w, app.workload)));
    cook.alone = Some(app.workload);
    let who: Vec<String> = workloads.iter().map(|w| cook.id(*w)).collect();
    let about = format!(
        "Only {role}, {}, may talk to {}, {}{UNLESS}.",
        list(&who),
        app.id(),
        on(&ports)
    );
    let name = policy_name(&[&app.name, suffix]);
    Ok(vec![cook.ingress(app, name, about, vec![Rule { peers, ports }])])
}

pub(super) fn connect(cook: &mut Cook<'_>) -> Drafts {
    let from = cook.single(&cook.request.from.clone(), "--from")?;
    let to = cook.single(&cook.request.to.clone(), "--to")?;
    let (source, destination) = (cook.app_of(from)?, cook.app_of(to)?);
    let ports = cook.ports(to)?;
    cook.meant.push((from, to));
    let sentence = format!("{} may talk to {}, {}", source.id(), destination.id(), on(&ports));
    let out = Rule {
        peers: vec![cook.pods(to, &source.namespace)?],
        ports: ports.clone(),
    };
    let into = Rule {
        peers: vec![cook.pods(from, &destination.namespace)?],
        ports,
    };
    let egress = cook.egress(
        &source,
        policy_name(&[&source.name, "to", &destination.name]),
        format!("{sentence}: the source's end."),
        vec![out],
    );
    let ingress = cook.ingress(
        &destination,
        policy_name(&[&destination.name, "from", &source.name]),
        format!("{sentence}: the destination's end."),
        vec![into],
    );
    Ok(vec![egress, ingress])
}

pub(super) fn to_app(cook: &mut Cook<'_>) -> Drafts {
    let to = cook.single(&cook.request.to.clone(), "--to")?;
    let app = cook.app()?;
    let ports = cook.ports(to)?;
    cook.meant.push((app.workload, to));
    let about = format!(
        "{} may talk to {}, {}, and resolve names; to nobody else{UNLESS}.",
        app.id(),
        cook.id(to),
        on(&ports)
    );
    let peers = vec![cook.pods(to, &app.namespace)?];
    let dns = cook.dns(&app.namespace);
    let name = policy_name(&[&app.name, "to", &cook.cluster().workloads[to].name]);
    Ok(vec![cook.egress(&app, name, about, vec![Rule { peers, ports }, dns])])
}

pub(super) fn to_addresses(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let peers = addresses(cook, &cook.request.to.clone(), "--to", &app.namespace)?;
    let ports = cook.asked_ports(None)?;
    let named = names(cook, &peers, &[], &app.namespace);
    let about = format!(
        "{} may talk to {}, {}, and resolve names; to nobody else{UNLESS}.",
        app.id(),
        list(&named),
        on(&ports)
    );
    let dns = cook.dns(&app.namespace);
    let name = policy_name(&[&app.name, "to-addresses"]);
    Ok(vec![cook.egress(&app, name, about, vec![Rule { peers, ports }, dns])])
}

pub(super) fn to_api_server(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let (peers, ports) = if cook.request.to.is_empty() {
        let addresses = around::api_server(cook.cluster());
        if addresses.is_empty() {
            let trouble = Trouble::new("the sources do not show where the API server is: it has no pods to select");
            return Err(trouble.hint(
                "add what `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes -o yaml` and \
                 `kubectl get svc -n default kubernetes -o yaml` print, or name its block with --to and its port with \
                 --port",
            ));
        }
        let peers = addresses.iter().map(|(address, _)| Peer::Block {
            cidr: IpNet::from(*address),
            except: Vec::new(),
        });
        let mut ports: Vec<Port> = addresses
            .iter()
            .map(|(_, port)| Port::Numbers(Protocol::Tcp, *port, *port))
            .collect();
        ports.sort();
        ports.dedup();
        (peers.collect(), ports)
    } else {
        let peers = addresses(cook, &cook.request.to.clone(), "--to", &app.namespace)?;
        let mut ports = cook.asked_ports(None)?;
        if ports.is_empty() {
            ports.push(Port::Numbers(Protocol::Tcp, 443, 443));
        }
        (peers, ports)
    };
    let named = names(cook, &peers, &[], &app.namespace);
    let about = format!(
        "{} may talk to the API server at {}, {}; to nobody else{UNLESS}.",
        app.id(),
        list(&named),
        on(&ports)
    );
    let name = policy_name(&[&app.name, "to-api-server"]);
    Ok(vec![cook.egress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(super) fn deny_egress_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let about = format!("{} may talk to nobody{UNLESS}.", app.id());
    Ok(vec![cook.egress(
        &app,
        policy_name(&[&app.name, "deny-egress"]),
        about,
        Vec::new(),
    )])
}

/// A policy for every pod of a namespace.
fn of_namespace(
    namespace: Name,
    name: &str,
    about: String,
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
) -> Vec<Draft> {
    vec![Draft {
        about,
        name: name.into(),
        kind: DraftKind::NetworkPolicy {
            namespace,
            pods: Labels::default(),
            ingress,
            egress,
        },
    }]
}

fn own_pods() -> Rule {
    Rule {
        peers: vec![Peer::Pods {
            namespaces: Namespaces::Own,
            labels: Labels::default(),
        }],
        ports: Vec::new(),
    }
}

pub(super) fn default_deny(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!("Nothing goes in or out of {namespace} but names{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "default-deny",
        about,
        Some(Vec::new()),
        Some(vec![dns]),
    ))
}

pub(super) fn deny_all(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about = format!("Nothing goes in or out of {namespace}, not even names{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "deny-all",
        about,
        Some(Vec::new()),
        Some(Vec::new()),
    ))
}

pub(super) fn deny_ingress(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about = format!("Nobody may talk to the pods of {namespace}{UNLESS}.");
    Ok(of_namespace(namespace, "deny-ingress", about, Some(Vec::new()), None))
}

pub(super) fn deny_egress(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!("The pods of {namespace} may resolve names and talk to nobody{UNLESS}.");
    Ok(of_namespace(namespace, "deny-egress", about, None, Some(vec![dns])))
}

pub(super) fn deny_other_namespaces(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about = format!("Only pods of {namespace} may talk to its pods{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "deny-other-namespaces",
        about,
        Some(vec![own_pods()]),
        None,
    ))
}

pub(super) fn within_namespace(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!("The pods of {namespace} talk among themselves and resolve names{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "within-namespace",
        about,
        Some(vec![own_pods()]),
        Some(vec![own_pods(), dns]),
    ))
}

pub(super) fn deny_outside(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about =
        format!("The pods of {namespace} may talk to pods of the cluster, and to nobody outside of it{UNLESS}.");
    let mut rules = vec![Rule {
        peers: vec![Peer::Pods {
            namespaces: Namespaces::Any,
            labels: Labels::default(),
        }],
        ports: Vec::new(),
    }];
    // The resolver is a pod; the caches of the nodes are none.
    let dns = cook.dns(&namespace);
    if dns.peers.len() > 1 {
        rules.push(dns);
    }
    Ok(of_namespace(namespace, "deny-outside", about, None, Some(rules)))
}

pub(super) fn allow_dns(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!(
        "The pods of {namespace} may resolve names, over UDP and, for long answers, over TCP; nothing else goes out{UNLESS}."
    );
    Ok(of_namespace(namespace, "allow-dns", about, None, Some(vec![dns])))
}

pub(super) fn baseline_deny(cook: &mut Cook<'_>) -> Drafts {
    let resolver = cook.resolver();
    let mut except: Vec<Name> = vec!["kube-system".into()];
    if !except.contains(&resolver.namespace) {
        except.push(resolver.namespace.clone());
    }
    except.sort();
    let egress = vec![
        OrderedRule {
            name: "names-resolve",
            action: Action::Accept,
            peers: vec![ClusterPeer::Pods(resolver.namespace, resolver.labels)],
            ports: resolver.ports,
        },
        OrderedRule {
            name: "no-pod-is-reached",
            action: Action::Deny,
            peers: vec![ClusterPeer::EveryPod],
            ports: Vec::new(),
        },
    ];
    let ingress = vec![OrderedRule {
        name: "no-pod-comes-in",
        action: Action::Deny,
        peers: vec![ClusterPeer::EveryPod],
        ports: Vec::new(),
    }];
    Ok(vec![Draft {
        about:
            "Pods that no NetworkPolicy isolates neither talk to other pods nor are talked to by them. Names resolve, \
                and the outside stays open."
                .to_owned(),
        name: "baseline-deny".into(),
        kind: DraftKind::ClusterNetworkPolicy {
            tier: Tier::Baseline,
            priority: cook.free_priority(Tier::Baseline, 100),
            except,
            ingress,
            egress,
        },
    }])
}

pub(super) fn deny_metadata(cook: &mut Cook<'_>) -> Drafts {
    let networks: Vec<IpNet> = ["169.254.169.254/32", "fd00:ec2::254/128"]
        .iter()
        .filter_map(|n| n.parse().ok())
        .collect();
    let egress = vec![OrderedRule {
        name: "credentials-stay-on-the-node",
        action: Action::Deny,
        peers: vec![ClusterPeer::Networks(networks)],
        ports: Vec::new(),
    }];
    Ok(vec![Draft {
        about: "No pod reaches the service that hands out its node's credentials, whatever NetworkPolicies say."
            .to_owned(),
        name: "deny-metadata".into(),
        kind: DraftKind::ClusterNetworkPolicy {
            tier: Tier::Admin,
            priority: cook.free_priority(Tier::Admin, 10),
            except: Vec::new(),
            ingress: Vec::new(),
            egress,
        },
    }])
}
