//! What stands below each command's help: examples and exit codes.

use std::fmt::Write;

use crate::program::Program;

/// A command line to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it is for.
    pub what: &'static str,
    /// The line, as it is typed.
    pub command: &'static str,
}

const fn example(what: &'static str, command: &'static str) -> Example {
    Example { what, command }
}

/// The examples of a command, by its name.
#[must_use]
pub fn examples(command: &str) -> &'static [Example] {
    match command {
        "reach" => REACH,
        "explain" => EXPLAIN,
        "diff" => DIFF,
        "lint" => LINT,
        "test" => TEST,
        "new" => NEW,
        "draw" => DRAW,
        "completions" => COMPLETIONS,
        "man" => MAN,
        _ => &[],
    }
}

const FIRST: &[Example] = &[
    example("Who may talk to whom", "haechi reach -f manifests/"),
    example(
        "Why the till may talk to the database",
        "haechi explain -f manifests/ checkout postgres 5432",
    ),
    example("What is wrong in the policies", "haechi lint -f manifests/"),
];

const REACH: &[Example] = &[
    example(
        "Everything that the manifests of this folder allow",
        "haechi reach -f .",
    ),
    example(
        "What a running cluster allows",
        "kubectl get ns,no,svc,ep,po,deploy,sts,ds,job,cj,netpol -A -o yaml | haechi reach -f -",
    ),
    example(
        "Who may reach the database",
        "haechi reach -f . --to data/postgres --port 5432",
    ),
    example(
        "What is open to the outside, as a spreadsheet",
        "haechi reach -f . --from 0.0.0.0/0 -o csv > outside.csv",
    ),
    example(
        "One namespace as a picture",
        "haechi reach -f . -n shop -o svg > shop.svg",
    ),
    example("As Cilium enforces it", "haechi reach -f . --profile cilium"),
];

const EXPLAIN: &[Example] = &[
    example(
        "May the till talk to the database, and why",
        "haechi explain -f . checkout postgres 5432",
    ),
    example(
        "Names as you know them from kubectl",
        "haechi explain -f . -n shop deploy/web pod/cart-0 8080",
    ),
    example("By a Service", "haechi explain -f . shop/web svc/cart http"),
    example(
        "To an address outside of the cluster",
        "haechi explain -f . shop/web 203.0.113.7 443/TCP",
    ),
];

const DIFF: &[Example] = &[
    example("What a folder's new version changes", "haechi diff before/ after/"),
    example(
        "Two versions of the policies in the same cluster",
        "haechi diff -f cluster.yaml policies-old/ policies-new/",
    ),
    example(
        "As a comment on a pull request",
        "haechi diff before/ after/ -o md > comment.md",
    ),
];

const LINT: &[Example] = &[
    example("Everything in this folder", "haechi lint -f ."),
    example("What a code means", "haechi lint --explain HNP002"),
    example("For a code scanner", "haechi lint -f . -o sarif > haechi.sarif"),
    example("In GitHub Actions", "haechi lint -f . -o github"),
];

const TEST: &[Example] = &[
    example("Run the expectations of a folder", "haechi test -f manifests/ tests/"),
    example(
        "Keep what a workload may do today",
        "haechi test -f manifests/ --init shop/cart > tests/cart.yaml",
    ),
    example(
        "For a build server",
        "haechi test -f manifests/ tests/ -o junit > results.xml",
    ),
];

const NEW: &[Example] = &[
    example("What there is", "haechi new --list"),
    example("Shut a namespace", "haechi new deny-all -f manifests/ -n shop"),
    example(
        "Let the storefront call the cart, and nobody else",
        "haechi new from-app -f manifests/ --apply-to shop/cart --from shop/web > cart.yaml",
    ),
];

const DRAW: &[Example] = &[
    example(
        "A policy of these manifests",
        "haechi draw -f manifests/ shop/allow-web > allow-web.svg",
    ),
    example(
        "A file, for a page that renders Mermaid",
        "haechi draw allow-web.yaml -o mermaid",
    ),
];

const COMPLETIONS: &[Example] = &[
    example(
        "bash",
        "haechi completions bash > ~/.local/share/bash-completion/completions/haechi",
    ),
    example(
        "zsh, in a folder of $fpath",
        "haechi completions zsh > ~/.zfunc/_haechi",
    ),
    example(
        "fish",
        "haechi completions fish > ~/.config/fish/completions/haechi.fish",
    ),
];

const MAN: &[Example] = &[
    example("Read a page", "haechi man reach | man -l -"),
    example("Install all pages", "haechi man --out ~/.local/share/man/man1"),
];

/// What each exit code means for a command.
fn exit_codes(command: Option<&str>) -> [&'static str; 3] {
    const ERROR: &str = "error: a source could not be read, or the command was not understood";
    match command {
        None => [
            "clean",
            "findings: a difference, a finding, an expectation that failed",
            ERROR,
        ],
        Some("diff") => ["the same connections", "there are differences", ERROR],
        Some("lint") => ["no warning and no error", "there are some", ERROR],
        Some("test") => ["every expectation holds", "some do not", ERROR],
        Some(_) => ["answered", "", ERROR],
    }
}

/// What stands below the help of a command, or of the program.
pub(super) fn after_help(program: Program, command: Option<&str>) -> String {
    let mut text = String::from("Examples:\n");
    for (i, Example { what, command }) in command.map_or(FIRST, examples).iter().enumerate() {
        let command = if let Some(rest) = command.strip_prefix("haechi ") {
            format!("{program} {rest}")
        } else {
            command.replace("| haechi ", &format!("| {program} "))
        };
        let gap = if i == 0 { "" } else { "\n" };
        let _ = write!(text, "{gap}  # {what}\n  {command}\n");
    }
    text.push_str("\nExit codes:\n");
    for (code, meaning) in exit_codes(command).iter().enumerate().filter(|(_, m)| !m.is_empty()) {
        let _ = writeln!(text, "  {code}  {meaning}");
    }
    text.truncate(text.trim_end().len());
    text
}
