//! Documents to objects: each kind to its reader, and what no reader wants to its list.

use haechi_model::cluster::{ClusterNode, ContainerPort};
use haechi_model::decode::{Decoder, english, translated_key};
use haechi_model::{Diagnostic, Labels, Location, Name, Node, Severity};
use haechi_policy::PolicyObject;
use haechi_policy::dialect;
use rustc_hash::FxHashSet;
use std::sync::Arc;

use crate::bound::Dropped;
use crate::stranger::{Origin, Stranger};
use crate::{Evidence, Options, UnknownKind, code};

mod evidence;
mod fields;
mod fingerprint;
mod kinds;
mod pod;
mod route;
mod service;
mod simple;
mod workload;

pub(crate) use fingerprint::Fingerprint;
pub(crate) use pod::{Phase, Pod, PodSpec};
pub(crate) use service::{BackendSource, Backends, ServiceSpec};
pub(crate) use workload::{Owner, Template};

use kinds::Known;

/// An object, and who it is.
#[derive(Debug)]
pub(crate) struct Declared<T> {
    /// Its namespace; empty if it is cluster-wide.
    pub(crate) namespace: Name,
    pub(crate) name: Name,
    pub(crate) location: Location,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) what: T,
}

/// A policy, and what tells it from a namesake.
#[derive(Debug)]
pub(crate) struct DeclaredPolicy {
    pub(crate) object: Box<dyn PolicyObject>,
    pub(crate) group: Name,
    pub(crate) fingerprint: Fingerprint,
}

/// What a part of the sources holds.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) namespaces: Vec<Declared<Labels>>,
    pub(crate) pods: Vec<Declared<Pod>>,
    pub(crate) templates: Vec<Declared<Template>>,
    pub(crate) nodes: Vec<Declared<ClusterNode>>,
    pub(crate) services: Vec<Declared<ServiceSpec>>,
    pub(crate) backends: Vec<Declared<Backends>>,
    pub(crate) routes: Vec<Declared<route::RouteSpec>>,
    pub(crate) gateways: Vec<Declared<Vec<(u16, Name)>>>,
    pub(crate) service_accounts: Vec<Declared<Labels>>,
    pub(crate) policies: Vec<DeclaredPolicy>,
    pub(crate) unknown: Vec<UnknownKind>,
    pub(crate) evidence: Vec<Evidence>,
    /// Documents that are no Kubernetes objects.
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Objects {
    /// Nothing but a fault.
    pub(crate) fn fault(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostics: vec![diagnostic],
            ..Self::default()
        }
    }

    /// Adds what a later part holds.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.namespaces.append(&mut later.namespaces);
        self.pods.append(&mut later.pods);
        self.templates.append(&mut later.templates);
        self.nodes.append(&mut later.nodes);
        self.services.append(&mut later.services);
        self.backends.append(&mut later.backends);
        self.routes.append(&mut later.routes);
        self.gateways.append(&mut later.gateways);
        self.service_accounts.append(&mut later.service_accounts);
        self.policies.append(&mut later.policies);
        self.unknown.append(&mut later.unknown);
        self.evidence.append(&mut later.evidence);
        self.strangers.append(&mut later.strangers);
        self.diagnostics.append(&mut later.diagnostics);
    }
}

/// What the items of a typed list are, which leave it out themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemKind {
    pub(crate) api_version: String,
    pub(crate) kind: String,
}

/// How many messages about one part are kept.
const MOST_DIAGNOSTICS: usize = 1000;

/// Reads the documents of one part.
#[derive(Debug)]
pub(crate) struct Reader<'o> {
    default_namespace: &'o Name,
    decoder: Decoder,
    objects: Objects,
    ports: FxHashSet<Arc<[ContainerPort]>>,
    has_untyped_items: bool,
    dropped: Dropped,
}

/// Where an object stands.
#[derive(Clone, Copy, Debug)]
enum Standing<'k> {
    /// It is a document.
    Document,
    /// It is an item of a list, whose items are what is known here unless they say it themselves.
    Item(Option<&'k ItemKind>),
}

