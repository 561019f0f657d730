//! How a command ends.

use std::process::ExitCode;

/// How a command ended, from best to worst; its number is the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is well: 0.
    #[default]
    Clean = 0,
    /// There is something that the command looks for: a difference, a finding, a failed expectation: 1.
    Findings = 1,
    /// The command could not do what it was asked, or not with all of its sources: 2.
    Error = 2,
}

impl Exit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clean, Self::Findings, Self::Error];

    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// [`Self::Findings`] if there are any.
    #[must_use]
    pub const fn if_any(findings: usize) -> Self {
        if findings == 0 { Self::Clean } else { Self::Findings }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
