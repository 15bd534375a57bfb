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
    /// All rows, by way of staged tables: the target's own stay open to readers and writers until the end
    Staged,
}

/// The way that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// One transaction on one connection, everything in flight at once ([`crate::sync`]'s `pipeline`).
    Pipeline,
    /// Several streams into tables of our own in the target, then one short transaction ([`crate::sync`]'s `staging`).
    Staging,
}

/// What is known before anything is copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// Bytes of the source's tables that go along.
    pub(crate) source_bytes: u64,
    /// Bytes of the target's tables that are replaced.
    pub(crate) target_bytes: u64,
    /// From how many bytes on rows are staged.
    pub(crate) staging_from: u64,
    /// Whether the target lets us make a schema to stage them in.
    pub(crate) may_stage: bool,
}

/// A way and the reason for it, as a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) route: Route,
    pub(crate) because: String,
}

pub(crate) fn choose(mode: Mode, weight: &Weight) -> Choice {
    let Weight { source_bytes, target_bytes, staging_from, may_stage } = weight;
    let sizes = format!("{} replace {}", bytes(*source_bytes), bytes(*target_bytes));
    let is_big = source_bytes >= staging_from;
    let (route, because) = match (mode, is_big, may_stage) {
        (Mode::Full, _, _) => (Route::Pipeline, "all rows were asked for".to_owned()),
        (Mode::Auto, false, _) => (Route::Pipeline, sizes),
        (Mode::Auto, true, true) => (Route::Staging, format!("{sizes}; the target stays in use meanwhile")),
        (Mode::Staged, _, true) => (Route::Staging, "the target stays in use meanwhile".to_owned()),
        (Mode::Auto, true, false) | (Mode::Staged, _, false) => {
            (Route::Pipeline, format!("{sizes}; without staging, since the role may not create a schema"))
        }
    };
    Choice { route, because }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(source_bytes: u64, may_stage: bool) -> Weight {
        Weight { source_bytes, target_bytes: 0, staging_from: 64_000_000, may_stage }
    }

    #[test]
    fn the_reason_names_what_decided() {
        assert!(choose(Mode::Auto, &weight(3_000_000, true)).because.contains("3.0 MB"));
        assert_eq!(choose(Mode::Full, &weight(3_000_000, true)).because, "all rows were asked for");
    }

    #[test]
    fn big_sets_are_staged_where_a_schema_can_be_made() {
        let route = |mode, bytes, may_stage| choose(mode, &weight(bytes, may_stage)).route;

        assert_eq!(route(Mode::Auto, 64_000_000, true), Route::Staging);
        assert_eq!(route(Mode::Auto, 63_999_999, true), Route::Pipeline);
        assert_eq!(route(Mode::Staged, 0, true), Route::Staging);
        let refused = choose(Mode::Staged, &weight(0, false));
        assert_eq!(refused.route, Route::Pipeline);
        assert!(refused.because.contains("may not create a schema"), "{}", refused.because);
    }
}
