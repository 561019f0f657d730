//! Facts that nobody shows and that several rules may hang on, and the worlds in which they hold or do not.

use std::sync::Arc;

use crate::bits::Dense;

/// Something that holds for a peer or not, and nobody shows which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    /// The data plane lets address blocks match the cluster's own ends (rule 10).
    BlocksMatch,
    /// The peer is at an address of `place`, of all addresses of `range` where it may be; and, if `blocks` says so,
    /// blocks match the cluster's own ends.
    Within {
        place: Arc<Dense>,
        range: Arc<Dense>,
        blocks: Blocks,
    },
}

/// Whether a block's match hangs on [`Fact::BlocksMatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Blocks {
    /// It does.
    MayMatch,
    /// It does not.
    Match,
}

/// What is taken to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// Whether blocks match the cluster's own ends; `None` if it has not mattered yet.
    blocks: Option<bool>,
    /// Where the peer may be; `None` if it has not mattered yet.
    place: Option<Dense>,
}

impl World {
    /// The parts of this world in which a fact holds, and those in which it does not.
    pub(crate) fn split(&self, fact: &Fact) -> (Vec<Self>, Vec<Self>) {
        match fact {
            Fact::BlocksMatch => (self.with_blocks(true), self.with_blocks(false)),
            Fact::Within { place, range, blocks } => {
                let (mut inside, mut outside) = match &self.place {
                    Some(known) => (known.clone(), known.clone()),
                    None => ((**range).clone(), (**range).clone()),
                };
                inside.keep(place);
                outside.remove(place);
                let inside = self.with_place(inside);
                let mut fails = self.with_place(outside);
                if *blocks == Blocks::Match {
                    return (inside, fails);
                }
                fails.extend(inside.iter().flat_map(|world| world.with_blocks(false)));
                (inside.iter().flat_map(|world| world.with_blocks(true)).collect(), fails)
            }
        }
    }

    fn with_blocks(&self, matching: bool) -> Vec<Self> {
        let possible = self.blocks.is_none_or(|known| known == matching);
        let world = Self {
            blocks: Some(matching),
            place: self.place.clone(),
        };
        possible.then_some(world).into_iter().collect()
    }

    fn with_place(&self, place: Dense) -> Vec<Self> {
        let possible = !place.is_empty();
        let world = Self {
            blocks: self.blocks,
            place: Some(place),
        };
        possible.then_some(world).into_iter().collect()
    }
}
