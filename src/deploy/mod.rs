//! Safe deploys: lint, rehearsal, consent, backup, one transaction, checks before COMMIT.

mod apply;
mod check;
mod losses;
mod observe;
mod plan;
pub mod rehearse;
mod report;

pub use apply::apply;
pub use check::CheckError;
pub use observe::{Observed, observe};
pub use plan::{DeployPlan, PlanError, check_findings, plan};
pub use rehearse::{ByteLimit, Rehearsal, Request, rehearse};
pub use report::DeployReport;
