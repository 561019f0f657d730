//! `haechi explain` and `haechi diff` as users run them.

use program::{haechi, told};

#[path = "asking/program.rs"]
mod program;

/// Snapshots of runs in a folder, each named by its line.
macro_rules! snapshots {
    ($folder:literal: $($name:ident: $line:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let words = $line.strip_prefix("haechi ").expect("it is a line of haechi").split_whitespace();
                let mut command = haechi($folder);
                let output = command.args(words).env("LC_ALL", "C.UTF-8").output().expect("it runs");
                insta::with_settings!({ description => $line, omit_expression => true }, {
                    insta::assert_snapshot!(stringify!($name), told(&output));
                });
            }
        )*
    };
}

// The example shop.
snapshots! {
    "":
    explain_allowed: "haechi explain -f examples/shop checkout postgres 5432";
    explain_denied: "haechi explain -f examples/shop web postgres 5432";
    explain_every_port: "haechi explain -f examples/shop checkout cart";
    explain_tiers: "haechi explain -f examples/shop playground web 8080";
    explain_address: "haechi explain -f examples/shop log-collector 10.0.0.7";
    explain_denied_address: "haechi explain -f examples/shop web 169.254.169.254 80";
    explain_domain: "haechi explain -f examples/shop web fqdn:example.com 443";
    explain_json: "haechi explain -f examples/shop web cart http -o json";
    diff_table: "haechi diff examples/shop/policies/10-dns.yaml examples/shop-pr/policies/10-dns.yaml -f examples/shop/shop.yaml -f examples/shop/kube-system.yaml -f examples/shop/00-namespaces.yaml";
}

// Services of every kind.
snapshots! {
    "crates/haechi/tests/services":
    explain_service: "haechi explain -f cluster.yaml web svc/cart 80";
    explain_service_by_name: "haechi explain -f cluster.yaml web svc/cart web";
    explain_from_service: "haechi explain -f cluster.yaml svc/alone svc/stock";
    explain_headless: "haechi explain -f cluster.yaml web svc/carts 8080";
    explain_itself_by_service: "haechi explain -f cluster.yaml pod/alone svc/alone";
    explain_itself: "haechi explain -f cluster.yaml pod/alone pod/alone 80";
    explain_nobody: "haechi explain -f cluster.yaml web svc/nobody";
    explain_listed: "haechi explain -f cluster.yaml web svc/stock 443";
    explain_external_name: "haechi explain -f cluster.yaml web svc/mail 25";
    explain_host_network: "haechi explain -f cluster.yaml agent blue 8080";
    explain_own_node: "haechi explain -f cluster.yaml agent pod/alone 80";
    explain_node: "haechi explain -f cluster.yaml web node:node-1 22";
    explain_no_such_service_port: "haechi explain -f cluster.yaml web svc/cart 443";
    explain_no_such_named_port: "haechi explain -f cluster.yaml web blue metrics";
    explain_many: "haechi explain -f cluster.yaml web 10.0.0.0/8";
}

// Pods that fare differently, and what hangs on the data plane.
snapshots! {
    "crates/haechi/tests/fixture":
    explain_pods_apart: "haechi explain -f cluster.yaml -f policies shop/cart data/postgres 5432";
    explain_undefined: "haechi explain -f cluster.yaml -f policies pod/postgres-1 pod/postgres-0 5432";
    explain_under_a_profile: "haechi explain -f cluster.yaml -f policies pod/postgres-1 pod/postgres-0 5432 --profile cilium";
    explain_ascii: "haechi explain -f cluster.yaml -f policies shop/web shop/cart 8080 --color never";
}

// Two versions.
snapshots! {
    "crates/haechi/tests/versions":
    diff_versions: "haechi diff -f cluster.yaml old new";
    diff_md: "haechi diff -f cluster.yaml old new -o md";
    diff_csv: "haechi diff -f cluster.yaml old new -o csv";
    diff_json: "haechi diff -f cluster.yaml old new -o json";
    diff_dot: "haechi diff -f cluster.yaml old new -o dot";
    diff_mermaid: "haechi diff -f cluster.yaml old new -o mermaid";
    diff_same: "haechi diff -f cluster.yaml old old";
    diff_same_md: "haechi diff -f cluster.yaml old old -o md";
    diff_cilium: "haechi diff -f cluster.yaml old new --profile cilium";
    diff_namespace: "haechi diff -f cluster.yaml old new -n nowhere";
    diff_twice_stdin: "haechi diff -f - old new";
    diff_missing: "haechi diff old missing";
}

#[test]
fn colours_and_unicode_are_the_terminals() {
    let arguments = [
        "explain",
        "-f",
        "cluster.yaml",
        "-f",
        "policies",
        "shop/web",
        "shop/cart",
        "80",
    ];
    let mut plain = haechi("crates/haechi/tests/fixture");
    let plain = plain.args(arguments).env("LC_ALL", "C").output().expect("it runs");
    assert!(plain.stdout.is_ascii(), "{}", told(&plain));
    let mut coloured = haechi("crates/haechi/tests/fixture");
    let coloured = coloured
        .args(arguments)
        .arg("--color=always")
        .output()
        .expect("it runs");
    let text = String::from_utf8(coloured.stdout).expect("it is text");
    let bare = anstream::adapter::strip_str(&text).to_string();
    assert!(text.contains('\x1b'), "{text}");
    assert_eq!(
        bare,
        String::from_utf8(plain.stdout).expect("it is text"),
        "colours add nothing but colour"
    );
}

#[test]
fn lines_fit_the_terminal() {
    for columns in ["60", "80", "120"] {
        let mut command = haechi("");
        command.env("COLUMNS", columns).env("LC_ALL", "C.UTF-8");
        let output = command
            .args(["explain", "-f", "examples/shop", "playground", "web", "8080"])
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout).expect("it is text");
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widest <= columns.parse().ok(), "{text}");
    }
}

#[test]
fn what_is_proposed_is_what_it_takes() {
    // The first change that is proposed for a denied pair, pasted beside the policies, allows it.
    let explain = |sources: &[&str]| {
        let mut command = haechi("");
        command.args(["explain", "sandbox/playground", "monitoring/logs", "3100", "-o", "json"]);
        sources.iter().for_each(|source| {
            command.args(["-f", source]);
        });
        let output = command.output().expect("it runs");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("it is JSON")
    };
    let before = explain(&["examples/shop"]);
    assert_eq!(before["verdict"], "deny");
    let flip = &before["paths"][0]["groups"][0]["flip"];
    assert_eq!(flip["to"], "allow");
    let edits = flip["changes"][0]["edits"].as_array().expect("there are edits");
    assert_eq!(edits.len(), 2, "{edits:?}");
    for edit in edits {
        assert!(
            edit["yaml"].as_str().is_some_and(|yaml| yaml.starts_with("- ")),
            "{edit}"
        );
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for line in [
        "explain -f cluster.yaml -f policies shop/cart data/postgres -o json",
        "diff cluster.yaml policies -o json",
        "diff cluster.yaml policies -o svg",
    ] {
        let run = || {
            let output = haechi("crates/haechi/tests/fixture").args(line.split(' ')).output();
            output.expect("it runs").stdout
        };
        assert_eq!(run(), run(), "{line}");
    }
}
