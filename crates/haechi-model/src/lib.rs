//! The nouns of a cluster's network: pods, namespaces, nodes, services, labels, selectors,
//! addresses and ports, and the [`Cluster`] that holds them. No I/O.
//!
//! Two modules serve those that read objects: [`document`] is a parsed document whose every node
//! knows its place, and [`decode`] reads typed fields out of one, collecting a [`Diagnostic`] for
//! each thing that is wrong instead of stopping at the first.

pub mod address;
pub mod cluster;
pub mod decode;
pub mod diagnostic;
pub mod document;
pub mod labels;
pub mod name;
pub mod object;
pub mod place;
pub mod port;
pub mod profile;

pub use address::AddressRange;
pub use cluster::Cluster;
pub use decode::{Decoder, Fields};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use document::{Document, Node};
pub use labels::{Labels, Selector};
pub use name::Name;
pub use place::{FileId, Files, Location};
pub use port::{PortSet, Protocol};
pub use profile::Profile;
