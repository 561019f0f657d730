//! A page about one rule, out of Markdown: prose, manifests, and tables of what must come out.
//!
//! A page holds sections, one for each second-level heading. The manifests of a section are its own `yaml` blocks and
//! those above the first heading; its tables are asked about them together. A table is known by its columns:
//!
//! - `from`, `to`, `port`, and either `verdict` or columns named after profiles: questions. `verdict` is that of the
//!   profile that the last paragraph `Profile: NAME` above it in the section names, else of `kubernetes`. A column
//!   `because` names what decides: a line of a manifest that ends with a comment like `# (1)`, or a word.
//! - `at`, `code`, `message contains`: everything that is wrong with the manifests, and nothing else is.

use std::collections::BTreeMap;
use std::ops::Range;

use haechi_engine::Verdict;
use haechi_model::{Profile, Protocol};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A page about one rule.
#[derive(Debug)]
pub(crate) struct Page {
    /// The rule's number.
    pub(crate) rule: u8,
    /// What it says to check.
    pub(crate) sections: Vec<Section>,
}

/// Manifests, and what must come out of them.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// The manifests, each with as many empty lines before it as put it on its lines of the page.
    pub(crate) manifests: Vec<String>,
    /// Questions.
    pub(crate) probes: Vec<Probe>,
    /// What is wrong with the manifests.
    pub(crate) findings: Vec<Finding>,
}

impl Section {
    /// Whether a table names a line of the manifests.
    fn names(&self, line: u32) -> bool {
        self.findings.iter().any(|f| f.at == line) || self.probes.iter().any(|p| p.because == Some(Because::Line(line)))
    }
}

/// A question and its answer.
#[derive(Debug)]
pub(crate) struct Probe {
    /// Its row's line.
    pub(crate) line: u32,
    /// The source.
    pub(crate) from: String,
    /// The destination.
    pub(crate) to: String,
    /// The destination's port.
    pub(crate) protocol: Protocol,
    /// The number of the port; an ICMP type and code as `type << 8 | code`.
    pub(crate) port: u16,
    /// Who enforces.
    pub(crate) profile: Profile,
    /// The answer.
    pub(crate) verdict: Verdict,
    /// What decides.
    pub(crate) because: Option<Because>,
}

/// What decides a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Because {
    /// The rule or the policy that starts at this line of the page.
    Line(u32),
    /// Something that has no line, in a word.
    Word(String),
}

/// Something that is wrong with the manifests.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Its row's line.
    pub(crate) line: u32,
    /// The line that it is about.
    pub(crate) at: u32,
    /// Its code.
    pub(crate) code: String,
    /// A part of what is said about it.
    pub(crate) message: String,
}

/// Something that makes a page no page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line of the page.
    pub(crate) line: u32,
    /// What is wrong.
    pub(crate) message: String,
}

impl Page {
    /// Reads a page.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader::new(text);
        for (event, at) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            reader.event(event, at)?;
        }
        reader.finish()
    }
}

/// What has been read of a page so far.
struct Reader<'t> {
    lines: Lines,
    text: &'t str,
    rule: Option<u8>,
    /// What stands above the first second-level heading, then a section for each.
    drafts: Vec<Draft>,
    profile: Profile,
    open: Open,
}

/// A section as it is written.
#[derive(Default)]
struct Draft {
    line: u32,
    manifests: Vec<(u32, String)>,
    tables: Vec<Table>,
}

struct Table {
    line: u32,
    profile: Profile,
    head: Vec<String>,
    rows: Vec<(u32, Vec<String>)>,
}

