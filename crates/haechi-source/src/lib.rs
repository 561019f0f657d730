//! Where clusters and policies come from: manifest files, folders, standard input.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use haechi_model::{Cluster, Diagnostic, Files, Location, Name, Profile};
use haechi_policy::PolicyObject;

mod limits;

pub use limits::Limits;

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, a folder with all folders in it, or a glob pattern.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// `-` is standard input, anything else a path.
impl FromStr for Input {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" { Self::Stdin } else { Self::Path(text.into()) })
    }
}

/// How to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What a source may cost.
    pub limits: Limits,
    /// The namespace of objects that name none.
    pub default_namespace: Name,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            default_namespace: "default".into(),
        }
    }
}

/// What sources show.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The files, in the order of reading.
    pub files: Files,
    /// The cluster.
    pub cluster: Cluster,
    /// The policies, by id.
    pub policies: Vec<Box<dyn PolicyObject>>,
    /// What was wrong, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The kinds that were skipped because nobody here knows them, by version and kind.
    pub unknown_kinds: Vec<UnknownKind>,
    /// The objects that show which data plane the cluster has, by place.
    pub evidence: Vec<Evidence>,
}

/// A kind that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKind {
    /// Its group and version.
    pub api_version: Name,
    /// Its name.
    pub kind: Name,
    /// How many objects of it there are.
    pub count: usize,
    /// The first of them.
    pub first: Location,
}

/// An object that only a cluster with a certain data plane has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The profile of that data plane; `None` if it enforces policies and has no profile here.
    pub profile: Option<Profile>,
    /// The object, such as `DaemonSet kube-system/aws-node`, or the kind alone if the kind says it all.
    pub what: String,
    /// Where it stands.
    pub location: Location,
}
