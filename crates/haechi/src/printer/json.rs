//! JSON that both people and `diff` can read: one line for each element of a document's lists.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// How deep lines are broken.
const DEPTH: usize = 2;

/// Breaks lines down to the elements of the lists of a document, and not inside of them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    depth: usize,
    /// Whether the collection at each depth has anything in it.
    filled: Vec<bool>,
}

impl Lines {
    fn open(&mut self) {
        self.depth += 1;
        self.filled.push(false);
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let filled = self.filled.pop().unwrap_or_default();
        self.depth = self.depth.saturating_sub(1);
        if filled && self.depth < DEPTH {
            self.line(out)?;
        }
        Ok(())
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if let Some(filled) = self.filled.last_mut() {
            *filled = true;
        }
        if !first {
            out.write_all(b",")?;
        }
        match self.depth <= DEPTH {
            true => self.line(out),
            false if first => Ok(()),
            false => out.write_all(b" "),
        }
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open();
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out)?;
        out.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open();
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out)?;
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[test]
    fn an_element_is_a_line() {
        let value = serde_json::json!({
            "a": 1,
            "b": [{"x": [1, 2], "y": {}}, {"x": []}],
            "c": [],
        });
        let mut out = Vec::new();
        value
            .serialize(&mut serde_json::Serializer::with_formatter(&mut out, Lines::default()))
            .expect("memory takes it");
        insta::assert_snapshot!(String::from_utf8(out).expect("it is text"), @r#"
        {
          "a": 1,
          "b": [
            {"x": [1, 2], "y": {}},
            {"x": []}
          ],
          "c": []
        }
        "#);
    }
}
