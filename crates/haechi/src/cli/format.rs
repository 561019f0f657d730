//! What `-o` takes, command by command.

use clap::ValueEnum;

/// How `reach` prints its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReachFormat {
    /// For people: short names, wrapped to the terminal.
    #[default]
    Table,
    /// One line for each connection, with full names and nothing left out.
    Wide,
    /// JSON: haechi.dev/reach/v1.
    Json,
    /// The same as YAML.
    Yaml,
    /// Comma-separated values with a header.
    Csv,
    /// A Markdown table.
    Md,
    /// A Graphviz graph.
    Dot,
    /// A Mermaid flowchart.
    Mermaid,
    /// A picture as SVG.
    Svg,
    /// A picture as PNG.
    Png,
    /// The counts alone, as JSON: haechi.dev/summary/v1.
    Summary,
}

/// How `explain` prints its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people.
    #[default]
    Table,
    /// JSON: haechi.dev/explain/v1.
    Json,
}

/// How `diff` prints its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people: short names, wrapped to the terminal.
    #[default]
    Table,
    /// JSON: haechi.dev/diff/v1.
    Json,
    /// The same as YAML.
    Yaml,
    /// Comma-separated values with a header.
    Csv,
    /// Markdown, to be a pull request's comment.
    Md,
    /// A Graphviz graph.
    Dot,
    /// A Mermaid flowchart.
    Mermaid,
    /// A picture as SVG.
    Svg,
    /// A picture as PNG.
    Png,
}

/// How `lint` prints its findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people: each with its lines.
    #[default]
    Table,
    /// JSON: haechi.dev/lint/v1.
    Json,
    /// SARIF 2.1.0, as code scanners give it.
    Sarif,
    /// JUnit XML.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
}

/// The least severity that `lint` tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MinSeverity {
    /// Everything: what is worth knowing, too.
    #[default]
    Note,
    /// What is probably not meant, and what is wrong.
    Warning,
    /// What is wrong alone.
    Error,
}

impl From<MinSeverity> for haechi_model::Severity {
    fn from(least: MinSeverity) -> Self {
        match least {
            MinSeverity::Note => Self::Note,
            MinSeverity::Warning => Self::Warning,
            MinSeverity::Error => Self::Error,
        }
    }
}

/// How `test` prints its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people: failures explained.
    #[default]
    Table,
    /// JSON: haechi.dev/test/v1.
    Json,
    /// JUnit XML.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
}

/// How `draw` draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DrawFormat {
    /// A picture as SVG.
    #[default]
    Svg,
    /// A Mermaid flowchart.
    Mermaid,
    /// A Graphviz graph.
    Dot,
    /// A picture as PNG.
    Png,
}
