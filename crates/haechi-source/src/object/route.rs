//! Ways in: Ingresses, and the Gateway API's gateways and routes.

use haechi_model::cluster::{RouteBackend, RouteKind, TargetPort};
use haechi_model::decode::{Decoder, Fields};
use haechi_model::object::ObjectMeta;
use haechi_model::{Name, Node};

use super::kinds::IngressVersion;
use super::{Declared, Fingerprint, Reader, fields};

/// An Ingress or a route.
#[derive(Debug)]
pub(crate) struct RouteSpec {
    pub(crate) kind: RouteKind,
    pub(crate) hosts: Vec<Name>,
    pub(crate) backends: Vec<RouteBackend>,
}

impl Reader<'_> {
    pub(super) fn ingress(&mut self, node: Node<'_>, version: IngressVersion) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "an Ingress", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        fields.ignore(&["status"]);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let spec = fields.field("spec");
        fields.finish(decoder);
        let Some(meta) = meta else { return };
        let mut what = RouteSpec {
            kind: RouteKind::Ingress,
            hosts: Vec::new(),
            backends: Vec::new(),
        };
        let namespace = self.namespace_of(&meta);
        if let Some(spec) = spec {
            ingress_spec(spec, version, &namespace, &mut what, &mut self.decoder);
        }
        self.declare_route(node, meta, namespace, what);
    }

    pub(super) fn route(&mut self, node: Node<'_>, kind: RouteKind) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "a route", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        fields.ignore(&["status"]);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let spec = fields.required("spec", decoder);
        fields.finish(decoder);
        let (Some(meta), Some(spec)) = (meta, spec) else { return };
        let namespace = self.namespace_of(&meta);
        let mut what = RouteSpec {
            kind,
            hosts: Vec::new(),
            backends: Vec::new(),
        };
        route_spec(spec, &namespace, &mut what, &mut self.decoder);
        self.declare_route(node, meta, namespace, what);
    }

    pub(super) fn gateway(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "a Gateway", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        fields.ignore(&["status"]);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let spec = fields.required("spec", decoder);
        fields.finish(decoder);
        let (Some(meta), Some(spec)) = (meta, spec) else { return };
        let mut listeners = Vec::new();
        if let Some(mut fields) = Fields::of(spec, "a Gateway's spec", decoder) {
            let listed = fields.field("listeners");
            fields.ignore(fields::GATEWAY_SPEC);
            fields.finish(decoder);
            for entry in decoder.optional_list(listed) {
                listeners.extend(listener(entry, decoder));
            }
        }
        self.objects.gateways.push(Declared {
            namespace: self.namespace_of(&meta),
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what: listeners,
        });
    }

    fn declare_route(&mut self, node: Node<'_>, meta: ObjectMeta, namespace: Name, what: RouteSpec) {
        self.objects.routes.push(Declared {
            namespace,
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what,
        });
    }
}

fn listener(node: Node<'_>, decoder: &mut Decoder) -> Option<(u16, Name)> {
    let mut fields = Fields::of(node, "a listener", decoder)?;
    let port = fields.required("port", decoder).and_then(|n| decoder.port(n));
    let protocol = fields.required("protocol", decoder).and_then(|n| decoder.name(n));
    fields.ignore(&["allowedRoutes", "hostname", "name", "tls"]);
    fields.finish(decoder);
    Some((port?, protocol?))
}

fn ingress_spec(
    spec: Node<'_>,
    version: IngressVersion,
    namespace: &Name,
    what: &mut RouteSpec,
    decoder: &mut Decoder,
) {
    let Some(mut fields) = Fields::of(spec, "an Ingress' spec", decoder) else {
        return;
    };
    let default = match version {
        IngressVersion::V1 => fields.field("defaultBackend"),
        IngressVersion::Beta => fields.field("backend"),
    };
    let rules = fields.field("rules");
    fields.ignore(&["ingressClassName", "tls"]);
    fields.finish(decoder);
    what.backends
        .extend(default.and_then(|n| ingress_backend(n, version, namespace, decoder)));
    for rule in decoder.optional_list(rules) {
        let Some(mut fields) = Fields::of(rule, "a rule", decoder) else {
            continue;
        };
        let host = fields.field("host").and_then(|n| decoder.name(n));
        let http = fields.field("http");
        fields.finish(decoder);
        what.hosts
            .extend(host.filter(|h| !h.is_empty() && !what.hosts.contains(h)));
        let Some(mut fields) = http.and_then(|n| Fields::of(n, "a rule's http", decoder)) else {
            continue;
        };
        let paths = fields.required("paths", decoder);
        fields.finish(decoder);
        for path in decoder.optional_list(paths) {
            let Some(mut fields) = Fields::of(path, "a path", decoder) else {
                continue;
            };
            let backend = fields.required("backend", decoder);
            fields.ignore(&["path", "pathType"]);
            fields.finish(decoder);
            what.backends
                .extend(backend.and_then(|n| ingress_backend(n, version, namespace, decoder)));
        }
    }
}

