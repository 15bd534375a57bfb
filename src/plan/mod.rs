//! What a command means to do, as a value: made purely, shown, approved, and only then carried out.

use std::fmt;

use serde::Serialize;

/// How a value of crmctl's is shown to a person. JSON comes from `Serialize`; this is the text.
pub trait Render {
    /// The whole text, lines separated by `\n`, without a trailing line break.
    fn render(&self, style: &crate::ui::Style) -> String;
}

/// What may be lost or hurt by carrying a plan out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "hazard", content = "what")]
pub enum Hazard {
    /// Tables, columns or rows vanish.
    DropsData(String),
    /// Rows are replaced by others.
    OverwritesRows(String),
    /// A table is rewritten under an exclusive lock.
    RewritesTable(String),
    /// Writers wait while it runs.
    BlocksWrites(String),
    /// The schema changes.
    ChangesSchema(String),
    /// Rows are added or updated.
    WritesRows(String),
    /// There is no way back that crmctl knows.
    LeavesNoUndo(String),
}

impl fmt::Display for Hazard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DropsData(what) => write!(formatter, "drops data: {what}"),
            Self::OverwritesRows(what) => write!(formatter, "overwrites rows: {what}"),
            Self::RewritesTable(what) => write!(formatter, "rewrites a table: {what}"),
            Self::BlocksWrites(what) => write!(formatter, "blocks writers: {what}"),
            Self::ChangesSchema(what) => write!(formatter, "changes the schema: {what}"),
            Self::WritesRows(what) => write!(formatter, "writes rows: {what}"),
            Self::LeavesNoUndo(what) => write!(formatter, "leaves no undo: {what}"),
        }
    }
}

/// The state of the world a plan was made from: an SQL query that yields one text value, and the value it
/// yielded while planning. It is asked again under the lock; another answer means the plan is stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// A `select` without trailing semicolon that yields exactly one row with one text column.
    #[serde(skip)]
    pub query: String,
    /// What it yielded.
    pub value: Option<String>,
}

/// Something that can be approved and carried out.
pub trait Plan: Serialize + Render {
    /// What it endangers. Empty means that carrying it out changes nothing.
    fn hazards(&self) -> Vec<Hazard>;

    /// What must still be true when it is carried out.
    fn fingerprint(&self) -> &Fingerprint;

    /// A word to be typed whatever the protection of the environment; `reset` has one.
    fn phrase(&self) -> Option<&'static str> {
        None
    }
}

/// A table whose rows are about to move, and what is expected of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Which.
    pub table: String,
    /// Rows, as the planner's statistics have it; `None`: nobody knows.
    pub rows: Option<u64>,
    /// Bytes on disk, indexes left out.
    pub bytes: u64,
}

/// What moved of a table so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows.
    pub rows: u64,
    /// Bytes that went over the wire.
    pub bytes: u64,
    /// Whether this was all of it.
    pub done: bool,
}

/// What domains tell while they work. The terminal decides how, and whether, to show it.
pub trait Progress: Send + Sync {
    /// A new phase begins, with `total` units of work (0: unknown).
    fn phase(&self, title: &str, total: u64);
    /// `amount` units of the phase are done; `label` is what is being worked on.
    fn advance(&self, amount: u64, label: &str);
    /// Rows of these tables begin to move.
    fn transfer(&self, title: &str, tables: &[Transfer]);
    /// So much of the table at `index` of them has moved, in all.
    fn moved(&self, index: usize, moved: Moved);
    /// Something a person should know, kept on the screen.
    fn notice(&self, text: &str);
    /// The phase is over; its bar vanishes.
    fn finish(&self);
}

/// Progress that nobody watches: for tests and for work inside other work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _title: &str, _total: u64) {}
    fn advance(&self, _amount: u64, _label: &str) {}
    fn transfer(&self, _title: &str, _tables: &[Transfer]) {}
    fn moved(&self, _index: usize, _moved: Moved) {}
    fn notice(&self, _text: &str) {}
    fn finish(&self) {}
}
