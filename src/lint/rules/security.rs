//! S: tables and views that show rows to the wrong people, or to nobody.

use crate::lint::finding::Severity;
use crate::lint::rules::Problems;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;

/// The schema that the API shows to everybody who has the public key.
pub(crate) const EXPOSED: &str = "public";

const WARNING: Severity = Severity::Warning;

pub(crate) fn check(words: Words, world: &World, problems: &mut Problems) {
    if let Some((table, _)) = words.create_table() {
        new_table(&table, words, world, problems);
    } else if let Some((table, actions)) = words.alter_table() {
        for action in actions {
            row_level_security(&table, action, world, problems);
        }
    } else if words.begins(&["create", "policy"]) {
        policy_without_security(words, world, problems);
    }
}

fn new_table(table: &Name, words: Words, world: &World, problems: &mut Problems) {
    let (key, offset) = (table.to_string(), words.offset());
    if table.schema != EXPOSED || world.dropped.contains(&key) || words.begins(&["create", "foreign"]) {
        return;
    }
    if !world.is_secured(table) {
        let message =
            format!("table `{table}` is shown by the API and has no row level security: everybody reads it");
        let help = "`alter table ... enable row level security`, and policies";
        problems.add("S01", Severity::Error, (offset, message), help);
    }
    let is_granted = world.granted.contains(&key) || world.granted_schemas.contains(&table.schema);
    if !is_granted && !words.has(&["partition", "of"]) {
        let message =
            format!("table `{table}` is granted to nobody; hosted projects do not do it by themselves");
        let help = "`grant select, ... on table ... to authenticated, service_role`, as far as they need it";
        problems.add("S03", WARNING, (offset, message), help);
    }
}

fn row_level_security(table: &Name, action: Words, world: &World, problems: &mut Problems) {
    let key = table.to_string();
    if action.begins(&["disable", "row", "level", "security"]) && table.schema == EXPOSED {
        let message =
            format!("row level security of `{table}` is switched off: everybody reads what is granted");
        let help = "keep it on, and write a policy instead";
        problems.add("S01", Severity::Error, (action.offset(), message), help);
    }
    // A table that existed before may have its policies already.
    let enables = action.begins(&["enable", "row", "level", "security"]);
    let stays = world.created.contains(&key) && !world.dropped.contains(&key);
    if enables && stays && !world.with_policy.contains(&key) {
        let message =
            format!("`{table}` has row level security and no policy: nobody but service_role sees a row");
        let help = "`create policy ... on ... for ... to ... using (...)`";
        problems.add("S02", WARNING, (action.offset(), message), help);
    }
}

/// S15: a policy that nobody asks. For new tables of the API S01 says it.
fn policy_without_security(words: Words, world: &World, problems: &mut Problems) {
    let Some((table, _)) = words.find(&["on"]).and_then(|on| words.from(on + 1).name()) else { return };
    let said_by_s01 = table.schema == EXPOSED && world.created.contains(&table.to_string());
    if !said_by_s01 && world.knows_security(&table) && !world.is_secured(&table) {
        let message = format!("`{table}` has policies, and row level security is off: they do nothing");
        let help = "`alter table ... enable row level security`";
        problems.add("S15", Severity::Error, (words.offset(), message), help);
    }
}

/// S12.
pub(crate) fn view(words: Words, world: &World, problems: &mut Problems) {
    let rest = words.from(1).behind(&["or", "replace"]).behind(&["recursive"]);
    if !words.begins(&["create"]) || !rest.begins(&["view"]) {
        return;
    }
    let Some((view, rest)) = rest.from(1).name() else { return };
    let as_of = rest.find(&["as"]).unwrap_or(rest.0.len());
    let options = Words(&rest.0[..as_of]);
    let asks = options.find(&["security_invoker"]).map(|at| options.from(at + 1).behind(&["="]));
    let asks = asks.is_some_and(|value| !["false", "off", "0"].iter().any(|no| value.begins(&[no])));
    let reads = rest.from(as_of).has(&["from"]);
    if view.schema == EXPOSED && reads && !asks && !world.invoking.contains(&view.to_string()) {
        let message =
            format!("view `{view}` shows rows with the rights of its owner: policies do not hold for it");
        let help = "`create view ... with (security_invoker = true) as ...`";
        problems.add("S12", WARNING, (words.offset(), message), help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    const GOOD: &str = "create table a (id int primary key); alter table a enable row level security; \
                        grant select on a to authenticated; create policy p on a for select using (true);";

    #[test]
    fn a_table_with_everything_it_needs_is_fine() {
        assert_eq!(found(&GOOD.replace(" int ", " bigint ")), Vec::<String>::new());
    }

    #[test]
    fn s01_finds_a_table_everybody_can_read() {
        let sql = "create table a (id bigint primary key); grant select on table a to anon;";
        assert_eq!(found(sql), ["error S01"]);
        assert_eq!(found("alter table a disable row level security"), ["error S01"]);
        assert!(
            found("create table private.a (id text primary key); create temp table b (id int)").is_empty()
        );
    }

    #[test]
    fn s02_finds_row_level_security_without_a_policy() {
        let sql = "create table a (id text primary key); alter table public.a enable row level security; grant select on a to anon;";
        assert_eq!(found(sql), ["warning S02"]);
    }

    #[test]
    fn s03_finds_a_table_that_is_granted_to_nobody() {
        let good = GOOD.replace(" int ", " text ");
        assert_eq!(found(&good.replace("grant select on a to authenticated;", "")), ["warning S03"]);
        let wide = good.replace("on a to authenticated", "on all tables in schema public to authenticated");
        assert!(found(&wide).is_empty());
    }

    #[test]
    fn s12_finds_a_view_that_ignores_policies() {
        assert_eq!(found("create or replace view v as select a from b"), ["warning S12"]);
        assert_eq!(found("create view v with (security_invoker = off) as select a from b"), ["warning S12"]);
        assert!(found("create view v with (security_invoker) as select a from b").is_empty());
        assert!(
            found("create view v as select a from b; alter view v set (security_invoker = on)").is_empty()
        );
        assert!(found("create view private.v as select a from b").is_empty());
    }

    #[test]
    fn s15_finds_a_policy_that_nobody_asks() {
        let sql = "create table private.a (id text primary key); create policy p on private.a for select using (true);";
        assert_eq!(found(sql), ["error S15"]);
        assert!(found("create policy p on a for select using (true)").is_empty());
    }
}
