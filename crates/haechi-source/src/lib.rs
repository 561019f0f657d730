//! Where clusters and policies come from: manifest files, folders, standard input.

mod limits;

pub use limits::Limits;
