//! `haechi new` as users run it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use haechi::recipes::{CATALOGUE, Need};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the program in the root of the repository, with nothing of the environment that changes what it prints.
fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    command.current_dir(root()).stdin(Stdio::null());
    for variable in haechi::env::ALL {
        command.env_remove(variable.name);
    }
    command.args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

/// What was said, and then the policies.
fn told(output: &Output) -> String {
    format!("{}----- policies -----\n{}", text(&output.stderr), text(&output.stdout))
}

/// A source with this text.
fn source(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("cluster.yaml");
    std::fs::write(&path, text).expect("it can be written");
    let path = path.display().to_string();
    (folder, path)
}

/// Makes a recipe for a source.
fn make(manifests: &str, arguments: &[&str]) -> Output {
    let (_folder, path) = source(manifests);
    run(&[&["new", arguments[0], "-f", &path], &arguments[1..]].concat())
}

/// What each recipe of the catalogue is asked for in the shop.
fn order(name: &str) -> &'static [&'static str] {
    match name {
        "from-app" => &["--apply-to", "shop/cart", "--from", "shop/web"],
        "from-apps" => &[
            "--apply-to",
            "shop/cart",
            "--from",
            "shop/web",
            "--from",
            "shop/checkout",
        ],
        "from-app-elsewhere" => &["--apply-to", "shop/cart", "--from", "monitoring/grafana"],
        "from-namespace" => &["--apply-to", "data/redis", "--from", "ns:payments"],
        "from-addresses" => &[
            "--apply-to",
            "ingress/edge",
            "--from",
            "198.51.100.0/24",
            "--except",
            "198.51.100.128/25",
            "--port",
            "https",
        ],
        "limit-port" => &["--apply-to", "shop/cart", "--port", "http"],
        "connect" => &["--from", "shop/web", "--to", "data/postgres"],
        "to-app" => &["--apply-to", "sandbox/playground", "--to", "shop/cart"],
        "to-addresses" => &[
            "--apply-to",
            "sandbox/playground",
            "--to",
            "0.0.0.0/0",
            "--except",
            "10.0.0.0/8",
            "--port",
            "443",
        ],
        "to-api-server" => &["--apply-to", "sandbox/playground", "--to", "10.0.0.0/24"],
        name if name.ends_with("-deny") && name.starts_with("base") => &[],
        "deny-metadata" => &[],
        name if CATALOGUE
            .iter()
            .any(|r| r.name == name && r.needs.contains(&Need::Namespace)) =>
        {
            &["-n", "sandbox"]
        }
        _ => &["--apply-to", "shop/cart"],
    }
}

#[test]
fn every_recipe_is_made_for_the_shop() {
    let mut all = String::new();
    for recipe in CATALOGUE {
        let arguments = [&["new", recipe.name, "-f", "examples/shop"], order(recipe.name)].concat();
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}: {}", recipe.name, told(&output));
        let _ = writeln!(all, "$ haechi {}\n{}", arguments.join(" "), told(&output));
        reads_back(recipe.name, &text(&output.stdout));
    }
    insta::assert_snapshot!(all);
}

