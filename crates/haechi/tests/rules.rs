//! The rules of the specification, each a page in `rules/` that people read and this test checks.
//!
//! `literate/page.rs` says how a page is written.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use haechi_engine::{Compiled, Decision, Explanation, Reason, Verdict, compile};
use haechi_model::{Diagnostic, Profile};
use haechi_source::{Options, Snapshot, read_texts};

use page::{Because, Finding, Page, Probe, Section};
use peers::Asked;

#[path = "literate/page.rs"]
mod page;
#[path = "asking/peers.rs"]
mod peers;

/// The last of the rules about the kinds of Kubernetes' own projects.
const RULES: u8 = 28;

#[test]
fn every_rule_holds() {
    let pages = pages();
    let covered: Vec<u8> = pages.iter().map(|(_, rule, _)| *rule).collect();
    let missing: Vec<u8> = (1..=RULES).filter(|rule| !covered.contains(rule)).collect();
    assert!(missing.is_empty(), "no page is about the rules {missing:?}");
    let failures: Vec<String> = pages
        .iter()
        .flat_map(|(path, rule, text)| check(path, *rule, text))
        .collect();
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The pages, each with its name and the number that it begins with.
fn pages() -> Vec<(String, u8, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let entries = std::fs::read_dir(&folder).expect("the folder of rules is there");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("the folder can be read").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .expect("a page has a name")
                .to_owned();
            let rule = name.split_once('-').and_then(|(number, _)| number.parse().ok());
            let rule = rule.unwrap_or_else(|| panic!("{name} does not begin with the number of a rule"));
            let text = std::fs::read_to_string(&path).expect("a page can be read");
            (format!("tests/rules/{name}"), rule, text)
        })
        .collect()
}

/// What is wrong with a page, a line for each row that does not hold.
fn check(name: &str, rule: u8, text: &str) -> Vec<String> {
    let page = match Page::read(text) {
        Ok(page) => page,
        Err(fault) => return vec![format!("{name}:{}: {}", fault.line, fault.message)],
    };
    if page.rule != rule {
        return vec![format!("{name}:1: the title is about rule {}", page.rule)];
    }
    page.sections
        .iter()
        .flat_map(|section| check_section(name, section))
        .collect()
}

fn check_section(name: &str, section: &Section) -> Vec<String> {
    let texts = section
        .manifests
        .iter()
        .map(|text| (name.to_owned(), text.clone()))
        .collect();
    let snapshot = read_texts(texts, &Options::default());
    let mut failures = check_findings(name, section, &snapshot);
    for profile in Profile::ALL {
        let probes: Vec<&Probe> = section.probes.iter().filter(|p| p.profile == profile).collect();
        if probes.is_empty() {
            continue;
        }
        let policies = haechi_policy::dialect::lower(&snapshot.policies, profile, &mut Vec::new());
        let compiled = compile(&snapshot.cluster, &policies);
        failures.extend(probes.into_iter().filter_map(|probe| {
            let wrong = check_probe(probe, &compiled).err()?;
            let Probe {
                line,
                from,
                to,
                protocol,
                port,
                ..
            } = probe;
            Some(format!(
                "{name}:{line}: {profile}: {from} to {to} on {protocol} {port}: {wrong}"
            ))
        }));
    }
    failures
}

