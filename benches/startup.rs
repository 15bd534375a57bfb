//! How long it takes until something happens, and how much there is to download.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a bench starts programs by itself, and stops where it cannot go on"
)]
#![expect(clippy::print_stdout, reason = "the figures are the answer")]

#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod measure;
#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod support;

use std::path::Path;

use self::measure::{Bench, Peer};

/// One start is too short to be measured.
const STARTS: usize = 20;
/// What a download may weigh.
const SIZE_LIMIT: f64 = 20.0 * 1024.0 * 1024.0;

fn main() {
    let bench = Bench::new("startup");
    let program = Path::new(env!("CARGO_BIN_EXE_crmctl"));
    let starts = |peer: &dyn Fn() -> Peer| {
        Bench::seconds(|| (0..STARTS).for_each(|_| peer().args(["--version"]).run()))
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds() {
        ours.push(starts(&|| Peer::new(program)));
        theirs.push(starts(&|| Peer::postgres("psql")));
    }
    bench.compare("psql", [&ours, &theirs], 2.0);

    let size = std::fs::metadata(program).unwrap().len();
    bench.figure("size", "MB", &[f64::from(u32::try_from(size).unwrap()) / 1024.0 / 1024.0]);
    bench.ratio("_size_20mb", f64::from(u32::try_from(size).unwrap()) / SIZE_LIMIT, 1.0);
}
