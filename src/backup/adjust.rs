//! What is done with each statement of a backup when it is restored into a Supabase database. Pure.

use crate::catalog::managed;

/// What becomes of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjusted {
    /// It runs as it is.
    Run,
    /// Something else runs in its place.
    Instead(String),
    /// It is left out: the platform's business, or that of the session.
    Skip,
}

/// Settings that crmctl's own session has right, or that older servers do not know.
const LEFT_TO_THE_SESSION: &[&str] = &[
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "client_min_messages",
    "client_encoding",
];

/// What to do with a statement that is restored as `role`.
///
/// Settings are made local to the transaction, so that none outlives it.
#[must_use]
pub fn adjust(sql: &str, role: &str) -> Adjusted {
    // The words that decide are at the beginning; the rest may be megabytes.
    let head: String = sql.chars().take(400).collect();
    let words: Vec<String> = head
        .split(|letter: char| letter.is_whitespace() || letter == ';' || letter == '=')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["begin" | "commit" | "end" | "rollback"]
        | ["begin" | "start", "transaction", ..]
        | ["reset", ..]
        | ["set", "session", "authorization", ..]
        // The platform's; an extension is there before the objects that need it.
        | ["create", "schema", "public", ..]
        | ["comment", "on", "schema", "public", ..]
        | ["create", "extension", ..]
        | ["comment", "on", "extension", ..] => Adjusted::Skip,
        ["set", name, ..] if LEFT_TO_THE_SESSION.contains(name) => Adjusted::Skip,
        ["set", "local" | "constraints" | "transaction" | "session", ..] | ["create", "schema", "if", ..] => Adjusted::Run,
        ["set", ..] => Adjusted::Instead(local_setting(sql)),
        ["select", call, ..] if call.starts_with("pg_catalog.set_config('search_path'") => {
            Adjusted::Instead("set local search_path = ''".to_owned())
        }
        // An extension that was created before may have needed the schema.
        ["create", "schema", ..] => Adjusted::Instead(with_if_not_exists(sql)),
        ["alter", "default", "privileges", "for", "role", owner, ..] if owner.trim_matches('"') != role => Adjusted::Skip,
        // Rights on the platform's objects: pg_dump saves those of extensions, whatever schema was asked for.
        ["grant" | "revoke", rest @ ..] if is_about_the_platform(rest) => Adjusted::Skip,
        _ => Adjusted::Run,
    }
}

/// Whether the object of a `grant` or `revoke`, given by the words after it, is in a schema of the platform.
fn is_about_the_platform(words: &[&str]) -> bool {
    let object = words
        .iter()
        .skip_while(|word| **word != "on")
        .skip(1)
        .take_while(|word| !matches!(**word, "to" | "from"));
    let mut is_schema = false;
    for word in object {
        if is_schema {
            return managed::is_managed(word.trim_matches('"'));
        }
        is_schema = *word == "schema";
        if let Some((schema, _)) = word.split_once('.') {
            return managed::is_managed(schema.trim_matches('"'));
        }
    }
    false
}

fn local_setting(sql: &str) -> String {
    let rest = sql.trim_start();
    format!("set local{}", rest.get(3..).unwrap_or_default())
}

fn with_if_not_exists(sql: &str) -> String {
    let lower = sql.to_ascii_lowercase();
    match lower.find("schema") {
        Some(at) => format!("{} if not exists{}", &sql[..at + 6], &sql[at + 6..]),
        None => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_on_what_belongs_to_the_platform_are_left_to_it() {
        let of = |sql: &str| adjust(sql, "postgres");

        let armor = "GRANT ALL ON FUNCTION extensions.armor(bytea) TO postgres WITH GRANT OPTION;";
        assert_eq!(of(armor), Adjusted::Skip);
        assert_eq!(of("REVOKE ALL ON TABLE \"extensions\".pg_stat_statements FROM x;"), Adjusted::Skip);
        assert_eq!(of("GRANT SELECT ON TABLE public.contacts TO authenticated;"), Adjusted::Run);
        assert_eq!(of("GRANT USAGE ON SCHEMA private TO authenticated;"), Adjusted::Run);
    }

    fn instead(sql: &str) -> String {
        match adjust(sql, "postgres") {
            Adjusted::Instead(sql) => sql,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn settings_do_not_outlive_the_transaction() {
        assert_eq!(instead("SET row_security = off;"), "set local row_security = off;");
        assert_eq!(
            instead("SELECT pg_catalog.set_config('search_path', '', false);"),
            "set local search_path = ''"
        );
        assert_eq!(adjust("SET transaction_timeout = 0;", "postgres"), Adjusted::Skip);
        assert_eq!(adjust("SET LOCAL a.b = 1;", "postgres"), Adjusted::Run);
    }

    #[test]
    fn what_the_platform_owns_is_left_out() {
        for sql in [
            "CREATE SCHEMA public;\n",
            "CREATE EXTENSION IF NOT EXISTS pgcrypto;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES  TO anon;",
            "SET SESSION AUTHORIZATION supabase_admin;",
            "GRANT ALL ON FUNCTION extensions.armor(bytea) TO postgres WITH GRANT OPTION;",
            "REVOKE ALL ON TABLE \"extensions\".\"pg_stat_statements\" FROM PUBLIC;",
            "GRANT USAGE ON SCHEMA auth TO anon;",
            "COMMENT ON SCHEMA public IS 'standard public schema';",
        ] {
            assert_eq!(adjust(sql, "postgres"), Adjusted::Skip, "{sql}");
        }
        assert_eq!(adjust("GRANT SELECT ON TABLE public.a TO anon;", "postgres"), Adjusted::Run);
        let own = "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON TABLES  TO anon;";
        assert_eq!(adjust(own, "postgres"), Adjusted::Run);
    }

    #[test]
    fn transaction_control_of_the_file_is_left_out() {
        assert_eq!(adjust("BEGIN;", "postgres"), Adjusted::Skip);
        assert_eq!(adjust("commit;\n", "postgres"), Adjusted::Skip);
        assert_eq!(adjust("CREATE TABLE public.a (b int);", "postgres"), Adjusted::Run);
    }

    #[test]
    fn a_schema_may_exist_because_an_extension_needed_it() {
        assert_eq!(instead("CREATE SCHEMA private;\n"), "CREATE SCHEMA if not exists private;\n");
    }
}
