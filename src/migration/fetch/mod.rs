//! Fetch: files of migrations that only the history of a database knows.
//!
//! `plan` is pure and proves each file before it is written; `write` makes the files.

mod file_name;
mod plan;
mod write;

pub use plan::{FetchPlan, FetchedFile, Unfetchable, plan};
pub(crate) use write::Unborn;
pub use write::{FetchReport, WriteError, write, write_new};
