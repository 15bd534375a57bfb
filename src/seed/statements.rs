//! The SQL of generated rows.

use crate::pg::{identifier, literal};
use crate::seed::generate::{Model, Table};
use crate::seed::observation::Reference;
use crate::seed::shape::{Shape, is_generated};
use crate::seed::users::Login;

/// Where wanted rows wait: `number` is the table's among those that are seeded.
fn staged(number: usize) -> String {
    format!("pg_temp.{}", identifier(&format!("seed_{number}")))
}

fn list(columns: &[String], prefix: &str) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("{prefix}{}", identifier(column))).collect();
    names.join(", ")
}

fn same_key(shape: &Shape) -> String {
    let keys: Vec<String> =
        shape.key.iter().map(|column| format!("t.{0} = s.{0}", identifier(column))).collect();
    keys.join(" and ")
}

/// A select of the number of generated rows.
pub(crate) fn count(shape: &Shape, number: usize) -> String {
    format!(
        "select {number} as number, count(*)::text as rows from {} t where {}",
        shape.name(),
        shape.ours("t")
    )
}

/// A select of the number of generated rows and of what is in them; see `Fields::hash` for the same in Rust.
pub(crate) fn digest(shape: &Shape, number: usize) -> String {
    let compared = shape.columns.iter().zip(&shape.compared).filter(|(_, is_compared)| **is_compared);
    let values: Vec<String> = compared.map(|(column, _)| format!("t.{}::text", identifier(column))).collect();
    format!(
        "select {number} as number, count(*)::text as rows, coalesce(sum(('x' || left(encode(sha256(convert_to(\
         array_to_string(array[{}]::text[], chr(31), '\\N'), 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)::text as sum \
         from {} t where {}",
        values.join(", "),
        shape.name(),
        shape.ours("t")
    )
}

/// `copy` into the table itself.
pub(crate) fn copy(shape: &Shape) -> String {
    format!("copy {} ({}) from stdin", shape.name(), list(&shape.columns, ""))
}

/// Makes the place where wanted rows, or keys of unwanted ones, wait.
pub(crate) fn stage(shape: &Shape, columns: &[String], number: usize) -> String {
    format!(
        "create temporary table {} on commit drop as select {} from {} with no data",
        identifier(&format!("seed_{number}")),
        list(columns, ""),
        shape.name()
    )
}

/// `copy` into that place.
pub(crate) fn copy_staged(columns: &[String], number: usize) -> String {
    format!("copy {} ({}) from stdin", staged(number), list(columns, ""))
}

/// Statements that make the generated rows those that wait: the last three, or four where a trigger touches rows, say
/// how many were updated and inserted, and how many of the wanted ones are there.
pub(crate) fn merge(shape: &Shape, number: usize) -> Vec<String> {
    let (target, staged, key) = (shape.name(), staged(number), same_key(shape));
    let ours = list(&shape.columns, "s.");
    let others: Vec<&String> = shape.columns.iter().filter(|column| !shape.key.contains(column)).collect();
    let compared = shape.columns.iter().zip(&shape.compared).filter(|(_, is_compared)| **is_compared);
    let compared: Vec<&String> =
        compared.map(|(column, _)| column).filter(|column| !shape.key.contains(column)).collect();
    // Types without an equality, such as json, are compared as text.
    let values = |prefix: &str| {
        let values: Vec<String> =
            compared.iter().map(|column| format!("{prefix}{}::text", identifier(column))).collect();
        format!("array[{}]::text[]", values.join(", "))
    };
    let (wanted, present) = (values("s."), values("t."));
    let differs = format!("{key} and {present} is distinct from {wanted}");
    let mut statements = vec![format!("analyze {staged}")];
    if shape.has_second_key {
        // Names and codes may move from one row to another. Hidden rows have none.
        statements.push(format!(
            "update {target} t set deleted_at = now() where {} and not exists \
             (select from {staged} s where {key} and {present} is not distinct from {wanted})",
            shape.ours("t")
        ));
    }
    let mut assignments: Vec<String> =
        others.iter().map(|column| format!("{0} = s.{0}", identifier(column))).collect();
    if assignments.is_empty() {
        // A table of keys only: nothing can differ.
        assignments.extend(shape.key.first().map(|column| format!("{0} = s.{0}", identifier(column))));
    }
    statements
        .push(format!("update {target} t set {} from {staged} s where {differs}", assignments.join(", ")));
    if shape.is_touched {
        // A trigger sets `updated_at` to now where it was not changed as well.
        statements.push(format!(
            "update {target} t set updated_at = s.updated_at from {staged} s \
             where {key} and t.updated_at is distinct from s.updated_at"
        ));
    }
    statements.push(format!(
        "insert into {target} ({}) overriding system value select {ours} from {staged} s \
         where not exists (select from {target} t where {key})",
        list(&shape.columns, "")
    ));
    statements.push(format!("select count(*)::text as present from {staged} s join {target} t on {key}"));
    statements
}

/// Removes generated rows, unless rows that stay refer to them: those that are not among the waiting ones, or those
/// whose keys wait.
pub(crate) fn remove(shape: &Shape, number: usize, is_wanted: bool, references: &[Reference]) -> String {
    let is_among = format!("exists (select from {} s where {})", staged(number), same_key(shape));
    let condition = if is_wanted { format!("not {is_among}") } else { is_among };
    let kept: Vec<String> = references
        .iter()
        .filter(|reference| reference.target == shape.table)
        .map(|one| guard(one, shape))
        .collect();
    format!("delete from {} t where {} and {condition}{}", shape.name(), shape.ours("t"), kept.concat())
}

/// Rows of the same table that were generated go together with those they refer to.
fn guard(reference: &Reference, shape: &Shape) -> String {
    let pairs: Vec<String> = reference
        .columns
        .iter()
        .map(|(column, target)| format!("r.{} = t.{}", identifier(column), identifier(target)))
        .collect();
    let but = if reference.table == shape.table {
        format!(" and not ({})", shape.ours("r"))
    } else {
        String::new()
    };
    format!(" and not exists (select from {} r where {}{but})", reference.table.sql(), pairs.join(" and "))
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
            format_args!("public.{}", identifier(table.name())),
            login.id,
            is_generated(table, reference, "t")
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
