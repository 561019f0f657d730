//! Objects that are there twice: the later one counts.

use std::hash::Hash;

use haechi_model::{Diagnostic, Location, Name, Severity};
use rustc_hash::FxHashMap;

use crate::code;
use crate::object::{BackendSource, Declared, Fingerprint, Objects};

/// Drops every object that a later one replaces, and notes it.
pub(super) fn keep_last(objects: &mut Objects) {
    let notes = &mut objects.diagnostics;
    keep(&mut objects.namespaces, notes, |_| (), |()| "Namespace".to_owned());
    keep(&mut objects.pods, notes, |_| (), |()| "Pod".to_owned());
    keep(
        &mut objects.templates,
        notes,
        |t| t.what.kind.clone(),
        ToString::to_string,
    );
    keep(&mut objects.nodes, notes, |_| (), |()| "Node".to_owned());
    keep(&mut objects.services, notes, |_| (), |()| "Service".to_owned());
    keep(
        &mut objects.backends,
        notes,
        |b| b.what.source,
        |source| {
            match source {
                BackendSource::Endpoints => "Endpoints",
                BackendSource::EndpointSlice => "EndpointSlice",
            }
            .to_owned()
        },
    );
    keep(&mut objects.routes, notes, |r| r.what.kind, ToString::to_string);
    keep(&mut objects.gateways, notes, |_| (), |()| "Gateway".to_owned());
    keep(
        &mut objects.service_accounts,
        notes,
        |_| (),
        |()| "ServiceAccount".to_owned(),
    );

    let mut twice = Twice::default();
    for (i, policy) in objects.policies.iter().enumerate() {
        let id = policy.object.id();
        let place = (policy.object.location(), policy.fingerprint);
        twice.see((policy.group.clone(), id.clone()), i, place, || id.to_string(), notes);
    }
    twice.drop_from(&mut objects.policies);
}

fn keep<T, K: Eq + Hash>(
    list: &mut Vec<Declared<T>>,
    notes: &mut Vec<Diagnostic>,
    kind: impl Fn(&Declared<T>) -> K,
    word: impl Fn(&K) -> String,
) {
    let mut twice = Twice::default();
    for (i, object) in list.iter().enumerate() {
        // The cluster will give each of these a name of its own.
        if object.name.ends_with('*') {
            continue;
        }
        let key = (kind(object), object.namespace.clone(), object.name.clone());
        let show = || shown(&word(&kind(object)), &object.namespace, &object.name);
        twice.see(key, i, (object.location, object.fingerprint), show, notes);
    }
    twice.drop_from(list);
}

/// `namespace/Kind/name`, as every object is called in output.
fn shown(kind: &str, namespace: &Name, name: &Name) -> String {
    if namespace.is_empty() {
        format!("{kind}/{name}")
    } else {
        format!("{namespace}/{kind}/{name}")
    }
}

struct Twice<K> {
    last: FxHashMap<K, (usize, (Location, Fingerprint))>,
    replaced: Vec<usize>,
}

impl<K> Default for Twice<K> {
    fn default() -> Self {
        Self {
            last: FxHashMap::default(),
            replaced: Vec::new(),
        }
    }
}

impl<K: Eq + Hash> Twice<K> {
    fn see(
        &mut self,
        key: K,
        index: usize,
        place: (Location, Fingerprint),
        show: impl Fn() -> String,
        notes: &mut Vec<Diagnostic>,
    ) {
        let Some((first, (location, fingerprint))) = self.last.insert(key, (index, place)) else {
            return;
        };
        self.replaced.push(first);
        let diagnostic = if fingerprint == place.1 {
            Diagnostic::new(
                code::TWICE,
                Severity::Note,
                place.0,
                format!("{} is there twice, with the same content", show()),
            )
        } else {
            let message = format!("{} is there twice, with different content", show());
            Diagnostic::new(code::TWICE, Severity::Error, place.0, message)
                .hint("this one counts, as after kubectl apply; remove one of the two")
        };
        notes.push(diagnostic.related(location, "the first one"));
    }

    fn drop_from<T>(mut self, list: &mut Vec<T>) {
        if self.replaced.is_empty() {
            return;
        }
        self.replaced.sort_unstable();
        let mut index = 0;
        let mut replaced = self.replaced.iter().peekable();
        list.retain(|_| {
            let keep = replaced.next_if(|&&i| i == index).is_none();
            index += 1;
            keep
        });
    }
}
