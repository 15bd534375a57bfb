//! The platform's tables whose rows are the user's: logins, buckets, the migration history. `pg_dump` leaves them
//! out together with their schemas, so crmctl carries them itself, as SQL that plain psql restores.

use crate::pg::{PgResult, Row, TableName, identifier};

/// A column of such a table. What there is differs between versions of the platform: never assumed, always read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedColumn {
    /// Name, unquoted.
    pub name: String,
    /// Type as SQL.
    pub data_type: String,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// Default as SQL.
    pub default: Option<String>,
}

/// A table of the platform whose rows are carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedTable {
    /// Its name.
    pub name: TableName,
    /// Columns that are stored, in the table's order.
    pub columns: Vec<CarriedColumn>,
    /// Columns of the primary key.
    pub key: Vec<String>,
}

/// What happens to the rows that the target has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Rows of the same key are updated, others stay: people may have signed up since.
    Upsert,
    /// All rows are replaced.
    Replace,
}

/// The query for [`CarriedTable::from_rows`]. The journal of deploys tells what was done to this database: it is not
/// carried, or a restore would make it forget.
pub const QUERY: &str = "\
    select n.nspname as schema, c.relname as name, a.attname as column, \
      pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null, \
      case when a.attidentity = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as default_value, \
      coalesce(array_position(k.conkey, a.attnum), 0) as key_place \
    from pg_catalog.pg_class c \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' \
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum \
    left join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'p' \
    where c.relkind = 'r' and ((n.nspname, c.relname) in (('auth', 'users'), ('auth', 'identities'), ('storage', 'buckets')) \
      or n.nspname = 'supabase_migrations' and c.relname <> 'crmctl_deploys') \
      and pg_catalog.has_table_privilege(c.oid, 'select') \
    order by n.nspname = 'auth' desc, c.relname = 'users' desc, n.nspname, c.relname, a.attnum";

impl CarriedTable {
    /// The tables in the rows of [`QUERY`]; logins come before what refers to them.
    pub fn from_rows(rows: &[Row]) -> PgResult<Vec<Self>> {
        let mut tables: Vec<Self> = Vec::new();
        let mut places: Vec<(usize, String)> = Vec::new();
        for row in rows {
            let name = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            if tables.last().is_none_or(|table| table.name != name) {
                close_key(tables.last_mut(), &mut places);
                tables.push(Self { name, columns: Vec::new(), key: Vec::new() });
            }
            let column: String = row.get("column")?;
            let place: usize = row.get("key_place")?;
            if place > 0 {
                places.push((place, column.clone()));
            }
            if let Some(table) = tables.last_mut() {
                table.columns.push(CarriedColumn {
                    name: column,
                    data_type: row.get("type")?,
                    not_null: row.flag("not_null"),
                    default: row.text("default_value").map(str::to_owned),
                });
            }
        }
        close_key(tables.last_mut(), &mut places);
        Ok(tables)
    }

    fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| identifier(&column.name)).collect();
        names.join(", ")
    }

    /// The statement that reads the rows, in an order that does not change by itself.
    #[must_use]
    pub fn copy_out(&self) -> String {
        let key: Vec<String> = self.key.iter().map(|column| identifier(column)).collect();
        let order = if key.is_empty() { String::new() } else { format!(" order by {}", key.join(", ")) };
        format!("copy (select {} from {}{order}) to stdout", self.column_list(), self.name.sql())
    }

    /// SQL before and after the rows.
    #[must_use]
    pub fn frame(&self, manner: Manner) -> (String, String) {
        let (table, columns) = (self.name.sql(), self.column_list());
        match manner {
            Manner::Replace => (
                format!(
                    "{}delete from {table} where true;\ncopy {table} ({columns}) from stdin;\n",
                    self.create_if_missing()
                ),
                "\\.\n\n".to_owned(),
            ),
            Manner::Upsert => (
                format!(
                    "create temporary table crmctl_carrier as select {columns} from {table} with no data;\n\
                     copy pg_temp.crmctl_carrier ({columns}) from stdin;\n"
                ),
                format!(
                    "\\.\n{}insert into {table} ({columns}) select {columns} from pg_temp.crmctl_carrier{};\n\
                     drop table pg_temp.crmctl_carrier;\n\n",
                    self.make_room(),
                    self.on_conflict()
                ),
            ),
        }
    }

    /// A login that was made later with the address of one in the backup gives way: there can be only one.
    fn make_room(&self) -> String {
        let has = |name: &str| self.columns.iter().any(|column| column.name == name);
        if self.name != TableName::new("auth", "users") || !has("id") || !has("email") {
            return String::new();
        }
        "delete from auth.users u using pg_temp.crmctl_carrier c where lower(u.email) = lower(c.email) and u.id <> c.id;\n"
            .to_owned()
    }

    fn on_conflict(&self) -> String {
        if self.key.is_empty() {
            return String::new();
        }
        let key: Vec<String> = self.key.iter().map(|column| identifier(column)).collect();
        let rest: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !self.key.contains(&column.name))
            .map(|column| format!("{0} = excluded.{0}", identifier(&column.name)))
            .collect();
        let action =
            if rest.is_empty() { "nothing".to_owned() } else { format!("update set {}", rest.join(", ")) };
        format!(" on conflict ({}) do {action}", key.join(", "))
    }

    /// The history's tables are made by whoever writes the first row: an empty project has none.
    fn create_if_missing(&self) -> String {
        let mut lines: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let not_null = if column.not_null { " not null" } else { "" };
                // A default that counts would need its sequence; the rows bring their values.
                let default = column.default.as_deref().filter(|default| !default.contains("nextval("));
                let default = default.map(|default| format!(" default {default}")).unwrap_or_default();
                format!("  {} {}{default}{not_null}", identifier(&column.name), column.data_type)
            })
            .collect();
        if !self.key.is_empty() {
            let key: Vec<String> = self.key.iter().map(|column| identifier(column)).collect();
            lines.push(format!("  primary key ({})", key.join(", ")));
        }
        format!(
            "create schema if not exists {};\ncreate table if not exists {} (\n{}\n);\n",
            identifier(&self.name.schema),
            self.name.sql(),
            lines.join(",\n")
        )
    }
}

fn close_key(table: Option<&mut CarriedTable>, places: &mut Vec<(usize, String)>) {
    places.sort();
    let key = places.drain(..).map(|(_, column)| column).collect();
    if let Some(table) = table {
        table.key = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(schema: &str, name: &str) -> CarriedTable {
        let column = |name: &str, not_null| CarriedColumn {
            name: name.to_owned(),
            data_type: "text".to_owned(),
            not_null,
            default: None,
        };
        CarriedTable {
            name: TableName::new(schema, name),
            columns: vec![column("id", true), column("e mail", false)],
            key: vec!["id".to_owned()],
        }
    }

    #[test]
    fn logins_are_updated_by_key_and_never_deleted() {
        let (before, after) = table("auth", "users").frame(Manner::Upsert);

        assert!(
            before.ends_with("copy pg_temp.crmctl_carrier (\"id\", \"e mail\") from stdin;\n"),
            "{before}"
        );
        assert!(
            after.contains("on conflict (\"id\") do update set \"e mail\" = excluded.\"e mail\";"),
            "{after}"
        );
        assert!(!before.contains("delete") && !after.contains("delete"));
    }

    #[test]
    fn the_history_is_replaced_and_made_where_there_is_none() {
        let (before, _) = table("supabase_migrations", "schema_migrations").frame(Manner::Replace);

        assert!(
            before.starts_with(
                "create schema if not exists \"supabase_migrations\";\ncreate table if not exists"
            )
        );
        assert!(
            before.contains("  \"id\" text not null,\n  \"e mail\" text,\n  primary key (\"id\")\n);"),
            "{before}"
        );
        assert!(before.contains("where true;\ncopy \"supabase_migrations\"."), "{before}");
    }
}
