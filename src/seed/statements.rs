//! The SQL of generated rows.

use crate::pg::{TableName, identifier, literal};
use crate::seed::generate::{Model, Table};
use crate::seed::identifier::RANGE;
use crate::seed::observation::Reference;
use crate::seed::users::Login;

/// The table as SQL.
pub(crate) fn name(table: Table) -> String {
    TableName::new("public", table.name()).sql()
}

/// Where the wanted rows wait.
fn staged(table: Table) -> String {
    format!("pg_temp.{}", identifier(&format!("seed_{}", table.name())))
}

fn columns(table: Table, prefix: &str) -> String {
    let names: Vec<String> =
        table.columns().iter().map(|column| format!("{prefix}{}", identifier(column))).collect();
    names.join(", ")
}

fn same_key(table: Table) -> String {
    let keys: Vec<String> =
        table.key().iter().map(|column| format!("t.{0} = s.{0}", identifier(column))).collect();
    keys.join(" and ")
}

/// Which rows of `t` were generated: those whose ids bear the mark. A link has no id of its own: it is between two
/// generated rows, and older than anybody's hand can have made it.
pub(crate) fn is_generated(table: Table, reference: &str) -> String {
    let [low, high] = RANGE;
    let keys: Vec<String> = table
        .key()
        .iter()
        .map(|column| format!("t.{} between '{low}'::uuid and '{high}'::uuid", identifier(column)))
        .collect();
    let mut condition = keys.join(" and ");
    if table.is_link() {
        condition.push_str(" and t.created_at < ");
        condition.push_str(&literal(reference));
        condition.push_str("::timestamptz");
    }
    condition
}

/// A select of the number of generated rows and of what is in them; see `Fields::hash` for the same in Rust.
pub(crate) fn digest(table: Table, reference: &str) -> String {
    let values: Vec<String> =
        table.columns().iter().map(|column| format!("t.{}::text", identifier(column))).collect();
    format!(
        "select '{}' as name, count(*)::text as rows, coalesce(sum(('x' || left(encode(sha256(convert_to(\
         array_to_string(array[{}], chr(31), '\\N'), 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)::text as sum \
         from {} t where {}",
        table.name(),
        values.join(", "),
        name(table),
        is_generated(table, reference)
    )
}

/// `copy` into the table itself.
pub(crate) fn copy(table: Table) -> String {
    format!("copy {} ({}) from stdin", name(table), columns(table, ""))
}

/// Makes the place where wanted rows wait.
pub(crate) fn stage(table: Table) -> String {
    format!(
        "create temporary table {} on commit drop as select {} from {} with no data",
        identifier(&format!("seed_{}", table.name())),
        columns(table, ""),
        name(table)
    )
}

/// `copy` into that place.
pub(crate) fn copy_staged(table: Table) -> String {
    format!("copy {} ({}) from stdin", staged(table), columns(table, ""))
}

/// Statements that make the generated rows those that wait: the last three say how many were updated and inserted,
/// and how many of the wanted ones are there.
pub(crate) fn merge(table: Table, reference: &str) -> Vec<String> {
    let (target, staged, key) = (name(table), staged(table), same_key(table));
    let (ours, theirs) = (columns(table, "s."), columns(table, "t."));
    let differs = format!("{key} and ({theirs}) is distinct from ({ours})");
    let mut statements = vec![format!("analyze {staged}")];
    if table.has_second_key() {
        // Names and codes may move from one row to another. Hidden rows have none.
        statements.push(format!(
            "update {target} t set deleted_at = now() where {} and not exists \
             (select from {staged} s where {key} and ({theirs}) is not distinct from ({ours}))",
            is_generated(table, reference)
        ));
    }
    let assignments: Vec<String> =
        table.columns().iter().map(|column| format!("{0} = s.{0}", identifier(column))).collect();
    statements
        .push(format!("update {target} t set {} from {staged} s where {differs}", assignments.join(", ")));
    if !table.is_link() {
        // A trigger sets `updated_at` to now where it was not changed as well.
        statements.push(format!(
            "update {target} t set updated_at = s.updated_at from {staged} s \
             where {key} and t.updated_at is distinct from s.updated_at"
        ));
    }
    statements.push(format!(
        "insert into {target} ({}) select {ours} from {staged} s where not exists (select from {target} t where {key})",
        columns(table, "")
    ));
    statements.push(format!("select count(*)::text as present from {staged} s join {target} t on {key}"));
    statements
}

