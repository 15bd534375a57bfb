//! Safe deploys, as a journalled state machine: preflight, gate, lint, rehearsal, consent, commands before, backup, one
//! transaction with checks before COMMIT, commands after. What stops half-way is resumed or rolled back.

pub mod allowance;
mod apply;
mod asked;
mod author;
mod check;
pub mod doors;
mod fate;
pub mod gate;
pub mod hooks;
pub mod journal;
pub mod ledger;
mod losses;
pub mod observe;
mod plan;
pub mod preflight;
mod procedure;
pub mod rehearse;
mod report;
pub mod resume;
pub mod rollback;
mod state;
pub mod status;
mod stops;

pub use apply::Deployment;
pub use author::{Author, author};
pub use check::CheckError;
pub use gate::{Gate, GateError};
pub use hooks::{Hooks, Phase, Shell};
pub use journal::{DeployId, DeployRecord, DeployState, Journal, Standing};
pub use observe::{Observed, observe};
pub use plan::{DeployPlan, PlanError, check_findings, plan};
pub use preflight::{Preflight, PreflightError};
pub use procedure::{Procedure, have_down_halves};
pub use rehearse::{ByteLimit, Rehearsal, Request, rehearse};
pub use report::{DeployReport, DeployResult};
pub use status::DeployStatus;
pub use stops::{Stop, Stops};
