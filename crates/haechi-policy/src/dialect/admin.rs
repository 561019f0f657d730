//! [`AdminNetworkPolicy` and `BaselineAdminNetworkPolicy`](https://network-policy-api.sigs.k8s.io/reference/spec/)
//! of `policy.networking.k8s.io/v1alpha1`.

use haechi_model::Profile;
use haechi_model::decode::{Decoder, Fields};
use haechi_model::document::Node;
use haechi_model::port::{PortRange, PortSet, Protocol};

use super::prioritised::{Prioritised, Wording, identity};
use super::upstream::{self, ADMIN_TIER, BASELINE_TIER, Invalid, NamespacesOfPods};
use super::wording::Yaml;
use super::{Dialect, PolicyObject};
use crate::policy::{Action, Case, NamedPort, Policy, Ports};
use crate::propose::{Proposal, ProposedRule};

/// The dialect of AdminNetworkPolicy and BaselineAdminNetworkPolicy.
#[derive(Debug)]
pub(super) struct Admin;

const ADMIN: Wording = Wording {
    kind: "an AdminNetworkPolicy",
    actions: &[("Allow", Action::Allow), ("Deny", Action::Deny), ("Pass", Action::Pass)],
    ports: "ports",
    read_port: port,
    write_port,
    namespaces_of_pods: NamespacesOfPods::Required,
    most_rules: 100,
    most_entries: 100,
};

const BASELINE: Wording = Wording {
    kind: "a BaselineAdminNetworkPolicy",
    actions: &[("Allow", Action::Allow), ("Deny", Action::Deny)],
    ..ADMIN
};

impl Dialect for Admin {
    fn reads(&self, api_version: &str, kind: &str) -> bool {
        api_version == "policy.networking.k8s.io/v1alpha1" && matches!(kind, ADMIN_KIND | BASELINE_KIND)
    }

    fn read(&self, object: Node<'_>, _: &str, decoder: &mut Decoder) -> Option<Box<dyn PolicyObject>> {
        let kind = object.field("kind").and_then(Node::scalar).map_or("", |(text, _)| text);
        let policy = upstream::whole(decoder, |decoder| read(object, kind == ADMIN_KIND, decoder))?;
        Some(Box::new(policy))
    }

    fn propose_rule(&self, policy: &Policy, proposal: &Proposal, profile: Profile) -> Option<ProposedRule> {
        let wording = match policy.id.kind.as_str() {
            ADMIN_KIND => ADMIN,
            BASELINE_KIND => BASELINE,
            _ => return None,
        };
        wording.propose(policy, proposal, profile)
    }
}

const ADMIN_KIND: &str = "AdminNetworkPolicy";
const BASELINE_KIND: &str = "BaselineAdminNetworkPolicy";

fn read(object: Node<'_>, is_admin: bool, decoder: &mut Decoder) -> Option<Prioritised> {
    let wording = if is_admin { ADMIN } else { BASELINE };
    let mut fields = Fields::of(object, wording.kind, decoder)?;
    fields.ignore(&["apiVersion", "kind", "status"]);
    let kind = if is_admin { ADMIN_KIND } else { BASELINE_KIND };
    let identity = identity(&mut fields, kind, decoder);
    let spec = fields.required("spec", decoder);
    fields.finish(decoder);
    let (id, location) = identity?;
    if !is_admin && id.name != "default" {
        decoder.invalid_at(
            location,
            "a BaselineAdminNetworkPolicy is called default, and there is only one",
        );
    }
    let mut fields = Fields::of(spec?, "a spec", decoder)?;
    let priority = if is_admin {
        fields
            .required("priority", decoder)
            .and_then(|n| decoder.integer(n, 0, 1000))
    } else {
        Some(0)
    };
    let spec = wording.spec(&mut fields, decoder);
    fields.finish(decoder);
    Some(Prioritised {
        id,
        location,
        tier: if is_admin { ADMIN_TIER } else { BASELINE_TIER },
        priority: priority?,
        subject: spec.subject?,
        ingress: spec.ingress,
        egress: spec.egress,
    })
}

fn port(node: Node<'_>, ports: &mut Ports, decoder: &mut Decoder) -> Result<(), Invalid> {
    let mut fields = Fields::of(node, "a port", decoder).ok_or(Invalid)?;
    let (number, range, named) = (
        fields.field("portNumber"),
        fields.field("portRange"),
        fields.field("namedPort"),
    );
    fields.finish(decoder);
    let numbers = match (number, range, named) {
        (Some(number), None, None) => {
            let mut fields = Fields::of(number, "a portNumber", decoder).ok_or(Invalid)?;
            let protocol = protocol(&mut fields, decoder)?;
            let port = fields.required("port", decoder).and_then(|n| decoder.port(n));
            fields.finish(decoder);
            PortSet::port(protocol, port.ok_or(Invalid)?)
        }
        (None, Some(range), None) => {
            let mut fields = Fields::of(range, "a portRange", decoder).ok_or(Invalid)?;
            let protocol = protocol(&mut fields, decoder)?;
            let start = fields.required("start", decoder).and_then(|n| decoder.port(n));
            let end = fields.required("end", decoder).and_then(|n| decoder.port(n));
            fields.finish(decoder);
            let (start, end) = (start.ok_or(Invalid)?, end.ok_or(Invalid)?);
            if start > end {
                decoder.invalid(range, format!("the range ends at {end}, below its start {start}"));
                return Err(Invalid);
            }
            PortSet::range(protocol, start, end)
        }
        (None, None, Some(name)) => {
            // Rule 26: by name alone, the protocol is the container port's.
            let name = upstream::port_name(name, decoder).ok_or(Invalid)?;
            ports.named.push(NamedPort {
                name,
                protocol: None,
                case: Case::Sensitive,
            });
            return Ok(());
        }
        _ => {
            decoder.invalid(node, "a port takes exactly one of portNumber, portRange and namedPort");
            return Err(Invalid);
        }
    };
    ports.numbers = ports.numbers.union(&numbers);
    Ok(())
}

/// Rule 26: TCP where it is left out.
fn protocol(fields: &mut Fields<'_>, decoder: &mut Decoder) -> Result<Protocol, Invalid> {
    match fields.field("protocol") {
        Some(node) => upstream::protocol(node, decoder).ok_or(Invalid),
        None => Ok(Protocol::Tcp),
    }
}

fn write_port(range: PortRange, yaml: &mut Yaml) {
    let key = if range.from == range.to {
        "portNumber"
    } else {
        "portRange"
    };
    yaml.nested(key, |yaml| {
        yaml.pair("protocol", range.protocol.name());
        if range.from == range.to {
            yaml.raw("port", &range.from.to_string());
        } else {
            yaml.raw("start", &range.from.to_string());
            yaml.raw("end", &range.to.to_string());
        }
    });
}
