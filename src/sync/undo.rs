//! The backup of a sync: plain SQL that `psql -1 -f` restores, written while it streams out of the very
//! transaction that replaces the rows.

use futures_util::StreamExt;

use crate::backup::{Part, PartWriter};
use crate::error::Result;
use crate::mask::is_shell;
use crate::pg::{Chunk, ChunkReceiver, TableName, identifier, literal};
use crate::sync::emptying;
use crate::sync::locked::Numbers;
use crate::sync::observe::user_condition;
use crate::sync::plan::{Method, SyncPlan};

/// A COPY on its way out of the target, and where its rows belong.
pub(crate) struct Outgoing {
    /// The table as SQL.
    pub(crate) table: String,
    /// Its columns as SQL, in the order of the copied rows.
    pub(crate) columns: String,
    pub(crate) rows: ChunkReceiver,
}

/// Writes the file, and flushes it to the disk while the server is still busy with what comes after its rows. `None`
/// when a stream ended early: the transaction failed, and its answer says why.
pub(crate) async fn write(
    plan: &SyncPlan,
    mut part: PartWriter,
    (users, tables): (Vec<Outgoing>, Vec<Outgoing>),
    numbers: &Numbers,
) -> Result<Option<Part>> {
    part.write(header(plan).as_bytes()).await?;
    for outgoing in users {
        let temporary = format!("pg_temp.{}", identifier(&temporary_name(&outgoing.table)));
        let create = format!(
            "create temp table {} on commit drop as select {} from {} with no data;\n",
            identifier(&temporary_name(&outgoing.table)),
            outgoing.columns,
            outgoing.table
        );
        part.write(create.as_bytes()).await?;
        if !write_rows(&mut part, &temporary, outgoing).await? {
            return Ok(None);
        }
    }
    let middle: String = clear(plan).into_iter().map(|statement| statement + ";\n").collect();
    part.write(middle.as_bytes()).await?;
    for outgoing in tables {
        let table = outgoing.table.clone();
        if !write_rows(&mut part, &table, outgoing).await? {
            return Ok(None);
        }
    }
    let mut end = String::new();
    for statement in plan.details.after_undo(&numbers.setvals(plan)) {
        end.push_str(statement);
        end.push_str(";\n");
    }
    part.write(end.as_bytes()).await?;
    part.finish().await.map(Some)
}

