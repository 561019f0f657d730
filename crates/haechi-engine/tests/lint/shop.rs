//! The example shop, which is well made.

use haechi_engine::lint::{Enforcement, Input, lint};
use haechi_model::{Profile, Severity};
use haechi_source::{Options, read};

fn findings(profile: Profile) -> Vec<String> {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop");
    let inputs = ["", "/policies"].map(|folder| format!("{shop}{folder}/*.yaml").parse().expect("a pattern"));
    let snapshot = read(&inputs, &Options::default(), &mut std::io::empty());
    assert!(snapshot.policies.len() > 10, "the shop's policies are there");
    let policies = haechi_policy::dialect::lower(&snapshot.policies, profile, &mut Vec::new());
    let found = lint(&Input {
        cluster: &snapshot.cluster,
        policies: &policies,
        profile,
        enforcement: Enforcement::NotShown,
    });
    let loud = found.iter().filter(|d| d.severity > Severity::Note);
    loud.map(|d| format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn it_gives_no_warnings() {
    for profile in [Profile::Kubernetes, Profile::Calico, Profile::Cilium, Profile::Haechi] {
        assert_eq!(findings(profile), Vec::<String>::new(), "{profile}");
    }
}

#[test]
fn the_aws_agent_really_does_otherwise() {
    insta::assert_snapshot!(findings(Profile::Aws).join("\n"), @r#"
    HNP060 nothing can reach port 9153 of Service kube-system/kube-dns: its pods listen on TCP 9153, and nobody is let in there
    "#);
}
