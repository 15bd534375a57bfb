//! The only module that prints or asks.

mod style;

pub use style::Style;
