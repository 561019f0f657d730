//! What was found, with the objects that it is about.

use haechi_engine::lint::codes::{self, Entry};
use haechi_model::Diagnostic;
use haechi_model::diagnostic::Severity;

use super::accepted::is_accepted;
use super::objects::Objects;
use crate::load::Loaded;

/// What was found, by place.
pub(super) struct Findings {
    pub(super) list: Vec<Finding>,
    /// How many more there are that their objects accept.
    pub(super) accepted: usize,
}

/// One thing that was found.
pub(super) struct Finding {
    pub(super) diagnostic: Diagnostic,
    /// Its kind.
    pub(super) entry: &'static Entry,
    /// The id of the object that it is about.
    pub(super) object: Option<String>,
}

impl Findings {
    /// Narrows to the namespace that is asked about, and leaves out what is accepted.
    pub(super) fn new(loaded: &Loaded, mut found: Vec<Diagnostic>) -> Self {
        found.sort_by(|a, b| (a.location, a.code, &a.message).cmp(&(b.location, b.code, &b.message)));
        found.dedup();
        let objects = Objects::new(loaded);
        let namespace = loaded.narrow_to.map(|n| &loaded.snapshot.cluster.namespaces[n].name);
        let mut findings = Self {
            list: Vec::new(),
            accepted: 0,
        };
        for diagnostic in found {
            let object = objects.at(diagnostic.location);
            // What belongs to no object that could be read may belong to the namespace.
            if let (Some(namespace), Some(object)) = (namespace, object)
                && object.namespace.as_ref() != Some(namespace)
            {
                continue;
            }
            if is_accepted(loaded.files(), &diagnostic, object) {
                findings.accepted += 1;
                continue;
            }
            let Some(entry) = codes::find(diagnostic.code.0) else {
                debug_assert!(false, "{} is not in the registry", diagnostic.code);
                continue;
            };
            findings.list.push(Finding {
                object: object.map(|o| o.id.clone()),
                entry,
                diagnostic,
            });
        }
        findings
    }

    /// How many there are of a severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let of = self.list.iter().filter(|f| f.diagnostic.severity == severity);
        of.count()
    }
}
