//! `haechi test` as users and build servers run it, on the example shop.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use haechi::testing::format::{LATER_IN_PROBES, LATER_IN_SPECS};

const TESTS: &str = "crates/haechi/tests/expectations";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the program in the root of the repository.
fn run(arguments: &[&str]) -> Output {
    run_in(&root(), arguments)
}

/// Runs the program in a folder, with nothing of the environment that changes what it prints.
fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    command.current_dir(folder).stdin(Stdio::null());
    for variable in haechi::env::ALL {
        command.env_remove(variable.name);
    }
    command.args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

/// Everything that a run left behind.
fn told(output: &Output) -> String {
    let mut told = text(&output.stdout);
    if !output.stderr.is_empty() {
        let _ = write!(told, "----- stderr -----\n{}", text(&output.stderr));
    }
    let _ = writeln!(told, "----- exit code {} -----", output.status.code().expect("it ends"));
    told
}

/// Runs tests of the folder beside this file on the shop.
fn on_the_shop(file: &str, more: &[&str]) -> Output {
    let file = format!("{TESTS}/{file}");
    let mut arguments = vec!["test", "-f", "examples/shop", &file];
    arguments.extend(more);
    run(&arguments)
}

/// A folder with one file of tests.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("test.yaml");
    std::fs::write(&path, text).expect("it can be written");
    let path = path.display().to_string();
    (folder, path)
}

/// A test with these probes, a line each.
fn test_of(spec: &str, probes: &[&str]) -> String {
    let mut text =
        format!("apiVersion: haechi.dev/v1\nkind: ReachTest\nmetadata: {{name: t}}\nspec:\n{spec}  probes:\n");
    for probe in probes {
        let _ = writeln!(text, "  - {probe}");
    }
    text
}

#[test]
fn the_shops_own_tests_hold() {
    let output = run(&["test", "-f", "examples/shop", "examples/shop/tests"]);
    insta::assert_snapshot!(told(&output));
}

/// The shop as the pull request would have it, as `shop` in a folder.
fn pull_request() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for part in ["examples/shop", "examples/shop-pr"] {
        copy(&root().join(part), &folder.path().join("shop"));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("it can be made");
    for entry in std::fs::read_dir(from).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        let target = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("it can be copied");
        }
    }
}

