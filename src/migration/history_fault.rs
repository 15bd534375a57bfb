//! The history of migrations cannot be written: what others did to its tables, and no fault of a file.

use crate::error::Failure;
use crate::pg::{PgError, ServerError};

/// The failure of statements that write nothing but the history.
pub(crate) fn cannot_write(error: PgError) -> Failure {
    let PgError::Server(server) = &error else { return error.into() };
    let (words, help) = (in_words(server), help_for(server));
    let failure = Failure::from(error).context(words);
    match help {
        Some(help) => failure.with_help(help),
        None => failure,
    }
}

/// The same for an error among those of a file's own statements; None where it is one of those.
pub(crate) fn is_of_history(server: &ServerError) -> bool {
    server.schema.as_deref() == Some("supabase_migrations")
        && matches!(server.table.as_deref(), Some("schema_migrations" | "crmctl_migrations"))
}

fn in_words(server: &ServerError) -> String {
    let cannot = "the history of migrations cannot be written";
    let row = "supabase_migrations.schema_migrations";
    match server.context.as_deref().and_then(|context| context.lines().next()) {
        _ if is_lost_row(server) => format!("{cannot}: a trigger or a rule on `{row}` keeps its row away"),
        Some(place) => format!("{cannot}: {place}"),
        None => cannot.to_owned(),
    }
}

/// The shared row did not come to be, so that our own has no checksum.
fn is_lost_row(server: &ServerError) -> bool {
    server.code == "23502" && is_of_history(server) && server.table.as_deref() == Some("crmctl_migrations")
}

fn help_for(server: &ServerError) -> Option<String> {
    match server.code.as_str() {
        "42501" => Some(
            "the role needs the schema `supabase_migrations` and its tables: let their owner grant them, or connect as that role"
                .to_owned(),
        ),
        "42804" | "428C9" | "42703" | "22001" | "23502" | "23514" | "0A000" if !is_lost_row(server) => Some(
            "`supabase_migrations.schema_migrations` must be as the Supabase CLI makes it: \
             `version text not null primary key, statements text[], name text`"
                .to_owned(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, table: Option<&str>, context: Option<&str>) -> Failure {
        let text = |text: &str| text.to_owned();
        let schema = table.map(|_| text("supabase_migrations"));
        let (table, context) = (table.map(text), context.map(text));
        let (code, message) = (text(code), text("no"));
        let error = ServerError { code, message, context, schema, table, ..ServerError::default() };
        cannot_write(PgError::Server(Box::new(error)))
    }

    #[test]
    fn what_stands_in_the_way_of_the_history_is_told_as_such() {
        let lost = said("23502", Some("crmctl_migrations"), None);
        assert!(lost.to_string().contains("keeps its row away") && lost.help().is_none());

        let shaped = said("42804", None, None);
        assert!(shaped.help().is_some_and(|help| help.contains("version text not null primary key")));

        let raised = said("P0001", None, Some("PL/pgSQL function a() line 1 at RAISE\nSQL statement"));
        assert_eq!(
            raised.to_string(),
            "the history of migrations cannot be written: PL/pgSQL function a() line 1 at RAISE: no [SQLSTATE P0001]"
        );
    }
}
