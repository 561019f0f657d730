//! Colours and characters.

use anstyle::{AnsiColor, Effects, Style};

use crate::env;

/// How one stream looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Its colours.
    pub palette: Palette,
    /// Its characters.
    pub charset: Charset,
}

impl Look {
    /// Without colours, in ASCII.
    pub const PLAIN: Self = Self {
        palette: Palette::PLAIN,
        charset: Charset::Ascii,
    };
}

/// Styles by what they say; nothing is said by them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Headings.
    pub heading: Style,
    /// What matters less.
    pub dim: Style,
    /// What stands out.
    pub strong: Style,
    /// Errors.
    pub error: Style,
    /// Warnings.
    pub warning: Style,
    /// Notes.
    pub note: Style,
    /// Hints.
    pub hint: Style,
    /// What is allowed, added or passed.
    pub allow: Style,
    /// What is denied, removed or failed.
    pub deny: Style,
    /// What is undefined or changed.
    pub undefined: Style,
}

impl Palette {
    /// No colours.
    pub const PLAIN: Self = Self {
        heading: Style::new(),
        dim: Style::new(),
        strong: Style::new(),
        error: Style::new(),
        warning: Style::new(),
        note: Style::new(),
        hint: Style::new(),
        allow: Style::new(),
        deny: Style::new(),
        undefined: Style::new(),
    };

    /// Colours that can be read on a dark and on a light ground.
    pub const COLORS: Self = Self {
        heading: Style::new().effects(Effects::BOLD),
        dim: Style::new().effects(Effects::DIMMED),
        strong: Style::new().effects(Effects::BOLD),
        error: bold(AnsiColor::Red),
        warning: bold(AnsiColor::Yellow),
        note: bold(AnsiColor::Cyan),
        hint: bold(AnsiColor::Green),
        allow: AnsiColor::Green.on_default(),
        deny: AnsiColor::Red.on_default(),
        undefined: AnsiColor::Yellow.on_default(),
    };
}

const fn bold(color: AnsiColor) -> Style {
    color.on_default().effects(Effects::BOLD)
}

/// Which characters can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// ASCII alone, names of the user's aside.
    #[default]
    Ascii,
    /// All of Unicode.
    Unicode,
}

impl Charset {
    /// What the locale and the terminal can show.
    #[must_use]
    pub fn of_environment() -> Self {
        // POSIX: the first of these that is set and not empty decides.
        let locale = [env::LC_ALL, env::LC_CTYPE, env::LANG]
            .into_iter()
            .find_map(|variable| variable.value().filter(|value| !value.is_empty()));
        let terminal = env::TERM.value().unwrap_or_default();
        Self::of(&locale.unwrap_or_default(), &terminal)
    }

    fn of(locale: &str, terminal: &str) -> Self {
        let locale = locale.to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if is_utf8 && terminal != "dumb" {
            Self::Unicode
        } else {
            Self::Ascii
        }
    }

    /// An arrow to the right.
    #[must_use]
    pub const fn arrow(self) -> &'static str {
        match self {
            Self::Ascii => "->",
            Self::Unicode => "→",
        }
    }

    /// What stands for something left out.
    #[must_use]
    pub const fn ellipsis(self) -> &'static str {
        match self {
            Self::Ascii => "...",
            Self::Unicode => "…",
        }
    }

    /// What is well.
    #[must_use]
    pub const fn check(self) -> &'static str {
        match self {
            Self::Ascii => "+",
            Self::Unicode => "✔",
        }
    }

    /// What is not.
    #[must_use]
    pub const fn cross(self) -> &'static str {
        match self {
            Self::Ascii => "x",
            Self::Unicode => "✘",
        }
    }

    /// What an entry of a list stands behind.
    #[must_use]
    pub const fn bullet(self) -> &'static str {
        match self {
            Self::Ascii => "-",
            Self::Unicode => "•",
        }
    }

    /// What points at a line.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Ascii => ">",
            Self::Unicode => "▶",
        }
    }

    /// What stands between a line's number and the line.
    #[must_use]
    pub const fn bar(self) -> &'static str {
        match self {
            Self::Ascii => "|",
            Self::Unicode => "│",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_what_can_be_shown() {
        assert_eq!(Charset::of("ko_KR.UTF-8", "xterm"), Charset::Unicode);
        assert_eq!(Charset::of("C.utf8", ""), Charset::Unicode);
        assert_eq!(Charset::of("C", "xterm"), Charset::Ascii);
        assert_eq!(Charset::of("", ""), Charset::Ascii);
        assert_eq!(Charset::of("en_US.UTF-8", "dumb"), Charset::Ascii);
    }
}
