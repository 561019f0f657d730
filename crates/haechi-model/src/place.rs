//! Where things stand in their files.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A file (or standard input) that objects were read from: an index into [`Files`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place in a file: a line and a column, both from 1, and the last line of what starts there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The first line, from 1.
    pub line: u32,
    /// The column of the first character, from 1, counted in characters.
    pub column: u32,
    /// The last line, at least `line`.
    pub last_line: u32,
}

/// The files that were read, by the names a user knows them by, with their text.
#[derive(Clone, Debug, Default)]
pub struct Files(Vec<File>);

#[derive(Clone, Debug)]
struct File {
    name: String,
    /// Not `Arc<str>`, which would copy a text that may be most of the memory in use.
    text: Arc<String>,
    /// Where each line starts, once somebody asks for lines: a file may have millions, and thousands be asked for.
    starts: OnceLock<Arc<[usize]>>,
}

impl File {
    fn starts(&self) -> &[usize] {
        self.starts.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        })
    }
}

impl Files {
    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(File {
            name: name.into(),
            text: Arc::new(text.into()),
            starts: OnceLock::new(),
        });
        id
    }

    /// All of them, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.0.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// The name of a file; `?` for an id of another set of files.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("?", |f| &f.name)
    }

    /// The text of a file; empty for an id of another set of files.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |f| &f.text)
    }

    /// The lines from `location.line` to `location.last_line`, with their numbers, at most `most`.
    pub fn lines(&self, location: Location, most: usize) -> impl Iterator<Item = (u32, &str)> {
        let count = (location.last_line.saturating_sub(location.line) as usize + 1).min(most);
        let file = self.0.get(location.file.0 as usize);
        let first = location.line.saturating_sub(1) as usize;
        let start = file.and_then(|f| Some((f, *f.starts().get(first)?)));
        let text = start.map_or("", |(file, start)| &file.text[start..]);
        text.lines()
            .take(count)
            .zip(location.line..)
            .map(|(text, line)| (line, text))
    }

    /// `file:line:column`, as compilers and editors write it; the name alone for a file without text, as one is that
    /// cannot be read.
    #[must_use]
    pub fn show(&self, location: Location) -> Place<'_> {
        Place { files: self, location }
    }
}

/// A location with its file's name, to be displayed as `file:line:column`.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    files: &'a Files,
    location: Location,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, line, column, .. } = self.location;
        if self.files.text(file).is_empty() {
            return f.write_str(self.files.name(file));
        }
        write!(f, "{}:{line}:{column}", self.files.name(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_file_without_text_is_the_file() {
        let mut files = Files::default();
        let at = |file| Location {
            file,
            line: 1,
            column: 2,
            last_line: 1,
        };
        let read = files.add("a.yaml", "kind: Pod\n");
        let unread = files.add("b.yaml", "");
        assert_eq!(files.show(at(read)).to_string(), "a.yaml:1:2");
        assert_eq!(files.show(at(unread)).to_string(), "b.yaml");
    }
}
