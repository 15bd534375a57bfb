//! One snapshot engine: what a database's schema is. Used by verify, sync, deploy, restore and the tests.

pub mod diff;
pub mod managed;
pub mod snapshot;

pub use diff::{Change, Difference, diff};
pub use snapshot::{Catalog, Column, Facts, ForeignKey, ObjectName, Table, read};
