//! Whether expectations hold, and where they do not.

use haechi_engine::locality::Locality;
use haechi_engine::{End, Meeting, Outcome, Reason, Reasons, Verdict};
use haechi_model::port::PortRange;
use haechi_model::{Location, PortSet, Protocol};

use super::cause::{self, Cause};
use super::crowd::{Crowd, Destination, Fault, Finder, Found, Role};
use super::read::{Ends, Expect, Ports, Probe, Question, Test};
use crate::port::{Port, PortQuery, Unsaid};

/// What became of a probe.
#[derive(Clone, Debug)]
pub enum Verdicts<'a> {
    /// It holds, for so many pairs of pods and addresses.
    Holds(u64),
    /// It does not.
    Fails(Failure<'a>),
    /// It could not be asked.
    Faulty(Vec<Fault>),
}

/// Where an expectation does not hold.
#[derive(Clone, Debug)]
pub struct Failure<'a> {
    /// The connections that are not as expected, those alike together.
    pub counters: Vec<Counter>,
    /// Why the first of them is not.
    pub causes: Vec<Cause<'a>>,
}

/// Connections that are not as expected, for the same reason.
#[derive(Clone, Debug)]
pub struct Counter {
    /// What was expected of them.
    pub expected: Expect,
    /// What they meet.
    pub verdict: Verdict,
    /// Why it is undefined.
    pub reasons: Reasons,
    /// Who begins to talk, in names.
    pub from: Vec<String>,
    /// Who is talked to, in names.
    pub to: Vec<String>,
    /// On which ports.
    pub ports: PortSet,
    /// Whether they are those that the probe does not list.
    pub unlisted: bool,
}

/// A probe with its ends found.
struct Resolved<'t> {
    probe: &'t Probe,
    /// In the order of [`Question::lists`].
    sides: Result<[Found; 2], Fault>,
}

/// Judges every probe of a test, in its order.
pub(super) fn judge<'a>(test: &Test, finder: Finder<'a>) -> Vec<Verdicts<'a>> {
    let resolved: Vec<Resolved<'_>> = test
        .probes
        .iter()
        .map(|probe| Resolved {
            probe,
            sides: sides(&probe.question, finder),
        })
        .collect();
    let spec: Vec<Fault> = test.later.iter().map(|l| later(&l.what, l.location)).collect();
    (0..resolved.len())
        .map(|place| {
            let own = resolved[place].probe.later.iter();
            let faults: Vec<Fault> = spec
                .iter()
                .cloned()
                .chain(own.map(|l| later(&l.what, l.location)))
                .collect();
            if !faults.is_empty() {
                return Verdicts::Faulty(faults);
            }
            match answer(&resolved, place, finder) {
                Ok(verdict) => verdict,
                Err(fault) => Verdicts::Faulty(vec![fault]),
            }
        })
        .collect()
}

fn later(what: &str, location: Location) -> Fault {
    Fault::new(location, format!("`{what}` is not supported yet"))
}

fn sides(question: &Question, finder: Finder<'_>) -> Result<[Found; 2], Fault> {
    let find = |ends: &Ends, role| finder.find(ends, role);
    Ok(match question {
        Question::Pairs { from, to } => [find(from, Role::Source)?, find(to, Role::Destination)?],
        Question::OnlyFrom { only, to } => [find(only, Role::Source)?, find(to, Role::Destination)?],
        Question::OnlyTo { from, only } => [find(from, Role::Source)?, find(only, Role::Destination)?],
    })
}

