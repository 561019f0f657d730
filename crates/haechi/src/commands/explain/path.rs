//! The ways that connections to what was named may take.

use std::fmt::Write as _;

use anyhow::{anyhow, bail};
use haechi_engine::{End, backends};
use haechi_model::cluster::{Cluster, ContainerPort, Service, ServiceKind, ServicePort};
use haechi_model::{PortSet, Protocol};

use crate::error::Hint;
use crate::names::Named;
use crate::port::{Port, PortQuery, Unsaid};

/// A way that connections may take.
#[derive(Clone, Debug)]
pub(super) struct Path<'a> {
    /// Who answers.
    pub(super) to: Named,
    /// Whoever of them is asked about.
    pub(super) ends: Vec<End>,
    /// The Service's port that is dialled, and the port where it leads.
    pub(super) dialled: Option<(&'a ServicePort, u16)>,
    /// The ports of the one who answers.
    pub(super) ports: PortSet,
}

/// The ways to `to`; none if nobody answers.
pub(super) fn paths<'a>(cluster: &'a Cluster, to: &Named, port: Option<&PortQuery>) -> anyhow::Result<Vec<Path<'a>>> {
    if let Named::Service(service) = to {
        return through(cluster, *service, port);
    }
    let ends = to.ends(cluster);
    if ends.is_empty() {
        bail!("{} has no addresses", to.id(cluster));
    }
    let declared = declared(cluster, &ends);
    Ok(vec![Path {
        to: to.clone(),
        ports: ports(port, &declared, &to.id(cluster))?,
        ends,
        dialled: None,
    }])
}

/// The ports that are asked about at a destination; all that have numbers if none are.
fn ports(port: Option<&PortQuery>, declared: &[ContainerPort], name: &str) -> anyhow::Result<PortSet> {
    let Some(port) = port else {
        return Ok(PortSet::with_ports());
    };
    let ports = port.ports(declared, Unsaid::Tcp);
    if !ports.is_empty() {
        return Ok(ports);
    }
    let error = anyhow!("no port of {name} is called {port}");
    let names: Vec<String> = declared
        .iter()
        .filter_map(|p| Some(format!("{} ({}/{})", p.name.as_ref()?, p.port, p.protocol)))
        .collect();
    Err(if names.is_empty() {
        error.hint("its containers give their ports no names: ask for a number")
    } else {
        error.hint(format!("there is {}", names.join(", ")))
    })
}

/// The container ports of some ends.
pub(super) fn declared(cluster: &Cluster, ends: &[End]) -> Vec<ContainerPort> {
    let mut declared: Vec<ContainerPort> = ends
        .iter()
        .filter_map(|end| match end {
            End::Endpoint(index) => Some(&cluster.endpoints[*index]),
            End::Address(_) | End::Domain(_) => None,
        })
        .flat_map(|endpoint| endpoint.ports.iter().cloned())
        .collect();
    declared.sort();
    declared.dedup();
    declared
}

