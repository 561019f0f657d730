//! Which data plane enforces.

use std::fmt;
use std::str::FromStr;

/// The data plane whose choices decide where a specification leaves a case open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Profile {
    /// The specification alone; what it leaves open is undefined.
    #[default]
    Kubernetes,
    /// Calico.
    Calico,
    /// Cilium.
    Cilium,
    /// The Amazon VPC CNI's network policy agent.
    Aws,
    /// Haechi's own data path: the specification, and where it is open the answer that opens less.
    Haechi,
}

impl Profile {
    /// All profiles, in the order in which they are listed to users.
    pub const ALL: [Self; 5] = [Self::Kubernetes, Self::Calico, Self::Cilium, Self::Aws, Self::Haechi];

    /// The name, as `--profile` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Calico => "calico",
            Self::Cilium => "cilium",
            Self::Aws => "aws",
            Self::Haechi => "haechi",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(pub String);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no profile is called {:?}; there are", self.0)?;
        for (i, profile) in Profile::ALL.iter().enumerate() {
            write!(f, "{} {profile}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;
    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|p| p.name() == text)
            .ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}
