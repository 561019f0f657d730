//! Which kinds there are, and who reads them.

use haechi_model::cluster::{RouteKind, WorkloadKind};
use haechi_model::decode::nearest;

/// A kind that is known, and what to do with its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It says nothing about who may talk to whom.
    Silent,
    ConfigMap,
    /// A CustomResourceDefinition.
    Definition,
    Namespace,
    Node,
    ServiceAccount,
    Pod,
    Template(WorkloadKind),
    Service,
    Endpoints,
    EndpointSlice,
    Ingress(IngressVersion),
    Gateway,
    Route(RouteKind),
}

/// How an Ingress names its backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IngressVersion {
    /// `serviceName` and `servicePort`.
    Beta,
    /// `service.name` and `service.port`.
    V1,
}

/// The kind of an object, if anybody reads it or it is known to say nothing.
pub(super) fn known(api_version: &str, kind: &str) -> Option<Known> {
    let group = group_of(api_version);
    if let Some(kinds) = kinds_of(group) {
        let known = kinds
            .iter()
            .find(|k| k.kind == kind && k.versions.contains(&version_of(api_version)));
        if let Some(found) = known {
            return Some(found.read.clone());
        }
    }
    is_silent(group, kind).then_some(Known::Silent)
}

/// The group of `group/version`; empty for the core group.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Whether objects of this version are instructions for kustomize.
pub(super) fn is_kustomize(api_version: &str) -> bool {
    group_of(api_version) == "kustomize.config.k8s.io"
}

fn version_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or(api_version, |(_, version)| version)
}

/// What is wrong with a version and kind that do not exist, if they were probably meant to be ones that do, and what
/// to write instead.
pub(super) fn misspelt(api_version: &str, kind: &str) -> Option<(String, String)> {
    let here = group_of(api_version);
    // The right kind in the wrong place: `v1` for a Deployment, or a version that was removed.
    let elsewhere = every_kind().find(|(group, k)| k.kind == kind && (*group == here || is_builtin(here)));
    if let Some((group, found)) = elsewhere {
        let right = joined(group, found.versions[0]);
        let message = format!("there is no {kind} in {api_version}");
        return Some((message, format!("write apiVersion: {right}")));
    }
    if OTHERS.contains(&(here, kind)) {
        return None;
    }
    // A kind that is nearly one of this group.
    let kinds = kinds_of(here)?.iter().map(|k| k.kind).chain(silent_kinds(here));
    // The names of kinds are long and near each other: TLSRoute and TCPRoute.
    let best = nearest(kind, kinds, |_| 2)?;
    Some((
        format!("there is no kind {kind} in {api_version}"),
        format!("did you mean {best}?"),
    ))
}

