//! Documents that are no objects of a cluster, but lie among them: other tools' own files.

use haechi_model::{Diagnostic, Files, Location, Severity};

use crate::code;

/// A document that is no object of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stranger {
    pub(crate) location: Location,
    pub(crate) origin: Origin,
}

/// What a document says of where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing: it has no kind.
    Unknown,
    /// A Helm chart: two versions, a name and no kind.
    Chart,
    /// A kustomization.
    Kustomize,
}

const CHART: &str = "Helm reads this; render its chart: helm template … | haechi reach -f -";
const KUSTOMIZE: &str = "build it first: kubectl kustomize … | haechi reach -f -";

/// One note for each file, at its first stranger.
pub(crate) fn notes(strangers: &[Stranger], files: &Files) -> Vec<Diagnostic> {
    let mut notes: Vec<Diagnostic> = Vec::new();
    for &Stranger { location, origin } in strangers {
        if notes.last().is_some_and(|note| note.location.file == location.file) {
            continue;
        }
        let file = files.name(location.file).rsplit('/').next().unwrap_or_default();
        let (message, hint) = match (origin, file) {
            (Origin::Chart, _) => ("this describes a chart; it is no Kubernetes object", Some(CHART)),
            (Origin::Kustomize, _) => ("this is for kustomize; it is no object of a cluster", Some(KUSTOMIZE)),
            (Origin::Unknown, "values.yaml" | "values.yml") => (UNTYPED, Some(CHART)),
            (Origin::Unknown, "kustomization.yaml" | "kustomization.yml") => (UNTYPED, Some(KUSTOMIZE)),
            (Origin::Unknown, _) => (UNTYPED, None),
        };
        let mut note = Diagnostic::new(code::NOT_AN_OBJECT, Severity::Note, location, message);
        note.hint = hint.map(str::to_owned);
        notes.push(note);
    }
    notes
}

const UNTYPED: &str = "this is no Kubernetes object: it does not say its apiVersion and kind";
