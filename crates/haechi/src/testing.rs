//! Expectations about policy as code: `haechi test`.
//!
//! A [`ReachTest`](format::ReachTest) is kept beside the manifests. `read` reads it with the place of every part,
//! [`run`] asks the engine and says where it does not hold and why, and [`init`](mod@init) writes one of what holds
//! today.

use haechi_engine::{Compiled, Focus, compile_for};
use haechi_model::{Cluster, Name, Profile};
use haechi_policy::{PolicyObject, PolicySet, dialect};

pub mod cause;
mod crowd;
pub mod format;
pub mod init;
mod judge;
pub mod read;

pub use crowd::Fault;
pub use judge::{Counter, Failure, Verdicts};
pub use read::{Suite, read};

use crowd::Finder;

/// The policies of a cluster under every profile that tests ask for.
#[derive(Debug)]
pub struct Worlds(Vec<(Profile, PolicySet)>);

impl Worlds {
    /// Lowers the policies for the profiles of all tests; `usual` is that of tests that name none.
    #[must_use]
    pub fn new(suite: &Suite, policies: &[Box<dyn PolicyObject>], usual: Profile) -> Self {
        let mut profiles: Vec<Profile> = suite.tests.iter().map(|t| t.profile.unwrap_or(usual)).collect();
        profiles.sort_unstable();
        profiles.dedup();
        let lowered = |profile| (profile, dialect::lower(policies, profile, &mut Vec::new()));
        Self(profiles.into_iter().map(lowered).collect())
    }

    /// Compiles the answer under each profile, cut where the tests need it.
    #[must_use]
    pub fn compile<'a>(&'a self, suite: &Suite, cluster: &'a Cluster, namespace: Option<&Name>) -> Answers<'a> {
        let focus: Focus = crowd::focus(suite, cluster, namespace);
        let compile =
            |(profile, policies): &'a (Profile, PolicySet)| (*profile, compile_for(cluster, policies, &focus));
        Answers(self.0.iter().map(compile).collect())
    }
}

/// The answers under every profile that tests ask for.
#[derive(Debug)]
pub struct Answers<'a>(Vec<(Profile, Compiled<'a>)>);

/// A test that was run.
#[derive(Clone, Debug)]
pub struct Ran<'a> {
    /// The test, by its place in the suite.
    pub test: usize,
    /// The profile that it was run under.
    pub profile: Profile,
    /// What became of its probes, in their order.
    pub verdicts: Vec<Verdicts<'a>>,
}

/// Runs every test; names without a namespace are looked up in `namespace` first.
#[must_use]
pub fn run<'a>(suite: &Suite, answers: &'a Answers<'a>, usual: Profile, namespace: Option<&'a Name>) -> Vec<Ran<'a>> {
    let tests = suite.tests.iter().enumerate();
    tests
        .filter_map(|(place, test)| {
            let profile = test.profile.unwrap_or(usual);
            let (_, compiled) = answers.0.iter().find(|(p, _)| *p == profile)?;
            let finder = Finder { compiled, namespace };
            Some(Ran {
                test: place,
                profile,
                verdicts: judge::judge(test, finder),
            })
        })
        .collect()
}
