//! S: what opens data to the wrong people, or does not work on a hosted project.

use crate::lint::finding::Severity;
use crate::lint::rules::Problems;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;
use crate::migration::scanner::TokenKind;

/// Schemas that the API shows to everybody who has the public key.
const EXPOSED: [&str; 2] = ["public", "graphql_public"];

/// Schemas whose objects belong to the platform.
const MANAGED: [&str; 9] = [
    "auth",
    "storage",
    "realtime",
    "vault",
    "supabase_functions",
    "supabase_migrations",
    "graphql",
    "pgbouncer",
    "_realtime",
];

const WARNING: Severity = Severity::Warning;

pub(crate) fn check(words: Words, world: &World, problems: &mut Problems) {
    if let Some((table, _)) = words.create_table() {
        new_table(&table, words.offset(), world, problems);
    }
    if let Some((table, actions)) = words.alter_table() {
        for action in actions {
            row_level_security(&table, action, world, problems);
        }
    }
    definer(words, problems);
    policy(words, problems);
    managed(words, problems);
    login_reference(words, problems);
    grant(words, problems);
}

fn new_table(table: &Name, offset: usize, world: &World, problems: &mut Problems) {
    let key = table.to_string();
    if !EXPOSED.contains(&table.schema.as_str()) || world.dropped.contains(&key) {
        return;
    }
    if !world.secured.contains(&key) {
        let message =
            format!("table `{table}` is shown by the API and has no row level security: everybody reads it");
        let help = "`alter table ... enable row level security`, and policies";
        problems.add("S01", Severity::Error, (offset, message), help);
    }
    if !world.granted.contains(&key) && !world.granted_schemas.contains(&table.schema) {
        let message =
            format!("table `{table}` is granted to nobody; hosted projects do not do it by themselves");
        let help = "`grant select, ... on table ... to authenticated, service_role`, as far as they need it";
        problems.add("S03", WARNING, (offset, message), help);
    }
}

fn row_level_security(table: &Name, action: Words, world: &World, problems: &mut Problems) {
    let key = table.to_string();
    if action.begins(&["disable", "row", "level", "security"]) && EXPOSED.contains(&table.schema.as_str()) {
        let message =
            format!("row level security of `{table}` is switched off: everybody reads what is granted");
        problems.add(
            "S01",
            Severity::Error,
            (action.offset(), message),
            "keep it on, and write a policy instead",
        );
    }
    // A table that existed before may have its policies already.
    let enables = action.begins(&["enable", "row", "level", "security"]);
    if enables
        && world.created.contains(&key)
        && !world.with_policy.contains(&key)
        && !world.dropped.contains(&key)
    {
        let message =
            format!("`{table}` has row level security and no policy: nobody but service_role sees a row");
        problems.add(
            "S02",
            WARNING,
            (action.offset(), message),
            "`create policy ... on ... for ... to ... using (...)`",
        );
    }
}

fn definer(words: Words, problems: &mut Problems) {
    let rest = words.behind(&["create"]).behind(&["or", "replace"]);
    let is_routine = words.begins(&["create"]) && (rest.begins(&["function"]) || rest.begins(&["procedure"]));
    if !is_routine {
        return;
    }
    let sets_path = words.has(&["set", "search_path"]);
    if let Some(index) = words.find(&["security", "definer"])
        && !sets_path
    {
        let message = "a function with the rights of its owner trusts the caller's search_path".to_owned();
        let help = "add `set search_path = ''` and write every name with its schema";
        problems.add("S04", WARNING, (words.from(index).offset(), message), help);
    }
}

fn policy(words: Words, problems: &mut Problems) {
    if !words.begins(&["create", "policy"]) && !words.begins(&["alter", "policy"]) {
        return;
    }
    let reads = words.0.iter().find(|word| match word.kind {
        TokenKind::Text | TokenKind::Word | TokenKind::QuotedName => {
            let mut names = word.text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            names.any(|name| {
                ["user_metadata", "raw_user_meta_data"].iter().any(|key| name.eq_ignore_ascii_case(key))
            })
        }
        TokenKind::Number
        | TokenKind::Symbol(_)
        | TokenKind::Backslash
        | TokenKind::Space
        | TokenKind::Comment => false,
    });
    if let Some(word) = reads {
        let message = "a policy reads user metadata, which every user can write".to_owned();
        let help = "read `app_metadata`, or a table that users cannot write";
        problems.add("S05", WARNING, (word.offset, message), help);
    }
}

