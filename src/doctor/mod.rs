//! Whether this machine, the project and its environments are fit for work, and getting PostgreSQL onto a machine.
//!
//! `machine`, `files` and `observe` look, `install` and `files::close` change, and everything else is pure.

mod check;
mod environment;
mod files;
mod inspect;
mod install;
mod install_error;
mod judge;
mod machine;
mod observe;
mod report;
mod users;

pub use check::{Check, Group, State};
pub use environment::Subject;
pub use files::{SecretFile, close};
pub use inspect::{Inspection, inspect};
pub use install::{Ensured, Site, ensure_postgres};
pub use install_error::InstallError;
pub use machine::Machine;
pub use observe::Facts;
pub use report::DoctorReport;