/// What is made is read without a word, and no finding is about it but that it says what others say already.
fn reads_back(recipe: &str, yaml: &str) {
    let (_folder, path) = source(yaml);
    let output = run(&["lint", "-f", "examples/shop", "-f", &path, "-o", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let findings = document["findings"].as_array().expect("a list");
    let mine: Vec<&serde_json::Value> = findings
        .iter()
        .filter(|f| f.to_string().contains(&path) && f["severity"] == "error")
        .collect();
    assert!(mine.is_empty(), "{recipe}: {mine:#?}\n{yaml}");
    let reading = ["HNP001", "HNP002", "HNP003"];
    let unread = findings
        .iter()
        .filter(|f| f.to_string().contains(&path))
        .find(|f| reading.iter().any(|code| f["code"] == *code));
    assert!(unread.is_none(), "{recipe}: {unread:#?}\n{yaml}");
}

#[test]
fn the_catalogue_is_listed() {
    insta::assert_snapshot!(text(&run(&["new", "--list"]).stdout));
}

#[test]
fn what_is_said_to_be_cut_and_opened_is_what_diff_says() {
    for recipe in ["default-deny", "within-namespace", "deny-outside"] {
        let output = run(&["new", recipe, "-f", "examples/shop", "-n", "sandbox"]);
        let (folder, _) = source(&text(&output.stdout));
        let shop = root().join("examples/shop").display().to_string();
        let after = folder.path().join("after");
        copy(Path::new(&shop), &after);
        std::fs::copy(folder.path().join("cluster.yaml"), after.join("new.yaml")).expect("it can be copied");
        let diff = run(&["diff", &shop, &after.display().to_string(), "-o", "json"]);
        let document: serde_json::Value = serde_json::from_slice(&diff.stdout).expect("it is JSON");
        let differs = text(&diff.stdout).contains("\"sandbox/Deployment/playground\"");
        let says_nothing = text(&output.stderr).contains("would cut and open nothing");
        assert_eq!(differs, !says_nothing, "{recipe}\n{}\n{document:#}", told(&output));
    }
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
fn mistakes_are_answered() {
    for (arguments, error) in [
        (&["new", "deny-al", "-f", "examples/shop"][..], "did you mean deny-all?"),
        (
            &["new", "deny-all", "-f", "examples/shop"],
            "name one with -n: data, ingress, kube-system",
        ),
        (
            &["new", "from-app", "-f", "examples/shop", "--apply-to", "shop/cart"],
            "from-app needs --from",
        ),
        (
            &["new", "deny-app", "-f", "examples/shop", "--apply-to", "shop/carts"],
            "did you mean shop/Deployment/cart",
        ),
        (
            &[
                "new",
                "deny-all",
                "-f",
                "examples/shop",
                "-n",
                "shop",
                "--name",
                "default-deny",
            ],
            "there is a shop/NetworkPolicy/default-deny already",
        ),
        (
            &[
                "new",
                "deny-all",
                "-f",
                "examples/shop",
                "-n",
                "shop",
                "--name",
                "Deny_All",
            ],
            "no object can be called Deny_All",
        ),
        (
            &[
                "new",
                "limit-port",
                "-f",
                "examples/shop",
                "--apply-to",
                "shop/cart",
                "--port",
                "grpc",
            ],
            "there are http, metrics",
        ),
        (
            &[
                "new",
                "to-addresses",
                "-f",
                "examples/shop",
                "--apply-to",
                "shop/cart",
                "--to",
                "shop/web",
            ],
            "--to must name addresses",
        ),
        (
            &[
                "new",
                "to-addresses",
                "-f",
                "examples/shop",
                "--apply-to",
                "shop/cart",
                "--to",
                "10.0.0.0/8",
                "--except",
                "192.168.0.0/16",
            ],
            "the exception 192.168.0.0/16 lies in none of the blocks",
        ),
        (
            &[
                "new",
                "from-app",
                "-f",
                "examples/shop",
                "--apply-to",
                "shop/cart",
                "--from",
                "fqdn:example.com",
            ],
            "a NetworkPolicy knows no domain names",
        ),
        (
            &["new", "to-api-server", "-f", "examples/shop", "--apply-to", "shop/cart"],
            "the sources do not show where the API server is",
        ),
        (
            &[
                "new",
                "from-app-elsewhere",
                "-f",
                "examples/shop",
                "--apply-to",
                "shop/cart",
                "--from",
                "shop/web",
            ],
            "the recipe for that is from-app",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains(error), "{arguments:?}: {said}");
    }
}

/// A workload with pods of these labels.
fn workload(kind: &str, namespace: &str, name: &str, labels: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: \
         {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    spec: {{{more}containers: \
         [{{name: c, image: i, ports: [{{name: http, containerPort: 8080}}, {{name: metrics, containerPort: 9090}}]}}]}}\n---\n"
    )
}

#[test]
fn labels_are_those_that_stay_and_tell() {
    let selector = |labels: &str, others: &[&str]| {
        let mut manifests = workload("Deployment", "a", "web", labels, "");
        for (i, other) in others.iter().enumerate() {
            manifests.push_str(&workload("Deployment", "a", &format!("other{i}"), other, ""));
        }
        let output = make(&manifests, &["deny-app", "--apply-to", "a/web"]);
        let yaml = text(&output.stdout);
        let line = yaml.lines().find(|l| l.contains("matchLabels"));
        line.map_or_else(|| text(&output.stderr), |l| l.trim().to_owned())
    };
    let hash = "pod-template-hash: 5d9f8c7b6";
    assert_eq!(
        selector(&format!("app.kubernetes.io/name: web, app: w, {hash}"), &[]),
        "matchLabels: {app.kubernetes.io/name: web}"
    );
    assert_eq!(
        selector(&format!("{hash}, helm.sh/chart: web-1.2.3, team: x"), &[]),
        "matchLabels: {team: x}"
    );
    // What is not clear by itself is said by several.
    assert_eq!(
        selector(
            "app.kubernetes.io/name: web, app.kubernetes.io/instance: blue",
            &["app.kubernetes.io/name: web, app.kubernetes.io/instance: green"]
        ),
        "matchLabels: {app.kubernetes.io/instance: blue}"
    );
    assert_eq!(
        selector(
            "app.kubernetes.io/name: web, app.kubernetes.io/component: front",
            &[
                "app.kubernetes.io/name: web, app.kubernetes.io/component: back",
                "app.kubernetes.io/name: api, app.kubernetes.io/component: front"
            ]
        ),
        "matchLabels: {app.kubernetes.io/component: front, app.kubernetes.io/name: web}"
    );
    assert!(selector(hash, &[]).contains("have no label that stays"));
    let twins = make(
        &[
            workload("Deployment", "a", "web", "app: web", ""),
            workload("Deployment", "a", "canary", "app: web", ""),
        ]
        .concat(),
        &["deny-app", "--apply-to", "a/web"],
    );
    assert!(text(&twins.stderr).contains("a/web cannot be told from a/canary by labels that stay"));
}

/// CoreDNS, on whichever port.
fn coredns(target: u16) -> String {
    let mut manifests = workload("Deployment", "kube-system", "coredns", "k8s-app: kube-dns", "");
    let _ = write!(
        manifests,
        "apiVersion: v1\nkind: Service\nmetadata: {{name: kube-dns, namespace: kube-system}}\nspec:\n  clusterIP: \
         10.96.0.10\n  selector: {{k8s-app: kube-dns}}\n  ports:\n  - {{name: dns, port: 53, protocol: UDP, targetPort: \
         {target}}}\n  - {{name: dns-tcp, port: 53, protocol: TCP, targetPort: {target}}}\n---\n"
    );
    manifests
}

#[test]
fn names_are_resolved_by_the_real_resolver() {
    let web = workload("Deployment", "a", "web", "app: web", "");
    // The port behind the Service is the one that policies see.
    let output = make(&(coredns(5353) + &web), &["allow-dns", "-n", "a"]);
    let yaml = text(&output.stdout);
    assert!(
        yaml.contains("- {protocol: UDP, port: 5353}") && yaml.contains("- {protocol: TCP, port: 5353}"),
        "{yaml}"
    );
    assert!(!yaml.contains("ipBlock"), "{yaml}");
    // Caches of the nodes are asked at their own address, and at the Service's, which is not translated then.
    let cache = workload(
        "DaemonSet",
        "kube-system",
        "node-local-dns",
        "k8s-app: node-local-dns",
        "hostNetwork: true, ",
    );
    let output = make(&(coredns(53) + &cache + &web), &["allow-dns", "-n", "a"]);
    let yaml = text(&output.stdout);
    assert!(yaml.contains("ipBlock: {cidr: 169.254.20.10/32}"), "{yaml}");
    assert!(yaml.contains("ipBlock: {cidr: 10.96.0.10/32}"), "{yaml}");
    assert!(text(&output.stderr).contains("node-local DNS"), "{}", told(&output));
    // OpenShift's is elsewhere.
    let openshift = workload(
        "DaemonSet",
        "openshift-dns",
        "dns-default",
        "dns.operator.openshift.io/daemonset-dns: default",
        "",
    );
    let yaml = text(&make(&(openshift + &web), &["allow-dns", "-n", "a"]).stdout);
    assert!(yaml.contains("kubernetes.io/metadata.name: openshift-dns"), "{yaml}");
    // Where nothing answers names, that is said.
    let output = make(&web, &["allow-dns", "-n", "a"]);
    assert!(
        text(&output.stderr).contains("the sources show no resolver"),
        "{}",
        told(&output)
    );
}

#[test]
fn the_ingress_controller_is_the_real_one() {
    let web = workload("Deployment", "a", "web", "app: web", "");
    let nginx = workload(
        "Deployment",
        "gate",
        "controller",
        "app.kubernetes.io/name: ingress-nginx",
        "",
    );
    let recipe = ["from-ingress-controller", "--apply-to", "a/web"];
    let yaml = text(&make(&(nginx.clone() + &web), &recipe).stdout);
    assert!(yaml.contains("kubernetes.io/metadata.name: gate"), "{yaml}");
    assert!(yaml.contains("app.kubernetes.io/name: ingress-nginx"), "{yaml}");
    let host = nginx.replace("spec: {containers", "spec: {hostNetwork: true, containers");
    let output = make(&(host + &web), &recipe);
    assert!(
        text(&output.stderr).contains("its traffic comes from the nodes' addresses"),
        "{}",
        told(&output)
    );
    let output = make(&web, &recipe);
    assert!(
        text(&output.stderr).contains("no ingress controller"),
        "{}",
        told(&output)
    );
}

#[test]
fn the_api_server_is_where_its_endpoints_are() {
    let web = workload("Deployment", "a", "web", "app: web", "");
    let api = "apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\nspec: {clusterIP: 10.96.0.1, \
               ports: [{name: https, port: 443, targetPort: 6443}]}\n---\napiVersion: discovery.k8s.io/v1\nkind: \
               EndpointSlice\nmetadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: \
               kubernetes}}\naddressType: IPv4\nports: [{name: https, protocol: TCP, port: 6443}]\nendpoints: [{addresses: \
               [192.0.2.10]}, {addresses: [192.0.2.11]}]\n---\n";
    let yaml = text(&make(&(api.to_owned() + &web), &["to-api-server", "--apply-to", "a/web"]).stdout);
    assert!(
        yaml.contains("cidr: 192.0.2.10/32") && yaml.contains("cidr: 192.0.2.11/32"),
        "{yaml}"
    );
    assert!(yaml.contains("- {protocol: TCP, port: 6443}"), "{yaml}");
}

#[test]
fn a_rule_that_opens_nothing_says_why() {
    // The cart lets the web in, and the web's own policies do not let it out to there.
    let arguments = [
        "new",
        "from-app",
        "-f",
        "examples/shop",
        "--apply-to",
        "data/redis",
        "--from",
        "shop/web",
    ];
    let said = text(&run(&arguments).stderr);
    assert!(
        said.contains("shop/web still may not talk to data/redis: its own policies do not let it out"),
        "{said}"
    );
    assert!(said.contains("new connect --from shop/web --to data/redis"), "{said}");
    // And whoever else may is named.
    assert!(said.contains("other policies still let in"), "{said}");
}

#[test]
fn priorities_are_free_ones() {
    let yaml = text(&run(&["new", "baseline-deny", "-f", "examples/shop"]).stdout);
    assert!(yaml.contains("priority: 101"), "{yaml}");
    let yaml = text(&run(&["new", "deny-metadata", "-f", "examples/shop"]).stdout);
    assert!(yaml.contains("priority: 11"), "{yaml}");
}
