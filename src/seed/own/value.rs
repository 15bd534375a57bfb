//! What a column is made of, once everything is known.

use crate::seed::generate::Table;
use crate::seed::own::form::Form;
use crate::seed::own::kind::Known;
use crate::seed::own::template::Piece;

/// A column that is written.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) seed: u64,
    /// In how many of 100 rows it is NULL.
    pub(crate) null: u8,
    pub(crate) is_unique: bool,
    pub(crate) form: Form,
    pub(crate) value: Value,
}

/// What is drawn for each row.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Constant(String),
    /// Each with the sum of the weights up to it.
    Choice(Vec<(String, u64)>),
    /// Each once.
    EachOnce(Vec<String>),
    Known(Known),
    Words {
        words: Vec<String>,
        count: [u64; 2],
    },
    Integer([i64; 2]),
    Decimal {
        between: [i64; 2],
        places: u32,
    },
    Boolean(u8),
    Moment(Moments),
    /// A column of the row that a link leads to.
    Linked {
        link: usize,
        target: Target,
    },
    /// The test user who owns the row, or one of them.
    User(Option<usize>),
    Template(Vec<Piece>),
    Json(Vec<(String, Column)>),
    Array {
        of: Box<Column>,
        length: [u64; 2],
    },
    Uuid,
    Serial(i64),
    Number,
}

/// Which column of a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The id of a row of the CRM.
    CrmId,
    /// When a row of the CRM was made.
    CrmCreated,
    /// A written column of a table of the project's own.
    Own(usize),
}

/// Points in time, in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    /// From and to, since 1970.
    pub(crate) between: Option<[i64; 2]>,
    /// Counted from this column.
    pub(crate) after: Option<Path>,
    pub(crate) within: [i64; 2],
    pub(crate) is_office: bool,
}

/// A column of the same row, or of the row that a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    Same(usize),
    Of { link: usize, target: Target },
}

/// A table whose rows are referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    Crm(Table),
    Own(usize),
}

/// Which row of a parent a row belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) parent: Parent,
    pub(crate) seed: u64,
    pub(crate) how: How,
    /// In how many of 100 rows there is none.
    pub(crate) null: u8,
}

/// How it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Even,
    Zipf,
    /// The one the row was made for.
    OfParent,
    /// Each once.
    OneToOne,
    /// In turn, so that pairs with a `Second` differ.
    First,
    /// Another one for each row with the same first.
    Second {
        first: usize,
    },
    /// A row of the same table that came before.
    Earlier {
        is_required: bool,
    },
}
