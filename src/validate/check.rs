//! One check and how it came out.

use serde::Serialize;

use crate::error::Location;

/// What is checked. The names are those of `[severity]` in `validate.toml` and of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A table that must be there.
    RequiredTable,
    /// The state of the migrations.
    Migration,
    /// Row level security on tables the API exposes.
    RowLevelSecurity,
    /// Enough policies on them.
    Policies,
    /// What lint finds in a whole schema.
    Advisor,
    /// What the personas of `access.toml` can do.
    Access,
    /// Rows that break a foreign key, and foreign keys that do not protect.
    ForeignKey,
    /// Rows that break a reference declared in `validate.toml`.
    Reference,
    /// Other constraints that were never validated.
    Constraint,
    /// Rows that are there twice.
    Unique,
    /// Sequences that will give a number that is taken.
    Sequence,
    /// The number of rows of a table.
    RowCount,
    /// A rule in SQL.
    RowRule,
    /// An index that must be there.
    RequiredIndex,
    /// Indexes that do not work.
    InvalidIndex,
    /// An index for every foreign key.
    ForeignKeyIndex,
    /// The time of a query.
    QueryBudget,
    /// Statements that are slow on average.
    SlowStatement,
    /// Tables full of dead rows.
    DeadRows,
    /// Transactions that stay open.
    LongTransaction,
    /// How near the wraparound of transaction numbers is.
    TransactionAge,
    /// How many connections are left.
    Connections,
}

impl Rule {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 22] = [
        Self::RequiredTable,
        Self::Migration,
        Self::RowLevelSecurity,
        Self::Policies,
        Self::Advisor,
        Self::Access,
        Self::ForeignKey,
        Self::Reference,
        Self::Constraint,
        Self::Unique,
        Self::Sequence,
        Self::RowCount,
        Self::RowRule,
        Self::RequiredIndex,
        Self::InvalidIndex,
        Self::ForeignKeyIndex,
        Self::QueryBudget,
        Self::SlowStatement,
        Self::DeadRows,
        Self::LongTransaction,
        Self::TransactionAge,
        Self::Connections,
    ];

    /// Its name.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::RequiredTable => "required_table",
            Self::Migration => "migration",
            Self::RowLevelSecurity => "row_level_security",
            Self::Policies => "policies",
            Self::Advisor => "advisor",
            Self::Access => "access",
            Self::ForeignKey => "foreign_key",
            Self::Reference => "reference",
            Self::Constraint => "constraint",
            Self::Unique => "unique",
            Self::Sequence => "sequence",
            Self::RowCount => "row_count",
            Self::RowRule => "row_rule",
            Self::RequiredIndex => "required_index",
            Self::InvalidIndex => "invalid_index",
            Self::ForeignKeyIndex => "foreign_key_index",
            Self::QueryBudget => "query_budget",
            Self::SlowStatement => "slow_statement",
            Self::DeadRows => "dead_rows",
            Self::LongTransaction => "long_transaction",
            Self::TransactionAge => "transaction_age",
            Self::Connections => "connections",
        }
    }

    /// What it is about, as a heading.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::RequiredTable | Self::Migration => "schema",
            Self::RowLevelSecurity | Self::Policies | Self::Advisor | Self::Access => "security",
            Self::ForeignKey | Self::Reference => "references",
            Self::Constraint | Self::Unique | Self::Sequence | Self::RowCount | Self::RowRule => "data",
            Self::RequiredIndex | Self::InvalidIndex | Self::ForeignKeyIndex => "indexes",
            Self::QueryBudget | Self::SlowStatement => "speed",
            Self::DeadRows | Self::LongTransaction | Self::TransactionAge | Self::Connections => "health",
        }
    }
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth a look before going on.
    Warning,
    /// Wrong.
    Error,
}

/// A check, what it found, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub rule: Rule,
    /// On what.
    pub subject: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line of `validate.toml` or `access.toml` that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// How many rows it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Some of them, when values may be shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// How long it took, where rows were read for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

impl Check {
    /// A check.
    pub(crate) fn new(
        rule: Rule,
        verdict: Verdict,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            subject: subject.into(),
            verdict,
            message: message.into(),
            help: None,
            location: None,
            count: None,
            examples: Vec::new(),
            duration_ms: None,
        }
    }

    /// One that came out well.
    pub(crate) fn ok(rule: Rule, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Ok, subject, message)
    }

    /// One that deserves a look.
    pub(crate) fn warning(rule: Rule, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Warning, subject, message)
    }

    /// One that is wrong.
    pub(crate) fn error(rule: Rule, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Error, subject, message)
    }

    /// The same with something to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the line that asked for it.
    pub(crate) fn at(mut self, location: Option<&Location>) -> Self {
        self.location = location.cloned();
        self
    }

    /// The same with a number of rows.
    pub(crate) fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_name_wherever_it_is_written() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.id());
        }
        let mut all = Rule::ALL.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Rule::ALL.len());
    }
}
