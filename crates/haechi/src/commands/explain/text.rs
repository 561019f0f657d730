//! The answer for people.

use std::fmt::Write as _;

use anstyle::Style;

use crate::load::Loaded;
use crate::printer::{Look, Printer};
use crate::report::explain::{Exempt, Explain, Group, Judgement, NoSubject, Path, Policy, Role, Rule, Tier, Verdict};
use crate::report::port::{PortRange, set};
use crate::table::wrap;

mod flip;

/// Prints the answer.
pub(super) fn print(report: &Explain, loaded: &Loaded, printer: &mut Printer) -> anyhow::Result<()> {
    let mut page = Page {
        look: printer.look(),
        width: printer.width(),
        text: String::new(),
    };
    page.answer(report);
    page.line(0, "");
    page.line(0, &format!("Profile: {}", loaded.profile));
    printer.data().write_all(page.text.as_bytes())?;
    Ok(())
}

/// Policies that did not matter, of which more are only counted.
const MOST_IDLE: usize = 8;

/// Text that is being put together.
struct Page {
    look: Look,
    width: usize,
    text: String,
}

/// Ports as a text; `no port` for none.
fn ports(ranges: &[PortRange]) -> String {
    match set(ranges) {
        none if none.is_empty() => "no port".to_owned(),
        some => some.to_string(),
    }
}

impl Page {
    fn answer(&mut self, report: &Explain) {
        self.headline(report);
        for note in &report.notes {
            self.paragraph(2, note);
        }
        for path in &report.paths {
            let heads = report.paths.len() > 1;
            if heads {
                self.line(0, "");
                self.path(path);
            }
            let indent = if heads { 2 } else { 0 };
            for group in &path.groups {
                if path.groups.len() > 1 {
                    self.line(0, "");
                    self.group_head(indent, group, report);
                }
                self.group(indent, path, group, report);
            }
        }
    }

    /// The answer in one line.
    fn headline(&mut self, report: &Explain) {
        let (from, to) = (&report.from.id, &report.to.id);
        let on = on(report);
        let text = match report.verdict {
            Verdict::Allow => format!("{from} may reach {to}{on}"),
            Verdict::Deny => format!("{from} may not reach {to}{on}"),
            Verdict::Undefined => format!("it depends on the data plane whether {from} may reach {to}{on}"),
            Verdict::Mixed => format!("{from} may reach {to}{on} in part: see below"),
        };
        let (mark, style) = self.mark(report.verdict);
        self.marked(0, mark, style, &text, self.look.palette.strong);
    }

    /// The backend that a Service's port leads to.
    fn path(&mut self, path: &Path) {
        let (mark, style) = self.mark(path.verdict);
        let arrow = self.look.charset.arrow();
        let text = match &path.service_port {
            Some(port) => {
                let name = port.name.as_ref().map_or(String::new(), |n| format!(" ({n})"));
                let dialled = ports(std::slice::from_ref(&port.port));
                format!("{dialled}{name} {arrow} {} on {}", path.to.id, port.target)
            }
            None => format!("{} on {}", path.to.id, ports(&path.ports)),
        };
        self.marked(0, mark, style, &text, self.look.palette.strong);
    }

    fn group_head(&mut self, indent: usize, group: &Group, report: &Explain) {
        let (mark, style) = self.mark(group.verdict);
        let names = |ids: &[String], all: &str| match ids {
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [first, ..] => format!("{first} and {} other pods", ids.len() - 1),
            [] => all.to_owned(),
        };
        let (from, to) = (names(&group.from, &report.from.id), names(&group.to, &report.to.id));
        let on = match group.verdict {
            Verdict::Allow | Verdict::Mixed => format!(": {}", ports(&group.allowed)),
            Verdict::Deny => ": denied".to_owned(),
            Verdict::Undefined => ": depends on the data plane".to_owned(),
        };
        let arrow = self.look.charset.arrow();
        let pairs = match group.pairs {
            1 => String::new(),
            pairs => format!(" ({pairs} pairs of pods)"),
        };
        let text = format!("{from} {arrow} {to}{on}{pairs}");
        self.marked(indent, mark, style, &text, self.look.palette.strong);
    }

