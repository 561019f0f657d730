//! `haechi reach -o json`, read as its contract says and nothing else, ready for questions about one packet.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// What the command printed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Printed {
    schema_version: String,
    peers: Vec<Peer>,
    connections: Vec<Connection>,
}

#[derive(Deserialize)]
struct Peer {
    id: String,
    kind: String,
}

#[derive(Deserialize)]
struct Connection {
    from: String,
    to: String,
    verdict: String,
    ports: Vec<Ports>,
}

#[derive(Deserialize)]
struct Ports {
    protocol: String,
    from: u16,
    to: u16,
}

/// Runs the command on a file of manifests.
pub(crate) fn reach(manifests: &Path) -> Printed {
    let output = Command::new(env!("CARGO_BIN_EXE_haechi"))
        .args(["reach", "-o", "json", "-f"])
        .arg(manifests)
        .output()
        .expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", manifests.display());
    let printed: Printed = serde_json::from_slice(&output.stdout).expect("the command prints what the contract says");
    assert_eq!(printed.schema_version, "haechi.dev/reach/v1");
    printed
}

impl Printed {
    /// The verdict on one connection: what is not listed is denied.
    pub(crate) fn answer(&self, from: &str, to: &str, protocol: &str, port: u16) -> &str {
        let (sources, destinations) = (self.ids(from), self.ids(to));
        let is_asked = |c: &&Connection| sources.contains(&&*c.from) && destinations.contains(&&*c.to);
        let hit = |c: &Connection| {
            c.ports
                .iter()
                .any(|p| p.protocol == protocol && (p.from..=p.to).contains(&port))
        };
        let mut seen = "deny";
        for connection in self.connections.iter().filter(is_asked) {
            match connection.verdict.as_str() {
                "allow" if hit(connection) => return "allow",
                "undefined" if hit(connection) || connection.ports.is_empty() => seen = "undefined",
                _ => {}
            }
        }
        seen
    }

    /// The ids of a peer: for an address those of the ranges that hold it.
    fn ids<'s>(&'s self, peer: &'s str) -> Vec<&'s str> {
        let Some(address) = peer.strip_prefix("ip:") else {
            return vec![peer];
        };
        let address: IpAddr = address.parse().expect("a case names addresses");
        let ranges = self.peers.iter().filter(|p| p.kind == "external");
        ranges.map(|p| &*p.id).filter(|id| holds(id, address)).collect()
    }
}

/// Whether a range, `first-last`, holds an address.
fn holds(range: &str, address: IpAddr) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let [first, last] = [first, last].map(|end| end.parse::<IpAddr>().expect("an external peer's id is a range"));
    first.is_ipv4() == address.is_ipv4() && first <= address && address <= last
}
