//! What a connection meets: verdicts, the ports that they hold for, and why some are undefined.

use std::fmt;

use haechi_model::port::PortSet;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is let by.
    Allow,
    /// It is stopped.
    Deny,
    /// The data plane decides, and nobody said which one it is.
    Undefined,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Undefined => "undefined",
        })
    }
}

/// Why a verdict is undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A block holds the pod's own address, and nobody says whether blocks match pods (rule 10).
    BlockHoldsPod,
    /// Whether a block holds the pod hangs on an address that no object shows.
    AddressUnknown,
    /// The pod has several addresses, and a block holds only some of them.
    FamiliesDiffer,
    /// Whether a selector of nodes matches hangs on a node that no object names.
    NodeUnknown,
    /// Policies of equal priority decide differently (rule 20).
    EqualPriority,
    /// Policies of Kubernetes do not say what they do with ICMP (rule 13).
    Icmp,
    /// A block may hold what a domain name resolves to.
    NameUnresolved,
    /// It hangs on an identity that is proved only when the connection is made.
    IdentityUnknown,
    /// It hangs on the request that is sent over the connection.
    RequestDecides,
    /// A pod comes back to itself through its own Service, and nobody says whether isolation holds there (rule 17).
    OwnService,
}

impl Reason {
    /// All reasons, in the order in which they are listed.
    pub const ALL: [Self; 10] = [
        Self::BlockHoldsPod,
        Self::AddressUnknown,
        Self::FamiliesDiffer,
        Self::NodeUnknown,
        Self::EqualPriority,
        Self::Icmp,
        Self::NameUnresolved,
        Self::IdentityUnknown,
        Self::RequestDecides,
        Self::OwnService,
    ];

    /// A short, stable word for machines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BlockHoldsPod => "block-holds-pod",
            Self::AddressUnknown => "address-unknown",
            Self::FamiliesDiffer => "families-differ",
            Self::NodeUnknown => "node-unknown",
            Self::EqualPriority => "equal-priority",
            Self::Icmp => "icmp",
            Self::NameUnresolved => "name-unresolved",
            Self::IdentityUnknown => "identity-unknown",
            Self::RequestDecides => "request-decides",
            Self::OwnService => "own-service",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BlockHoldsPod => {
                "an address block holds the pod, and data planes differ on whether blocks match pods"
            }
            Self::AddressUnknown => "it hangs on a pod's address that the sources do not show",
            Self::FamiliesDiffer => "an address block holds only some of the pod's addresses",
            Self::NodeUnknown => "it hangs on a pod's node that the sources do not name",
            Self::EqualPriority => "policies of equal priority decide differently",
            Self::Icmp => "the specification does not say what it does with ICMP",
            Self::NameUnresolved => "it hangs on what a domain name resolves to",
            Self::IdentityUnknown => "it hangs on an identity that is proved only when the connection is made",
            Self::RequestDecides => "it hangs on the request that is sent",
            Self::OwnService => "data planes differ on whether a pod is isolated from itself behind its own Service",
        })
    }
}

/// A set of reasons.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reasons(u16);

impl Reasons {
    /// No reason.
    pub const NONE: Self = Self(0);

    /// The members.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |r| self.0 & (1 << *r as u16) != 0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members of either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl From<Reason> for Reasons {
    fn from(reason: Reason) -> Self {
        Self(1 << reason as u16)
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What a connection meets, port by port: some are allowed, some undefined, all others denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Outcome {
    /// The ports on which it is allowed.
    pub allow: PortSet,
    /// The ports on which it is undefined; none of them is in `allow`.
    pub undefined: PortSet,
    /// Why.
    pub reasons: Reasons,
}

impl Outcome {
    /// Allowed on every port.
    #[must_use]
    pub fn all() -> Self {
        Self {
            allow: PortSet::all(),
            ..Self::default()
        }
    }

    /// Denied on every port.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What two independent judges, both of whom must allow, make of it.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let allow = self.allow.intersection(&other.allow);
        if self.undefined.is_empty() && other.undefined.is_empty() {
            return Self {
                allow,
                ..Self::default()
            };
        }
        let (a, b) = (self.allow.union(&self.undefined), other.allow.union(&other.undefined));
        let undefined = a.intersection(&b).difference(&allow);
        let reason = |side: &Self| {
            if side.undefined.overlaps(&undefined) {
                side.reasons
            } else {
                Reasons::NONE
            }
        };
        let reasons = reason(self).union(reason(other));
        Self {
            allow,
            undefined,
            reasons,
        }
    }

    /// What one of two connections meets that may each be made: what either allows is allowed.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let allow = self.allow.union(&other.allow);
        let undefined = self.undefined.union(&other.undefined).difference(&allow);
        let reason = |side: &Self| {
            if side.undefined.overlaps(&undefined) {
                side.reasons
            } else {
                Reasons::NONE
            }
        };
        let reasons = reason(self).union(reason(other));
        Self {
            allow,
            undefined,
            reasons,
        }
    }

    /// Whether it is denied on every port.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        self.allow.is_empty() && self.undefined.is_empty()
    }

    /// The same without what is undefined for ICMP alone, which the specification leaves open for every pair.
    #[must_use]
    pub fn without_open_icmp(&self) -> Self {
        let undefined = self.undefined.difference(&PortSet::icmp());
        let only_icmp = self.reasons.iter().filter(|r| *r != Reason::Icmp);
        let reasons = if undefined.is_empty() {
            Reasons::NONE
        } else {
            only_icmp.fold(Reasons::NONE, |all, r| all.union(r.into()))
        };
        Self {
            allow: self.allow.clone(),
            undefined,
            reasons,
        }
    }

    /// The verdict on one port.
    #[must_use]
    pub fn on(&self, protocol: haechi_model::Protocol, port: u16) -> Verdict {
        if self.allow.contains(protocol, port) {
            Verdict::Allow
        } else if self.undefined.contains(protocol, port) {
            Verdict::Undefined
        } else {
            Verdict::Deny
        }
    }

    /// The verdict in one word: allowed if any port is, else undefined if any port with a number is.
    ///
    /// ICMP alone makes no pair undefined: where the specification is silent on it, it is so for
    /// every pair.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.allow.is_empty() {
            Verdict::Allow
        } else if self.undefined.is_subset(&PortSet::icmp()) {
            Verdict::Deny
        } else {
            Verdict::Undefined
        }
    }
}

/// Displayed as its allowed ports, and the undefined ones behind a question mark.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.allow.is_empty(), self.undefined.is_empty()) {
            (true, true) => f.pad("none"),
            (false, true) => fmt::Display::fmt(&self.allow, f),
            (true, false) => write!(f, "? {}", self.undefined),
            (false, false) => write!(f, "{} ? {}", self.allow, self.undefined),
        }
    }
}
