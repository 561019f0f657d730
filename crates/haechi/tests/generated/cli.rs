//! `docs/cli.md`.

use std::fmt::Write;

use clap::{Arg, ArgAction, Command};
use haechi::cli;
use haechi::program::Program;

/// Every command with its arguments, as the program itself helps with.
pub(crate) fn markdown() -> String {
    let mut command = cli::command(Program::Haechi);
    command.build();
    let mut text = String::from("# The command line\n\nWritten by `make generate` from what `haechi --help` says.\n");
    section(&mut text, &command);
    let subcommands: Vec<&Command> = command.get_subcommands().collect();
    text.push_str("\n| command | |\n|---|---|\n");
    for subcommand in &subcommands {
        let (name, about) = (subcommand.get_name(), about(subcommand));
        let _ = writeln!(text, "| [`{name}`](#haechi-{name}) | {about} |");
    }
    for subcommand in subcommands {
        section(&mut text, subcommand);
    }
    text.push_str(PLUGIN);
    text
}

/// What the help cannot say: how to be a plugin.
const PLUGIN: &str = "
## As a plugin of kubectl

A link or copy called `kubectl-haechi` on the `PATH` is `kubectl haechi`; help and messages then say so. A second one
called `kubectl_complete-haechi` completes its commands and options:

```console
$ ln -s \"$(command -v haechi)\" ~/.local/bin/kubectl-haechi
$ ln -s \"$(command -v haechi)\" ~/.local/bin/kubectl_complete-haechi
$ kubectl haechi reach -f .
```
";

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn section(text: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let long = command
        .get_long_about()
        .or(command.get_about())
        .map(ToString::to_string);
    let _ = writeln!(text, "\n## {name}\n\n{}\n", sentence(&long.unwrap_or_default()));
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(text, "```text\n{}\n```", usage.trim_start_matches("Usage: ").trim());
    for positional in command.get_positionals() {
        argument(text, positional);
    }
    let mut headings: Vec<Option<&str>> = Vec::new();
    // What every command takes is listed once, with the program itself.
    let is_program = command.has_subcommands();
    let options = || {
        let arguments = command.get_arguments().filter(|a| !a.is_positional());
        arguments.filter(move |a| is_program || !a.is_global_set() && a.get_id() != "help")
    };
    for option in options() {
        if !headings.contains(&option.get_help_heading()) {
            headings.push(option.get_help_heading());
        }
    }
    for heading in headings {
        if let Some(heading) = heading {
            let _ = writeln!(text, "\n**{heading}**");
        }
        for option in options().filter(|a| a.get_help_heading() == heading) {
            argument(text, option);
        }
    }
    if let Some(after) = command.get_after_help() {
        let after = after.to_string();
        let (examples, codes) = after.split_once("\n\nExit codes:\n").unwrap_or((&after, ""));
        let examples = examples.trim_start_matches("Examples:\n");
        let examples: Vec<&str> = examples
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line))
            .collect();
        let _ = writeln!(
            text,
            "\n```sh\n{}\n```\n\n| exit code | |\n|---|---|",
            examples.join("\n")
        );
        for (code, meaning) in codes.lines().filter_map(|line| line.trim().split_once("  ")) {
            let _ = writeln!(text, "| {code} | {meaning} |");
        }
    }
}

fn argument(text: &mut String, argument: &Arg) {
    let names: Vec<String> = argument
        .get_short()
        .map(|short| format!("-{short}"))
        .into_iter()
        .chain(argument.get_long().map(|long| format!("--{long}")))
        .collect();
    let takes = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let value = argument
        .get_value_names()
        .map(|names| names.join(" "))
        .filter(|_| takes);
    let call = match (names.as_slice(), value) {
        ([], value) => value.unwrap_or_else(|| argument.get_id().to_string().to_uppercase()),
        (names, Some(value)) => format!("{} {value}", names.join(", ")),
        (names, None) => names.join(", "),
    };
    let help = argument
        .get_long_help()
        .or(argument.get_help())
        .map(ToString::to_string);
    let help = sentence(&help.unwrap_or_default()).replace("\n\n", "\n  \n  ");
    let _ = write!(text, "\n- `{call}`: {help}");
    let defaults: Vec<_> = argument
        .get_default_values()
        .iter()
        .filter_map(|d| d.to_str())
        .collect();
    if takes && !defaults.is_empty() {
        let _ = write!(text, " Default: `{}`.", defaults.join(" "));
    }
    text.push('\n');
    if !takes {
        return;
    }
    for value in argument.get_possible_values() {
        let _ = write!(text, "  - `{}`", value.get_name());
        if let Some(help) = value.get_help() {
            let _ = write!(text, ": {help}");
        }
        text.push('\n');
    }
}

/// Help texts have no full stop behind their last sentence.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', ':']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
