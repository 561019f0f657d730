//! A policy for what is there.

use std::fmt::Write as _;

use anyhow::bail;
use haechi_model::Name;

use crate::cli::New;
use crate::error::Hint;
use crate::load::Faults;
use crate::names::Asked;
use crate::printer::Printer;
use crate::recipes::{self, CATALOGUE, Change, Effect, Kitchen, Made, Request, Trouble};
use crate::table::{Cell, Column, Fit, Layout, Table};
use crate::{Context, Exit};

/// Answers `new`.
///
/// # Errors
/// When there is no such recipe, or it cannot be made for what is there.
pub fn run(arguments: New, context: &mut Context) -> anyhow::Result<Exit> {
    if arguments.list {
        list(&mut context.printer)?;
        return Ok(Exit::Clean);
    }
    let Some(name) = &arguments.recipe else {
        bail!("which recipe?");
    };
    let recipe = recipes::find(name).map_err(told)?;
    let loaded = context.load(&arguments.sources, Faults::Print)?;
    let find = |asked: &[Asked]| asked.iter().map(|a| loaded.select(a)).collect::<Result<Vec<_>, _>>();
    let request = Request {
        apply_to: arguments.apply_to.as_ref().map(|a| loaded.find(a)).transpose()?,
        namespace: match &loaded.namespace {
            Some(name) => Some(namespace(name, &loaded)?),
            None => None,
        },
        from: find(&arguments.from)?,
        to: find(&arguments.to)?,
        ports: arguments.port.clone(),
        except: arguments.except.clone(),
        name: arguments.name.clone(),
    };
    let kitchen = Kitchen {
        cluster: &loaded.snapshot.cluster,
        policies: &loaded.policies,
        namespace: loaded.namespace.as_ref(),
    };
    let made = recipes::make(recipe, &request, kitchen).map_err(told)?;
    let effect = Effect::of(&made, &loaded.snapshot, &loaded.policies, loaded.profile.profile)?;
    tell(&made, &effect, context)?;
    context.printer.data().write_all(made.yaml.as_bytes())?;
    Ok(Exit::Clean)
}

fn namespace(name: &Name, loaded: &crate::load::Loaded) -> anyhow::Result<usize> {
    let cluster = &loaded.snapshot.cluster;
    match cluster.namespace(name) {
        Some(index) => Ok(index),
        None => bail!("nothing is in a namespace {name}"),
    }
}

fn told(trouble: Trouble) -> anyhow::Error {
    let hint = trouble.advice().map(str::to_owned);
    let error = anyhow::Error::new(trouble);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Prints every recipe with what it needs.
fn list(printer: &mut Printer) -> anyhow::Result<()> {
    let (look, layout) = (printer.look(), Layout::Columns(printer.width()));
    let heading = look.palette.heading;
    for (i, group) in CATALOGUE.chunk_by(|a, b| a.group == b.group).enumerate() {
        let columns = [
            Column::text("RECIPE").fit(Fit::Whole),
            Column::text("WHAT THE POLICY DOES"),
            Column::text("NEEDS"),
        ];
        let mut table = Table::new(columns.to_vec());
        for recipe in group {
            let needs: Vec<&str> = recipe.needs.iter().map(|n| n.option()).collect();
            table.row([recipe.name, recipe.title, &needs.join(" ")].map(Cell::from));
        }
        let gap = if i == 0 { "" } else { "\n" };
        writeln!(printer.data(), "{gap}{heading}{}{heading:#}", group[0].group)?;
        table.write(printer.data(), look, layout)?;
    }
    Ok(())
}

/// More connections than anybody reads.
const MOST: usize = 15;

/// Says on standard error what the policies would cut and open.
fn tell(made: &Made, effect: &Effect, context: &mut Context) -> anyhow::Result<()> {
    let look = context.printer.error_look();
    let strong = look.palette.strong;
    let mut text = format!("{strong}{}{strong:#}\n", made.ids.join(" and "));
    let would = if made.ids.len() == 1 { "would" } else { "together would" };
    let lists = [
        ("cut", &effect.cut, look.palette.deny),
        ("open", &effect.opened, look.palette.allow),
        ("leave to the data plane", &effect.doubted, look.palette.undefined),
    ];
    for (verb, list, style) in lists {
        if list.is_empty() {
            continue;
        }
        let n = list.len();
        let plural = if n == 1 { "" } else { "s" };
        let _ = writeln!(text, "{would} {style}{verb}{style:#} {n} connection{plural}:");
        let arrow = look.charset.arrow();
        for Change { from, to, ports } in list.iter().take(MOST) {
            let _ = writeln!(text, "  {from} {arrow} {to}  {ports}");
        }
        if n > MOST {
            let _ = writeln!(text, "  and {} more", n - MOST);
        }
    }
    if effect.cut.is_empty() && effect.opened.is_empty() && effect.doubted.is_empty() {
        let _ = writeln!(text, "{would} cut and open nothing of what the sources show");
    } else if effect.cut.is_empty() {
        let _ = writeln!(text, "{would} cut nothing");
    } else if effect.opened.is_empty() {
        let _ = writeln!(text, "{would} open nothing");
    }
    context.printer.say(&text);
    for denied in &effect.still_denied {
        let end = match (denied.source, denied.destination) {
            (true, true) => "policies at both ends forbid it",
            (true, false) => "its own policies do not let it out",
            _ => "the other end's policies do not let it in",
        };
        context
            .printer
            .warning(format!("{} still may not talk to {}: {end}", denied.from, denied.to));
        context.printer.hint(format!(
            "explain {} {} says which; new connect --from {} --to {} opens both ends",
            denied.from, denied.to, denied.from, denied.to
        ));
    }
    if !effect.still_allowed.is_empty() {
        let others: Vec<String> = effect
            .still_allowed
            .iter()
            .map(|c| format!("{} on {}", c.from, c.ports))
            .collect();
        let shown = others[..others.len().min(MOST)].join(", ");
        let more = match others.len().checked_sub(MOST) {
            Some(more) if more > 0 => format!(" and {more} more"),
            _ => String::new(),
        };
        context
            .printer
            .note(format!("other policies still let in {shown}{more}"));
    }
    for note in &made.notes {
        context.printer.note(note);
    }
    Ok(())
}
