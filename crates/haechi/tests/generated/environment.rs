//! `docs/environment.md`.

use haechi::env::{ALL, Read};

/// Every environment variable, by when it is read.
pub(crate) fn markdown() -> String {
    let mut text = String::from(
        "# Environment variables\n\nWritten by `make generate` from `crates/haechi/src/env.rs`. Haechi reads no others, and no configuration \
         file.\n",
    );
    for (read, heading) in [
        (Read::Running, "When a command runs"),
        (Read::Building, "When Haechi is built"),
        (Read::Testing, "When Haechi's tests run"),
    ] {
        text.push_str(&format!("\n## {heading}\n\n| variable | what it does |\n|---|---|\n"));
        for variable in ALL.iter().filter(|v| v.read == read) {
            text.push_str(&format!("| `{}` | {} |\n", variable.name, variable.what));
        }
    }
    text
}
