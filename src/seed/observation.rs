//! What is wished for, and what is there: all that a plan is made from.

use std::sync::Arc;

use serde::Serialize;

use crate::environment::Secret;
use crate::pg::TableName;
use crate::plan::Fingerprint;
use crate::seed::generate::{Digest, Model, Table};
use crate::seed::own::OwnDescription;
use crate::seed::record::Columns;
use crate::seed::source::Source;
use crate::seed::users::{Login, Password};

/// What is to be seeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The test users
    Users,
    /// The rows they own
    Data,
    /// Both
    All,
}

impl What {
    /// Whether users are part of it.
    #[must_use]
    pub fn has_users(self) -> bool {
        matches!(self, Self::Users | Self::All)
    }

    /// Whether rows are part of it.
    #[must_use]
    pub fn has_data(self) -> bool {
        matches!(self, Self::Data | Self::All)
    }
}

/// What is wished for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Users, data or both.
    pub what: What,
    /// Who the users are.
    pub logins: &'a [Login; 3],
    /// Their password; needed where users are.
    pub password: Option<&'a Password>,
    /// The rows.
    pub model: &'a Arc<Model>,
    /// Tables of the project's own.
    pub own: Option<&'a OwnDescription>,
}

impl Request<'_> {
    /// Whether the tables of the CRM are seeded.
    #[must_use]
    pub fn has_crm(&self) -> bool {
        self.own.is_none_or(|own| own.has_crm)
    }
}

/// A foreign key to a table that is seeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Which table refers.
    pub table: TableName,
    /// By which columns, and to which.
    pub columns: Vec<(String, String)>,
    /// To which table.
    pub target: TableName,
}

/// What is there of a login. Its hash is not shown.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each asked of the server by itself")]
pub struct UserState {
    /// There is a login.
    pub is_present: bool,
    /// It, its identity and its person are as they must be, but for the password.
    pub is_right: bool,
    /// There is a person.
    pub has_person: bool,
    /// There is an entry among the test users, with the right role.
    pub has_entry: bool,
    /// Its numbers are those of the wanted rows.
    pub has_counts: bool,
    /// The hash of its password.
    pub hash: Option<Secret>,
    /// Another login with the same address.
    pub rival: Option<String>,
}

/// The generated rows of a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct TableState {
    /// How many, and what is in them.
    pub present: Digest,
    /// They are exactly the rows of so many blocks.
    pub blocks: Option<u64>,
}

/// What is there.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Columns of the tables that are written.
    pub(crate) columns: Columns,
    /// What refers to them.
    pub(crate) references: Vec<Reference>,
    /// The logins, in the order of the request.
    pub(crate) users: Vec<UserState>,
    /// What is seeded, parents first; none when only users are.
    pub(crate) sources: Vec<Source>,
    /// What is there of each of them.
    pub(crate) tables: Vec<TableState>,
    /// What must not change.
    pub(crate) fingerprint: Fingerprint,
}

impl Observation {
    /// Whether rows of the project's own tables belong to test users.
    pub(crate) fn needs_users(&self) -> bool {
        let needs = |source: &Source| matches!(source, Source::Own(design, _) if design.needs_users());
        self.sources.iter().any(needs)
    }

    /// Whether there are logins at all.
    pub(crate) fn has_auth(&self) -> bool {
        self.columns.contains_key("auth.users")
    }

    /// The first thing that is not there and must be.
    pub(crate) fn missing(&self, request: &Request<'_>) -> Option<String> {
        let known: [(&str, &[&str]); 4] = [
            ("auth.users", &["id", "email", "encrypted_password"]),
            ("auth.identities", &["user_id", "provider", "identity_data"]),
            ("public.sales", &["id", "first_name", "last_name", "email"]),
            (
                "public.test_user_metadata",
                &["id", "user_id", "role", "created_by", "created_at", "test_data_counts"],
            ),
        ];
        let crm = if request.has_crm() { &Table::ALL[..] } else { &[] };
        let tables = crm.iter().map(|table| (format!("public.{}", table.name()), table.columns()));
        // A schema of the project's own may have no logins, unless they are what is asked for.
        let needed = if request.has_crm() {
            4
        } else if self.has_auth() || request.what == What::Users {
            2
        } else {
            0
        };
        let known = known.into_iter().take(needed).map(|(table, columns)| (table.to_owned(), columns));
        for (table, columns) in known.chain(tables) {
            let Some(present) = self.columns.get(&table) else { return Some(format!("the table `{table}`")) };
            if let Some(column) = columns.iter().find(|column| !present.contains(**column)) {
                return Some(format!("the column `{column}` of `{table}`"));
            }
        }
        None
    }
}
