//! Who stands in the way of what did not get its locks: asked once it has given up, in one round trip.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::error::Failure;
use crate::pg::{LOCK_NOT_AVAILABLE, PgResult, Row, Session, Target, text_array};
use crate::sql::scanner::{Scanner, TokenKind};

const BLOCKED: &str = "blocked by ";
/// How much of somebody's statement is shown.
const SHOWN: usize = 80;
/// How long the failure may wait for who was in the way.
const PATIENCE: Duration = Duration::from_secs(3);

/// The failure with who holds locks on relations of these names; unchanged where nobody does any more.
pub(crate) async fn name(session: &mut Session, names: &[String], failure: Failure) -> Failure {
    // Who cannot be asked for leaves the failure as it is: it is what matters.
    match session.query(&query(names)).await {
        Ok(rows) => told(failure, &rows),
        Err(_) => failure,
    }
}

/// The same for a command that has ended because of a lock, whichever it was: on a connection of its own.
pub(crate) async fn name_at_end(targets: &[Target], failure: Failure) -> Failure {
    let is_told = || failure.to_string().starts_with(BLOCKED);
    if failure.sqlstate() != Some(LOCK_NOT_AVAILABLE) || is_told() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_quotes_is_never_shown() {
        let query = "alter role a\n  password 'hunter2'; -- x\nselect $$s3cret$$ from \"T\"";
        assert_eq!(shortened(query), "alter role a password '...'; select '...' from \"T\"");
        assert_eq!(shortened("select 'cut off in the mid"), "select");
        assert!(shortened(&"a ".repeat(100)).ends_with("a ..."));
    }
}
