//! What any of some ends meet with any of some others: for expectations, which speak of all of them at once.

use crate::compiled::Compiled;
use crate::end::End;
use crate::locality::Locality;
use crate::outcome::Outcome;

/// Pairs of ends that meet the same.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// Those that begin to talk.
    pub from: Vec<End>,
    /// Those that are talked to.
    pub to: Vec<End>,
    /// How they lie to each other.
    pub locality: Locality,
    /// What the policies alone make of it.
    pub policies: Outcome,
    /// How many pairs of pods there are.
    pub pairs: u64,
}

impl Meeting {
    /// What they meet.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.locality.applied(self.policies.clone())
    }
}

impl Compiled<'_> {
    /// What connections from any of some ends to any of others meet, those that meet the same together.
    ///
    /// A pod that is on both sides is not paired with itself.
    #[must_use]
    pub fn meetings(&self, from: &[End], to: &[End]) -> Vec<Meeting> {
        let [from, to] = [from, to].map(|ends| self.alike(ends));
        let mut meetings = Vec::new();
        for a in &from {
            for b in &to {
                for pair in self.pairs(a, b) {
                    let owned = |ends: &[&End]| ends.iter().map(|end| (*end).clone()).collect();
                    meetings.push(Meeting {
                        from: owned(&pair.from),
                        to: owned(&pair.to),
                        locality: pair.locality,
                        policies: self.between_peers(a.peer, b.peer),
                        pairs: pair.pairs,
                    });
                }
            }
        }
        meetings
    }
}
