//! Tables for people: as wide as the terminal, without lines around them.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

mod wrap;

pub use wrap::{elide, wrap};

use crate::printer::Look;

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// At which side its cells stand.
    pub align: Align,
    /// What becomes of cells that are too wide.
    pub fit: Fit,
}

/// At which side of its column a cell stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left, as text.
    #[default]
    Left,
    /// At the right, as numbers.
    Right,
}

/// What becomes of cells that are too wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// They go on on the next line.
    #[default]
    Wrap,
    /// Their middle is left out.
    Elide,
    /// They never are: the column is as wide as they need it.
    Whole,
}

impl Column {
    /// A column of text that wraps.
    #[must_use]
    pub const fn text(title: &'static str) -> Self {
        Self {
            title,
            align: Align::Left,
            fit: Fit::Wrap,
        }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(title: &'static str) -> Self {
        Self {
            title,
            align: Align::Right,
            fit: Fit::Whole,
        }
    }

    /// The same with another fit.
    #[must_use]
    pub const fn fit(self, fit: Fit) -> Self {
        Self { fit, ..self }
    }
}

/// One cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Its text.
    pub text: String,
    /// Its style.
    pub style: Style,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            style: Style::new(),
        }
    }
}

impl Cell {
    /// The same in a style.
    #[must_use]
    pub fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// How wide a table may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// So many columns of the terminal, if that can be.
    Columns(usize),
    /// As wide as it needs: one line for each row.
    Wide,
}

/// Between two columns.
const GAP: usize = 2;
/// No column that wraps becomes narrower than this.
const NARROWEST: usize = 10;

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells that are missing are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut dyn Write, look: Look, layout: Layout) -> io::Result<()> {
        let widths = self.widths(layout);
        let titles: Vec<Cell> = self
            .columns
            .iter()
            .map(|c| Cell::from(c.title).style(look.palette.heading))
            .collect();
        self.write_row(out, look, &titles, &widths)?;
        for row in &self.rows {
            self.write_row(out, look, row, &widths)?;
        }
        Ok(())
    }

    fn write_row(&self, out: &mut dyn Write, look: Look, row: &[Cell], widths: &[usize]) -> io::Result<()> {
        let empty = Cell::default();
        let cells: Vec<(Vec<String>, Style)> = self
            .columns
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(i, (column, &width))| {
                let cell = row.get(i).unwrap_or(&empty);
                let lines = match column.fit {
                    Fit::Wrap => wrap(&cell.text, width),
                    Fit::Elide => vec![elide(&cell.text, width, look.charset.ellipsis())],
                    Fit::Whole => vec![cell.text.clone()],
                };
                (lines, cell.style)
            })
            .collect();
        let height = cells.iter().map(|(lines, _)| lines.len()).max().unwrap_or_default();
        for line in 0..height {
            // Spaces are owed until something follows them, so that no line ends in any.
            let mut owed = 0;
            for (i, (lines, style)) in cells.iter().enumerate() {
                let text = lines.get(line).map_or("", String::as_str);
                let free = widths[i].saturating_sub(text.width());
                let (before, after) = match self.columns[i].align {
                    Align::Left => (0, free),
                    Align::Right => (free, 0),
                };
                owed += before;
                if !text.is_empty() {
                    write!(out, "{:owed$}{style}{text}{style:#}", "")?;
                    owed = 0;
                }
                owed += after + GAP;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// The width of each column.
    fn widths(&self, layout: Layout) -> Vec<usize> {
        let cells = |i: usize| self.rows.iter().filter_map(move |row| row.get(i));
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| {
                cells(i)
                    .map(|c| c.text.width())
                    .max()
                    .unwrap_or_default()
                    .max(c.title.width())
            })
            .collect();
        let Layout::Columns(columns) = layout else {
            return widths;
        };
        let available = columns.saturating_sub(GAP * self.columns.len().saturating_sub(1));
        let mut excess = widths.iter().sum::<usize>().saturating_sub(available);
        // The widest gives way first, until it is no wider than the next.
        while excess > 0 {
            let floor = |i: usize| self.columns[i].title.width().max(NARROWEST);
            let flexible = |i: &usize| self.columns[*i].fit != Fit::Whole && widths[*i] > floor(*i);
            let Some(widest) = (0..widths.len()).filter(flexible).max_by_key(|i| (widths[*i], *i)) else {
                break;
            };
            let second = (0..widths.len())
                .filter(|i| *i != widest && flexible(i))
                .map(|i| widths[i])
                .max()
                .unwrap_or_default();
            let step = (widths[widest] - second.max(floor(widest))).clamp(1, excess);
            widths[widest] -= step;
            excess -= step;
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec![
            Column::text("FROM"),
            Column::text("TO"),
            Column::number("PODS"),
            Column::text("PORTS"),
        ]);
        table.row(["shop/web", "shop/cart", "3", "TCP 8080"].map(Cell::from));
        table.row(
            [
                "payments/payment-gateway",
                "결제/장바구니",
                "12",
                "TCP 80, 443, 8080, 8443, 9000-9100; UDP 53",
            ]
            .map(Cell::from),
        );
        table
    }

    fn drawn(table: &Table, layout: Layout) -> String {
        let mut out = Vec::new();
        table.write(&mut out, Look::PLAIN, layout).expect("memory takes it");
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn a_wide_one_has_one_line_for_each_row() {
        insta::assert_snapshot!(drawn(&table(), Layout::Wide), @r"
        FROM                      TO             PODS  PORTS
        shop/web                  shop/cart         3  TCP 8080
        payments/payment-gateway  결제/장바구니    12  TCP 80, 443, 8080, 8443, 9000-9100; UDP 53
        ");
    }

    #[test]
    fn a_narrow_one_wraps() {
        insta::assert_snapshot!(drawn(&table(), Layout::Columns(60)), @r"
        FROM                 TO             PODS  PORTS
        shop/web             shop/cart         3  TCP 8080
        payments/payment-    결제/장바구니    12  TCP 80, 443, 8080,
        gateway                                   8443, 9000-9100;
                                                  UDP 53
        ");
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        for width in [44, 50, 60, 80, 120] {
            let drawn = drawn(&table(), Layout::Columns(width));
            for line in drawn.lines() {
                assert!(line.width() <= width, "{width}: {line:?}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }
}
