//! Services, and the backends that Endpoints and EndpointSlices list for them.

use std::net::IpAddr;

use haechi_model::cluster::{ListedBackend, ServiceKind, ServicePort, TargetPort};
use haechi_model::decode::{Decoder, Fields, closest};
use haechi_model::object::ObjectMeta;
use haechi_model::{Labels, Location, Name, Node, Protocol, Severity};

use super::pod::protocol;
use super::{Declared, Fingerprint, Reader, fields};

/// A Service.
#[derive(Debug)]
pub(crate) struct ServiceSpec {
    pub(crate) kind: ServiceKind,
    pub(crate) selector: Option<Labels>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) ports: Vec<ServicePort>,
}

/// What an Endpoints or an EndpointSlice lists.
#[derive(Debug)]
pub(crate) struct Backends {
    /// The Service's name; empty for a slice that belongs to none.
    pub(crate) service: Name,
    pub(crate) list: Vec<ListedBackend>,
    pub(crate) source: BackendSource,
}

/// Which kind of object lists backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BackendSource {
    Endpoints,
    EndpointSlice,
}

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const TYPES: [&str; 4] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];

impl Reader<'_> {
    pub(super) fn service(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "a Service", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let spec = fields.required("spec", decoder);
        let status = fields.field("status");
        fields.finish(decoder);
        let what = spec.and_then(|spec| service_spec(spec, decoder));
        let (Some(meta), Some(mut what)) = (meta, what) else {
            return;
        };
        if let Some(status) = status {
            balancer_addresses(status, &mut what.addresses, decoder);
        }
        self.objects.services.push(Declared {
            namespace: self.namespace_of(&meta),
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what,
        });
    }

    pub(super) fn endpoints(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "an Endpoints", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let subsets = fields.field("subsets");
        fields.finish(decoder);
        let Some(meta) = meta else { return };
        let mut list = Vec::new();
        for subset in decoder.optional_list(subsets) {
            let Some(mut fields) = Fields::of(subset, "a subset", decoder) else {
                continue;
            };
            let ready = fields.field("addresses");
            let starting = fields.field("notReadyAddresses");
            let ports = fields.field("ports");
            fields.finish(decoder);
            let ports = backend_ports(ports, decoder);
            let addresses: Vec<_> = decoder
                .optional_list(ready)
                .chain(decoder.optional_list(starting))
                .collect();
            for entry in addresses {
                let Some(mut fields) = Fields::of(entry, "an address", decoder) else {
                    continue;
                };
                let address = fields.required("ip", decoder).and_then(|n| decoder.address(n));
                let pod = fields.field("targetRef").and_then(|n| pod_of(n, decoder));
                fields.ignore(&["hostname", "nodeName"]);
                fields.finish(decoder);
                list.extend(address.map(|address| ListedBackend {
                    address,
                    pod,
                    ports: ports.clone(),
                }));
            }
        }
        let what = Backends {
            service: meta.name.clone(),
            list,
            source: BackendSource::Endpoints,
        };
        self.backends(node, meta, what);
    }

    pub(super) fn endpoint_slice(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "an EndpointSlice", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let by_name = fields
            .field("addressType")
            .is_some_and(|n| decoder.text(n) == Some("FQDN"));
        let endpoints = fields.field("endpoints");
        let ports = fields.field("ports");
        fields.finish(decoder);
        let Some(meta) = meta else { return };
        let ports = backend_ports(ports, decoder);
        let mut list = Vec::new();
        for entry in decoder.optional_list(endpoints) {
            let Some(mut fields) = Fields::of(entry, "an endpoint", decoder) else {
                continue;
            };
            let addresses = fields.required("addresses", decoder);
            let pod = fields.field("targetRef").and_then(|n| pod_of(n, decoder));
            fields.ignore(&[
                "conditions",
                "deprecatedTopology",
                "hints",
                "hostname",
                "nodeName",
                "topology",
                "zone",
            ]);
            fields.finish(decoder);
            for address in decoder.optional_list(addresses).filter(|_| !by_name) {
                list.extend(decoder.address(address).map(|address| ListedBackend {
                    address,
                    pod: pod.clone(),
                    ports: ports.clone(),
                }));
            }
        }
        let what = Backends {
            service: meta.labels.value(SERVICE_NAME).cloned().unwrap_or_default(),
            list,
            source: BackendSource::EndpointSlice,
        };
        self.backends(node, meta, what);
    }

    fn backends(&mut self, node: Node<'_>, meta: ObjectMeta, what: Backends) {
        self.objects.backends.push(Declared {
            namespace: self.namespace_of(&meta),
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what,
        });
    }
}

