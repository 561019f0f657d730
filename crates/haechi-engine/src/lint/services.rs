//! Services that lead nowhere, and Services and routes whose backends no policy lets in.

use haechi_model::cluster::{Endpoint, PodNetwork, RouteBackend, Service, ServiceKind, ServicePort, TargetPort};
use haechi_model::diagnostic::Diagnostic;
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_model::port::Protocol;
use haechi_policy::Direction;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::ports::target;
use super::selection::{closest, list};
use super::sources::Scope;
use super::spelling::misspelt;
use super::{Lint, codes};
use crate::outcome::Verdict;

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    let cluster = lint.cluster();
    let of_services: Vec<Vec<Diagnostic>> = (0..cluster.services.len())
        .into_par_iter()
        .map(|index| {
            let mut found = Vec::new();
            service(lint, index, &mut found);
            found
        })
        .collect();
    let mut found: Vec<Diagnostic> = of_services.into_iter().flatten().collect();
    routes(lint, &mut found);
    found
}

fn service(lint: &Lint<'_, '_>, index: usize, found: &mut Vec<Diagnostic>) {
    let cluster = lint.cluster();
    let service = &cluster.services[index];
    let Some(labels) = service.selector.as_ref().filter(|labels| !labels.is_empty()) else {
        return;
    };
    let name = id(lint, service);
    let backends = lint.sources.backends(index);
    if backends.is_empty() {
        if service.listed.is_empty() && lint.sources.has_pods(service.namespace) {
            let selector = Selector::all(labels.iter().map(|(k, v)| Selector::is(k.clone(), v.clone())).collect());
            let message = format!("Service {name} selects no pod: none matches {labels}");
            let diagnostic = codes::SERVICE_SELECTS_NOTHING.at(service.location, message);
            let scope = Scope(vec![lint.sources.labels(service.namespace)]);
            found.push(match closest(&selector, &scope) {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            });
        }
        return;
    }
    for port in &service.ports {
        let targets = Targets::new(lint, index, port);
        if targets.0.is_empty() {
            found.extend(no_target(lint, index, port));
            continue;
        }
        let place = format!("port {} of Service {name}", port.port);
        if !targets.any(|t| t.is_open(lint)) {
            found.push(shut(lint, &targets, port, &place));
        } else if matches!(service.kind, ServiceKind::LoadBalancer | ServiceKind::NodePort)
            && !targets.any(|t| t.admits_addresses(lint))
        {
            let kind = match service.kind {
                ServiceKind::NodePort => "every node's port",
                _ => "a load balancer",
            };
            let message = format!("{place} is offered by {kind}, and the policies of its pods let no address in");
            let diagnostic = codes::EXTERNAL_SHUT.at(port.location, message);
            let hint = format!("allow the clients' addresses by ipBlock on {}", targets.ports());
            found.push(targets.with_policies(lint, diagnostic).hint(hint));
        }
    }
}

fn id(lint: &Lint<'_, '_>, service: &Service) -> String {
    format!("{}/{}", lint.cluster().namespaces[service.namespace].name, service.name)
}

fn no_target(lint: &Lint<'_, '_>, index: usize, port: &ServicePort) -> Option<Diagnostic> {
    let TargetPort::Named(wanted) = &port.target else {
        return None;
    };
    let cluster = lint.cluster();
    let backends = lint
        .sources
        .backends(index)
        .iter()
        .map(|b| &cluster.endpoints[*b as usize]);
    let mut names: Vec<String> = backends
        .flat_map(|e| e.ports.iter())
        .filter_map(|p| Some(format!("{} ({} {})", p.name.as_ref()?, p.protocol, p.port)))
        .collect();
    names.sort();
    names.dedup();
    let message = format!(
        "port {} of Service {} leads to {} port {wanted}, which no container of its pods declares",
        port.port,
        id(lint, &cluster.services[index]),
        port.protocol,
    );
    let diagnostic = codes::TARGET_PORT_NOBODY_HAS.at(port.location, message);
    Some(match &*names {
        [] => diagnostic.hint("name the containers' ports, or write the number"),
        names => diagnostic.hint(format!("they declare {}", list(names))),
    })
}

fn shut(lint: &Lint<'_, '_>, targets: &Targets, port: &ServicePort, place: &str) -> Diagnostic {
    let message = format!(
        "nothing can reach {place}: its pods listen on {}, and nobody is let in there",
        targets.ports()
    );
    let diagnostic = codes::SERVICE_SHUT.at(port.location, message);
    targets.with_policies(lint, diagnostic)
}

