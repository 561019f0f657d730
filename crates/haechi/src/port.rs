//! Ports as people write them on a command line.

use std::fmt;
use std::str::FromStr;

use haechi_model::cluster::ContainerPort;
use haechi_model::{Name, PortSet, Protocol};

/// A port, some ports, or the name of one: `80`, `80/TCP`, `tcp/80`, `UDP:53`, `8000-8010`, `http`, `sctp`, `icmp/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortQuery {
    /// The protocol, where it is named.
    pub protocol: Option<Protocol>,
    /// Which of its ports.
    pub port: Port,
}

/// Which ports of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// All of them.
    Any,
    /// From the first to the second, both included; of ICMP, `type << 8 | code`.
    Numbers(u16, u16),
    /// Those that the destination's containers give this name.
    Named(Name),
}

/// Which protocols a port without one is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// TCP, as Kubernetes has it.
    Tcp,
    /// All that have ports.
    Every,
}

impl PortQuery {
    /// The ports that are meant, at a destination whose containers declare `declared`.
    #[must_use]
    pub fn ports(&self, declared: &[ContainerPort], unsaid: Unsaid) -> PortSet {
        let protocols = match (&self.protocol, unsaid) {
            (Some(protocol), _) => std::slice::from_ref(protocol),
            (None, Unsaid::Tcp) => &[Protocol::Tcp],
            (None, Unsaid::Every) => Protocol::WITH_PORTS.as_slice(),
        };
        let sets: Vec<PortSet> = match &self.port {
            Port::Any => protocols.iter().map(|p| PortSet::protocol(*p)).collect(),
            Port::Numbers(from, to) => protocols.iter().map(|p| PortSet::range(*p, *from, *to)).collect(),
            // A name says its protocol where the command line does not.
            Port::Named(name) => declared
                .iter()
                .filter(|d| d.name.as_ref() == Some(name) && self.protocol.is_none_or(|p| p == d.protocol))
                .map(|d| PortSet::port(d.protocol, d.port))
                .collect(),
        };
        sets.iter().fold(PortSet::NONE, |all, set| all.union(set))
    }

    /// The name, if it is one that containers give.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        match &self.port {
            Port::Named(name) => Some(name),
            Port::Any | Port::Numbers(..) => None,
        }
    }
}

/// Displayed as `53/UDP`, and so that it parses again.
impl fmt::Display for PortQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let icmp = self.protocol.is_some_and(|p| !p.has_ports());
        match (&self.port, self.protocol) {
            (Port::Any, Some(protocol)) => return write!(f, "{protocol}"),
            (Port::Numbers(from, to), Some(protocol)) if icmp => {
                let code = from & 0xff;
                write!(f, "{protocol}/{}", from >> 8)?;
                return if from == to { write!(f, "/{code}") } else { Ok(()) };
            }
            (Port::Any, None) => f.write_str("any")?,
            (Port::Numbers(from, to), _) if from == to => write!(f, "{from}")?,
            (Port::Numbers(from, to), _) => write!(f, "{from}-{to}")?,
            (Port::Named(name), _) => write!(f, "{name}")?,
        }
        self.protocol.map_or(Ok(()), |protocol| write!(f, "/{protocol}"))
    }
}

/// Why a text is no port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// A number that no port has.
    #[error("{0} is no port: they go from 1 to 65535")]
    Number(String),
    /// A range that ends before it begins.
    #[error("{0} ends before it begins")]
    Backwards(String),
    /// A word where a protocol belongs.
    #[error("no protocol is called {0:?}: there are TCP, UDP, SCTP, ICMP and ICMPv6")]
    Protocol(String),
    /// A type or code that ICMP cannot have.
    #[error("{0:?} is no type of ICMP: write icmp, icmp/8 or icmp/8/0, each number at most 255")]
    Icmp(String),
    /// Something that containers cannot call a port.
    #[error(
        "{0:?} is no port: write a number (80), a range (8000-8010), a name (http), each with a protocol if it is not TCP (53/UDP)"
    )]
    Text(String),
}

impl FromStr for PortQuery {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let parts: Vec<&str> = text.split(['/', ':']).map(str::trim).collect();
        let (protocol, rest): (Option<Protocol>, &[&str]) = match parts.as_slice() {
            [one] => match Protocol::named(one) {
                Some(protocol) => (Some(protocol), &[]),
                None => (None, &parts),
            },
            [first, rest @ ..] if Protocol::named(first).is_some() => (Protocol::named(first), rest),
            [rest @ .., last] => match Protocol::named(last) {
                Some(protocol) => (Some(protocol), rest),
                // Whichever is a number is not the protocol.
                None if last.starts_with(|c: char| c.is_ascii_digit()) => {
                    return Err(PortError::Protocol(parts[0].to_owned()));
                }
                None => return Err(PortError::Protocol((*last).to_owned())),
            },
            [] => return Err(PortError::Text(text.to_owned())),
        };
        let port = match (protocol, rest) {
            (Some(_), []) => Port::Any,
            (Some(protocol), numbers) if !protocol.has_ports() => icmp(text, numbers)?,
            (_, [one]) => port(one)?,
            _ => return Err(PortError::Text(text.to_owned())),
        };
        Ok(Self { protocol, port })
    }
}

