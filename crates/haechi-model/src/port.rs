//! Protocols and exact sets of ports.

use std::fmt;

/// A layer-4 protocol that policies speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// ICMP for IPv4; its "ports" are `type << 8 | code`.
    Icmp,
    /// ICMP for IPv6; its "ports" are `type << 8 | code`.
    Icmpv6,
}

impl Protocol {
    /// All protocols, in the order in which sets are listed.
    pub const ALL: [Self; 5] = [Self::Tcp, Self::Udp, Self::Sctp, Self::Icmp, Self::Icmpv6];
    /// The protocols that have ports.
    pub const WITH_PORTS: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The name, as Kubernetes writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPv6",
        }
    }

    /// The protocol of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(name))
    }

    /// Whether it has ports rather than types and codes.
    #[must_use]
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Sctp)
    }

    const fn base(self) -> u32 {
        (self as u32) << 16
    }

    /// The lowest port or type-and-code; port 0 cannot be connected to.
    const fn lowest(self) -> u32 {
        self.base() + self.has_ports() as u32
    }

    const fn highest(self) -> u32 {
        self.base() + 0xffff
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An exact set of (protocol, port) and (ICMP type, code).
///
/// Protocols lie side by side on one line of numbers, and the set is a sorted list of disjoint,
/// non-adjacent intervals on it: equal sets are equal values.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortSet(Vec<(u32, u32)>);

/// A run of ports of one protocol, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// The protocol.
    pub protocol: Protocol,
    /// The lowest port, or `type << 8 | code`.
    pub from: u16,
    /// The highest port, or `type << 8 | code`.
    pub to: u16,
}

impl PortRange {
    /// Whether it is every port of its protocol.
    #[must_use]
    pub fn is_all(self) -> bool {
        self.protocol.base() + u32::from(self.from) == self.protocol.lowest() && self.to == u16::MAX
    }
}

impl PortSet {
    /// Nothing.
    pub const NONE: Self = Self(Vec::new());

    /// Every port of every protocol.
    #[must_use]
    pub fn all() -> Self {
        Protocol::ALL
            .into_iter()
            .map(Self::protocol)
            .fold(Self::NONE, |all, p| all.union(&p))
    }

    /// Every port of TCP, UDP and SCTP.
    #[must_use]
    pub fn with_ports() -> Self {
        Protocol::WITH_PORTS
            .into_iter()
            .map(Self::protocol)
            .fold(Self::NONE, |all, p| all.union(&p))
    }

    /// Everything of ICMP for both families.
    #[must_use]
    pub fn icmp() -> Self {
        Self::protocol(Protocol::Icmp).union(&Self::protocol(Protocol::Icmpv6))
    }

    /// Every port of `protocol`.
    #[must_use]
    pub fn protocol(protocol: Protocol) -> Self {
        Self(vec![(protocol.lowest(), protocol.highest())])
    }

    /// One port.
    #[must_use]
    pub fn port(protocol: Protocol, port: u16) -> Self {
        Self::range(protocol, port, port)
    }

    /// The ports from `from` to `to`; nothing if `from > to`. Port 0 is left out.
    #[must_use]
    pub fn range(protocol: Protocol, from: u16, to: u16) -> Self {
        let first = (protocol.base() + u32::from(from)).max(protocol.lowest());
        let last = protocol.base() + u32::from(to);
        if first > last {
            Self::NONE
        } else {
            Self(vec![(first, last)])
        }
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `port` of `protocol` is in it.
    #[must_use]
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        let point = protocol.base() + u32::from(port);
        let after = self.0.partition_point(|&(first, _)| first <= point);
        after > 0 && self.0[after - 1].1 >= point
    }

    /// Whether every member is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// The members of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        let (mut a, mut b) = (self.0.iter().copied().peekable(), other.0.iter().copied().peekable());
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(self.0.len() + other.0.len());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) if x.0 <= y.0 => a.next(),
                (Some(_), None) => a.next(),
                (_, Some(_)) => b.next(),
                (None, None) => break,
            };
            let Some((first, last)) = next else { break };
            match out.last_mut() {
                // Intervals of two protocols never join, so that a set has one form alone.
                Some(run) if first <= run.1.saturating_add(1) && first >> 16 == run.1 >> 16 => run.1 = run.1.max(last),
                _ => out.push((first, last)),
            }
        }
        Self(out)
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::new();
        while i < self.0.len() && j < other.0.len() {
            let ((a, b), (c, d)) = (self.0[i], other.0[j]);
            if a.max(c) <= b.min(d) {
                out.push((a.max(c), b.min(d)));
            }
            if b < d { i += 1 } else { j += 1 }
        }
        Self(out)
    }

    /// The members of `self` that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let mut j = 0;
        for &(mut first, last) in &self.0 {
            while j < other.0.len() && other.0[j].1 < first {
                j += 1;
            }
            let mut k = j;
            while k < other.0.len() && other.0[k].0 <= last {
                let (c, d) = other.0[k];
                if c > first {
                    out.push((first, c - 1));
                }
                first = first.max(d + 1);
                if first > last {
                    break;
                }
                k += 1;
            }
            if first <= last {
                out.push((first, last));
            }
        }
        Self(out)
    }

    /// Whether the two share a member.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The runs, by protocol and port.
    pub fn ranges(&self) -> impl Iterator<Item = PortRange> {
        self.0.iter().map(|&(first, last)| PortRange {
            protocol: Protocol::ALL[(first >> 16) as usize],
            from: (first & 0xffff) as u16,
            to: (last & 0xffff) as u16,
        })
    }
}

