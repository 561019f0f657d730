//! The one representation of every dialect's policies.
//!
//! A packet's connection is judged once for each direction, at the end that a direction's policies
//! select: egress at the source, ingress at the destination. In one direction:
//!
//! 1. Every [`Layer`] decides for itself; what all of them allow is allowed.
//! 2. In a layer, [`Tier`]s are asked in order. A rule that matches ends it with `Allow` or `Deny`,
//!    or sends the connection to the next tier with `Pass`.
//! 3. Where no rule of a tier matches, the connection is denied if a policy of the tier isolates the
//!    endpoint in this direction, and goes to the next tier otherwise. Behind the last one it is
//!    allowed.
//! 4. In a tier, policies are asked by [`Order`], their rules from first to last. What happens to
//!    policies of equal order is the tier's [`Ties`].

use std::fmt;

use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_model::place::Location;
use haechi_model::port::{PortSet, Protocol};
use ipnet::IpNet;

mod domain;
mod request;

pub use domain::{DomainPattern, Star};
pub use request::{HttpMatch, TextMatch, TextSet};

/// Everything that is enforced together.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    /// The tiers, by layer and order.
    pub tiers: Vec<Tier>,
}

impl PolicySet {
    /// All policies, tier by tier.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.tiers.iter().flat_map(|t| &t.policies)
    }

    /// Adds a policy to the tier that `tier` describes.
    pub fn add(&mut self, tier: &TierKey, policy: Policy) {
        let found = self
            .tiers
            .iter_mut()
            .find(|t| t.layer == tier.layer && t.name == tier.name);
        match found {
            Some(found) => {
                // What agrees does so in every order: the first dialect that needs one says which.
                if found.ties == Ties::Agree {
                    found.ties = tier.ties;
                }
                found.policies.push(policy);
            }
            None => self.tiers.push(Tier {
                layer: tier.layer,
                name: tier.name.clone(),
                order: tier.order,
                ties: tier.ties,
                policies: vec![policy],
            }),
        }
    }

    /// Brings tiers and policies into the order in which they are asked.
    pub fn sort(&mut self) {
        self.tiers
            .sort_by(|a, b| (a.layer, a.order, &a.name).cmp(&(b.layer, b.order, &b.name)));
        for tier in &mut self.tiers {
            let by_name = |p: &Policy| (tier.ties == Ties::ByName).then(|| p.id.joined());
            tier.policies
                .sort_by_cached_key(|p| (p.order, by_name(p), p.id.clone(), p.location));
        }
    }
}

/// What a dialect says of the tier that a policy belongs to.
#[derive(Clone, Debug)]
pub struct TierKey {
    /// Its layer.
    pub layer: Layer,
    /// Its name.
    pub name: Name,
    /// Its place among the layer's tiers.
    pub order: Order,
    /// What happens to policies of equal order.
    pub ties: Ties,
}

/// Things that enforce independently of each other: all must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Network policies.
    NetworkPolicy,
    /// Security groups of interfaces.
    SecurityGroups,
    /// Network access lists of subnets.
    NetworkAcl,
    /// A mesh's authorization.
    Mesh,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NetworkPolicy => "network policy",
            Self::SecurityGroups => "security groups",
            Self::NetworkAcl => "network ACL",
            Self::Mesh => "mesh",
        })
    }
}

/// A tier: policies that are asked one after the other before the next tier is.
#[derive(Clone, Debug)]
pub struct Tier {
    /// Its layer.
    pub layer: Layer,
    /// Its name, as its dialect calls it.
    pub name: Name,
    /// Its place among the layer's tiers.
    pub order: Order,
    /// What happens to policies of equal order.
    pub ties: Ties,
    /// Its policies, by order.
    pub policies: Vec<Policy>,
}

/// A place in a sequence: lower is asked first.
#[derive(Clone, Copy, Debug)]
pub struct Order(f64);

impl Order {
    /// Behind every other.
    pub const LAST: Self = Self(f64::INFINITY);