pub(crate) async fn write_rows(part: &mut PartWriter, table: &str, mut outgoing: Outgoing) -> Result<bool> {
    part.write(format!("copy {table} {} from stdin;\n", column_list(&outgoing.columns)).as_bytes()).await?;
    while let Some(chunk) = outgoing.rows.next().await {
        match chunk {
            Chunk::Data(data) => part.write(&data).await?,
            Chunk::End => {
                part.write(b"\\.\n").await?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// `(a, b)`, or nothing for a table without columns.
pub(crate) fn column_list(columns: &str) -> String {
    if columns.is_empty() { String::new() } else { format!("({columns})") }
}

pub(crate) fn header(plan: &SyncPlan) -> String {
    format!(
        "-- Rows of `{}` before crmctl replaced them by those of `{}`.\n\
         -- To put them back: psql -1 -v ON_ERROR_STOP=1 -f THIS_FILE, or `crmctl restore`.\n\
         set local standard_conforming_strings = on;\nset local datestyle = 'ISO, MDY';\nset local timezone = 'UTC';\n\
         set local intervalstyle = 'postgres';\nset local client_encoding = 'UTF8';\nset local search_path = '';\n",
        plan.to, plan.from
    )
}

/// The name of the temporary table that rows of an auth table go through.
pub(crate) fn temporary_name(table: &str) -> String {
    format!("crmctl_{}", table.replace('"', "").replace('.', "_"))
}

/// `"auth"."users"`.
pub(crate) fn auth_table(name: &str) -> String {
    format!("\"auth\".{}", identifier(name))
}

/// Column names as SQL.
pub(crate) fn columns_sql<S: AsRef<str>>(columns: &[S]) -> String {
    columns.iter().map(|column| identifier(column.as_ref())).collect::<Vec<_>>().join(", ")
}

/// What makes room for the rows, and carries the users over: the old rows go first, so that users who are not among
/// those that came can go, so that their addresses are free. A trigger on `auth.users` may have made rows for the
/// users that came, so the tables are emptied once more. Foreign keys between users and their identities must work,
/// so the triggers rest on the tables only.
pub(crate) fn clear(plan: &SyncPlan) -> Vec<String> {
    let mut statements = plan.details.before_load.clone();
    statements.extend(emptying::statements(&plan.details.tables));
    if plan.details.auth_columns.is_empty() {
        return statements;
    }
    statements.extend(replace_users(plan));
    statements.extend(emptying::statements(&plan.details.tables));
    statements
}

/// Puts the auth users of the temporary tables in the place of those that are there.
pub(crate) fn replace_users(plan: &SyncPlan) -> Vec<String> {
    let role = |role| {
        (plan.method == Method::ReplicaRole).then(|| format!("set local session_replication_role = {role}"))
    };
    let mut statements: Vec<String> = role("origin").into_iter().collect();
    statements.extend(delete_stale_users(plan));
    statements.extend(upsert_users(plan));
    statements.push("set constraints all immediate".to_owned());
    statements.push("set constraints all deferred".to_owned());
    statements.extend(role("replica"));
    statements
}

/// Ends a sync that would put a user who came in the place of one whom no backup has: of the same id, but with an address
/// that is not of those that go along.
pub(crate) fn spare_users(plan: &SyncPlan) -> Option<String> {
    plan.details.auth_columns.iter().find(|(name, _)| name == "users")?;
    let came = format!("pg_temp.{}", identifier(&temporary_name(&auth_table("users"))));
    let goes_along = user_condition(plan.auth_users.as_deref(), "users");
    let body = format!(
        "declare others text; begin \
           select string_agg(id::text, ', ') into others from auth.users \
           where not coalesce({}, false) and id in (select id from {came} where {goes_along}); \
           if others is not null then \
             raise exception 'a test user that goes along has the id of another user here: %', others using \
             hint = 'give that user of the source another id, or widen `auth_users` in crmctl.toml so that both go along'; \
           end if; end",
        replaced_users(plan, "users")
    );
    Some(format!("do {}", literal(&body)))
}

/// Puts the auth users of the temporary tables into place. Identities have no key that all versions of the
/// auth schema share, so those of the users at hand are replaced.
fn upsert_users(plan: &SyncPlan) -> Vec<String> {
    let mut statements = Vec::new();
    for (name, columns) in &plan.details.auth_columns {
        let table = auth_table(name);
        let temporary = format!("pg_temp.{}", identifier(&temporary_name(&table)));
        let list = columns_sql(columns);
        let insert = format!("insert into {table} ({list}) select {list} from {temporary}");
        if name == "users" {
            let excluded: Vec<String> =
                columns.iter().map(|column| format!("excluded.{}", identifier(column))).collect();
            // A shell must not take the place of a user that is in no backup.
            let only = plan.selected.referred_users.as_ref().map(|_| {
                let is_test = user_condition(plan.auth_users.as_deref(), "users").replacen(
                    "email",
                    "excluded.email",
                    1,
                );
                format!(" where {is_test} or {}", is_shell("users.email"))
            });
            statements.push(format!(
                "{insert} on conflict (id) do update set ({list}) = row({}){}",
                excluded.join(", "),
                only.unwrap_or_default()
            ));
        } else {
            let users = identifier(&temporary_name(&auth_table("users")));
            let of_test = user_condition(plan.auth_users.as_deref(), "users");
            statements.push(format!(
                "delete from {table} where user_id in (select id from pg_temp.{users} where {of_test})"
            ));
            statements.push(insert);
        }
    }
    statements
}

/// The condition on the auth users of the target that make room: the test users, and shells of an earlier sync.
pub(crate) fn replaced_users(plan: &SyncPlan, table: &str) -> String {
    let condition = user_condition(plan.auth_users.as_deref(), table);
    match &plan.selected.referred_users {
        Some(_) if table == "users" => format!("{condition} or {}", is_shell("email")),
        _ => condition,
    }
}

/// Removes auth users that match the pattern and are not among those that came.
fn delete_stale_users(plan: &SyncPlan) -> Vec<String> {
    if plan.details.auth_columns.is_empty() {
        return Vec::new();
    }
    let stale = is_stale_user(plan);
    let mut statements: Vec<String> =
        plan.details.bystanders.iter().map(|(table, column)| spare(table, column, &stale)).collect();
    statements.push(format!("delete from \"auth\".\"users\" where {stale}"));
    statements
}

/// A condition on `auth.users`: who is meant by the pattern and is not among those that came.
pub(crate) fn is_stale_user(plan: &SyncPlan) -> String {
    let users = identifier(&temporary_name(&auth_table("users")));
    format!("({}) and id not in (select id from pg_temp.{users})", replaced_users(plan, "users"))
}

/// Whether shells came that are not there as they came. A user with the same id who is no shell stays as he is.
pub(crate) fn has_new_shells() -> String {
    format!(
        "exists (select from pg_temp.{} as n where {} and not exists (select from \"auth\".\"users\" as u \
         where u.id = n.id and (u.email = n.email or not coalesce({}, false))))",
        identifier(&temporary_name(&auth_table("users"))),
        is_shell("n.email"),
        is_shell("u.email"),
    )
}

/// Fails when an excluded table holds rows of users who are about to go.
fn spare(table: &TableName, column: &str, stale: &str) -> String {
    let problem =
        format!("excluded rows of {table} belong to users who are not in the source and would go with them");
    format!(
        "do {}",
        literal(&format!(
            "begin if exists (select from {} where {} in (select id from auth.users where {stale})) then \
             raise exception using errcode = '23503', message = {}; end if; end",
            table.sql(),
            identifier(column),
            literal(&problem)
        ))
    )
}

/// A digest of the auth users that go along: comparable between both sides.
pub(crate) fn users_digest(plan: &SyncPlan) -> String {
    let parts: Vec<String> = plan
        .details
        .auth_columns
        .iter()
        .map(|(name, columns)| {
            format!(
                "select {} as part, count(*) as rows, coalesce(sum(pg_catalog.hashtextextended(row({})::text collate \"C\", 0)), 0) as digest \
                 from {} where {}",
                literal(name),
                columns_sql(columns),
                auth_table(name),
                user_condition(plan.auth_users.as_deref(), name)
            )
        })
        .collect();
    if parts.is_empty() {
        "select 'none' as part, 0 as rows, 0 as digest".to_owned()
    } else {
        parts.join(" union all ")
    }
}