fn joined(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// Whether a group is Kubernetes' own or was probably meant to be, so that whatever has the name of a known kind there
/// is that kind.
fn is_builtin(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

#[derive(Debug)]
struct Kind {
    kind: &'static str,
    /// The newest first.
    versions: &'static [&'static str],
    read: Known,
}

const fn kind(kind: &'static str, versions: &'static [&'static str], read: Known) -> Kind {
    Kind { kind, versions, read }
}

fn kinds_of(group: &str) -> Option<&'static [Kind]> {
    GROUPS.iter().find(|(name, _)| *name == group).map(|(_, kinds)| *kinds)
}

fn every_kind() -> impl Iterator<Item = (&'static str, &'static Kind)> {
    GROUPS
        .iter()
        .flat_map(|(group, kinds)| kinds.iter().map(move |kind| (*group, kind)))
}

const V1: &[&str] = &["v1"];
/// Read by a policy dialect, which is asked before; here only so that its name is known.
const POLICY: Known = Known::Silent;

const GROUPS: &[(&str, &[Kind])] = &[
    (
        "",
        &[
            kind("ConfigMap", V1, Known::ConfigMap),
            kind("Endpoints", V1, Known::Endpoints),
            kind("Namespace", V1, Known::Namespace),
            kind("Node", V1, Known::Node),
            kind("Pod", V1, Known::Pod),
            kind(
                "ReplicationController",
                V1,
                Known::Template(WorkloadKind::ReplicationController),
            ),
            kind("Service", V1, Known::Service),
            kind("ServiceAccount", V1, Known::ServiceAccount),
        ],
    ),
    (
        "apps",
        &[
            kind(
                "DaemonSet",
                &["v1", "v1beta2"],
                Known::Template(WorkloadKind::DaemonSet),
            ),
            kind(
                "Deployment",
                &["v1", "v1beta2", "v1beta1"],
                Known::Template(WorkloadKind::Deployment),
            ),
            kind(
                "ReplicaSet",
                &["v1", "v1beta2"],
                Known::Template(WorkloadKind::ReplicaSet),
            ),
            kind(
                "StatefulSet",
                &["v1", "v1beta2", "v1beta1"],
                Known::Template(WorkloadKind::StatefulSet),
            ),
        ],
    ),
    (
        "batch",
        &[
            kind("CronJob", &["v1", "v1beta1"], Known::Template(WorkloadKind::CronJob)),
            kind("Job", V1, Known::Template(WorkloadKind::Job)),
        ],
    ),
    (
        "discovery.k8s.io",
        &[kind("EndpointSlice", &["v1", "v1beta1"], Known::EndpointSlice)],
    ),
    (
        "networking.k8s.io",
        &[
            kind("Ingress", V1, Known::Ingress(IngressVersion::V1)),
            kind("Ingress", &["v1beta1"], Known::Ingress(IngressVersion::Beta)),
            kind("NetworkPolicy", V1, POLICY),
        ],
    ),
    (
        "extensions",
        &[
            kind("DaemonSet", &["v1beta1"], Known::Template(WorkloadKind::DaemonSet)),
            kind("Deployment", &["v1beta1"], Known::Template(WorkloadKind::Deployment)),
            kind("Ingress", &["v1beta1"], Known::Ingress(IngressVersion::Beta)),
            kind("ReplicaSet", &["v1beta1"], Known::Template(WorkloadKind::ReplicaSet)),
        ],
    ),
    (
        "policy.networking.k8s.io",
        &[
            kind("AdminNetworkPolicy", &["v1alpha1"], POLICY),
            kind("BaselineAdminNetworkPolicy", &["v1alpha1"], POLICY),
            kind("ClusterNetworkPolicy", &["v1alpha2"], POLICY),
        ],
    ),
    (
        "gateway.networking.k8s.io",
        &[
            kind("Gateway", &["v1", "v1beta1", "v1alpha2"], Known::Gateway),
            kind("GRPCRoute", &["v1", "v1alpha2"], Known::Route(RouteKind::GrpcRoute)),
            kind(
                "HTTPRoute",
                &["v1", "v1beta1", "v1alpha2"],
                Known::Route(RouteKind::HttpRoute),
            ),
            kind(
                "TLSRoute",
                &["v1", "v1alpha3", "v1alpha2"],
                Known::Route(RouteKind::TlsRoute),
            ),
        ],
    ),
    (
        "apiextensions.k8s.io",
        &[kind("CustomResourceDefinition", &["v1", "v1beta1"], Known::Definition)],
    ),
];

/// Groups all of whose kinds say nothing about who may talk to whom.
const SILENT_GROUPS: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "autoscaling.k8s.io",
    "cert-manager.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "lifecycle.k8s.io",
    "metrics.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "snapshot.storage.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Other kinds that say nothing about it.
const SILENT: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "Binding",
            "ComponentStatus",
            "Event",
            "LimitRange",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "PodTemplate",
            "ResourceQuota",
            "Secret",
        ],
    ),
    ("apps", &["ControllerRevision"]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("gateway.networking.k8s.io", &["GatewayClass", "ReferenceGrant"]),
    ("haechi.dev", &["ReachTest"]),
];

/// Kinds that exist and are not read, whose names are near to others.
const OTHERS: &[(&str, &str)] = &[
    ("", "Config"),
    ("gateway.networking.k8s.io", "TCPRoute"),
    ("gateway.networking.k8s.io", "UDPRoute"),
];

fn is_silent(group: &str, kind: &str) -> bool {
    SILENT_GROUPS.contains(&group) || silent_kinds(group).any(|k| k == kind)
}

fn silent_kinds(group: &str) -> impl Iterator<Item = &'static str> {
    let kinds: &[&str] = SILENT
        .iter()
        .find(|(name, _)| *name == group)
        .map_or(&[], |(_, kinds)| kinds);
    kinds.iter().copied()
}
