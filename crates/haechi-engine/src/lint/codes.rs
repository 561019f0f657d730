//! Every finding that there is: its code, its name, how bad it is, and what to do about it.

use haechi_model::diagnostic::{Code, Diagnostic, Severity};
use haechi_model::place::Location;

/// Declares kinds of findings, and the list of them.
macro_rules! entries {
    ($list:ident $($ident:ident = $code:literal $name:literal $severity:ident
        explanation $explanation:literal example $example:literal remedy $remedy:literal)*) => {
        $(
            #[doc = $name]
            pub(in crate::lint) static $ident: crate::lint::codes::Entry = crate::lint::codes::Entry {
                code: haechi_model::Code($code),
                name: $name,
                severity: haechi_model::Severity::$severity,
                explanation: $explanation,
                example: $example,
                remedy: $remedy,
            };
        )*
        pub(super) static $list: &[&crate::lint::codes::Entry] = &[$(&$ident),*];
    };
}

mod addresses;
mod dns;
mod overlap;
mod planes;
mod ports;
mod reading;
mod selection;
mod services;
mod system;

pub(super) use addresses::*;
pub(super) use dns::*;
pub(super) use overlap::*;
pub(super) use planes::*;
pub(super) use ports::*;
pub(super) use reading::*;
pub(super) use selection::*;
pub(super) use services::*;
pub(super) use system::*;

/// A kind of finding.
#[derive(Debug)]
pub struct Entry {
    /// Its code, which never changes its meaning.
    pub code: Code,
    /// Its name, in words with dashes.
    pub name: &'static str,
    /// How bad it is at most; where a finding may well be meant so, it is a note.
    pub severity: Severity,
    /// What it means, in a paragraph.
    pub explanation: &'static str,
    /// What it is found in.
    pub example: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Entry {
    /// A finding of this kind.
    pub(super) fn at(&self, location: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, self.severity, location, message)
    }

    /// A finding of this kind that may well be meant so.
    pub(super) fn note(&self, location: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, Severity::Note, location, message)
    }
}

/// Every kind of finding, family by family.
static REGISTRY: &[&[&Entry]] = &[
    READING, SELECTION, PORTS, OVERLAP, DNS, SYSTEM, SERVICES, ADDRESSES, PLANES,
];

/// Every kind of finding, by code.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    REGISTRY.iter().copied().flatten().copied()
}

/// The kind of finding of this code or name, in any case.
#[must_use]
pub fn find(code_or_name: &str) -> Option<&'static Entry> {
    all().find(|e| e.code.0.eq_ignore_ascii_case(code_or_name) || e.name.eq_ignore_ascii_case(code_or_name))
}
