//! The only module that prints or asks.

mod failure;
mod github;
mod measure;
mod plural;
mod printer;
mod progress;
pub(crate) mod prompt;
mod shell_word;
mod snippet;
mod style;
mod table;
mod transfer;
mod visible;

pub use github::{Annotation, Level};
pub use measure::{bytes, duration};
pub use plural::{plural, thousands};
pub use printer::{Output, Printer, PrinterOptions, SCHEMA_VERSION, Volume};
pub use progress::Bars;
pub use prompt::{Ask, Prompt, PromptError};
pub use shell_word::{shell_word, shell_words};
pub use style::{ColourChoice, Style};
pub use table::Table;
