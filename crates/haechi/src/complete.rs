//! Completion for `kubectl haechi`: kubectl asks a program called `kubectl_complete-haechi` next to its plugin.

use std::fmt::Write;

use clap::{Arg, Command, ValueHint};

use crate::cli;
use crate::program::Program;

/// What kubectl, as every Cobra program, is told about the candidates:
/// [whether files are some, too](https://pkg.go.dev/github.com/spf13/cobra#ShellCompDirective).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    /// They are.
    Files = 0,
    /// They are not.
    NoFiles = 4,
}

/// The candidates for the last of `words`, each on a line with what it is, and a line that says whether files are some.
#[must_use]
pub fn answer(words: &[String]) -> String {
    let command = cli::command(Program::Kubectl);
    let (current, before) = words
        .split_last()
        .map_or(("", words), |(last, rest)| (last.as_str(), rest));
    let (candidates, directive) = candidates(&command, before, current);
    let mut text = String::new();
    for (value, what) in candidates.iter().filter(|(value, _)| value.starts_with(current)) {
        let what = what.lines().next().unwrap_or_default();
        let _ = if what.is_empty() {
            writeln!(text, "{value}")
        } else {
            writeln!(text, "{value}\t{what}")
        };
    }
    let _ = writeln!(text, ":{}", directive as u8);
    text
}

type Candidates = Vec<(String, String)>;

fn candidates(command: &Command, before: &[String], current: &str) -> (Candidates, Directive) {
    let place = before.iter().position(|word| command.find_subcommand(word).is_some());
    let subcommand = place.and_then(|at| command.find_subcommand(&before[at]));
    let options = || {
        let own = subcommand.into_iter().flat_map(Command::get_arguments);
        own.chain(command.get_arguments().filter(|a| a.is_global_set()))
            .filter(|a| !a.is_positional())
    };
    let option = |word: &str| {
        options().find(|o| match word.strip_prefix("--") {
            Some(long) => o.get_long() == Some(long),
            None => o.get_short().is_some_and(|s| word == format!("-{s}")),
        })
    };
    let takes_value = |o: &&Arg| o.get_action().takes_values();
    if let Some(option) = before.last().and_then(|word| option(word)).filter(takes_value) {
        return values(option, "");
    }
    if let Some((name, _)) = current.split_once('=')
        && let Some(option) = option(name).filter(takes_value)
    {
        return values(option, &format!("{name}="));
    }
    if current.starts_with('-') {
        let candidates = options().filter_map(|o| Some((format!("--{}", o.get_long()?), help(o))));
        return (candidates.collect(), Directive::NoFiles);
    }
    let (Some(subcommand), Some(place)) = (subcommand, place) else {
        let commands = command.get_subcommands();
        let commands = commands.map(|c| {
            (
                c.get_name().to_owned(),
                c.get_about().map(ToString::to_string).unwrap_or_default(),
            )
        });
        return (commands.collect(), Directive::NoFiles);
    };
    // How many words before this one are neither options nor their values.
    let words = &before[place + 1..];
    let given = words.iter().enumerate().filter(|(i, word)| {
        let is_value = *i > 0 && option(&words[i - 1]).filter(takes_value).is_some();
        !word.starts_with('-') && !is_value
    });
    let positionals: Vec<&Arg> = subcommand.get_positionals().collect();
    let at = given.count().min(positionals.len().saturating_sub(1));
    positionals
        .get(at)
        .map_or((Vec::new(), Directive::NoFiles), |p| values(p, ""))
}

fn values(argument: &Arg, prefix: &str) -> (Candidates, Directive) {
    let files = matches!(
        argument.get_value_hint(),
        ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath
    );
    let values = argument.get_possible_values().into_iter().filter(|v| !v.is_hide_set());
    let values = values.map(|v| {
        let what = v.get_help().map(ToString::to_string).unwrap_or_default();
        (format!("{prefix}{}", v.get_name()), what)
    });
    (
        values.collect(),
        if files { Directive::Files } else { Directive::NoFiles },
    )
}

fn help(argument: &Arg) -> String {
    argument.get_help().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    fn answer(words: &str) -> String {
        super::answer(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn commands_come_first() {
        insta::assert_snapshot!(answer("d"), @r"
        diff	What a change of the manifests opens and closes
        draw	Draw one policy
        :4
        ");
    }

    #[test]
    fn options_and_their_values_follow() {
        insta::assert_snapshot!(answer("reach --pro"), @r"
        --profile	The data plane that enforces
        :4
        ");
        let profiles = answer("reach --profile c");
        insta::assert_snapshot!(profiles, @r"
        calico	Calico
        cilium	Cilium
        :4
        ");
        assert!(answer("reach --profile=c").starts_with("--profile=calico\t"));
        assert!(answer("reach -o sv").starts_with("svg\t"));
        assert_eq!(answer("reach -f "), ":0\n");
    }

    #[test]
    fn arguments_without_a_name_are_counted() {
        assert_eq!(answer("diff old "), ":0\n");
        assert!(answer("completions ").contains("fish\n"));
        assert_eq!(answer("explain -n shop w"), ":4\n");
    }
}