    fn group(&mut self, indent: usize, path: &Path, group: &Group, report: &Explain) {
        match group.exempt {
            Some(Exempt::Itself) if group.verdict == Verdict::Allow => {
                self.paragraph(indent + 2, "A pod always reaches itself, whatever policies say.");
            }
            Some(Exempt::OwnNode) => {
                self.paragraph(
                    indent + 2,
                    "A pod and its own node always reach each other, whatever policies say.",
                );
            }
            Some(Exempt::MaybeOwnNode) if group.verdict != Verdict::Allow => self.paragraph(
                indent + 2,
                "They may be a pod and its own node, which always reach each other: no object says where the pod runs.",
            ),
            Some(Exempt::Itself | Exempt::MaybeOwnNode) | None => {}
        }
        for reason in &group.reasons {
            self.paragraph(indent + 2, &format!("Because {}.", reason.text));
        }
        self.profiles(indent, group);
        self.judgement(indent, "Egress from", &group.egress, report);
        self.judgement(indent, "Ingress to", &group.ingress, report);
        if let Some(flip) = &group.flip {
            self.flip(indent, flip, path, group);
        }
    }

    /// What the other profiles make of what hangs on the data plane.
    fn profiles(&mut self, indent: usize, group: &Group) {
        let mut says: Vec<(Verdict, Vec<&str>)> = Vec::new();
        for under in &group.profiles {
            match says.iter_mut().find(|(verdict, _)| *verdict == under.verdict) {
                Some((_, profiles)) => profiles.push(&under.profile),
                None => says.push((under.verdict, vec![&under.profile])),
            }
        }
        if says.is_empty() {
            return;
        }
        let says: Vec<String> = says
            .iter()
            .map(|(verdict, profiles)| {
                let one = profiles.len() == 1;
                let verb = match (verdict, one) {
                    (Verdict::Allow, true) => "allows it",
                    (Verdict::Allow, false) => "allow it",
                    (Verdict::Deny, true) => "denies it",
                    (Verdict::Deny, false) => "deny it",
                    (Verdict::Undefined, true) => "leaves it open",
                    (Verdict::Undefined, false) => "leave it open",
                    (Verdict::Mixed, true) => "allows some of the ports",
                    (Verdict::Mixed, false) => "allow some of the ports",
                };
                format!("{} {verb}", list(profiles))
            })
            .collect();
        self.paragraph(indent + 2, &format!("Decided by --profile: {}.", says.join("; ")));
    }

    /// What one end's policies say.
    fn judgement(&mut self, indent: usize, title: &str, judgement: &Judgement, report: &Explain) {
        self.line(0, "");
        let verdict = match judgement.verdict {
            Verdict::Allow => "allowed",
            Verdict::Deny => "denied",
            Verdict::Undefined => "depends on the data plane",
            Verdict::Mixed => "depends on the port",
        };
        let (_, style) = self.mark(judgement.verdict);
        let heading = self.look.palette.heading;
        let title = format!(
            "{heading}{title} {}{heading:#}: {style}{verdict}{style:#}",
            judgement.end
        );
        self.line(indent, &title);
        let inner = indent + 2;
        match judgement.no_subject {
            Some(NoSubject::HostNetwork) => {
                self.paragraph(inner, "It uses its node's network: no policy selects it.");
            }
            Some(NoSubject::Outside) => self.paragraph(inner, "It is no pod of this cluster: no policy selects it."),
            None if judgement.tiers.is_empty() => {
                self.paragraph(inner, "No policy selects it in this direction: everything is allowed.");
            }
            None => {
                let about = About::of(report);
                for tier in &judgement.tiers {
                    self.tier(inner, tier, judgement, about);
                }
            }
        }
    }

    fn tier(&mut self, indent: usize, tier: &Tier, judgement: &Judgement, about: About) {
        let mut inner = indent;
        if judgement.tiers.len() > 1 || tier.name != "NetworkPolicy" {
            let dim = self.look.palette.dim;
            self.line(indent, &format!("{dim}{} tier{dim:#}", tier.name));
            inner += 2;
        }
        for policy in tier.policies.iter().filter(|p| p.matters) {
            self.deciding(inner, policy, about);
        }
        if about == About::Ports {
            self.isolating(inner, tier);
        }
        let idle: Vec<&Policy> = tier.policies.iter().filter(|p| !p.matters).collect();
        for policy in idle.iter().take(MOST_IDLE) {
            self.idle(inner, policy);
        }
        if idle.len() > MOST_IDLE {
            let more = idle.len() - MOST_IDLE;
            self.paragraph(
                inner,
                &format!("{more} more select it without effect here; -o json lists them"),
            );
        }
    }