/// Where a Service's port leads: to classes, each with its port, and one pod of each.
struct Targets(Vec<Target>);

struct Target {
    class: u32,
    endpoint: usize,
    protocol: Protocol,
    port: u16,
    network: PodNetwork,
}

impl Targets {
    fn new(lint: &Lint<'_, '_>, service: usize, port: &ServicePort) -> Self {
        let (cluster, space) = (lint.cluster(), lint.compiled.space());
        let mut targets: Vec<Target> = Vec::new();
        for &backend in lint.sources.backends(service) {
            let endpoint: &Endpoint = &cluster.endpoints[backend as usize];
            let class = space.class_of[backend as usize];
            let Some(number) = target(endpoint, port.protocol, &port.target) else {
                continue;
            };
            if !targets.iter().any(|t| t.class == class && t.port == number) {
                targets.push(Target {
                    class,
                    endpoint: backend as usize,
                    protocol: port.protocol,
                    port: number,
                    network: endpoint.network,
                });
            }
        }
        Self(targets)
    }

    fn any(&self, holds: impl Fn(&Target) -> bool) -> bool {
        self.0.iter().any(holds)
    }

    fn ports(&self) -> String {
        let mut ports: Vec<(Protocol, u16)> = self.0.iter().map(|t| (t.protocol, t.port)).collect();
        ports.sort_unstable();
        ports.dedup();
        let ports: Vec<String> = ports
            .into_iter()
            .map(|(protocol, port)| format!("{protocol} {port}"))
            .collect();
        list(&ports)
    }

    /// The diagnostic with the policies that isolate a target.
    fn with_policies(&self, lint: &Lint<'_, '_>, mut diagnostic: Diagnostic) -> Diagnostic {
        let Some(first) = self.0.first() else { return diagnostic };
        let policies = lint.compiled.selecting(first.endpoint, Direction::Ingress);
        for policy in policies.map(|e| e.policy).take(3) {
            diagnostic
                .related
                .push((policy.location, format!("{} judges its pods", policy.id)));
        }
        diagnostic
    }
}

impl Target {
    fn lets(&self, lint: &Lint<'_, '_>, direction: Direction, from: u32) -> bool {
        let outcome = lint
            .compiled
            .outcome(lint.compiled.judgement(direction, from, self.class));
        outcome.on(self.protocol, self.port) != Verdict::Deny
    }

    /// Whether any address is let in.
    fn admits_addresses(&self, lint: &Lint<'_, '_>) -> bool {
        let space = lint.compiled.space();
        self.network == PodNetwork::Host || space.atom_peers().any(|atom| self.lets(lint, Direction::Ingress, atom))
    }

    /// Whether anybody at all can reach it.
    fn is_open(&self, lint: &Lint<'_, '_>) -> bool {
        let Some(group) = lint.compiled.group(Direction::Ingress, self.class) else {
            return true;
        };
        if lint.compiled.group_key(Direction::Ingress, group).policies.is_empty() || self.admits_addresses(lint) {
            return true;
        }
        let row = lint.compiled.row(Direction::Ingress, group);
        let is_let = |id| lint.compiled.outcome(id).on(self.protocol, self.port) != Verdict::Deny;
        if !row.outcomes(lint.compiled.space().len()).any(is_let) {
            return false;
        }
        let mut peers = lint.compiled.space().class_peers();
        peers.any(|peer| self.lets(lint, Direction::Ingress, peer) && self.lets(lint, Direction::Egress, peer))
    }
}

/// Values of `app.kubernetes.io/name` and `app` of pods that let requests in.
const CONTROLLERS: [&str; 17] = [
    "ambassador",
    "apisix",
    "cilium-envoy",
    "contour",
    "emissary-ingress",
    "envoy",
    "envoy-gateway",
    "gloo-gateway",
    "haproxy-ingress",
    "ingress-nginx",
    "istio-ingressgateway",
    "kong",
    "kubernetes-ingress",
    "nginx-gateway-fabric",
    "nginx-ingress",
    "skipper-ingress",
    "traefik",
];

/// The label of the pods of a Gateway.
const GATEWAY: &str = "gateway.networking.k8s.io/gateway-name";

fn is_controller(endpoint: &Endpoint) -> bool {
    let named = |key: &str| {
        endpoint
            .labels
            .value(key)
            .is_some_and(|v| CONTROLLERS.contains(&v.as_str()))
    };
    let job = endpoint.labels.value("batch.kubernetes.io/job-name").is_some();
    let helper = endpoint
        .labels
        .value("app.kubernetes.io/component")
        .is_some_and(|v| v.contains("webhook") || v.contains("backend"));
    !job && !helper && (named("app.kubernetes.io/name") || named("app") || endpoint.labels.value(GATEWAY).is_some())
}