fn service_spec(node: Node<'_>, decoder: &mut Decoder) -> Option<ServiceSpec> {
    let mut fields = Fields::of(node, "a Service's spec", decoder)?;
    let kind_at = fields.field("type");
    let cluster_ip = fields.field("clusterIP");
    let cluster_ips = fields.field("clusterIPs");
    let external_ips = fields.field("externalIPs");
    let balancer_ip = fields.field("loadBalancerIP");
    let external_name = fields.field("externalName").and_then(|n| decoder.name(n));
    let selector = fields.field("selector").map(|n| decoder.labels(n));
    let ports_at = fields.field("ports");
    fields.ignore(fields::SERVICE_SPEC);
    fields.finish(decoder);

    let word = kind_at.map_or(Some("ClusterIP"), |n| decoder.text(n))?;
    let is_headless = cluster_ip
        .and_then(Node::scalar)
        .is_some_and(|(text, _)| text == "None");
    let kind = match word {
        "ClusterIP" if is_headless => ServiceKind::Headless,
        "ClusterIP" => ServiceKind::ClusterIp,
        "NodePort" => ServiceKind::NodePort,
        "LoadBalancer" => ServiceKind::LoadBalancer,
        "ExternalName" => {
            let Some(name) = external_name.filter(|n| !n.is_empty()) else {
                decoder.invalid(node, "a Service of type ExternalName needs externalName");
                return None;
            };
            ServiceKind::ExternalName(name)
        }
        _ => {
            decoder
                .invalid(kind_at.unwrap_or(node), format!("a Service has no type {word:?}"))
                .hint = Some(closest(word, TYPES));
            return None;
        }
    };
    let mut addresses = Vec::new();
    let listed = cluster_ip
        .into_iter()
        .chain(decoder.optional_list(cluster_ips))
        .chain(decoder.optional_list(external_ips))
        .chain(balancer_ip);
    for node in listed {
        if !matches!(node.scalar(), Some(("None" | "", _))) {
            push_new(&mut addresses, decoder.address(node));
        }
    }
    let ports = service_ports(ports_at, decoder);
    Some(ServiceSpec {
        kind,
        // An empty selector selects nothing: somebody else lists the backends.
        selector: selector.filter(|s| !s.is_empty()),
        addresses,
        ports,
    })
}

fn service_ports(node: Option<Node<'_>>, decoder: &mut Decoder) -> Vec<ServicePort> {
    let entries: Vec<Node<'_>> = decoder.optional_list(node).collect();
    let mut ports: Vec<ServicePort> = Vec::with_capacity(entries.len());
    for entry in &entries {
        let Some(port) = service_port(*entry, decoder) else {
            continue;
        };
        if port.name.is_none() && entries.len() > 1 {
            // The API server refuses it, yet it is plain what is meant.
            let diagnostic = decoder.invalid(*entry, "a Service with several ports needs a name for each");
            diagnostic.severity = Severity::Warning;
            diagnostic.hint = Some("add name: to this port".into());
        }
        if let Some(first) = ports.iter().find(|p| p.name.is_some() && p.name == port.name) {
            repeated(entry.location(), "its name", first, decoder);
        } else if let Some(first) = ports
            .iter()
            .find(|p| (p.port, p.protocol) == (port.port, port.protocol))
        {
            repeated(entry.location(), "its port and protocol", first, decoder);
        } else {
            ports.push(port);
        }
    }
    ports
}

