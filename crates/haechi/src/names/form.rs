//! The forms that a name may have, before any cluster is known.

use std::net::IpAddr;
use std::str::FromStr;

use haechi_model::{AddressRange, Name};
use ipnet::IpNet;

use super::FormError;
use super::kind::{Kind, is_silent};

/// A name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Address(IpAddr),
    Block(AddressRange),
    Domain(Name),
    Namespace(Name),
    Node(Name),
    /// Nothing but a name.
    Bare(Name),
    /// Either `kind/name` or `namespace/name`.
    Two(Name, Name),
    /// `namespace/Kind/name`, the kind perhaps one that nobody here knows; the namespace may be left out.
    Full {
        namespace: Option<Name>,
        kind: Name,
        name: Name,
    },
}

impl FromStr for Form {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if let Some((prefix, rest)) = text.split_once(':').filter(|(p, _)| !p.contains(['/', '.'])) {
            match prefix.to_ascii_lowercase().as_str() {
                "ip" => return range(rest).ok_or_else(|| FormError::Address(rest.to_owned())),
                "fqdn" if !rest.is_empty() => return Ok(Self::Domain(rest.trim_end_matches('.').into())),
                "ns" | "namespace" if !rest.is_empty() => return Ok(Self::Namespace(rest.into())),
                "node" if !rest.is_empty() => return Ok(Self::Node(rest.into())),
                prefix if Kind::of(prefix).is_some() => return qualified(text, prefix, rest),
                _ => {}
            }
        }
        if let Some(range) = range(text) {
            return Ok(range);
        }
        let parts: Vec<&str> = text.split('/').collect();
        let empty = || FormError::Empty(text.to_owned());
        match parts.as_slice() {
            [namespace, ""] if !namespace.is_empty() => Ok(Self::Namespace((*namespace).into())),
            parts if parts.iter().any(|p| p.is_empty()) => Err(empty()),
            [name] => Ok(Self::Bare((*name).into())),
            [_, kind, _] if Kind::of(kind).is_none() && is_silent(kind) => Err(FormError::Kind((*kind).to_owned())),
            // A namespace may well be called `ingress`.
            [first, second] => Ok(match Kind::of(first) {
                Some(Kind::Namespace) => Self::Namespace((*second).into()),
                _ => Self::Two((*first).into(), (*second).into()),
            }),
            [namespace, kind, name] => Ok(Self::Full {
                namespace: Some((*namespace).into()),
                kind: (*kind).into(),
                name: (*name).into(),
            }),
            _ => Err(FormError::Parts(text.to_owned())),
        }
    }
}

/// `svc:web` or `svc:shop/web`, of any kind.
fn qualified(text: &str, kind: &str, rest: &str) -> Result<Form, FormError> {
    let parts: Vec<&str> = rest.split('/').collect();
    match parts.as_slice() {
        parts if parts.iter().any(|p| p.is_empty()) => Err(FormError::Empty(text.to_owned())),
        [name] => Ok(Form::Full {
            namespace: None,
            kind: kind.into(),
            name: (*name).into(),
        }),
        [namespace, name] => Ok(Form::Full {
            namespace: Some((*namespace).into()),
            kind: kind.into(),
            name: (*name).into(),
        }),
        _ => Err(FormError::Parts(text.to_owned())),
    }
}

/// An address, a block, or a range `first-last` as it is printed.
fn range(text: &str) -> Option<Form> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Form::Address(address));
    }
    if let Ok(net) = text.parse::<IpNet>() {
        return Some(Form::Block(net.trunc().into()));
    }
    let (first, last) = text.split_once('-')?;
    match (first.parse().ok()?, last.parse().ok()?) {
        (IpAddr::V4(a), IpAddr::V4(b)) if a <= b => Some(Form::Block(AddressRange::V4(a, b))),
        (IpAddr::V6(a), IpAddr::V6(b)) if a <= b => Some(Form::Block(AddressRange::V6(a, b))),
        _ => None,
    }
}
