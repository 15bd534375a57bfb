//! Filters: which rows of a table go along, as the user writes it. Pure.

use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use crate::catalog::Table;
use crate::environment::ConfigError;
use crate::error::Location;
use crate::sql::scanner::{Scanner, TokenKind};

/// A condition on the rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The table, as `schema.table`, or as `table` when it is of `public`.
    pub(crate) table: String,
    /// SQL.
    pub(crate) condition: String,
    /// Where it stands; None on the command line.
    pub(crate) location: Option<Location>,
}

/// `table=condition`.
impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((table, condition)) = text.split_once('=') else {
            return Err(
                "write TABLE=CONDITION, such as \"contacts=created_at > now() - interval '30 days'\""
                    .to_owned(),
            );
        };
        expression(condition)?;
        Ok(Self { table: table.trim().to_owned(), condition: condition.trim().to_owned(), location: None })
    }
}

impl Filter {
    /// Whether it is about a table.
    pub(crate) fn is_of(&self, table: &Table) -> bool {
        self.table == format!("{}.{}", table.name.schema, table.name.name)
            || self.table == table.name.to_string()
    }

    /// Where it stands, for a message.
    pub(crate) fn place(&self) -> String {
        match &self.location {
            None => format!("`--where {}=...`", self.table),
            Some(_) => format!("the filter of `{}`", self.table),
        }
    }
}

/// `[sync.where]` of a file that is known to be TOML.
pub(crate) fn filters(name: &str, text: &str) -> Result<Vec<Filter>, ConfigError> {
    let Ok(document) = DeTable::parse(text) else { return Ok(Vec::new()) };
    let Some(DeValue::Table(sync)) = document.get_ref().get("sync").map(toml::Spanned::get_ref) else {
        return Ok(Vec::new());
    };
    let Some(DeValue::Table(conditions)) = sync.get("where").map(toml::Spanned::get_ref) else {
        return Ok(Vec::new());
    };
    let mut filters = Vec::new();
    for (table, condition) in conditions {
        let offset = condition.span().start;
        let text_of = condition.get_ref().as_str().unwrap_or_default();
        expression(text_of).map_err(|problem| ConfigError::new(name, text, offset, &problem))?;
        filters.push(Filter {
            table: table.get_ref().to_string(),
            condition: text_of.to_owned(),
            location: Some(Location::of_offset(name, text, table.span().start)),
        });
    }
    Ok(filters)
}

/// Refuses what would not stay between the parentheses that it is put into: it could end the query and begin another.
pub(crate) fn expression(sql: &str) -> Result<(), String> {
    let mut open = 0_usize;
    let mut is_empty = true;
    for token in Scanner::new(sql) {
        let token = token.map_err(|_| "the condition has a quote or comment without an end".to_owned())?;
        is_empty &= token.kind.is_trivia();
        match token.kind {
            TokenKind::Symbol(b'(') => open += 1,
            TokenKind::Symbol(b')') if open > 0 => open -= 1,
            TokenKind::Symbol(b')') => {
                return Err("the condition closes a parenthesis it did not open".to_owned());
            }
            TokenKind::Symbol(b';') => return Err("a condition is one expression, without `;`".to_owned()),
            TokenKind::Backslash => return Err("a condition has no commands of psql".to_owned()),
            _ => {}
        }
    }
    if let Some(name) = changing(sql) {
        return Err(format!(
            "`{name}()` gives something else each time, and rows are read twice: to be copied and to be compared"
        ));
    }
    match (open, is_empty || sql.contains('\0')) {
        (0, false) => Ok(()),
        (0, true) => Err("the condition is empty".to_owned()),
        _ => Err("the condition does not close a parenthesis".to_owned()),
    }
}

/// PostgreSQL's own functions that give something else whenever they are called. Those of sequences fail by themselves in a
/// read-only transaction.
const CHANGING: [&str; 18] = [
    "random",
    "random_normal",
    "setseed",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "gen_random_bytes",
    "gen_salt",
    "clock_timestamp",
    "statement_timestamp",
    "timeofday",
    "pg_backend_pid",
    "txid_current",
    "pg_current_xact_id",
    "pg_sleep",
];

