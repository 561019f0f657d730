//! Ports in documents.

use haechi_model::{PortSet, port};
use schemars::JsonSchema;
use serde::Serialize;

/// A run of ports of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortRange {
    /// The protocol.
    pub protocol: Protocol,
    /// The first port; of ICMP and ICMPv6, type × 256 + code.
    pub from: u16,
    /// The last port, at least `from`.
    pub to: u16,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "they are their names")]
pub enum Protocol {
    #[serde(rename = "TCP")]
    Tcp,
    #[serde(rename = "UDP")]
    Udp,
    #[serde(rename = "SCTP")]
    Sctp,
    #[serde(rename = "ICMP")]
    Icmp,
    #[serde(rename = "ICMPv6")]
    Icmpv6,
}

impl From<haechi_model::Protocol> for Protocol {
    fn from(protocol: haechi_model::Protocol) -> Self {
        match protocol {
            haechi_model::Protocol::Tcp => Self::Tcp,
            haechi_model::Protocol::Udp => Self::Udp,
            haechi_model::Protocol::Sctp => Self::Sctp,
            haechi_model::Protocol::Icmp => Self::Icmp,
            haechi_model::Protocol::Icmpv6 => Self::Icmpv6,
        }
    }
}

impl From<port::PortRange> for PortRange {
    fn from(range: port::PortRange) -> Self {
        Self {
            protocol: range.protocol.into(),
            from: range.from,
            to: range.to,
        }
    }
}

/// The runs of a set, sorted by protocol and port.
#[must_use]
pub fn ranges(ports: &PortSet) -> Vec<PortRange> {
    ports.ranges().map(PortRange::from).collect()
}

/// The set of some runs.
#[must_use]
pub fn set(ranges: &[PortRange]) -> PortSet {
    let of = |range: &PortRange| PortSet::range(range.protocol.into(), range.from, range.to);
    ranges.iter().fold(PortSet::NONE, |all, range| all.union(&of(range)))
}

impl From<Protocol> for haechi_model::Protocol {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tcp => Self::Tcp,
            Protocol::Udp => Self::Udp,
            Protocol::Sctp => Self::Sctp,
            Protocol::Icmp => Self::Icmp,
            Protocol::Icmpv6 => Self::Icmpv6,
        }
    }
}
