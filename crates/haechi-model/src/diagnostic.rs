//! What is wrong with an input, as data; renderers turn it into text, SARIF, JUnit and the like.

use std::fmt;

use crate::place::Location;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// Wrong: the object or field was not used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A stable code such as `HNP001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub location: Location,
    /// What, in a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Other places that belong to it, each with what it is.
    pub related: Vec<(Location, String)>,
}

impl Diagnostic {
    /// A diagnostic without hint and related places.
    #[must_use]
    pub fn new(code: Code, severity: Severity, location: Location, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            location,
            message: message.into(),
            hint: None,
            related: Vec::new(),
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with one more related place.
    #[must_use]
    pub fn related(mut self, location: Location, what: impl Into<String>) -> Self {
        self.related.push((location, what.into()));
        self
    }
}
