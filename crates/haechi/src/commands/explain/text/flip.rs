//! What would flip a verdict, for people.

use super::{Page, ports};
use crate::report::explain::{Change, Direction, Edit, EditKind, Flip, Group, Path, Verdict};

impl Page {
    pub(super) fn flip(&mut self, indent: usize, flip: &Flip, path: &Path, group: &Group) {
        self.line(0, "");
        let heading = self.look.palette.heading;
        let certain = group.verdict == Verdict::Undefined;
        let to = match (flip.to, certain) {
            (Verdict::Allow, true) => "To allow it whatever the data plane",
            (Verdict::Allow, false) => "To allow it",
            (_, _) => "To deny it",
        };
        // Where nobody named a port, it must be said which ones.
        let to = if flip.ports == path.ports {
            to.to_owned()
        } else {
            to.replacen("it", &ports(&flip.ports), 1)
        };
        let many = if flip.changes.len() > 1 {
            ", one of these is enough"
        } else {
            ""
        };
        self.line(indent, &format!("{heading}{to}{many}{heading:#}:"));
        for (number, change) in (1..).zip(&flip.changes) {
            let label = if flip.changes.len() > 1 {
                format!("{number}.")
            } else {
                self.look.charset.bullet().to_owned()
            };
            self.change(indent + 2, &label, change);
        }
        for obstacle in &flip.obstacles {
            self.paragraph(indent + 2, &format!("{}.", obstacle.text));
        }
    }

    fn change(&mut self, indent: usize, label: &str, change: &Change) {
        for (i, edit) in change.edits.iter().enumerate() {
            let label = if i == 0 {
                label.to_owned()
            } else {
                " ".repeat(label.chars().count())
            };
            let and = if i == 0 { "" } else { "and " };
            let width = label.chars().count() + 1;
            let text = format!("{and}{}", what(edit));
            let lines = crate::table::wrap(&text, self.width.saturating_sub(indent + width).max(40));
            for (j, line) in lines.iter().enumerate() {
                let before = if j == 0 { label.clone() } else { " ".repeat(width - 1) };
                self.line(indent, &format!("{before} {line}"));
            }
            if let Some(yaml) = &edit.yaml {
                let hint = self.look.palette.hint;
                self.line(0, "");
                for line in yaml.lines() {
                    self.line(indent + width + 4, &format!("{hint}{line}{hint:#}"));
                }
                self.line(0, "");
            }
        }
        self.side_effects(indent + label.chars().count() + 1, change);
    }

    /// What a change does beside what was asked for.
    fn side_effects(&mut self, indent: usize, change: &Change) {
        for edit in &change.edits {
            if edit.other_workloads > 0 {
                let others = match edit.other_workloads {
                    1 => "1 other workload".to_owned(),
                    others => format!("{others} other workloads"),
                };
                self.paragraph(
                    indent,
                    &format!("{} selects {others}, too: they would change along.", edit.policy),
                );
            }
            let list = match edit.direction {
                Direction::Ingress => "ingress",
                Direction::Egress => "egress",
            };
            let shuts = edit.kind == EditKind::AddPolicy && edit.yaml.as_ref().is_some_and(|y| y.contains(": []"));
            if shuts {
                self.paragraph(
                    indent,
                    &format!("It shuts out everything else as well: list under {list} what must stay."),
                );
            }
        }
        let shuts = change.edits.iter().any(|e| e.kind == EditKind::AddPolicy);
        if !change.also_opens.is_empty() {
            self.paragraph(indent, &format!("It opens {}, too.", ports(&change.also_opens)));
        }
        if !change.also_closes.is_empty() && !shuts {
            self.paragraph(indent, &format!("It closes {}, too.", ports(&change.also_closes)));
        }
    }
}

/// What to do.
fn what(edit: &Edit) -> String {
    let list = match edit.direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    let at = edit.source.as_ref().map_or(String::new(), |s| format!(" ({s})"));
    let rule = edit.rule.as_ref();
    let number = rule.map_or(0, |r| r.number);
    let lines = rule.map_or(String::new(), |r| {
        if r.source.last_line > r.source.line {
            format!("{}-{}", r.source, r.source.last_line)
        } else {
            r.source.to_string()
        }
    });
    match edit.kind {
        EditKind::AddRule => match rule {
            Some(_) => format!("add to spec.{list} of {}, before rule {number} ({lines}):", edit.policy),
            None => format!("add to spec.{list} of {}{at}:", edit.policy),
        },
        EditKind::RemoveRule => format!("take {list} rule {number} out of {} ({lines})", edit.policy),
        EditKind::RemovePeers => {
            let peers: Vec<String> = edit.peers.iter().map(ToString::to_string).collect();
            let plural = if peers.len() == 1 { "peer" } else { "peers" };
            format!(
                "take the {plural} at {} out of {list} rule {number} of {}",
                peers.join(", "),
                edit.policy
            )
        }
        EditKind::AddPolicy => "add a policy:".to_owned(),
    }
}
