//! Reads sources and says what they hold and what it cost: `cargo run --release --example read -- PATH…`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use haechi_source::{Input, Options, Snapshot};

fn main() -> ExitCode {
    let inputs: Vec<Input> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let start = Instant::now();
    let snapshot = haechi_source::read(&inputs, &Options::default(), &mut std::io::stdin());
    let seconds = start.elapsed().as_secs_f64();
    let mut out = std::io::stdout().lock();
    let shown = show(&snapshot, &mut out).and_then(|()| writeln!(out, "{seconds:.3} s{}", peak()))?;
    if shown.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn show(snapshot: &Snapshot, out: &mut impl Write) -> io::Result<()> {
    let Snapshot {
        files,
        cluster,
        policies,
        diagnostics,
        unknown_kinds,
        evidence,
    } = snapshot;
    for (count, what) in [
        (cluster.namespaces.len(), "namespaces"),
        (cluster.workloads.len(), "workloads"),
        (cluster.endpoints.len(), "endpoints"),
        (cluster.nodes.len(), "nodes"),
        (cluster.services.len(), "services"),
        (cluster.routes.len(), "routes"),
        (cluster.gateways.len(), "gateways"),
        (cluster.service_accounts.len(), "service accounts"),
        (policies.len(), "policies"),
    ] {
        writeln!(out, "{count:>8} {what}")?;
    }
    for kind in unknown_kinds {
        let place = files.show(kind.first);
        writeln!(
            out,
            "{place}: skipped {} {} ({})",
            kind.api_version, kind.kind, kind.count
        )?;
    }
    for found in evidence {
        let place = files.show(found.location);
        writeln!(out, "{place}: shows {:?}: {}", found.profile, found.what)?;
    }
    for diagnostic in diagnostics {
        let place = files.show(diagnostic.location);
        writeln!(
            out,
            "{place}: {}[{}]: {}",
            diagnostic.severity, diagnostic.code, diagnostic.message
        )?;
        for (location, what) in &diagnostic.related {
            writeln!(out, "  {}: {what}", files.show(*location))?;
        }
        if let Some(hint) = &diagnostic.hint {
            writeln!(out, "  hint: {hint}")?;
        }
    }
    Ok(())
}

/// The most memory in use at a time, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |peak| format!(", peak {}", peak.trim()))
}
