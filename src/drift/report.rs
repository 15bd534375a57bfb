//! What drift there is.

use serde::Serialize;

use crate::catalog::Difference;
use crate::drift::words::in_words;
use crate::error::ExitStatus;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// The answer of `migrate drift`.
#[derive(Debug, Clone, Serialize)]
pub struct DriftReport {
    /// How many migrations the database has.
    pub applied: usize,
    /// Everything in which the database differs from what they make.
    pub differences: Vec<Drifted>,
}

/// One object that drifted.
#[derive(Debug, Clone, Serialize)]
pub struct Drifted {
    /// Left are the migrations, right is the database.
    #[serde(flatten)]
    pub difference: Difference,
    /// The same as a sentence.
    pub words: String,
}

impl DriftReport {
    /// The differences of a database with this many migrations.
    #[must_use]
    pub fn new(applied: usize, differences: Vec<Difference>) -> Self {
        let drifted = |difference: Difference| Drifted { words: in_words(&difference), difference };
        Self { applied, differences: differences.into_iter().map(drifted).collect() }
    }

    /// [`ExitStatus::Differs`] when there is any drift.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.differences.is_empty() { ExitStatus::Success } else { ExitStatus::Differs }
    }
}

impl Render for DriftReport {
    fn render(&self, style: &Style) -> String {
        let made = plural(self.applied as u64, "applied migration");
        if self.differences.is_empty() {
            let verb = if self.applied == 1 { "makes" } else { "make" };
            return format!("{}: the database is what its {made} {verb}", style.good("no drift"));
        }
        let count = plural(self.differences.len() as u64, "object");
        let mut text = format!("{}: {count} not as the {made} would have it", style.bad("drift"));
        for drifted in &self.differences {
            text += &format!("\n  {}", drifted.words);
        }
        text
    }
}