fn changing(sql: &str) -> Option<&'static str> {
    let tokens: Vec<_> =
        Scanner::new(sql).map_while(Result::ok).filter(|token| !token.kind.is_trivia()).collect();
    tokens.windows(2).find_map(|pair| {
        let name = sql[pair[0].range.clone()].trim_matches('"').to_ascii_lowercase();
        let is_called = matches!(pair[0].kind, TokenKind::Word | TokenKind::QuotedName)
            && pair[1].kind == TokenKind::Symbol(b'(');
        CHANGING.into_iter().find(|changing| is_called && *changing == name)
    })
}

/// Words that stand before a parenthesis and mean the same in every transaction.
const STEADY: [&str; 34] = [
    "select", "from", "where", "and", "or", "not", "in", "exists", "any", "all", "some", "on", "as", "case",
    "when", "then", "else", "values", "between", "like", "ilike", "cast", "coalesce", "nullif", "lower",
    "upper", "left", "right", "length", "md5", "varchar", "numeric", "char", "over",
];

/// Whether SQL certainly means the same on every connection that sees the same rows: not so what depends on the time at
/// which a transaction began, and of functions that are not known nobody can say.
pub(crate) fn is_steady(sql: &str) -> bool {
    let tokens: Vec<_> =
        Scanner::new(sql).map_while(Result::ok).filter(|token| !token.kind.is_trivia()).collect();
    tokens.iter().enumerate().all(|(number, token)| {
        let text = sql[token.range.clone()].to_ascii_lowercase();
        let is_called = tokens.get(number + 1).is_some_and(|next| next.kind == TokenKind::Symbol(b'('));
        match token.kind {
            TokenKind::Word if is_called => STEADY.contains(&text.as_str()),
            TokenKind::Word => !text.starts_with("current_") && !text.starts_with("localtime"),
            TokenKind::QuotedName => !is_called,
            TokenKind::Text => {
                !["now", "today", "tomorrow", "yesterday"].iter().any(|word| text.contains(word))
            }
            TokenKind::Space
            | TokenKind::Comment
            | TokenKind::Number
            | TokenKind::Symbol(_)
            | TokenKind::Backslash => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_the_time_or_on_an_unknown_function_is_not_steady() {
        for moving in [
            "at > now() - interval '30 days'",
            "at > CURRENT_DATE",
            "at > 'Today'::date",
            "app.is_mine(id)",
            "\"f\" (id)",
            "id > (select max(id) from public.x)",
        ] {
            assert!(!is_steady(moving), "{moving}");
        }
        for steady in
            ["region = 'eu' and (a or b)", "at > '2026-01-01'", "id in (1, 2)", "lower(email) like 'a%'"]
        {
            assert!(is_steady(steady), "{steady}");
        }
    }

    #[test]
    fn a_filter_names_its_table_before_the_first_equals_sign() {
        let filter: Filter = "contacts = stage = 'won' and (a or b) -- all".parse().expect("a filter");

        assert_eq!(
            (filter.table.as_str(), filter.condition.as_str()),
            ("contacts", "stage = 'won' and (a or b) -- all")
        );
    }

    #[test]
    fn what_could_end_the_query_is_no_condition() {
        for hostile in [
            "true; drop table x",
            "true) or (true",
            "(true",
            "true /*",
            "'",
            "$a$ $b$",
            "  -- nothing",
            "\\! ls",
            "random() < 0.5",
            "a = pg_catalog.\"gen_random_uuid\" ()",
        ] {
            assert!(expression(hostile).is_err(), "{hostile}");
        }
        for good in [
            "random > 3 and 'random()' <> a",
            "a = ';)'",
            "\")\" is null",
            "a = $x$;)$x$",
            "exists (select from b where (b.x = a.x))",
        ] {
            assert_eq!(expression(good), Ok(()), "{good}");
        }
    }
}
