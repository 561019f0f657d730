//! Generated clusters, read and ready to be asked about.

use haechi_model::{Cluster, Profile};
use haechi_policy::{PolicySet, dialect};
use haechi_source::{Options, read_texts};

use crate::generate::{self, Shape, ShapeError};

/// A cluster as the engine takes it.
#[derive(Debug)]
pub struct Loaded {
    /// The cluster.
    pub cluster: Cluster,
    /// Its policies.
    pub policies: PolicySet,
}

impl Loaded {
    /// Generates a cluster of this shape and reads it.
    ///
    /// # Errors
    /// If no cluster can have the shape.
    pub fn of(shape: Shape) -> Result<Self, ShapeError> {
        let yaml = yaml(shape)?;
        let snapshot = read_texts(vec![("generated.yaml".to_owned(), yaml)], &Options::default());
        let policies = dialect::lower(&snapshot.policies, Profile::Kubernetes, &mut Vec::new());
        Ok(Self {
            cluster: snapshot.cluster,
            policies,
        })
    }
}

/// A cluster of this shape as one YAML stream.
///
/// # Errors
/// If no cluster can have the shape.
pub fn yaml(shape: Shape) -> Result<String, ShapeError> {
    let mut out = Vec::new();
    // Writing to memory cannot fail, and what is written is ASCII.
    let _ = generate::Cluster::plan(shape)?.write(&mut out);
    Ok(String::from_utf8_lossy(&out).into_owned())
}
