//! Random clusters and policies, from vocabularies so small that they keep meeting each other.

use haechi_model::labels::{Labels, Selector};
use haechi_model::name::Name;
use haechi_model::port::Protocol;
use ipnet::IpNet;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) mod clusters;
pub(crate) mod policies;
pub(crate) mod probes;

/// Label keys with the values that they take. Objects of every kind draw from the same ones.
pub(crate) const LABELS: [(&str, &[&str]); 3] =
    [("app", &["web", "db"]), ("tier", &["front", ""]), ("team", &["x", "y"])];

/// Namespaces.
pub(crate) const NAMESPACES: [&str; 3] = ["blue", "green", "red"];

/// Names of ports.
pub(crate) const PORT_NAMES: [&str; 3] = ["http", "dns", "alt"];

/// Port numbers, some of them neighbours.
pub(crate) const PORTS: [u16; 7] = [1, 53, 80, 81, 443, 8080, 65535];

/// Blocks that hold each other, the cluster's addresses, or neither.
pub(crate) const BLOCKS: [&str; 12] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/29",
    "10.0.0.4/30",
    "10.0.0.2/32",
    "192.168.0.0/30",
    "192.168.0.1/32",
    "203.0.113.0/24",
    "::/0",
    "fd00::/64",
    "fd00::4/126",
    "fd00::2/128",
];

/// Names that DNS answers are given for, and patterns of them.
pub(crate) const DOMAINS: [&str; 5] = [
    "example.com",
    "api.example.com",
    "a.b.example.com",
    "*.example.com",
    "*.b.example.com",
];

/// Patterns of such names that Kubernetes does not take.
pub(crate) const STARS: [&str; 3] = ["*", "a*.example.com", "**.*.example.com"];

/// Blocks of [`BLOCKS`].
pub(crate) fn block() -> impl Strategy<Value = IpNet> {
    select(&BLOCKS[..]).prop_map(|text| text.parse().expect("a block"))
}

/// A block, and up to two strictly inside of it.
pub(crate) fn block_without() -> impl Strategy<Value = (IpNet, Vec<IpNet>)> {
    (block(), proptest::collection::vec(block(), 0..3)).prop_map(|(cidr, mut except)| {
        except.retain(|e| cidr.contains(e) && *e != cidr);
        except.sort();
        except.dedup();
        (cidr, except)
    })
}

/// Protocols that Kubernetes knows, TCP more often than others.
pub(crate) fn ported() -> impl Strategy<Value = Protocol> {
    prop_oneof![3 => Just(Protocol::Tcp), 1 => Just(Protocol::Udp), 1 => Just(Protocol::Sctp)]
}

/// Some of [`LABELS`].
pub(crate) fn labels() -> impl Strategy<Value = Labels> {
    LABELS
        .map(|(key, values)| {
            proptest::option::of(select(values)).prop_map(move |v| v.map(|v| (Name::from(key), Name::from(v))))
        })
        .prop_map(|pairs| pairs.into_iter().flatten().collect())
}

/// Selectors of every operator that speak of [`LABELS`].
pub(crate) fn selector() -> impl Strategy<Value = Selector> {
    let leaf = select(&LABELS[..]).prop_flat_map(|(key, values)| {
        let (key, value) = (Name::from(key), select(values).prop_map(Name::from));
        prop_oneof![
            6 => Just(()).prop_flat_map({
                let key = key.clone();
                move |()| some(values).prop_map({ let key = key.clone(); move |values| Selector::In(key.clone(), values) })
            }),
            2 => Just(Selector::Has(key.clone())),
            1 => value.prop_flat_map(move |value| {
                let part: Name = value.get(..1).unwrap_or_default().into();
                let key = key.clone();
                select(vec![
                    Selector::StartsWith(key.clone(), part.clone()),
                    Selector::EndsWith(key.clone(), part.clone()),
                    Selector::Contains(key, part),
                ])
            }),
        ]
    });
    prop_oneof![2 => Just(Selector::EVERYTHING), 12 => leaf].prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            3 => inner.clone().prop_map(|s| Selector::Not(Box::new(s))),
            2 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Selector::And),
            1 => proptest::collection::vec(inner, 0..3).prop_map(Selector::Or),
        ]
    })
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<Name>> {
    proptest::sample::subsequence(values, 1..=values.len()).prop_map(|values| {
        let mut values: Vec<Name> = values.into_iter().map(Name::from).collect();
        values.sort();
        values
    })
}
