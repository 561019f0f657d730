//! What may have been meant.

/// The names, or ids that end in a name, that are like `asked`: best first, at most three.
#[must_use]
pub fn similar(asked: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut near: Vec<(usize, String)> = names
        .into_iter()
        .filter_map(|id| distance(asked, id.rsplit('/').next().unwrap_or(&id)).map(|d| (d, id)))
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, id)| id).collect()
}

/// How far two names are from each other; `None` if neither can have been meant for the other.
pub(super) fn distance(asked: &str, name: &str) -> Option<usize> {
    let (asked, name) = (asked.to_lowercase(), name.to_lowercase());
    let most = (asked.chars().count() / 3).max(1);
    // Half of a name is like the whole: `payment` for `payment-gateway`.
    let part =
        asked.chars().count() >= 3 && (name.contains(&asked) || (name.chars().count() >= 3 && asked.contains(&name)));
    if name.chars().count().abs_diff(asked.chars().count()) > most && !part {
        return None;
    }
    let edits = strsim::damerau_levenshtein(&asked, &name);
    if edits <= most {
        Some(edits)
    } else {
        part.then_some(most + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_come_before_parts() {
        let names = [
            "shop/Deployment/web",
            "shop/Deployment/webhook",
            "shop/Deployment/cart",
            "shop/Deployment/wbe",
        ];
        let similar = similar("wep", names.map(str::to_owned));
        assert_eq!(similar, ["shop/Deployment/web"]);
        assert_eq!(super::similar("web", names.map(str::to_owned)).len(), 3);
        assert_eq!(super::similar("postgres", names.map(str::to_owned)), [""; 0]);
    }
}
