//! Pictures of who may talk to whom: one graph in; DOT, Mermaid, SVG and PNG out.
//!
//! A [`Graph`] is nodes, perhaps in groups, and styled edges between them. It knows nothing of
//! Kubernetes and reads or writes no file. [`dot`] and [`mermaid`] say it in the languages of other
//! tools; [`svg`] lays it out itself, with groups as boxes, and `png` paints that. Every output is
//! the same bytes for the same graph, whatever the order in which its parts were given.
//!
//! ```
//! use haechi_draw::{Edge, EdgeStyle, Graph, Group, Node, NodeKind, Theme};
//!
//! let graph = Graph::new(
//!     "Shop",
//!     vec![Group::new("shop", "shop")],
//!     vec![
//!         Node::new("web", "web", NodeKind::Workload).in_group("shop").with_detail("Deployment · 3 pods"),
//!         Node::new("cart", "cart", NodeKind::Workload).in_group("shop"),
//!     ],
//!     vec![Edge::new("web", "cart", "TCP 80", EdgeStyle::Allowed)],
//! )?;
//! assert!(haechi_draw::mermaid(&graph).starts_with("flowchart LR"));
//! assert!(haechi_draw::svg(&graph, &Theme::default())?.starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dot;
mod graph;
mod layout;
mod mermaid;
#[cfg(feature = "png")]
mod png;
mod svg;
mod text;

pub use dot::dot;
pub use graph::{Edge, EdgeStyle, Emphasis, Flow, Graph, GraphError, Group, Node, NodeKind};
pub use layout::TooLarge;
pub use mermaid::mermaid;
#[cfg(feature = "png")]
pub use png::{PngError, png};
pub use svg::{Theme, svg};