impl<'o> Reader<'o> {
    pub(crate) fn new(options: &'o Options) -> Self {
        Self {
            default_namespace: &options.default_namespace,
            decoder: Decoder::default(),
            objects: Objects::default(),
            ports: FxHashSet::default(),
            has_untyped_items: false,
            dropped: Dropped::default(),
        }
    }

    pub(crate) fn finish(mut self) -> Objects {
        self.objects.diagnostics.append(&mut self.decoder.diagnostics);
        self.dropped.drop_from(&mut self.objects.diagnostics, MOST_DIAGNOSTICS);
        self.objects.diagnostics.extend(self.dropped.diagnostic());
        self.objects
    }

    /// Notes that something was wrong before there was a document.
    pub(crate) fn fault(&mut self, diagnostic: Diagnostic) {
        self.decoder.diagnostics.push(diagnostic);
        self.bound();
    }

    /// Keeps what is said within bounds.
    fn bound(&mut self) {
        if self.decoder.diagnostics.len() > 2 * MOST_DIAGNOSTICS {
            self.dropped.drop_from(&mut self.decoder.diagnostics, MOST_DIAGNOSTICS);
        }
    }

    /// Whether there was an item that did not say what it is.
    pub(crate) fn has_untyped_items(&self) -> bool {
        self.has_untyped_items
    }

    /// Reads a document.
    pub(crate) fn document(&mut self, root: Node<'_>) {
        if !root.is_null() {
            self.object(root, Standing::Document);
            self.bound();
        }
    }

    /// What the items of `node` are, if it is a list of objects.
    pub(crate) fn list_kind(node: Node<'_>) -> Option<Option<ItemKind>> {
        let text = |key| node.field(key).and_then(Node::scalar).map(|(text, _)| text);
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        is_list(node, kind).then(|| ItemKind::of_list(api_version, kind))
    }

    /// Reads an item of a list.
    pub(crate) fn item(&mut self, item: Node<'_>, of: Option<&ItemKind>) {
        self.object(item, Standing::Item(of));
        self.bound();
    }

    fn object(&mut self, node: Node<'_>, standing: Standing<'_>) {
        let Some((api_version, kind)) = self.type_of(node, standing) else {
            return;
        };
        if is_list(node, kind) {
            let of = ItemKind::of_list(api_version, kind);
            let items = node.field("items").filter(|items| !items.is_null());
            for item in self.decoder.optional_list(items) {
                self.item(item, of.as_ref());
            }
            return;
        }
        if kinds::is_kustomize(api_version) {
            return self.stranger(node, Origin::Kustomize);
        }
        evidence::of_kind(api_version, kind, node, &mut self.objects.evidence);
        if let Some(dialect) = dialect::reading(api_version, kind) {
            if let Some(object) = dialect.read(node, self.default_namespace, &mut self.decoder) {
                self.objects.policies.push(DeclaredPolicy {
                    object,
                    group: self.decoder.intern(kinds::group_of(api_version)),
                    fingerprint: Fingerprint::of(node),
                });
            }
            return;
        }
        match kinds::known(api_version, kind) {
            Some(known) => self.known(known, node),
            None => self.unknown(api_version, kind, node),
        }
    }

    fn known(&mut self, known: Known, node: Node<'_>) {
        match known {
            Known::Silent => {}
            Known::ConfigMap => evidence::of_config_map(node, &mut self.objects.evidence),
            Known::Definition => evidence::of_definition(node, &mut self.objects.evidence),
            Known::Namespace => self.namespace(node),
            Known::Node => self.node(node),
            Known::ServiceAccount => self.service_account(node),
            Known::Pod => self.pod(node),
            Known::Template(kind) => self.template(node, kind),
            Known::Service => self.service(node),
            Known::Endpoints => self.endpoints(node),
            Known::EndpointSlice => self.endpoint_slice(node),
            Known::Ingress(version) => self.ingress(node, version),
            Known::Gateway => self.gateway(node),
            Known::Route(kind) => self.route(node, kind),
        }
    }

