//! Cluster-wide policies with priorities: what AdminNetworkPolicy, BaselineAdminNetworkPolicy and
//! ClusterNetworkPolicy say, once read.

use haechi_model::Profile;
use haechi_model::decode::{Decoder, Fields, closest};
use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::document::Node;
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_model::object::ObjectMeta;
use haechi_model::place::Location;
use haechi_model::port::PortRange;
use ipnet::IpNet;

use super::upstream::{Invalid, NamespacesOfPods, Pods, UpstreamTier, subject};
use super::wording::Yaml;
use super::{KIND_NOT_ENFORCED, PolicyObject};
use crate::policy::{
    Action, CidrScope, Direction, DomainPattern, Isolation, Match, Membership, Mode, Network, Order, Peers, Policy,
    PolicyId, PolicySet, Ports, Rule, Rules, Star, Term,
};

mod propose;

/// A policy of the Admin or the Baseline tier.
#[derive(Debug)]
pub(super) struct Prioritised {
    pub(super) id: PolicyId,
    pub(super) location: Location,
    pub(super) tier: UpstreamTier,
    pub(super) priority: i64,
    pub(super) subject: Match,
    pub(super) ingress: Vec<PriorityRule>,
    pub(super) egress: Vec<PriorityRule>,
}

/// A rule of such a policy.
#[derive(Debug)]
pub(super) struct PriorityRule {
    pub(super) location: Location,
    pub(super) name: Option<Name>,
    pub(super) action: Action,
    pub(super) peers: Vec<PriorityPeer>,
    pub(super) ports: Ports,
}

/// A peer of such a rule.
#[derive(Debug)]
pub(super) struct PriorityPeer {
    pub(super) location: Location,
    pub(super) kind: PeerKind,
}

/// Whom a peer names.
#[derive(Debug)]
pub(super) enum PeerKind {
    Pods(Pods),
    Nodes(Selector),
    Networks(Vec<IpNet>),
    Domains(Vec<Name>),
    /// No field that is known: one of a later version was dropped.
    Unknown,
}

/// How a kind's rules are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    /// The kind, with its article.
    pub(super) kind: &'static str,
    /// The actions by their words.
    pub(super) actions: &'static [(&'static str, Action)],
    /// The key of a rule's ports.
    pub(super) ports: &'static str,
    /// Reads the entries of that key.
    pub(super) read_port: fn(Node<'_>, &mut Ports, &mut Decoder) -> Result<(), Invalid>,
    /// Writes such an entry.
    pub(super) write_port: fn(PortRange, &mut Yaml),
    /// Whether `pods` needs a `namespaceSelector`.
    pub(super) namespaces_of_pods: NamespacesOfPods,
    /// The most rules in one direction.
    pub(super) most_rules: usize,
    /// The most peers and the most ports of a rule.
    pub(super) most_entries: usize,
}

/// The identity of a cluster-wide object.
pub(super) fn identity(fields: &mut Fields<'_>, kind: &str, decoder: &mut Decoder) -> Option<(PolicyId, Location)> {
    let meta = ObjectMeta::read(fields, decoder)?;
    Some((
        PolicyId {
            namespace: None,
            kind: decoder.intern(kind),
            name: meta.name,
        },
        meta.location,
    ))
}

/// What `spec` holds beside tier and priority.
pub(super) struct Spec {
    pub(super) subject: Option<Match>,
    pub(super) ingress: Vec<PriorityRule>,
    pub(super) egress: Vec<PriorityRule>,
}

impl Wording {
    /// Reads subject and rules.
    pub(super) fn spec(&self, fields: &mut Fields<'_>, decoder: &mut Decoder) -> Spec {
        Spec {
            subject: subject(fields, self.namespaces_of_pods, decoder),
            ingress: self.rules(fields.field("ingress"), Direction::Ingress, decoder),
            egress: self.rules(fields.field("egress"), Direction::Egress, decoder),
        }
    }

    fn rules(&self, node: Option<Node<'_>>, direction: Direction, decoder: &mut Decoder) -> Vec<PriorityRule> {
        at_most(node, self.most_rules, decoder);
        decoder
            .optional_list(node)
            .filter_map(|node| self.rule(node, direction, decoder))
            .collect()
    }

