//! What the file says a column is made of.

use crate::seed::description::Role;

/// Values that need no settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    FirstName,
    LastName,
    FullName,
    Email,
    Username,
    Company,
    Phone,
    Street,
    Address,
    City,
    State,
    PostalCode,
    Country,
    Url,
    Domain,
    JobTitle,
    Department,
    Word,
    Sentence,
    Paragraph,
    Color,
    Ip,
}

/// How rows are spread over those they refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Spread {
    /// All alike.
    #[default]
    Even,
    /// A few have most.
    Zipf,
}

/// What a column is made of, as the file says it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Left out: the database fills it.
    Default,
    Null,
    Constant(String),
    Known(Known),
    Choice(Vec<(String, u32)>),
    Words {
        list: Words,
        count: [u64; 2],
    },
    Integer([i64; 2]),
    /// In units of so many decimal places.
    Decimal {
        between: [i64; 2],
        places: u32,
    },
    Boolean {
        percent: u8,
    },
    Moment {
        between: Option<[i64; 2]>,
        after: Option<String>,
        within: [i64; 2],
        is_office: bool,
    },
    Reference {
        to: Option<String>,
        column: Option<String>,
        spread: Spread,
    },
    User(Option<Role>),
    Template(String),
    Json(Vec<(String, Given)>),
    Array {
        of: Box<Given>,
        length: [u64; 2],
    },
    Uuid,
    Serial {
        start: Option<i64>,
    },
    /// The number of the row, or within its parent.
    Number,
}

/// Words to put together: a list of the file or of vocabulary.toml, or the words themselves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Words {
    Named(String),
    These(Vec<String>),
}

/// What the file says of a column, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    pub(crate) kind: Kind,
    /// In how many of 100 rows it is NULL.
    pub(crate) null: u8,
    pub(crate) is_unique: bool,
    /// Whether differences in it count.
    pub(crate) is_compared: bool,
    pub(crate) place: usize,
}