/// Displayed as `TCP 80, 443, 8000-8010; UDP 53`; `all` for everything, `all ports` for all of TCP,
/// UDP and SCTP, `none` for nothing.
impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.pad("none");
        }
        if *self == Self::all() {
            return f.pad("all");
        }
        let mut text = String::new();
        let ported = Self::with_ports();
        let rest = if ported.is_subset(self) {
            text.push_str("all ports");
            self.difference(&ported)
        } else {
            self.clone()
        };
        let mut before = None;
        for range in rest.ranges() {
            let PortRange { protocol, from, to } = range;
            if before == Some(protocol) {
                text.push_str(", ");
            } else {
                text.push_str(if text.is_empty() { "" } else { "; " });
                text.push_str(protocol.name());
                text.push_str(if range.is_all() { "" } else { " " });
            }
            before = Some(protocol);
            text.push_str(&match protocol.has_ports() {
                _ if range.is_all() => String::new(),
                true if from == to => from.to_string(),
                true => format!("{from}-{to}"),
                false => icmp(from, to),
            });
        }
        f.pad(&text)
    }
}

fn icmp(from: u16, to: u16) -> String {
    match (from >> 8, from & 0xff, to >> 8, to & 0xff) {
        (a, 0, b, 0xff) if a == b => format!("type {a}"),
        (a, 0, b, 0xff) => format!("types {a}-{b}"),
        (a, c, b, d) if (a, c) == (b, d) => format!("type {a} code {c}"),
        (a, c, b, d) => format!("type {a} code {c} to type {b} code {d}"),
    }
}

impl fmt::Debug for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_set() -> impl Strategy<Value = PortSet> {
        proptest::collection::vec((0usize..5, 0u16..40, 0u16..12), 0..8).prop_map(|runs| {
            runs.into_iter().fold(PortSet::NONE, |set, (p, from, len)| {
                set.union(&PortSet::range(Protocol::ALL[p], from, from + len))
            })
        })
    }

    proptest! {
        #[test]
        fn operations_agree_with_membership(a in any_set(), b in any_set(), p in 0usize..5, port in 0u16..60) {
            let p = Protocol::ALL[p];
            let (x, y) = (a.contains(p, port), b.contains(p, port));
            prop_assert_eq!(a.union(&b).contains(p, port), x || y);
            prop_assert_eq!(a.intersection(&b).contains(p, port), x && y);
            prop_assert_eq!(a.difference(&b).contains(p, port), x && !y);
        }

        #[test]
        fn equal_sets_are_equal_values(a in any_set(), b in any_set()) {
            prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
            prop_assert_eq!(a.union(&b), b.union(&a));
            prop_assert_eq!(PortSet::all().difference(&PortSet::all().difference(&a)), a);
        }
    }

    #[test]
    fn is_written_for_people() {
        let set = PortSet::port(Protocol::Tcp, 80)
            .union(&PortSet::range(Protocol::Tcp, 8000, 8010))
            .union(&PortSet::port(Protocol::Udp, 53))
            .union(&PortSet::range(Protocol::Icmp, 8 << 8, (8 << 8) + 255));
        assert_eq!(set.to_string(), "TCP 80, 8000-8010; UDP 53; ICMP type 8");
        assert_eq!(PortSet::all().to_string(), "all");
        assert_eq!(PortSet::with_ports().to_string(), "all ports");
        assert_eq!(PortSet::protocol(Protocol::Tcp).to_string(), "TCP");
        assert_eq!(PortSet::NONE.to_string(), "none");
    }

    #[test]
    fn port_zero_is_no_port() {
        assert_eq!(
            PortSet::range(Protocol::Tcp, 0, u16::MAX),
            PortSet::protocol(Protocol::Tcp)
        );
        assert!(PortSet::port(Protocol::Udp, 0).is_empty());
    }
}
