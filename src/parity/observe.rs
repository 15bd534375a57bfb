//! What one side of a comparison is, read in two round trips from one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::{Catalog, Table, snapshot};
use crate::parity::Level;
use crate::parity::digest::TableDigest;
use crate::parity::failure::{ParityError, of_side};
use crate::parity::reading::{self, incomplete};
use crate::pg::{PgResult, Row, Session, TableName, literal, text_array};

/// Columns the auth server cannot read a NULL from: the login fails with "Database error querying schema".
const NEVER_NULL: &[&str] = &[
    "aud",
    "role",
    "confirmation_token",
    "recovery_token",
    "email_change_token_new",
    "email_change",
    "email_change_token_current",
    "phone_change",
    "phone_change_token",
    "reauthentication_token",
    "created_at",
    "updated_at",
    "instance_id",
    "email_change_confirm_status",
];

/// One side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The schema.
    pub catalog: Catalog,
    /// Its tables.
    pub tables: Vec<Table>,
    /// The rows of each; empty at the level `schema`.
    pub digests: BTreeMap<TableName, TableDigest>,
    /// Versions of the migrations that were applied; `None` without a history table.
    pub history: Option<BTreeSet<String>>,
    /// Test users by e-mail address; `None` where there is no auth schema, or nobody asked.
    pub test_users: Option<BTreeMap<String, TestUser>>,
    /// How its texts are stored.
    pub encoding: String,
    /// What no other database has.
    pub identity: String,
    /// Large objects it holds, which are not looked into.
    pub large_objects: u64,
}

/// A test user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestUser {
    /// Its id.
    pub id: String,
    /// Its CRM role, if the app's metadata name one.
    pub role: Option<String>,
    /// Why it could not log in. Empty when it could.
    pub problems: Vec<String>,
}

/// Reads one side. Leaves a read-only transaction open, so that what is read next is of the same snapshot; the
/// caller ends it.
pub async fn observe(
    session: &mut Session,
    level: Level,
    test_users: Option<&str>,
) -> Result<Side, ParityError> {
    let first = schema(session).await;
    let (facts, mut side) = of_side(session, first)?;

    let history = (level.has_schema() && facts.flag("history")).then(history_query);
    let users = test_users.filter(|_| level == Level::All && facts.flag("users")).map(users_query);
    reading::send(session, &side.tables, level)?;
    for query in [&history, &users].into_iter().flatten() {
        let sent = session.send(query);
        of_side(session, sent)?;
    }
    side.digests = reading::receive(session, &side.tables, level).await?;
    if history.is_some() {
        let versions = reading::rows(session).await;
        let versions = versions.and_then(|rows| rows.iter().map(|row| row.get("version")).collect());
        side.history = Some(of_side(session, versions)?);
    }
    if users.is_some() {
        let users = reading::rows(session).await;
        side.test_users = Some(of_side(session, users.and_then(|rows| rows.iter().map(user).collect()))?);
    }
    Ok(side)
}

/// The snapshot is opened, and the schema read in it.
async fn schema(session: &mut Session) -> PgResult<(Row, Side)> {
    session.send(reading::BEGIN)?;
    let catalog = snapshot::Reading::send(session)?;
    session.send(reading::SETTINGS)?;
    let facts = reading::rows(session).await?;
    let [facts] = &facts[..] else { return Err(incomplete()) };
    let catalog = catalog.receive(session).await?;
    reading::rows(session).await?;
    let tables = catalog.tables()?;
    let side = Side {
        catalog,
        tables,
        encoding: facts.get("encoding")?,
        identity: facts.get("identity")?,
        large_objects: facts.get("large_objects")?,
        ..Side::default()
    };
    Ok((facts.clone(), side))
}

fn history_query() -> String {
    "select version from supabase_migrations.schema_migrations order by version collate \"C\"".to_owned()
}

/// Columns come and go with the auth server's version: asked through jsonb, a missing one is no error. No secret
/// leaves the server.
fn users_query(pattern: &str) -> String {
    format!(
        "select u.id, lower(u.email) as email, \
           coalesce(j -> 'raw_app_meta_data' ->> 'crm_role', j -> 'raw_app_meta_data' ->> 'role') as role, \
           (select string_agg(c.key, ',' order by c.key collate \"C\") from jsonb_each(j) as c \
            where c.value = 'null' and c.key = any ({never_null})) as nulls, \
           j ->> 'instance_id' is distinct from '00000000-0000-0000-0000-000000000000' as foreign_instance, \
           j ->> 'aud' is distinct from 'authenticated' or j ->> 'role' is distinct from 'authenticated' as foreign_audience, \
           u.email is distinct from lower(u.email) as capitals, \
           coalesce(j ->> 'encrypted_password', '') = '' as no_password, \
           j ->> 'email_confirmed_at' is null as unconfirmed, \
           j ->> 'deleted_at' is not null as deleted, \
           coalesce((j ->> 'banned_until')::timestamptz > now(), false) as banned, \
           not exists (select from auth.identities as i where i.user_id = u.id and i.provider = 'email') as no_identity \
         from auth.users as u, lateral to_jsonb(u) as j \
         where lower(u.email) like lower({pattern}) order by lower(u.email) collate \"C\", u.id",
        never_null = text_array(NEVER_NULL),
        pattern = literal(pattern),
    )
}

/// What is wrong with a user, by the flag of [`users_query`] that says so.
const PROBLEMS: &[(&str, &str)] = &[
    ("foreign_instance", "`instance_id` is not the nil UUID"),
    ("foreign_audience", "`aud` and `role` must be `authenticated`"),
    ("capitals", "the e-mail address is not in lower case"),
    ("no_password", "it has no password"),
    ("unconfirmed", "its e-mail address is not confirmed"),
    ("deleted", "it is deleted"),
    ("banned", "it is banned"),
    ("no_identity", "it has no row in `auth.identities`"),
];

fn user(row: &Row) -> PgResult<(String, TestUser)> {
    let mut problems: Vec<String> = PROBLEMS
        .iter()
        .filter(|(flag, _)| row.flag(flag))
        .map(|(_, problem)| (*problem).to_owned())
        .collect();
    if let Some(columns) = row.text("nulls") {
        problems.push(format!("NULL where the auth server needs '': `{}`", columns.replace(',', "`, `")));
    }
    Ok((
        row.get("email")?,
        TestUser { id: row.get("id")?, role: row.text("role").map(str::to_owned), problems },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::fixture::row;

    #[test]
    fn a_user_s_problems_are_told_in_words() {
        let row =
            row(&[("id", "1"), ("email", "a@test.local"), ("nulls", "aud,recovery_token"), ("banned", "t")]);

        let (email, user) = user(&row).expect("a user");
        assert_eq!(email, "a@test.local");
        assert_eq!(
            user.problems,
            ["it is banned", "NULL where the auth server needs '': `aud`, `recovery_token`"]
        );
    }
}
