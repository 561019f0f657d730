//! [`NetworkPolicy`](https://kubernetes.io/docs/concepts/services-networking/network-policies/) of
//! `networking.k8s.io/v1`.

use haechi_model::Profile;
use haechi_model::decode::{Decoder, Fields};
use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::document::Node;
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_model::object::ObjectMeta;
use haechi_model::place::Location;
use haechi_model::port::{PortSet, Protocol};
use ipnet::IpNet;

use super::upstream::{self, NETWORK_POLICY_TIER};
use super::{Dialect, INERT_SECTION, PolicyObject};
use crate::policy::{
    Action, Case, CidrScope, Isolation, Match, Membership, Mode, NamedPort, NamespaceMatch, Network, Order, Peers,
    Policy, PolicyId, PolicySet, Ports, Rule, Rules, Term,
};
use crate::propose::{Proposal, ProposedPolicy, ProposedRule, ProposedSubject};

mod propose;

/// The dialect of NetworkPolicy.
#[derive(Debug)]
pub(super) struct Kubernetes;

impl Dialect for Kubernetes {
    fn reads(&self, api_version: &str, kind: &str) -> bool {
        api_version == "networking.k8s.io/v1" && kind == KIND
    }

    fn read(&self, object: Node<'_>, default_namespace: &str, decoder: &mut Decoder) -> Option<Box<dyn PolicyObject>> {
        Some(Box::new(NetworkPolicy::read(object, default_namespace, decoder)?))
    }

    fn propose_rule(&self, policy: &Policy, proposal: &Proposal, profile: Profile) -> Option<ProposedRule> {
        propose::rule(policy, proposal, profile)
    }

    fn propose_policy(
        &self,
        subject: &ProposedSubject,
        rules: &[Proposal],
        profile: Profile,
    ) -> Option<ProposedPolicy> {
        propose::policy(subject, rules, profile)
    }
}

const KIND: &str = "NetworkPolicy";

#[derive(Debug)]
struct NetworkPolicy {
    id: PolicyId,
    location: Location,
    pods: Selector,
    pods_location: Location,
    ingress: Option<Vec<PolicyRule>>,
    egress: Option<Vec<PolicyRule>>,
}

#[derive(Debug)]
struct PolicyRule {
    location: Location,
    /// Empty for every peer.
    peers: Vec<Peer>,
    /// Empty for every port.
    ports: Vec<Port>,
}

#[derive(Debug)]
struct Peer {
    location: Location,
    kind: PeerKind,
}

#[derive(Debug)]
enum PeerKind {
    Block {
        cidr: IpNet,
        except: Vec<IpNet>,
    },
    Pods {
        namespaces: Option<Selector>,
        pods: Option<Selector>,
    },
}

#[derive(Debug)]
enum Port {
    Numbers(PortSet),
    Named(Protocol, Name),
}

impl NetworkPolicy {
    /// `None` unless the API server would take the object: half a policy opens or shuts what nobody meant.
    fn read(object: Node<'_>, default_namespace: &str, decoder: &mut Decoder) -> Option<Self> {
        upstream::whole(decoder, |decoder| {
            let mut fields = Fields::of(object, "a NetworkPolicy", decoder)?;
            fields.ignore(&["apiVersion", "kind", "status"]);
            let meta = ObjectMeta::read(&mut fields, decoder);
            let spec = fields.field("spec");
            fields.finish(decoder);
            let meta = meta?;
            let location = meta.location;
            let mut policy = Self {
                id: PolicyId {
                    namespace: Some(meta.namespace.unwrap_or_else(|| decoder.intern(default_namespace))),
                    kind: decoder.intern(KIND),
                    name: meta.name,
                },
                location,
                pods: Selector::EVERYTHING,
                pods_location: location,
                ingress: None,
                egress: None,
            };
            let Some(spec) = spec else {
                // The API server takes an empty spec: it selects every pod and lets nothing in.
                policy.ingress = Some(Vec::new());
                return Some(policy);
            };
            policy.read_spec(spec, decoder)?;
            Some(policy)
        })
    }

