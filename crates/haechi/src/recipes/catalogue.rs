//! The recipes there are.

use haechi_model::decode::did_you_mean;

use super::Trouble;
use super::draft::Draft;
use super::make::{self, Cook};

/// A recipe.
#[derive(Clone, Copy)]
pub struct Recipe {
    /// What it is called.
    pub name: &'static str,
    /// What the policy does, in a sentence without a full stop.
    pub title: &'static str,
    /// What it needs to be told.
    pub needs: &'static [Need],
    /// The group it is listed in.
    pub group: &'static str,
    pub(super) make: fn(&mut Cook<'_>) -> Result<Vec<Draft>, Trouble>,
}

impl std::fmt::Debug for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipe")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a recipe needs to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The workload it is for.
    ApplyTo,
    /// The namespace it is for, where more than one could be meant.
    Namespace,
    /// Who may talk.
    From,
    /// Who may be talked to.
    To,
    /// The port.
    Port,
}

impl Need {
    /// The option that tells it.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::ApplyTo => "--apply-to",
            Self::Namespace => "-n",
            Self::From => "--from",
            Self::To => "--to",
            Self::Port => "--port",
        }
    }
}

const WORKLOAD_IN: &str = "Who may talk to a workload";
const WORKLOAD_OUT: &str = "Whom a workload may talk to";
const NAMESPACE: &str = "A whole namespace";
const CLUSTER: &str = "The whole cluster";

/// Every recipe, group by group.
pub const CATALOGUE: &[Recipe] = &[
    Recipe {
        name: "deny-app",
        title: "nobody may talk to a workload",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_IN,
        make: make::deny_app,
    },
    Recipe {
        name: "open-app",
        title: "everybody may talk to a workload, whatever else isolates it",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_IN,
        make: make::open_app,
    },
    Recipe {
        name: "limit-port",
        title: "a workload may be talked to on these ports alone",
        needs: &[Need::ApplyTo, Need::Port],
        group: WORKLOAD_IN,
        make: make::limit_port,
    },
    Recipe {
        name: "from-app",
        title: "only this workload may talk to another",
        needs: &[Need::ApplyTo, Need::From],
        group: WORKLOAD_IN,
        make: make::from_app,
    },
    Recipe {
        name: "from-apps",
        title: "only these workloads may talk to another",
        needs: &[Need::ApplyTo, Need::From],
        group: WORKLOAD_IN,
        make: make::from_app,
    },
    Recipe {
        name: "from-app-elsewhere",
        title: "only this workload of another namespace may talk to a workload",
        needs: &[Need::ApplyTo, Need::From],
        group: WORKLOAD_IN,
        make: make::from_app_elsewhere,
    },
    Recipe {
        name: "from-namespace",
        title: "only the pods of one namespace may talk to a workload",
        needs: &[Need::ApplyTo, Need::From],
        group: WORKLOAD_IN,
        make: make::from_namespace,
    },
    Recipe {
        name: "from-all-namespaces",
        title: "every pod of the cluster may talk to a workload, and nobody outside",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_IN,
        make: make::from_all_namespaces,
    },
    Recipe {
        name: "from-outside",
        title: "everybody, outside of the cluster too, may talk to a workload on the ports that it serves",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_IN,
        make: make::from_outside,
    },
    Recipe {
        name: "from-addresses",
        title: "only these addresses may talk to a workload, some of them left out",
        needs: &[Need::ApplyTo, Need::From],
        group: WORKLOAD_IN,
        make: make::from_addresses,
    },
    Recipe {
        name: "from-ingress-controller",
        title: "only the ingress controller may talk to a workload",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_IN,
        make: make::from_ingress_controller,
    },
    Recipe {
        name: "from-monitoring",
        title: "what reads metrics may talk to a workload, on the port of its metrics",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_IN,
        make: make::from_monitoring,
    },
    Recipe {
        name: "connect",
        title: "a workload may talk to another, said at both ends",
        needs: &[Need::From, Need::To],
        group: WORKLOAD_OUT,
        make: make::connect,
    },
    Recipe {
        name: "to-app",
        title: "a workload may talk to this one alone, and resolve names",
        needs: &[Need::ApplyTo, Need::To],
        group: WORKLOAD_OUT,
        make: make::to_app,
    },
    Recipe {
        name: "to-addresses",
        title: "a workload may talk to these addresses alone, some of them left out, and resolve names",
        needs: &[Need::ApplyTo, Need::To],
        group: WORKLOAD_OUT,
        make: make::to_addresses,
    },
    Recipe {
        name: "to-api-server",
        title: "a workload may talk to the API server",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_OUT,
        make: make::to_api_server,
    },
    Recipe {
        name: "deny-egress-app",
        title: "a workload may talk to nobody",
        needs: &[Need::ApplyTo],
        group: WORKLOAD_OUT,
        make: make::deny_egress_app,
    },
    Recipe {
        name: "default-deny",
        title: "nothing in, nothing out but names: where to begin",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::default_deny,
    },
    Recipe {
        name: "deny-all",
        title: "nothing in and nothing out, not even names",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::deny_all,
    },
    Recipe {
        name: "deny-ingress",
        title: "nobody may talk to the pods of a namespace",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::deny_ingress,
    },
    Recipe {
        name: "deny-egress",
        title: "the pods of a namespace may talk to nobody, and resolve names",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::deny_egress,
    },
    Recipe {
        name: "deny-other-namespaces",
        title: "only pods of the same namespace may talk to its pods",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::deny_other_namespaces,
    },
    Recipe {
        name: "within-namespace",
        title: "the pods of a namespace talk among themselves, and resolve names",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::within_namespace,
    },
    Recipe {
        name: "deny-outside",
        title: "the pods of a namespace may talk to pods of the cluster, and to nobody outside",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::deny_outside,
    },
    Recipe {
        name: "allow-dns",
        title: "the pods of a namespace may resolve names, by the resolver and nobody else",
        needs: &[Need::Namespace],
        group: NAMESPACE,
        make: make::allow_dns,
    },
    Recipe {
        name: "baseline-deny",
        title: "pods that no NetworkPolicy isolates: no pod talks to another (ClusterNetworkPolicy)",
        needs: &[],
        group: CLUSTER,
        make: make::baseline_deny,
    },
    Recipe {
        name: "deny-metadata",
        title: "no pod reaches the credentials of its node (ClusterNetworkPolicy)",
        needs: &[],
        group: CLUSTER,
        make: make::deny_metadata,
    },
];

