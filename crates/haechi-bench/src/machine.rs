//! The machine that figures were measured on.

use std::{fmt, fs, thread};

use serde::Serialize;

/// What to know about a machine to compare figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor's model.
    pub processor: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel and its release.
    pub kernel: String,
}

impl Machine {
    /// This machine, as far as it tells. Only Linux tells all.
    pub fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: field(&cpuinfo, "model name")
                .unwrap_or(std::env::consts::ARCH)
                .to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: field(&meminfo, "MemTotal").and_then(kibibytes),
            // What follows the version names a build, which says nothing about speed.
            kernel: format!(
                "{} {}",
                std::env::consts::OS,
                release.split('-').next().unwrap_or_default().trim()
            ),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} cores", self.processor, self.cores)?;
        if let Some(bytes) = self.memory_bytes {
            write!(f, ", {:.0} GiB", bytes as f64 / f64::from(1 << 30))?;
        }
        write!(f, ", {}", self.kernel.trim())
    }
}

/// The value of the first `key : value` line.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.split_once(':').filter(|(k, _)| k.trim() == key))
        .map(|(_, value)| value.trim())
}

fn kibibytes(text: &str) -> Option<u64> {
    text.strip_suffix(" kB")?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_writes() {
        assert_eq!(
            field("processor\t: 0\nmodel name\t: Sparrow 9\n", "model name"),
            Some("Sparrow 9")
        );
        assert_eq!(
            field("MemTotal:       24000000 kB\n", "MemTotal").and_then(kibibytes),
            Some(24_576_000_000)
        );
    }
}
