//! The only module that spawns processes.
//!
//! Domains build an [`Invocation`], a value; [`run`] and [`stream`] carry it out. What a child is given in secret
//! is in its environment or its input, never in its arguments, and the `PG*` variables of the user are not passed on.

mod installations;
mod invocation;
mod lease;
mod package_manager;
mod run;
mod tool;

pub use installations::{SearchPath, program_directories};
pub use invocation::{Account, Invocation};
pub use lease::{Lease, detach};
pub use package_manager::{PackageManager, installation};
pub use run::{Output, RunError, Streaming, run, stream};
pub(crate) use tool::version_of;
pub use tool::{Tool, ToolError, ToolName, ToolVersion, find, installed};
