//! One snapshot engine: what a database's schema is. Used by verify, sync, deploy, restore and the tests.

pub mod diff;
mod facts;
pub mod managed;
mod routine;
pub mod snapshot;
mod sql;
pub mod table;
mod view;
mod words;

pub use diff::{Change, Difference, diff};
pub use facts::Facts;
pub use snapshot::{Catalog, ObjectName, read};
pub use table::{Column, ForeignKey, LooseCheck, Table};
