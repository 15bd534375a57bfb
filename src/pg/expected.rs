//! What a message that is on its way wants of its answer.

use crate::pg::Row;
use crate::pg::copy::CopySink;

/// What is known of a message whose answer is awaited.
pub(super) struct Expected {
    pub(super) sink: Option<CopySink>,
    pub(super) has_source: bool,
    pub(super) rows: Rows,
}

/// What becomes of the rows of an answer.
pub(super) enum Rows {
    /// They are a part of it.
    Kept,
    /// Nobody reads them.
    Ignored,
    /// They are given away one by one, as they come.
    Given(Box<dyn FnMut(Row) + Send>),
}