    /// The place `number`; one that is no number is the last.
    #[must_use]
    pub fn new(number: f64) -> Self {
        // Adding zero makes −0 equal to 0.
        Self(if number.is_nan() { f64::INFINITY } else { number + 0.0 })
    }

    /// The number; infinite for the last.
    #[must_use]
    pub fn number(self) -> f64 {
        self.0
    }
}

impl PartialEq for Order {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Order {}

impl PartialOrd for Order {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Order {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_infinite() {
            f.pad("last")
        } else {
            fmt::Display::fmt(&self.0, f)
        }
    }
}

/// What happens where policies of equal order decide differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ties {
    /// Their order makes no difference: each rule only allows, or each only denies.
    Agree,
    /// The specification does not say: the verdict is undefined.
    Unspecified,
    /// The one whose [joined name](PolicyId::joined) sorts first is asked first.
    ByName,
    /// Rules are asked by their place in their policies, at one place denials first, then allows, then passes.
    Interleaved,
    /// The one that opens least wins: denials first, then passes, then allows.
    Strictest,
    /// Places inside a policy do not count either: denials first, then allows, then passes.
    ActionFirst,
}

/// Who a policy is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyId {
    /// The namespace of a namespaced one.
    pub namespace: Option<Name>,
    /// Its kind.
    pub kind: Name,
    /// Its name.
    pub name: Name,
}

impl PolicyId {
    /// `name/namespace/Kind`, by whose bytes Calico orders policies of equal order: `p-x` comes before `p` (rule 30).
    #[must_use]
    pub fn joined(&self) -> String {
        let Self { namespace, kind, name } = self;
        format!("{name}/{}/{kind}", namespace.as_deref().unwrap_or_default())
    }
}

/// Displayed as `namespace/Kind/name`, or `Kind/name` without a namespace.
impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, kind, name } = self;
        match namespace {
            Some(namespace) => f.pad(&format!("{namespace}/{kind}/{name}")),
            None => f.pad(&format!("{kind}/{name}")),
        }
    }
}

/// One policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who it is.
    pub id: PolicyId,
    /// Its place in its tier.
    pub order: Order,
    /// Whether it is enforced.
    pub mode: Mode,
    /// The endpoints whose connections it judges: those that one of these matches.
    pub subjects: Vec<Match>,
    /// What it says of connections to its subjects; `None` if nothing.
    pub ingress: Option<Rules>,
    /// What it says of connections from its subjects; `None` if nothing.
    pub egress: Option<Rules>,
    /// Where it stands.
    pub location: Location,
}

impl Policy {
    /// What it says in one direction.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> Option<&Rules> {
        match direction {
            Direction::Ingress => self.ingress.as_ref(),
            Direction::Egress => self.egress.as_ref(),
        }
    }
}

/// Whether a policy is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It is.
    #[default]
    Enforced,
    /// It is only evaluated and reported.
    Staged,
}

/// Which way a connection goes as its judged end sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the endpoint.
    Ingress,
    /// From the endpoint.
    Egress,
}

impl Direction {
    /// Both directions.
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// A policy's rules in one direction.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What becomes of connections that no rule of the tier matches.
    pub isolation: Isolation,
    /// The rules, from the first to the last that is asked.
    pub rules: Vec<Rule>,
}

/// Whether a policy shuts its subjects to what no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// What no rule of the tier matches is denied.
    Isolates,
    /// What no rule of the tier matches goes on to the next tier.
    Leaves,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, where its dialect names rules.
    pub name: Option<Name>,
    /// What it does with a connection that it matches.
    pub action: Action,
    /// The other ends that it speaks of.
    pub peers: Peers,
    /// A further condition on the policy's own end; `None` for every subject.
    pub local: Option<Match>,
    /// The destination's ports that it speaks of.
    pub ports: Ports,
    /// The requests that it speaks of, any of them; empty for every connection.
    pub requests: Vec<HttpMatch>,
    /// Where it stands.
    pub location: Location,
}

