//! What the benches share: rounds, medians, and the memory and processor time of what ran.

mod data;
pub(crate) mod files;
mod peer;
mod usage;

use std::time::Instant;

pub(crate) use self::data::{seed, seeded};
pub(crate) use self::peer::{Peer, dbmate, supabase};
pub(crate) use self::usage::{Memory, ServerTime};

/// No command of ours may ever need more.
const MEMORY_LIMIT: f64 = 64.0;

/// One bench: what it was asked for, and what it found.
pub(crate) struct Bench {
    name: &'static str,
    is_quick: bool,
    memory: Memory,
}

impl Bench {
    /// `--quick` makes fewer rounds; what cargo itself adds is ignored.
    pub(crate) fn new(name: &'static str) -> Self {
        let is_quick = std::env::args().any(|argument| argument == "--quick");
        Self { name, is_quick, memory: Memory::default() }
    }

    /// Whether it is to be over soon.
    pub(crate) fn is_quick(&self) -> bool {
        self.is_quick
    }

    /// How often everything is measured.
    pub(crate) fn rounds(&self) -> usize {
        if self.is_quick { 3 } else { 5 }
    }

    /// The same for what takes half a minute.
    pub(crate) fn slow_rounds(&self) -> usize {
        if self.is_quick { 1 } else { 3 }
    }

    /// The most memory that our program had at any time.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Seconds of a piece of work.
    pub(crate) fn seconds(work: impl FnOnce()) -> f64 {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    }

    /// The one line that is compared: `value` is ours divided by the peer's or by the limit.
    pub(crate) fn ratio(&self, name: &str, value: f64, goal: f64) {
        println!("RATIO {}{name} {value:.3} {goal:.3}", self.name);
    }

    /// What could not be measured on this machine.
    pub(crate) fn skipped(&self, name: &str, reason: &str) {
        println!("SKIPPED {}{name} {reason}", self.name);
    }

    /// What a ratio is made of.
    pub(crate) fn figure(&self, name: &str, unit: &str, values: &[f64]) {
        let all: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        println!("# {} {name}: {:.3} {unit} of {}", self.name, median(values), all.join(" "));
    }

    /// Tells both figures and their ratio.
    pub(crate) fn compare(&self, name: &str, [ours, theirs]: [&[f64]; 2], goal: f64) {
        self.figure(&format!("{name} ours"), "s", ours);
        self.figure(&format!("{name} theirs"), "s", theirs);
        self.ratio(&format!("_{name}"), median(ours) / median(theirs), goal);
    }

    /// Tells the memory, at the end.
    pub(crate) fn finish(self) {
        self.ratio("_memory_64mb", self.memory.megabytes() / MEMORY_LIMIT, 1.0);
    }
}

/// The middle one.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
