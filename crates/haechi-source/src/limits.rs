//! How much is read before a source is refused.

/// What a source may cost. Each limit that is met is an error that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file, or of standard input: 512 MiB.
    pub file_bytes: u64,
    /// Bytes of all files together: 2 GiB.
    pub total_bytes: u64,
    /// Files: 100,000.
    pub files: usize,
    /// Documents of one file, and items of one list: 1,000,000.
    pub documents: usize,
    /// Characters of one scalar in YAML, or of one collection in brackets: 4 Mi.
    pub value_length: usize,
    /// Collections inside each other: 100.
    pub depth: usize,
    /// Values of one object, keys included, after aliases are expanded: 1,000,000.
    pub nodes: usize,
    /// Values that aliases and merge keys of one document may add: 100,000.
    pub alias_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 512 << 20,
            total_bytes: 2 << 30,
            files: 100_000,
            documents: 1_000_000,
            value_length: 4 << 20,
            depth: 100,
            nodes: 1_000_000,
            alias_nodes: 100_000,
        }
    }
}
