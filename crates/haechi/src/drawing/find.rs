//! Policies by what users call them.

use haechi_model::Name;
use haechi_policy::{PolicyId, PolicySet};

use super::Subject;
use crate::names::similar;

/// Finds the one policy that is meant: `allow-web`, `shop/allow-web`, `netpol/allow-web`,
/// `shop/NetworkPolicy/allow-web`. Of equal names, the one in `namespace` is.
///
/// # Errors
/// When there is no such policy, or several.
pub fn find<'a>(policies: &'a PolicySet, text: &str, namespace: Option<&Name>) -> Result<Subject<'a>, FindError> {
    let all = || {
        let tiers = policies.tiers.iter();
        tiers.flat_map(|tier| tier.policies.iter().map(move |policy| Subject { tier, policy }))
    };
    let parts: Vec<&str> = text.split('/').collect();
    let mut found: Vec<Subject<'a>> = all().filter(|s| is_called(&s.policy.id, &parts)).collect();
    if found.len() > 1
        && let [_] | [_, _] = *parts
    {
        let here = |s: &Subject<'_>| namespace.is_some() && s.policy.id.namespace.as_ref() == namespace;
        if found.iter().any(here) {
            found.retain(here);
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let name = parts.last().copied().unwrap_or_default();
            let ids = all().map(|s| s.policy.id.to_string());
            Err(FindError::Unknown {
                text: text.to_owned(),
                similar: similar(name, ids),
            })
        }
        several => Err(FindError::Ambiguous {
            text: text.to_owned(),
            candidates: several.iter().map(|s| s.policy.id.to_string()).collect(),
        }),
    }
}

fn is_called(id: &PolicyId, parts: &[&str]) -> bool {
    let is_kind = |word: &str| kind(word).is_some_and(|kind| id.kind == kind) || id.kind.eq_ignore_ascii_case(word);
    let is_in = |word: &str| id.namespace.as_ref().is_some_and(|n| *n == word);
    match *parts {
        [name] => id.name == name,
        [first, name] => id.name == name && (is_in(first) || is_kind(first)),
        [namespace, kind, name] => id.name == name && is_in(namespace) && is_kind(kind),
        _ => false,
    }
}

/// The kind that a word of kubectl means.
fn kind(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "netpol" | "np" | "networkpolicies" => "NetworkPolicy",
        "anp" | "adminnetworkpolicies" => "AdminNetworkPolicy",
        "banp" | "baselineadminnetworkpolicies" => "BaselineAdminNetworkPolicy",
        "cnp" | "clusternetworkpolicies" => "ClusterNetworkPolicy",
        _ => return None,
    })
}

/// Why a text means no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No policy is called so.
    #[error("no policy is called {text}")]
    Unknown {
        /// The text.
        text: String,
        /// What may have been meant, best first.
        similar: Vec<String>,
    },
    /// Several are.
    #[error("{text} may mean {}", .candidates.join(" or "))]
    Ambiguous {
        /// The text.
        text: String,
        /// The policies, by their ids.
        candidates: Vec<String>,
    },
}

impl FindError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { similar, .. } => Some(format!("did you mean {}?", similar.first()?)),
            Self::Ambiguous { candidates, .. } => {
                Some(format!("write more of it, for example {}", candidates.first()?))
            }
        }
    }
}
