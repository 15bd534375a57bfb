//! What is sent to find out how far a persona gets. Pure: texts in, texts out.

use std::time::Duration;

use serde_json::Value;

use crate::access::cast::Actor;
use crate::access::rights::Rights;
use crate::access::{AccessRequest, Command, Reach};
use crate::pg::{identifier, literal, optional_literal};

/// Makes the session this persona, as the API server does with a request: until the savepoint is rolled back.
pub(super) fn become_actor(actor: &Actor, request: &AccessRequest) -> String {
    let mut path: Vec<String> = request.schemas.iter().map(|schema| identifier(schema)).collect();
    path.push(identifier("extensions"));
    let setting = |name: &str, value: Option<&str>| {
        format!("set_config('{name}', coalesce({}, ''), true)", optional_literal(value))
    };
    let claims = Value::Object(actor.claims.clone()).to_string();
    let text = |claim: &str| actor.claims.get(claim).and_then(Value::as_str);
    format!(
        "select {}, {}, {}, {}; set local search_path = {}; set local row_security = on; \
         set local statement_timeout = {}; set local role {}",
        setting("request.jwt.claims", Some(&claims)),
        setting("request.jwt.claim.sub", text("sub")),
        setting("request.jwt.claim.role", text("role")),
        setting("request.jwt.claim.email", text("email")),
        path.join(", "),
        milliseconds(request.timeout),
        identifier(&actor.role),
    )
}

/// A time-out as PostgreSQL wants it; zero would mean none.
pub(super) fn milliseconds(timeout: Duration) -> u128 {
    timeout.as_millis().max(1)
}

/// How many rows there are, and how many belong to each of the users.
pub(super) fn total_query(rights: &Rights, ids: &[&str], limit: u64) -> String {
    let table = rights.table.sql();
    let count = |condition: &str| {
        format!("(select count(*) from (select from {table}{condition} limit {limit}) as r)")
    };
    let mut columns = vec![count("")];
    if let Some(owner) = &rights.owner {
        columns
            .extend(ids.iter().map(|id| count(&format!(" where {} = {}", identifier(owner), literal(id)))));
    }
    format!("select {}", columns.join(", "))
}

/// Whether a row is the persona's own, as SQL.
fn owned(rights: &Rights, id: Option<&str>) -> String {
    match (&rights.owner, id) {
        (Some(owner), Some(id)) if rights.sees_whole_rows => {
            format!("{} = {}", identifier(owner), literal(id))
        }
        _ => "null::boolean".to_owned(),
    }
}

/// How many rows the persona sees, and how many of them are its own.
pub(super) fn select_query(rights: &Rights, id: Option<&str>, limit: u64) -> String {
    let table = rights.table.sql();
    let owned = owned(rights, id);
    format!(
        "select count(*) as rows, count(*) filter (where owned) as own \
         from (select {owned} as owned from {table} limit {limit}) as r"
    )
}

/// How many of the rows it sees the policies let it change, and how many remove. The expressions are the server's
/// own text of the policies, in which the table goes by its name.
pub(super) fn write_query(rights: &Rights, id: Option<&str>, limit: u64) -> Option<String> {
    let update = judged(rights, Command::Update).then_some(rights.update_if.as_deref()).flatten();
    let delete = judged(rights, Command::Delete).then_some(rights.delete_if.as_deref()).flatten();
    if update.is_none() && delete.is_none() {
        return None;
    }
    let owned = owned(rights, id);
    let name = identifier(&rights.table.name);
    Some(format!(
        "select count(*) filter (where u) as update_rows, count(*) filter (where u and owned) as update_own, \
         count(*) filter (where d) as delete_rows, count(*) filter (where d and owned) as delete_own \
         from (select {owned} as owned, ({}) as u, ({}) as d from {} as {name} limit {limit}) as r",
        update.unwrap_or("false"),
        delete.unwrap_or("false"),
        rights.table.sql(),
    ))
}

/// Whether the rows in reach of `update` or `delete` depend on policies.
pub(super) fn judged(rights: &Rights, command: Command) -> bool {
    rights.is_filtered && known(rights, command).is_none()
}