/// Removes generated rows that are not wanted, unless rows that stay refer to them.
pub(crate) fn remove(table: Table, reference: &str, references: &[Reference]) -> String {
    let kept: Vec<String> = references
        .iter()
        .filter(|reference| reference.target == table.name())
        .map(|reference| {
            format!(
                " and not exists (select from {} r where r.{} = t.id)",
                reference.table.sql(),
                identifier(&reference.column)
            )
        })
        .collect();
    format!(
        "delete from {} t where {} and not exists (select from {} s where {}){}",
        name(table),
        is_generated(table, reference),
        staged(table),
        same_key(table),
        kept.concat()
    )
}

/// The numbers of rows a login owns, as the test user's entry names them: what it is to be, or a count of what is.
pub(crate) fn counts(login: &Login, count: &dyn Fn(Table, &Login) -> String) -> String {
    let one = |table| count(table, login);
    format!(
        "jsonb_build_object('contacts', {}, 'organizations', {}, 'opportunities', {}, 'activities', {}, 'tasks', {}, \
         'notes', {} + {}, 'products', {})",
        one(Table::Contacts),
        one(Table::Organizations),
        one(Table::Opportunities),
        one(Table::Activities),
        one(Table::Tasks),
        one(Table::ContactNotes),
        one(Table::OpportunityNotes),
        one(Table::Products)
    )
}

/// The number of rows a login is to own.
pub(crate) fn wanted_count(model: &Model) -> impl Fn(Table, &Login) -> String {
    move |table, login| format!("{}::bigint", model.volume(table, login.role))
}

/// The number of generated rows a login owns.
pub(crate) fn real_count(reference: &str) -> impl Fn(Table, &Login) -> String {
    move |table, login| {
        format!(
            "(select count(*) from {} t where t.sales_id = '{}'::uuid and {})",
            name(table),
            login.id,
            is_generated(table, reference)
        )
    }
}

/// Writes the entry of a test user, with the numbers of rows if there are any to write.
pub(crate) fn write_entry(login: &Login, counts: Option<&str>) -> String {
    let (id, role) = (login.id, literal(login.role.as_str()));
    let values = counts.unwrap_or("'{}'::jsonb");
    let (set, differs) = counts.map_or((String::new(), String::new()), |_| {
        let set = ", test_data_counts = excluded.test_data_counts".to_owned();
        (set, " or m.test_data_counts is distinct from excluded.test_data_counts".to_owned())
    });
    format!(
        "insert into public.test_user_metadata as m (id, user_id, role, created_by, created_at, test_data_counts) \
         values ('{}'::uuid, '{id}'::uuid, {role}, 'crmctl seed', '2025-01-01 00:00:00+00', {values}) \
         on conflict (user_id) do update set role = excluded.role{set} \
         where m.role is distinct from excluded.role{differs}",
        uuid::Uuid::new_v5(&id, b"test_user_metadata")
    )
}

/// Empties the entries of test users that are none any more, because their addresses changed: their rows have other
/// owners now.
pub(crate) fn empty_other_entries(logins: &[Login; 3]) -> String {
    let ids: Vec<String> = logins.iter().map(|login| format!("'{}'::uuid", login.id)).collect();
    let nothing = "'{\"contacts\": 0, \"organizations\": 0, \"opportunities\": 0, \"activities\": 0, \"tasks\": 0, \
                   \"notes\": 0, \"products\": 0}'::jsonb";
    format!(
        "update public.test_user_metadata m set test_data_counts = {nothing} where m.created_by = 'crmctl seed' \
         and m.user_id not in ({}) and m.test_data_counts is distinct from {nothing}",
        ids.join(", ")
    )
}
