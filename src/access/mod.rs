//! Who may do what to which table: observed as each persona under row level security, never guessed.
//!
//! Reads are tried: the session becomes the persona inside a savepoint, with the claims its token would carry, and
//! counts the rows it sees. Writes are never tried, since triggers would run and rows be locked: for `update` and
//! `delete` the policies' own expressions are evaluated over the rows the persona sees, for `insert` the grant and
//! the policies decide. Everything is rolled back, so it can be done inside somebody's open transaction.

mod assemble;
mod cast;
mod change;
mod expect;
mod exposed;
mod file;
mod observe;
mod probe;
mod render;
mod report;
mod request;
mod rights;
mod table;
#[cfg(test)]
mod tests;

pub use change::{AccessChange, changes};
pub use expect::{Expectation, Expectations, Expected, Unproved, Violation};
pub use exposed::exposed_schemas;
#[cfg(test)]
pub(crate) use file::parse_expectations;
pub use file::{ACCESS_FILE, expectations};
pub use observe::observe;
pub use report::AccessReport;
pub use request::{AccessRequest, Persona};
pub use table::{Access, AccessTable, Command, Reach, TableAccess};
