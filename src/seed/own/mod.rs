//! Tables of the project's own, described in `seeds/seed.toml`: any schema, any volume.
//!
//! [`OwnDescription`] is what the file says, [`Relation`] what the catalog says; [`compile`] makes a [`Design`] of the two
//! and guesses what neither says. It is pure, and finds everything that is wrong before anything is written. A design
//! makes every value of every row by itself: no row is ever remembered.

mod catalog;
mod choose;
mod column;
mod compile;
mod description;
mod design;
mod dice;
mod form;
mod given;
mod guess;
mod keys;
mod kind;
mod lexicon;
mod links;
mod order;
mod phrase;
mod put;
mod reader;
mod rows;
mod template;
mod value;
mod write;

pub(crate) use catalog::{Relation, query, relations};
pub(crate) use compile::{Surroundings, compile};
pub use description::{OwnDescription, OwnError};
pub(crate) use design::Design;
pub(crate) use rows::OwnRows;
