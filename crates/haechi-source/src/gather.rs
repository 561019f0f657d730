//! Inputs to texts: which files there are, and what is in them.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use haechi_model::decode::did_you_mean;
use haechi_model::diagnostic::Code;
use haechi_model::{Diagnostic, FileId, Files, Location, Severity};
use rustc_hash::FxHashSet;
use walkdir::{DirEntry, WalkDir};

use crate::{Input, Limits, code, text};

/// Texts that were found, and what was wrong on the way.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) files: Files,
    /// The files that have a text, in order.
    pub(crate) texts: Vec<FileId>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    bytes: u64,
    seen: FxHashSet<PathBuf>,
    stdin_read: bool,
}

/// What standard input is called in places.
const STDIN: &str = "(standard input)";
/// The endings of files that a folder is searched for.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads all inputs, each file once, in the order in which they are named; folders by name.
pub(crate) fn gather(inputs: &[Input], limits: &Limits, stdin: &mut dyn Read) -> Gathered {
    let mut gathered = Gathered::default();
    for input in inputs {
        match input {
            Input::Stdin => gathered.stdin(limits, stdin),
            Input::Path(path) => gathered.path(path, limits),
        }
    }
    gathered
}

impl Gathered {
    /// Adds what a file holds.
    pub(crate) fn add(&mut self, name: String, bytes: Vec<u8>, limits: &Limits) {
        let len = bytes.len() as u64;
        if len > limits.file_bytes {
            return self.too_large(name, limits);
        }
        if self.texts.len() >= limits.files {
            return self.too_many(name, limits);
        }
        if self.bytes + len > limits.total_bytes {
            return self.too_much(name, limits);
        }
        match text::decode(bytes) {
            Ok(text) => {
                self.bytes += len;
                let file = self.files.add(name, text);
                self.texts.push(file);
            }
            Err(error) => self.fault(name, code::UNREADABLE, error.to_string(), Some(error.hint())),
        }
    }

    fn stdin(&mut self, limits: &Limits, stdin: &mut dyn Read) {
        // It can be read only once; naming it twice is as harmless as naming a file twice.
        if std::mem::replace(&mut self.stdin_read, true) {
            return;
        }
        let mut bytes = Vec::new();
        match stdin.take(limits.file_bytes + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.trim_ascii().is_empty() => {
                let hint = "did the command before it fail?".to_owned();
                self.fault(STDIN.to_owned(), code::UNREADABLE, "holds nothing", Some(hint));
            }
            Ok(_) => self.add(STDIN.to_owned(), bytes, limits),
            Err(error) => self.fault(
                STDIN.to_owned(),
                code::UNREADABLE,
                format!("cannot be read: {error}"),
                None,
            ),
        }
    }

    fn path(&mut self, path: &Path, limits: &Limits) {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path, path, limits),
            Ok(_) => self.file(path, limits),
            Err(error) if error.kind() == ErrorKind::NotFound => match Pattern::of(path) {
                Some(Ok(pattern)) => self.pattern(path, &pattern, limits),
                Some(Err(error)) => {
                    let message = format!("is no glob pattern: {}", error.kind());
                    self.fault(name_of(path), code::UNREADABLE, message, None);
                }
                None => self.fault(name_of(path), code::UNREADABLE, "no such file or folder", missing(path)),
            },
            Err(error) => self.fault(
                name_of(path),
                code::UNREADABLE,
                format!("cannot be read: {error}"),
                None,
            ),
        }
    }

    /// Reads every manifest below `folder`, on account of the input `named`.
    fn folder(&mut self, folder: &Path, named: &Path, limits: &Limits) {
        let files = self.walk(folder);
        if files.is_empty() {
            let message = "holds no manifests";
            let hint = "files that end in .yaml, .yml or .json are read, hidden ones are not";
            return self.fault(name_of(named), code::UNREADABLE, message, Some(hint.to_owned()));
        }
        for file in files {
            self.file(&file, limits);
        }
    }

    /// The manifests below `folder`, sorted.
    fn walk(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let entries = WalkDir::new(folder)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_manifest(entry.path()) => {
                    files.push(entry.into_path());
                }
                Ok(_) => {}
                // A link back to a folder above shows nothing new, one that leads nowhere nothing at all.
                Err(error) if error.loop_ancestor().is_some() || error.path().is_some_and(Path::is_symlink) => {}
                Err(error) => {
                    let name = error.path().map_or_else(|| name_of(folder), name_of);
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.fault(name, code::UNREADABLE, format!("cannot be read: {why}"), None);
                }
            }
        }
        files
    }

    fn pattern(&mut self, named: &Path, pattern: &Pattern, limits: &Limits) {
        let mut files = Vec::new();
        let entries = WalkDir::new(&pattern.root)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || pattern.hidden || !is_hidden(entry))
            .filter_map(Result::ok);
        for entry in entries {
            let path = entry.path();
            if entry.depth() == 0 || !pattern.matches(path) {
                continue;
            }
            if entry.file_type().is_dir() {
                files.extend(self.walk(path));
            } else if pattern.ending || is_manifest(path) {
                files.push(path.to_owned());
            }
        }
        if files.is_empty() {
            let hint = missing(&pattern.root)
                .filter(|_| !pattern.root.exists())
                .unwrap_or_else(|| {
                    "quote the pattern, so that the shell leaves it alone; ** stands for any depth of folders"
                        .to_owned()
                });
            let message = "no manifest matches this pattern";
            self.fault(name_of(named), code::UNREADABLE, message, Some(hint));
        }
        for file in files {
            self.file(&file, limits);
        }
    }

    fn file(&mut self, path: &Path, limits: &Limits) {
        if let Ok(canonical) = fs::canonicalize(path)
            && !self.seen.insert(canonical)
        {
            return;
        }
        let name = name_of(path);
        if self.texts.len() >= limits.files {
            return self.too_many(name, limits);
        }
        match bytes_of(path, limits.file_bytes) {
            Ok(Some(bytes)) => self.add(name, bytes, limits),
            Ok(None) => self.too_large(name, limits),
            Err(error) => self.fault(name, code::UNREADABLE, format!("cannot be read: {error}"), None),
        }
    }

    fn too_large(&mut self, name: String, limits: &Limits) {
        let message = format!("is larger than {}", size(limits.file_bytes));
        let hint = "split it into several files".to_owned();
        self.fault(name, code::LIMIT, message, Some(hint));
    }

    fn too_much(&mut self, name: String, limits: &Limits) {
        let message = format!(
            "is left out: all files together are larger than {}",
            size(limits.total_bytes)
        );
        self.fault(name, code::LIMIT, message, None);
    }

    /// Says so once, however many files there are.
    fn too_many(&mut self, name: String, limits: &Limits) {
        let message = format!(
            "is left out, and so is what follows: there are more than {} files",
            limits.files
        );
        if self.diagnostics.last().is_none_or(|d| d.message != message) {
            self.fault(name, code::LIMIT, message, None);
        }
    }

    fn fault(&mut self, name: String, code: Code, message: impl Into<String>, hint: Option<String>) {
        let location = Location {
            file: self.files.add(name, String::new()),
            line: 1,
            column: 1,
            last_line: 1,
        };
        let mut diagnostic = Diagnostic::new(code, Severity::Error, location, message);
        diagnostic.hint = hint;
        self.diagnostics.push(diagnostic);
    }
}