/// Finds a recipe by its name.
///
/// # Errors
/// When none is called so.
pub fn find(name: &str) -> Result<&'static Recipe, Trouble> {
    CATALOGUE.iter().find(|r| r.name == name).ok_or_else(|| {
        let trouble = Trouble::new(format!("no recipe is called {name}"));
        let parts = || {
            CATALOGUE
                .iter()
                .map(|r| r.name)
                .filter(|r| name.len() >= 3 && r.contains(name))
        };
        match did_you_mean(name, CATALOGUE.iter().map(|r| r.name)).or_else(|| parts().next()) {
            Some(best) => trouble.hint(format!("did you mean {best}?")),
            None => trouble.hint("new --list shows what there is"),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_groups_together() {
        let names: BTreeSet<&str> = CATALOGUE.iter().map(|r| r.name).collect();
        assert_eq!(names.len(), CATALOGUE.len());
        let groups: Vec<&str> = CATALOGUE
            .chunk_by(|a, b| a.group == b.group)
            .map(|g| g[0].group)
            .collect();
        assert_eq!(groups, [WORKLOAD_IN, WORKLOAD_OUT, NAMESPACE, CLUSTER]);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_one() {
        let hint = |name| find(name).expect_err("it is none").advice().map(str::to_owned);
        assert_eq!(hint("deny-al").as_deref(), Some("did you mean deny-all?"));
        assert_eq!(hint("dns").as_deref(), Some("did you mean allow-dns?"));
        assert_eq!(hint("zzz").as_deref(), Some("new --list shows what there is"));
    }
}