/// The Service behind a path; `None` also for a backend of another kind.
fn ingress_backend(
    node: Node<'_>,
    version: IngressVersion,
    namespace: &Name,
    decoder: &mut Decoder,
) -> Option<RouteBackend> {
    let mut fields = Fields::of(node, "a backend", decoder)?;
    let (service, port) = match version {
        IngressVersion::Beta => {
            let name = fields.field("serviceName").and_then(|n| decoder.name(n));
            let port = fields.field("servicePort");
            fields.ignore(&["resource"]);
            fields.finish(decoder);
            (name?, port.and_then(|n| number_or_name(n, decoder)))
        }
        IngressVersion::V1 => {
            let service = fields.field("service");
            fields.ignore(&["resource"]);
            fields.finish(decoder);
            let mut fields = Fields::of(service?, "a backend's service", decoder)?;
            let name = fields.required("name", decoder).and_then(|n| decoder.name(n));
            let port = fields.field("port");
            fields.finish(decoder);
            let port = port.and_then(|n| {
                let mut fields = Fields::of(n, "a service's port", decoder)?;
                let (name, number) = (fields.field("name"), fields.field("number"));
                fields.finish(decoder);
                match (name, number) {
                    (_, Some(number)) => decoder.port(number).map(TargetPort::Number),
                    (Some(name), None) => decoder.name(name).map(TargetPort::Named),
                    (None, None) => None,
                }
            });
            (name?, port)
        }
    };
    Some(RouteBackend {
        namespace: namespace.clone(),
        service,
        port,
        location: node.location(),
    })
}

fn number_or_name(node: Node<'_>, decoder: &mut Decoder) -> Option<TargetPort> {
    if node.what() == "a text" {
        decoder.name(node).map(TargetPort::Named)
    } else {
        decoder.port(node).map(TargetPort::Number)
    }
}

fn route_spec(spec: Node<'_>, namespace: &Name, what: &mut RouteSpec, decoder: &mut Decoder) {
    let Some(mut fields) = Fields::of(spec, "a route's spec", decoder) else {
        return;
    };
    let hosts = fields.field("hostnames");
    let rules = fields.field("rules");
    fields.ignore(&["parentRefs", "useDefaultGateways"]);
    fields.finish(decoder);
    for host in decoder.optional_list(hosts) {
        what.hosts.extend(decoder.name(host));
    }
    for rule in decoder.optional_list(rules) {
        let Some(mut fields) = Fields::of(rule, "a rule", decoder) else {
            continue;
        };
        let backends = fields.field("backendRefs");
        let filters = fields.field("filters");
        fields.ignore(&["matches", "name", "retry", "sessionPersistence", "timeouts"]);
        fields.finish(decoder);
        for backend in decoder.optional_list(backends) {
            what.backends.extend(backend_ref(backend, namespace, decoder));
        }
        // What a filter mirrors arrives as much as the request itself.
        for filter in decoder.optional_list(filters) {
            let mirror = filter.field("requestMirror").and_then(|n| n.field("backendRef"));
            what.backends
                .extend(mirror.and_then(|n| backend_ref(n, namespace, decoder)));
        }
    }
}

/// The Service that a reference names; `None` also for another kind of backend.
fn backend_ref(node: Node<'_>, namespace: &Name, decoder: &mut Decoder) -> Option<RouteBackend> {
    let mut fields = Fields::of(node, "a backend reference", decoder)?;
    let group = fields.field("group").and_then(|n| decoder.text(n));
    let kind = fields.field("kind").and_then(|n| decoder.text(n));
    let name = fields.required("name", decoder).and_then(|n| decoder.name(n));
    let other = fields.field("namespace").and_then(|n| decoder.name(n));
    let port = fields.field("port").and_then(|n| decoder.port(n));
    fields.ignore(&["filters", "weight"]);
    fields.finish(decoder);
    let is_service = matches!((group, kind), (None | Some(""), None | Some("Service")));
    is_service.then_some(())?;
    Some(RouteBackend {
        namespace: other.unwrap_or_else(|| namespace.clone()),
        service: name?,
        port: port.map(TargetPort::Number),
        location: node.location(),
    })
}
