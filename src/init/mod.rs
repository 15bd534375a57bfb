//! What a project needs to be worked on with crmctl, written into its folder. Never overwrites a file.

mod error;
mod gitignore;
mod observe;
mod plan;
mod report;
mod templates;
mod write;

pub use error::InitError;
pub use observe::{Observation, observe};
pub use plan::{InitPlan, NewFile, Schema, Visibility, files};
pub use report::InitReport;
pub use templates::{crm_migrations, seeds};
pub use write::write;
