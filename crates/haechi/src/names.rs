//! What users call things, found in a cluster.
//!
//! [`Asked`] is a name as it was typed, known to make sense; [`Asked::find`] finds the one thing that it
//! means, and [`Asked::select`] also takes names of many things.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use haechi_model::cluster::WorkloadKind;
use haechi_model::{AddressRange, Cluster, Name};

mod form;
mod kind;
mod search;
mod suggest;

pub use kind::Kind;
pub use suggest::similar;

use form::Form;

/// A name as a user typed it.
///
/// `web`, `shop/web`, `deploy/web`, `shop/Deployment/web`, `pod/cart-0`, `svc/web`, `svc:shop/web`, `10.0.0.1`,
/// `ip:10.0.0.1`, `node:NAME`, `fqdn:example.com`; and, for many things, `shop/`, `ns:shop`, `10.0.0.0/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    text: String,
    form: Form,
}

impl Asked {
    /// The name as it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Finds the one thing that is meant. Of equal names, the one in `namespace` is.
    ///
    /// # Errors
    /// When there is no such thing, several, or the name is one of many things.
    pub fn find(&self, cluster: &Cluster, namespace: Option<&Name>) -> Result<Named, NameError> {
        match self.select(cluster, namespace)? {
            Selected::One(named) => Ok(named),
            Selected::Namespace(_) | Selected::Block(_) => Err(NameError::Many(self.text.clone())),
        }
    }

    /// Finds what is meant, be it one thing or many.
    ///
    /// # Errors
    /// When there is no such thing, or several.
    pub fn select(&self, cluster: &Cluster, namespace: Option<&Name>) -> Result<Selected, NameError> {
        search::search(self, cluster, namespace)
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Asked {
    type Err = FormError;
    fn from_str(text: &str) -> Result<Self, FormError> {
        Ok(Self {
            text: text.to_owned(),
            form: text.parse()?,
        })
    }
}

/// The one thing that a name means; numbers are indices into the cluster's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A workload: all of its pods.
    Workload(usize),
    /// A pod.
    Endpoint(usize),
    /// A Service.
    Service(usize),
    /// An address of no pod and no Service.
    Address(IpAddr),
    /// A machine of the cluster.
    Node(usize),
    /// A DNS name.
    Domain(Name),
}

impl Named {
    /// The id that it goes by in what is printed: `namespace/Kind/name`, or as it is typed.
    #[must_use]
    pub fn id(&self, cluster: &Cluster) -> String {
        match self {
            Self::Workload(workload) => cluster.workload_id(*workload),
            Self::Endpoint(endpoint) => cluster.endpoint_id(*endpoint),
            Self::Service(service) => {
                let service = &cluster.services[*service];
                format!(
                    "{}/Service/{}",
                    cluster.namespaces[service.namespace].name, service.name
                )
            }
            Self::Address(address) => address.to_string(),
            Self::Node(node) => format!("Node/{}", cluster.nodes[*node].name),
            Self::Domain(name) => format!("fqdn:{name}"),
        }
    }
}

/// What a name means that may be one of many things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selected {
    /// One thing.
    One(Named),
    /// Every workload of a namespace.
    Namespace(usize),
    /// Every address of a range outside of the cluster.
    Block(AddressRange),
}

/// Why a text can be no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It is empty, or a part of it is.
    #[error("{0:?} names nothing: write web, shop/web, deploy/web, shop/Deployment/web, 10.0.0.1 or fqdn:example.com")]
    Empty(String),
    /// It has more parts than any name.
    #[error("{0:?} has too many parts: at most namespace/Kind/name")]
    Parts(String),
    /// `ip:` before something else.
    #[error("{0:?} is no address")]
    Address(String),
    /// A kind that has no pods, addresses or backends.
    #[error("a {0} is nothing that talks; name a workload, pod, Service, address, node or namespace")]
    Kind(String),
}

/// Why a name means nothing, or too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is called so.
    #[error("{}", nothing(.text, .within.as_deref()))]
    Unknown {
        /// The name.
        text: String,
        /// Where was looked, if not everywhere.
        within: Option<String>,
        /// What may have been meant, best first.
        similar: Vec<String>,
    },
    /// There is no such namespace.
    #[error("there is no namespace {name}")]
    Namespace {
        /// Its name.
        name: String,
        /// What may have been meant, best first.
        similar: Vec<String>,
    },
    /// Several things are called so.
    #[error("{text} may mean {}", list(.candidates))]
    Ambiguous {
        /// The name.
        text: String,
        /// The things, by their ids.
        candidates: Vec<String>,
    },
    /// It begins with a kind that has no pods, addresses or backends, and no namespace is called so.
    #[error("a {0} is nothing that talks; name a workload, pod, Service, address, node or namespace")]
    Silent(String),
    /// It is the name of many things where one is asked for.
    #[error("{0} names many things; here one is asked about")]
    Many(String),
}

impl NameError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { text, similar, .. } => match similar.as_slice() {
                [] if text.contains('.') => Some(format!("for a domain name write fqdn:{text}")),
                [] => None,
                similar => Some(format!("did you mean {}?", list(similar))),
            },
            Self::Namespace { similar, .. } if similar.is_empty() => None,
            Self::Namespace { similar, .. } => Some(format!("did you mean {}?", list(similar))),
            Self::Ambiguous { candidates, .. } => {
                Some(format!("write more of it, for example {}", candidates.first()?))
            }
            Self::Silent(_) => None,
            Self::Many(_) => Some("name one workload, pod or address".to_owned()),
        }
    }
}

fn nothing(text: &str, within: Option<&str>) -> String {
    match within {
        Some(within) => format!("nothing called {text} in {within}"),
        None => format!("nothing is called {text}"),
    }
}

/// `a, b or c`; at most ten.
fn list(items: &[String]) -> String {
    const MOST: usize = 10;
    let shown = &items[..items.len().min(MOST)];
    match shown {
        [] => String::new(),
        [one] => one.clone(),
        _ if items.len() > MOST => format!("{}, or {} more", shown.join(", "), items.len() - MOST),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// Whether a workload is of the kind that was asked for.
fn is_kind(kind: &WorkloadKind, asked: &Kind) -> bool {
    matches!(asked, Kind::Workload(name) if kind.to_string().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
