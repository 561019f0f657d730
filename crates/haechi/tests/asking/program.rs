//! The program, run as users run it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in a folder of the repository, with nothing of the environment that changes what it prints.
pub(crate) fn haechi(folder: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    command.current_dir(root.join(folder)).stdin(Stdio::null());
    for variable in haechi::env::ALL {
        command.env_remove(variable.name);
    }
    command
}

/// Everything that a run left behind.
pub(crate) fn told(output: &Output) -> String {
    let mut text = String::new();
    for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let stream = std::str::from_utf8(stream).expect("it is text");
        if !stream.is_empty() {
            let _ = write!(text, "----- {name} -----\n{stream}");
        }
    }
    let code = output.status.code().expect("it was not killed");
    let _ = writeln!(text, "----- exit code {code} -----");
    text
}
