//! Clusters made from a seed: namespaces, workloads or pods, and the policies people write for them.
//!
//! The same [`Shape`] gives the same bytes, on every machine and in every release of this crate's dependencies: all
//! draws come from ChaCha8, each part of the cluster from a stream of its own.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    ops::Range,
};

use serde::Serialize;
use thiserror::Error;

mod names;
mod objects;
mod policies;
mod random;

use names::{Env, Team, Tier};
use random::{Draws, Stream};

/// TCP port `metrics`, which every generated pod has.
pub const METRICS_PORT: u16 = 9090;

/// Nodes of a hundred pods, in one /24 each of 10.0.0.0/8.
const PODS_PER_NODE: usize = 100;
const MOST_PODS: usize = PODS_PER_NODE << 16;
/// Namespaces that every cluster has: DNS, monitoring and the ingress controller live there.
const SYSTEM: [&str; 3] = ["kube-system", "monitoring", "ingress-nginx"];
/// The least namespaces of a scaled cluster, so that a small one has applications beside the system.
const LEAST_NAMESPACES: usize = 2 * SYSTEM.len();

/// What a cluster should be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Namespaces, the three of the system included. At least 3.
    pub namespaces: usize,
    /// Pods. At least 3.
    pub pods: usize,
    /// `NetworkPolicy` objects.
    pub policies: usize,
    /// `AdminNetworkPolicy` objects, of v1alpha1. At most 1,000, as priorities must differ.
    pub admin_policies: usize,
    /// Pods of one workload; the last workload may have fewer.
    pub replicas: usize,
    /// Whether replicas share their labels.
    pub labels: Labels,
    /// Label keys that each workload has besides those that every workload has.
    pub label_keys: usize,
    /// Port numbers in use in the whole cluster, besides [`METRICS_PORT`] and DNS.
    pub ports: usize,
    /// Of a hundred policies that are not a namespace's basics, those that speak of address blocks.
    pub cidr_share: usize,
    /// Of a hundred policies from one application to another, those that speak of pods of every namespace.
    pub wide_share: usize,
    /// Of a hundred workloads, those that are `StatefulSet`s: their pods have labels of their own beside the shared ones.
    pub stateful_share: usize,
    /// What the pods are written as.
    pub objects: Objects,
    /// Where all draws begin.
    pub seed: u64,
}

/// Whether replicas share their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Labels {
    /// The replicas of a workload have the same labels.
    Workload,
    /// Every pod is a workload of its own, its labels drawn for it alone.
    Random,
}

/// What pods are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Objects {
    /// `Pod` objects with owners, nodes and addresses, as a cluster shows them.
    Pods,
    /// `Deployment` and `StatefulSet` objects, as a repository holds them.
    Workloads,
}

/// A [`Shape`] that no cluster can have.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The system's own namespaces and pods need room.
    #[error("a cluster has at least 3 namespaces and 3 workloads; asked for {namespaces} and {workloads}")]
    TooSmall {
        /// Namespaces asked for.
        namespaces: usize,
        /// Workloads that follow from pods and replicas.
        workloads: usize,
    },
    /// A workload has at least one pod.
    #[error("a workload has at least one replica")]
    NoReplicas,
    /// Addresses are taken from 10.0.0.0/8.
    #[error("there are addresses for {MOST_PODS} pods; asked for {0}")]
    TooManyPods(usize),
    /// Two policies of one priority have no defined order.
    #[error("there are 1,000 priorities for admin policies; asked for {0} policies")]
    TooManyAdminPolicies(usize),
    /// Numbers are taken from the unprivileged range.
    #[error("from 1 to 10,000 port numbers; asked for {0}")]
    Ports(usize),
    /// A share is of a hundred.
    #[error("a share is at most 100; asked for {0}")]
    Share(usize),
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            namespaces: 1_000,
            pods: 100_000,
            policies: 10_000,
            admin_policies: 0,
            replicas: 10,
            labels: Labels::Workload,
            label_keys: 0,
            ports: 40,
            cidr_share: 15,
            wide_share: 0,
            stateful_share: 15,
            objects: Objects::Pods,
            seed: 1,
        }
    }
}

impl Shape {
    /// The default cluster scaled to so many pods: a hundred pods and ten policies a namespace, and at least six
    /// namespaces.
    pub fn of_pods(pods: usize) -> Self {
        Self {
            namespaces: (pods / 100).max(LEAST_NAMESPACES),
            pods,
            policies: pods / 10,
            ..Self::default()
        }
    }

    /// Replicas of a workload, as the labels allow.
    fn replicas(&self) -> usize {
        match self.labels {
            Labels::Workload => self.replicas,
            Labels::Random => 1,
        }
    }
}

/// A cluster, planned and ready to be written.
#[derive(Debug)]
pub struct Cluster {
    shape: Shape,
    namespaces: Vec<Namespace>,
    workloads: Vec<Workload>,
    ports: Vec<u16>,
}

