//! The command line of Haechi: arguments in, one command each, answers out.
//!
//! [`cli`] says what there is to ask; each file under [`commands`] answers one command. They share a
//! [`Context`], which reads sources ([`load`]), finds what a user names ([`names`]), and prints
//! ([`printer`], [`table`], [`diagnostics`]). What is printed for machines is a type under [`report`],
//! from which its JSON Schema is generated.

pub mod addresses;
pub mod cli;
pub mod commands;
pub mod context;
pub mod diagnostics;
pub mod ends;
pub mod env;
pub mod error;
pub mod exit;
pub mod load;
pub mod names;
pub mod parties;
pub mod picture;
pub mod port;
pub mod printer;
pub mod program;
pub mod report;
pub mod table;
pub mod timings;
pub mod version;

use std::ffi::OsString;

pub use context::Context;
pub use exit::Exit;

use program::Program;

/// Runs the command that `arguments` ask for; the first of them is the program's own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let program = Program::called(arguments.first());
    let cli = match cli::parse(program, &arguments) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let mut context = Context::new(program, cli.color);
    let result = commands::run(cli.command, &mut context);
    context.finish(result)
}
