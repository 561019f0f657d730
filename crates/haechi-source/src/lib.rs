//! Where clusters and policies come from: manifest files, folders, standard input.
//!
//! [`read`] takes any mix of [`Input`]s and gives a [`Snapshot`]: the cluster, its policies, and everything that was
//! wrong, each with its place. Reading never stops at a fault: a document that does not parse, a file that cannot be
//! read and a limit that is met are diagnostics, and the rest is read all the same. [`documents`] reads documents of
//! other kinds for those that know what they are.
//!
//! # What becomes of what is read
//! - Pods that are there stand for their workload; its template counts only where none of its pods is shown. Pods that
//!   have succeeded or failed are left out, and so is a Job that has finished.
//! - A ReplicaSet's pods belong to its Deployment, a Job's to its CronJob, whether the objects between are shown or
//!   follow from names and labels alone.
//! - A template stands for as many pods as its object asks for: none if it is scaled to zero, yet it stays an endpoint,
//!   so that one can ask what it would reach. A DaemonSet's stands for what its status says, else for one pod on each
//!   node that is shown, else for one.
//! - If an object is there twice, the later one counts, as it would after `kubectl apply`.
//! - Namespaces, services and pods refer to each other by name in any order, over all inputs.

use std::convert::Infallible;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

use haechi_model::{Cluster, Diagnostic, Files, Location, Name, Profile};
use haechi_policy::PolicyObject;

mod assemble;
mod bound;
mod code;
mod documents;
mod gather;
mod json;
mod limits;
mod object;
mod plain;
mod reading;
mod split;
mod stranger;
mod template;
mod text;
mod tree;
mod yaml;

pub use code::{LIMIT, NOT_AN_OBJECT, SYNTAX, TWICE, UNKNOWN_KIND, UNREADABLE};
pub use documents::{Documents, documents};
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
        Ok(if text == "-" {
            Self::Stdin
        } else {
            Self::Path(text.into())
        })
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

/// Reads `inputs`, each file once; `stdin` is read only if it is among them.
pub fn read(inputs: &[Input], options: &Options, stdin: &mut dyn Read) -> Snapshot {
    let gathered = gather::gather(inputs, &options.limits, stdin);
    reading::read(gathered, options)
}

/// Reads texts, each with its name, without any I/O.
#[must_use]
pub fn read_texts(texts: Vec<(String, String)>, options: &Options) -> Snapshot {
    let mut gathered = gather::Gathered::default();
    for (name, text) in texts {
        gathered.add(name, text.into_bytes(), &options.limits);
    }
    reading::read(gathered, options)
}