#[derive(Debug)]
struct Namespace {
    name: String,
    team: Team,
    env: Env,
    tier: Tier,
    workloads: Range<usize>,
}

#[derive(Debug)]
struct Workload {
    namespace: usize,
    name: String,
    controller: Controller,
    labels: BTreeMap<String, String>,
    ports: Vec<ContainerPort>,
    pods: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Controller {
    Deployment,
    StatefulSet,
}

#[derive(Debug, Clone, Copy)]
struct ContainerPort {
    name: &'static str,
    protocol: &'static str,
    number: u16,
}

impl Cluster {
    /// Plans a cluster of this shape.
    ///
    /// # Errors
    /// If no cluster can have the shape.
    pub fn plan(shape: Shape) -> Result<Self, ShapeError> {
        let workloads = match shape.replicas() {
            0 => return Err(ShapeError::NoReplicas),
            replicas => shape.pods.div_ceil(replicas),
        };
        if shape.namespaces < SYSTEM.len() || workloads < SYSTEM.len() {
            return Err(ShapeError::TooSmall {
                namespaces: shape.namespaces,
                workloads,
            });
        }
        if shape.pods > MOST_PODS {
            return Err(ShapeError::TooManyPods(shape.pods));
        }
        if shape.admin_policies > 1_000 {
            return Err(ShapeError::TooManyAdminPolicies(shape.admin_policies));
        }
        if !(1..=10_000).contains(&shape.ports) {
            return Err(ShapeError::Ports(shape.ports));
        }
        if let Some(share) = [shape.cidr_share, shape.wide_share, shape.stateful_share]
            .into_iter()
            .find(|share| *share > 100)
        {
            return Err(ShapeError::Share(share));
        }

        let ports = names::port_numbers(shape.ports);
        let namespaces = plan_namespaces(&shape, workloads);
        let workloads = plan_workloads(&shape, &namespaces, &ports);
        Ok(Self {
            shape,
            namespaces,
            workloads,
            ports,
        })
    }

    /// The shape it was planned from.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many objects [`Cluster::write`] writes.
    pub fn objects(&self) -> usize {
        let pods = match self.shape.objects {
            Objects::Pods => self.shape.pods,
            Objects::Workloads => self.workloads.len(),
        };
        self.namespaces.len() + pods + self.shape.policies + self.shape.admin_policies
    }

    /// Two objects of one namespace outside of the system, as `namespace/Kind/name`: pods of two workloads, or the
    /// workloads if no pods are written.
    ///
    /// They are what an explanation is asked about. Where no such namespace has two workloads, two of the system.
    pub fn some_pair(&self) -> (String, String) {
        let in_one = self.namespaces[SYSTEM.len()..]
            .iter()
            .map(|n| n.workloads.clone())
            .find(|w| w.len() >= 2);
        let (from, to) = in_one.map_or((0, 1), |w| (w.start, w.start + 1));
        let id = |index: usize| {
            let workload = &self.workloads[index];
            let namespace = &self.namespaces[workload.namespace].name;
            match self.shape.objects {
                Objects::Pods => format!("{namespace}/Pod/{}", workload.pod_name(0)),
                Objects::Workloads => format!("{namespace}/{}/{}", workload.controller.kind(), workload.name),
            }
        };
        (id(from), id(to))
    }

    /// Writes everything as one YAML stream, a document an object.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_objects(out)?;
        let mut policies = self.policies();
        while let Some(policy) = policies.next_yaml() {
            write!(out, "---\n{policy}")?;
        }
        Ok(())
    }

    /// Writes namespaces and pods or workloads as one YAML stream, a document an object.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn write_objects(&self, out: &mut impl Write) -> io::Result<()> {
        objects::write(self, out)
    }

    /// Writes the network policies as one `NetworkPolicyList`, without admin policies.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn write_policy_list(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:")?;
        let mut policies = self.policies();
        for _ in 0..self.shape.policies {
            let Some(policy) = policies.next_yaml() else { break };
            for (index, line) in policy.lines().enumerate() {
                writeln!(out, "{}{line}", if index == 0 { "- " } else { "  " })?;
            }
        }
        Ok(())
    }

    /// Writes namespaces and pods as the JSON that `cyclonus analyze --mode probe` reads, asking about one TCP port.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn write_cyclonus_probe(&self, port: u16, out: &mut impl Write) -> io::Result<()> {
        objects::write_cyclonus_probe(self, port, out)
    }

    fn policies(&self) -> policies::Policies<'_> {
        policies::Policies::new(self)
    }
}

impl Controller {
    fn kind(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
        }
    }
}

