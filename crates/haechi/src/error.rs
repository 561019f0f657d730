//! Errors that end a command, with what to do next kept apart from what went wrong.

use std::fmt;

/// An error with what the user should do next.
#[derive(Debug)]
pub struct Hinted {
    error: anyhow::Error,
    hint: String,
}

impl Hinted {
    /// What the user should do next.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// What went wrong.
    #[must_use]
    pub fn error(&self) -> &anyhow::Error {
        &self.error
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl std::error::Error for Hinted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Adds a hint to an error.
pub trait Hint {
    /// The same with what the user should do next.
    #[must_use]
    fn hint(self, hint: impl Into<String>) -> Self;
}

impl Hint for anyhow::Error {
    fn hint(self, hint: impl Into<String>) -> Self {
        Self::new(Hinted {
            error: self,
            hint: hint.into(),
        })
    }
}

impl<T> Hint for anyhow::Result<T> {
    fn hint(self, hint: impl Into<String>) -> Self {
        self.map_err(|error| error.hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_no_part_of_the_message() {
        let error = anyhow::anyhow!("no sources").hint("name some");
        assert_eq!(format!("{error:#}"), "no sources");
        assert_eq!(error.downcast_ref::<Hinted>().map(Hinted::hint), Some("name some"));
    }
}
