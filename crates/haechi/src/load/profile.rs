//! Which profile policies are read under, and why.

use std::fmt;

use haechi_model::{Files, Profile};
use haechi_source::Evidence;

/// A profile, and why it is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The profile.
    pub profile: Profile,
    /// Why.
    pub why: Why,
}

/// Why a profile is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The command line says so.
    Asked,
    /// The sources show its data plane: by this object, at this place.
    Shown(String, String),
    /// They show several, each with an object of it.
    Several(Vec<(Profile, String)>),
    /// They show one that no profile is for, by this object.
    Stranger(String),
    /// They show none.
    Nothing,
}

impl Chosen {
    /// Chooses: what is asked for, else what the sources show, else the specification alone.
    #[must_use]
    pub fn new(asked: Option<Profile>, evidence: &[Evidence], files: &Files) -> Self {
        if let Some(profile) = asked {
            let why = Why::Asked;
            return Self { profile, why };
        }
        let mut shown: Vec<(Profile, &Evidence)> = Vec::new();
        for found in evidence {
            if let Some(profile) = found.profile
                && !shown.iter().any(|(p, _)| *p == profile)
            {
                shown.push((profile, found));
            }
        }
        let stranger = evidence.iter().find(|e| e.profile.is_none());
        let (profile, why) = match (shown.as_slice(), stranger) {
            ([], None) => (Profile::Kubernetes, Why::Nothing),
            ([], Some(stranger)) => (Profile::Kubernetes, Why::Stranger(stranger.what.clone())),
            ([(profile, found)], _) => {
                let place = files.show(found.location).to_string();
                (*profile, Why::Shown(found.what.clone(), place))
            }
            (several, _) => {
                let several = several.iter().map(|(p, e)| (*p, e.what.clone())).collect();
                (Profile::Kubernetes, Why::Several(several))
            }
        };
        Self { profile, why }
    }
}

/// Displayed as `kubernetes (the sources show no data plane)`.
impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.profile)?;
        match &self.why {
            Why::Asked => f.write_str("as --profile says")?,
            Why::Shown(what, place) => write!(f, "the sources show {what}, {place}")?,
            Why::Several(several) => {
                f.write_str("the sources show several data planes: ")?;
                for (i, (profile, what)) in several.iter().enumerate() {
                    write!(f, "{}{profile} by {what}", if i == 0 { "" } else { ", " })?;
                }
            }
            Why::Stranger(what) => write!(f, "the sources show {what}, which has no profile of its own")?,
            Why::Nothing => f.write_str("the sources show no data plane")?,
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use haechi_model::Location;

    use super::*;

    fn chosen(asked: Option<Profile>, evidence: &[(Option<Profile>, &str)]) -> String {
        let mut files = Files::default();
        let file = files.add("cluster.yaml", "---\n# A cluster.\nkind: List\n");
        let location = Location {
            file,
            line: 3,
            column: 1,
            last_line: 3,
        };
        let evidence: Vec<Evidence> = evidence
            .iter()
            .map(|(profile, what)| Evidence {
                profile: *profile,
                what: (*what).to_owned(),
                location,
            })
            .collect();
        Chosen::new(asked, &evidence, &files).to_string()
    }

    #[test]
    fn says_why() {
        let calico = (Some(Profile::Calico), "DaemonSet kube-system/calico-node");
        let cilium = (Some(Profile::Cilium), "ConfigMap kube-system/cilium-config");
        let antrea = (None, "DaemonSet kube-system/antrea-agent");
        assert_eq!(chosen(None, &[]), "kubernetes (the sources show no data plane)");
        assert_eq!(chosen(Some(Profile::Aws), &[calico]), "aws (as --profile says)");
        assert_eq!(
            chosen(None, &[calico, calico]),
            "calico (the sources show DaemonSet kube-system/calico-node, cluster.yaml:3:1)"
        );
        assert_eq!(
            chosen(None, &[calico, cilium]),
            "kubernetes (the sources show several data planes: calico by DaemonSet kube-system/calico-node, cilium by \
             ConfigMap kube-system/cilium-config)"
        );
        assert_eq!(
            chosen(None, &[antrea]),
            "kubernetes (the sources show DaemonSet kube-system/antrea-agent, which has no profile of its own)"
        );
    }
}
