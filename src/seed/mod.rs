//! The test users and their data: described in `seeds/*.toml`, the same in every environment and at every run.
//!
//! [`Description`] says what is to be and [`Model`] makes the rows of it; [`observe`] asks what is there, [`plan`]
//! decides, [`apply`] does it in one transaction. Generated rows bear a mark in their ids, so rows that people
//! added are never touched.

mod apply;
mod check;
mod description;
mod generate;
mod identifier;
mod load;
mod observation;
mod observe;
mod own;
mod plan;
mod random;
mod record;
mod report;
mod seeding;
mod shape;
mod source;
mod statements;
mod users;

pub use apply::{SeedError, apply, fill};
pub use description::{Data, Role, User, Users, Vocabulary};
pub use generate::{Digest, Model, Owner, Table};
pub use identifier::{identity_id, row_id, user_id};
pub use load::{Description, DescriptionError};
pub use observation::{Observation, Reference, Request, TableState, UserState, What};
pub use observe::{ObserveError, observe};
pub use own::{OwnDescription, OwnError};
pub use plan::{PlanError, Sample, SeedPlan, TableAction, TableStep, UserAction, UserStep, plan};
pub use report::{SeedReport, TableReport};
pub use seeding::Seeding;
pub use users::{Login, Password, PasswordSource, UsersError, logins, password};
