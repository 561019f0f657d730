//! Where everything is printed: data on standard output, everything else on standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;
use serde::Serialize;

use crate::cli::ColorWhen;
use crate::env;

mod json;
mod progress;
pub mod style;

pub use style::{Charset, Look, Palette};

use progress::Progress;

/// Prints. Every command prints through the same one.
pub struct Printer {
    out: Data,
    stdout: Look,
    stderr: Look,
    terminal: Terminal,
    width: usize,
}

/// Whether standard output is a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// It is: a person looks at it.
    Yes,
    /// It is a file or another program.
    No,
}

/// The width of a terminal that does not tell.
const WIDTH: usize = 80;

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer")
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .finish_non_exhaustive()
    }
}

impl Printer {
    /// Prints on the process's own streams, as the environment and the command line want it.
    #[must_use]
    pub fn new(color: ColorWhen) -> Self {
        let stdout = io::stdout();
        let look = |auto: anstream::ColorChoice| {
            let palette = match (color, auto) {
                (ColorWhen::Never, _) | (ColorWhen::Auto, anstream::ColorChoice::Never) => Palette::PLAIN,
                (ColorWhen::Always | ColorWhen::Auto, _) => Palette::COLORS,
            };
            Look {
                palette,
                charset: Charset::of_environment(),
            }
        };
        Self {
            stdout: look(AutoStream::choice(&stdout)),
            stderr: look(AutoStream::choice(&io::stderr())),
            terminal: if stdout.is_terminal() {
                Terminal::Yes
            } else {
                Terminal::No
            },
            width: width(),
            out: Data {
                out: io::BufWriter::with_capacity(1 << 16, stdout),
                progress: Progress::default(),
            },
        }
    }

    /// How standard output looks.
    #[must_use]
    pub fn look(&self) -> Look {
        self.stdout
    }

    /// How standard error looks.
    #[must_use]
    pub fn error_look(&self) -> Look {
        self.stderr
    }

    /// The width that tables are made for.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether standard output is a terminal.
    #[must_use]
    pub fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// Standard output, for data. Whoever closes it early is not told about it.
    pub fn data(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Prints data as JSON, a line for each element of the document's lists.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> anyhow::Result<()> {
        value.serialize(&mut serde_json::Serializer::with_formatter(
            &mut self.out,
            json::Lines::default(),
        ))?;
        writeln!(self.out)?;
        Ok(())
    }

    /// Prints data as YAML.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn yaml<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        let text = serde_saphyr::to_string(value)?;
        self.out.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Writes the rest of the data.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Says on a terminal what the command is busy with, until something is printed.
    pub fn progress(&mut self, what: &'static str) {
        self.out.progress.show(what);
    }

    /// Prints text for people on standard error. Nobody is told if that cannot be written.
    pub fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.out.progress.stop();
        let _ = self.out.flush();
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes());
    }

    /// Prints `note: …` on standard error.
    pub fn note(&mut self, text: impl fmt::Display) {
        let style = self.stderr.palette.note;
        self.say(&format!("{style}note{style:#}: {text}\n"));
    }

    /// Prints `warning: …` on standard error.
    pub fn warning(&mut self, text: impl fmt::Display) {
        let style = self.stderr.palette.warning;
        self.say(&format!("{style}warning{style:#}: {text}\n"));
    }

    /// Prints `error: …` on standard error.
    pub fn error(&mut self, text: impl fmt::Display) {
        let style = self.stderr.palette.error;
        self.say(&format!("{style}error{style:#}: {text}\n"));
    }

    /// Prints `hint: …` on standard error.
    pub fn hint(&mut self, text: impl fmt::Display) {
        let style = self.stderr.palette.hint;
        self.say(&format!("{style}hint{style:#}: {text}\n"));
    }
}

/// Standard output. That nobody reads on is no error: the rest is dropped.
#[derive(Debug)]
struct Data {
    out: io::BufWriter<io::Stdout>,
    progress: Progress,
}

impl Write for Data {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.stop();
        match self.out.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.out.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

/// `COLUMNS` wins over the terminal, as one who sets it means it.
fn width() -> usize {
    let columns = env::COLUMNS.value().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.filter(|c| *c > 0).or_else(terminal).unwrap_or(WIDTH)
}
