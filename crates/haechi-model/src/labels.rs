//! Labels and the expressions that select by them.

use std::fmt;

use crate::name::Name;

/// An object's labels, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Box<[(Name, Name)]>);

impl Labels {
    /// The value of `key`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Name> {
        self.0
            .binary_search_by(|(k, _)| (**k).cmp(key))
            .ok()
            .map(|i| &self.0[i].1)
    }

    /// All pairs, by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Name, &Name)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every pair of `self` is a pair of `other`, as a Service's selector is read.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|(key, value)| other.value(key) == Some(value))
    }

    /// These labels and one more, which wins over an equal key.
    #[must_use]
    pub fn with(&self, key: Name, value: Name) -> Self {
        self.0
            .iter()
            .filter(|(k, _)| *k != key)
            .cloned()
            .chain([(key.clone(), value)])
            .collect()
    }
}

/// The last of equal keys wins.
impl FromIterator<(Name, Name)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Name, Name)>>(pairs: I) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, first| later.0 == first.0);
        Self(pairs.into_boxed_slice())
    }
}

/// Displayed as `key=value,key=value`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, value)) in self.iter().enumerate() {
            write!(f, "{}{key}={value}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// An expression over labels.
///
/// It holds what every dialect's selectors can say; each dialect lowers its own form to it.
/// [Kubernetes' rules](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/)
/// for `NotIn` (an object without the key matches) are `Not(In(…))`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Selector {
    /// The key is there.
    Has(Name),
    /// The key is there and its value is one of these (sorted).
    In(Name, Vec<Name>),
    /// The key is there and its value contains the text.
    Contains(Name, Name),
    /// The key is there and its value starts with the text.
    StartsWith(Name, Name),
    /// The key is there and its value ends with the text.
    EndsWith(Name, Name),
    /// The inner expression does not match.
    Not(Box<Self>),
    /// All match; the empty one matches everything.
    And(Vec<Self>),
    /// At least one matches; the empty one matches nothing.
    Or(Vec<Self>),
}

impl Selector {
    /// Matches every object.
    pub const EVERYTHING: Self = Self::And(Vec::new());
    /// Matches no object.
    pub const NOTHING: Self = Self::Or(Vec::new());

    /// `key` has exactly this `value`.
    #[must_use]
    pub fn is(key: impl Into<Name>, value: impl Into<Name>) -> Self {
        Self::In(key.into(), vec![value.into()])
    }

    /// All of `terms`, without nesting that says nothing.
    #[must_use]
    pub fn all(mut terms: Vec<Self>) -> Self {
        terms.sort();
        terms.dedup();
        match terms.len() {
            1 => terms.swap_remove(0),
            _ => Self::And(terms),
        }
    }

    /// Whether it matches whatever the labels are because it says nothing.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::And(terms) if terms.is_empty())
    }

    /// Whether an object with these labels matches.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = |key: &Name| labels.value(key);
        match self {
            Self::Has(key) => value(key).is_some(),
            Self::In(key, values) => value(key).is_some_and(|v| values.contains(v)),
            Self::Contains(key, text) => value(key).is_some_and(|v| v.contains(text.as_str())),
            Self::StartsWith(key, text) => value(key).is_some_and(|v| v.starts_with(text.as_str())),
            Self::EndsWith(key, text) => value(key).is_some_and(|v| v.ends_with(text.as_str())),
            Self::Not(inner) => !inner.matches(labels),
            Self::And(terms) => terms.iter().all(|t| t.matches(labels)),
            Self::Or(terms) => terms.iter().any(|t| t.matches(labels)),
        }
    }

    /// Calls `visit` for every key the expression asks about, with the values that it tells apart;
    /// no values where it may tell apart any two.
    pub fn visit_keys<'a>(&'a self, visit: &mut impl FnMut(&'a Name, KeyUse<'a>)) {
        match self {
            Self::Has(key) => visit(key, KeyUse::Presence),
            Self::In(key, values) => visit(key, KeyUse::Values(values)),
            Self::Contains(key, _) | Self::StartsWith(key, _) | Self::EndsWith(key, _) => visit(key, KeyUse::Text),
            Self::Not(inner) => inner.visit_keys(visit),
            Self::And(terms) | Self::Or(terms) => terms.iter().for_each(|t| t.visit_keys(visit)),
        }
    }
}

