//! From the arguments that all commands share to a cluster, its policies, and the profile that they are read under.

use std::io::{self, IsTerminal};

use anyhow::{anyhow, bail};
use haechi_engine::{Compiled, Focus, compile_for};
use haechi_model::diagnostic::Severity;
use haechi_model::{Diagnostic, Files, Name};
use haechi_policy::{PolicySet, dialect};
use haechi_source::{Input, Options, Snapshot, UnknownKind};

use crate::cli::{NamedSources, Reading, Sources};
use crate::context::Context;
use crate::diagnostics;
use crate::error::Hint;
use crate::exit::Exit;
use crate::names::{Asked, NameError, Named, Selected, similar};
use crate::timings::Phase;

mod profile;

pub use profile::{Chosen, Why};

/// What is asked about.
#[derive(Debug)]
pub struct Loaded {
    /// What the sources show.
    pub snapshot: Snapshot,
    /// The profile that the policies are read under.
    pub profile: Chosen,
    /// The policies under that profile.
    pub policies: PolicySet,
    /// The namespace of objects and names without one.
    pub namespace: Option<Name>,
    /// The namespace that lists are narrowed to, by its index.
    pub narrow_to: Option<usize>,
}

/// What is read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The sources.
    pub inputs: &'a [Input],
    /// How they are read.
    pub reading: &'a Reading,
}

impl<'a> From<&'a Sources> for Request<'a> {
    fn from(sources: &'a Sources) -> Self {
        Self {
            inputs: &sources.files,
            reading: &sources.reading,
        }
    }
}

impl<'a> From<&'a NamedSources> for Request<'a> {
    fn from(sources: &'a NamedSources) -> Self {
        Self {
            inputs: &sources.files,
            reading: &sources.reading,
        }
    }
}

/// What becomes of diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    /// They are printed, and an error among them makes the command end as one.
    Print,
    /// The errors among them are: the rest is nobody's concern.
    PrintErrors,
    /// The command looks at them itself.
    Leave,
}

impl Context {
    /// Reads sources and their policies.
    ///
    /// # Errors
    /// When no sources are named, nothing in them can be read, or the namespace that is asked about is not there. What
    /// is wrong in a source is no error otherwise: the rest can be answered for.
    pub fn load<'a>(&mut self, request: impl Into<Request<'a>>, faults: Faults) -> anyhow::Result<Loaded> {
        let Request { inputs, reading } = request.into();
        if inputs.is_empty() {
            let hint = "name it with -f: a file, a folder (-f . for this one), a glob, or - for what is piped in from kubectl \
                        get -A -o yaml";
            return Err(anyhow!("there is nothing to read").hint(hint));
        }
        self.begin(Phase::Read);
        if inputs.contains(&Input::Stdin) && io::stdin().is_terminal() {
            self.printer.note("reading from the terminal; end with Ctrl-D");
        }
        let mut options = Options::default();
        if let Some(namespace) = &reading.namespace {
            options.default_namespace = namespace.clone();
        }
        let mut snapshot = haechi_source::read(inputs, &options, &mut io::stdin().lock());
        snapshot.cluster.pod_ranges = reading.pod_cidr.iter().map(|block| (*block).into()).collect();

        let profile = Chosen::new(reading.profile, &snapshot.evidence, &snapshot.files);
        let mut found = Vec::new();
        let policies = dialect::lower(&snapshot.policies, profile.profile, &mut found);
        add(&mut snapshot.diagnostics, found);
        match faults {
            Faults::Print => self.report_faults(&snapshot)?,
            Faults::PrintErrors => {
                snapshot.diagnostics.retain(|d| d.severity == Severity::Error);
                snapshot.unknown_kinds.clear();
                self.report_faults(&snapshot)?;
            }
            Faults::Leave => {}
        }
        let narrow_to = match reading.narrow_to() {
            Some(namespace) => Some(self.namespace(namespace, &snapshot)?),
            None => None,
        };
        Ok(Loaded {
            snapshot,
            profile,
            policies,
            namespace: reading.namespace.clone(),
            narrow_to,
        })
    }

    /// Prints what was wrong in the sources, once; an error if that left nothing to answer for.
    fn report_faults(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        let palette = self.printer.error_look().palette;
        let text = diagnostics::render_all(&snapshot.files, &snapshot.diagnostics, palette);
        self.printer.say(&text);
        if !snapshot.unknown_kinds.is_empty() {
            self.printer.note(unknown_kinds(&snapshot.unknown_kinds));
        }
        let errors = count(&snapshot.diagnostics, Severity::Error);
        let nothing = snapshot.cluster.endpoints.is_empty() && snapshot.policies.is_empty();
        match (errors, nothing) {
            (0, true) => self
                .printer
                .warning("there are no workloads and no policies in the sources"),
            (0, false) => {}
            (_, true) => bail!("there is nothing in the sources to answer for"),
            (_, false) => {
                self.ends_at_least(Exit::Error);
                let what = if errors == 1 {
                    "1 error"
                } else {
                    &format!("{errors} errors")
                };
                self.printer
                    .warning(format!("the sources have {what}; the answer is about the rest of them"));
            }
        }
        Ok(())
    }

    fn namespace(&mut self, name: &Name, snapshot: &Snapshot) -> anyhow::Result<usize> {
        let namespaces = &snapshot.cluster.namespaces;
        snapshot.cluster.namespace(name).ok_or_else(|| {
            let error = anyhow!("there is no namespace {name} in the sources");
            match similar(name, namespaces.iter().map(|n| n.name.to_string())).first() {
                Some(similar) => error.hint(format!("did you mean {similar}?")),
                None => error,
            }
        })
    }
}