    fn read_spec(&mut self, spec: Node<'_>, decoder: &mut Decoder) -> Option<()> {
        let mut fields = Fields::of(spec, "a NetworkPolicy's spec", decoder)?;
        if let Some(selector) = fields.field("podSelector") {
            self.pods_location = selector.location();
            self.pods = decoder.label_selector(selector)?;
        }
        let types = fields.field("policyTypes");
        let (ingress_at, egress_at) = (fields.field("ingress"), fields.field("egress"));
        let ingress = rules(ingress_at, "from", decoder);
        let egress = rules(egress_at, "to", decoder);
        fields.finish(decoder);

        let mut listed = [false; 2];
        for kind in decoder.optional_list(types) {
            match decoder.text(kind) {
                Some("Ingress") => listed[0] = true,
                Some("Egress") => listed[1] = true,
                Some(other) => {
                    let hint = haechi_model::decode::closest(other, ["Ingress", "Egress"]);
                    decoder
                        .invalid(kind, format!("no policy type is called {other:?}"))
                        .hint = Some(hint);
                }
                None => {}
            }
        }
        // Rule 5: without policyTypes, Ingress always and Egress if it has rules.
        let (wants_ingress, wants_egress) = if listed == [false; 2] {
            (true, !egress.is_empty())
        } else {
            (listed[0], listed[1])
        };
        let inert = [
            (wants_ingress, &ingress, ingress_at, "ingress", "Ingress"),
            (wants_egress, &egress, egress_at, "egress", "Egress"),
        ];
        for (wanted, rules, at, section, kind) in inert {
            if let (false, false, Some(at)) = (wanted, rules.is_empty(), at) {
                let message = format!("policyTypes does not list {kind}, so the {section} rules are ignored");
                let diagnostic = Diagnostic::new(INERT_SECTION, Severity::Warning, at.location(), message);
                decoder
                    .diagnostics
                    .push(diagnostic.hint(format!("add {kind} to policyTypes, or delete the rules")));
            }
        }
        self.ingress = wants_ingress.then_some(ingress);
        self.egress = wants_egress.then_some(egress);
        Some(())
    }

    fn namespace(&self) -> Name {
        self.id.namespace.clone().unwrap_or_default()
    }

    fn lowered(&self, profile: Profile) -> Policy {
        let mut terms = vec![Term::Namespace(NamespaceMatch::Named(self.namespace()))];
        if !self.pods.is_everything() {
            terms.push(Term::Pod(self.pods.clone()));
        }
        Policy {
            id: self.id.clone(),
            order: Order::new(1000.0),
            mode: Mode::Enforced,
            subjects: vec![Match {
                terms,
                location: self.pods_location,
            }],
            ingress: self.ingress.as_ref().map(|rules| self.lower_rules(rules, profile)),
            egress: self.egress.as_ref().map(|rules| self.lower_rules(rules, profile)),
            location: self.location,
        }
    }

    fn lower_rules(&self, rules: &[PolicyRule], profile: Profile) -> Rules {
        let own = self.namespace();
        Rules {
            isolation: Isolation::Isolates,
            rules: rules.iter().map(|rule| rule.lower(&own, profile)).collect(),
        }
    }
}

impl PolicyRule {
    /// The rule of a policy in namespace `own`.
    fn lower(&self, own: &Name, profile: Profile) -> Rule {
        let peers = match &*self.peers {
            [] => Peers::Any,
            peers => Peers::Of(peers.iter().map(|peer| peer.lower(own, profile)).collect()),
        };
        Rule {
            name: None,
            action: Action::Allow,
            peers,
            local: None,
            ports: lower_ports(&self.ports, profile),
            requests: Vec::new(),
            location: self.location,
        }
    }
}

impl Peer {
    fn lower(&self, own: &Name, profile: Profile) -> Match {
        let terms = match &self.kind {
            PeerKind::Block { cidr, except } => {
                vec![Term::Network(Network {
                    cidr: *cidr,
                    except: except.clone(),
                    scope: block_scope(profile),
                })]
            }
            PeerKind::Pods { namespaces, pods } => {
                let namespaces = match namespaces {
                    Some(selector) => NamespaceMatch::Labelled(selector.clone()),
                    None => NamespaceMatch::Named(own.clone()),
                };
                let pods = pods.iter().filter(|p| !p.is_everything()).cloned().map(Term::Pod);
                std::iter::once(Term::Namespace(namespaces)).chain(pods).collect()
            }
        };
        Match {
            terms,
            location: self.location,
        }
    }
}

impl PolicyObject for NetworkPolicy {
    fn id(&self) -> &PolicyId {
        &self.id
    }

    fn location(&self) -> Location {
        self.location
    }

    fn lower(&self, profile: Profile, policies: &mut PolicySet, _: &mut Vec<Diagnostic>) {
        policies.add(&NETWORK_POLICY_TIER.key(), self.lowered(profile));
    }
}

/// Rule 10: whether an `ipBlock` matches the cluster's own ends is the data plane's choice.
fn block_scope(profile: Profile) -> CidrScope {
    match profile {
        Profile::Kubernetes => CidrScope {
            pods: Membership::Unspecified,
            nodes: Membership::Matched,
        },
        Profile::Calico | Profile::Aws | Profile::Haechi => CidrScope::EVERYTHING,
        Profile::Cilium => CidrScope::OUTSIDE,
    }
}

