//! What an object says, as a number: equal objects have equal ones, wherever and however they are written.

use std::hash::{Hash, Hasher};

use haechi_model::Node;
use haechi_model::document::{Bare, Style};
use rustc_hash::FxHasher;

/// A hash of what an object says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The order of keys, quotes, and what the cluster itself writes into an object make no difference.
    pub(crate) fn of(object: Node<'_>) -> Self {
        let fields = object.pairs().into_iter().flatten();
        Self(fields.fold(0, |sum, (key, value)| {
            let hash = match key.scalar() {
                Some(("status", _)) => return sum,
                Some(("metadata", _)) => metadata(value),
                _ => hash(value),
            };
            sum.wrapping_add(pair(hash_of(key), hash))
        }))
    }
}

/// Fields of `metadata` that differ between two looks at the same object.
const SERVER_SIDE: [&str; 7] = [
    "annotations",
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

fn metadata(node: Node<'_>) -> u64 {
    let fields = node.pairs().into_iter().flatten();
    fields.fold(0, |sum, (key, value)| {
        if key.scalar().is_some_and(|(text, _)| SERVER_SIDE.contains(&text)) {
            return sum;
        }
        sum.wrapping_add(pair(hash_of(key), hash(value)))
    })
}

fn hash(node: Node<'_>) -> u64 {
    if let Some(pairs) = node.pairs() {
        return pairs.fold(1, |sum, (key, value)| {
            if value.is_null() {
                return sum;
            }
            sum.wrapping_add(pair(hash_of(key), hash(value)))
        });
    }
    if let Some(items) = node.items() {
        return items.fold(2, |sum, item| pair(sum, hash(item)));
    }
    hash_of(node)
}

fn hash_of(node: Node<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    match (node.scalar(), node.bare()) {
        (Some((text, Style::Text)), _) | (Some((text, _)), Some(Bare::Text)) => text.hash(&mut hasher),
        (_, Some(Bare::Null)) | (None, _) => 3.hash(&mut hasher),
        (_, Some(Bare::Boolean(value))) => value.hash(&mut hasher),
        (_, Some(Bare::Integer(value))) => value.hash(&mut hasher),
        (Some((text, _)), _) => (4, text).hash(&mut hasher),
    }
    hasher.finish()
}

fn pair(a: u64, b: u64) -> u64 {
    let mut hasher = FxHasher::default();
    (a, b).hash(&mut hasher);
    hasher.finish()
}
