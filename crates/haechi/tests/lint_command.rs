//! `haechi lint` as users and build servers run it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A namespace with one policy that selects nothing, at lines that tests know.
const OBJECTS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
";

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: front
  namespace: shop
spec:
  podSelector:
    matchLabels: {app: wbe}
  ingress:
  - ports:
    - port: 8080
";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    command.current_dir(folder).stdin(Stdio::null()).arg("lint");
    for variable in haechi::env::ALL {
        command.env_remove(variable.name);
    }
    command.args(arguments).output().expect("it runs")
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("it is text")
}

#[track_caller]
fn ends(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = lint(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}{said}",
        printed(&output)
    );
    printed(&output)
}

#[test]
fn findings_are_shown_with_their_lines() {
    let folder = folder(&[("objects.yaml", OBJECTS), ("policy.yaml", POLICY)]);
    insta::assert_snapshot!(ends(folder.path(), &["-f", "."], 1), @r#"
    warning[HNP010]: shop/NetworkPolicy/front selects no pod: none matches app=wbe
     --> policy.yaml:8:5
      |
    8 |     matchLabels: {app: wbe}
      |     ^^^^^^^^^^^
      = hint: did you mean app: web?

    1 warning in 1 policy. What one means: haechi lint --explain HNP010
    Profile: kubernetes (the sources show no data plane)
    "#);
}

#[test]
fn warnings_and_errors_fail_and_notes_do_not() {
    let right = POLICY.replace("wbe", "web");
    let clean = folder(&[("a.yaml", OBJECTS), ("b.yaml", &right)]);
    insta::assert_snapshot!(ends(clean.path(), &["-f", "."], 0), @r#"
    Nothing found in 1 policy.
    Profile: kubernetes (the sources show no data plane)
    "#);
    let noted = folder(&[("a.yaml", OBJECTS), ("b.yaml", &right.replace("8080", "8081"))]);
    assert!(ends(noted.path(), &["-f", "."], 0).contains("note[HNP023]"));
    let invalid = folder(&[("a.yaml", OBJECTS), ("b.yaml", &right.replace("8080", "80800"))]);
    assert!(ends(invalid.path(), &["-f", "."], 1).contains("error[HNP002]"));
}

#[test]
fn what_cannot_be_read_ends_as_an_error() {
    let folder = folder(&[("a.yaml", OBJECTS), ("b.yaml", "kind: [")]);
    assert!(ends(folder.path(), &["-f", "."], 2).contains("error[HNP001]"));
    // Leaving the finding out makes nothing readable.
    ends(folder.path(), &["-f", ".", "--ignore", "HNP001"], 2);
    ends(folder.path(), &["-f", "nowhere.yaml"], 2);
}

#[test]
fn findings_are_left_out_by_code_severity_and_namespace() {
    let folder = folder(&[("a.yaml", OBJECTS), ("b.yaml", POLICY)]);
    ends(folder.path(), &["-f", ".", "--ignore", "hnp010"], 0);
    ends(folder.path(), &["-f", ".", "--ignore", "policy-selects-nothing"], 0);
    ends(folder.path(), &["-f", ".", "--ignore", "HNP011"], 1);
    ends(folder.path(), &["-f", ".", "--min-severity", "error"], 0);
    ends(folder.path(), &["-f", ".", "-n", "shop"], 1);
    let other = OBJECTS.replace("shop", "other");
    std::fs::write(folder.path().join("c.yaml"), other).expect("it can be written");
    ends(folder.path(), &["-f", ".", "-n", "other"], 0);
    ends(folder.path(), &["-f", ".", "-n", "other", "-A"], 1);
    ends(folder.path(), &["-f", ".", "--ignore", "HNP777"], 2);
}

#[test]
fn a_finding_is_accepted_where_it_stands() {
    let accepts = |policy: String| {
        let folder = folder(&[("a.yaml", OBJECTS), ("b.yaml", &policy)]);
        let output = lint(folder.path(), &["-f", "."]);
        (output.status.code(), printed(&output).contains("1 more is accepted"))
    };
    let annotated = |codes: &str| {
        POLICY.replace(
            "metadata:",
            &format!("metadata:\n  annotations: {{haechi.dev/lint-ignore: \"{codes}\"}}"),
        )
    };
    assert_eq!(accepts(annotated("HNP010")), (Some(0), true));
    assert_eq!(accepts(annotated("HNP023, HNP010")), (Some(0), true));
    assert_eq!(accepts(annotated("HNP011")), (Some(1), false));
    // The finding stands at the first line of the selector.
    let selector = "    matchLabels: {app: wbe}";
    let before = POLICY.replace(selector, &format!("    # haechi: ignore HNP010\n{selector}"));
    assert_eq!(accepts(before), (Some(0), true));
    assert_eq!(
        accepts(POLICY.replace(selector, &format!("{selector} # haechi: ignore HNP010"))),
        (Some(0), true)
    );
    assert_eq!(
        accepts(POLICY.replace("spec:", "# haechi: ignore HNP010\nspec:")),
        (Some(1), false)
    );
    // Another object's annotation says nothing of this one.
    let other = annotated("HNP010").replace("wbe", "web").replace("front", "other");
    assert_eq!(accepts(format!("{other}---\n{POLICY}")), (Some(1), false));
}

#[test]
fn codes_are_explained() {
    let nowhere = folder(&[]);
    insta::assert_snapshot!(ends(nowhere.path(), &["--explain", "HNP022"], 0), @r#"
    HNP022 service-port-instead-of-target-port (warning)

    The rule opens the port of a Service, while the pods behind it listen on its
    targetPort. Policies judge a connection at the pods, after the Service's address
    was replaced, so the rule opens a port on which nothing listens and leaves the
    real one shut.

    For example

        kind: Service
        spec:
          ports: [{port: 80, targetPort: 8080}]
        ---
        ingress:
          - ports: [{port: 80}]

    What to do

    Open the pods' port, by number or, better, by the name that the container gives
    it.
    "#);
    assert_eq!(
        ends(nowhere.path(), &["--explain", "service-port-instead-of-target-port"], 0),
        ends(nowhere.path(), &["--explain", "hnp022"], 0)
    );
    ends(nowhere.path(), &["--explain", "HNP2"], 2);
}

#[test]
fn as_workflow_commands() {
    let folder = folder(&[("a.yaml", OBJECTS), ("policies, all/b%.yaml", POLICY)]);
    insta::assert_snapshot!(ends(folder.path(), &["-f", ".", "-o", "github"], 1), @r#"
    ::warning file=policies%2C all/b%25.yaml,line=8,col=5,title=HNP010 policy-selects-nothing::shop/NetworkPolicy/front selects no pod: none matches app=wbe%0Adid you mean app: web?
    "#);
}

#[test]
fn as_junit() {
    let folder = folder(&[("a.yaml", OBJECTS), ("b.yaml", POLICY)]);
    insta::assert_snapshot!(ends(folder.path(), &["-f", ".", "-o", "junit"], 1), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="haechi lint" tests="2" failures="1" errors="0">
      <testsuite name="a.yaml" tests="1" failures="0" errors="0" skipped="0" time="0">
        <testcase classname="a.yaml" name="no findings" file="a.yaml" time="0"/>
      </testsuite>
      <testsuite name="b.yaml" tests="1" failures="1" errors="0" skipped="0" time="0">
        <testcase classname="shop/NetworkPolicy/front" name="HNP010 policy-selects-nothing at 8:5" file="b.yaml" line="8" time="0"><failure type="warning" message="shop/NetworkPolicy/front selects no pod: none matches app=wbe">b.yaml:8:5: warning[HNP010] shop/NetworkPolicy/front selects no pod: none matches app=wbe
    hint: did you mean app: web?</failure></testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn as_json() {
    let folder = folder(&[("a.yaml", OBJECTS), ("b.yaml", POLICY)]);
    insta::assert_snapshot!(ends(folder.path(), &["-f", ".", "-o", "json"], 1), @r#"
    {
      "schemaVersion": "haechi.dev/lint/v1",
      "profile": "kubernetes",
      "accepted": 0,
      "findings": [
        {"code": "HNP010", "name": "policy-selects-nothing", "severity": "warning", "file": "b.yaml", "line": 8, "column": 5, "object": "shop/NetworkPolicy/front", "message": "shop/NetworkPolicy/front selects no pod: none matches app=wbe", "hint": "did you mean app: web?"}
      ]
    }
    "#);
}

#[test]
fn as_sarif() {
    let folder = folder(&[
        ("a.yaml", OBJECTS),
        ("b.yaml", &format!("# Moves lines.\n{POLICY}")),
        ("c.yaml", POLICY),
    ]);
    let text = ends(
        folder.path(),
        &["-f", ".", "-o", "sarif", "--min-severity", "warning"],
        1,
    );
    let log: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("it fits")];
        assert_eq!(rule["id"], result["ruleId"]);
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().is_some_and(|t| !t.is_empty()), "{rule}");
        }
        assert!(result["message"]["text"].as_str().is_some_and(|t| !t.is_empty()));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        assert!(place["region"]["startLine"].as_u64() >= Some(1) && place["region"]["startColumn"].as_u64() >= Some(1));
    }
    let selects: Vec<_> = results.iter().filter(|r| r["ruleId"] == "HNP010").collect();
    let [one] = *selects else { panic!("{results:?}") };
    insta::assert_snapshot!(serde_json::to_string_pretty(one).expect("it is JSON"), @r#"
    {
      "level": "warning",
      "locations": [
        {
          "logicalLocations": [
            {
              "fullyQualifiedName": "shop/NetworkPolicy/front",
              "kind": "resource"
            }
          ],
          "physicalLocation": {
            "artifactLocation": {
              "uri": "c.yaml",
              "uriBaseId": "%SRCROOT%"
            },
            "region": {
              "startColumn": 5,
              "startLine": 8
            }
          }
        }
      ],
      "message": {
        "text": "shop/NetworkPolicy/front selects no pod: none matches app=wbe. Hint: did you mean app: web?"
      },
      "partialFingerprints": {
        "haechi/v1": "667e662703ab7910:1"
      },
      "ruleId": "HNP010",
      "ruleIndex": 9
    }
    "#);
}

/// A fingerprint names a finding, not the line that it stands at today.
#[test]
fn fingerprints_outlive_lines() {
    let print = |text: &str| {
        let folder = folder(&[("a.yaml", OBJECTS), ("b.yaml", text)]);
        let log: serde_json::Value =
            serde_json::from_str(&ends(folder.path(), &["-f", ".", "-o", "sarif"], 1)).expect("it is JSON");
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        let selects = results.iter().find(|r| r["ruleId"] == "HNP010").expect("it is found");
        selects["partialFingerprints"].clone()
    };
    assert_eq!(print(POLICY), print(&format!("# One more line.\n\n{POLICY}")));
    assert_ne!(print(POLICY), print(&POLICY.replace("front", "back")));
}
