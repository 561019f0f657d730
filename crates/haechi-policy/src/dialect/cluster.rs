//! [`ClusterNetworkPolicy`](https://network-policy-api.sigs.k8s.io/) of `policy.networking.k8s.io/v1alpha2`.

use haechi_model::Profile;
use haechi_model::decode::{Decoder, Fields, closest};
use haechi_model::document::Node;
use haechi_model::port::{PortRange, PortSet, Protocol};

use super::prioritised::{Prioritised, Wording, identity};
use super::upstream::{self, ADMIN_TIER, BASELINE_TIER, Invalid, NamespacesOfPods};
use super::wording::Yaml;
use super::{Dialect, PolicyObject};
use crate::policy::{Action, Case, NamedPort, Policy, Ports};
use crate::propose::{Proposal, ProposedRule};

/// The dialect of ClusterNetworkPolicy.
#[derive(Debug)]
pub(super) struct Cluster;

const WORDING: Wording = Wording {
    kind: "a ClusterNetworkPolicy",
    actions: &[
        ("Accept", Action::Allow),
        ("Deny", Action::Deny),
        ("Pass", Action::Pass),
    ],
    ports: "protocols",
    read_port: protocol,
    write_port: write_protocol,
    namespaces_of_pods: NamespacesOfPods::Optional,
    most_rules: 25,
    most_entries: 25,
};

impl Dialect for Cluster {
    fn reads(&self, api_version: &str, kind: &str) -> bool {
        api_version == "policy.networking.k8s.io/v1alpha2" && kind == KIND
    }

    fn read(&self, object: Node<'_>, _: &str, decoder: &mut Decoder) -> Option<Box<dyn PolicyObject>> {
        Some(Box::new(upstream::whole(decoder, |decoder| read(object, decoder))?))
    }

    fn propose_rule(&self, policy: &Policy, proposal: &Proposal, profile: Profile) -> Option<ProposedRule> {
        if policy.id.kind == KIND {
            WORDING.propose(policy, proposal, profile)
        } else {
            None
        }
    }
}

const KIND: &str = "ClusterNetworkPolicy";

fn read(object: Node<'_>, decoder: &mut Decoder) -> Option<Prioritised> {
    let mut fields = Fields::of(object, WORDING.kind, decoder)?;
    fields.ignore(&["apiVersion", "kind", "status"]);
    let identity = identity(&mut fields, KIND, decoder);
    let spec = fields.required("spec", decoder);
    fields.finish(decoder);
    let (id, location) = identity?;
    let mut fields = Fields::of(spec?, "a spec", decoder)?;
    let tier = fields.required("tier", decoder);
    let priority = fields
        .required("priority", decoder)
        .and_then(|n| decoder.integer(n, 0, 1000));
    let spec = WORDING.spec(&mut fields, decoder);
    fields.finish(decoder);
    let tier = tier?;
    let tier = match decoder.text(tier)? {
        "Admin" => ADMIN_TIER,
        "Baseline" => BASELINE_TIER,
        other => {
            let hint = closest(other, ["Admin", "Baseline"]);
            decoder.invalid(tier, format!("no tier is called {other:?}")).hint = Some(hint);
            return None;
        }
    };
    Some(Prioritised {
        id,
        location,
        tier,
        priority: priority?,
        subject: spec.subject?,
        ingress: spec.ingress,
        egress: spec.egress,
    })
}

/// An entry of `protocols`: exactly one of `tcp`, `udp`, `sctp` and `destinationNamedPort`.
fn protocol(node: Node<'_>, ports: &mut Ports, decoder: &mut Decoder) -> Result<(), Invalid> {
    let mut fields = Fields::of(node, "a protocol", decoder).ok_or(Invalid)?;
    // An empty protocol, `tcp:`, is null in YAML and no field at all for the API server.
    let mut found: Vec<(Protocol, Node<'_>)> = Vec::new();
    for (key, protocol) in [("tcp", Protocol::Tcp), ("udp", Protocol::Udp), ("sctp", Protocol::Sctp)] {
        found.extend(fields.field(key).map(|node| (protocol, node)));
    }
    let named = fields.field("destinationNamedPort");
    fields.finish(decoder);
    match (&*found, named) {
        ([(protocol, node)], None) => {
            let numbers = destination(*protocol, *node, decoder)?;
            ports.numbers = ports.numbers.union(&numbers);
            Ok(())
        }
        ([], Some(name)) => {
            let name = upstream::port_name(name, decoder).ok_or(Invalid)?;
            ports.named.push(NamedPort {
                name,
                protocol: None,
                case: Case::Sensitive,
            });
            Ok(())
        }
        _ => {
            decoder.invalid(
                node,
                "a protocol takes exactly one of tcp, udp, sctp and destinationNamedPort",
            );
            Err(Invalid)
        }
    }
}

fn destination(protocol: Protocol, node: Node<'_>, decoder: &mut Decoder) -> Result<PortSet, Invalid> {
    let mut fields = Fields::of(node, "a protocol", decoder).ok_or(Invalid)?;
    let port = fields.field("destinationPort");
    fields.finish(decoder);
    let Some(port) = port else {
        return Ok(PortSet::protocol(protocol));
    };
    let mut fields = Fields::of(port, "a destinationPort", decoder).ok_or(Invalid)?;
    let (number, range) = (fields.field("number"), fields.field("range"));
    fields.finish(decoder);
    match (number, range) {
        (Some(number), None) => Ok(PortSet::port(protocol, decoder.port(number).ok_or(Invalid)?)),
        (None, Some(range)) => {
            let mut fields = Fields::of(range, "a range", decoder).ok_or(Invalid)?;
            let start = fields.required("start", decoder).and_then(|n| decoder.port(n));
            let end = fields.required("end", decoder).and_then(|n| decoder.port(n));
            fields.finish(decoder);
            let (start, end) = (start.ok_or(Invalid)?, end.ok_or(Invalid)?);
            if start >= end {
                decoder
                    .invalid(
                        range,
                        format!("the range's start {start} must be lower than its end {end}"),
                    )
                    .hint = Some(format!("for one port write number: {start}"));
                return Err(Invalid);
            }
            Ok(PortSet::range(protocol, start, end))
        }
        _ => {
            decoder.invalid(port, "a destinationPort takes exactly one of number and range");
            Err(Invalid)
        }
    }
}

fn write_protocol(range: PortRange, yaml: &mut Yaml) {
    let key = range.protocol.name().to_ascii_lowercase();
    if range.is_all() {
        yaml.raw(&key, "{}");
        return;
    }
    yaml.nested(&key, |yaml| {
        yaml.nested("destinationPort", |yaml| {
            if range.from == range.to {
                yaml.raw("number", &range.from.to_string());
            } else {
                yaml.nested("range", |yaml| {
                    yaml.raw("start", &range.from.to_string());
                    yaml.raw("end", &range.to.to_string());
                });
            }
        });
    });
}
