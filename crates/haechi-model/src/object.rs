//! What every Kubernetes object has: its metadata.

use crate::decode::{Decoder, Fields, english};
use crate::document::Node;
use crate::labels::Labels;
use crate::name::Name;
use crate::place::Location;

/// The parts of `metadata` that say who an object is.
#[derive(Clone, Debug)]
pub struct ObjectMeta {
    /// Its name; `generateName` and a star where it has none yet.
    pub name: Name,
    /// Its namespace, where it names one.
    pub namespace: Option<Name>,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// The objects it belongs to.
    pub owners: Vec<Owner>,
    /// Where the object starts.
    pub location: Location,
}

/// An entry of `ownerReferences`.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The owner's kind.
    pub kind: Name,
    /// The owner's name.
    pub name: Name,
    /// Whether it is the one that controls the object.
    pub controller: bool,
}

impl ObjectMeta {
    /// Reads `metadata` of an object that starts at `location`; `None` if it names nothing, which
    /// has been noted then.
    pub fn read(object: &mut Fields<'_>, decoder: &mut Decoder) -> Option<Self> {
        let node = object.required("metadata", decoder)?;
        let mut meta = Self::of(node, decoder)?;
        meta.location = object.node().location();
        if meta.name.is_empty() {
            // A name that is no text or whose key was translated has been noted already.
            let is_absent = |name: Node<'_>| name.is_null() || name.scalar().is_some_and(|(text, _)| text.is_empty());
            let is_translated = |(key, _): (Node<'_>, _)| key.scalar().is_some_and(|(k, _)| english(k) == Some("name"));
            if node.field("name").is_none_or(is_absent) && !node.pairs()?.any(is_translated) {
                decoder.invalid(node, "metadata needs name");
            }
            return None;
        }
        Some(meta)
    }

    /// Reads the metadata of a pod template, which needs no name.
    pub fn of(node: Node<'_>, decoder: &mut Decoder) -> Option<Self> {
        let mut fields = Fields::of(node, "metadata", decoder)?;
        let name = match (fields.field("name"), fields.field("generateName")) {
            (Some(name), _) => decoder.name(name).unwrap_or_default(),
            (None, Some(prefix)) => {
                let prefix = decoder.text(prefix).unwrap_or_default();
                Name::from(format!("{prefix}*"))
            }
            (None, None) => Name::default(),
        };
        let namespace = fields
            .field("namespace")
            .and_then(|n| decoder.name(n))
            .filter(|n| !n.is_empty());
        let labels = fields.field("labels").map(|n| decoder.labels(n)).unwrap_or_default();
        let annotations = fields
            .field("annotations")
            .map(|n| decoder.labels(n))
            .unwrap_or_default();
        let owners = decoder
            .optional_list(fields.field("ownerReferences"))
            .filter_map(|n| owner(n, decoder))
            .collect();
        fields.ignore(&[
            "clusterName",
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "finalizers",
            "generation",
            "managedFields",
            "resourceVersion",
            "selfLink",
            "uid",
        ]);
        fields.finish(decoder);
        Some(Self {
            name,
            namespace,
            labels,
            annotations,
            owners,
            location: node.location(),
        })
    }
}

fn owner(node: Node<'_>, decoder: &mut Decoder) -> Option<Owner> {
    let mut fields = Fields::of(node, "an owner reference", decoder)?;
    let kind = fields.required("kind", decoder).and_then(|n| decoder.name(n));
    let name = fields.required("name", decoder).and_then(|n| decoder.name(n));
    let controller = fields
        .field("controller")
        .and_then(|n| decoder.boolean(n))
        .unwrap_or(false);
    fields.ignore(&["apiVersion", "blockOwnerDeletion", "uid"]);
    fields.finish(decoder);
    Some(Owner {
        kind: kind?,
        name: name?,
        controller,
    })
}