    fn rule(&self, node: Node<'_>, direction: Direction, decoder: &mut Decoder) -> Option<PriorityRule> {
        let mut fields = Fields::of(node, "a rule", decoder)?;
        let name = fields.field("name").and_then(|n| decoder.name(n));
        let action = fields.required("action", decoder);
        let peers_at = match direction {
            Direction::Ingress => fields.required("from", decoder),
            Direction::Egress => fields.required("to", decoder),
        };
        let ports_at = fields.field(self.ports);
        fields.finish(decoder);

        let action = action.and_then(|n| self.action(n, decoder))?;
        let peers_at = peers_at?;
        if decoder.list(peers_at)?.len() == 0 {
            decoder.invalid(peers_at, "the list needs at least one peer").hint =
                Some("for every pod write - namespaces: {}".into());
            return None;
        }
        at_most(Some(peers_at), self.most_entries, decoder);
        at_most(ports_at, self.most_entries, decoder);
        let mut peers = Vec::new();
        for node in decoder.list(peers_at)? {
            peers.push(PriorityPeer {
                location: node.location(),
                kind: peer(node, direction, self.namespaces_of_pods, decoder).ok()?,
            });
        }
        let ports = self.ports(ports_at, decoder)?;
        let by_address = |p: &&PriorityPeer| {
            matches!(
                p.kind,
                PeerKind::Nodes(_) | PeerKind::Networks(_) | PeerKind::Domains(_)
            )
        };
        if let Some(peer) = peers.iter().find(by_address).filter(|_| !ports.named.is_empty()) {
            decoder.invalid_at(
                peer.location,
                "named ports do not go with networks, nodes or domainNames: only pods name ports",
            );
            return None;
        }
        if let Some(peer) = peers
            .iter()
            .find(|p| matches!(p.kind, PeerKind::Domains(_)))
            .filter(|_| action != Action::Allow)
        {
            decoder.invalid_at(peer.location, "domainNames go only with rules that accept");
            return None;
        }
        Some(PriorityRule {
            location: node.location(),
            name,
            action,
            peers,
            ports,
        })
    }

    fn action(&self, node: Node<'_>, decoder: &mut Decoder) -> Option<Action> {
        let word = decoder.text(node)?;
        let found = self.actions.iter().find(|(w, _)| *w == word).map(|(_, action)| *action);
        if found.is_none() {
            let hint = match word {
                "Allow" => "this kind calls it Accept".to_owned(),
                "Accept" => "this kind calls it Allow".to_owned(),
                _ => closest(word, self.actions.iter().map(|(w, _)| *w)),
            };
            decoder
                .invalid(node, format!("{} has no action {word:?}", self.kind))
                .hint = Some(hint);
        }
        found
    }

    fn ports(&self, node: Option<Node<'_>>, decoder: &mut Decoder) -> Option<Ports> {
        let Some(node) = node else { return Some(Ports::any()) };
        let mut ports = Ports::numbers(haechi_model::PortSet::NONE);
        let entries = decoder.list(node)?;
        if entries.len() == 0 {
            decoder.invalid(node, format!("{} may be left out, but not empty", self.ports));
            return None;
        }
        for entry in entries {
            (self.read_port)(entry, &mut ports, decoder).ok()?;
        }
        ports.named.sort();
        ports.named.dedup();
        Some(ports)
    }
}

fn at_most(node: Option<Node<'_>>, most: usize, decoder: &mut Decoder) {
    let Some(node) = node else { return };
    if node.items().is_some_and(|items| items.len() > most) {
        decoder
            .invalid(node, format!("the list has more than {most} entries"))
            .hint = Some("split it over several policies with neighbouring priorities".into());
    }
}

fn peer(
    node: Node<'_>,
    direction: Direction,
    needed: NamespacesOfPods,
    decoder: &mut Decoder,
) -> Result<PeerKind, Invalid> {
    let mut fields = Fields::of(node, "a peer", decoder).ok_or(Invalid)?;
    let mut found: Vec<PeerKind> = Pods::read(&mut fields, needed, decoder)?
        .map(PeerKind::Pods)
        .into_iter()
        .collect();
    if direction == Direction::Egress {
        if let Some(nodes) = fields.field("nodes") {
            found.push(PeerKind::Nodes(decoder.label_selector(nodes).ok_or(Invalid)?));
        }
        if let Some(networks) = fields.field("networks") {
            found.push(PeerKind::Networks(non_empty(networks, decoder, |n, decoder| {
                decoder.cidr(n)
            })?));
        }
        if let Some(domains) = fields.field("domainNames") {
            found.push(PeerKind::Domains(non_empty(domains, decoder, domain_name)?));
        }
    }
    fields.finish(decoder);
    if found.len() > 1 {
        decoder.invalid(node, "a peer takes exactly one field").hint =
            Some("make each a peer of its own: start it with a dash".into());
        return Err(Invalid);
    }
    Ok(found.pop().unwrap_or(PeerKind::Unknown))
}

