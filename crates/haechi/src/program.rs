//! The name that the program was called by.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

/// The name that the program was called by, as users type it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Program {
    /// `haechi`.
    #[default]
    Haechi,
    /// `kubectl haechi`: called by kubectl as its plugin `kubectl-haechi`.
    Kubectl,
    /// `kubectl haechi` again: kubectl asks for what may come next on its command line.
    Completion,
}

impl Program {
    /// The program of this first argument.
    #[must_use]
    pub fn called(argument: Option<&OsString>) -> Self {
        let stem = argument.and_then(|a| Path::new(a).file_stem());
        match stem.and_then(|s| s.to_str()) {
            Some("kubectl-haechi") => Self::Kubectl,
            Some("kubectl_complete-haechi") => Self::Completion,
            _ => Self::Haechi,
        }
    }

    /// How it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Haechi => "haechi",
            Self::Kubectl | Self::Completion => "kubectl haechi",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_calls_its_plugin_by_file_name() {
        let called = |name: &str| Program::called(Some(&name.into()));
        assert_eq!(called("/usr/bin/kubectl-haechi"), Program::Kubectl);
        assert_eq!(called("kubectl_complete-haechi"), Program::Completion);
        assert_eq!(called("./haechi"), Program::Haechi);
        assert_eq!(Program::called(None), Program::Haechi);
    }
}
