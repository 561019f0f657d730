//! Policy dialects in, one representation out. No I/O.
//!
//! A [`Dialect`] reads its own objects from parsed documents and lowers them to a [`PolicySet`]:
//! layers, tiers, policies and rules in which nothing remembers the dialect but the names and the
//! places. The engine answers for that alone, so that a further dialect is a further file under
//! [`dialect`].

pub mod dialect;
pub mod policy;
pub mod propose;

pub use dialect::{Dialect, PolicyObject};
pub use policy::{
    Action, CidrScope, Direction, DomainPattern, HttpMatch, Isolation, Layer, Match, Membership, Mode, NamedPort,
    NamespaceMatch, Network, Order, Peers, Policy, PolicyId, PolicySet, Ports, Rule, Rules, Star, Term, TextMatch,
    TextSet, Tier, Ties,
};