fn check_probe(probe: &Probe, compiled: &Compiled<'_>) -> Result<(), String> {
    for asked in peers::ask(compiled, &probe.from, &probe.to, probe.protocol, probe.port)? {
        let verdict = asked.outcome.on(probe.protocol, asked.port);
        let explanation = compiled.explain(&asked.from, &asked.to);
        if verdict != probe.verdict {
            let why = show_decisions(&explanation, probe, &asked);
            return Err(format!("expected {}, got {verdict}{why}", probe.verdict));
        }
        match &probe.because {
            Some(Because::Line(line)) if verdict != Verdict::Undefined => {
                let lines = deciding_lines(&explanation, probe, &asked);
                if !lines.contains(line) {
                    return Err(format!("{verdict} is due to line {line}, but was to {lines:?}"));
                }
            }
            Some(Because::Word(word)) if verdict == Verdict::Undefined => {
                let words: Vec<&str> = asked.outcome.reasons.iter().map(Reason::word).collect();
                if !words.contains(&word.as_str()) {
                    return Err(format!("undefined is due to {word}, but was to {words:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The lines where what decided starts: rules, and policies that isolate.
///
/// For a denial those at an end that denies, for an allowance those at both ends.
fn deciding_lines(explanation: &Explanation<'_>, probe: &Probe, asked: &Asked) -> Vec<u32> {
    explanation
        .judgements()
        .filter(|j| j.outcome.on(probe.protocol, asked.port) == probe.verdict)
        .flat_map(|j| match j.decision(probe.protocol, asked.port) {
            Decision::Rule(_, step) => vec![step.rule.location.line],
            Decision::Isolated(policies) => policies.iter().map(|p| p.location.line).collect(),
            Decision::Open | Decision::Undefined(..) => Vec::new(),
        })
        .collect()
}

fn show_decisions(explanation: &Explanation<'_>, probe: &Probe, asked: &Asked) -> String {
    let mut text = String::new();
    for judgement in explanation.judgements() {
        let _ = write!(text, "; {}: ", judgement.direction);
        let _ = match judgement.decision(probe.protocol, asked.port) {
            Decision::Rule(policy, step) => write!(text, "{} at line {}", policy.id, step.rule.location.line),
            Decision::Isolated(policies) => {
                let ids: Vec<String> = policies.iter().map(|p| p.id.to_string()).collect();
                write!(text, "isolated by {}", ids.join(", "))
            }
            Decision::Open => write!(text, "open"),
            Decision::Undefined(..) => {
                let words: Vec<&str> = judgement.outcome.reasons.iter().map(Reason::word).collect();
                write!(text, "undefined, {}", words.join(", "))
            }
        };
    }
    text
}

/// Every finding is met by a row, and every row by a finding.
fn check_findings(name: &str, section: &Section, snapshot: &Snapshot) -> Vec<String> {
    let mut found: Vec<&Diagnostic> = snapshot.diagnostics.iter().collect();
    let mut failures = Vec::new();
    for Finding {
        line,
        at,
        code,
        message,
    } in &section.findings
    {
        let meets = |d: &&Diagnostic| d.location.line == *at && d.code.0 == code && d.message.contains(message);
        match found.iter().position(meets) {
            Some(index) => drop(found.remove(index)),
            None => failures.push(format!(
                "{name}:{line}: nothing is found at line {at} like {code} {message}"
            )),
        }
    }
    failures.extend(found.into_iter().map(|d| {
        let place = snapshot.files.show(d.location);
        format!("{place}: no table says: {} {} {}", d.severity, d.code, d.message)
    }));
    let unknown = snapshot.unknown_kinds.iter();
    failures.extend(unknown.map(|k| format!("{}: the kind {} is not known", snapshot.files.show(k.first), k.kind)));
    failures
}

mod what_is_no_page {
    use super::page::Page;

    fn fault(text: &str) -> String {
        let fault = Page::read(text).expect_err("this is no page");
        format!("{}: {}", fault.line, fault.message)
    }

    const MANIFEST: &str = "\n```yaml\nkind: Pod # (1)\n```\n\n";

    #[test]
    fn an_empty_table() {
        let text = format!("# 1. Rule\n{MANIFEST}| from | to | port | verdict |\n|---|---|---|---|\n");
        assert_eq!(fault(&text), "7: a table is empty");
    }

    #[test]
    fn no_table_or_no_manifest() {
        assert_eq!(
            fault(&format!("# 1. Rule\n{MANIFEST}")),
            "1: a section needs a manifest and a table"
        );
        let table = "| from | to | port | verdict |\n|---|---|---|---|\n| a | b | TCP 80 | deny |\n";
        assert_eq!(
            fault(&format!("# 1. Rule\n\n{table}")),
            "1: a section needs a manifest and a table"
        );
        let section = format!("# 1. Rule\n{MANIFEST}{table}\n## Another\n");
        assert_eq!(fault(&section), "11: a section needs a manifest and a table");
    }

    #[test]
    fn no_title() {
        assert_eq!(fault("Some text.\n"), "1: a page needs a title");
        assert_eq!(fault("# A rule\n"), "1: a page's title starts with its rule's number");
    }

    #[test]
    fn a_column_verdict_port_or_mark_that_is_none() {
        let page = |head: &str, row: &str| {
            let rule = "|---".repeat(head.matches('|').count() - 1);
            fault(&format!("# 1. Rule\n{MANIFEST}{head}\n{rule}|\n{row}\n"))
        };
        let head = "| from | to | port | verdict | because |";
        assert_eq!(
            page("| from | to | port | linux |", "| a | b | TCP 80 | deny |"),
            "7: no profile is called \"linux\"; there are kubernetes, calico, cilium, aws, haechi"
        );
        assert_eq!(
            page("| from | to | port |", "| a | b | TCP 80 |"),
            "7: a table of questions begins with from, to, port and a verdict"
        );
        assert_eq!(page(head, "| a | b | TCP 80 | denied | |"), "9: no verdict: denied");
        assert_eq!(page(head, "| a | b | 80 | deny | |"), "9: no port: 80");
        assert_eq!(
            page(head, "| a | b | TCP 80 | deny | (2) |"),
            "9: no line of the manifests is marked (2)"
        );
        assert_eq!(
            page(head, "| a | b | TCP 80 | deny | |"),
            "4: nothing is said of the mark (1)"
        );
    }
}
