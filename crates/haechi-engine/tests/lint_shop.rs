//! The example shop, which is well made: it gives notes at most.

use haechi_engine::lint::{Enforcement, Input, lint};
use haechi_model::Profile;
use haechi_model::Severity;
use haechi_source::{Options, read};

#[test]
fn a_well_made_example_gives_no_warnings() {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop");
    let inputs = ["", "/policies"].map(|folder| format!("{shop}{folder}/*.yaml").parse().expect("a pattern"));
    let snapshot = read(&inputs, &Options::default(), &mut std::io::empty());
    assert!(snapshot.policies.len() > 10, "the shop's policies are there");
    for profile in Profile::ALL {
        let policies = haechi_policy::dialect::lower(&snapshot.policies, profile, &mut Vec::new());
        let found = lint(&Input {
            cluster: &snapshot.cluster,
            policies: &policies,
            profile,
            enforcement: Enforcement::NotShown,
        });
        for d in &found {
            println!(
                "{profile} {} {} {} {}",
                snapshot.files.show(d.location),
                d.severity,
                d.code,
                d.message
            );
        }
        let warnings = found.iter().filter(|d| d.severity > Severity::Note).count();
        assert_eq!(warnings, 0, "{profile}");
    }
}
