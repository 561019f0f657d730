//! Names in a small cluster.
