//! The cases of `corpora/`, and of the collection that they are taken from where it is there: every probe is asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use haechi_engine::{Compiled, compile};
use haechi_model::{Profile, Protocol, Severity};
use haechi_policy::PolicySet;
use haechi_source::{Options, Snapshot, read_texts};
use serde::Deserialize;

#[path = "asking/peers.rs"]
mod peers;
#[path = "asking/printed.rs"]
mod printed;

/// A probe whose recorded answer is not the specification's, and the sentence that says so.
struct Exception {
    case: &'static str,
    from: &'static str,
    to: &'static str,
    protocol: &'static str,
    port: u16,
    sentence: &'static str,
}

/// The probes that the specification answers otherwise.
const EXCEPTIONS: &[Exception] = &[];

/// What is expected of a case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    schema_version: String,
    profile: String,
    evaluators: BTreeMap<char, String>,
    peers: Vec<String>,
    #[serde(default)]
    changed: Vec<(usize, usize)>,
    probes: Vec<Probe>,
}

/// Source, destination, protocol, port, the answer (before and after a change) and who gave it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Probe {
    Case(usize, usize, String, u16, String, String),
    Change(usize, usize, String, u16, String, String, String),
}

/// What asking cases has come to.
#[derive(Default)]
struct Tally {
    cases: usize,
    probes: usize,
    failures: Vec<String>,
    exceptions: Vec<usize>,
}

#[test]
fn the_chosen_cases_agree() {
    let tally = ask_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/kubernetes"));
    assert_eq!(
        (tally.cases, tally.probes),
        (52, 7629),
        "cases or probes have gone missing"
    );
    tally.finish();
}

/// The whole collection, where it is there.
#[test]
fn all_cases_agree() {
    let named = std::env::var_os(haechi::env::HAECHI_CORPORA.name).map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = named.clone().unwrap_or(beside).join("kubernetes");
    if named.is_none() && !folder.is_dir() {
        eprintln!("the whole collection is not beside the checkout: only the chosen cases are asked");
        return;
    }
    let tally = ask_all(&folder);
    assert!(tally.cases > 0, "there are no cases in {}", folder.display());
    tally.finish();
}

impl Tally {
    fn finish(self) {
        let Self {
            cases,
            probes,
            failures,
            ..
        } = self;
        let shown: Vec<&str> = failures.iter().take(50).map(String::as_str).collect();
        assert!(
            failures.is_empty(),
            "{cases} cases, {probes} probes, {} disagree\n{}",
            failures.len(),
            shown.join("\n")
        );
        eprintln!("{cases} cases, {probes} probes agree");
    }
}

#[test]
fn every_exception_says_why_and_is_met() {
    let tally = ask_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/kubernetes"));
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(!exception.sentence.is_empty());
        assert!(
            tally.exceptions.contains(&index),
            "{} is no exception any longer",
            exception.case
        );
    }
}