/// Namespaces with their shares of the workloads: some have four times as many as others.
fn plan_namespaces(shape: &Shape, workloads: usize) -> Vec<Namespace> {
    let mut draws = Draws::new(shape.seed, Stream::Namespaces);
    let apps = shape.namespaces - SYSTEM.len();
    let weights: Vec<usize> = (0..apps).map(|_| 1 + draws.below(4)).collect();
    let total: usize = weights.iter().sum();
    // One workload for each namespace of the system; where there are no others, they share all.
    let free = workloads - SYSTEM.len();

    let mut namespaces = Vec::with_capacity(shape.namespaces);
    let mut start = 0;
    for (index, name) in SYSTEM.into_iter().enumerate() {
        let extra = if apps == 0 { (free + index) / SYSTEM.len() } else { 0 };
        namespaces.push(Namespace {
            name: name.to_owned(),
            team: Team::Platform,
            env: Env::Prod,
            tier: Tier::Infra,
            workloads: start..start + 1 + extra,
        });
        start += 1 + extra;
    }
    let mut passed = 0;
    for (index, weight) in weights.into_iter().enumerate() {
        passed += weight;
        let end = SYSTEM.len() + free * passed / total;
        let team = *draws.one(&Team::ALL);
        let env = *draws.one(&Env::ALL);
        namespaces.push(Namespace {
            name: format!("{team}-{env}-{index:03}"),
            team,
            env,
            tier: *draws.one(&Tier::ALL),
            workloads: start..end,
        });
        start = end;
    }
    namespaces
}

fn plan_workloads(shape: &Shape, namespaces: &[Namespace], ports: &[u16]) -> Vec<Workload> {
    let mut draws = Draws::new(shape.seed, Stream::Workloads);
    let mut workloads = Vec::new();
    let mut first = 0;
    for (index, namespace) in namespaces.iter().enumerate() {
        let offset = draws.below(names::APPS.len());
        for ordinal in 0..namespace.workloads.len() {
            let end = shape.pods.min(first + shape.replicas());
            let system = (index < SYSTEM.len() && ordinal == 0).then_some(index);
            workloads.push(plan_workload(
                shape,
                (index, namespace),
                offset + ordinal,
                system,
                ports,
                &mut draws,
                first..end,
            ));
            first = end;
        }
    }
    workloads
}

fn plan_workload(
    shape: &Shape,
    (index, namespace): (usize, &Namespace),
    ordinal: usize,
    system: Option<usize>,
    ports: &[u16],
    draws: &mut Draws,
    pods: Range<usize>,
) -> Workload {
    let lap = ordinal / names::APPS.len();
    let word = names::APPS[ordinal % names::APPS.len()];
    let own = if lap == 0 {
        word.to_owned()
    } else {
        format!("{word}-{lap}")
    };
    let (app, team, versions) = match shape.labels {
        Labels::Workload => (own.clone(), namespace.team, 9),
        Labels::Random => ((*draws.one(&names::APPS)).to_owned(), *draws.one(&Team::ALL), 40),
    };
    let mut labels = BTreeMap::from([
        ("app".to_owned(), app),
        ("tier".to_owned(), draws.one(&Tier::ALL).to_string()),
        ("team".to_owned(), team.to_string()),
        ("version".to_owned(), format!("v{}", 1 + draws.below(versions))),
    ]);
    if draws.chance(5) {
        labels.insert("canary".to_owned(), "enabled".to_owned());
    }
    for key in 0..shape.label_keys {
        labels.insert(names::extra_key(key), draws.one(&names::EXTRA_VALUES).to_string());
    }
    let http = *draws.one(ports);
    let grpc = draws.chance(20).then(|| *draws.one(ports)).filter(|grpc| *grpc != http);
    let stateful = draws.chance(shape.stateful_share);

    let mut workload = Workload {
        namespace: index,
        name: own,
        controller: if stateful {
            Controller::StatefulSet
        } else {
            Controller::Deployment
        },
        labels,
        ports: vec![
            ContainerPort {
                name: "http",
                protocol: "TCP",
                number: http,
            },
            ContainerPort {
                name: "metrics",
                protocol: "TCP",
                number: METRICS_PORT,
            },
        ],
        pods,
    };
    workload.ports.extend(grpc.map(|number| ContainerPort {
        name: "grpc",
        protocol: "TCP",
        number,
    }));
    if draws.chance(5) {
        workload.ports.push(ContainerPort {
            name: "statsd",
            protocol: "UDP",
            number: 8125,
        });
    }
    if let Some(system) = system {
        workload.controller = Controller::Deployment;
        workload.name = ["coredns", "prometheus", "ingress-nginx-controller"][system].to_owned();
        workload.labels.insert("app".to_owned(), workload.name.clone());
        if system == 0 {
            workload.labels.insert("k8s-app".to_owned(), "kube-dns".to_owned());
            workload.ports.push(ContainerPort {
                name: "dns",
                protocol: "UDP",
                number: 53,
            });
            workload.ports.push(ContainerPort {
                name: "dns-tcp",
                protocol: "TCP",
                number: 53,
            });
        }
    }
    workload
}
