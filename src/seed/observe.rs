//! What a database holds of what is to be seeded: two round trips, nothing written.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Explain, Kind, Location};
use crate::pg::{PgError, PgResult, Row, Session, TableName, text_array};
use crate::plan::Fingerprint;
use crate::seed::generate::{Digest, Table};
use crate::seed::observation::{Observation, Reference, Request, TableState, UserState};
use crate::seed::own::{self, OwnError, Relation, Surroundings};
use crate::seed::record::{Columns, auth_identity, auth_user, sales_person};
use crate::seed::source::Source;
use crate::seed::statements;

/// Why nothing can be said of what is there.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The server, or the way to it.
    #[error(transparent)]
    Server(#[from] PgError),
    /// The description does not fit the database.
    #[error(transparent)]
    Own(#[from] OwnError),
}

impl Explain for ObserveError {
    fn kind(&self) -> Kind {
        match self {
            Self::Server(error) => error.kind(),
            Self::Own(error) => error.kind(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Server(error) => error.help(),
            Self::Own(error) => error.help(),
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Server(error) => error.location(),
            Self::Own(error) => error.location(),
        }
    }

    fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Server(error) => error.code(),
            Self::Own(error) => error.sqlstate(),
        }
    }
}

/// What the plan is made from. A database without the tables is observed as such; the plan refuses it.
pub async fn observe(session: &mut Session, request: &Request<'_>) -> Result<Observation, ObserveError> {
    let answer = session.run(&catalog_queries(request)).await?;
    let mut results = answer.results.into_iter();
    let columns = columns(&results.next().unwrap_or_default())?;
    let references = references(&results.next().unwrap_or_default())?;
    let relations = own::relations(&results.next().unwrap_or_default())?;
    let mut observation = Observation::new(columns, references);
    if observation.missing(request).is_some() {
        return Ok(observation);
    }
    observation.sources = sources(request, &relations)?;
    observation.fingerprint.query = fingerprint_query(request, &observation);
    let shapes: Vec<_> = observation.sources.iter().map(Source::shape).collect();
    let all = |select: &dyn Fn(usize) -> String| {
        let selects: Vec<String> = (0..shapes.len()).map(select).collect();
        if selects.is_empty() { "select where false".to_owned() } else { selects.join(" union all ") }
    };
    session.send(&format!(
        "select ({})::text as value; {}; {}",
        observation.fingerprint.query,
        users_query(request, &observation),
        all(&|number| statements::count(&shapes[number], number))
    ))?;
    session.send(&all(&|number| statements::digest(&shapes[number], number)))?;

    let answer = session.receive().await?.ok()?;
    let mut results = answer.results.into_iter();
    let value = results.next().unwrap_or_default();
    observation.fingerprint.value = value.first().and_then(|row| row.text("value")).map(str::to_owned);
    observation.users = results.next().unwrap_or_default().iter().map(user_state).collect();
    let counts = digests(&results.next().unwrap_or_default(), shapes.len())?;
    // While the server computes what is in its rows, the same is computed here, on a thread of its own.
    let expected = expect(&observation.sources, &counts);
    let answer = session.receive().await?.ok()?;
    let present = digests(&answer.rows(), shapes.len())?;
    let expected = expected.join().unwrap_or_default();
    observation.tables = present
        .into_iter()
        .enumerate()
        .map(|(number, present)| {
            let known = expected.get(number).copied().flatten();
            let blocks = known.filter(|(_, digest)| *digest == present).map(|(blocks, _)| blocks);
            TableState { present, blocks }
        })
        .collect();
    Ok(observation)
}

/// All that is seeded, parents first.
fn sources(request: &Request<'_>, relations: &[Relation]) -> Result<Vec<Source>, OwnError> {
    if !request.what.has_data() {
        return Ok(Vec::new());
    }
    let mut sources = Vec::new();
    if request.has_crm() {
        sources.extend(Table::ALL.map(|table| Source::Crm(Arc::clone(request.model), table)));
    }
    if let Some(description) = request.own {
        let surroundings = Surroundings { model: request.model };
        let design = own::compile(description, relations, surroundings)?;
        sources.extend((0..design.tables.len()).map(|table| Source::Own(Arc::clone(&design), table)));
    }
    Ok(sources)
}

/// For each table the number of blocks that would have as many rows as there are, and what would be in them.
type Expected = Vec<Option<(u64, Digest)>>;

fn expect(sources: &[Source], counts: &[Digest]) -> std::thread::JoinHandle<Expected> {
    let tables: Vec<(Source, u64)> =
        sources.iter().cloned().zip(counts.iter().map(|count| count.rows)).collect();
    std::thread::spawn(move || {
        let one = |(source, rows): &(Source, u64)| {
            let blocks = if *rows == 0 { None } else { source.blocks_of(*rows) }?;
            Some((blocks, source.digest(0..blocks)))
        };
        tables.iter().map(one).collect()
    })
}

fn digests(rows: &[Row], tables: usize) -> PgResult<Vec<Digest>> {
    let mut digests = vec![Digest::default(); tables];
    for row in rows {
        let number: usize = row.get("number")?;
        if let Some(digest) = digests.get_mut(number) {
            let sum = if row.columns().iter().any(|column| column == "sum") { row.get("sum")? } else { 0 };
            *digest = Digest { rows: row.get("rows")?, sum };
        }
    }
    Ok(digests)
}

