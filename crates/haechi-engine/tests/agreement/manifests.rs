//! Kubernetes' own policy objects: written, read by the dialects under every profile, and judged by what the API says
//! of their fields, without the representation in between.

use haechi_model::Profile;
use haechi_model::cluster::Cluster;
use haechi_model::decode::Decoder;
use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::labels::Labels;
use haechi_model::name::Name;
use haechi_model::place::FileId;
use haechi_model::port::Protocol;
use haechi_policy::{Action, Direction, PolicyObject, PolicySet, dialect};
use ipnet::IpNet;

pub(crate) mod judge;
pub(crate) mod random;
pub(crate) mod rename;
mod write;

/// The policy objects of a cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifests {
    pub(crate) network: Vec<NetworkPolicy>,
    pub(crate) prioritised: Vec<Prioritised>,
}

impl Manifests {
    /// What the dialects read, in the order in which the objects are written.
    pub(crate) fn read(&self) -> Vec<Box<dyn PolicyObject>> {
        let network = self.network.iter().map(NetworkPolicy::written);
        let objects = network.chain(self.prioritised.iter().map(Prioritised::written));
        let mut decoder = Decoder::default();
        let mut read = Vec::new();
        for (file, object) in (0..).zip(objects) {
            let document = object.document(FileId(file));
            let field = |key: &str| {
                let node = document.root().field(key).and_then(haechi_model::Node::scalar);
                node.map(|(text, _)| text)
                    .expect("every object has a version and a kind")
            };
            let dialect = dialect::reading(field("apiVersion"), field("kind")).expect("a dialect");
            let policy = dialect.read(document.root(), "default", &mut decoder);
            assert!(
                are_valid(&decoder.diagnostics),
                "{:?}\n{object:#?}",
                decoder.diagnostics
            );
            read.push(policy.expect("an object without faults is read"));
        }
        read
    }

    /// What they say under a profile.
    pub(crate) fn lowered(&self, profile: Profile) -> PolicySet {
        lowered(&self.read(), profile)
    }
}

/// What objects say under a profile.
pub(crate) fn lowered(objects: &[Box<dyn PolicyObject>], profile: Profile) -> PolicySet {
    let mut diagnostics = Vec::new();
    let policies = dialect::lower(objects, profile, &mut diagnostics);
    assert!(are_valid(&diagnostics), "{diagnostics:?}");
    policies
}

/// Whether nothing is worse than a warning: random objects say much that is idle.
fn are_valid(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().all(|d| d.severity < Severity::Error)
}

/// `metav1.LabelSelector`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelSelector {
    pub(crate) labels: Vec<(Name, Name)>,
    pub(crate) expressions: Vec<Requirement>,
}

/// `metav1.LabelSelectorRequirement`.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    pub(crate) key: Name,
    pub(crate) operator: Operator,
    pub(crate) values: Vec<Name>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// Whether an object with these labels is selected: all pairs are its, and all requirements are met.
    fn selects(&self, labels: &Labels) -> bool {
        let value = |key: &Name| labels.iter().find(|(k, _)| *k == key).map(|(_, value)| value);
        let met = |r: &Requirement| match (r.operator, value(&r.key)) {
            (Operator::In, Some(value)) => r.values.contains(value),
            (Operator::NotIn, Some(value)) => !r.values.contains(value),
            (Operator::Exists, found) => found.is_some(),
            (Operator::DoesNotExist | Operator::NotIn, None) => true,
            (Operator::DoesNotExist, Some(_)) | (Operator::In, None) => false,
        };
        self.labels.iter().all(|(key, wanted)| value(key) == Some(wanted)) && self.expressions.iter().all(met)
    }
}

/// `networking.k8s.io/v1` NetworkPolicy.
#[derive(Clone, Debug)]
pub(crate) struct NetworkPolicy {
    pub(crate) namespace: Name,
    pub(crate) name: Name,
    pub(crate) pods: Option<LabelSelector>,
    pub(crate) types: Option<Vec<PolicyType>>,
    pub(crate) ingress: Option<Vec<NetworkRule>>,
    pub(crate) egress: Option<Vec<NetworkRule>>,
}

impl NetworkPolicy {
    /// Its rules in one direction, an empty list where it had none.
    pub(crate) fn rules_mut(&mut self, direction: Direction) -> &mut Vec<NetworkRule> {
        let rules = match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        };
        rules.get_or_insert_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyType {
    Ingress,
    Egress,
}

#[derive(Clone, Debug)]
pub(crate) struct NetworkRule {
    /// `from` or `to`.
    pub(crate) peers: Option<Vec<NetworkPeer>>,
    pub(crate) ports: Option<Vec<NetworkPort>>,
}

#[derive(Clone, Debug)]
pub(crate) enum NetworkPeer {
    Block(IpNet, Vec<IpNet>),
    /// At least one of the two is there.
    Selectors {
        namespaces: Option<LabelSelector>,
        pods: Option<LabelSelector>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct NetworkPort {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) port: NumberOrName,
}

#[derive(Clone, Debug)]
pub(crate) enum NumberOrName {
    Absent,
    Number(u16),
    Range(u16, u16),
    Named(Name),
}

/// An AdminNetworkPolicy, BaselineAdminNetworkPolicy or ClusterNetworkPolicy.
#[derive(Clone, Debug)]
pub(crate) struct Prioritised {
    pub(crate) kind: Kind,
    pub(crate) name: Name,
    /// 0 for a BaselineAdminNetworkPolicy, which has none.
    pub(crate) priority: u16,
    pub(crate) subject: Pods,
    pub(crate) ingress: Vec<PriorityRule>,
    pub(crate) egress: Vec<PriorityRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Admin,
    Baseline,
    Cluster(TierName),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TierName {
    Admin,
    Baseline,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Admin => "AdminNetworkPolicy",
            Self::Baseline => "BaselineAdminNetworkPolicy",
            Self::Cluster(_) => "ClusterNetworkPolicy",
        }
    }

    fn tier(self) -> TierName {
        match self {
            Self::Admin => TierName::Admin,
            Self::Baseline => TierName::Baseline,
            Self::Cluster(tier) => tier,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Pods {
    Namespaces(LabelSelector),
    Pods {
        namespaces: LabelSelector,
        pods: LabelSelector,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct PriorityRule {
    pub(crate) action: Action,
    pub(crate) peers: Vec<PriorityPeer>,
    pub(crate) ports: Option<Vec<PriorityPort>>,
}

#[derive(Clone, Debug)]
pub(crate) enum PriorityPeer {
    Pods(Pods),
    Nodes(LabelSelector),
    Networks(Vec<IpNet>),
    Domains(Vec<Name>),
    /// A peer whose one field is of a later version of the API: a structural schema drops it.
    Empty,
}

#[derive(Clone, Debug)]
pub(crate) enum PriorityPort {
    /// Every port; only ClusterNetworkPolicy can say it.
    All(Protocol),
    Number(Protocol, u16),
    Range(Protocol, u16, u16),
    Named(Name),
}

/// A cluster and the policy objects in it.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) manifests: Manifests,
}