/// A glob pattern and the folder below which its matches lie.
#[derive(Debug)]
struct Pattern {
    root: PathBuf,
    matcher: GlobMatcher,
    /// Whether it names hidden files.
    hidden: bool,
    /// Whether it says how its files end.
    ending: bool,
}

impl Pattern {
    /// `None` if the path has nothing of a pattern.
    fn of(path: &Path) -> Option<Result<Self, globset::Error>> {
        let is_magic = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        let root: PathBuf = path.components().take_while(|c| !is_magic(c)).collect();
        let rest: PathBuf = path.components().skip_while(|c| !is_magic(c)).collect();
        if rest.as_os_str().is_empty() {
            return None;
        }
        let hidden = rest
            .components()
            .any(|c| c.as_os_str().to_string_lossy().starts_with('.'));
        let ending = rest.extension().is_some_and(|e| !e.to_string_lossy().contains('*'));
        let glob = GlobBuilder::new(&rest.to_string_lossy())
            .literal_separator(true)
            .build();
        Some(glob.map(|glob| Self {
            root: if root.as_os_str().is_empty() { ".".into() } else { root },
            matcher: glob.compile_matcher(),
            hidden,
            ending,
        }))
    }

    fn matches(&self, path: &Path) -> bool {
        self.matcher.is_match(path.strip_prefix(&self.root).unwrap_or(path))
    }
}

/// What a file holds; `None` if that is more than `most` bytes. What is no plain file may have more than its size says.
fn bytes_of(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    if len > most {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0).saturating_add(1));
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn is_manifest(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| ENDINGS.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
}

fn name_of(path: &Path) -> String {
    match path.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.display().to_string(),
        _ => path.display().to_string(),
    }
}

/// What to do about a path that is not there: what is there instead.
fn missing(path: &Path) -> Option<String> {
    // The first part of it that is not there, and the folder that it should be in.
    let (absent, folder) = path
        .ancestors()
        .zip(path.ancestors().skip(1))
        .find_map(|(absent, folder)| {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            folder.is_dir().then_some((absent, folder))
        })?;
    let mut names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    let wanted = absent.file_name()?.to_string_lossy();
    if let Some(best) = did_you_mean(&wanted, names.iter().map(String::as_str)) {
        let mut meant = folder.join(best);
        meant.extend(path.strip_prefix(absent).unwrap_or(Path::new("")));
        return Some(format!("did you mean {}?", name_of(&meant)));
    }
    let shown = names.len().min(MOST_NAMES);
    let more = if names.len() > shown { ", …" } else { "" };
    Some(match shown {
        0 => format!("{} is empty", name_of(folder)),
        _ => format!("{} holds {}{more}", name_of(folder), names[..shown].join(", ")),
    })
}

/// How many names of what is in a folder a hint shows.
const MOST_NAMES: usize = 5;

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}
