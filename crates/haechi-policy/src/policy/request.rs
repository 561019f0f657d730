//! Conditions on what is sent over a connection.

use haechi_model::name::Name;

/// Conditions on a request, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpMatch {
    /// On the method.
    pub methods: TextSet,
    /// On the path.
    pub paths: TextSet,
    /// On the host.
    pub hosts: TextSet,
    /// On headers, each by its name.
    pub headers: Vec<(Name, TextSet)>,
    /// On whatever else a dialect speaks of, by its word for it: a token's claim, the name in a TLS handshake or in a
    /// DNS question.
    pub attributes: Vec<(Name, TextSet)>,
}

/// A condition on a text: one of `any` matches, or there is none, and none of `none` does.
///
/// A text that is not there meets it unless `any` asks for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TextSet {
    /// One of these must match, if there are any.
    pub any: Vec<TextMatch>,
    /// None of these may.
    pub none: Vec<TextMatch>,
}

/// What a text may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextMatch {
    /// Any text that is there.
    Present,
    /// This text.
    Exact(Name),
    /// A text that starts so.
    Prefix(Name),
    /// A text that ends so.
    Suffix(Name),
    /// A text that matches this regular expression as a whole.
    Regex(Name),
}