/// Creating, altering and dropping in schemas of the platform. Policies and triggers on its tables are allowed.
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
    if MANAGED.contains(&schema.as_str()) && !creates_anew {
        let message = format!("schema `{schema}` belongs to the platform, which refuses this or undoes it");
        let help =
            "keep objects in schemas of your own; policies and triggers on the platform's tables are allowed";
        problems.add("S06", WARNING, (words.offset(), message), help);
    }
}

fn login_reference(words: Words, problems: &mut Problems) {
    if words.create_table().is_none() && words.alter_table().is_none() {
        return;
    }
    for index in 0..words.0.len() {
        let reference = words.from(index);
        if !reference.begins(&["references"]) {
            continue;
        }
        let is_login = reference
            .from(1)
            .name()
            .is_some_and(|(name, _)| name.schema == "auth" && name.relation == "users");
        let depth = reference.0[0].depth;
        let end =
            reference.0.iter().position(|word| word.depth < depth || (word.depth == depth && word.is(",")));
        let clause = Words(&reference.0[..end.unwrap_or(reference.0.len())]);
        if is_login && !clause.has(&["on", "delete"]) {
            let message =
                "a reference to auth.users without `on delete`: that login can never be deleted".to_owned();
            let help = "add `on delete cascade`, or `on delete set null`";
            problems.add("S07", WARNING, (reference.offset(), message), help);
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
    let routines = ["function", "functions", "routines", "procedure", "schema", "sequences", "sequence"];
    let on = granted.find(&["on"]).map_or(Words(&[]), |on| granted.from(on + 1));
    let on = on.behind(&["all"]);
    let is_table = !routines.iter().any(|kind| on.begins(&[kind]));
    let to = granted.find(&["to"]).map(|to| granted.from(to + 1).names()).unwrap_or_default();
    if is_table
        && to.iter().any(|role| !role.is_qualified && ["anon", "public"].contains(&role.relation.as_str()))
    {
        let message = "everything is granted to people who have not logged in".to_owned();
        let help = "grant `select`, and only on what the public may read";
        problems.add("S08", WARNING, (words.offset(), message), help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    const GOOD: &str = "create table a (id int); alter table a enable row level security; \
                        grant select on a to authenticated; create policy p on a using (true);";

    #[test]
    fn a_table_with_everything_it_needs_is_fine() {
        assert!(found(GOOD).is_empty());
    }

    #[test]
    fn s01_finds_a_table_everybody_can_read() {
        assert_eq!(found("create table a (id int); grant select on table a to anon;"), ["error S01"]);
        assert_eq!(found("alter table a disable row level security"), ["error S01"]);
        assert!(found("create table private.a (id int); create temp table b (id int)").is_empty());
    }

    #[test]
    fn s02_finds_row_level_security_without_a_policy() {
        let sql = "create table a (id int); alter table public.a enable row level security; grant select on a to anon;";
        assert_eq!(found(sql), ["warning S02"]);
    }

    #[test]
    fn s03_finds_a_table_that_is_granted_to_nobody() {
        assert_eq!(found(&GOOD.replace("grant select on a to authenticated;", "")), ["warning S03"]);
        let wide = GOOD.replace("on a to authenticated", "on all tables in schema public to authenticated");
        assert!(found(&wide).is_empty());
    }

    #[test]
    fn s04_finds_a_definer_that_trusts_the_search_path() {
        let function =
            "create or replace function f() returns int language sql security definer as $$ select 1 $$";
        assert_eq!(found(function), ["warning S04"]);
        assert!(found(&function.replace(" as ", " set search_path = '' as ")).is_empty());
    }

    #[test]
    fn s05_finds_a_policy_that_believes_the_user() {
        let sql = "create policy p on a using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')";
        assert_eq!(found(sql), ["warning S05"]);
        assert_eq!(found(&sql.replace("'user_metadata'", "'{user_metadata,role}'")), ["warning S05"]);
        assert!(found(&sql.replace("user_metadata", "app_metadata")).is_empty());
        assert!(found("create policy test_user_metadata_all on test_user_metadata using (true)").is_empty());
    }

    #[test]
    fn s06_finds_changes_to_schemas_of_the_platform() {
        for sql in
            ["alter table auth.users add b int", "create index on storage.objects (a)", "drop schema auth"]
        {
            assert!(found(sql).contains(&"warning S06".to_owned()), "{sql}");
        }
        assert!(found("create policy p on storage.objects using (true)").is_empty());
        assert!(found("create trigger t after insert on auth.users execute function private.f()").is_empty());
    }

    #[test]
    fn s07_finds_a_login_that_cannot_be_deleted() {
        let sql = "create table private.a (id uuid references auth.users (id), b int references c (d) on delete cascade)";
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
}
