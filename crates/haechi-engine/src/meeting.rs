//! What any of some ends meet with any of some others: for expectations, which speak of all of them at once.

use crate::compiled::Compiled;
use crate::end::End;
use crate::locality::Locality;
use crate::outcome::Outcome;
use crate::reach::Pairs;

/// Pairs of ends that meet the same.
#[derive(Clone, Copy, Debug)]
pub struct Meeting<'e> {
    /// Those that begin to talk.
    pub from: &'e [&'e End],
    /// Those that are talked to.
    pub to: &'e [&'e End],
    /// How they lie to each other.
    pub locality: Locality,
    /// What the policies alone make of it.
    pub policies: &'e Outcome,
    /// How many pairs of pods there are.
    pub pairs: u64,
}

impl Meeting<'_> {
    /// What they meet.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.locality.applied(self.policies.clone())
    }
}

impl Compiled<'_> {
    /// Calls `visit` for what connections from any of some ends to any of others meet, those that meet the same
    /// together.
    ///
    /// A pod that is on both sides is not paired with itself.
    pub fn meet(&self, from: &[End], to: &[End], visit: &mut dyn FnMut(Meeting<'_>)) {
        if from.len() * to.len() > 1 << 12 {
            self.fill();
        }
        let [from, to] = [from, to].map(|ends| self.alike(ends));
        let mut known = Pairs::new(self);
        for a in &from {
            for b in &to {
                let policies = known.outcome(a.peer, b.peer);
                if self.is_alike_network(a, b) {
                    let pairs = self.pairs_between(a, b);
                    if pairs > 0 {
                        visit(Meeting {
                            from: a.ends(),
                            to: b.ends(),
                            locality: Locality::Elsewhere,
                            policies,
                            pairs,
                        });
                    }
                    continue;
                }
                for pair in self.pairs(a, b) {
                    visit(Meeting {
                        from: &pair.from,
                        to: &pair.to,
                        locality: pair.locality,
                        policies,
                        pairs: pair.pairs,
                    });
                }
            }
        }
    }
}
