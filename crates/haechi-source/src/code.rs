//! The codes of what may be wrong with a source; those of single fields are in `haechi_model::decode`.

use haechi_model::diagnostic::Code;

/// A document does not parse.
pub const SYNTAX: Code = Code("HNP001");
/// The same object is there twice.
pub const TWICE: Code = Code("HNP005");
/// A document is not a Kubernetes object.
pub const NOT_AN_OBJECT: Code = Code("HNP006");
/// A limit is met.
pub const LIMIT: Code = Code("HNP007");
/// A file cannot be read, or there is none.
pub const UNREADABLE: Code = Code("HNP008");
/// A kind or version that does not exist and was probably meant to be one that does.
pub const UNKNOWN_KIND: Code = Code("HNP009");
