//! What a command is busy with, for someone who waits in front of a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::env;

/// How long nothing is shown: most answers are there by then.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often is looked whether the line has changed.
const TICK: Duration = Duration::from_millis(100);

/// A line on standard error that says what the command is busy with, until something else is printed.
#[derive(Debug, Default)]
pub(super) struct Progress {
    running: Option<(Sender<&'static str>, JoinHandle<()>)>,
}

impl Progress {
    /// Says what the command is busy with from now on.
    pub(super) fn show(&mut self, what: &'static str) {
        if self.running.is_none() && is_wanted() {
            let (sender, receiver) = mpsc::channel();
            let begun = Instant::now();
            let thread = thread::spawn(move || {
                let mut what = "";
                let mut shown = None;
                loop {
                    match receiver.recv_timeout(TICK) {
                        Ok(now) => what = now,
                        Err(RecvTimeoutError::Timeout) if begun.elapsed() < PATIENCE => {}
                        Err(RecvTimeoutError::Timeout) => {
                            let now = Some((what, begun.elapsed().as_secs()));
                            if let Some((what, seconds)) = now.filter(|_| now != shown) {
                                let _ = write!(io::stderr(), "\r{what} ({seconds} s)\x1b[K");
                                shown = now;
                            }
                        }
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                if shown.is_some() {
                    let _ = write!(io::stderr(), "\r\x1b[K");
                }
            });
            self.running = Some((sender, thread));
        }
        if let Some((sender, _)) = &self.running {
            let _ = sender.send(what);
        }
    }

    /// Takes the line away.
    pub(super) fn stop(&mut self) {
        if let Some((sender, thread)) = self.running.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_wanted() -> bool {
    io::stderr().is_terminal() && env::TERM.value().is_none_or(|term| term != "dumb")
}
