//! What all commands share while they run.

use crate::cli::ColorWhen;
use crate::env;
use crate::error::Hinted;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::program::Program;
use crate::timings::{Phase, Timings};

/// What all commands share while they run: where to print, how long it took, and how it will end.
#[derive(Debug)]
pub struct Context {
    /// Where everything is printed.
    pub printer: Printer,
    /// How the program was called.
    pub program: Program,
    timings: Timings,
    at_least: Exit,
}

impl Context {
    /// Before the command does anything.
    #[must_use]
    pub fn new(program: Program, color: ColorWhen) -> Self {
        Self {
            printer: Printer::new(color),
            program,
            timings: Timings::default(),
            at_least: Exit::Clean,
        }
    }

    /// Says which phase of its work the command is in.
    pub fn begin(&mut self, phase: Phase) {
        self.timings.begin(phase);
        self.printer.progress(match phase {
            Phase::Read => "reading the sources",
            Phase::Compile => "compiling the policies",
            Phase::Answer => "working out the answer",
        });
    }

    /// Remembers that the command cannot end better than so, whatever it answers.
    pub fn ends_at_least(&mut self, exit: Exit) {
        self.at_least = self.at_least.max(exit);
    }

    /// Ends the command: writes what is left, says what went wrong, and gives the exit code.
    pub fn finish(&mut self, result: anyhow::Result<Exit>) -> Exit {
        let result = result.and_then(|exit| {
            self.printer.flush()?;
            Ok(exit)
        });
        let exit = match result {
            Ok(exit) => exit,
            Err(error) => {
                self.report(&error);
                Exit::Error
            }
        };
        self.timings.end();
        if env::HAECHI_TIMINGS.value().as_deref() == Some("1") {
            let mut line = Vec::new();
            if self.timings.write(&mut line).is_ok() {
                self.printer.say(&String::from_utf8_lossy(&line));
            }
        }
        exit.max(self.at_least)
    }

    /// Prints an error with all that led to it, and then what to do about it.
    fn report(&mut self, error: &anyhow::Error) {
        let hint = error.chain().find_map(|e| e.downcast_ref::<Hinted>());
        self.printer.error(format!("{error:#}"));
        if let Some(hint) = hint.map(|h| h.hint().to_owned()) {
            self.printer.hint(hint);
        }
    }
}
