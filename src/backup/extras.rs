//! What a plain `pg_dump` of the user's schemas misses on Supabase, as SQL: extensions, triggers on the platform's
//! tables, policies on its storage, and who is in which publication.
//!
//! On a hosted project some of it needs rights that only the platform gives. Each statement stands in a block of
//! its own that turns a refusal into a warning, so that one policy does not cost the whole restore.

use serde_json::Value;

use crate::catalog::Facts;
use crate::catalog::{Catalog, managed};
use crate::pg::{PgResult, Row, TableName, identifier, literal};

/// A table in a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    publication: String,
    table: TableName,
    columns: Option<String>,
    condition: Option<String>,
}

/// An extension, and the schema its objects are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    name: String,
    schema: String,
}

/// The query for [`Published::from_rows`].
#[must_use]
pub fn publication_query() -> String {
    format!(
        "select p.pubname as publication, n.nspname as schema, c.relname as name, \
           pg_catalog.pg_get_expr(r.prqual, r.prrelid) as condition, \
           (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_catalog.pg_attribute a \
            where a.attrelid = c.oid and a.attnum = any (r.prattrs)) as columns \
         from pg_catalog.pg_publication_rel r \
         join pg_catalog.pg_publication p on p.oid = r.prpubid \
         join pg_catalog.pg_class c on c.oid = r.prrelid \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where {} order by 1, 2, 3",
        managed::is_user_schema_sql("n.nspname")
    )
}

/// The query for [`Extension::from_rows`].
pub const EXTENSION_QUERY: &str = "select e.extname as name, n.nspname as schema from pg_catalog.pg_extension e \
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql' order by e.oid";

impl Published {
    /// The tables in the rows of [`publication_query`].
    pub fn from_rows(rows: &[Row]) -> PgResult<Vec<Self>> {
        rows.iter()
            .map(|row| {
                Ok(Self {
                    publication: row.get("publication")?,
                    table: TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?),
                    columns: row.text("columns").map(str::to_owned),
                    condition: row.text("condition").map(str::to_owned),
                })
            })
            .collect()
    }
}

impl Extension {
    /// Makes it where it is missing, and the schema it is in.
    #[must_use]
    pub fn create(&self) -> [String; 2] {
        let schema = identifier(&self.schema);
        [
            format!("create schema if not exists {schema}"),
            format!("create extension if not exists {} with schema {schema}", identifier(&self.name)),
        ]
    }

    /// The extensions in the rows of [`EXTENSION_QUERY`].
    pub fn from_rows(rows: &[Row]) -> PgResult<Vec<Self>> {
        rows.iter().map(|row| Ok(Self { name: row.get("name")?, schema: row.get("schema")? })).collect()
    }
}

/// Extensions, which the user's objects may need: they come before everything else.
#[must_use]
pub fn extensions_sql(extensions: &[Extension]) -> String {
    let mut sql = String::from("-- Extensions, where they are missing\n");
    for extension in extensions {
        sql += &tolerant(&format!("extension {}", extension.name), &extension.create());
    }
    sql + "\n"
}

/// Triggers, policies and publications, each tolerant: they come after everything else.
#[must_use]
pub fn attachments_sql(catalog: &Catalog, published: &[Published]) -> String {
    let mut sql = String::from("-- What hangs on objects of the platform\n");
    for (what, statements) in attachments(catalog, published) {
        sql += &tolerant(&what, &statements);
    }
    sql
}