/// What a rule does with a connection that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Lets it by.
    Allow,
    /// Stops it.
    Deny,
    /// Leaves it to the next tier.
    Pass,
    /// Notes it and goes on to the next rule.
    Log,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Pass => "pass",
            Self::Log => "log",
        })
    }
}

/// The other ends that a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peers {
    /// Everything, outside of the cluster included.
    Any,
    /// What one of these matches; nothing if there are none.
    Of(Vec<Match>),
}

/// A conjunction: what every term matches.
#[derive(Clone, Debug)]
pub struct Match {
    /// The terms; with none it matches everything.
    pub terms: Vec<Term>,
    /// Where it stands.
    pub location: Location,
}

/// Two matches are equal if they say the same, wherever they stand.
impl PartialEq for Match {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms
    }
}

impl Eq for Match {}

impl std::hash::Hash for Match {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.terms.hash(state);
    }
}

/// One condition on an end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// A pod with its own network, in such a namespace.
    Namespace(NamespaceMatch),
    /// A pod with its own network and such labels.
    Pod(Selector),
    /// A pod with one of these service accounts; with none of them named, any.
    ServiceAccount {
        /// Names, in the pod's namespace; empty for any.
        names: Vec<Name>,
        /// The account's labels.
        labels: Selector,
    },
    /// A machine of the cluster with such labels, by its addresses.
    Node(Selector),
    /// An address in a block.
    Network(Network),
    /// An address that a DNS answer gave for one of these names.
    Domain(Vec<DomainPattern>),
    /// A member of one of these security groups.
    SecurityGroup(Vec<Name>),
    /// A workload that proved to be one of these.
    Principal(Vec<TextMatch>),
    /// What the inner term does not match.
    Not(Box<Self>),
}

/// Which namespaces a term speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NamespaceMatch {
    /// The one of this name.
    Named(Name),
    /// Those with such labels.
    Labelled(Selector),
}

/// A block of addresses without its exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The block.
    pub cidr: IpNet,
    /// Blocks in it that do not count.
    pub except: Vec<IpNet>,
    /// What of the cluster itself it may match by address.
    pub scope: CidrScope,
}

/// Whether a block matches a cluster's own ends by their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CidrScope {
    /// Pods with their own network.
    pub pods: Membership,
    /// Nodes, and pods in their nodes' network.
    pub nodes: Membership,
}

impl CidrScope {
    /// Everything is matched by its address.
    pub const EVERYTHING: Self = Self {
        pods: Membership::Matched,
        nodes: Membership::Matched,
    };
    /// Only what lies outside of the cluster is matched.
    pub const OUTSIDE: Self = Self {
        pods: Membership::Unmatched,
        nodes: Membership::Unmatched,
    };
}

/// Whether one kind of end is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Membership {
    /// It is.
    Matched,
    /// It is not.
    Unmatched,
    /// The data plane decides, and nobody said which one it is.
    Unspecified,
}

/// The destination's ports that a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    /// By number.
    pub numbers: PortSet,
    /// By number, if the data plane takes it so; nobody said.
    pub unspecified: PortSet,
    /// By the name that the destination's containers give them.
    pub named: Vec<NamedPort>,
    /// Named ports that are taken out again.
    pub except: Vec<NamedPort>,
}

impl Ports {
    /// These numbers alone.
    #[must_use]
    pub fn numbers(numbers: PortSet) -> Self {
        Self {
            numbers,
            unspecified: PortSet::NONE,
            named: Vec::new(),
            except: Vec::new(),
        }
    }

    /// Every port of every protocol.
    #[must_use]
    pub fn any() -> Self {
        Self::numbers(PortSet::all())
    }
}

/// A port by the name that the destination's containers give it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamedPort {
    /// The name.
    pub name: Name,
    /// The protocol; `None` for the container port's own.
    pub protocol: Option<Protocol>,
    /// Whether `HTTP` is `http`.
    pub case: Case,
}

/// Whether names are compared with their case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Case {
    /// With it.
    Sensitive,
    /// Without it.
    Insensitive,
}
