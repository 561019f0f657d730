//! Objects that only a cluster with a certain data plane has.

use haechi_model::object::ObjectMeta;
use haechi_model::{Location, Name, Node, Profile};

use super::{Owner, kinds};
use crate::Evidence;

/// Groups of kinds that come with a data plane.
const GROUPS: &[(&str, Option<Profile>)] = &[
    ("cilium.io", Some(Profile::Cilium)),
    ("crd.antrea.io", None),
    ("crd.k8s.amazonaws.com", Some(Profile::Aws)),
    ("crd.projectcalico.org", Some(Profile::Calico)),
    ("k8s.ovn.org", None),
    ("kubeovn.io", None),
    ("networking.k8s.aws", Some(Profile::Aws)),
    ("operator.tigera.io", Some(Profile::Calico)),
    ("projectcalico.org", Some(Profile::Calico)),
    ("vpcresources.k8s.aws", Some(Profile::Aws)),
];

/// DaemonSets that enforce policies.
const DAEMON_SETS: &[(&str, Option<Profile>)] = &[
    // GKE's data plane, which is Cilium.
    ("anetd", Some(Profile::Cilium)),
    ("antrea-agent", None),
    (AWS_NODE, Some(Profile::Aws)),
    ("azure-npm", None),
    ("calico-node", Some(Profile::Calico)),
    ("canal", Some(Profile::Calico)),
    ("cilium", Some(Profile::Cilium)),
    ("haechi", Some(Profile::Haechi)),
    ("haechi-agent", Some(Profile::Haechi)),
    // kind's own, with kube-network-policies in it.
    ("kindnet", None),
    ("kube-network-policies", None),
    ("kube-ovn-cni", None),
    ("kube-router", None),
    ("kube-router-firewall", None),
    ("ovnkube-node", None),
    ("rke2-canal", Some(Profile::Calico)),
    ("weave-net", None),
];

/// ConfigMaps that configure one.
const CONFIG_MAPS: &[(&str, Option<Profile>)] = &[
    ("antrea-config", None),
    ("calico-config", Some(Profile::Calico)),
    ("canal-config", Some(Profile::Calico)),
    ("cilium-config", Some(Profile::Cilium)),
    ("kube-router-cfg", None),
];

const AWS_NODE: &str = "aws-node";
const VPC_CNI_CONFIG: &str = "amazon-vpc-cni";

/// An object of a data plane's own kind.
pub(super) fn of_kind(api_version: &str, kind: &str, node: Node<'_>, found: &mut Vec<Evidence>) {
    if let Some((_, profile)) = GROUPS.iter().find(|(g, _)| *g == kinds::group_of(api_version)) {
        note(*profile, kind.to_owned(), node.location(), found);
    }
}

/// A CustomResourceDefinition of such a kind.
pub(super) fn of_definition(node: Node<'_>, found: &mut Vec<Evidence>) {
    let group = node.field("spec").and_then(|spec| spec.field("group")).and_then(text);
    let name = node
        .field("metadata")
        .and_then(|meta| meta.field("name"))
        .and_then(text);
    if let (Some(group), Some(name)) = (group, name)
        && let Some((_, profile)) = GROUPS.iter().find(|(g, _)| *g == group)
    {
        let what = format!("CustomResourceDefinition {name}");
        note(*profile, what, node.location(), found);
    }
}

/// A DaemonSet that enforces, with `spec` as its own.
pub(super) fn of_daemon_set(namespace: &Name, meta: &ObjectMeta, spec: Node<'_>, found: &mut Vec<Evidence>) {
    if &*meta.name == AWS_NODE && agent_of(spec) == Switch::Off {
        return;
    }
    daemon_set(namespace, &meta.name, meta.location, found);
}

/// A pod of such a DaemonSet.
pub(super) fn of_pod(namespace: &Name, owner: Option<&Owner>, location: Location, found: &mut Vec<Evidence>) {
    if let Some(owner) = owner.filter(|o| &*o.kind == "DaemonSet") {
        daemon_set(namespace, &owner.name, location, found);
    }
}

fn daemon_set(namespace: &Name, name: &Name, location: Location, found: &mut Vec<Evidence>) {
    if let Some((_, profile)) = DAEMON_SETS.iter().find(|(n, _)| *n == &**name) {
        note(*profile, format!("DaemonSet {namespace}/{name}"), location, found);
    }
}

/// A ConfigMap that configures a data plane.
pub(super) fn of_config_map(node: Node<'_>, found: &mut Vec<Evidence>) {
    let Some(meta) = node.field("metadata") else { return };
    let Some(name) = meta.field("name").and_then(text) else {
        return;
    };
    let profile = match CONFIG_MAPS.iter().find(|(n, _)| *n == name) {
        Some((_, profile)) => *profile,
        // The controller that makes rules for the VPC CNI's agent runs only where this says so.
        None if name == VPC_CNI_CONFIG => {
            let switch = node
                .field("data")
                .and_then(|d| d.field("enable-network-policy-controller"));
            if switch.and_then(text) != Some("true") {
                return;
            }
            Some(Profile::Aws)
        }
        None => return,
    };
    let namespace = meta.field("namespace").and_then(text).unwrap_or("default");
    note(profile, format!("ConfigMap {namespace}/{name}"), node.location(), found);
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    On,
    Off,
    Unknown,
}

/// Whether the VPC CNI's DaemonSet runs its network policy agent.
fn agent_of(spec: Node<'_>) -> Switch {
    const FLAG: &str = "--enable-network-policy=";
    let containers = spec
        .field("template")
        .and_then(|t| t.field("spec"))
        .and_then(|s| s.field("containers"))
        .and_then(Node::items);
    let mut flags = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container.field("args")?.items())
        .flatten()
        .filter_map(|arg| text(arg)?.strip_prefix(FLAG));
    match flags.next() {
        Some("true") => Switch::On,
        Some(_) => Switch::Off,
        None => Switch::Unknown,
    }
}

fn note(profile: Option<Profile>, what: String, location: Location, found: &mut Vec<Evidence>) {
    if !found.iter().any(|e| e.what == what) {
        found.push(Evidence {
            profile,
            what,
            location,
        });
    }
}

fn text(node: Node<'_>) -> Option<&str> {
    node.scalar().map(|(text, _)| text)
}