/// What the text that comes next belongs to.
enum Open {
    Nothing,
    Heading(HeadingLevel, String),
    Paragraph(String),
    Manifest(Option<Range<usize>>),
    Table(Table, String),
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            lines: Lines::of(text),
            text,
            rule: None,
            drafts: vec![Draft {
                line: 1,
                ..Draft::default()
            }],
            profile: Profile::Kubernetes,
            open: Open::Nothing,
        }
    }

    fn event(&mut self, event: Event<'_>, at: Range<usize>) -> Result<(), Fault> {
        let line = self.lines.at(at.start);
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.open = Open::Heading(level, String::new()),
            Event::Start(Tag::Paragraph) => self.open = Open::Paragraph(String::new()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if &*info == "yaml" => {
                self.open = Open::Manifest(None);
            }
            Event::Start(Tag::Table(_)) => {
                let table = Table {
                    line,
                    profile: self.profile,
                    head: Vec::new(),
                    rows: Vec::new(),
                };
                self.open = Open::Table(table, String::new());
            }
            Event::Start(Tag::TableRow) => {
                if let Open::Table(table, _) = &mut self.open {
                    table.rows.push((line, Vec::new()));
                }
            }
            Event::End(TagEnd::TableCell) => {
                if let Open::Table(table, cell) = &mut self.open {
                    let cell = std::mem::take(cell).trim().to_owned();
                    table.rows.last_mut().map_or(&mut table.head, |(_, row)| row).push(cell);
                }
            }
            Event::Text(text) | Event::Code(text) => match &mut self.open {
                Open::Heading(_, written) | Open::Paragraph(written) | Open::Table(_, written) => {
                    written.push_str(&text);
                }
                Open::Manifest(range) => {
                    let start = range.as_ref().map_or(at.start, |r| r.start);
                    *range = Some(start..at.end);
                }
                Open::Nothing => {}
            },
            Event::End(TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::Table) => {
                self.close(line)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, line: u32) -> Result<(), Fault> {
        let draft = self.drafts.last_mut().expect("there is always a draft");
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Heading(HeadingLevel::H1, title) => {
                let number = title.split_once(". ").and_then(|(number, _)| number.parse().ok());
                self.rule = Some(number.ok_or_else(|| fault(line, "a page's title starts with its rule's number"))?);
            }
            Open::Heading(..) => {
                self.drafts.push(Draft {
                    line,
                    ..Draft::default()
                });
                self.profile = Profile::Kubernetes;
            }
            Open::Paragraph(text) => {
                if let Some(name) = text.strip_prefix("Profile: ") {
                    self.profile = name
                        .trim_end_matches('.')
                        .parse()
                        .map_err(|e| fault(line, format!("{e}")))?;
                }
            }
            Open::Manifest(range) => {
                let range = range.ok_or_else(|| fault(line, "a manifest is empty"))?;
                draft
                    .manifests
                    .push((self.lines.at(range.start), self.text[range].to_owned()));
            }
            Open::Table(table, _) => draft.tables.push(table),
            Open::Nothing => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Page, Fault> {
        let rule = self.rule.ok_or_else(|| fault(1, "a page needs a title"))?;
        let mut drafts = self.drafts;
        let common = std::mem::take(&mut drafts[0].manifests);
        // What stands above the first heading is a section of its own only if it has tables.
        if drafts[0].tables.is_empty() && drafts.len() > 1 {
            drafts.remove(0);
        }
        let manifests = drafts.iter().flat_map(|d| &d.manifests).chain(&common);
        let marked: Vec<(u32, String)> = manifests
            .flat_map(marks)
            .map(|(line, mark)| (line, mark.to_owned()))
            .collect();
        let sections: Vec<Section> = drafts
            .into_iter()
            .map(|draft| draft.section(&common))
            .collect::<Result<_, _>>()?;
        if let Some((line, mark)) = marked
            .into_iter()
            .find(|(line, _)| !sections.iter().any(|s| s.names(*line)))
        {
            return Err(fault(line, format!("nothing is said of the mark ({mark})")));
        }
        Ok(Page { rule, sections })
    }
}

impl Draft {
    fn section(mut self, common: &[(u32, String)]) -> Result<Section, Fault> {
        self.manifests.splice(0..0, common.iter().cloned());
        if self.tables.is_empty() || self.manifests.is_empty() {
            return Err(fault(self.line, "a section needs a manifest and a table"));
        }
        let anchors = anchors(&self.manifests)?;
        let mut section = Section::default();
        for table in &self.tables {
            table.read(&anchors, &mut section)?;
        }
        section.manifests = self
            .manifests
            .into_iter()
            .map(|(line, text)| "\n".repeat(line as usize - 1) + &text)
            .collect();
        Ok(section)
    }
}

/// The lines of manifests that bear a mark, by the mark.
fn anchors(manifests: &[(u32, String)]) -> Result<BTreeMap<&str, u32>, Fault> {
    let mut anchors = BTreeMap::new();
    for (line, mark) in manifests.iter().flat_map(marks) {
        if anchors.insert(mark, line).is_some() {
            return Err(fault(line, format!("the mark ({mark}) is there twice")));
        }
    }
    Ok(anchors)
}

/// The marks of a manifest, each with its line.
fn marks((first, text): &(u32, String)) -> impl Iterator<Item = (u32, &str)> {
    (*first..).zip(text.lines()).filter_map(|(line, text)| {
        let (_, comment) = text.rsplit_once("# (")?;
        let (mark, _) = comment.split_once(')')?;
        Some((line, mark))
    })
}

impl Table {
    fn read(&self, anchors: &BTreeMap<&str, u32>, section: &mut Section) -> Result<(), Fault> {
        if self.rows.is_empty() {
            return Err(fault(self.line, "a table is empty"));
        }
        let mut head: Vec<&str> = self.head.iter().map(String::as_str).collect();
        if head == ["at", "code", "message contains"] {
            for (line, row) in &self.rows {
                let finding = Finding {
                    line: *line,
                    at: mark(&row[0], anchors, *line)?.ok_or_else(|| fault(*line, "at needs a mark like (1)"))?,
                    code: row[1].clone(),
                    message: row[2].clone(),
                };
                section.findings.push(finding);
            }
            return Ok(());
        }
        let because = (head.last() == Some(&"because")).then(|| head.len() - 1);
        head.truncate(because.unwrap_or(head.len()));
        let [_, _, _, verdicts @ ..] = &*head else {
            return Err(fault(self.line, "a table needs from, to, port and a verdict"));
        };
        if head[..3] != ["from", "to", "port"] || verdicts.is_empty() {
            return Err(fault(
                self.line,
                "a table of questions begins with from, to, port and a verdict",
            ));
        }
        let profiles: Vec<Profile> = match verdicts {
            ["verdict"] => vec![self.profile],
            names => names
                .iter()
                .map(|n| n.parse())
                .collect::<Result<_, _>>()
                .map_err(|e| fault(self.line, format!("{e}")))?,
        };
        for (line, row) in &self.rows {
            let because = match because.map(|column| row[column].as_str()) {
                None | Some("") => None,
                Some(cell) => Some(match mark(cell, anchors, *line)? {
                    Some(at) => Because::Line(at),
                    None => Because::Word(cell.to_owned()),
                }),
            };
            for (protocol, port) in ports(&row[2]).ok_or_else(|| fault(*line, format!("no port: {}", row[2])))? {
                for (profile, word) in profiles.iter().zip(&row[3..]) {
                    section.probes.push(Probe {
                        line: *line,
                        from: row[0].clone(),
                        to: row[1].clone(),
                        protocol,
                        port,
                        profile: *profile,
                        verdict: verdict(word).ok_or_else(|| fault(*line, format!("no verdict: {word}")))?,
                        because: because.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// The line that `(1)` marks; `None` if the cell is no mark.
fn mark(cell: &str, anchors: &BTreeMap<&str, u32>, line: u32) -> Result<Option<u32>, Fault> {
    let Some(name) = cell.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return Ok(None);
    };
    match anchors.get(name) {
        Some(at) => Ok(Some(*at)),
        None => Err(fault(line, format!("no line of the manifests is marked {cell}"))),
    }
}

/// `TCP 80, 443; UDP 53; ICMP 8` as protocols with ports; an ICMP number is a type, its code 0.
fn ports(cell: &str) -> Option<Vec<(Protocol, u16)>> {
    let mut ports = Vec::new();
    for group in cell.split(';') {
        let (protocol, numbers) = group.trim().split_once(' ')?;
        let protocol = Protocol::ALL.into_iter().find(|p| p.name() == protocol)?;
        for number in numbers.split(',') {
            let number: u16 = number.trim().parse().ok()?;
            ports.push((
                protocol,
                if protocol.has_ports() {
                    number
                } else {
                    number.checked_mul(256)?
                },
            ));
        }
    }
    Some(ports)
}

fn verdict(word: &str) -> Option<Verdict> {
    [Verdict::Allow, Verdict::Deny, Verdict::Undefined]
        .into_iter()
        .find(|v| v.to_string() == word)
}

fn fault(line: u32, message: impl Into<String>) -> Fault {
    Fault {
        line,
        message: message.into(),
    }
}

/// Where lines start.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
        )
    }

    /// The line of a byte, from 1.
    fn at(&self, byte: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= byte)).expect("a page has few lines")
    }
}
