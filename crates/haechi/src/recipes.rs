//! Policies that people begin with, made for what is there: `haechi new`.
//!
//! A [`Recipe`] says what a policy is for and what it needs; [`make`] fills it with the labels, ports and addresses of a
//! cluster, and [`Effect`] says what it would cut and open before anybody applies it.

use haechi_model::{Cluster, Name};
use haechi_policy::PolicySet;

mod catalogue;
mod draft;
mod effect;
mod make;
mod request;
mod surroundings;

pub use catalogue::{CATALOGUE, Need, Recipe, find};
pub use effect::{Change, Effect};
pub use request::Request;

/// Where a recipe is made.
#[derive(Clone, Copy, Debug)]
pub struct Kitchen<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The policies that hold already.
    pub policies: &'a PolicySet,
    /// The namespace of names without one.
    pub namespace: Option<&'a Name>,
}

/// A policy that was made, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The policies, as YAML.
    pub yaml: String,
    /// Their ids.
    pub ids: Vec<String>,
    /// What one should know of it.
    pub notes: Vec<String>,
    /// Pairs of workloads that are meant to talk once it holds, by index.
    pub meant: Vec<(usize, usize)>,
    /// A workload that nobody but its peers of `meant` is meant to talk to.
    pub alone: Option<usize>,
}

/// Why a recipe cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    message: String,
    hint: Option<String>,
}

impl Trouble {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Makes a recipe for what is asked.
///
/// # Errors
/// When it needs something that was not named, or the cluster does not show.
pub fn make(recipe: &Recipe, request: &Request, kitchen: Kitchen<'_>) -> Result<Made, Trouble> {
    let mut cook = make::Cook::new(recipe, request, kitchen)?;
    let mut drafts = (recipe.make)(&mut cook)?;
    if let Some(name) = &request.name {
        let [only] = drafts.as_mut_slice() else {
            return Err(Trouble::new(format!(
                "{} makes several policies, which cannot share a name",
                recipe.name
            )));
        };
        if !is_object_name(name) {
            let trouble = Trouble::new(format!("no object can be called {name}"));
            return Err(trouble.hint("names have lower-case letters, digits, dashes and dots, and at most 253 of them"));
        }
        only.name = name.clone();
    }
    for draft in &drafts {
        let id = draft.id();
        if kitchen.policies.policies().any(|p| p.id.to_string() == id) {
            let trouble = Trouble::new(format!("there is a {id} already"));
            return Err(trouble.hint("give the new one another name with --name"));
        }
    }
    Ok(Made {
        yaml: draft::document(&drafts),
        ids: drafts.iter().map(draft::Draft::id).collect(),
        notes: cook.notes,
        meant: cook.meant,
        alone: cook.alone,
    })
}

/// Whether the API server takes a name: an [RFC 1123 subdomain](https://datatracker.ietf.org/doc/html/rfc1123).
fn is_object_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}