fn answer<'a>(all: &[Resolved<'_>], place: usize, finder: Finder<'a>) -> Result<Verdicts<'a>, Fault> {
    let Resolved { probe, sides } = &all[place];
    let sides = sides.clone()?;
    let queries = queries(all, place, &sides, finder)?;
    let [from, to] = settle(all, place, sides, &queries, finder)?;
    let mut found = Findings::default();
    let port_place = probe.location;
    match &probe.question {
        Question::Pairs { .. } => {
            let expected = probe.expect.unwrap_or(Expect::Allow);
            let to = finder.destinations(&to, &queries, port_place)?;
            found.each(&finder.sources(&from), &to, expected, finder);
        }
        Question::OnlyFrom { .. } => {
            let others = finder.complement(&from, Role::Source);
            let to = finder.destinations(&to, &queries, port_place)?;
            found.nobody(&finder.sources(&others), &to, finder);
            if probe.expect.is_some() {
                found.each(&finder.sources(&from), &to, Expect::Allow, finder);
            }
        }
        Question::OnlyTo { .. } => {
            let others = finder.complement(&to, Role::Destination);
            let others = finder.destinations(&others, &queries, port_place)?;
            let from = finder.sources(&from);
            found.nobody(&from, &others, finder);
            if probe.expect.is_some() {
                let to = finder.destinations(&to, &queries, port_place)?;
                found.each(&from, &to, Expect::Allow, finder);
            }
        }
    }
    Ok(found.finish(finder))
}

