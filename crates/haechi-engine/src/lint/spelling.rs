//! What a word was probably meant to be.

use haechi_model::decode::did_you_mean;

/// The one of `known` of which `word` looks like a misspelling.
///
/// `team-a` is none of `team-b`, nor `web-1` of `web-2`: people name things so on purpose.
pub(super) fn misspelt<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    did_you_mean(word, known.into_iter().filter(|k| may_be_meant(word, k)))
}

fn may_be_meant(word: &str, known: &str) -> bool {
    let parts = |text: &'_ str| -> Vec<String> {
        let letters = |part: &str| part.trim_matches(|c: char| c.is_ascii_digit()).to_lowercase();
        text.split(|c: char| !c.is_alphanumeric()).map(letters).collect()
    };
    let (a, b) = (parts(word), parts(known));
    let long = |part: &String| part.chars().count() >= 3;
    // Words that were run together or torn apart differ in nothing else.
    a.len() != b.len()
        || a.iter().zip(&b).any(|(x, y)| x != y) && a.iter().zip(&b).all(|(x, y)| x == y || long(x) && long(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_misspellings_from_names_that_differ_on_purpose() {
        for (word, known) in [
            ("wbe", "web"),
            ("chekout", "checkout"),
            ("shop-prdo", "shop-prod"),
            ("metadataname", "metadata-name"),
        ] {
            assert_eq!(misspelt(word, [known]), Some(known), "{word}");
        }
        for (word, known) in [
            ("t2", "t1"),
            ("team-a", "team-b"),
            ("web-1", "web-2"),
            ("zone1", "zone2"),
            ("search", "web"),
        ] {
            assert_eq!(misspelt(word, [known]), None, "{word}");
        }
    }
}