fn routes(lint: &Lint<'_, '_>, found: &mut Vec<Diagnostic>) {
    let (cluster, space) = (lint.cluster(), lint.compiled.space());
    let services: FxHashMap<(&Name, &Name), usize> = cluster
        .services
        .iter()
        .enumerate()
        .map(|(i, s)| ((&cluster.namespaces[s.namespace].name, &s.name), i))
        .collect();
    let with_services: Vec<bool> = cluster
        .services
        .iter()
        .fold(vec![false; cluster.namespaces.len()], |mut all, s| {
            all[s.namespace] = true;
            all
        });
    let mut controllers: Vec<(u32, usize)> = Vec::new();
    for (endpoint, &class) in cluster.endpoints.iter().zip(&space.class_of) {
        if is_controller(endpoint) && !controllers.iter().any(|(c, _)| *c == class) {
            controllers.push((class, endpoint.workload));
        }
    }
    for route in &cluster.routes {
        let name = format!(
            "{} {}/{}",
            route.kind, cluster.namespaces[route.namespace].name, route.name
        );
        for backend in &route.backends {
            let Some(&service) = services.get(&(&backend.namespace, &backend.service)) else {
                let namespace = cluster.namespace(&backend.namespace);
                if namespace.is_some_and(|n| with_services[n]) {
                    let message = format!(
                        "{name} leads to Service {}/{}, which is not there",
                        backend.namespace, backend.service
                    );
                    let diagnostic = codes::ROUTE_WITHOUT_SERVICE.at(backend.location, message);
                    let own = cluster.services.iter().filter(|s| Some(s.namespace) == namespace);
                    found.push(match misspelt(&backend.service, own.map(|s| &*s.name)) {
                        Some(best) => diagnostic.hint(format!("did you mean {best}?")),
                        None => diagnostic,
                    });
                }
                continue;
            };
            backend_of_route(lint, &name, backend, service, &controllers, found);
        }
    }
}

fn backend_of_route(
    lint: &Lint<'_, '_>,
    name: &str,
    backend: &RouteBackend,
    service: usize,
    controllers: &[(u32, usize)],
    found: &mut Vec<Diagnostic>,
) {
    let cluster = lint.cluster();
    let of = &cluster.services[service];
    if matches!(of.kind, ServiceKind::ExternalName(_)) {
        return;
    }
    let Some(wanted) = &backend.port else { return };
    let port = of.ports.iter().find(|p| match wanted {
        TargetPort::Number(number) => p.port == *number,
        TargetPort::Named(wanted) => p.name.as_ref() == Some(wanted),
    });
    let Some(port) = port else {
        let wanted = match wanted {
            TargetPort::Number(number) => number.to_string(),
            TargetPort::Named(name) => name.to_string(),
        };
        let message = format!(
            "{name} leads to port {wanted} of Service {}, which has none",
            id(lint, of)
        );
        let has: Vec<String> = of.ports.iter().map(|p| p.port.to_string()).collect();
        let diagnostic = codes::ROUTE_WITHOUT_SERVICE
            .at(backend.location, message)
            .related(of.location, "the Service");
        found.push(if has.is_empty() {
            diagnostic
        } else {
            diagnostic.hint(format!("it has {}", list(&has)))
        });
        return;
    };
    let targets = Targets::new(lint, service, port);
    // What nobody can reach is a finding of the Service's.
    if controllers.is_empty() || targets.0.is_empty() || !targets.any(|t| t.is_open(lint)) {
        return;
    }
    let reaches = |t: &Target| {
        controllers
            .iter()
            .any(|(class, _)| t.lets(lint, Direction::Egress, *class) && t.lets(lint, Direction::Ingress, *class))
    };
    if targets.any(|t| reaches(t) || t.admits_addresses(lint)) {
        return;
    }
    let mut names: Vec<String> = controllers
        .iter()
        .map(|(_, workload)| cluster.workload_id(*workload))
        .collect();
    names.sort();
    names.dedup();
    let message = format!(
        "{name} leads to Service {}, whose pods {} cannot reach on {}",
        id(lint, of),
        list(&names),
        targets.ports()
    );
    let diagnostic = codes::ROUTE_SHUT.at(backend.location, message);
    found.push(
        targets
            .with_policies(lint, diagnostic)
            .hint("allow the controller's pods at the backend, and the backend at the controller"),
    );
}
