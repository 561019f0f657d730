//! Snapshots as text that fits in a test.

use std::fmt::Write;

use haechi_model::Location;
use haechi_model::cluster::{ContainerPort, Endpoint, PodNetwork, RouteBackend, Service, TargetPort};
use haechi_source::{Options, Snapshot, read_texts};

/// What one text is read as.
pub(crate) fn one(text: &str) -> String {
    all(&[("a.yaml", text)])
}

/// What texts are read as.
pub(crate) fn all(texts: &[(&str, &str)]) -> String {
    show(&snapshot(texts))
}

/// The faults in one text.
pub(crate) fn faults(text: &str) -> String {
    let snapshot = snapshot(&[("a.yaml", text)]);
    let mut out = String::new();
    diagnostics(&snapshot, &mut out);
    out
}

pub(crate) fn snapshot(texts: &[(&str, &str)]) -> Snapshot {
    let texts = texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    read_texts(texts.collect(), &Options::default())
}

/// A whole snapshot; of workloads and endpoints all that is not as usual.
pub(crate) fn show(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let Snapshot {
        files,
        cluster,
        policies,
        unknown_kinds,
        evidence,
        ..
    } = snapshot;
    let place = |location: Location| files.show(location).to_string();
    for namespace in &cluster.namespaces {
        let declared = namespace.location.map_or("not declared".to_owned(), place);
        writeln!(out, "namespace {}, {declared}: {}", namespace.name, namespace.labels).unwrap();
    }
    for (i, workload) in cluster.workloads.iter().enumerate() {
        writeln!(out, "{}, {}", cluster.workload_id(i), place(workload.location)).unwrap();
        for endpoint in cluster.endpoints_of(i) {
            let endpoint = &cluster.endpoints[endpoint];
            writeln!(out, "  {}, {}", self::endpoint(endpoint), place(endpoint.location)).unwrap();
        }
    }
    for node in &cluster.nodes {
        writeln!(
            out,
            "node {}, {}: {:?}",
            node.name,
            place(node.location),
            node.addresses
        )
        .unwrap();
    }
    for service in &cluster.services {
        let namespace = &cluster.namespaces[service.namespace].name;
        write!(out, "service {namespace}/{}, {}", service.name, place(service.location)).unwrap();
        self::service(service, &mut out);
    }
    for route in &cluster.routes {
        let namespace = &cluster.namespaces[route.namespace].name;
        write!(
            out,
            "{} {namespace}/{}, {}",
            route.kind,
            route.name,
            place(route.location)
        )
        .unwrap();
        for host in &route.hosts {
            write!(out, " {host}").unwrap();
        }
        for backend in &route.backends {
            write!(out, " -> {}", self::backend(backend)).unwrap();
        }
        out.push('\n');
    }
    for gateway in &cluster.gateways {
        let namespace = &cluster.namespaces[gateway.namespace].name;
        writeln!(out, "gateway {namespace}/{}: {:?}", gateway.name, gateway.listeners).unwrap();
    }
    for account in &cluster.service_accounts {
        let namespace = &cluster.namespaces[account.namespace].name;
        writeln!(out, "account {namespace}/{}: {}", account.name, account.labels).unwrap();
    }
    for policy in policies {
        writeln!(out, "policy {}, {}", policy.id(), place(policy.location())).unwrap();
    }
    for kind in unknown_kinds {
        let (first, count) = (place(kind.first), kind.count);
        writeln!(out, "skipped {} {} x{count}, {first}", kind.api_version, kind.kind).unwrap();
    }
    for found in evidence {
        let profile = found.profile.map_or("an engine", |p| p.name());
        writeln!(out, "shows {profile}: {}, {}", found.what, place(found.location)).unwrap();
    }
    diagnostics(snapshot, &mut out);
    out
}

fn diagnostics(snapshot: &Snapshot, out: &mut String) {
    for diagnostic in &snapshot.diagnostics {
        let place = snapshot.files.show(diagnostic.location);
        let (severity, code, message) = (diagnostic.severity, diagnostic.code, &diagnostic.message);
        writeln!(out, "{place}: {severity}[{code}]: {message}").unwrap();
        for (location, what) in &diagnostic.related {
            writeln!(out, "  {}: {what}", snapshot.files.show(*location)).unwrap();
        }
        if let Some(hint) = &diagnostic.hint {
            writeln!(out, "  hint: {hint}").unwrap();
        }
    }
}

fn endpoint(endpoint: &Endpoint) -> String {
    let mut parts = vec![match &endpoint.pod {
        Some(pod) => format!("pod {pod}"),
        None => format!("template x{}", endpoint.count),
    }];
    if !endpoint.labels.is_empty() {
        parts.push(endpoint.labels.to_string());
    }
    parts.extend(endpoint.ports.iter().map(port));
    if &*endpoint.service_account != "default" {
        parts.push(format!("account {}", endpoint.service_account));
    }
    parts.extend(endpoint.node.iter().map(|node| format!("on {node}")));
    if endpoint.network == PodNetwork::Host {
        parts.push("host network".to_owned());
    }
    parts.extend(endpoint.addresses.iter().map(ToString::to_string));
    parts.join("; ")
}

fn port(port: &ContainerPort) -> String {
    let name = port.name.as_ref().map_or(String::new(), |name| format!(" {name}"));
    format!("{} {}{name}", port.protocol, port.port)
}

fn target(port: &TargetPort) -> String {
    match port {
        TargetPort::Number(number) => number.to_string(),
        TargetPort::Named(name) => name.to_string(),
    }
}

fn service(service: &Service, out: &mut String) {
    write!(out, " {:?}", service.kind).unwrap();
    match &service.selector {
        Some(selector) => write!(out, " of {selector}").unwrap(),
        None => out.push_str(" without selector"),
    }
    for address in &service.addresses {
        write!(out, " {address}").unwrap();
    }
    for port in &service.ports {
        let name = port.name.as_ref().map_or(String::new(), |name| format!("{name} "));
        let (protocol, number) = (port.protocol, port.port);
        write!(out, "; {name}{protocol} {number} to {}", target(&port.target)).unwrap();
        if let Some(number) = port.node_port {
            write!(out, " (node port {number})").unwrap();
        }
    }
    out.push('\n');
    for backend in &service.listed {
        let pod = backend.pod.as_ref().map_or("-", |pod| pod.as_str());
        writeln!(out, "  {} {pod} {:?}", backend.address, backend.ports).unwrap();
    }
}

fn backend(backend: &RouteBackend) -> String {
    let port = backend
        .port
        .as_ref()
        .map_or(String::new(), |p| format!(":{}", target(p)));
    format!("{}/{}{port}", backend.namespace, backend.service)
}
