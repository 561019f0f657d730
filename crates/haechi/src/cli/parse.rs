//! Values of arguments that clap does not read by itself, and hints for mistakes that it does not know.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use haechi_model::Profile;

use super::ColorWhen;
use crate::program::Program;

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
pub(super) fn hint(program: Program, error: &clap::Error) {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let surplus = match error.kind() {
        ErrorKind::UnknownArgument => context(ContextKind::InvalidArg),
        _ => None,
    };
    if let Some(surplus) = surplus.filter(|argument| std::path::Path::new(argument).exists()) {
        anstream::eprintln!(
            "\nhint: to read {surplus}, repeat -f: {program} … -f {surplus}; a quoted glob (-f '*.yaml') is one source"
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