/// The ways through a Service: one for each of its ports that is asked about and each workload behind it.
fn through<'a>(cluster: &'a Cluster, index: usize, query: Option<&PortQuery>) -> anyhow::Result<Vec<Path<'a>>> {
    let service = &cluster.services[index];
    let headless = service.kind == ServiceKind::Headless;
    // Without translation, clients dial whatever port of a backend they like.
    if let (true, Some(query)) = (headless, query.filter(|q| !matches!(q.port, Port::Named(_)))) {
        return Ok(directly(cluster, index, query));
    }
    if let (ServiceKind::ExternalName(name), Some(query)) = (&service.kind, query) {
        return Ok(vec![Path {
            to: Named::Domain(name.clone()),
            ends: vec![End::Domain(name.clone())],
            dialled: None,
            ports: query.ports(&[], Unsaid::Tcp),
        }]);
    }
    if let (ServiceKind::ExternalName(name), true) = (&service.kind, service.ports.is_empty()) {
        return Ok(vec![Path {
            to: Named::Domain(name.clone()),
            ends: vec![End::Domain(name.clone())],
            dialled: None,
            ports: PortSet::with_ports(),
        }]);
    }
    let dialled: Vec<&ServicePort> = service
        .ports
        .iter()
        .filter(|p| query.is_none_or(|q| dials(q, p)))
        .collect();
    if dialled.is_empty() {
        return Err(no_such_port(cluster, index, query));
    }
    let mut paths: Vec<Path<'a>> = Vec::new();
    for backend in backends(cluster, index).filter(|b| dialled.iter().any(|d| std::ptr::eq(*d, b.port))) {
        let to = owner(cluster, &backend.end);
        let same = |p: &&mut Path<'a>| {
            p.to == to
                && p.dialled
                    .is_some_and(|(port, target)| std::ptr::eq(port, backend.port) && target == backend.target)
        };
        match paths.iter_mut().find(same) {
            Some(path) => path.ends.push(backend.end),
            None => paths.push(Path {
                to,
                ends: vec![backend.end],
                dialled: Some((backend.port, backend.target)),
                ports: PortSet::port(backend.port.protocol, backend.target),
            }),
        }
    }
    Ok(paths)
}

/// The ways to a headless Service's backends, which are dialled themselves.
fn directly<'a>(cluster: &'a Cluster, service: usize, query: &PortQuery) -> Vec<Path<'a>> {
    let mut paths: Vec<Path<'a>> = Vec::new();
    for end in Named::Service(service).ends(cluster) {
        let to = owner(cluster, &end);
        match paths.iter_mut().find(|p| p.to == to) {
            Some(path) => path.ends.push(end),
            None => paths.push(Path {
                to,
                ends: vec![end],
                dialled: None,
                ports: query.ports(&[], Unsaid::Tcp),
            }),
        }
    }
    paths
}

/// Whether a port of a Service is asked for.
fn dials(query: &PortQuery, port: &ServicePort) -> bool {
    let protocol = query.protocol.unwrap_or(match query.port {
        Port::Named(_) => port.protocol,
        Port::Any | Port::Numbers(..) => Protocol::Tcp,
    });
    let is_it = match &query.port {
        Port::Any => true,
        Port::Numbers(first, last) => (*first..=*last).contains(&port.port),
        Port::Named(name) => {
            port.name.as_ref() == Some(name)
                || matches!(&port.target, haechi_model::cluster::TargetPort::Named(n) if n == name)
        }
    };
    protocol == port.protocol && is_it
}

fn no_such_port(cluster: &Cluster, index: usize, query: Option<&PortQuery>) -> anyhow::Error {
    let service = &cluster.services[index];
    let id = Named::Service(index).id(cluster);
    let error = match query {
        Some(query) => anyhow!("{id} has no port {query}"),
        None => anyhow!("{id} has no ports"),
    };
    if service.ports.is_empty() {
        return error.hint("it translates nothing; ask about the pods behind it");
    }
    let mut ports = String::new();
    for port in &service.ports {
        let name = port.name.as_ref().map_or(String::new(), |n| format!(" ({n})"));
        let gap = if ports.is_empty() { "" } else { ", " };
        let _ = write!(ports, "{gap}{}/{}{name}", port.port, port.protocol);
    }
    error.hint(format!("it has {ports}"))
}

/// Whom an end belongs to.
fn owner(cluster: &Cluster, end: &End) -> Named {
    match end {
        End::Endpoint(index) => Named::Workload(cluster.endpoints[*index].workload),
        End::Address(address) => Named::Address(*address),
        End::Domain(name) => Named::Domain(name.clone()),
    }
}

/// Why nobody answers behind a Service.
pub(super) fn nobody(cluster: &Cluster, service: &Service) -> String {
    match &service.selector {
        Some(selector) if selector.is_empty() => "it selects no pods".to_owned(),
        Some(selector) => format!(
            "no pod of namespace {} that has {selector} answers on a port of it",
            cluster.namespaces[service.namespace].name
        ),
        None => "it selects no pods, and no Endpoints or EndpointSlice of it lists any".to_owned(),
    }
}
