//! The test users and their data: described in `seeds/*.toml`, the same in every environment and at every run.

mod description;
mod generate;
mod identifier;
mod load;
mod random;

pub use description::{Data, Role, User, Users, Vocabulary};
pub use generate::{Digest, Model, Owner, Table, chunks, digest};
pub use identifier::{identity_id, row_id, user_id};
pub use load::{Description, DescriptionError};
