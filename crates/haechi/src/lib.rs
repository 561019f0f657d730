//! The command line of Haechi: arguments in, one command each, answers out.
//!
//! [`cli`] says what there is to ask; each file under [`commands`] answers one command. They share a
//! [`Context`], which reads sources ([`load`]), finds what a user names ([`names`]), and prints
//! ([`printer`], [`table`], [`diagnostics`]). What is printed for machines is a type under [`report`],
//! from which its JSON Schema is generated.

pub mod addresses;
pub mod cli;
pub mod commands;
pub mod complete;
pub mod context;
pub mod diagnostics;
pub mod drawing;
pub mod ends;
pub mod env;
pub mod error;
pub mod escape;
pub mod exit;
pub mod load;
pub mod names;
pub mod parties;
pub mod picture;
pub mod port;
pub mod printer;
pub mod program;
pub mod recipes;
pub mod report;
pub mod table;
pub mod testing;
pub mod timings;
pub mod version;
pub mod yaml;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo};

pub use context::Context;
pub use exit::Exit;

use program::Program;

/// Runs the command that `arguments` ask for; the first of them is the program's own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let program = Program::called(arguments.first());
    if program == Program::Completion {
        let words: Vec<String> = arguments
            .iter()
            .skip(1)
            .map(|w| w.to_string_lossy().into_owned())
            .collect();
        // kubectl has gone away if it cannot be told.
        let _ = std::io::stdout().write_all(complete::answer(&words).as_bytes());
        return Exit::Clean;
    }
    let cli = match cli::parse(program, &arguments) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let mut context = Context::new(program, cli.color);
    std::panic::set_hook(Box::new(bug));
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let result = commands::run(cli.command, &mut context);
        context.finish(result)
    }));
    // The hook has said all there is to say.
    result.unwrap_or(Exit::Error)
}

/// Says that this should not have happened.
fn bug(panic: &PanicHookInfo<'_>) {
    let text = format!(
        "error: this is a bug of haechi {}: {panic}\nhint: please report it with the sources, if you may: {}/issues\n",
        version::LONG,
        env!("CARGO_PKG_REPOSITORY"),
    );
    // Nobody is left to tell if this fails.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