/// The same as statements: what each is about, and what makes it.
#[must_use]
pub fn attachments(catalog: &Catalog, published: &[Published]) -> Vec<(String, Vec<String>)> {
    let mut attachments = Vec::new();
    for (name, facts) in catalog.of_kind("trigger").filter(|(name, _)| managed::is_managed(&name.schema)) {
        if let (Some(table), Some(definition)) = (text(facts, "table"), text(facts, "definition")) {
            let trigger = name.name.get(table.len() + 1..).unwrap_or_default();
            let table = TableName::new(&name.schema, table);
            let drop = format!("drop trigger if exists {} on {}", identifier(trigger), table.sql());
            attachments.push((name.to_string(), replacing(drop, definition)));
        }
    }
    for (name, facts) in catalog.of_kind("policy").filter(|(name, _)| managed::is_managed(&name.schema)) {
        if let Some((drop, create)) = policy(&name.schema, &name.name, facts) {
            attachments.push((name.to_string(), vec![drop, create]));
        }
    }
    for table in published {
        let publication = identifier(&table.publication);
        let columns = table.columns.as_deref().map(|columns| format!(" ({columns})")).unwrap_or_default();
        let condition = table.condition.as_deref().map(|text| format!(" where ({text})")).unwrap_or_default();
        let create = format!(
            "do {}",
            literal(&format!(
                "begin if not exists (select from pg_catalog.pg_publication where pubname = {}) then \
                 create publication {publication}; end if; end",
                literal(&table.publication)
            ))
        );
        let add =
            format!("alter publication {publication} add table {}{columns}{condition}", table.table.sql());
        attachments
            .push((format!("publication {} of {}", table.publication, table.table), vec![create, add]));
    }
    attachments
}

/// A trigger is replaced where that is possible: dropping one takes more rights than creating one.
fn replacing(drop: String, definition: &str) -> Vec<String> {
    match definition.strip_prefix("CREATE TRIGGER") {
        Some(rest) => vec![format!("create or replace trigger{rest}")],
        None => vec![drop, definition.to_owned()],
    }
}

fn policy(schema: &str, name: &str, facts: &Facts) -> Option<(String, String)> {
    let table = text(facts, "table")?;
    let policy = identifier(name.get(table.len() + 1..)?);
    let table = TableName::new(schema, table).sql();
    let command = match text(facts, "command")? {
        "r" => "select",
        "a" => "insert",
        "w" => "update",
        "d" => "delete",
        _ => "all",
    };
    let kind =
        if facts.get("permissive") == Some(&Value::Bool(false)) { "restrictive" } else { "permissive" };
    let roles: Vec<String> = facts
        .get("roles")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .map(|role| if role == "public" { role.to_owned() } else { identifier(role) })
        .collect();
    let mut create =
        format!("create policy {policy} on {table} as {kind} for {command} to {}", roles.join(", "));
    if let Some(condition) = text(facts, "using") {
        create += &format!(" using ({condition})");
    }
    if let Some(condition) = text(facts, "check") {
        create += &format!(" with check ({condition})");
    }
    Some((format!("drop policy if exists {policy} on {table}"), create))
}

fn text<'a>(facts: &'a Facts, name: &str) -> Option<&'a str> {
    facts.get(name)?.as_str()
}

/// Statements that are done together or not at all, a refusal being told by a warning.
fn tolerant(what: &str, statements: &[String]) -> String {
    let work: Vec<String> = statements.iter().map(|sql| format!("execute {};", literal(sql))).collect();
    let body = format!(
        "begin {} exception when insufficient_privilege or undefined_object or undefined_table or undefined_function \
         or undefined_file or duplicate_object or feature_not_supported or object_not_in_prerequisite_state then \
         raise warning '%: not restored: %', {}, sqlerrm; end",
        work.join(" "),
        literal(&what.replace('`', ""))
    );
    format!("do {};\n", literal(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_policy_is_written_as_it_was() {
        let facts: Facts = serde_json::from_value(json!({
            "table": "objects", "command": "a", "permissive": true, "roles": ["authenticated", "public"], "check": "(bucket_id = 'x')"
        }))
        .unwrap();

        let (drop, create) = policy("storage", "objects.Own files", &facts).unwrap();
        assert_eq!(drop, "drop policy if exists \"Own files\" on \"storage\".\"objects\"");
        assert_eq!(
            create,
            "create policy \"Own files\" on \"storage\".\"objects\" as permissive for insert \
             to \"authenticated\", public with check ((bucket_id = 'x'))"
        );
    }
}
