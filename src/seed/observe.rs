//! What a database holds of what is to be seeded: two round trips, nothing written.

use std::collections::{BTreeMap, BTreeSet};

use crate::pg::{PgResult, Row, Session, TableName, text_array};
use crate::plan::Fingerprint;
use crate::seed::generate::{Digest, Model, Table};
use crate::seed::observation::{Observation, Reference, Request, UserState};
use crate::seed::record::{Columns, auth_identity, auth_user, sales_person};
use crate::seed::statements;

/// What the plan is made from. A database without the tables is observed as such; the plan refuses it.
pub async fn observe(session: &mut Session, request: &Request<'_>) -> PgResult<Observation> {
    let answer = session.run(&catalog_queries()).await?;
    let mut results = answer.results.into_iter();
    let columns = columns(&results.next().unwrap_or_default())?;
    let references = references(&results.next().unwrap_or_default())?;
    let mut observation = Observation {
        columns,
        references,
        users: Vec::new(),
        tables: BTreeMap::new(),
        fingerprint: Fingerprint { query: "select ''".to_owned(), value: Some(String::new()) },
    };
    if observation.missing().is_some() {
        return Ok(observation);
    }
    observation.fingerprint.query = fingerprint_query(request);
    let reference = request.model.reference.to_string();
    let digests: Vec<String> =
        Table::ALL.iter().map(|table| statements::digest(*table, &reference)).collect();
    let sql = format!(
        "select ({})::text as value; {}; {}",
        observation.fingerprint.query,
        users_query(request, &observation.columns),
        digests.join(" union all ")
    );
    let answer = session.run(&sql).await?;
    let mut results = answer.results.into_iter();
    let value = results.next().unwrap_or_default();
    observation.fingerprint.value = value.first().and_then(|row| row.text("value")).map(str::to_owned);
    observation.users = results.next().unwrap_or_default().iter().map(user_state).collect();
    for row in results.next().unwrap_or_default() {
        let name: String = row.get("name")?;
        if let Some(table) = Table::ALL.into_iter().find(|table| table.name() == name) {
            observation.tables.insert(table, Digest { rows: row.get("rows")?, sum: row.get("sum")? });
        }
    }
    Ok(observation)
}

/// The columns of the tables that are written, and what refers to them.
fn catalog_queries() -> String {
    let mut tables = vec!["auth.users".to_owned(), "auth.identities".to_owned(), "public.sales".to_owned()];
    tables.push("public.test_user_metadata".to_owned());
    tables.extend(Table::ALL.iter().map(|table| format!("public.{}", table.name())));
    let tables = text_array(&tables);
    format!(
        "select n.nspname || '.' || c.relname as name, a.attname as attribute \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
           and a.attgenerated = '' \
         where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any ({tables}); \
         select tn.nspname as schema, t.relname as name, a.attname as attribute, f.relname as target \
         from pg_catalog.pg_constraint k \
         join pg_catalog.pg_class t on t.oid = k.conrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace \
         join pg_catalog.pg_class f on f.oid = k.confrelid join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace \
         join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1] \
         where k.contype = 'f' and k.conparentid = 0 and cardinality(k.conkey) = 1 and fn.nspname = 'public' \
           and 'public.' || f.relname = any ({tables}) order by 1, 2, 3"
    )
}

fn columns(rows: &[Row]) -> PgResult<Columns> {
    let mut columns = Columns::new();
    for row in rows {
        let table: &mut BTreeSet<String> = columns.entry(row.get("name")?).or_default();
        table.insert(row.get("attribute")?);
    }
    Ok(columns)
}

fn references(rows: &[Row]) -> PgResult<Vec<Reference>> {
    rows.iter()
        .map(|row| {
            let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            Ok(Reference { table, column: row.get("attribute")?, target: row.get("target")? })
        })
        .collect()
}

/// What must not change between plan and execution: the rows of the logins (by row version, never by hash), and
/// which tables hold no generated row yet, because those are filled without looking.
fn fingerprint_query(request: &Request<'_>) -> String {
    let reference = request.model.reference.to_string();
    let ids: Vec<String> = request.logins.iter().map(|login| format!("'{}'", login.id)).collect();
    let filled: Vec<String> = Table::ALL
        .iter()
        .map(|table| {
            let condition = statements::is_generated(*table, &reference);
            format!("exists (select from {} t where {condition})", statements::name(*table))
        })
        .collect();
    format!(
        "select concat_ws(' ', (select string_agg(u.id || ':' || u.xmin, ' ' order by u.id) from auth.users u \
         where u.id in ({})), {})",
        ids.join(", "),
        filled.join(", ")
    )
}

fn users_query(request: &Request<'_>, columns: &Columns) -> String {
    let wanted = statements::wanted_count(request.model);
    let queries: Vec<String> = request
        .logins
        .iter()
        .map(|login| {
            let records = [
                auth_user(login, None, columns).is_right(),
                auth_identity(login, columns).is_right(),
                sales_person(login, columns).is_right(),
            ];
            format!(
                "select u.id is not null as present, u.encrypted_password as hash, {} as is_right, \
                 exists (select from public.sales s where s.id = '{id}'::uuid) as person, \
                 (select m.role = '{role}' from public.test_user_metadata m where m.user_id = '{id}'::uuid) as entry, \
                 (select m.test_data_counts = {counts} from public.test_user_metadata m \
                  where m.user_id = '{id}'::uuid) as counted, \
                 (select o.id::text from auth.users o where lower(o.email) = {email} and o.id <> '{id}'::uuid limit 1) \
                  as rival \
                 from (select 1) one left join auth.users u on u.id = '{id}'::uuid",
                records.join(" and "),
                id = login.id,
                role = login.role,
                counts = statements::counts(login, &wanted),
                email = crate::pg::literal(&login.email),
            )
        })
        .collect();
    queries.join(" union all ")
}

fn user_state(row: &Row) -> UserState {
    UserState {
        is_present: row.flag("present"),
        is_right: row.flag("is_right"),
        has_person: row.flag("person"),
        has_entry: row.flag("entry"),
        has_counts: row.flag("counted"),
        hash: row.text("hash").map(crate::environment::Secret::new),
        rival: row.text("rival").map(str::to_owned),
    }
}

/// How many rows a model is to have in all: for progress.
pub(crate) fn wanted_rows(model: &Model) -> u64 {
    Table::ALL.iter().map(|table| model.total(*table)).sum()
}
