//! Ranges of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// A range of addresses of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressRange {
    /// IPv4, `first <= last`.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6, `first <= last`.
    V6(Ipv6Addr, Ipv6Addr),
}

impl AddressRange {
    /// Every IPv4 address.
    pub const ALL_V4: Self = Self::V4(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
    /// Every IPv6 address.
    pub const ALL_V6: Self = Self::V6(Ipv6Addr::UNSPECIFIED, Ipv6Addr::new(!0, !0, !0, !0, !0, !0, !0, !0));

    /// The lowest address.
    #[must_use]
    pub const fn first(self) -> IpAddr {
        match self {
            Self::V4(first, _) => IpAddr::V4(first),
            Self::V6(first, _) => IpAddr::V6(first),
        }
    }

    /// The highest address.
    #[must_use]
    pub const fn last(self) -> IpAddr {
        match self {
            Self::V4(_, last) => IpAddr::V4(last),
            Self::V6(_, last) => IpAddr::V6(last),
        }
    }

    /// Whether `address` lies in the range.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4(first, last), IpAddr::V4(a)) => (first..=last).contains(&a),
            (Self::V6(first, last), IpAddr::V6(a)) => (first..=last).contains(&a),
            _ => false,
        }
    }

    /// Whether the two ranges share an address.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::V4(a, b), Self::V4(c, d)) => a <= d && c <= b,
            (Self::V6(a, b), Self::V6(c, d)) => a <= d && c <= b,
            _ => false,
        }
    }

    /// The two ranges as one, if they touch or overlap.
    #[must_use]
    pub fn join(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::V4(a, b), Self::V4(c, d)) if u32::from(c) <= u32::from(b).saturating_add(1) && a <= c => {
                Some(Self::V4(a, b.max(d)))
            }
            (Self::V6(a, b), Self::V6(c, d)) if u128::from(c) <= u128::from(b).saturating_add(1) && a <= c => {
                Some(Self::V6(a, b.max(d)))
            }
            _ => None,
        }
    }
}

impl From<IpNet> for AddressRange {
    fn from(net: IpNet) -> Self {
        match net {
            IpNet::V4(net) => Self::V4(net.network(), net.broadcast()),
            IpNet::V6(net) => Self::V6(net.network(), net.broadcast()),
        }
    }
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(a) => Self::V4(a, a),
            IpAddr::V6(a) => Self::V6(a, a),
        }
    }
}

/// Displayed as `first-last`.
impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first(), self.last())
    }
}