/// What `haechi reach -o json` prints answers the probes of a case of each kind, too.
#[test]
fn the_command_prints_what_the_library_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/kubernetes");
    let (mut verdicts, mut failures) = (BTreeMap::new(), Vec::new());
    for case in [
        "np/case-005",
        "np/case-041",
        "np/case-056",
        "anp/case-003",
        "cnp/case-049",
    ] {
        let text = std::fs::read_to_string(folder.join(case).join("expected.json")).expect("a case can be read");
        let expected: Expected = serde_json::from_str(&text).expect("a case says what is expected");
        let printed = printed::reach(&folder.join(case).join("manifests.yaml"));
        for probe in &expected.probes {
            let Probe::Case(from, to, protocol, port, answer, _) = probe else {
                panic!("{case} is one version of a cluster");
            };
            let (from, to) = (&expected.peers[*from], &expected.peers[*to]);
            let got = printed.answer(from, to, protocol, *port);
            *verdicts.entry(answer.clone()).or_insert(0) += 1;
            if got != answer {
                failures.push(format!(
                    "{case}: {from} to {to} on {protocol} {port}: {got}, expected {answer}"
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} disagree\n{}",
        failures.len(),
        failures.join("\n")
    );
    let all: Vec<&str> = verdicts.keys().map(String::as_str).collect();
    assert_eq!(all, ["allow", "deny", "undefined"], "every verdict is asked for");
}

fn ask_all(folder: &Path) -> Tally {
    let mut cases = Vec::new();
    find_cases(folder, &mut cases);
    cases.sort();
    let mut tally = Tally::default();
    for case in cases {
        let name = case
            .strip_prefix(folder)
            .expect("a case lies in its folder")
            .display()
            .to_string();
        ask_case(&name, &case, &mut tally);
    }
    tally
}

fn find_cases(folder: &Path, cases: &mut Vec<PathBuf>) {
    if folder.join("expected.json").is_file() {
        cases.push(folder.to_owned());
        return;
    }
    for entry in std::fs::read_dir(folder).expect("a folder of cases can be read") {
        let path = entry.expect("a folder of cases can be read").path();
        if path.is_dir() {
            find_cases(&path, cases);
        }
    }
}

fn ask_case(name: &str, folder: &Path, tally: &mut Tally) {
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).expect("a case can be read");
    let expected: Expected = serde_json::from_str(&read("expected.json")).expect("a case says what is expected");
    assert!(!expected.probes.is_empty(), "{name}: there are no probes");
    let sides: &[&str] = match expected.schema_version.as_str() {
        "haechi.dev/cases/v1" => &[""],
        "haechi.dev/cases-diff/v1" => &["old/", "new/"],
        other => panic!("{name}: unknown schema {other}"),
    };
    let profile: Profile = expected.profile.parse().expect("a case names a profile");
    let snapshots: Vec<Snapshot> = sides
        .iter()
        .map(|side| {
            let path = format!("{side}manifests.yaml");
            read_texts(vec![(path.clone(), read(&path))], &Options::default())
        })
        .collect();
    let lower = |s: &Snapshot| haechi_policy::dialect::lower(&s.policies, profile, &mut Vec::new());
    let policies: Vec<PolicySet> = snapshots.iter().map(lower).collect();
    let compiled: Vec<Compiled<'_>> = snapshots
        .iter()
        .zip(&policies)
        .map(|(s, p)| compile(&s.cluster, p))
        .collect();
    tally.cases += 1;
    for snapshot in &snapshots {
        let faults = snapshot.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        let wrong = faults.map(|d| format!("{name}: {} {}", snapshot.files.show(d.location), d.message));
        tally.failures.extend(wrong);
    }
    for probe in &expected.probes {
        let (from, to, protocol, port, answers, who) = match probe {
            Probe::Case(from, to, protocol, port, answer, who) => (from, to, protocol, port, vec![answer], who),
            Probe::Change(from, to, protocol, port, old, new, who) => (from, to, protocol, port, vec![old, new], who),
        };
        assert_eq!(
            answers.len(),
            sides.len(),
            "{name}: a probe has another number of answers"
        );
        let (from, to) = (&expected.peers[*from], &expected.peers[*to]);
        for ((side, compiled), answer) in sides.iter().zip(&compiled).zip(answers) {
            tally.probes += 1;
            let Err(wrong) = ask(compiled, from, to, protocol, *port, answer) else {
                continue;
            };
            let is_it = |e: &Exception| (e.case, e.from, e.to, e.protocol, e.port) == (name, from, to, protocol, *port);
            if let Some(index) = EXCEPTIONS.iter().position(is_it) {
                tally.exceptions.push(index);
                continue;
            }
            let who: Vec<&str> = who
                .chars()
                .map(|letter| expected.evaluators[&letter].as_str())
                .collect();
            let who = who.join(", ");
            tally.failures.push(format!(
                "{name}/{side}: {from} to {to} on {protocol} {port}: {wrong} ({who})"
            ));
        }
    }
    for &(from, to) in &expected.changed {
        let (from, to) = (&expected.peers[from], &expected.peers[to]);
        let outcomes: Vec<_> = compiled
            .iter()
            .map(|c| {
                let asked = peers::ask(c, from, to, Protocol::Tcp, 1).expect("both peers are in both versions");
                asked.into_iter().map(|a| a.outcome).collect::<Vec<_>>()
            })
            .collect();
        if outcomes[0] == outcomes[1] {
            tally.failures.push(format!("{name}: {from} to {to} has not changed"));
        }
    }
}

fn ask(compiled: &Compiled<'_>, from: &str, to: &str, protocol: &str, port: u16, answer: &str) -> Result<(), String> {
    let protocol = Protocol::named(protocol).ok_or("unknown protocol")?;
    for asked in peers::ask(compiled, from, to, protocol, port)? {
        let verdict = asked.outcome.on(protocol, asked.port);
        if verdict.to_string() != answer {
            let (from, to) = (asked.from, asked.to);
            return Err(format!("{verdict}, expected {answer}, between {from:?} and {to:?}"));
        }
    }
    Ok(())
}
