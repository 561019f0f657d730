//! What is said of strangers, in words.

use std::fmt;

use haechi_model::name::Name;
use haechi_model::port::PortSet;

use super::{NamedPorts, NamespaceNames, StrangerPorts, Strangers};

/// Displayed as `any pod with app=client in a namespace with team=web`.
impl fmt::Display for Strangers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any pod")?;
        if !self.labels.is_everything() {
            write!(f, " with {}", self.labels)?;
        }
        let list = |names: &[Name]| {
            let names: Vec<&str> = names.iter().map(Name::as_str).collect();
            match names.as_slice() {
                [] => String::new(),
                [one] => (*one).to_owned(),
                [most @ .., last] => format!("{} and {last}", most.join(", ")),
            }
        };
        let labels = &self.namespace_labels;
        match &self.namespaces {
            NamespaceNames::These(names) => match names.as_slice() {
                [one] => write!(f, " in namespace {one}")?,
                several => write!(f, " in namespaces {}", list(several))?,
            },
            NamespaceNames::Any | NamespaceNames::Except(_) if labels.is_everything() => {
                f.write_str(" in any namespace")?;
            }
            NamespaceNames::Any | NamespaceNames::Except(_) => write!(f, " in a namespace with {labels}")?,
        }
        if let NamespaceNames::These(_) = &self.namespaces
            && !labels.is_everything()
        {
            write!(f, " if it has {labels}")?;
        }
        if let NamespaceNames::Except(names) = &self.namespaces {
            write!(f, " other than {}", list(names))?;
        }
        Ok(())
    }
}

impl StrangerPorts {
    /// Whether it speaks of no port.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.named.is_empty()
    }
}

/// Displayed as `TCP http`, or `TCP http where it is 80-90`.
impl fmt::Display for NamedPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol,
            name,
            numbers,
        } = self;
        write!(f, "{protocol} {name}")?;
        if *numbers != PortSet::protocol(*protocol) {
            write!(f, " where it is {numbers}")?;
        }
        Ok(())
    }
}

/// Displayed as `TCP 80, 443; TCP http`.
impl fmt::Display for StrangerPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |named: &[NamedPorts]| {
            let list: Vec<String> = named.iter().map(NamedPorts::to_string).collect();
            list.join("; ")
        };
        let text = match (self.numbers.is_empty(), self.named.is_empty()) {
            (_, true) => self.numbers.to_string(),
            (true, false) => list(&self.named),
            (false, false) => format!("{}; {}", self.numbers, list(&self.named)),
        };
        if self.except_named.is_empty() {
            f.pad(&text)
        } else {
            f.pad(&format!("{text}, but not {}", list(&self.except_named)))
        }
    }
}
