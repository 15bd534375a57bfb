//! Which way rows are carried over, and why. Pure.

use serde::Serialize;

use crate::ui::bytes;

/// How rows are carried over, as the user asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As fits best; the plan says how, and why
    #[default]
    Auto,
    /// All rows of all tables
    Full,
}

/// The way that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// One transaction on one connection, everything in flight at once ([`crate::sync`]'s `pipeline`).
    Pipeline,
}

/// What is known before anything is copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// Bytes of the source's tables that go along.
    pub(crate) source_bytes: u64,
    /// Bytes of the target's tables that are replaced.
    pub(crate) target_bytes: u64,
}

/// A way and the reason for it, as a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) route: Route,
    pub(crate) because: String,
}

pub(crate) fn choose(mode: Mode, weight: &Weight) -> Choice {
    let Weight { source_bytes, target_bytes } = weight;
    let because = match mode {
        Mode::Full => "all rows were asked for".to_owned(),
        Mode::Auto => format!("{} replace {}", bytes(*source_bytes), bytes(*target_bytes)),
    };
    Choice { route: Route::Pipeline, because }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_what_decided() {
        let weight = Weight { source_bytes: 3_000_000, target_bytes: 0 };

        assert!(choose(Mode::Auto, &weight).because.contains("3.0 MB"));
        assert_eq!(choose(Mode::Full, &weight).because, "all rows were asked for");
    }
}
