//! Draws that are the same everywhere: ChaCha8 by seed and stream.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// What is drawn from a stream of its own, so that asking for more of one thing leaves the others alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Namespaces,
    Workloads,
    Policies,
    AdminPolicies,
}

#[derive(Debug)]
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream as u64);
        Self(rng)
    }

    /// A number from 0 up to, but without, `end`; 0 if `end` is 0.
    ///
    /// Written out here because ranges of the `rand` crate may be drawn otherwise in another release.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * end as u128;
        (wide >> 64) as usize
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