    fn unknown(&mut self, api_version: &str, kind: &str, node: Node<'_>) {
        let first = node.location();
        if let Some((message, hint)) = kinds::misspelt(api_version, kind) {
            let at = node.field("kind").map_or(first, Node::location);
            let diagnostic = Diagnostic::new(code::UNKNOWN_KIND, Severity::Error, at, message);
            return self.fault(diagnostic.hint(hint));
        }
        self.objects.unknown.push(UnknownKind {
            api_version: self.decoder.intern(api_version),
            kind: self.decoder.intern(kind),
            count: 1,
            first,
        });
    }

    /// The version and kind of an object; `None` if it has none, which has been noted then.
    fn type_of<'d>(&mut self, node: Node<'d>, standing: Standing<'d>) -> Option<(&'d str, &'d str)> {
        let (api_version, kind) = (node.field("apiVersion"), node.field("kind"));
        match (api_version, kind, standing) {
            (Some(api_version), Some(kind), _) => {
                let api_version = self.decoder.text(api_version);
                let kind = self.decoder.text(kind);
                Some((api_version?, kind?))
            }
            (None, None, Standing::Item(Some(of))) => Some((&of.api_version, &of.kind)),
            (api_version, kind, standing) => {
                if !self.translated(node) {
                    self.untyped(node, api_version, kind, standing);
                }
                None
            }
        }
    }

    /// Notes an object that does not say what it is.
    fn untyped(
        &mut self,
        node: Node<'_>,
        api_version: Option<Node<'_>>,
        kind: Option<Node<'_>>,
        standing: Standing<'_>,
    ) {
        let has = |key| node.field(key).is_some();
        match (api_version, kind, standing) {
            (None, None, Standing::Document) => self.stranger(node, Origin::Unknown),
            (None, None, Standing::Item(_)) => {
                self.has_untyped_items = true;
                self.no_object(node, "this item has neither apiVersion nor kind");
            }
            // Other tools know an apiVersion, too: Helm's Chart.yaml, Grafana's settings.
            (Some(_), None, Standing::Document) if !has("metadata") && !has("spec") => {
                let is_chart = has("name") && has("version");
                self.stranger(node, if is_chart { Origin::Chart } else { Origin::Unknown });
            }
            (Some(_), ..) => self.no_object(node, "this object has no kind"),
            (None, ..) => self.no_object(node, "this object has no apiVersion"),
        }
    }

    fn stranger(&mut self, node: Node<'_>, origin: Origin) {
        let location = node.location();
        self.objects.strangers.push(Stranger { location, origin });
    }

    fn no_object(&mut self, node: Node<'_>, message: &str) {
        self.fault(Diagnostic::new(
            code::NOT_AN_OBJECT,
            Severity::Error,
            node.location(),
            message,
        ));
    }

    /// Notes the keys that were translated, and whether there are any.
    fn translated(&mut self, node: Node<'_>) -> bool {
        let mut found = false;
        for (key, _) in node.pairs().into_iter().flatten() {
            let Some((text, _)) = key.scalar() else { continue };
            if let Some(english) = english(text) {
                found = true;
                self.fault(translated_key(key.location(), text, english));
            }
        }
        found
    }
}

/// Whether an object is a list of objects, as `kubectl get` prints it.
fn is_list(node: Node<'_>, kind: &str) -> bool {
    let has_items = || node.field("items").is_some_and(|i| i.items().is_some() || i.is_null());
    kind == "List" || kind.ends_with("List") && has_items() && node.field("spec").is_none()
}

impl ItemKind {
    /// What a list of this version and kind holds; `None` for the `List` of anything.
    pub(crate) fn of_list(api_version: &str, kind: &str) -> Option<Self> {
        let kind = kind.strip_suffix("List").filter(|k| !k.is_empty())?;
        Some(Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
        })
    }
}
