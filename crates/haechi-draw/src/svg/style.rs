//! Colours, dashes and arrow heads.

use std::fmt::Write as _;

use crate::graph::EdgeStyle;

/// The colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Theme {
    /// Dark on white, for paper too.
    Light,
    /// Light on black.
    Dark,
    /// Light, and dark where the viewer prefers that.
    #[default]
    Auto,
}

/// How edges of one style are drawn. No two have the same dash, width and head.
pub(super) struct Look {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    /// The head's outline, its tip at the origin and pointing right.
    pub(super) head: &'static str,
    pub(super) head_class: &'static str,
    line: &'static str,
    light: &'static str,
    dark: &'static str,
}

impl Look {
    pub(super) fn of(style: EdgeStyle) -> Self {
        let full = ("M0 0L-9 -4.2L-7 0L-9 4.2Z", "hd-full");
        let hollow = ("M0 0L-9 -4.5V4.5Z", "hd-open");
        let cross = ("M-10 -4.5L-1 4.5M-10 4.5L-1 -4.5", "hd-open");
        let bar = ("M-6 0H-2M-2 -6V6", "hd-open");
        let double = ("M-12 -4.2L-7 0L-12 4.2M-6 -4.2L-1 0L-6 4.2", "hd-open");
        let (class, (head, head_class), line, light, dark) = match style {
            EdgeStyle::Allowed => ("hd-allowed", full, "stroke-width:1.4", "#44598a", "#9db2e3"),
            EdgeStyle::Undefined => (
                "hd-undefined",
                hollow,
                "stroke-width:2;stroke-linecap:round;stroke-dasharray:.1 4.5",
                "#6b6f7b",
                "#b4b8c5",
            ),
            EdgeStyle::Added => ("hd-added", full, "stroke-width:3", "#15803d", "#5fd38d"),
            EdgeStyle::Removed => (
                "hd-removed",
                cross,
                "stroke-width:1.8;stroke-dasharray:8 5",
                "#b42318",
                "#ff9b8f",
            ),
            EdgeStyle::Changed => (
                "hd-changed",
                full,
                "stroke-width:2;stroke-dasharray:11 3 2 3",
                "#92600a",
                "#eac063",
            ),
            EdgeStyle::Denied => (
                "hd-denied",
                bar,
                "stroke-width:1.6;stroke-dasharray:3 3",
                "#b42318",
                "#ff9b8f",
            ),
            EdgeStyle::Passed => (
                "hd-passed",
                double,
                "stroke-width:1.4;stroke-dasharray:14 4",
                "#0f6b6b",
                "#6fd3cf",
            ),
        };
        Self {
            name: style.name(),
            class,
            head,
            head_class,
            line,
            light,
            dark,
        }
    }
}

struct Palette {
    paper: &'static str,
    group: &'static str,
    group_line: &'static str,
    group_text: &'static str,
    card: &'static str,
    card_line: &'static str,
    outside: &'static str,
    ink: &'static str,
    faint: &'static str,
    icon: &'static str,
}

const LIGHT: Palette = Palette {
    paper: "#ffffff",
    group: "#f5f7fb",
    group_line: "#d3daea",
    group_text: "#4a5878",
    card: "#ffffff",
    card_line: "#aab6d0",
    outside: "#fff8ea",
    ink: "#172033",
    faint: "#5b6579",
    icon: "#40568c",
};

const DARK: Palette = Palette {
    paper: "#10141f",
    group: "#181e2d",
    group_line: "#333e59",
    group_text: "#a9b6d3",
    card: "#222a3d",
    card_line: "#55648a",
    outside: "#332b1c",
    ink: "#eef2fb",
    faint: "#aeb8cc",
    icon: "#a8bcf0",
};

const STYLES: [EdgeStyle; 7] = [
    EdgeStyle::Allowed,
    EdgeStyle::Undefined,
    EdgeStyle::Added,
    EdgeStyle::Removed,
    EdgeStyle::Changed,
    EdgeStyle::Denied,
    EdgeStyle::Passed,
];

impl Theme {
    /// The picture's style sheet. Class names begin with `hd`, for pages that hold the picture.
    pub(super) fn css(self) -> String {
        let mut out = String::from(
            ".hd text{font-family:'Haechi Sans',Pretendard,Inter,'Noto Sans KR',system-ui,sans-serif}\
             .hd .hd-heading{font-size:18px;font-weight:600}\
             .hd .hd-group text{font-size:12px;font-weight:600}\
             .hd .hd-group rect{stroke-width:1}\
             .hd .hd-node rect{stroke-width:1.2}\
             .hd .hd-strong rect{stroke-width:2.6}\
             .hd .hd-muted rect{stroke-dasharray:3 3}\
             .hd .hd-name{font-size:13px;font-weight:600}\
             .hd .hd-detail{font-size:10.5px}\
             .hd .hd-icon{fill:none;stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round}\
             .hd .hd-label{font-size:10.5px;text-anchor:middle}\
             .hd .hd-pill rect{fill-opacity:.88}\
             .hd .hd-legend{font-size:11px}\
             .hd .hd-line{fill:none}\
             .hd .hd-full{stroke:none}\
             .hd .hd-open{stroke-width:1.6}\
             .hd .hd-edge:hover .hd-line{stroke-width:3.5}",
        );
        for style in STYLES {
            let look = Look::of(style);
            let _ = write!(out, ".hd .{} .hd-line{{{}}}", look.class, look.line);
        }
        match self {
            Self::Light => out.push_str(&colours(&LIGHT, |look| look.light)),
            Self::Dark => out.push_str(&colours(&DARK, |look| look.dark)),
            Self::Auto => {
                out.push_str(&colours(&LIGHT, |look| look.light));
                let dark = colours(&DARK, |look| look.dark);
                let _ = write!(out, "@media screen and (prefers-color-scheme:dark){{{dark}}}");
            }
        }
        out
    }
}

fn colours(palette: &Palette, colour: impl Fn(&Look) -> &'static str) -> String {
    let Palette {
        paper,
        group,
        group_line,
        group_text,
        card,
        card_line,
        outside,
        ink,
        faint,
        icon,
    } = palette;
    let mut out = format!(
        ".hd .hd-paper{{fill:{paper}}}\
         .hd .hd-group rect{{fill:{group};stroke:{group_line}}}\
         .hd .hd-group text{{fill:{group_text}}}\
         .hd .hd-node rect{{fill:{card};stroke:{card_line}}}\
         .hd .hd-outside rect{{fill:{outside}}}\
         .hd .hd-strong rect{{stroke:{ink}}}\
         .hd .hd-heading,.hd .hd-name{{fill:{ink}}}\
         .hd .hd-detail,.hd .hd-legend{{fill:{faint}}}\
         .hd .hd-muted .hd-name{{fill:{faint}}}\
         .hd .hd-icon{{stroke:{icon}}}\
         .hd .hd-pill rect{{fill:{paper}}}"
    );
    for style in STYLES {
        let look = Look::of(style);
        let colour = colour(&look);
        let class = look.class;
        let _ = write!(
            out,
            ".hd .{class} .hd-line{{stroke:{colour}}}.hd .{class} .hd-full{{fill:{colour}}}\
             .hd .{class} .hd-open{{fill:{paper};stroke:{colour}}}.hd .hd-label.{class}{{fill:{colour}}}"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Look, STYLES};

    #[test]
    fn styles_differ_without_colour() {
        let shapes: BTreeSet<_> = STYLES
            .iter()
            .map(|style| Look::of(*style))
            .map(|look| (look.line, look.head))
            .collect();
        assert_eq!(shapes.len(), STYLES.len());
    }
}
