//! What hangs on tables: it must not be in the way of their rows, and be there afterwards as it was.

use super::data_type::literal;
use super::schema::Draft;
use super::table::Table;

/// A trigger's function that stops whoever makes it fire, but those that ask for quiet.
const LOUD: &str = "create function public.loud() returns trigger language plpgsql as $$ begin \
    if pg_catalog.current_setting('crmctl_test.quiet', true) = 'on' then \
    return case tg_op when 'DELETE' then old else new end; end if; raise 'trigger % fired', tg_name; end $$";

/// What rows have to fulfil, and what describes them.
pub(super) fn before_rows(draft: &mut Draft) {
    some(draft, 6, |table, draft| match draft.chance.below(4) {
        0 | 1 => index(table, draft),
        2 => constraint(table, draft),
        _ => trait_of(table, draft),
    });
}

/// What rows that come one by one would set off, and what those that are there need not fulfil.
pub(super) fn after_rows(draft: &mut Draft) {
    draft.run(LOUD.to_owned());
    some(
        draft,
        4,
        |table, draft| if draft.chance.once_in(3) { loose(table, draft) } else { firing(table, draft) },
    );
}

fn some(draft: &mut Draft, most: usize, make: impl Fn(&Table, &mut Draft) -> Vec<String>) {
    for table in draft.tables.clone() {
        for _ in 0..draft.chance.below(most) {
            let statements = make(&table, draft);
            for statement in statements {
                draft.run(statement);
            }
        }
    }
}

fn index(table: &Table, draft: &mut Draft) -> Vec<String> {
    let sql = &table.sql;
    let chance = &mut draft.chance;
    let ordered = table.ordered();
    if ordered.is_empty() {
        return Vec::new();
    }
    let (column, other) = (chance.pick(&ordered).clone(), chance.pick(&ordered).clone());
    let name = chance.name(&mut draft.taken);
    let made = match chance.below(7) {
        0 => format!("create unique index {name} on {sql} ({column}, {other})"),
        1 => format!("create unique index {name} on {sql} ({column}) where {other} is not null"),
        2 => format!("create index {name} on {sql} (({column}::text)) include ({other})"),
        3 => format!("create index {name} on {sql} using hash ({column})"),
        4 => format!("create index {name} on {sql} using brin ({column}) with (pages_per_range = 7)"),
        5 => format!("create index {name} on {sql} using gin ({column})"),
        _ => format!("create index {name} on {sql} ({column} desc nulls last, ({other} is null))"),
    };
    let schema = &table.schema;
    let then = match chance.below(6) {
        0 => format!("alter table {sql} cluster on {name}"),
        1 => format!("alter table {sql} replica identity using index {name}"),
        2 => format!("comment on index {schema}.{name} is {}", literal("it's \\ a $$ comment\n")),
        3 => format!("alter index {schema}.{name} alter column 2 set statistics 77"),
        _ => return vec![made],
    };
    vec![made, then]
}

fn constraint(table: &Table, draft: &mut Draft) -> Vec<String> {
    let chance = &mut draft.chance;
    if table.columns.is_empty() {
        return Vec::new();
    }
    let column = chance.pick(&table.columns).clone();
    let name = &column.name;
    let deferred = chance.pick(&["", "deferrable initially deferred"]);
    let made = match chance.below(4) {
        0 => format!("check (num_nulls({}) >= 0)", table.names().join(", ")),
        1 if !column.data_type.is_ordered() => return Vec::new(),
        1 if column.data_type.is_range() => format!("exclude using gist ({name} with &&) {deferred}"),
        1 => format!("exclude using btree ({name} with =) {deferred}"),
        2 => format!("exclude using hash ({name} with =) where ({name} is not null) {deferred}"),
        _ => format!("check ({name} is null or true) no inherit"),
    };
    added(table, &made, draft)
}

/// What is not valid.
fn loose(table: &Table, draft: &mut Draft) -> Vec<String> {
    let chance = &mut draft.chance;
    if table.columns.is_empty() {
        return Vec::new();
    }
    let column = chance.pick(&table.columns).name.clone();
    let parent = chance.pick(&draft.tables);
    let made = match (chance.below(3), parent.keys.first()) {
        (0, _) => format!("check ({column} is not null)"),
        (1, Some(key)) if key.len() == 1 => {
            format!("foreign key ({column}) references {} ({})", parent.sql, key[0])
        }
        _ => format!("check ({column} is null) no inherit"),
    };
    added(table, &format!("{made} not valid"), draft)
}

fn added(Table { sql, .. }: &Table, constraint: &str, draft: &mut Draft) -> Vec<String> {
    let name = draft.chance.name(&mut draft.taken);
    let comment = format!("comment on constraint {name} on {sql} is {}", literal("it's \\ one"));
    let made = format!("alter table {sql} add constraint {name} {constraint}");
    if draft.chance.once_in(2) { vec![made, comment] } else { vec![made] }
}

/// Triggers, rules and policies, also those that are always on.
fn firing(Table { sql, .. }: &Table, draft: &mut Draft) -> Vec<String> {
    let name = draft.chance.name(&mut draft.taken);
    let chance = &mut draft.chance;
    let enabled = *chance.pick(&["enable", "enable always", "enable replica", "disable"]);
    match chance.below(4) {
        0 => {
            let force = chance
                .pick(&["enable row level security", "force row level security, enable row level security"]);
            vec![
                format!("alter table {sql} {force}"),
                format!("create policy {name} on {sql} using (false) with check (false)"),
            ]
        }
        1 => {
            let event = chance.pick(&["insert", "update", "delete"]);
            let action = chance.pick(&["instead nothing", "also select 1 / 0"]);
            vec![
                format!("create rule {name} as on {event} to {sql} do {action}"),
                format!("alter table {sql} {enabled} rule {name}"),
            ]
        }
        _ => {
            let when =
                chance.pick(&["before insert or update or delete", "after insert or delete", "after update"]);
            let of = chance.pick(&["row", "statement"]);
            let kind = chance.pick(&["trigger", "trigger", "constraint trigger"]);
            vec![
                format!("create {kind} {name} {when} on {sql} for each {of} execute function public.loud()"),
                format!("alter table {sql} {enabled} trigger {name}"),
            ]
        }
    }
}

/// What a table or a column is set to.
fn trait_of(table: &Table, draft: &mut Draft) -> Vec<String> {
    let sql = &table.sql;
    let name = draft.fresh();
    let chance = &mut draft.chance;
    let columns = table.names();
    if columns.is_empty() {
        return vec![format!("alter table {sql} replica identity nothing")];
    }
    let column = chance.pick(&columns);
    vec![match chance.below(9) {
        0 => format!("alter table {sql} replica identity {}", chance.pick(&["full", "nothing"])),
        1 => format!("create statistics {name} on {} from {sql}", chance.some(&columns, 4).join(", ")),
        2 => format!("create statistics {name} (mcv) on ({column} is null), {column} from {sql}"),
        3 => format!("comment on column {sql}.{column} is {}", literal("100% \"ünï\"")),
        4 => format!(
            "alter table {sql} alter {column} set storage {}",
            chance.pick(&["external", "main", "plain"])
        ),
        5 => format!("grant select ({column}), insert on {sql} to anon, authenticated"),
        6 => format!("alter table {sql} alter {column} set statistics 7"),
        7 => format!("alter table {sql} set (autovacuum_enabled = false)"),
        _ => format!("alter publication supabase_realtime add table {sql}"),
    }]
}