/// The columns of the tables that are written, what refers to them, and what the project's own tables are.
fn catalog_queries(request: &Request<'_>) -> String {
    let mut names = vec![TableName::new("auth", "users"), TableName::new("auth", "identities")];
    if request.has_crm() {
        names.push(TableName::new("public", "sales"));
        names.push(TableName::new("public", "test_user_metadata"));
        names.extend(Table::ALL.map(|table| TableName::new("public", table.name())));
    }
    let own: Vec<TableName> = request.own.map(|own| own.names().cloned().collect()).unwrap_or_default();
    let qualified = |tables: &[TableName]| {
        text_array(&tables.iter().map(|table| format!("{}.{}", table.schema, table.name)).collect::<Vec<_>>())
    };
    let tables = qualified(&names);
    let targets = qualified(&[names, own.clone()].concat());
    format!(
        "select n.nspname || '.' || c.relname as name, a.attname as attribute \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
           and a.attgenerated = '' \
         where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any ({tables}); \
         select tn.nspname as schema, t.relname as name, fn.nspname as target_schema, f.relname as target, \
           (select pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, b.attname) order by p.place) \
            from rows from (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) with ordinality p (own, other, place) \
            join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = p.own \
            join pg_catalog.pg_attribute b on b.attrelid = f.oid and b.attnum = p.other)::text as pairs \
         from pg_catalog.pg_constraint k \
         join pg_catalog.pg_class t on t.oid = k.conrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace \
         join pg_catalog.pg_class f on f.oid = k.confrelid join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace \
         where k.contype = 'f' and k.conparentid = 0 and fn.nspname || '.' || f.relname = any ({targets}) \
         order by tn.nspname, t.relname, k.conname; {}",
        own::query(&own)
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
            let name = |schema, table| -> PgResult<TableName> {
                Ok(TableName::new(row.get::<String>(schema)?, row.get::<String>(table)?))
            };
            let columns = serde_json::from_str(row.text("pairs").unwrap_or_default()).map_err(|error| {
                PgError::Protocol(format!("the catalog's answer cannot be read: {error}"))
            })?;
            Ok(Reference {
                table: name("schema", "name")?,
                columns,
                target: name("target_schema", "target")?,
            })
        })
        .collect()
}

/// What must not change between plan and execution: the rows of the logins (by row version, never by hash), and
/// which tables hold no generated row yet, because those are filled without looking.
fn fingerprint_query(request: &Request<'_>, observation: &Observation) -> String {
    let ids: Vec<String> = request.logins.iter().map(|login| format!("'{}'", login.id)).collect();
    let mut facts = Vec::new();
    if observation.has_auth() {
        facts.push(format!(
            "(select string_agg(u.id || ':' || u.xmin, ' ' order by u.id) from auth.users u where u.id in ({}))",
            ids.join(", ")
        ));
    }
    facts.extend(observation.sources.iter().map(|source| {
        let shape = source.shape();
        format!("exists (select from {} t where {})", shape.name(), shape.ours("t"))
    }));
    // One text however many facts there are: a function takes a hundred arguments.
    let facts: Vec<String> = facts.iter().map(|fact| format!("coalesce(({fact})::text, '')")).collect();
    if facts.is_empty() { "select ''".to_owned() } else { format!("select {}", facts.join(" || ' ' || ")) }
}

fn users_query(request: &Request<'_>, observation: &Observation) -> String {
    if !observation.has_auth() {
        return "select where false".to_owned();
    }
    let (columns, wanted) = (&observation.columns, statements::wanted_count(request.model));
    let queries: Vec<String> = request
        .logins
        .iter()
        .map(|login| {
            let id = login.id;
            let mut rules = vec![auth_user(login, None, columns).is_right(), auth_identity(login, columns).is_right()];
            let mut person = ["u.id is not null".to_owned(), "true".to_owned(), "true".to_owned()];
            if request.has_crm() {
                rules.push(sales_person(login, columns).is_right());
                let entry = |what: &str| {
                    format!("(select {what} from public.test_user_metadata m where m.user_id = '{id}'::uuid)")
                };
                person = [
                    format!("exists (select from public.sales s where s.id = '{id}'::uuid)"),
                    entry(&format!("m.role = '{}'", login.role)),
                    entry(&format!("m.test_data_counts = {}", statements::counts(login, &wanted))),
                ];
            }
            format!(
                "select u.id is not null as present, u.encrypted_password as hash, {} as is_right, {} as person, \
                 {} as entry, {} as counted, \
                 (select o.id::text from auth.users o where lower(o.email) = {email} and o.id <> '{id}'::uuid limit 1) \
                  as rival \
                 from (select 1) one left join auth.users u on u.id = '{id}'::uuid",
                rules.join(" and "),
                person[0],
                person[1],
                person[2],
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

impl Observation {
    fn new(columns: Columns, references: Vec<Reference>) -> Self {
        Self {
            columns,
            references,
            users: Vec::new(),
            sources: Vec::new(),
            tables: Vec::new(),
            fingerprint: Fingerprint { query: "select ''".to_owned(), value: Some(String::new()) },
        }
    }
}
