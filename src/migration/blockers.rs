//! Who stands in the way of what did not get its locks: asked once it has given up, in one round trip.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::error::{Failure, Location};
use crate::migration::file::MigrationFile;
use crate::migration::plan::Step;
use crate::migration::scanner::{Scanner, TokenKind};
use crate::pg::{PgResult, Row, Session, Target, text_array};

const BLOCKED: &str = "blocked by ";
/// How much of somebody's statement is shown.
const SHOWN: usize = 80;
/// How long the failure may wait for who was in the way.
const PATIENCE: Duration = Duration::from_secs(3);

/// The failure with who holds locks on what the failed statement names; unchanged where nobody does any more.
pub(crate) async fn name(session: &mut Session, steps: &[Step], failure: Failure) -> Failure {
    let statement = failure.location().and_then(|location| {
        let step = steps.iter().find(|step| step.file.shown() == location.file)?;
        Some(statement_at(&step.file, location))
    });
    let names = statement.map(names_in).unwrap_or_default();
    if names.is_empty() {
        return failure;
    }
    named(session, &names, failure).await
}

/// The same for a command that has ended because of a lock, whichever it was: on a connection of its own.
pub(crate) async fn name_at_end(targets: &[Target], failure: Failure) -> Failure {
    // Errors that are shown as their cause hide it: the text is what all of them have.
    let text = failure.to_string();
    if !text.contains("[SQLSTATE 55P03]") || text.starts_with(BLOCKED) {
        return failure;
    }
    // What is written to is looked at first: where rows are read, a session of this very command may still be open.
    for target in targets.iter().rev() {
        let cancel = Cancel::default();
        let asking = async {
            let mut session = Session::open(target, &cancel).await?;
            let rows = session.query(&query(&[])).await;
            session.close().await;
            rows
        };
        if let Ok(Ok(rows)) = tokio::time::timeout(PATIENCE, asking).await
            && !rows.is_empty()
        {
            return told(failure, &rows);
        }
    }
    failure
}

async fn named(session: &mut Session, names: &[String], failure: Failure) -> Failure {
    // Who cannot be asked for leaves the failure as it is: it is what matters.
    match session.query(&query(names)).await {
        Ok(rows) => told(failure, &rows),
        Err(_) => failure,
    }
}

fn told(failure: Failure, rows: &[Row]) -> Failure {
    let found: PgResult<Vec<String>> = rows.iter().map(described).collect();
    match (found, rows.first().and_then(|row| row.text("pid"))) {
        (Ok(found), Some(pid)) => failure.context(format!("{BLOCKED}{}", found.join("; "))).with_help(format!(
            "wait until it is done, or end it with `select pg_terminate_backend({pid})`, then run the command again"
        )),
        _ => failure,
    }
}

/// Holders of locks on relations of these names, or on any of the user's when there are none, who has been at it longest
/// first. Those who wait like us are not in the way. Files may have set a path on which others put functions; the setting
/// ends with the message.
fn query(names: &[String]) -> String {
    let of_names = match names {
        [] => String::new(),
        names => format!("and c.relname = any({}) ", text_array(names)),
    };
    format!(
        "set local search_path = ''; select a.pid, coalesce(nullif(a.application_name, ''), 'unnamed') as application, a.usename, a.state, \
         to_char(coalesce(a.xact_start, a.state_change), 'HH24:MI:SS TZ') as since, \
         array_to_string((array_agg(distinct format('%s on %s.%s', l.mode, n.nspname, c.relname)))[1:3], ', ') as locks, \
         left(a.query, 1000) as query \
         from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid \
         join pg_catalog.pg_class c on c.oid = l.relation join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where l.granted and l.pid <> pg_catalog.pg_backend_pid() and n.nspname not in ('pg_catalog', 'pg_toast') \
         and l.database = (select oid from pg_catalog.pg_database where datname = current_database()) \
         {of_names}group by 1, 2, 3, 4, a.xact_start, 5, 7 order by a.xact_start limit 3"
    )
}

fn described(row: &Row) -> PgResult<String> {
    let pid: String = row.get("pid")?;
    let or_unknown = |column: &str| row.text(column).unwrap_or("unknown").to_owned();
    let said = shortened(row.text("query").unwrap_or_default());
    Ok(format!(
        "pid {pid} ({}, user {}, {} since {}, {}, last statement `{said}`)",
        or_unknown("application"),
        or_unknown("usename"),
        or_unknown("state"),
        or_unknown("since"),
        or_unknown("locks"),
    ))
}

/// The beginning of a statement on one line. What stands in quotes may be secret.
fn shortened(query: &str) -> String {
    let mut text = String::new();
    for token in Scanner::new(query).map_while(Result::ok) {
        match token.kind {
            TokenKind::Text => text.push_str("'...'"),
            TokenKind::Space | TokenKind::Comment => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            TokenKind::Word
            | TokenKind::QuotedName
            | TokenKind::Number
            | TokenKind::Symbol(_)
            | TokenKind::Backslash => text.push_str(&query[token.range]),
        }
        if text.chars().count() > SHOWN {
            return text.chars().take(SHOWN).collect::<String>() + "...";
        }
    }
    text.trim().to_owned()
}

/// The statement that a place in the file belongs to.
fn statement_at<'a>(file: &'a MigrationFile, location: &Location) -> &'a str {
    let before: usize = file.text.split_inclusive('\n').take(location.line - 1).map(str::len).sum();
    let column: usize = file.text[before..].chars().take(location.column - 1).map(char::len_utf8).sum();
    let is_there = |span: &std::ops::Range<usize>| span.contains(&(before + column));
    let statement = file.statements.iter().find(|statement| is_there(&statement.span));
    statement.map_or("", |statement| statement.code_text(&file.text))
}

/// Whatever may be the name of a relation in a statement; the longest `INSERT` names its tables early.
fn names_in(statement: &str) -> Vec<String> {
    let name = |token: crate::migration::scanner::Token| match token.kind {
        TokenKind::Word => Some(statement[token.range].to_lowercase()),
        TokenKind::QuotedName => Some(statement[token.range].trim_matches('"').replace("\"\"", "\"")),
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::Text
        | TokenKind::Number
        | TokenKind::Symbol(_)
        | TokenKind::Backslash => None,
    };
    let mut names: Vec<String> =
        Scanner::new(statement).map_while(Result::ok).take(1000).filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    #[test]
    fn what_stands_in_quotes_is_never_shown() {
        let query = "alter role a\n  password 'hunter2'; -- x\nselect $$s3cret$$ from \"T\"";
        assert_eq!(shortened(query), "alter role a password '...'; select '...' from \"T\"");
        assert_eq!(shortened("select 'cut off in the mid"), "select");
        assert!(shortened(&"a ".repeat(100)).ends_with("a ..."));
    }

    #[test]
    fn names_come_from_the_statement_at_the_place() {
        let file = test_file(
            "1_a",
            "select 1;\nalter table public.\"Ä b\" add constraint c check (x > 'y');\nselect 2",
        );
        let location = Location::of_offset("a.sql", &file.text, file.text.find("alter").unwrap());

        let names = names_in(statement_at(&file, &location));
        assert!(names.contains(&"Ä b".to_owned()) && names.contains(&"public".to_owned()), "{names:?}");
        assert!(!names.contains(&"select".to_owned()) && !names.contains(&"y".to_owned()), "{names:?}");
    }
}
