//! Patterns of domain names.

use haechi_model::name::Name;

/// Domain names, by a pattern in lower case and without a dot at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainPattern {
    /// The pattern.
    pub text: Name,
    /// What its stars stand for.
    pub star: Star,
}

/// What a star in a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Star {
    /// `*.` in front is one label or more, as Kubernetes reads it (rule 27).
    Labels,
    /// `*` is any run inside of one label, `**.` in front one label or more, and `*` alone any name, as Cilium reads
    /// it (rule 48).
    InLabel,
}

impl DomainPattern {
    /// Whether a domain name, or every name of a pattern of the same text, is one that it stands for.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        let text = self.text.as_str();
        if text == name {
            return true;
        }
        match self.star {
            Star::Labels => text.strip_prefix("*.").is_some_and(|parent| is_below(name, parent)),
            // What stands for several names is no name of one label.
            Star::InLabel if name.contains('*') => false,
            Star::InLabel if text == "*" => true,
            Star::InLabel => match text.strip_prefix("**.") {
                Some(parent) => parents(name).any(|rest| same_labels(parent, rest)),
                None => same_labels(text, name),
            },
        }
    }
}

/// Whether `name` is `parent` with one label or more in front.
fn is_below(name: &str, parent: &str) -> bool {
    parents(name).any(|rest| rest == parent)
}

/// What is left of a name without its first label, without its first two, and so on.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(dot, _)| &name[dot + 1..])
}

/// Whether a name has as many labels as a pattern, each of which matches.
fn same_labels(pattern: &str, name: &str) -> bool {
    let (mut patterns, mut labels) = (pattern.split('.'), name.split('.'));
    loop {
        match (patterns.next(), labels.next()) {
            (None, None) => return true,
            (Some(pattern), Some(label)) if is_like(pattern, label) => {}
            _ => return false,
        }
    }
}

/// Whether a label is what its pattern says, each star any run of characters.
fn is_like(pattern: &str, label: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = label.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        // The leftmost place of each part leaves the most to those behind it.
        if let Some(part) = last.replace(part) {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(star: Star, text: &str, name: &str) -> bool {
        DomainPattern {
            text: text.into(),
            star,
        }
        .covers(name)
    }

    #[test]
    fn a_star_in_front_is_one_label_or_more_to_kubernetes() {
        let covers = |text, name| covers(Star::Labels, text, name);
        assert!(covers("example.com", "example.com"));
        assert!(!covers("example.com", "www.example.com"));
        assert!(covers("*.example.com", "www.example.com"));
        assert!(covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", "badexample.com"));
        assert!(covers("*.com", "*.example.com"));
        assert!(!covers("*.example.com", "*.com"));
    }

    #[test]
    fn a_star_is_a_run_inside_of_one_label_to_cilium() {
        let covers = |text, name| covers(Star::InLabel, text, name);
        assert!(covers("*.example.com", "www.example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(covers("api-*-eu*.example.com", "api-7-eu.example.com"));
        assert!(!covers("api-*-eu*.example.com", "api-7.example.com"));
        assert!(covers("a*a", "aa") && !covers("a*a", "a"));
        assert!(covers("a*b*b", "abb") && !covers("a*b*b", "ab"));
        assert!(covers("*", "a.b.example.com"));
        assert!(covers("**.example.com", "a.b.example.com"));
        assert!(covers("**.example.com", "www.example.com"));
        assert!(!covers("**.example.com", "example.com"));
        assert!(covers("**.*.com", "a.b.com") && !covers("**.*.com", "b.com"));
    }
}
