//! Undoing migrations: by the down half that its author wrote, or by the inverse of statements that have a certain
//! one. `apply`, `count`, `fate` and `rehearse` talk to databases; everything else is pure.

pub mod apply;
mod count;
mod error;
mod fate;
mod inverse;
mod loss;
mod plan;
mod rehearse;
mod report;
mod step;

pub use apply::{apply, run_in_transaction};
pub use count::count_losses;
pub use error::DownError;
pub use inverse::NotInvertible;
pub use loss::{Loss, Lost};
pub use plan::{DownPlan, Wanted, plan, select};
pub use rehearse::{Expectation, Rehearsal, rehearse};
pub use report::{DownReport, UndoneMigration};
pub use step::{DownStep, Source};