fn non_empty<T>(
    node: Node<'_>,
    decoder: &mut Decoder,
    mut read: impl FnMut(Node<'_>, &mut Decoder) -> Option<T>,
) -> Result<Vec<T>, Invalid> {
    let items = decoder.list(node).ok_or(Invalid)?;
    if items.len() == 0 {
        decoder.invalid(node, "the list needs at least one entry");
        return Err(Invalid);
    }
    items.map(|n| read(n, decoder).ok_or(Invalid)).collect()
}

/// A DNS name, or `*.` and a DNS name (rule 27).
fn domain_name(node: Node<'_>, decoder: &mut Decoder) -> Option<Name> {
    let text = decoder.text(node)?;
    let name = text.strip_suffix('.').unwrap_or(text);
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let valid = labels.contains('.')
        && name.len() <= 253
        && labels.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && label.starts_with(|c: char| c.is_ascii_alphanumeric())
                && label.ends_with(|c: char| c.is_ascii_alphanumeric())
        });
    if !valid {
        decoder.invalid(node, format!("{text:?} is no domain name")).hint =
            Some("write example.com, or *.example.com for every name below it".into());
        return None;
    }
    Some(decoder.intern(&name.to_ascii_lowercase()))
}

impl PolicyObject for Prioritised {
    fn id(&self) -> &PolicyId {
        &self.id
    }

    fn location(&self) -> Location {
        self.location
    }

    fn lower(&self, profile: Profile, policies: &mut PolicySet, diagnostics: &mut Vec<Diagnostic>) {
        if profile == Profile::Aws {
            // Rule 26.
            let message = format!("{} is not enforced: the AWS agent does not read this kind", self.id);
            let diagnostic = Diagnostic::new(KIND_NOT_ENFORCED, Severity::Warning, self.location, message);
            diagnostics.push(diagnostic.hint("write it as a kind of networking.k8s.aws"));
            return;
        }
        let rules = |rules: &[PriorityRule]| {
            (!rules.is_empty()).then(|| Rules {
                isolation: Isolation::Leaves,
                rules: rules.iter().map(|rule| rule.lower(profile)).collect(),
            })
        };
        #[expect(clippy::cast_precision_loss, reason = "priorities end at 1000")]
        let order = Order::new(self.priority as f64);
        let policy = Policy {
            id: self.id.clone(),
            order,
            mode: Mode::Enforced,
            subjects: vec![self.subject.clone()],
            ingress: rules(&self.ingress),
            egress: rules(&self.egress),
            location: self.location,
        };
        policies.add(&self.tier.prioritised(profile), policy);
    }
}

impl PriorityRule {
    fn lower(&self, profile: Profile) -> Rule {
        let unknown = self.peers.iter().any(|p| matches!(p.kind, PeerKind::Unknown));
        // Rule 25: a rule that is not understood fails closed.
        let (action, peers, ports) = match (unknown, self.action) {
            (false, action) => {
                let peers = self.peers.iter().flat_map(|p| p.lower(profile)).collect();
                (action, Peers::Of(peers), self.ports.clone())
            }
            (true, Action::Allow) => (Action::Allow, Peers::Of(Vec::new()), self.ports.clone()),
            (true, _) => (Action::Deny, Peers::Any, Ports::any()),
        };
        Rule {
            name: self.name.clone(),
            action,
            peers,
            local: None,
            ports,
            requests: Vec::new(),
            location: self.location,
        }
    }
}

impl PriorityPeer {
    fn lower(&self, profile: Profile) -> Vec<Match> {
        let one = |terms: Vec<Term>| Match {
            terms,
            location: self.location,
        };
        match &self.kind {
            PeerKind::Pods(pods) => vec![one(pods.terms())],
            PeerKind::Nodes(selector) => vec![one(vec![Term::Node(selector.clone())])],
            PeerKind::Networks(blocks) => blocks
                .iter()
                .map(|cidr| {
                    one(vec![Term::Network(Network {
                        cidr: *cidr,
                        except: Vec::new(),
                        scope: network_scope(profile),
                    })])
                })
                .collect(),
            PeerKind::Domains(names) => {
                let pattern = |name: &Name| DomainPattern {
                    text: name.clone(),
                    star: Star::Labels,
                };
                vec![one(vec![Term::Domain(names.iter().map(pattern).collect())])]
            }
            PeerKind::Unknown => Vec::new(),
        }
    }
}

/// Rule 24: `networks` matches the cluster's own ends too; Cilium needs to be told so.
fn network_scope(profile: Profile) -> CidrScope {
    match profile {
        Profile::Cilium => CidrScope {
            pods: Membership::Unmatched,
            nodes: Membership::Unmatched,
        },
        Profile::Kubernetes | Profile::Calico | Profile::Aws | Profile::Haechi => CidrScope::EVERYTHING,
    }
}
