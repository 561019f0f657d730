//! `haechi diff` on the collection's pairs of versions: what changes is named, and nothing that does not.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// What is expected of a case.
#[derive(Deserialize)]
struct Expected {
    peers: Vec<String>,
    changed: Vec<(usize, usize)>,
    /// Source, destination, protocol, port, the verdict before and after, and who gave them.
    probes: Vec<(usize, usize, String, u16, String, String, String)>,
}

/// What of the answer matters here.
#[derive(Deserialize)]
struct Diff {
    connections: Vec<Connection>,
}

#[derive(Deserialize)]
struct Connection {
    from: String,
    to: String,
    change: String,
    before: Met,
    after: Met,
    policies: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Met {
    allowed: Vec<Ports>,
    #[serde(default)]
    undefined: Vec<Ports>,
    #[serde(default)]
    some_pods: bool,
}

#[derive(Deserialize)]
struct Ports {
    protocol: String,
    from: u16,
    to: u16,
}

impl Met {
    fn verdict(&self, protocol: &str, port: u16) -> &'static str {
        let holds = |ports: &[Ports]| {
            ports
                .iter()
                .any(|p| p.protocol == protocol && (p.from..=p.to).contains(&port))
        };
        if holds(&self.allowed) {
            "allow"
        } else if holds(&self.undefined) {
            "undefined"
        } else {
            "deny"
        }
    }
}

#[test]
fn the_chosen_cases_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/kubernetes/diff");
    assert_eq!(ask_all(&folder), 8, "cases have gone missing");
}

/// The whole collection, where it is there.
#[test]
fn all_cases_agree() {
    let named = std::env::var_os("HAECHI_CORPORA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = named.clone().unwrap_or(beside).join("kubernetes/diff");
    if named.is_none() && !folder.is_dir() {
        eprintln!("the whole collection is not beside the checkout: only the chosen cases are asked");
        return;
    }
    assert!(ask_all(&folder) > 0, "there are no cases in {}", folder.display());
}

/// Asks all cases of a folder, and says how many there are.
fn ask_all(folder: &Path) -> usize {
    let mut cases = Vec::new();
    for kind in std::fs::read_dir(folder).expect("a folder of cases can be read") {
        let kind = kind.expect("a folder of cases can be read").path();
        if kind.is_dir() {
            let inside = std::fs::read_dir(kind).expect("a folder of cases can be read");
            cases.extend(inside.map(|case| case.expect("a folder of cases can be read").path()));
        }
    }
    cases.sort();
    let failures: Vec<String> = cases.iter().flat_map(|case| ask(case)).collect();
    assert!(
        failures.is_empty(),
        "{} disagree\n{}",
        failures.len(),
        failures.join("\n")
    );
    cases.len()
}

fn ask(case: &Path) -> Vec<String> {
    let name = case.display().to_string();
    let text = std::fs::read_to_string(case.join("expected.json")).expect("a case says what is expected");
    let expected: Expected = serde_json::from_str(&text).expect("it is a case");
    let output = Command::new(env!("CARGO_BIN_EXE_haechi"))
        .args(["diff", "--profile", "kubernetes", "-o", "json"])
        .arg(case.join("old/manifests.yaml"))
        .arg(case.join("new/manifests.yaml"))
        .output()
        .expect("haechi runs");
    let code = output.status.code();
    let diff: Diff = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{name}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut failures = Vec::new();
    if code != Some(i32::from(!diff.connections.is_empty())) {
        failures.push(format!("{name}: exit code {code:?}"));
    }
    for connection in &diff.connections {
        if connection.policies.is_empty() {
            let Connection { from, to, change, .. } = connection;
            failures.push(format!("{name}: nobody is responsible that {from} -> {to} is {change}"));
        }
    }
    let found = |from: &str, to: &str| diff.connections.iter().find(|c| is(&c.from, from) && is(&c.to, to));
    for (from, to) in &expected.changed {
        let (from, to) = (&expected.peers[*from], &expected.peers[*to]);
        if found(from, to).is_none() {
            failures.push(format!("{name}: {from} -> {to} changes"));
        }
    }
    for (from, to, protocol, port, old, new, _) in &expected.probes {
        let (from, to) = (&expected.peers[*from], &expected.peers[*to]);
        let probe = format!("{name}: {from} -> {to} {protocol} {port} was {old}, is {new}");
        match found(from, to) {
            None if old != new => failures.push(probe),
            None => {}
            // A workload whose pods differ is told by what any of them meets.
            Some(c) if c.before.some_pods || c.after.some_pods => {}
            Some(c) => {
                let said = [c.before.verdict(protocol, *port), c.after.verdict(protocol, *port)];
                if said != [old.as_str(), new.as_str()] {
                    failures.push(format!("{probe}, not {said:?}"));
                }
            }
        }
    }
    failures
}

/// Whether the answer's `id` is the corpus' `peer`.
fn is(id: &str, peer: &str) -> bool {
    let Some(address) = peer.strip_prefix("ip:") else {
        return id == peer;
    };
    let address: IpAddr = address.parse().expect("an address");
    let Some((first, last)) = id.split_once('-') else {
        return false;
    };
    match (first.parse::<IpAddr>(), last.parse::<IpAddr>()) {
        (Ok(first), Ok(last)) => first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address),
        _ => false,
    }
}