    /// A policy on which the verdict hangs.
    fn deciding(&mut self, indent: usize, policy: &Policy, about: About) {
        for part in &policy.parts {
            let what = if about == About::OnePort {
                "it".to_owned()
            } else {
                ports(&part.ports)
            };
            match part.role {
                Role::Decides | Role::MayDecide | Role::Passes => {
                    for rule in &part.rules {
                        self.rule(indent, policy, rule, part.role, &what);
                    }
                }
                Role::Isolates if about == About::OnePort => {
                    let (mark, style) = self.mark(Verdict::Deny);
                    let text = match set(&part.matches) {
                        none if none.is_empty() => format!("{} isolates it: no rule of it matches", policy.id),
                        some => format!("{} isolates it: its rules let by only {some}", policy.id),
                    };
                    self.marked(indent, mark, style, &text, Style::new());
                    self.place(indent + 2, &policy.source.to_string());
                }
                // Of several ports, those that nothing allows are told together.
                Role::Isolates => {}
                // It matters for other ports; for these it does not.
                Role::Late | Role::Either | Role::OtherPorts | Role::OtherPeers | Role::NoRules | Role::NotAsked => {}
            }
        }
    }

    /// The policies that shut the end to every port that no rule allows.
    fn isolating(&mut self, indent: usize, tier: &Tier) {
        let isolates = |p: &&Policy| p.parts.iter().any(|part| part.role == Role::Isolates);
        let policies: Vec<String> = tier
            .policies
            .iter()
            .filter(isolates)
            .map(|p| format!("{} ({})", p.id, p.source))
            .collect();
        if policies.is_empty() {
            return;
        }
        let decides = |p: &Policy| {
            p.parts
                .iter()
                .any(|part| matches!(part.role, Role::Decides | Role::MayDecide))
        };
        let what = if tier.policies.iter().any(decides) {
            "all other ports"
        } else {
            "every port"
        };
        let verb = if policies.len() == 1 { "isolates" } else { "isolate" };
        let names: Vec<&str> = policies.iter().map(String::as_str).collect();
        let (mark, style) = self.mark(Verdict::Deny);
        let text = format!("{} {verb} it: {what} are denied", list(&names)).replace("every port are", "every port is");
        self.marked(indent, mark, style, &text, Style::new());
    }

    /// A rule on which the verdict hangs, with its lines.
    fn rule(&mut self, indent: usize, policy: &Policy, rule: &Rule, role: Role, what: &str) {
        use crate::report::explain::Action;
        let (verb, verdict) = match (role, rule.action) {
            (Role::MayDecide, Action::Allow) => ("may allow", Verdict::Undefined),
            (Role::MayDecide, Action::Deny) => ("may deny", Verdict::Undefined),
            (Role::MayDecide, _) => ("may pass on", Verdict::Undefined),
            (_, Action::Allow) => ("allows", Verdict::Allow),
            (_, Action::Deny) => ("denies", Verdict::Deny),
            (_, Action::Pass | Action::Log) => ("leaves to the next tier", Verdict::Mixed),
        };
        let (mark, style) = match rule.action {
            Action::Pass => (self.look.charset.arrow(), self.look.palette.dim),
            _ => self.mark(verdict),
        };
        let name = rule.name.as_ref().map_or(String::new(), |n| format!(" ({n})"));
        let text = match verb.split_once(' ') {
            Some(("leaves", rest)) => format!("{} leaves {what} {rest}, by rule {}{name}", policy.id, rule.number),
            _ => format!("{} {verb} {what}, by rule {}{name}", policy.id, rule.number),
        };
        self.marked(indent, mark, style, &text, Style::new());
        self.place(indent + 2, &rule.source.to_string());
        self.quote(indent + 2, rule, style);
    }

    /// The lines of a rule; those of peers that match are marked.
    fn quote(&mut self, indent: usize, rule: &Rule, style: Style) {
        let dim = self.look.palette.dim;
        let last = rule.source.line as usize + rule.lines.len();
        let gutter = last.to_string().len();
        let margin = rule
            .lines
            .iter()
            .filter(|l| !l.trim().is_empty())
            .map(|l| l.len() - l.trim_start().len())
            .min();
        for (number, line) in (rule.source.line..).zip(&rule.lines) {
            let shown = line.get(margin.unwrap_or_default()..).unwrap_or_default();
            let bar = self.look.charset.bar();
            let marked = rule.peer_lines.contains(&number);
            let mark = if marked { self.look.charset.pointer() } else { " " };
            let text = format!("{style}{mark}{style:#} {dim}{number:gutter$} {bar}{dim:#} {shown}");
            self.line(indent, text.trim_end());
        }
        let all = (rule.source.last_line - rule.source.line) as usize + 1;
        if all > rule.lines.len() {
            let ellipsis = self.look.charset.ellipsis();
            self.line(indent, &format!("  {dim}{:gutter$} {ellipsis}{dim:#}", ""));
        }
    }