fn repeated(location: Location, what: &str, first: &ServicePort, decoder: &mut Decoder) {
    let message = format!("another port of this Service has {what}");
    let diagnostic = decoder.invalid_at(location, message);
    diagnostic.related.push((first.location, "the other one".to_owned()));
}

fn service_port(node: Node<'_>, decoder: &mut Decoder) -> Option<ServicePort> {
    let mut fields = Fields::of(node, "a Service's port", decoder)?;
    let name = fields.field("name").and_then(|n| decoder.name(n));
    let port = fields.required("port", decoder);
    let target = fields.field("targetPort");
    let transport = fields.field("protocol");
    let node_port = fields.field("nodePort");
    fields.ignore(&["appProtocol"]);
    fields.finish(decoder);
    let port = decoder.port(port?)?;
    let target = match target {
        Some(target) => target_port(target, port, decoder)?,
        None => TargetPort::Number(port),
    };
    let node_port = match node_port {
        Some(node) => Some(decoder.integer(node, 0, 65535)?).filter(|&n| n != 0),
        None => None,
    };
    Some(ServicePort {
        name: name.filter(|n| !n.is_empty()),
        protocol: protocol(transport, decoder)?,
        port,
        target,
        node_port: node_port.and_then(|n| u16::try_from(n).ok()),
        location: node.location(),
    })
}

fn target_port(node: Node<'_>, port: u16, decoder: &mut Decoder) -> Option<TargetPort> {
    if node.what() == "a text" {
        let name = decoder.name(node)?;
        if name.is_empty() {
            return Some(TargetPort::Number(port));
        }
        if name.parse::<u16>().is_ok() {
            decoder
                .invalid(node, format!("{:?} is no name of a port", name.as_str()))
                .hint = Some(format!("leave the quotes out for the port number {name}"));
            return None;
        }
        return Some(TargetPort::Named(name));
    }
    match decoder.integer(node, 0, 65535)? {
        0 => Some(TargetPort::Number(port)),
        number => u16::try_from(number).ok().map(TargetPort::Number),
    }
}

fn balancer_addresses(status: Node<'_>, addresses: &mut Vec<IpAddr>, decoder: &mut Decoder) {
    let ingress = status.field("loadBalancer").and_then(|n| n.field("ingress"));
    for entry in decoder.optional_list(ingress.filter(|n| !n.is_null())) {
        if let Some(node) = entry.field("ip") {
            push_new(addresses, decoder.address(node));
        }
    }
}

fn push_new(addresses: &mut Vec<IpAddr>, address: Option<IpAddr>) {
    addresses.extend(address.filter(|a| !addresses.contains(a)));
}

type BackendPort = (Option<Name>, Protocol, u16);

fn backend_ports(node: Option<Node<'_>>, decoder: &mut Decoder) -> Vec<BackendPort> {
    let mut ports = Vec::new();
    for entry in decoder.optional_list(node) {
        let Some(mut fields) = Fields::of(entry, "a port", decoder) else {
            continue;
        };
        let name = fields.field("name").and_then(|n| decoder.name(n));
        let number = fields.field("port").and_then(|n| decoder.port(n));
        let transport = fields.field("protocol");
        fields.ignore(&["appProtocol"]);
        fields.finish(decoder);
        if let (Some(number), Some(transport)) = (number, protocol(transport, decoder)) {
            ports.push((name.filter(|n| !n.is_empty()), transport, number));
        }
    }
    ports
}

/// The pod that a reference names, if it names one.
fn pod_of(node: Node<'_>, decoder: &mut Decoder) -> Option<Name> {
    let kind = node.field("kind").and_then(Node::scalar)?.0;
    let name = node.field("name")?;
    (kind == "Pod").then(|| decoder.name(name)).flatten()
}
