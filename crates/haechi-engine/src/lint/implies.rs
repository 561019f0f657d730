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

#[cfg(test)]
mod tests {
    use haechi_model::Labels;
    use haechi_model::place::Location;
    use haechi_policy::CidrScope;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const KEYS: [&str; 2] = ["app", "tier"];
    const VALUES: [&str; 3] = ["a", "ab", "b"];

    fn key() -> impl Strategy<Value = Name> {
        select(&KEYS[..]).prop_map(Name::from)
    }

    fn value() -> impl Strategy<Value = Name> {
        select(&VALUES[..]).prop_map(Name::from)
    }

    fn any_selector() -> impl Strategy<Value = Selector> {
        let leaf = prop_oneof![
            key().prop_map(Selector::Has),
            (key(), vec(value(), 1..3)).prop_map(|(key, values)| Selector::In(key, values)),
            (key(), value()).prop_map(|(key, text)| Selector::StartsWith(key, text)),
        ];
        leaf.prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|s| Selector::Not(Box::new(s))),
                vec(inner.clone(), 0..3).prop_map(Selector::And),
                vec(inner, 0..3).prop_map(Selector::Or),
            ]
        })
    }

    fn all_labels() -> impl Iterator<Item = Labels> {
        let values = || [None].into_iter().chain(VALUES.map(Some));
        values().flat_map(move |app| {
            values().map(move |tier| {
                let pairs = [(KEYS[0], app), (KEYS[1], tier)];
                let pairs = pairs
                    .into_iter()
                    .filter_map(|(key, value)| Some((key.into(), value?.into())));
                pairs.collect()
            })
        })
    }

    fn network() -> impl Strategy<Value = Network> {
        let block = (0u32..16, 28u8..=32).prop_map(|(last, length)| {
            let net = ipnet::Ipv4Net::new((0x0a00_0000 | last).into(), length).expect("a length");
            ipnet::IpNet::V4(net.trunc())
        });
        let block = || block.clone();
        (block(), vec(block(), 0..3)).prop_map(|(cidr, except)| Network {
            cidr,
            except: except.into_iter().filter(|e| cidr.contains(e)).collect(),
            scope: CidrScope::EVERYTHING,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_a_narrow_selector_selects_a_wide_one_does(narrow in any_selector(), wide in any_selector()) {
            let covered = selector(&narrow, &wide);
            for labels in all_labels().filter(|labels| covered && narrow.matches(labels)) {
                prop_assert!(wide.matches(&labels), "{narrow} is not in {wide}: {labels}");
            }
        }

        #[test]
        fn nothing_meets_conditions_that_contradict(a in any_selector(), b in any_selector()) {
            let contradict = contradict(&a, &b);
            for labels in all_labels().filter(|_| contradict) {
                prop_assert!(!(a.matches(&labels) && b.matches(&labels)), "{a} and {b}: {labels}");
            }
        }

        #[test]
        fn what_a_narrow_block_holds_a_wide_one_does(narrow in network(), wide in network()) {
            let covered = networks(&narrow, &wide);
            let holds = |network: &Network, address: std::net::IpAddr| {
                network.cidr.contains(&address) && !network.except.iter().any(|hole| hole.contains(&address))
            };
            for last in 0..16u32 {
                let address = std::net::Ipv4Addr::from(0x0a00_0000 | last).into();
                prop_assert!(!covered || !holds(&narrow, address) || holds(&wide, address), "{narrow:?} in {wide:?}: {address}");
            }
        }
    }

    #[test]
    fn sees_what_people_write() {
        let web = Selector::is("app", "a");
        let both = Selector::all(vec![web.clone(), Selector::is("tier", "b")]);
        assert!(selector(&both, &web));
        assert!(!selector(&web, &both));
        assert!(selector(
            &web,
            &Selector::In("app".into(), vec!["a".into(), "b".into()])
        ));
        assert!(selector(&web, &Selector::Has("app".into())));
        assert!(selector(&web, &Selector::Not(Box::new(Selector::is("app", "b")))));
        assert!(selector(&web, &Selector::EVERYTHING) && !selector(&Selector::EVERYTHING, &web));
        let at = |namespace| Match {
            terms: vec![Term::Namespace(namespace)],
            location: Location::default(),
        };
        let named = at(NamespaceMatch::Named("shop".into()));
        let labelled = at(NamespaceMatch::Labelled(Selector::is(METADATA_NAME, "shop")));
        let all = at(NamespaceMatch::Labelled(Selector::EVERYTHING));
        assert!(matched(&named, &labelled) && matched(&labelled, &named) && matched(&named, &all));
        assert!(!matched(&all, &named));
    }
}
