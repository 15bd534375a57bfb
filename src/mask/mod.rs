//! Masks: SQL expressions that are computed in the source, inside the query whose rows are copied, so that personal
//! values never leave it. The same value under the same key becomes the same fake, in every table and every run.

mod decide;
mod error;
mod expression;
mod key;
mod meant;
mod personal;
mod rule;
mod shape;
mod unique;
mod user;
mod words;

pub(crate) use decide::{Masked, Masking, decide};
pub use error::MaskError;
pub(crate) use key::{SETTING, key, known_key};
pub(crate) use rule::rules;
pub use rule::{Mask, Rule};
pub(crate) use shape::base_of;
pub(crate) use user::{is_shell, shell_column};
