//! Values of arguments that clap does not read by itself, and hints for mistakes that it does not know.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use haechi_model::Profile;

use super::ColorWhen;

/// Reads a profile by its name, so that clap lists the names and knows what was meant.
pub(super) fn profile() -> impl TypedValueParser<Value = Profile> {
    let values = Profile::ALL.map(|profile| {
        PossibleValue::new(profile.name()).help(match profile {
            Profile::Kubernetes => "the specification alone; what it leaves open is undefined",
            Profile::Calico => "Calico",
            Profile::Cilium => "Cilium",
            Profile::Aws => "the Amazon VPC CNI's network policy agent",
            Profile::Haechi => "Haechi's own data path",
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Profile>())
}

/// What `--color` says, before the command line is read: mistakes in it are printed in colour, too.
pub(super) fn color(arguments: &[OsString]) -> ColorWhen {
    let mut when = ColorWhen::Auto;
    let mut arguments = arguments.iter().filter_map(|a| a.to_str());
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--color") {
            Some("") => arguments.next(),
            Some(rest) => rest.strip_prefix('='),
            None if argument == "--" => break,
            None => continue,
        };
        match value {
            Some("always") => when = ColorWhen::Always,
            Some("never") => when = ColorWhen::Never,
            _ => {}
        }
    }
    when
}

/// Prints what to do about an error that clap has printed, where clap cannot know it.
pub(super) fn hint(error: &clap::Error, arguments: &[OsString]) {
    if !matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::ValueValidation) {
        return;
    }
    // A second file behind one -f was taken for an argument of the command.
    let is_file = |word: &OsString| Path::new(word).exists();
    let second = arguments
        .windows(3)
        .find(|w| (w[0] == "-f" || w[0] == "--file") && is_file(&w[1]) && is_file(&w[2]));
    if let Some([_, _, second]) = second {
        let second = second.to_string_lossy();
        // Whoever closed the other end does not want to know.
        let _ = writeln!(
            anstream::stderr(),
            "\nhint: to read {second}, too, give it an -f of its own; a quoted glob (-f '*.yaml') is one source, as well"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_is_known_before_parsing() {
        let color = |arguments: &str| color(&arguments.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(color("haechi reach"), ColorWhen::Auto);
        assert_eq!(color("haechi --color never reach"), ColorWhen::Never);
        assert_eq!(color("haechi reach --color=always"), ColorWhen::Always);
        assert_eq!(color("haechi reach -- --color=always"), ColorWhen::Auto);
        assert_eq!(color("haechi reach --colour=always"), ColorWhen::Auto);
    }
}
