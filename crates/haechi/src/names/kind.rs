//! Kinds as kubectl abbreviates them.

/// A kind of thing that talks, or holds things that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that owns pods, by its kind in any case.
    Workload(&'static str),
    /// A pod.
    Pod,
    /// A Service.
    Service,
    /// A machine.
    Node,
    /// A namespace.
    Namespace,
}

impl Kind {
    /// The kind that a word means, as kubectl takes it: `deploy`, `Deployments`, `deployment.apps`.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let word = word.split('.').next().unwrap_or_default().to_ascii_lowercase();
        Some(match word.as_str() {
            "po" | "pod" | "pods" => Self::Pod,
            "svc" | "service" | "services" => Self::Service,
            "no" | "node" | "nodes" => Self::Node,
            "ns" | "namespace" | "namespaces" => Self::Namespace,
            "deploy" | "deployment" | "deployments" => Self::Workload("Deployment"),
            "sts" | "statefulset" | "statefulsets" => Self::Workload("StatefulSet"),
            "ds" | "daemonset" | "daemonsets" => Self::Workload("DaemonSet"),
            "rs" | "replicaset" | "replicasets" => Self::Workload("ReplicaSet"),
            "rc" | "replicationcontroller" | "replicationcontrollers" => Self::Workload("ReplicationController"),
            "job" | "jobs" => Self::Workload("Job"),
            "cj" | "cronjob" | "cronjobs" => Self::Workload("CronJob"),
            _ => return None,
        })
    }
}

/// Kinds that people may well ask about, and that do not talk themselves.
const SILENT: &[&str] = &[
    "cm",
    "configmap",
    "configmaps",
    "ing",
    "ingress",
    "ingresses",
    "netpol",
    "networkpolicies",
    "networkpolicy",
    "sa",
    "secret",
    "secrets",
    "serviceaccount",
    "serviceaccounts",
];

/// Whether a word is a kind that does not talk itself.
pub(super) fn is_silent(word: &str) -> bool {
    let word = word.split('.').next().unwrap_or_default();
    SILENT.iter().any(|kind| kind.eq_ignore_ascii_case(word))
}
