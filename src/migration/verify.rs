//! `migrate verify` as a value: whether history, files and database are of one mind. Pure.

use serde::Serialize;

use crate::error::ExitStatus;
use crate::migration::directory::Directory;
use crate::migration::history_row::History;
use crate::migration::repair::{Advice, Disagreement};
use crate::migration::states::{State, states};
use crate::migration::status::{Count, counts, summary_line};
use crate::plan::Render;
use crate::ui::{Style, plural};
