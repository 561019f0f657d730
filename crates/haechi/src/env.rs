//! Every environment variable that Haechi reads. The documentation is generated from this list.

/// An environment variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, in Markdown.
    pub what: &'static str,
    /// When it is read.
    pub read: Read,
}

/// When a variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// When a command runs.
    Running,
    /// When Haechi is built.
    Building,
    /// When Haechi's own tests run.
    Testing,
}

impl Variable {
    /// Its value, if it is set to text.
    #[must_use]
    pub fn value(self) -> Option<String> {
        std::env::var(self.name).ok()
    }

    const fn running(name: &'static str, what: &'static str) -> Self {
        Self {
            name,
            what,
            read: Read::Running,
        }
    }
}

/// Colours.
pub const NO_COLOR: Variable = Variable::running(
    "NO_COLOR",
    "Set to anything but nothing: no colours, as [no-color.org](https://no-color.org) has it. `--color` wins over it.",
);
/// Colours, even without a terminal.
pub const CLICOLOR_FORCE: Variable = Variable::running(
    "CLICOLOR_FORCE",
    "Set to anything but `0`: colours even where the output is no terminal, unless `NO_COLOR` is set.",
);
/// Colours.
pub const CLICOLOR: Variable = Variable::running("CLICOLOR", "Set to `0`: no colours.");
/// The kind of terminal.
pub const TERM: Variable = Variable::running("TERM", "`dumb`: no colours, ASCII alone, no progress.");
/// The width of the terminal.
pub const COLUMNS: Variable = Variable::running(
    "COLUMNS",
    "How many columns wide tables are. Without it the terminal says so, and without a terminal they are 80 wide.",
);
/// The locale, over all others.
pub const LC_ALL: Variable = Variable::running(
    "LC_ALL",
    "The locale. If its encoding is UTF-8, arrows and the like are Unicode, otherwise ASCII. Names are printed as they are.",
);
/// The locale of characters.
pub const LC_CTYPE: Variable = Variable::running("LC_CTYPE", "The same, if `LC_ALL` is not set.");
/// The locale.
pub const LANG: Variable = Variable::running("LANG", "The same, if neither of them is set.");
/// Threads.
pub const RAYON_NUM_THREADS: Variable = Variable::running(
    "RAYON_NUM_THREADS",
    "How many threads read and compute. Without it, one for each processor.",
);
/// Timings.
pub const HAECHI_TIMINGS: Variable = Variable::running(
    "HAECHI_TIMINGS",
    "Set to `1`: standard error ends with one line of JSON that says how many seconds the phases `read`, `compile` and \
     `answer` took by the clock and by the processor.",
);
/// The commit that is built.
pub const HAECHI_BUILD_COMMIT: Variable = Variable {
    name: "HAECHI_BUILD_COMMIT",
    what: "The commit that `haechi --version` tells. Without it git is asked, if this is a checkout.",
    read: Read::Building,
};
/// The date of the commit that is built.
pub const HAECHI_BUILD_DATE: Variable = Variable {
    name: "HAECHI_BUILD_DATE",
    what: "The date of that commit, as `2026-01-31`.",
    read: Read::Building,
};
/// Whether generated files are written rather than compared.
pub const HAECHI_BLESS: Variable = Variable {
    name: "HAECHI_BLESS",
    what: "Set to anything: generated files (`docs/cli.md`, `docs/environment.md`, `docs/schemas/`) are written rather than \
           compared. `make generate` sets it.",
    read: Read::Testing,
};

/// Where the collection of cases is that the tests ask besides the chosen ones.
pub const HAECHI_CORPORA: Variable = Variable {
    name: "HAECHI_CORPORA",
    what: "A folder with the whole collection of cases that `crates/haechi/tests/corpora` is taken from. Without it, \
           `../shared/corpora` beside the checkout is asked if it is there.",
    read: Read::Testing,
};

/// All of them, in the order in which they are documented.
pub const ALL: &[Variable] = &[
    NO_COLOR,
    CLICOLOR_FORCE,
    CLICOLOR,
    TERM,
    COLUMNS,
    LC_ALL,
    LC_CTYPE,
    LANG,
    RAYON_NUM_THREADS,
    HAECHI_TIMINGS,
    HAECHI_BUILD_COMMIT,
    HAECHI_BUILD_DATE,
    HAECHI_BLESS,
    HAECHI_CORPORA,
];
