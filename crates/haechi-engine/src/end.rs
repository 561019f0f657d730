//! The ends of a connection.

use std::net::IpAddr;

use haechi_model::name::Name;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A pod, or any pod of a template, by its index in [`haechi_model::Cluster::endpoints`].
    Endpoint(usize),
    /// A machine outside of the cluster, or a node, by its address.
    Address(IpAddr),
    /// A machine outside of the cluster whose address a DNS answer gave for this name.
    Domain(Name),
}