/// The ports that a probe is about.
fn queries(
    all: &[Resolved<'_>],
    place: usize,
    sides: &[Found; 2],
    finder: Finder<'_>,
) -> Result<Vec<PortQuery>, Fault> {
    let probe = all[place].probe;
    let protocol = match &probe.ports {
        Ports::These(queries) => return Ok(queries.clone()),
        Ports::Every => return Ok(every_port()),
        Ports::EveryOther(protocol) => *protocol,
    };
    let protocols = protocol.map_or_else(|| Protocol::WITH_PORTS.to_vec(), |p| vec![p]);
    let Some(subject) = subject(&probe.question) else {
        let fault = Fault::new(
            probe.location,
            "`every other` port needs one end that other probes name as well",
        );
        return Err(fault);
    };
    let mut named = PortSet::NONE;
    for other in all {
        let Ports::These(queries) = &other.probe.ports else {
            continue;
        };
        let Ok(other_sides) = &other.sides else { continue };
        // Whoever asks about the other end names ports of that one.
        let is_about_it = self::subject(&other.probe.question).is_none_or(|s| s == subject);
        if !is_about_it || other_sides[subject] != sides[subject] {
            continue;
        }
        let declared = match &other_sides[1] {
            Found::These(crowd) => crowd
                .endpoints
                .iter()
                .flat_map(|e| finder.compiled.cluster().endpoints[*e].ports.iter().cloned())
                .collect(),
            Found::Else => Vec::new(),
        };
        for query in queries {
            named = named.union(&query.ports(&declared, Unsaid::Tcp));
        }
    }
    let mut rest = Vec::new();
    for protocol in protocols {
        for PortRange { from, to, .. } in PortSet::protocol(protocol).difference(&named).ranges() {
            rest.push(PortQuery {
                protocol: Some(protocol),
                port: Port::Numbers(from, to),
            });
        }
    }
    if rest.is_empty() {
        return Err(Fault::new(
            probe.location,
            "the other probes leave no port, so that nothing is tested",
        ));
    }
    Ok(rest)
}

fn every_port() -> Vec<PortQuery> {
    let every = Protocol::WITH_PORTS.map(|protocol| PortQuery {
        protocol: Some(protocol),
        port: Port::Any,
    });
    every.to_vec()
}

/// The side that a question is about: the one beside `only`, or the one that is not everything; `None` if both or
/// neither is.
fn subject(question: &Question) -> Option<usize> {
    use super::read::EndKind;
    let is_broad = |ends: &Ends| {
        ends.items.iter().any(|e| match &e.kind {
            EndKind::Selected(selected) => selected.pods.is_none(),
            EndKind::Everything | EndKind::EveryPod | EndKind::EveryAddress | EndKind::EverythingElse => true,
            EndKind::Named(_) | EndKind::Later(_) => false,
        })
    };
    match question {
        Question::OnlyFrom { .. } => Some(1),
        Question::OnlyTo { .. } => Some(0),
        Question::Pairs { from, to } => match (is_broad(from), is_broad(to)) {
            (true, false) => Some(1),
            (false, true) => Some(0),
            (true, true) | (false, false) => None,
        },
    }
}

/// Both sides, `everything else` among them in the place of what it stands for.
fn settle(
    all: &[Resolved<'_>],
    place: usize,
    sides: [Found; 2],
    queries: &[PortQuery],
    finder: Finder<'_>,
) -> Result<[Crowd; 2], Fault> {
    let probe = all[place].probe;
    let numbers = |queries: &[PortQuery]| {
        let sets = queries.iter().map(|q| match q.port {
            // By what number a name goes does not matter to whether two probes speak of the same.
            Port::Named(_) => PortSet::with_ports(),
            Port::Any | Port::Numbers(..) => q.ports(&[], Unsaid::Tcp),
        });
        sets.fold(PortSet::NONE, |all, set| all.union(&set))
    };
    let rest = |own: usize, other: &Found, role: Role| -> Result<Crowd, Fault> {
        if *other == Found::Else {
            return Err(Fault::new(probe.location, "everything else needs a definite other end"));
        }
        let mut let_by = Crowd::default();
        for candidate in all {
            let Ok(candidate_sides) = &candidate.sides else {
                continue;
            };
            let ports = match &candidate.probe.ports {
                Ports::These(ports) => ports.clone(),
                Ports::Every => every_port(),
                Ports::EveryOther(_) => continue,
            };
            let lets = match (&candidate.probe.question, candidate.probe.expect) {
                (Question::Pairs { .. }, expect) => expect == Some(Expect::Allow),
                // Those listed beside `only` may talk, whether or not they must.
                (Question::OnlyFrom { .. }, _) => own == 0,
                (Question::OnlyTo { .. }, _) => own == 1,
            };
            let same = candidate_sides[1 - own] == *other && numbers(&ports).overlaps(&numbers(queries));
            if let (true, true, Found::These(crowd)) = (lets, same, &candidate_sides[own]) {
                let_by.extend(crowd.clone());
            }
        }
        if let_by.is_empty() {
            let fault = Fault::new(
                probe.location,
                "no other probe lets anybody, so that there is nothing else",
            );
            return Err(fault.hint("write everything"));
        }
        Ok(finder.complement(&let_by, role))
    };
    let [from, to] = sides;
    Ok(match (from, to) {
        (Found::These(from), Found::These(to)) => [from, to],
        (Found::Else, to) => [rest(0, &to, Role::Source)?, definite(to)],
        (from, Found::Else) => {
            let to = rest(1, &from, Role::Destination)?;
            [definite(from), to]
        }
    })
}

fn definite(found: Found) -> Crowd {
    match found {
        Found::These(crowd) => crowd,
        Found::Else => Crowd::default(),
    }
}

/// What was found out about a probe.
#[derive(Default)]
struct Findings {
    pairs: u64,
    counters: Vec<Met>,
}

/// Connections that are not as expected.
struct Met {
    expected: Expect,
    verdict: Verdict,
    reasons: Reasons,
    from: Vec<End>,
    to: Vec<End>,
    ports: PortSet,
    locality: Locality,
    unlisted: bool,
}

impl Findings {
    /// Looks at each of these to each of those.
    fn each(&mut self, from: &[End], to: &[Destination], expected: Expect, finder: Finder<'_>) {
        for (ports, ends) in by_ports(to) {
            let meetings = finder.compiled.meetings(from, &ends);
            if let ([], [from], [to]) = (meetings.as_slice(), from, ends.as_slice()) {
                // One pod to itself.
                self.pairs += 1;
                let outcome = finder.compiled.between(from, to);
                let alone = Meeting {
                    from: vec![from.clone()],
                    to: vec![to.clone()],
                    locality: finder.compiled.locality(from, to),
                    policies: outcome.clone(),
                    pairs: 1,
                };
                self.compare(&alone, &outcome, &ports, expected);
            }
            for meeting in meetings {
                self.pairs += meeting.pairs;
                self.compare(&meeting, &meeting.outcome(), &ports, expected);
            }
        }
    }

    /// Holds all of these to being denied by policies. That a pod and its own node reach each other is no policy's
    /// doing.
    fn nobody(&mut self, from: &[End], to: &[Destination], finder: Finder<'_>) {
        let first = self.counters.len();
        for (ports, ends) in by_ports(to) {
            for meeting in finder.compiled.meetings(from, &ends) {
                if matches!(meeting.locality, Locality::Itself | Locality::OwnNode) {
                    continue;
                }
                self.pairs += meeting.pairs;
                let mut outcome = meeting.policies.clone();
                if meeting.to.iter().any(|end| matches!(end, End::Domain(_))) {
                    // What a name may resolve to is listed or not by itself.
                    let unresolved = outcome.reasons.iter().all(|r| r == Reason::NameUnresolved);
                    if unresolved {
                        outcome.undefined = PortSet::NONE;
                    }
                }
                self.compare(&meeting, &outcome, &ports, Expect::Deny);
            }
        }
        self.counters[first..].iter_mut().for_each(|met| met.unlisted = true);
    }

    fn compare(&mut self, meeting: &Meeting, outcome: &Outcome, ports: &PortSet, expected: Expect) {
        let undefined = ports.intersection(&outcome.undefined);
        let allowed = ports.intersection(&outcome.allow);
        let denied = ports.difference(&allowed).difference(&undefined);
        let verdicts = [
            (Verdict::Allow, Expect::Allow, allowed),
            (Verdict::Deny, Expect::Deny, denied),
            (Verdict::Undefined, Expect::Undefined, undefined),
        ];
        for (verdict, as_expected, ports) in verdicts {
            if as_expected == expected || ports.is_empty() {
                continue;
            }
            let reasons = if verdict == Verdict::Undefined {
                outcome.reasons
            } else {
                Reasons::NONE
            };
            self.add(Met {
                expected,
                verdict,
                reasons,
                from: meeting.from.clone(),
                to: meeting.to.clone(),
                ports,
                locality: meeting.locality,
                unlisted: false,
            });
        }
    }

    /// Adds connections to those that differ from them in one end alone.
    fn add(&mut self, met: Met) {
        let alike = |known: &&mut Met| {
            known.expected == met.expected
                && known.verdict == met.verdict
                && known.reasons == met.reasons
                && known.ports == met.ports
                && known.locality == met.locality
                && !known.unlisted
        };
        let mut known = self.counters.iter_mut().filter(alike);
        if let Some(known) = known.find(|known| known.to == met.to) {
            known.from.extend(met.from);
            return;
        }
        drop(known);
        let mut known = self.counters.iter_mut().filter(alike);
        match known.find(|known| known.from == met.from) {
            Some(known) => known.to.extend(met.to),
            None => {
                drop(known);
                self.counters.push(met);
            }
        }
    }

    fn finish(self, finder: Finder<'_>) -> Verdicts<'_> {
        let Some(first) = self.counters.first() else {
            return Verdicts::Holds(self.pairs);
        };
        let causes = cause::of(first.pair(finder), first.verdict, &first.ports, finder.compiled);
        let counters = self.counters.iter().map(|met| Counter {
            expected: met.expected,
            verdict: met.verdict,
            reasons: met.reasons,
            from: finder.names(&met.from),
            to: finder.names(&met.to),
            ports: met.ports.clone(),
            unlisted: met.unlisted,
        });
        Verdicts::Fails(Failure {
            counters: counters.collect(),
            causes,
        })
    }
}

impl Met {
    /// A pair of its ends that lie to each other as all of them do.
    fn pair(&self, finder: Finder<'_>) -> (&End, &End) {
        let mut pairs = self.from.iter().flat_map(|f| self.to.iter().map(move |t| (f, t)));
        let found = pairs.find(|(f, t)| finder.compiled.locality(f, t) == self.locality);
        found.unwrap_or((&self.from[0], &self.to[0]))
    }
}

/// Destinations by the ports that are meant.
fn by_ports(destinations: &[Destination]) -> Vec<(PortSet, Vec<End>)> {
    let mut all: Vec<(PortSet, Vec<End>)> = Vec::new();
    for Destination { end, ports } in destinations {
        match all.iter_mut().find(|(known, _)| known == ports) {
            Some((_, ends)) => ends.push(end.clone()),
            None => all.push((ports.clone(), vec![end.clone()])),
        }
    }
    for (_, ends) in &mut all {
        ends.sort();
        ends.dedup();
    }
    all
}