fn lower_ports(ports: &[Port], profile: Profile) -> Ports {
    if ports.is_empty() {
        // Rule 13: nobody says whether a Kubernetes policy speaks of ICMP.
        return match profile {
            Profile::Kubernetes => Ports {
                unspecified: PortSet::icmp(),
                ..Ports::numbers(PortSet::with_ports())
            },
            Profile::Calico | Profile::Cilium | Profile::Aws => Ports::any(),
            Profile::Haechi => Ports::numbers(PortSet::with_ports()),
        };
    }
    let case = if profile == Profile::Cilium {
        Case::Insensitive
    } else {
        Case::Sensitive
    };
    let mut lowered = Ports::numbers(PortSet::NONE);
    for port in ports {
        match port {
            Port::Numbers(numbers) => lowered.numbers = lowered.numbers.union(numbers),
            Port::Named(protocol, name) => {
                lowered.named.push(NamedPort {
                    name: name.clone(),
                    protocol: Some(*protocol),
                    case,
                });
            }
        }
    }
    lowered.named.sort();
    lowered.named.dedup();
    lowered
}

fn rules(node: Option<Node<'_>>, peers_key: &'static str, decoder: &mut Decoder) -> Vec<PolicyRule> {
    let mut rules = Vec::new();
    for node in decoder.optional_list(node) {
        let Some(mut fields) = Fields::of(node, "a NetworkPolicy's rule", decoder) else {
            continue;
        };
        let (peers, ports) = (fields.field(peers_key), fields.field("ports"));
        fields.finish(decoder);
        let peers = decoder.optional_list(peers).filter_map(|n| peer(n, decoder)).collect();
        let ports = decoder.optional_list(ports).filter_map(|n| port(n, decoder)).collect();
        rules.push(PolicyRule {
            location: node.location(),
            peers,
            ports,
        });
    }
    rules
}

fn peer(node: Node<'_>, decoder: &mut Decoder) -> Option<Peer> {
    let mut fields = Fields::of(node, "a NetworkPolicy's peer", decoder)?;
    let (block, namespaces, pods) = (
        fields.field("ipBlock"),
        fields.field("namespaceSelector"),
        fields.field("podSelector"),
    );
    fields.finish(decoder);
    let kind = match (block, namespaces, pods) {
        (None, None, None) => {
            decoder
                .invalid(node, "an empty peer selects nothing and is refused")
                .hint = Some(
                "say whom: podSelector, namespaceSelector or ipBlock; for everybody leave the whole list out".into(),
            );
            return None;
        }
        (Some(block), None, None) => {
            let (cidr, except) = ip_block(block, decoder)?;
            PeerKind::Block { cidr, except }
        }
        (Some(block), ..) => {
            decoder.invalid(block, "ipBlock beside a selector is refused").hint =
                Some("make it a peer of its own: start it with a dash".into());
            return None;
        }
        (None, namespaces, pods) => PeerKind::Pods {
            namespaces: namespaces
                .map(|n| decoder.label_selector(n).ok_or(()))
                .transpose()
                .ok()?,
            pods: pods.map(|n| decoder.label_selector(n).ok_or(())).transpose().ok()?,
        },
    };
    Some(Peer {
        location: node.location(),
        kind,
    })
}

fn ip_block(node: Node<'_>, decoder: &mut Decoder) -> Option<(IpNet, Vec<IpNet>)> {
    let mut fields = Fields::of(node, "an ipBlock", decoder)?;
    let cidr = fields.required("cidr", decoder).and_then(|n| decoder.cidr(n));
    let except = fields.field("except");
    fields.finish(decoder);
    let cidr = cidr?;
    let mut exceptions = Vec::new();
    for node in decoder.optional_list(except) {
        let Some(inner) = decoder.cidr(node) else { continue };
        if !cidr.contains(&inner) || cidr == inner {
            let message = format!("the exception {inner} does not lie strictly inside of {cidr}");
            decoder.invalid(node, message).hint = Some("an exception is a part of its own block".into());
            continue;
        }
        exceptions.push(inner);
    }
    exceptions.sort();
    exceptions.dedup();
    Some((cidr, exceptions))
}

fn port(node: Node<'_>, decoder: &mut Decoder) -> Option<Port> {
    let mut fields = Fields::of(node, "a NetworkPolicy's port", decoder)?;
    let (protocol, port, end) = (fields.field("protocol"), fields.field("port"), fields.field("endPort"));
    fields.finish(decoder);
    // Rule 3: the protocol is TCP if it is left out, also where the port is.
    let protocol = match protocol {
        Some(node) => upstream::protocol(node, decoder)?,
        None => Protocol::Tcp,
    };
    let Some(port) = port else {
        if let Some(end) = end {
            decoder.invalid(end, "endPort needs port");
            return None;
        }
        return Some(Port::Numbers(PortSet::protocol(protocol)));
    };
    if matches!(port.what(), "a text") {
        let name = upstream::port_name(port, decoder)?;
        if let Some(end) = end {
            decoder.invalid(end, "endPort does not go with a named port");
            return None;
        }
        return Some(Port::Named(protocol, name));
    }
    let first = decoder.port(port)?;
    let last = match end {
        Some(end) => {
            let last = decoder.port(end)?;
            if last < first {
                decoder.invalid(end, format!("endPort {last} is lower than port {first}"));
                return None;
            }
            last
        }
        None => first,
    };
    Some(Port::Numbers(PortSet::range(protocol, first, last)))
}
