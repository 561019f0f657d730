//! The bulk engine against a naive reading of the specification.

mod algebra;
mod bulk;
mod dialects;
mod differing;
mod explaining;
mod found;
mod manifests;
mod naive;
mod needless;
mod representation;
mod strategy;
mod ties;
mod totals;
mod unknowns;
mod written;

use proptest::test_runner::Config;

/// So many cases, or as many as `PROPTEST_CASES` asks for.
fn cases(cases: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    Config {
        cases: if asked { default.cases } else { cases },
        max_shrink_iters: 20_000,
        ..default
    }
}
