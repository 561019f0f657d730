//! x

entries! {}
