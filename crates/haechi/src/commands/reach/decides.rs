//! What the data planes make of pairs that hang on them.

use haechi_engine::{Compiled, Focus, Party, Reach, Reason, Verdict, compile_for};
use haechi_model::{PortSet, Profile};
use haechi_policy::dialect;

use super::answer::{Answer, Pair};

/// How many pairs are asked about once more for each profile.
const MOST: usize = 10_000;

/// What a profile makes of all pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Decided {
    allowed: usize,
    denied: usize,
    /// On some ports this, on some that.
    mixed: usize,
    undefined: usize,
}

/// One line that says which profile decides the pairs, and how.
pub(super) fn line(answer: &Answer<'_, '_, '_>, pairs: &[Pair]) -> String {
    let profiles = Profile::ALL.into_iter().filter(|p| *p != answer.loaded.profile.profile);
    if pairs.len() > MOST {
        let names: Vec<&str> = profiles.map(Profile::name).collect();
        return format!("Name the data plane to have it decided: --profile {}.", names.join("|"));
    }
    let mut groups: Vec<(Decided, Vec<Profile>)> = Vec::new();
    for profile in profiles {
        let decided = decide(answer, pairs, profile);
        match groups.iter_mut().find(|(d, _)| *d == decided) {
            Some((_, profiles)) => profiles.push(profile),
            None => groups.push((decided, vec![profile])),
        }
    }
    let says: Vec<String> = groups
        .iter()
        .map(|(decided, profiles)| says(*decided, profiles, pairs.len()))
        .collect();
    let mut text = format!("Decided by --profile: {}.", says.join("; "));
    let hangs_on = |reason| {
        pairs
            .iter()
            .any(|p| p.connection.outcome.reasons.iter().any(|r| r == reason))
    };
    if hangs_on(Reason::AddressUnknown) {
        text.push_str(" --pod-cidr says where pods' addresses are taken from.");
    }
    if hangs_on(Reason::AddressUnknown) || hangs_on(Reason::NodeUnknown) {
        text.push_str(" Pods as a cluster shows them (kubectl get pods -A -o yaml) have addresses and nodes.");
    }
    text
}

fn decide(answer: &Answer<'_, '_, '_>, pairs: &[Pair], profile: Profile) -> Decided {
    let snapshot = &answer.loaded.snapshot;
    let policies = dialect::lower(&snapshot.policies, profile, &mut Vec::new());
    let compiled = compile_for(&snapshot.cluster, &policies, &focus(answer, pairs));
    let reach = Reach::new(&compiled, answer.by());
    let mut decided = Decided::default();
    for pair in pairs {
        let places = [pair.from, pair.to].map(|p| reach.place(same(answer, answer.party(p), &compiled)));
        let [Some(from), Some(to)] = places else { continue };
        let outcome = reach.between(from, to).outcome;
        match verdict(&pair.connection.outcome.undefined, &outcome.allow, &outcome.undefined) {
            Some(Verdict::Allow) => decided.allowed += 1,
            Some(Verdict::Deny) => decided.denied += 1,
            Some(Verdict::Undefined) => decided.undefined += 1,
            None => decided.mixed += 1,
        }
    }
    decided
}

/// The verdict on all of the ports; `None` if they differ.
fn verdict(ports: &PortSet, allow: &PortSet, undefined: &PortSet) -> Option<Verdict> {
    if ports.overlaps(undefined) {
        Some(Verdict::Undefined)
    } else if ports.is_subset(allow) {
        Some(Verdict::Allow)
    } else if ports.overlaps(allow) {
        None
    } else {
        Some(Verdict::Deny)
    }
}

/// Everybody whom the pairs are about.
fn focus(answer: &Answer<'_, '_, '_>, pairs: &[Pair]) -> Focus {
    let (cluster, space) = (answer.compiled.cluster(), answer.compiled.space());
    let mut focus = Focus::default();
    let mut endpoints: Vec<u32> = Vec::new();
    for party in pairs.iter().flat_map(|p| [p.from, p.to]).map(|p| answer.party(p)) {
        let members = match party {
            Party::Workload(workload) => cluster.endpoints_of(workload),
            Party::Endpoint(endpoint) => endpoint..endpoint + 1,
            Party::Range(atom) => {
                focus.cuts.push(space.atoms[atom].range);
                continue;
            }
            Party::Domain(domain) => {
                focus.domains.push(space.domains[domain].clone());
                continue;
            }
        };
        endpoints.extend(members.filter_map(|e| u32::try_from(e).ok()));
    }
    endpoints.sort_unstable();
    endpoints.dedup();
    focus.endpoints = Some(endpoints);
    focus
}

/// The same party in an answer of another profile.
fn same(answer: &Answer<'_, '_, '_>, party: Party, compiled: &Compiled<'_>) -> Party {
    let space = answer.compiled.space();
    match party {
        Party::Range(atom) => Party::Range(compiled.space().atom_of(space.atoms[atom].range.first()) as usize),
        Party::Domain(domain) => {
            let peer = compiled.space().domain_peer(&space.domains[domain]);
            Party::Domain((peer - compiled.space().domain_peers().start) as usize)
        }
        pods => pods,
    }
}

/// `calico and haechi allow all 12`.
fn says(decided: Decided, profiles: &[Profile], pairs: usize) -> String {
    let one = profiles.len() == 1;
    let names: Vec<&str> = profiles.iter().map(|p| p.name()).collect();
    let names = match names.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        names => names.concat(),
    };
    let verb = |plural: &'static str, singular: &'static str| if one { singular } else { plural };
    let parts: Vec<String> = [
        (decided.allowed, verb("allow", "allows"), ""),
        (decided.denied, verb("deny", "denies"), ""),
        (decided.mixed, verb("allow some ports of", "allows some ports of"), ""),
        (decided.undefined, verb("leave", "leaves"), " open"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, verb, open)| match count {
        1 if pairs == 1 => format!("{verb} it{open}"),
        _ if count == pairs => format!("{verb} all {pairs}{open}"),
        _ => format!("{verb} {count}{open}"),
    })
    .collect();
    format!("{names} {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_said_in_a_sentence() {
        let allowed = Decided {
            allowed: 12,
            ..Decided::default()
        };
        let split = Decided {
            allowed: 8,
            denied: 3,
            undefined: 1,
            ..Decided::default()
        };
        let profiles = [Profile::Calico, Profile::Aws, Profile::Haechi];
        assert_eq!(says(allowed, &profiles, 12), "calico, aws and haechi allow all 12");
        assert_eq!(
            says(split, &[Profile::Cilium], 12),
            "cilium allows 8, denies 3, leaves 1 open"
        );
        let one = Decided {
            denied: 1,
            ..Decided::default()
        };
        assert_eq!(says(one, &[Profile::Cilium], 1), "cilium denies it");
    }
}