    /// A policy that selects the end and did not matter.
    fn idle(&mut self, indent: usize, policy: &Policy) {
        let why = match policy.parts.as_slice() {
            [part] => match part.role {
                Role::Late => "a rule before its own decided".to_owned(),
                Role::Either => "whether its rule matches or not, the verdict is the same".to_owned(),
                Role::OtherPorts => format!("its rules match only on {}", ports(&part.matches)),
                Role::OtherPeers => "no rule of it matches the other end".to_owned(),
                Role::NoRules => "it only isolates, and a rule of another policy decided".to_owned(),
                Role::NotAsked => "a tier before its own decided".to_owned(),
                _ => String::new(),
            },
            _ => "no rule of it decided any port".to_owned(),
        };
        let dim = self.look.palette.dim;
        let bullet = self.look.charset.bullet();
        let text = format!("{} ({}) had no effect: {why}", policy.id, policy.source);
        self.marked(indent, bullet, dim, &text, dim);
    }

    fn place(&mut self, indent: usize, place: &str) {
        let dim = self.look.palette.dim;
        self.line(indent, &format!("{dim}{place}{dim:#}"));
    }

    /// The mark of a verdict, and its style.
    fn mark(&self, verdict: Verdict) -> (&'static str, Style) {
        let (palette, charset) = (self.look.palette, self.look.charset);
        match verdict {
            Verdict::Allow => (charset.check(), palette.allow),
            Verdict::Deny => (charset.cross(), palette.deny),
            Verdict::Undefined => ("?", palette.undefined),
            Verdict::Mixed => ("~", palette.undefined),
        }
    }

    /// A text behind a mark, wrapped.
    fn marked(&mut self, indent: usize, mark: &str, mark_style: Style, text: &str, style: Style) {
        let lines = wrap(text, self.width.saturating_sub(indent + 2).max(40));
        for (i, line) in lines.iter().enumerate() {
            let before = if i == 0 {
                format!("{mark_style}{mark}{mark_style:#} ")
            } else {
                "  ".to_owned()
            };
            self.line(indent, &format!("{before}{style}{line}{style:#}"));
        }
    }

    /// A text, wrapped.
    fn paragraph(&mut self, indent: usize, text: &str) {
        for line in wrap(text, self.width.saturating_sub(indent).max(40)) {
            self.line(indent, &line);
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        if text.is_empty() {
            // One empty line is enough.
            if !self.text.ends_with("\n\n") {
                self.text.push('\n');
            }
        } else {
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "{:indent$}{text}", "");
        }
    }
}

/// ` on TCP 80`, with where a Service's port leads.
fn on(report: &Explain) -> String {
    let [path] = report.paths.as_slice() else {
        let mut dialled = report.paths.iter().map(|p| p.service_port.as_ref().map(|s| s.port));
        return match (dialled.next().flatten(), &report.port) {
            (Some(first), _) if dialled.all(|other| other == Some(first)) => format!(" on {}", ports(&[first])),
            (_, Some(port)) => format!(" on port {port}"),
            (_, None) => String::new(),
        };
    };
    if let Some(port) = &path.service_port {
        let dialled = ports(std::slice::from_ref(&port.port));
        return format!(" on {dialled} ({} on {})", path.to.id, port.target);
    }
    if report.port.is_some() {
        return format!(" on {}", ports(&path.ports));
    }
    match (report.verdict, path.groups.as_slice()) {
        (Verdict::Allow, [group]) if group.allowed == path.ports => " on every port".to_owned(),
        (Verdict::Allow, [group]) => format!(" on {}, and on no other port", ports(&group.allowed)),
        (Verdict::Deny, _) => " on any port".to_owned(),
        (Verdict::Undefined, [group]) => format!(" on {}", ports(&group.undefined)),
        _ => String::new(),
    }
}

/// How many ports are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// One, which is “it”.
    OnePort,
    /// Several, which must be told apart.
    Ports,
}

impl About {
    fn of(report: &Explain) -> Self {
        let is_one = |path: &Path| matches!(path.ports.as_slice(), [one] if one.from == one.to);
        if report.paths.iter().all(is_one) {
            Self::OnePort
        } else {
            Self::Ports
        }
    }
}

/// `a, b and c`.
fn list(items: &[&str]) -> String {
    match items {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        items => items.concat(),
    }
}
