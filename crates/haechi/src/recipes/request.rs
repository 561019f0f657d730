//! What is asked of a recipe, with its names found.

use haechi_model::{AddressRange, Name};
use ipnet::IpNet;

use crate::names::{Named, Selected};
use crate::port::PortQuery;

/// What is asked of a recipe.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The workload that the policy is for.
    pub apply_to: Option<Named>,
    /// The namespace that it is for, by index.
    pub namespace: Option<usize>,
    /// Who may talk to it.
    pub from: Vec<Selected>,
    /// Whom it may talk to.
    pub to: Vec<Selected>,
    /// On which ports.
    pub ports: Vec<PortQuery>,
    /// Blocks that are left out.
    pub except: Vec<IpNet>,
    /// The policy's name.
    pub name: Option<Name>,
}

/// The blocks that make up a range.
pub(super) fn blocks(range: AddressRange) -> Vec<IpNet> {
    match range {
        AddressRange::V4(first, last) => ipnet::Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect(),
        AddressRange::V6(first, last) => ipnet::Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect(),
    }
}