#[test]
fn a_pull_request_breaks_two_of_them() {
    let folder = pull_request();
    for format in ["table", "json", "junit", "github"] {
        let arguments = ["test", "-f", "shop", "shop/tests/platform.yaml", "-o", format];
        let output = run_in(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        insta::assert_snapshot!(format!("pull_request_{format}"), text(&output.stdout));
    }
}

#[test]
fn every_form_is_understood() {
    let output = on_the_shop("forms.yaml", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn what_is_wrong_is_explained() {
    insta::assert_snapshot!(told(&on_the_shop("faults.yaml", &[])));
}

#[test]
fn what_cannot_be_asked_is_an_error_for_build_servers() {
    let junit = text(&on_the_shop("faults.yaml", &["-o", "junit"]).stdout);
    assert!(junit.contains(r#"tests="14" failures="7" errors="7""#), "{junit}");
    assert_eq!(junit.matches("<failure ").count(), 7, "{junit}");
    assert_eq!(junit.matches("<error ").count(), 7, "{junit}");
    let broken = text(&on_the_shop("broken.yaml", &["-o", "junit"]).stdout);
    assert!(broken.contains(r#"tests="12" failures="0" errors="12""#), "{broken}");
    assert_eq!(broken.matches("<error ").count(), 12, "{broken}");
    let annotations = text(&on_the_shop("broken.yaml", &["-o", "github"]).stdout);
    assert_eq!(annotations.lines().filter(|l| l.starts_with("::error ")).count(), 12);
    let document: serde_json::Value =
        serde_json::from_slice(&on_the_shop("broken.yaml", &["-o", "json"]).stdout).expect("it is JSON");
    assert_eq!(document["errors"], 12);
    assert_eq!(document["unreadable"][0]["place"]["line"], 8);
}

#[test]
fn what_is_no_probe_is_said_with_its_place() {
    insta::assert_snapshot!(told(&on_the_shop("broken.yaml", &[])));
}

#[test]
fn fields_of_later_dialects_are_never_passed_over() {
    for field in LATER_IN_PROBES {
        let (_folder, path) = file(&test_of(
            "",
            &[&format!(
                "{{from: shop/web, to: cart, port: 8080, expect: allow, {field}: x}}"
            )],
        ));
        let output = run(&["test", "-f", "examples/shop", &path]);
        assert_eq!(output.status.code(), Some(2), "{field}: {}", told(&output));
        assert!(
            text(&output.stdout).contains(&format!("`{field}` is not supported yet")),
            "{field}: {}",
            told(&output)
        );
    }
    for field in LATER_IN_SPECS {
        let probes = ["{from: shop/web, to: cart, port: 8080, expect: allow}"];
        let (_folder, path) = file(&test_of(&format!("  {field}: [x]\n"), &probes));
        let output = run(&["test", "-f", "examples/shop", &path]);
        assert_eq!(output.status.code(), Some(2), "{field}: {}", told(&output));
        assert!(text(&output.stdout).contains(&format!("`{field}` is not supported yet")));
        // What is empty says nothing.
        let (_folder, path) = file(&test_of(&format!("  {field}: []\n"), &probes));
        let output = run(&["test", "-f", "examples/shop", &path]);
        assert_eq!(output.status.code(), Some(0), "{field}: {}", told(&output));
    }
}

#[test]
fn the_manual_holds() {
    let page = std::fs::read_to_string(root().join("docs/reach-test.md")).expect("the page is there");
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .collect();
    assert!(blocks.len() >= 4);
    let (_folder, path) = file(&blocks.join("---\n"));
    let output = run(&["test", "-f", "examples/shop", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn a_folder_without_tests_is_an_error() {
    let output = run(&["test", "-f", "examples/shop", "examples/shop/policies"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr), @r"
    error: there are no tests in what was named
    hint: a test is YAML of apiVersion haechi.dev/v1 and kind ReachTest; begin with haechi test -f ... --init WORKLOAD
    ");
}

/// The ids of all workloads of a source.
fn workloads(source: &str) -> Vec<String> {
    let output = run(&["reach", "-f", source, "-o", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let peers = document["peers"].as_array().expect("a list");
    let workloads = peers.iter().filter(|p| p["kind"] == "workload");
    workloads
        .map(|p| p["id"].as_str().expect("a text").to_owned())
        .collect()
}

/// Holds what `--init` writes of every workload to what is, under every profile.
fn round_trips(source: &str, profile: &str) {
    for workload in workloads(source) {
        let written = run(&["test", "-f", source, "--profile", profile, "--init", &workload]);
        assert_eq!(
            written.status.code(),
            Some(0),
            "{source} {workload}: {}",
            told(&written)
        );
        let (_folder, path) = file(&text(&written.stdout));
        let output = run(&["test", "-f", source, &path]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{source} {profile} {workload}\n{}\n{}",
            text(&written.stdout),
            told(&output)
        );
    }
}

#[test]
fn what_is_written_of_what_is_holds() {
    round_trips("examples/shop", "kubernetes");
    round_trips("examples/shop", "cilium");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/kubernetes");
    for kind in ["np", "cnp"] {
        let mut cases: Vec<PathBuf> = std::fs::read_dir(cases.join(kind))
            .expect("there are cases")
            .map(|entry| entry.expect("it can be read").path())
            .collect();
        cases.sort();
        for case in cases.iter().take(4) {
            round_trips(&case.join("manifests.yaml").display().to_string(), "kubernetes");
        }
    }
}

#[test]
fn what_is_written_of_what_is_notices_a_change() {
    let written = run(&["test", "-f", "examples/shop", "--init", "shop/cart"]);
    insta::assert_snapshot!("init", text(&written.stdout));
    let (_folder, path) = file(&text(&written.stdout));
    let output = run_in(pull_request().path(), &["test", "-f", "shop", &path]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    let words: Vec<&str> = stdout.split_whitespace().collect();
    let stdout = words.join(" ");
    // The pull request opens the cart to all of monitoring, and cuts its long names.
    for told in [
        "monitoring/StatefulSet/prometheus may reach shop/Deployment/cart on TCP 8080, though not listed",
        "shop/Deployment/cart may not reach kube-system/Deployment/coredns on TCP 53",
    ] {
        assert!(stdout.contains(told), "{stdout}");
    }
}

/// A pod on a node, another elsewhere, and policies that let in one label and one block.
const ONLY: &str = "
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
status: {addresses: [{type: InternalIP, address: 10.0.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]}
status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: a, labels: {app: client}}
spec: {nodeName: n1, containers: [{name: c, image: i}]}
status: {phase: Running, podIP: 10.1.0.2, podIPs: [{ip: 10.1.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: a, labels: {app: agent}}
spec: {nodeName: n1, hostNetwork: true, containers: [{name: c, image: i}]}
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: a}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: client}}
    - ipBlock: {cidr: 192.0.2.0/24}
    ports: [{port: 80}]
";

#[test]
fn only_is_exact() {
    let folder = tempfile::tempdir().expect("there is room");
    let source = folder.path().join("cluster.yaml");
    std::fs::write(&source, ONLY).expect("it can be written");
    let judged = |probe: &str| {
        let (_folder, path) = file(&test_of("  profile: calico\n", &[probe]));
        let output = run(&["test", "-f", &source.display().to_string(), &path]);
        (output.status.code(), text(&output.stdout))
    };
    let (code, told) = judged("{only: [client, 'ip:192.0.2.0/24'], to: web, port: 80, expect: allow}");
    // Its own node and what is in that one's network reach it in any case; no policy could be blamed for that.
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = judged("{only: [client, 'ip:192.0.2.0/25'], to: web, port: 80}");
    assert_eq!(code, Some(1));
    assert!(
        told.contains("192.0.2.128/25 may reach a/Pod/web on TCP 80, though not listed"),
        "{told}"
    );
    let (code, told) = judged("{only: ['ip:192.0.2.0/24'], to: web, port: http}");
    assert_eq!(code, Some(1));
    assert!(
        told.contains("a/Pod/client may reach a/Pod/web on TCP 80, though not listed"),
        "{told}"
    );
    let (code, told) = judged("{only: [client, 'ip:192.0.2.0/24', 'node:n2'], to: web, port: 80, expect: allow}");
    assert_eq!(code, Some(1));
    assert!(
        told.contains("node:n2 may not reach a/Pod/web on TCP 80; expected: allow"),
        "{told}"
    );
    // A range is judged whole, however small the part is that differs.
    let (code, told) = judged("{from: 'ip:192.0.2.0/23', to: web, port: 80, expect: allow}");
    assert_eq!(code, Some(1));
    assert!(told.contains("192.0.3.0/24 may not reach a/Pod/web"), "{told}");
}

#[test]
fn what_hangs_on_the_data_plane_meets_neither_expectation() {
    let folder = tempfile::tempdir().expect("there is room");
    let source = folder.path().join("cluster.yaml");
    std::fs::write(
        &source,
        ONLY.replace("192.0.2.0/24", "10.1.0.0/16")
            .replace("app: client}}\n    - ip", "app: nobody}}\n    - ip"),
    )
    .expect("it can be written");
    let code = |profile: &str, expect: &str| {
        let probe = format!("{{from: client, to: web, port: 80, expect: {expect}}}");
        let (_folder, path) = file(&test_of(&format!("  profile: {profile}\n"), &[&probe]));
        run(&["test", "-f", &source.display().to_string(), &path]).status.code()
    };
    assert_eq!(code("kubernetes", "allow"), Some(1));
    assert_eq!(code("kubernetes", "deny"), Some(1));
    assert_eq!(code("kubernetes", "undefined"), Some(0));
    assert_eq!(code("calico", "allow"), Some(0));
    assert_eq!(code("cilium", "deny"), Some(0));
}
