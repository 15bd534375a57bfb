//! The text of `validate.toml`, turned into a [`ValidateConfig`]. Unknown keys are errors that name the line.

use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;

use crate::environment::ConfigError;
use crate::error::Location;
use crate::migration::statement;
use crate::pg::TableName;
use crate::validate::check::{Rule, Verdict};
use crate::validate::config::{
    Placed, Reference, RequiredIndex, RowLimits, RowRule, SqlSource, TimedQuery, UniqueKey, ValidateConfig,
    Weight,
};
use crate::validate::sections::{File, IndexSection, QuerySection, RuleSection, Severity};

/// The file as it is being read.
struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    shared: Arc<str>,
}

pub(super) fn parse(name: &str, text: &str) -> Result<ValidateConfig, ConfigError> {
    let file: File = toml::from_str(text).map_err(|error| ConfigError::of_toml(name, text, &error))?;
    Reader { name, text, shared: Arc::from(text) }.config(file)
}

impl Reader<'_> {
    fn config(&self, file: File) -> Result<ValidateConfig, ConfigError> {
        let default = ValidateConfig::default();
        let budget = file.queries.budget_ms.map_or(default.budget, Duration::from_millis);
        let query = |section: QuerySection| {
            let (sql, source) = self.sql(&section.sql)?;
            let budget = section.budget_ms.map_or(budget, Duration::from_millis);
            Ok(TimedQuery { name: section.name, sql, source, budget })
        };
        let table_policies = |(table, count): (String, Spanned<u64>)| {
            let placed = Placed { value: *count.get_ref(), location: self.location(count.span().start) };
            Ok((self.table(&table, count.span().start)?, placed))
        };
        Ok(ValidateConfig {
            exposed: file.exposed,
            timeout: file.timeout.map_or(Ok(default.timeout), |text| self.duration(&text))?,
            tables: self.each(file.tables.required, |table, at| self.table(&table, at))?,
            indexes: self.each(file.indexes.required, |index, at| self.index(index, at))?,
            min_policies: file.policies.least,
            policies_of: file.policies.tables.into_iter().map(table_policies).collect::<Result<_, _>>()?,
            exempt: file
                .policies
                .exempt
                .iter()
                .map(|table| self.table(table.get_ref(), table.span().start))
                .collect::<Result<_, _>>()?,
            references: self.each(file.references, |reference, at| {
                Ok(Reference { from: self.column(&reference.from, at)?, to: self.column(&reference.to, at)? })
            })?,
            unique: self.each(file.unique, |key, at| {
                if key.columns.is_empty() {
                    return Err(self.error(at, "a key needs columns", "write `columns = [\"...\"]`"));
                }
                Ok(UniqueKey { table: self.table(&key.table, at)?, columns: key.columns })
            })?,
            counts: self.each(file.counts, |count, at| {
                let table = self.table(&count.table, at)?;
                Ok(RowLimits { table, min: count.min, max: count.max })
            })?,
            rules: file.rules.into_iter().map(|rule| self.rule(rule)).collect::<Result<_, _>>()?,
            budget,
            queries: file.queries.check.into_iter().map(query).collect::<Result<_, _>>()?,
            severity: file
                .severity
                .iter()
                .map(|(rule, weight)| self.weight(rule, weight))
                .collect::<Result<_, _>>()?,
        })
    }

    fn error(&self, offset: usize, problem: &str, help: &str) -> ConfigError {
        ConfigError::new(self.name, self.text, offset, problem).with_help(help)
    }

    fn location(&self, offset: usize) -> Location {
        Location::of_offset(self.name, self.text, offset)
    }

    fn each<S, T>(
        &self,
        sections: Vec<Spanned<S>>,
        read: impl Fn(S, usize) -> Result<T, ConfigError>,
    ) -> Result<Vec<Placed<T>>, ConfigError> {
        let placed = |section: Spanned<S>| {
            let at = section.span().start;
            Ok(Placed { value: read(section.into_inner(), at)?, location: self.location(at) })
        };
        sections.into_iter().map(placed).collect()
    }

    /// `schema.table`; without a schema it is `public`.
    fn table(&self, text: &str, at: usize) -> Result<TableName, ConfigError> {
        match text.split('.').collect::<Vec<_>>()[..] {
            [name] if !name.is_empty() => Ok(TableName::new("public", name)),
            [schema, name] if !schema.is_empty() && !name.is_empty() => Ok(TableName::new(schema, name)),
            _ => Err(self.error(at, "not the name of a table", "write `schema.table`")),
        }
    }

    /// `schema.table.column`.
    fn column(&self, text: &str, at: usize) -> Result<(TableName, String), ConfigError> {
        match text.rsplit_once('.') {
            Some((table, column)) if !column.is_empty() => Ok((self.table(table, at)?, column.to_owned())),
            _ => Err(self.error(at, "not the name of a column", "write `schema.table.column`")),
        }
    }

    fn index(&self, section: IndexSection, at: usize) -> Result<RequiredIndex, ConfigError> {
        match section {
            IndexSection { name: Some(name), table: None, columns } if columns.is_empty() => {
                Ok(RequiredIndex::Named(name))
            }
            IndexSection { name: None, table: Some(table), columns } if !columns.is_empty() => {
                Ok(RequiredIndex::On(self.table(&table, at)?, columns))
            }
            _ => Err(self.error(
                at,
                "an index is told by its name or by its columns",
                "write `{ name = \"...\" }` or `{ table = \"...\", columns = [\"...\"] }`",
            )),
        }
    }

    fn rule(&self, section: RuleSection) -> Result<RowRule, ConfigError> {
        let (sql, source) = self.sql(&section.sql)?;
        let severity = match section.severity {
            Some(Severity::Warning) => Verdict::Warning,
            Some(Severity::Error) | None => Verdict::Error,
        };
        Ok(RowRule { name: section.name, sql, source, severity, message: section.message })
    }

    /// One statement and nothing behind it: a chain could end the transaction that keeps it from writing.
    fn sql(&self, written: &Spanned<String>) -> Result<(String, SqlSource), ConfigError> {
        let (sql, span) = (written.get_ref(), written.span());
        let found = self.text.get(span.clone()).and_then(|source| source.find(sql.as_str()));
        let mut source = SqlSource {
            file: self.name.to_owned(),
            text: Arc::clone(&self.shared),
            offset: span.start + found.unwrap_or(0),
            is_verbatim: found.is_some() && !sql.is_empty(),
        };
        let statements = statement::split(self.name, sql)
            .map_err(|error| self.error(span.start, &error.to_string(), "write one query"))?;
        let mut queries = statements.iter().filter(|statement| statement.code.is_some());
        match (queries.next(), queries.next()) {
            (Some(query), None) => {
                let start = query.code.unwrap_or(query.range.start);
                source.offset += if source.is_verbatim { start } else { 0 };
                Ok((sql[start..query.range.end].to_owned(), source))
            }
            (None, _) => Err(self.error(span.start, "there is no query", "write one query")),
            (Some(_), Some(second)) => {
                let at = second.code.unwrap_or(second.range.start);
                let at = if source.is_verbatim { source.offset + at } else { span.start };
                Err(self.error(at, "there is more than one statement", "write one query, without `;`"))
            }
        }
    }

    /// `500ms`, `30s`, `5min`.
    fn duration(&self, text: &Spanned<String>) -> Result<Duration, ConfigError> {
        let written = text.get_ref().trim();
        let digits = written.find(|character: char| !character.is_ascii_digit()).unwrap_or(written.len());
        let unit = match written[digits..].trim() {
            "ms" => Some(1),
            "s" => Some(1000),
            "min" => Some(60_000),
            _ => None,
        };
        let number = written[..digits].parse::<u32>().ok().filter(|number| *number > 0);
        match (number, unit) {
            (Some(number), Some(unit)) => Ok(Duration::from_millis(u64::from(number) * unit)),
            _ => Err(self.error(text.span().start, "not a duration", "write `500ms`, `30s` or `5min`")),
        }
    }

    fn weight(
        &self,
        rule: &Spanned<String>,
        weight: &Spanned<String>,
    ) -> Result<(Rule, Weight), ConfigError> {
        let Some(known) = Rule::ALL.into_iter().find(|known| known.id() == rule.get_ref()) else {
            let names = Rule::ALL.map(Rule::id).join("`, `");
            return Err(self.error(
                rule.span().start,
                "there is no such rule",
                &format!("write one of `{names}`"),
            ));
        };
        let weight = match weight.get_ref().as_str() {
            "off" => Weight::Off,
            "warning" => Weight::As(Verdict::Warning),
            "error" => Weight::As(Verdict::Error),
            _ => {
                let at = weight.span().start;
                return Err(self.error(at, "unknown severity", "write `off`, `warning` or `error`"));
            }
        };
        Ok((known, weight))
    }
}
