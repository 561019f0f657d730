//! Sets of peers as words of 64 bits, dense while they are made and sparse where they stay so.

/// How many peers a word holds.
pub(crate) const LANES: u32 = 64;

/// A set that is being made: one bit a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Dense {
    words: Vec<u64>,
    len: u32,
}

impl Dense {
    /// No peer out of `len`.
    pub(crate) fn none(len: u32) -> Self {
        Self {
            words: vec![0; len.div_ceil(LANES) as usize],
            len,
        }
    }

    /// Every peer out of `len`.
    pub(crate) fn all(len: u32) -> Self {
        let mut all = Self {
            words: vec![!0; len.div_ceil(LANES) as usize],
            len,
        };
        all.trim();
        all
    }

    pub(crate) fn insert(&mut self, peer: u32) {
        self.words[(peer / LANES) as usize] |= 1 << (peer % LANES);
    }

    pub(crate) fn contains(&self, peer: u32) -> bool {
        self.words[(peer / LANES) as usize] >> (peer % LANES) & 1 == 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// Whether the two share a member.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Adds the members of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        self.zip(other, |a, b| a | b);
    }

    /// Keeps what is in `other`, too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.zip(other, |a, b| a & b);
    }

    /// Takes the members of `other` out.
    pub(crate) fn remove(&mut self, other: &Self) {
        self.zip(other, |a, b| a & !b);
    }

    /// Everything that is not in it.
    pub(crate) fn complement(mut self) -> Self {
        self.words.iter_mut().for_each(|w| *w = !*w);
        self.trim();
        self
    }

    /// The members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        (0u32..)
            .zip(&self.words)
            .flat_map(|(i, &word)| ones(word).map(move |bit| i * LANES + bit))
    }

    fn zip(&mut self, other: &Self, op: impl Fn(u64, u64) -> u64) {
        debug_assert_eq!(self.len, other.len, "sets of different spaces");
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a = op(*a, *b);
        }
    }

    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % LANES) {
            *last &= (1 << rest) - 1;
        }
    }
}

impl Extend<u32> for Dense {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, peers: I) {
        peers.into_iter().for_each(|peer| self.insert(peer));
    }
}

/// The positions of the ones in a word, ascending.
pub(crate) fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit)
    })
}

/// A set that is only read from here on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Words {
    /// The words that are not zero, by their index.
    Sparse(Box<[(u32, u64)]>),
    /// All words.
    Dense(Box<[u64]>),
}

impl Words {
    /// The word at `index`.
    pub(crate) fn word(&self, index: u32) -> u64 {
        match self {
            Self::Dense(words) => words[index as usize],
            Self::Sparse(words) => words.binary_search_by_key(&index, |w| w.0).map_or(0, |at| words[at].1),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Sparse(words) if words.is_empty())
    }

    /// The words that are not zero, by their index.
    pub(crate) fn iter_words(&self) -> impl Iterator<Item = (u32, u64)> {
        let (sparse, dense) = match self {
            Self::Sparse(words) => (&words[..], &[][..]),
            Self::Dense(words) => (&[][..], &words[..]),
        };
        let dense = (0u32..).zip(dense.iter().copied()).filter(|(_, word)| *word != 0);
        sparse.iter().copied().chain(dense)
    }

    /// The members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.iter_words()
            .flat_map(|(index, word)| ones(word).map(move |bit| index * LANES + bit))
    }
}

impl From<&Dense> for Words {
    fn from(set: &Dense) -> Self {
        let used = set.words.iter().filter(|w| **w != 0).count();
        // A sparse word takes two.
        if used * 4 <= set.words.len() {
            Self::Sparse(
                (0u32..)
                    .zip(set.words.iter().copied())
                    .filter(|(_, w)| *w != 0)
                    .collect(),
            )
        } else {
            Self::Dense(set.words.clone().into_boxed_slice())
        }
    }
}
