//! Whether one condition covers another, whatever pods there are or will be.
//!
//! Every yes is right; a no may be one that was not seen.

use haechi_model::address::AddressRange;
use haechi_model::cluster::METADATA_NAME;
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_policy::{Match, NamespaceMatch, Network, Peers, Policy, Ports, Rule, Term};

/// Whether all connections that `narrow` speaks of are among those of `wide`, at the same subjects.
pub(super) fn rule(narrow: &Rule, wide: &Rule) -> bool {
    let local = match (&narrow.local, &wide.local) {
        (_, None) => true,
        (Some(a), Some(b)) => matched(a, b),
        (None, Some(_)) => false,
    };
    local && wide.requests.is_empty() && peers(&narrow.peers, &wide.peers) && ports(&narrow.ports, &wide.ports)
}

/// Whether all subjects of `narrow` are subjects of `wide`.
pub(super) fn subjects(narrow: &Policy, wide: &Policy) -> bool {
    let covered = |m: &Match| wide.subjects.iter().any(|w| matched(m, w));
    narrow.subjects.iter().all(covered)
}

fn peers(narrow: &Peers, wide: &Peers) -> bool {
    match (narrow, wide) {
        (_, Peers::Any) => true,
        (Peers::Any, Peers::Of(_)) => false,
        (Peers::Of(narrow), Peers::Of(wide)) => narrow.iter().all(|n| wide.iter().any(|w| matched(n, w))),
    }
}

fn ports(narrow: &Ports, wide: &Ports) -> bool {
    let named = narrow.named.iter().all(|n| {
        wide.named.contains(n)
            || n.protocol
                .is_some_and(|p| haechi_model::PortSet::protocol(p).is_subset(&wide.numbers))
    });
    let unspecified = narrow.unspecified.is_subset(&wide.unspecified.union(&wide.numbers));
    narrow.numbers.is_subset(&wide.numbers) && unspecified && named && wide.except.is_empty()
}

/// Whether everything that `narrow` matches is matched by `wide`.
pub(super) fn matched(narrow: &Match, wide: &Match) -> bool {
    wide.terms.iter().all(|w| narrow.terms.iter().any(|n| term(n, w)))
}

fn term(narrow: &Term, wide: &Term) -> bool {
    match (narrow, wide) {
        (Term::Namespace(narrow), Term::Namespace(wide)) => namespaces(narrow, wide),
        // Every pod is in a namespace.
        (Term::Pod(_), Term::Namespace(NamespaceMatch::Labelled(wide))) => wide.is_everything(),
        (Term::Pod(narrow), Term::Pod(wide)) | (Term::Node(narrow), Term::Node(wide)) => selector(narrow, wide),
        (Term::Network(narrow), Term::Network(wide)) => networks(narrow, wide),
        (Term::Domain(narrow), Term::Domain(wide)) => {
            narrow.iter().all(|n| wide.iter().any(|w| n == w || w.covers(&n.text)))
        }
        _ => narrow == wide,
    }
}

fn namespaces(narrow: &NamespaceMatch, wide: &NamespaceMatch) -> bool {
    let named = |name: &Name| Selector::is(METADATA_NAME, name.clone());
    match (narrow, wide) {
        (NamespaceMatch::Named(a), NamespaceMatch::Named(b)) => a == b,
        (NamespaceMatch::Named(a), NamespaceMatch::Labelled(b)) => selector(&named(a), b),
        (NamespaceMatch::Labelled(a), NamespaceMatch::Named(b)) => selector(a, &named(b)),
        (NamespaceMatch::Labelled(a), NamespaceMatch::Labelled(b)) => selector(a, b),
    }
}

fn networks(narrow: &Network, wide: &Network) -> bool {
    let hole_is_shared = |hole: &ipnet::IpNet| {
        !AddressRange::from(*hole).overlaps(narrow.cidr.into())
            || narrow.except.iter().any(|own| own.contains(hole))
            || narrow.except.iter().any(|own| own.contains(&narrow.cidr))
    };
    narrow.scope == wide.scope && wide.cidr.contains(&narrow.cidr) && wide.except.iter().all(hole_is_shared)
}

/// Whether everything that `narrow` selects is selected by `wide`.
pub(super) fn selector(narrow: &Selector, wide: &Selector) -> bool {
    match (narrow, wide) {
        _ if narrow == wide => true,
        (_, Selector::And(terms)) => terms.iter().all(|w| selector(narrow, w)),
        (Selector::Or(terms), _) => terms.iter().all(|n| selector(n, wide)),
        (_, Selector::Or(terms)) if terms.iter().any(|w| selector(narrow, w)) => true,
        (Selector::And(terms), _) => terms.iter().any(|n| selector(n, wide)),
        _ => simple(narrow, wide),
    }
}

/// The same for two conditions on one key.
fn simple(narrow: &Selector, wide: &Selector) -> bool {
    match (narrow, wide) {
        (_, Selector::Has(key)) => asks_for(narrow) == Some(key),
        (Selector::In(a, narrow), Selector::In(b, wide)) => a == b && narrow.iter().all(|v| wide.contains(v)),
        (_, Selector::Not(unwanted)) => match (narrow, &**unwanted) {
            (Selector::In(a, values), Selector::In(b, out)) => a == b && values.iter().all(|v| !out.contains(v)),
            (Selector::Not(inner), unwanted) => simple(unwanted, inner) || unwanted == &**inner,
            _ => false,
        },
        _ => false,
    }
}

/// The key that an object must have.
fn asks_for(selector: &Selector) -> Option<&Name> {
    match selector {
        Selector::Has(key)
        | Selector::In(key, _)
        | Selector::Contains(key, _)
        | Selector::StartsWith(key, _)
        | Selector::EndsWith(key, _) => Some(key),
        _ => None,
    }
}

/// Two conditions of which no object can meet both.
pub(super) fn contradict(a: &Selector, b: &Selector) -> bool {
    match (a, b) {
        (Selector::In(k, v), Selector::In(l, w)) => k == l && !v.iter().any(|x| w.contains(x)),
        (any, Selector::Not(inner)) | (Selector::Not(inner), any) => selector(any, inner),
        _ => false,
    }
}
