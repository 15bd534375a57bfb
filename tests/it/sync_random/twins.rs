//! Two databases of one schema, and a judge of what they hold that is none of the program's.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::data_type::literal;
use super::schema::Schema;
use crate::support::{Database, Project, Which};

/// Runs a statement, or notes that it was refused.
const TRY: &str = "begin execute {sql}; set constraints all immediate; \
    exception when others then insert into pg_temp.refused values ({sql}, sqlerrm); end";

/// The rows of each table or materialized view, whatever the order of its columns; those of partitions are their root's.
const ROWS: &str = "select format('select %L, %s::text from %s %I.%I whole_row', \
    case rn.nspname when 'public' then '' else rn.nspname || '.' end || root.relname, \
    case when count(attname) = 0 then '''()''' else \
    format('row(%s)', string_agg(format('whole_row.%I', coalesce(attname, '')), ',' order by attname)) end, \
    case c.relkind when 'r' then 'only' else '' end, n.nspname, c.relname) \
    from pg_class c join pg_namespace n on n.oid = c.relnamespace \
    join pg_class root on root.oid = coalesce(pg_partition_root(c.oid), c.oid) join pg_namespace rn on rn.oid = root.relnamespace \
    left join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped \
    where (c.relkind = 'r' or c.relkind = 'm' and c.relispopulated) \
    and n.nspname !~ '^pg_|^(information_schema|auth|storage|realtime|supabase_.*)$' \
    group by rn.nspname, root.relname, n.nspname, c.relname, c.relkind";

const SEQUENCES: &str = "select format('select %L, last_value || '' '' || is_called from %I.%I', \
    format('sequence %I.%I', schemaname, sequencename), schemaname, sequencename) from pg_sequences \
    where schemaname !~ '^(auth|storage|realtime|supabase_.*)$'";

/// The rows of each table.
pub(super) type Rows = BTreeMap<String, Vec<String>>;

/// The source, the target, and a project that knows both.
pub(super) struct Twins {
    pub(super) source: Database,
    pub(super) target: Database,
    pub(super) project: Project,
    /// Statements that were refused, with the reason, and how many were not.
    pub(super) refused: Vec<String>,
}

impl Twins {
    pub(super) fn of(schema: &Schema, which: Which) -> Self {
        let (source, target) = (Database::empty(), Database::empty_on(which));
        let mut refused = Vec::new();
        for (database, parts) in [&source, &target].into_iter().zip(&schema.parts) {
            refused = parts.iter().flat_map(|statements| attempt(database, statements)).collect();
        }
        let project = Project::new().local(&source).cloud(&target);
        Self { source, target, project, refused }
    }
}

/// Runs statements as the role that users have, and gives those that were refused.
pub(super) fn attempt(database: &Database, statements: &[String]) -> Vec<String> {
    let attempts: Vec<String> = statements
        .iter()
        .map(|sql| format!("do {}", literal(&TRY.replace("{sql}", &literal(sql)))))
        .collect();
    let sql = format!(
        "create temp table refused (sql text, reason text); grant all on pg_temp.refused to postgres; set role postgres; {}; \
         select reason || ': ' || sql from pg_temp.refused",
        attempts.join("; ")
    );
    database.column(&sql)
}

/// All rows of a database, and where its sequences stand.
pub(super) fn rows(database: &Database) -> Rows {
    let mut rows = Rows::new();
    for question in [ROWS, SEQUENCES] {
        let queries: Vec<String> = database.column(question);
        for row in database.query(&format!("set timezone = 'UTC'; {}", queries.join("; "))) {
            let [table, row] = &row[..] else { unreachable!("two columns were asked for") };
            rows.entry(table.clone().unwrap_or_default()).or_default().push(row.clone().unwrap_or_default());
        }
    }
    for rows in rows.values_mut() {
        rows.sort();
    }
    rows
}

/// The definitions of a database, as `pg_dump` writes them, line by line.
pub(super) fn definitions(database: &Database) -> Vec<String> {
    let output =
        Command::new("pg_dump").args(["--schema-only", "-d", &database.admin_url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // Newer versions begin and end with a word that is another one each time.
    let is_fixed = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    text.lines().filter(is_fixed).map(str::to_owned).collect()
}

/// The tables whose rows differ, with how many rows only the left and only the right side has.
pub(super) fn differing(left: &Rows, right: &Rows) -> BTreeMap<String, [usize; 2]> {
    let none = Vec::new();
    let only = |these: &[String], those: &[String]| {
        let mut those = those.to_vec();
        let mut is_new = |row: &String| those.binary_search(row).map(|place| those.remove(place)).is_err();
        these.iter().filter(|row| is_new(row)).count()
    };
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let counts = names.into_iter().map(|name| {
        let (ours, theirs) = (left.get(name).unwrap_or(&none), right.get(name).unwrap_or(&none));
        (name.clone(), [only(ours, theirs), only(theirs, ours)])
    });
    counts.filter(|(_, counts)| *counts != [0, 0]).collect()
}