fn port(text: &str) -> Result<Port, PortError> {
    let number = |text: &str| match text.parse::<u16>() {
        Ok(0) | Err(_) => Err(PortError::Number(text.to_owned())),
        Ok(number) => Ok(number),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if is_number(text) {
        let port = number(text)?;
        return Ok(Port::Numbers(port, port));
    }
    if let Some((from, to)) = text.split_once('-').filter(|(a, b)| is_number(a) && is_number(b)) {
        let (from, to) = (number(from)?, number(to)?);
        return if from <= to {
            Ok(Port::Numbers(from, to))
        } else {
            Err(PortError::Backwards(text.to_owned()))
        };
    }
    // https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports: an IANA_SVC_NAME.
    let is_name = (1..=15).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && !text.starts_with('-')
        && !text.ends_with('-');
    if is_name {
        Ok(Port::Named(text.into()))
    } else {
        Err(PortError::Text(text.to_owned()))
    }
}

fn icmp(text: &str, numbers: &[&str]) -> Result<Port, PortError> {
    let numbers: Option<Vec<u8>> = numbers.iter().map(|n| n.parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[kind]) => Ok(Port::Numbers(u16::from(kind) << 8, u16::from(kind) << 8 | 0xff)),
        Some(&[kind, code]) => {
            let exact = u16::from_be_bytes([kind, code]);
            Ok(Port::Numbers(exact, exact))
        }
        _ => Err(PortError::Icmp(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        match text.parse::<PortQuery>() {
            Ok(port) => {
                assert_eq!(port.to_string().parse().as_ref(), Ok(&port), "{text}");
                port.to_string()
            }
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn is_read_generously() {
        for (text, port) in [
            ("80", "80"),
            ("80/TCP", "80/TCP"),
            ("tcp/80", "80/TCP"),
            ("UDP:53", "53/UDP"),
            ("53:udp", "53/UDP"),
            ("8000-8010", "8000-8010"),
            ("sctp/1-65535", "1-65535/SCTP"),
            ("http", "http"),
            ("http/tcp", "http/TCP"),
            ("udp", "UDP"),
            ("icmp", "ICMP"),
            ("icmp/8", "ICMP/8"),
            ("icmp/8/0", "ICMP/8/0"),
            ("icmpv6:128", "ICMPv6/128"),
        ] {
            assert_eq!(parsed(text), port, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, error) in [
            ("0", "0 is no port: they go from 1 to 65535"),
            ("70000", "70000 is no port: they go from 1 to 65535"),
            ("90-80", "90-80 ends before it begins"),
            (
                "80/tpc",
                "no protocol is called \"tpc\": there are TCP, UDP, SCTP, ICMP and ICMPv6",
            ),
            (
                "tpc/80",
                "no protocol is called \"tpc\": there are TCP, UDP, SCTP, ICMP and ICMPv6",
            ),
            (
                "icmp/256",
                "\"icmp/256\" is no type of ICMP: write icmp, icmp/8 or icmp/8/0, each number at most 255",
            ),
        ] {
            assert_eq!(parsed(text), format!("error: {error}"), "{text}");
        }
        for text in ["", "-", "a_b", "tcp/80/443", "80-", "a-name-that-is-far-too-long"] {
            assert!(parsed(text).starts_with("error: "), "{text}");
        }
    }

    #[test]
    fn a_name_is_a_port_of_the_destination() {
        let declared = [
            ("web", Protocol::Tcp, 8080),
            ("web", Protocol::Udp, 8443),
            ("dns", Protocol::Udp, 53),
        ]
        .map(|(name, protocol, port)| ContainerPort {
            name: Some(name.into()),
            protocol,
            port,
        });
        let ports = |text: &str, unsaid| {
            let query: PortQuery = text.parse().expect("it is a port");
            query.ports(&declared, unsaid).to_string()
        };
        assert_eq!(ports("web", Unsaid::Tcp), "TCP 8080; UDP 8443");
        assert_eq!(ports("web/udp", Unsaid::Tcp), "UDP 8443");
        assert_eq!(ports("metrics", Unsaid::Every), "none");
        assert_eq!(ports("53", Unsaid::Tcp), "TCP 53");
        assert_eq!(ports("53", Unsaid::Every), "TCP 53; UDP 53; SCTP 53");
    }
}
