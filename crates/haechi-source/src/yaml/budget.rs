//! A text that ends early if a parser takes too much of it between two events.
//!
//! The parser holds a whole collection in brackets as tokens before it gives the first of its events, at more than a
//! hundred bytes of memory for each byte of text. What a parser may not take it sees as the end of the text.

use std::cell::Cell;

use saphyr_parser::input::SkipTabs;
use saphyr_parser::{Input, StrInput};

/// How many characters a parser may take until its next event.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    left: Cell<usize>,
}

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            left: Cell::new(most),
        }
    }

    /// Begins anew, as an event was given.
    pub(super) fn refill(&self) {
        self.left.set(self.most);
    }

    /// Whether the parser was shown an end that is none.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    fn spend(&self, characters: usize) -> usize {
        self.left.set(self.left.get().saturating_sub(characters));
        characters
    }
}

/// A text, and how much of it may be taken.
#[derive(Clone, Copy)]
pub(super) struct Bounded<'t, 'b> {
    text: StrInput<'t>,
    budget: &'b Budget,
}

impl<'t, 'b> Bounded<'t, 'b> {
    pub(super) fn new(text: &'t str, budget: &'b Budget) -> Self {
        Self {
            text: StrInput::new(text),
            budget,
        }
    }
}

impl Input for Bounded<'_, '_> {
    fn lookahead(&mut self, count: usize) {
        self.text.lookahead(count);
    }

    fn buflen(&self) -> usize {
        self.text.buflen()
    }

    fn bufmaxlen(&self) -> usize {
        self.text.bufmaxlen()
    }

    fn raw_read_ch(&mut self) -> char {
        if self.budget.is_spent() {
            return '\0';
        }
        self.budget.spend(1);
        self.text.raw_read_ch()
    }

    fn raw_read_non_breakz_ch(&mut self) -> Option<char> {
        if self.budget.is_spent() {
            return None;
        }
        self.budget.spend(1);
        self.text.raw_read_non_breakz_ch()
    }

    fn skip(&mut self) {
        self.budget.spend(1);
        self.text.skip();
    }

    fn skip_n(&mut self, count: usize) {
        self.budget.spend(count);
        self.text.skip_n(count);
    }

    fn peek(&self) -> char {
        if self.budget.is_spent() { '\0' } else { self.text.peek() }
    }

    fn peek_nth(&self, n: usize) -> char {
        if self.budget.is_spent() {
            '\0'
        } else {
            self.text.peek_nth(n)
        }
    }

    fn peek_opt(&self) -> Option<char> {
        if self.budget.is_spent() {
            None
        } else {
            self.text.peek_opt()
        }
    }

    fn skip_ws_to_eol(&mut self, skip_tabs: SkipTabs) -> (usize, Result<SkipTabs, &'static str>) {
        let (characters, found) = self.text.skip_ws_to_eol(skip_tabs);
        (self.budget.spend(characters), found)
    }

    fn skip_while_non_breakz(&mut self) -> usize {
        self.budget.spend(self.text.skip_while_non_breakz())
    }

    fn skip_while_blank(&mut self) -> usize {
        self.budget.spend(self.text.skip_while_blank())
    }

    fn fetch_while_is_alpha(&mut self, out: &mut String) -> usize {
        self.budget.spend(self.text.fetch_while_is_alpha(out))
    }

    fn fetch_while_is_yaml_non_space(&mut self, out: &mut String) -> usize {
        self.budget.spend(self.text.fetch_while_is_yaml_non_space(out))
    }
}
