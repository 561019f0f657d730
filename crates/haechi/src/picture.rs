//! Graphs in every format that `-o` takes.

use std::fmt;

use anyhow::bail;
use haechi_draw::{Graph, Theme};

use crate::error::Hint;
use crate::printer::{Printer, Terminal};

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For Graphviz.
    Dot,
    /// For whatever renders Mermaid.
    Mermaid,
    /// As SVG.
    Svg,
    /// As PNG.
    Png,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
            Self::Svg => "svg",
            Self::Png => "png",
        })
    }
}

/// Pixels to a unit of the drawing: good for screens.
const SCALE: f32 = 2.0;

/// Draws a graph on standard output.
///
/// # Errors
/// When it is too large, or would be bytes on a terminal.
pub fn print(graph: &Graph, format: Format, printer: &mut Printer) -> anyhow::Result<()> {
    const NARROW: &str = "narrow it with -n, --from, --to or --port";
    let bytes = match format {
        Format::Dot => haechi_draw::dot(graph).into_bytes(),
        Format::Mermaid => haechi_draw::mermaid(graph).into_bytes(),
        Format::Svg => haechi_draw::svg(graph, &Theme::Auto)
            .map_err(anyhow::Error::new)
            .hint(NARROW)?
            .into_bytes(),
        Format::Png if printer.terminal() == Terminal::Yes => {
            bail!("a PNG is no text for a terminal: write it into a file with > picture.png");
        }
        Format::Png => haechi_draw::png(graph, &Theme::Light, SCALE)
            .map_err(anyhow::Error::new)
            .hint(NARROW)?,
    };
    let out = printer.data();
    out.write_all(&bytes)?;
    if format != Format::Png && bytes.last() != Some(&b'\n') {
        out.write_all(b"\n")?;
    }
    Ok(())
}
