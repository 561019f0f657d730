//! Bytes as a source: whatever they are, they are read to the end, alike each time, and every fault has its place.

use haechi_model::{Cluster, Files, Location, Profile};
use haechi_source::{Input, Limits, Options, Snapshot};

/// Reads bytes as `haechi -f -` does.
///
/// # Panics
/// If the reader breaks a promise.
pub fn parse(bytes: &[u8]) {
    // Small, so that the limits are met as well.
    let options = Options {
        limits: Limits {
            file_bytes: 1 << 20,
            documents: 200,
            depth: 30,
            nodes: 20_000,
            alias_nodes: 2_000,
            ..Limits::default()
        },
        ..Options::default()
    };
    let read = || haechi_source::read(&[Input::Stdin], &options, &mut &*bytes);
    let snapshot = read();
    places_are_in_the_text(&snapshot);
    indices_are_in_bounds(&snapshot.cluster);
    let again = read();
    assert_eq!(snapshot.diagnostics, again.diagnostics);
    assert_eq!(format!("{:?}", snapshot.cluster), format!("{:?}", again.cluster));

    for profile in Profile::ALL {
        let mut diagnostics = Vec::new();
        let policies = haechi_policy::dialect::lower(&snapshot.policies, profile, &mut diagnostics);
        diagnostics
            .iter()
            .for_each(|d| is_in_the_text(&snapshot.files, d.location));
        let compiled = haechi_engine::compile(&snapshot.cluster, &policies);
        let counts = haechi_engine::count(&compiled);
        let pods: u64 = snapshot.cluster.endpoints.iter().map(|e| u64::from(e.count)).sum();
        assert_eq!(counts.pods, pods);
        assert_eq!(counts.pod_pairs.total(), pods * pods);
    }
}

fn places_are_in_the_text(snapshot: &Snapshot) {
    for diagnostic in &snapshot.diagnostics {
        is_in_the_text(&snapshot.files, diagnostic.location);
        for (location, _) in &diagnostic.related {
            is_in_the_text(&snapshot.files, *location);
        }
        assert!(!diagnostic.message.is_empty());
    }
    for policy in &snapshot.policies {
        is_in_the_text(&snapshot.files, policy.location());
    }
    for workload in &snapshot.cluster.workloads {
        is_in_the_text(&snapshot.files, workload.location);
    }
}

fn is_in_the_text(files: &Files, location: Location) {
    let text = files.text(location.file);
    let lines = u32::try_from(lines(text)).unwrap_or(u32::MAX);
    assert!(location.line >= 1 && location.column >= 1, "{location:?}");
    assert!(location.last_line >= location.line, "{location:?}");
    // A fault may stand behind the last character, and so on a line that has none.
    assert!(location.last_line <= lines + 1, "{location:?} of {lines} lines");
}

/// Lines as YAML counts them: a carriage return alone ends one, too.
fn lines(text: &str) -> usize {
    let breaks = text.matches(['\n', '\r']).count() - text.matches("\r\n").count();
    breaks + usize::from(!text.ends_with(['\n', '\r']))
}

fn indices_are_in_bounds(cluster: &Cluster) {
    assert!(cluster.namespaces.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert!(cluster.endpoints.is_sorted_by_key(|e| e.workload));
    for workload in &cluster.workloads {
        assert!(workload.namespace < cluster.namespaces.len());
    }
    for endpoint in &cluster.endpoints {
        assert!(endpoint.workload < cluster.workloads.len());
    }
}
