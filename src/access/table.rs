//! The access table as a value.

use serde::Serialize;

use crate::pg::TableName;

/// What is done to rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Reading them.
    Select,
    /// Adding one.
    Insert,
    /// Changing them.
    Update,
    /// Removing them.
    Delete,
}

impl Command {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// As it is written in SQL and in `access.toml`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// What somebody does who uses it, for sentences.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Select => "read",
            Self::Insert => "insert into",
            Self::Update => "update",
            Self::Delete => "delete from",
        }
    }
}

/// How far somebody gets with a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reach")]
pub enum Reach {
    /// Nothing was granted.
    NoGrant,
    /// Row level security is on, and no policy is for this role and command.
    NoPolicy,
    /// These rows. As many as the table's `limit` means: so many or more.
    Rows {
        /// How many.
        rows: u64,
        /// How many of them are the persona's own; `None` where nobody knows whose a row is.
        own: Option<u64>,
    },
    /// Allowed, whatever the row.
    Allowed,
    /// A policy decides by the row; which rows it lets through cannot be told without writing one.
    Depends,
    /// A policy decides by the row: of copies of rows that are there, each also as the persona's own, it lets so many in.
    Tried {
        /// How many it lets in.
        passed: u64,
        /// Of how many.
        tried: u64,
    },
    /// It could not be found out.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Reach {
    /// Whether the door is open at all, however many rows are behind it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::NoGrant | Self::NoPolicy => false,
            // What is not known is not safe.
            Self::Rows { .. } | Self::Allowed | Self::Depends | Self::Tried { .. } | Self::Unknown { .. } => {
                true
            }
        }
    }
}

/// How far one persona gets with one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The persona.
    pub persona: String,
    /// Rows of the table that belong to it, where that is known.
    pub owned: Option<u64>,
    /// Reading.
    pub select: Reach,
    /// Adding.
    pub insert: Reach,
    /// Changing.
    pub update: Reach,
    /// Removing.
    pub delete: Reach,
}

impl Access {
    /// How far it gets with a command.
    #[must_use]
    pub fn reach(&self, command: Command) -> &Reach {
        match command {
            Command::Select => &self.select,
            Command::Insert => &self.insert,
            Command::Update => &self.update,
            Command::Delete => &self.delete,
        }
    }
}

/// One table and everybody's access to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableAccess {
    /// The table or view.
    pub table: TableName,
    /// Whether row level security is on; a view has none of its own.
    pub row_level_security: bool,
    /// The column that says whose a row is.
    pub owner: Option<String>,
    /// Its rows; as many as `limit` means: so many or more. `None`: not countable.
    pub rows: Option<u64>,
    /// One entry for each persona, in the order of [`AccessTable::personas`].
    pub access: Vec<Access>,
}

impl TableAccess {
    /// A persona's entry.
    #[must_use]
    pub fn of(&self, persona: &str) -> Option<&Access> {
        self.access.iter().find(|access| access.persona == persona)
    }
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessTable {
    /// Rows were counted up to this many.
    pub limit: u64,
    /// Everybody who was tried.
    pub personas: Vec<String>,
    /// Personas that were asked for and are not there, with the reason.
    pub missing: Vec<String>,
    /// Every table of the exposed schemas, by name.
    pub tables: Vec<TableAccess>,
}

impl AccessTable {
    /// A table's entry.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&TableAccess> {
        self.tables.iter().find(|table| &table.table == name)
    }
}