/// What an expression asks about a key.
#[derive(Clone, Copy, Debug)]
pub enum KeyUse<'a> {
    /// Whether it is there.
    Presence,
    /// Whether its value is one of these.
    Values(&'a [Name]),
    /// Something about its text.
    Text,
}

/// Displayed as kubectl takes it where it can say it (`app=web,tier in (a,b),!legacy`), with `&&`,
/// `||` and `!(…)` otherwise; `everything` and `nothing` in words.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, values: &[Name]| {
            values
                .iter()
                .enumerate()
                .try_for_each(|(i, v)| write!(f, "{}{v}", if i == 0 { "" } else { "," }))
        };
        match self {
            Self::Has(key) => write!(f, "{key}"),
            Self::In(key, values) if values.len() == 1 => write!(f, "{key}={}", values[0]),
            Self::In(key, values) => {
                write!(f, "{key} in (")?;
                list(f, values)?;
                f.write_str(")")
            }
            Self::Contains(key, text) => write!(f, "{key} contains {text}"),
            Self::StartsWith(key, text) => write!(f, "{key} starts with {text}"),
            Self::EndsWith(key, text) => write!(f, "{key} ends with {text}"),
            Self::Not(inner) => match &**inner {
                Self::Has(key) => write!(f, "!{key}"),
                Self::In(key, values) if values.len() == 1 => write!(f, "{key}!={}", values[0]),
                Self::In(key, values) => {
                    write!(f, "{key} notin (")?;
                    list(f, values)?;
                    f.write_str(")")
                }
                other => write!(f, "!({other})"),
            },
            Self::And(terms) if terms.is_empty() => f.write_str("everything"),
            Self::Or(terms) if terms.is_empty() => f.write_str("nothing"),
            Self::And(terms) => terms.iter().enumerate().try_for_each(|(i, t)| match t {
                Self::Or(inner) if inner.len() > 1 => write!(f, "{}({t})", if i == 0 { "" } else { "," }),
                _ => write!(f, "{}{t}", if i == 0 { "" } else { "," }),
            }),
            Self::Or(terms) => terms
                .iter()
                .enumerate()
                .try_for_each(|(i, t)| write!(f, "{}{t}", if i == 0 { "" } else { " || " })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| (Name::from(*k), Name::from(*v))).collect()
    }

    #[test]
    fn not_in_matches_an_object_without_the_key() {
        let selector = Selector::Not(Box::new(Selector::is("tier", "front")));
        assert!(selector.matches(&labels(&[])));
        assert!(selector.matches(&labels(&[("tier", "back")])));
        assert!(!selector.matches(&labels(&[("tier", "front")])));
    }

    #[test]
    fn an_empty_value_needs_the_key() {
        let selector = Selector::is("tier", "");
        assert!(!selector.matches(&labels(&[])));
        assert!(selector.matches(&labels(&[("tier", "")])));
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        assert_eq!(labels(&[("a", "1"), ("b", "2"), ("a", "3")]).to_string(), "a=3,b=2");
    }

    #[test]
    fn is_written_as_kubectl_takes_it() {
        let selector = Selector::all(vec![
            Selector::is("app", "web"),
            Selector::Not(Box::new(Selector::Has("legacy".into()))),
            Selector::In("tier".into(), vec!["a".into(), "b".into()]),
        ]);
        assert_eq!(selector.to_string(), "app=web,tier in (a,b),!legacy");
        assert_eq!(Selector::EVERYTHING.to_string(), "everything");
    }
}
