//! A small drawing for each kind of node.

use std::fmt::Write as _;

use crate::graph::NodeKind;

/// Draws the icon in a square of 18 by 18 from `x` and `y`.
pub(super) fn draw(out: &mut String, kind: NodeKind, x: f64, y: f64) {
    let outline = match kind {
        NodeKind::Workload => "M2.5 6.5h9v9h-9zM6 6.5V3h9.5v9.5h-4",
        NodeKind::Pod => "M9 2l6 3.5v7L9 16l-6-3.5v-7z",
        NodeKind::External => "M9 2a7 7 0 1 0 0 14a7 7 0 1 0 0-14zM2 9h14M9 2c-4 4-4 10 0 14c4-4 4-10 0-14z",
        NodeKind::Service => "M2 9h5M7 9l6.5-5.5M7 9h7M7 9l6.5 5.5M14 2v3M15.5 9h.1M14 13v3",
        NodeKind::Node => "M2.5 3h13v5h-13zM2.5 10h13v5h-13zM5 5.5h2M5 12.5h2",
        NodeKind::Domain => "M2 9l4.5-5H16v10H6.5zM7.5 9h.1",
        NodeKind::Policy => "M9 2l6 2v5c0 3.5-2.5 6-6 7c-3.5-1-6-3.5-6-7V4zM6.3 8.800l2 2l3.5-4",
        NodeKind::Selector => "M2.5 5.500v-3h3M12.5 2.500h3v3M15.5 12.500v3h-3M5.5 15.500h-3v-3M6.5 9h5M9 6.500v5",
    };
    let _ = write!(
        out,
        "<path class=\"hd-icon\" transform=\"translate({} {})\" d=\"{outline}\"/>",
        super::n(x),
        super::n(y)
    );
}
