//! Pods, and the parts of a pod that its templates have as well.

use std::net::IpAddr;
use std::sync::Arc;

use haechi_model::cluster::{ContainerPort, PodNetwork};
use haechi_model::decode::{Decoder, Fields, closest};
use haechi_model::object::ObjectMeta;
use haechi_model::{Labels, Name, Node, Protocol};

use super::{Declared, Fingerprint, Owner, Reader, evidence, fields};

/// A pod.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) labels: Labels,
    pub(crate) owner: Option<Owner>,
    pub(crate) spec: PodSpec,
    pub(crate) phase: Phase,
    /// Its own addresses, else its node's where it uses its node's network.
    pub(crate) addresses: Vec<IpAddr>,
}

/// What a pod and a template say of the network.
#[derive(Clone, Debug)]
pub(crate) struct PodSpec {
    pub(crate) ports: Arc<[ContainerPort]>,
    pub(crate) service_account: Name,
    pub(crate) node: Option<Name>,
    pub(crate) network: PodNetwork,
}

/// Whether a pod's containers may still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// They may.
    Live,
    /// All have ended for good: `Succeeded` or `Failed`.
    Finished,
}

impl Reader<'_> {
    pub(super) fn pod(&mut self, node: Node<'_>) {
        let Some(mut fields) = Fields::of(node, "a Pod", &mut self.decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        let meta = ObjectMeta::read(&mut fields, &mut self.decoder);
        let spec = fields.required("spec", &mut self.decoder);
        let status = fields.field("status");
        fields.finish(&mut self.decoder);
        let spec = spec.and_then(|spec| self.pod_spec(spec));
        let (Some(meta), Some(spec)) = (meta, spec) else { return };
        let (phase, addresses) = status.map_or((Phase::Live, Vec::new()), |status| {
            (phase(status), addresses(status, spec.network, &mut self.decoder))
        });
        let namespace = self.namespace_of(&meta);
        let owner = Owner::of(&meta);
        evidence::of_pod(&namespace, owner.as_ref(), meta.location, &mut self.objects.evidence);
        self.objects.pods.push(Declared {
            namespace,
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what: Pod {
                labels: meta.labels,
                owner,
                spec,
                phase,
                addresses,
            },
        });
    }

    pub(super) fn pod_spec(&mut self, node: Node<'_>) -> Option<PodSpec> {
        let decoder = &mut self.decoder;
        let mut fields = Fields::of(node, "a pod's spec", decoder)?;
        let containers = fields.required("containers", decoder);
        let init_containers = fields.field("initContainers");
        let account = fields.field("serviceAccountName");
        let old_account = fields.field("serviceAccount");
        let on_host = fields.field("hostNetwork").and_then(|n| decoder.boolean(n));
        let node_name = fields.field("nodeName").and_then(|n| decoder.name(n));
        fields.ignore(fields::POD_SPEC);
        fields.finish(decoder);

        let account = account.or(old_account).and_then(|n| decoder.name(n));
        let service_account = match account {
            Some(name) if !name.is_empty() => name,
            _ => decoder.intern("default"),
        };
        let mut ports = Vec::new();
        for container in decoder.optional_list(containers) {
            container_ports(container, &mut ports, decoder);
        }
        for container in decoder.optional_list(init_containers) {
            // Rule 11: one that restarts runs beside the others, any other has ended before they begin.
            let mut own = Vec::new();
            if container_ports(container, &mut own, decoder) == Lifetime::Pod {
                ports.append(&mut own);
            }
        }
        ports.sort();
        ports.dedup();
        Some(PodSpec {
            ports: self.shared_ports(ports),
            service_account,
            node: node_name.filter(|n| !n.is_empty()),
            network: if on_host == Some(true) {
                PodNetwork::Host
            } else {
                PodNetwork::Own
            },
        })
    }

    fn shared_ports(&mut self, ports: Vec<ContainerPort>) -> Arc<[ContainerPort]> {
        if let Some(shared) = self.ports.get(ports.as_slice()) {
            return Arc::clone(shared);
        }
        let shared: Arc<[ContainerPort]> = ports.into();
        self.ports.insert(Arc::clone(&shared));
        shared
    }

    pub(super) fn namespace_of(&self, meta: &ObjectMeta) -> Name {
        meta.namespace.clone().unwrap_or_else(|| self.default_namespace.clone())
    }
}

/// How long a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    /// Until the pod ends.
    Pod,
    /// Until its own work is done, if it is an init container.
    Task,
}

fn container_ports(node: Node<'_>, ports: &mut Vec<ContainerPort>, decoder: &mut Decoder) -> Lifetime {
    let Some(mut fields) = Fields::of(node, "a container", decoder) else {
        return Lifetime::Task;
    };
    let listed = fields.field("ports");
    let restart = fields.field("restartPolicy").and_then(|n| decoder.text(n));
    fields.ignore(fields::CONTAINER);
    fields.finish(decoder);
    for port in decoder.optional_list(listed) {
        ports.extend(container_port(port, decoder));
    }
    if restart == Some("Always") {
        Lifetime::Pod
    } else {
        Lifetime::Task
    }
}

fn container_port(node: Node<'_>, decoder: &mut Decoder) -> Option<ContainerPort> {
    let mut fields = Fields::of(node, "a container's port", decoder)?;
    let name = fields.field("name").and_then(|n| decoder.name(n));
    let number = fields.required("containerPort", decoder);
    let transport = fields.field("protocol");
    fields.ignore(&["hostPort", "hostIP"]);
    fields.finish(decoder);
    let port = decoder.port(number?)?;
    Some(ContainerPort {
        name: name.filter(|n| !n.is_empty()),
        protocol: protocol(transport, decoder)?,
        port,
    })
}

/// TCP, UDP or SCTP; TCP if it is left out.
pub(super) fn protocol(node: Option<Node<'_>>, decoder: &mut Decoder) -> Option<Protocol> {
    let Some(node) = node else { return Some(Protocol::Tcp) };
    let text = decoder.text(node)?;
    let found = Protocol::WITH_PORTS.into_iter().find(|p| p.name() == text);
    if found.is_none() {
        let hint = closest(text, Protocol::WITH_PORTS.map(Protocol::name));
        decoder
            .invalid(node, format!("no protocol is called {text:?} here"))
            .hint = Some(hint);
    }
    found
}

fn phase(status: Node<'_>) -> Phase {
    match status.field("phase").and_then(Node::scalar) {
        Some(("Succeeded" | "Failed", _)) => Phase::Finished,
        _ => Phase::Live,
    }
}

fn addresses(status: Node<'_>, network: PodNetwork, decoder: &mut Decoder) -> Vec<IpAddr> {
    let own = listed(status, "podIP", "podIPs", decoder);
    if own.is_empty() && network == PodNetwork::Host {
        return listed(status, "hostIP", "hostIPs", decoder);
    }
    own
}

/// The addresses of a list of `ip` fields and of a field that repeats its first.
fn listed(status: Node<'_>, one: &str, all: &str, decoder: &mut Decoder) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let first = status
        .field(one)
        .filter(|n| n.scalar().is_some_and(|(text, _)| !text.is_empty()));
    addresses.extend(first.and_then(|n| decoder.address(n)));
    for entry in decoder.optional_list(status.field(all).filter(|n| !n.is_null())) {
        if let Some(address) = entry.field("ip").and_then(|n| decoder.address(n))
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    addresses
}
