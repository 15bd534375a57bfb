//! S: what the platform refuses, undoes or leaves open, and secrets in files.

use crate::catalog::managed::is_managed;
use crate::lint::finding::Severity;
use crate::lint::items::{self, Item};
use crate::lint::rules::Problems;
use crate::lint::secrets;
use crate::lint::words::Words;

const WARNING: Severity = Severity::Warning;

pub(crate) fn check(words: Words, problems: &mut Problems) {
    managed(words, problems);
    login_reference(words, problems);
    grant(words, problems);
    extension(words, problems);
}

/// S14, in comments and data too: whoever can read the repository reads them.
pub(crate) fn secrets(text: &str, start: usize, problems: &mut Problems) {
    for (range, what) in secrets::find(text) {
        let message = format!("{what} is written here, for everybody who can read the repository");
        let help = "take it out and replace it where it is used; keep it in the vault: `select vault.create_secret(..)`";
        problems.add("S14", Severity::Error, (start + range.start, message), help);
    }
}

/// S06: creating, altering and dropping in schemas of the platform. Policies and triggers on its tables are allowed.
fn managed(words: Words, problems: &mut Problems) {
    const KINDS: [&str; 9] =
        ["table", "view", "function", "procedure", "type", "sequence", "schema", "domain", "materialized"];
    if !["create", "alter", "drop"].iter().any(|verb| words.begins(&[verb])) {
        return;
    }
    let rest = words.from(1).behind(&["or", "replace"]).behind(&["unlogged"]).behind(&["unique"]);
    let name = if rest.begins(&["index"]) {
        rest.find(&["on"]).and_then(|on| rest.from(on + 1).name())
    } else if KINDS.iter().any(|kind| rest.begins(&[kind])) {
        rest.from(1).behind(&["view"]).name()
    } else {
        return;
    };
    let Some((name, _)) = name else { return };
    let schema = if rest.begins(&["schema"]) { &name.relation } else { &name.schema };
    let creates_anew =
        words.begins(&["create"]) && rest.begins(&["schema"]) && rest.has(&["if", "not", "exists"]);
    if is_managed(schema) && !creates_anew {
        let message = format!("schema `{schema}` belongs to the platform, which refuses this or undoes it");
        let help =
            "keep objects in schemas of your own; policies and triggers on the platform's tables are allowed";
        problems.add("S06", WARNING, (words.offset(), message), help);
    }
}

fn login_reference(words: Words, problems: &mut Problems) {
    let (table, items) = match (items::created(words), words.alter_table()) {
        (Some(created), _) => created,
        (None, Some((table, actions))) => (table, actions.into_iter().filter_map(items::added).collect()),
        (None, None) => return,
    };
    for reference in items.iter().filter_map(Item::reference) {
        let target = reference.clause.from(1).name();
        let is_login = target.is_some_and(|(name, _)| name.schema == "auth" && name.relation == "users");
        if is_login && !reference.clause.has(&["on", "delete"]) {
            let message = format!(
                "`{table}` refers to auth.users without `on delete`: that login can never be deleted"
            );
            let help = "add `on delete cascade`, or `on delete set null`";
            problems.add("S07", WARNING, (reference.clause.offset(), message), help);
        }
    }
}

fn grant(words: Words, problems: &mut Problems) {
    let by_default = words.begins(&["alter", "default", "privileges"]);
    if !words.begins(&["grant"]) && !by_default {
        return;
    }
    let Some(start) = words.find(&["grant", "all"]) else { return };
    let granted = words.from(start);
    let others = [
        "function",
        "functions",
        "routines",
        "procedure",
        "schema",
        "sequences",
        "sequence",
        "type",
        "types",
    ];
    let on = granted.find(&["on"]).map_or(Words(&[]), |on| granted.from(on + 1));
    let on = on.behind(&["all"]);
    let is_table = !on.0.is_empty() && !others.iter().any(|kind| on.begins(&[kind]));
    let to = granted.find(&["to"]).map(|to| granted.from(to + 1).names()).unwrap_or_default();
    if is_table
        && to.iter().any(|role| !role.is_qualified && ["anon", "public"].contains(&role.relation.as_str()))
    {
        let message = "everything is granted to people who have not logged in".to_owned();
        let help = "grant `select`, and only on what the public may read";
        problems.add("S08", WARNING, (words.offset(), message), help);
    }
}

/// S13. Without a schema an extension goes to the first of the search path, which is `public`.
fn extension(words: Words, problems: &mut Problems) {
    /// Those that have a schema of their own.
    const AT_HOME: [&str; 10] = [
        "pg_net",
        "pg_cron",
        "pgsodium",
        "supabase_vault",
        "pgmq",
        "pg_graphql",
        "plpgsql",
        "pg_tle",
        "postgis_topology",
        "postgis_tiger_geocoder",
    ];
    /// Those that every project has: `if not exists` does nothing.
    const INSTALLED: [&str; 4] = ["uuid-ossp", "pgcrypto", "pg_stat_statements", "pgjwt"];
    if !words.begins(&["create", "extension"]) {
        return;
    }
    let Some((name, rest)) = words.from(2).name() else { return };
    let name = name.relation.as_str();
    let schema = rest.find(&["schema"]).and_then(|at| rest.from(at + 1).name());
    let is_there = words.has(&["if", "not", "exists"]) && INSTALLED.contains(&name);
    let is_public = match schema {
        Some((schema, _)) => schema.relation == "public",
        None => !AT_HOME.contains(&name) && !is_there,
    };
    if is_public {
        let message = format!("extension `{name}` is installed in public, where the API shows its functions");
        problems.add(
            "S13",
            WARNING,
            (words.offset(), message),
            "`create extension ... with schema extensions`",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    #[test]
    fn s06_finds_changes_to_schemas_of_the_platform() {
        for sql in
            ["alter table auth.users add b int", "create index on storage.objects (a)", "drop schema auth"]
        {
            assert!(found(sql).contains(&"warning S06".to_owned()), "{sql}");
        }
        assert!(found("create policy p on storage.objects for select using (true)").is_empty());
        assert!(found("create trigger t after insert on auth.users execute function private.f()").is_empty());
    }

    #[test]
    fn s07_finds_a_login_that_cannot_be_deleted() {
        let sql = "create table private.a (id uuid primary key references auth.users (id), b int unique references c (d) on delete cascade)";
        assert_eq!(found(sql), ["warning S07"]);
        assert!(found(&sql.replace("(id),", "(id) on delete cascade,")).is_empty());
    }

    #[test]
    fn s08_finds_everything_granted_to_everybody() {
        assert_eq!(found("grant all on table a to authenticated, anon"), ["warning S08"]);
        assert_eq!(
            found("alter default privileges in schema public grant all on tables to anon"),
            ["warning S08"]
        );
        assert!(found("grant all on table a to service_role; grant select on a to anon").is_empty());
    }

    #[test]
    fn s13_finds_extensions_among_the_tables_of_the_api() {
        assert_eq!(found("create extension if not exists pg_trgm"), ["warning S13"]);
        assert_eq!(found("create extension \"uuid-ossp\" with schema public"), ["warning S13"]);
        assert!(found("create extension if not exists \"uuid-ossp\"; create extension pg_cron").is_empty());
        assert!(found("create extension pg_trgm with schema extensions").is_empty());
    }

    #[test]
    fn s14_finds_secrets_in_text_and_comments() {
        let key = format!("sk_live_{}", "a1B2".repeat(6));
        assert_eq!(found(&format!("select '{key}'")), ["error S14"]);
        assert_eq!(found(&format!("-- {key}\nselect 1")), ["error S14"]);
    }
}