/// What the catalog alone says about a command, if that is the whole truth.
pub(super) fn known(rights: &Rights, command: Command) -> Option<Reach> {
    let index = command as usize;
    if !rights.granted[index] {
        return Some(Reach::NoGrant);
    }
    if rights.is_filtered && !rights.has_policy[index] {
        return Some(Reach::NoPolicy);
    }
    // Rows are counted by reading them: who may not read may still write.
    let may_read = rights.granted[0] && (!rights.is_filtered || rights.has_policy[0]);
    let is_countable = rights.is_table() && rights.sees_whole_rows && may_read;
    match command {
        Command::Insert if !rights.is_filtered || is_always(rights.insert_if.as_deref()) => {
            Some(Reach::Allowed)
        }
        Command::Insert => Some(Reach::Depends),
        Command::Select => None,
        Command::Update | Command::Delete if is_countable => None,
        Command::Update | Command::Delete if rights.is_filtered => Some(Reach::Depends),
        Command::Update | Command::Delete => Some(Reach::Allowed),
    }
}

/// Whether a condition is that of `with check (true)`.
fn is_always(condition: Option<&str>) -> bool {
    condition.is_some_and(|condition| condition.trim_matches(['(', ')']) == "true")
}

/// Rows that are copied to try what may be inserted, of the first so many.
const SAMPLES: [u32; 2] = [3, 20];

/// Keeps some rows of a table in a setting of the transaction, where the trials of all personas find them: no value
/// leaves the server. A table that cannot be read has none.
pub(super) fn sample(table: &Rights, place: usize) -> String {
    let (name, [kept, looked_at]) = (table.table.sql(), SAMPLES);
    // A literal, and no dollar quotes: a table may be called like the end of any of them.
    let body = format!(
        "begin \
           perform set_config('crmctl.sample_{place}', coalesce((select jsonb_agg(to_jsonb(s)) from ( \
             select r.* from (select * from {name} limit {looked_at}) as r where pg_column_size(r.*) < 4000 limit {kept} \
           ) as s)::text, '[]'), true); \
         exception when query_canceled or others then \
           perform set_config('crmctl.sample_{place}', '[]', true); end"
    );
    format!("do {}", literal(&body))
}

/// How many copies of rows that are there the policies would let the persona insert: as they are, and as its own.
pub(super) fn insert_query(rights: &Rights, id: Option<&str>, place: usize) -> Option<String> {
    let check = rights.insert_if.as_deref().filter(|_| is_tried(rights))?;
    let rows = format!("jsonb_array_elements(current_setting('crmctl.sample_{place}')::jsonb) as e");
    let own = match (&rights.owner, id) {
        (Some(owner), Some(id)) => format!(
            " union all select jsonb_set(e, array[{}], to_jsonb({}::text)) from {rows}",
            literal(owner),
            literal(id)
        ),
        _ => String::new(),
    };
    Some(format!(
        "select count(*) filter (where ok) as passed, count(*) as tried from ( \
           select ({check}) as ok from jsonb_populate_recordset(null::{}, \
             (select coalesce(jsonb_agg(e), '[]') from (select e from {rows}{own}) as copies)) as {}) as r",
        rights.table.sql(),
        identifier(&rights.table.name)
    ))
}

/// Whether a policy decides by the row about what is inserted.
pub(super) fn is_tried(rights: &Rights) -> bool {
    known(rights, Command::Insert) == Some(Reach::Depends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::TableName;

    #[test]
    fn no_table_is_called_like_the_end_of_a_block() {
        let table = Rights {
            table: TableName::new("public", "it's $crmctl$; drop table a; --"),
            role: "anon".to_owned(),
            row_level_security: true,
            is_filtered: true,
            kind: "r".to_owned(),
            sees_whole_rows: true,
            granted: [true; 4],
            has_policy: [true; 4],
            insert_if: None,
            update_if: None,
            delete_if: None,
            owner: None,
        };

        let statements = crate::migration::statement::split("a.sql", &sample(&table, 0)).unwrap();
        assert_eq!(statements.len(), 1, "{statements:?}");
    }
}