impl Loaded {
    /// The files that were read.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.snapshot.files
    }

    /// Compiles the answer, which may be only about what is in focus.
    #[must_use]
    pub fn compile(&self, context: &mut Context, focus: &Focus) -> Compiled<'_> {
        context.begin(Phase::Compile);
        let compiled = compile_for(&self.snapshot.cluster, &self.policies, focus);
        context.begin(Phase::Answer);
        compiled
    }

    /// Finds the one thing that a name means.
    ///
    /// # Errors
    /// When there is no such thing, or several.
    pub fn find(&self, asked: &Asked) -> anyhow::Result<Named> {
        asked
            .find(&self.snapshot.cluster, self.namespace.as_ref())
            .map_err(explained)
    }

    /// Finds what a name means, be it one thing or many.
    ///
    /// # Errors
    /// When there is no such thing, or several.
    pub fn select(&self, asked: &Asked) -> anyhow::Result<Selected> {
        asked
            .select(&self.snapshot.cluster, self.namespace.as_ref())
            .map_err(explained)
    }
}

fn explained(error: NameError) -> anyhow::Error {
    let hint = error.hint();
    let error = anyhow::Error::new(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Adds diagnostics in the order of places.
fn add(diagnostics: &mut Vec<Diagnostic>, mut more: Vec<Diagnostic>) {
    if more.is_empty() {
        return;
    }
    diagnostics.append(&mut more);
    diagnostics.sort_by(|a, b| (a.location, a.code, &a.message).cmp(&(b.location, b.code, &b.message)));
    diagnostics.dedup();
}

fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|d| d.severity == severity).count()
}

/// `left out, as Haechi does not know their kinds: Rollout (argoproj.io/v1alpha1, 3), …`.
pub(crate) fn unknown_kinds(kinds: &[UnknownKind]) -> String {
    let kinds: Vec<String> = kinds
        .iter()
        .map(|k| format!("{} ({}, {})", k.kind, k.api_version, k.count))
        .collect();
    format!("left out, as haechi does not know their kinds: {}", kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_are_listed_in_one_line() {
        let kinds = [("argoproj.io/v1alpha1", "Rollout", 3), ("example.com/v1", "Widget", 1)];
        let kinds = kinds.map(|(api_version, kind, count)| UnknownKind {
            api_version: api_version.into(),
            kind: kind.into(),
            count,
            first: haechi_model::Location::default(),
        });
        assert_eq!(
            unknown_kinds(&kinds),
            "left out, as haechi does not know their kinds: Rollout (argoproj.io/v1alpha1, 3), Widget (example.com/v1, 1)"
        );
    }
}
