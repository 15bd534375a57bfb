//! `validate.toml`: what a database must be like, beyond what holds for every one.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::environment::{ProjectFileError, read_project_file};
use crate::error::Location;
use crate::pg::TableName;
use crate::validate::check::{Rule, Verdict};
use crate::validate::config_file;

/// The name of the file, in the project's folder.
pub const VALIDATE_FILE: &str = "validate.toml";

/// Something of the file, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// What.
    pub value: T,
    /// Where.
    pub location: Location,
}

/// How grave a finding of a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is left out.
    Off,
    /// So grave.
    As(Verdict),
}

/// An index that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequiredIndex {
    /// With this name.
    Named(String),
    /// One that begins with these columns.
    On(TableName, Vec<String>),
}

/// `from` and `to` of a reference that no foreign key declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The column that refers.
    pub from: (TableName, String),
    /// The column it refers to.
    pub to: (TableName, String),
}

/// A rule in SQL: it must find no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRule {
    /// What it is called.
    pub name: String,
    /// One query.
    pub sql: String,
    /// Where it is written, and the text around it.
    pub source: SqlSource,
    /// How grave a row is.
    pub severity: Verdict,
    /// What to say.
    pub message: Option<String>,
}

/// Where a text of SQL is in the file, so that an error in it can be shown there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlSource {
    /// The name of the file.
    pub file: String,
    /// Its text.
    pub text: std::sync::Arc<str>,
    /// Where the SQL begins in it.
    pub offset: usize,
    /// Whether it stands there letter for letter.
    pub is_verbatim: bool,
}

impl SqlSource {
    /// The place of a byte of the SQL.
    #[must_use]
    pub fn locate(&self, offset: usize) -> Location {
        let offset = if self.is_verbatim { self.offset + offset } else { self.offset };
        Location::of_offset(self.file.as_str(), &self.text, offset)
    }
}

/// A query and the time it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedQuery {
    /// What it is called.
    pub name: String,
    /// One query.
    pub sql: String,
    /// Where it is written.
    pub source: SqlSource,
    /// Its budget.
    pub budget: Duration,
}

/// How many rows a table may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLimits {
    /// The table.
    pub table: TableName,
    /// At least.
    pub min: Option<u64>,
    /// At most.
    pub max: Option<u64>,
}

/// Columns whose values are there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueKey {
    /// The table.
    pub table: TableName,
    /// The columns.
    pub columns: Vec<String>,
}

/// What `validate.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidateConfig {
    /// Schemas whose tables need row level security; those of the API unless it says otherwise.
    pub exposed: Option<Vec<String>>,
    /// How long the check of one table may take.
    pub timeout: Duration,
    /// Tables that must be there.
    pub tables: Vec<Placed<TableName>>,
    /// Indexes that must be there.
    pub indexes: Vec<Placed<RequiredIndex>>,
    /// How many policies a table needs, if it is said.
    pub min_policies: Option<u64>,
    /// The same for single tables.
    pub policies_of: BTreeMap<TableName, Placed<u64>>,
    /// Tables that need no row level security.
    pub exempt: Vec<TableName>,
    /// References without a foreign key.
    pub references: Vec<Placed<Reference>>,
    /// Keys without a constraint.
    pub unique: Vec<Placed<UniqueKey>>,
    /// Limits for rows.
    pub counts: Vec<Placed<RowLimits>>,
    /// Rules in SQL.
    pub rules: Vec<RowRule>,
    /// How long a statement may take on average.
    pub budget: Duration,
    /// Queries that are measured.
    pub queries: Vec<TimedQuery>,
    /// Rules with another weight than crmctl gives them.
    pub severity: BTreeMap<Rule, Weight>,
}

impl Default for ValidateConfig {
    fn default() -> Self {
        Self {
            exposed: None,
            timeout: Duration::from_secs(30),
            tables: Vec::new(),
            indexes: Vec::new(),
            min_policies: None,
            policies_of: BTreeMap::new(),
            exempt: Vec::new(),
            references: Vec::new(),
            unique: Vec::new(),
            counts: Vec::new(),
            rules: Vec::new(),
            budget: Duration::from_millis(100),
            queries: Vec::new(),
            severity: BTreeMap::new(),
        }
    }
}

impl ValidateConfig {
    /// Of a project's folder; without the file, what holds for every database.
    pub fn read(root: &Path) -> Result<Self, ProjectFileError> {
        match read_project_file(root, VALIDATE_FILE)? {
            Some(text) => Ok(config_file::parse(VALIDATE_FILE, &text)?),
            None => Ok(Self::default()),
        }
    }
}
