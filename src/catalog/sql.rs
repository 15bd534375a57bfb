//! The statement that reads a schema: its topics put together, with what SQL has no word for filled in.

use crate::catalog::managed;

/// Each in a file of its own: selects of (kind, schema, name, facts) under `union all`.
const TOPICS: &[&str] = &[
    include_str!("snapshot/relation.sql"),
    include_str!("snapshot/column.sql"),
    include_str!("snapshot/constraint.sql"),
    include_str!("snapshot/attached.sql"),
    include_str!("snapshot/routine.sql"),
    include_str!("snapshot/type.sql"),
    include_str!("snapshot/operator.sql"),
    include_str!("snapshot/text_search.sql"),
    include_str!("snapshot/server.sql"),
    include_str!("snapshot/row.sql"),
];

/// How definitions are to be printed, whatever the database or a migration has set: as in every session of ours.
/// Compiling so large a statement, or sharing it among processes, takes longer than running it. Comparing costs
/// nothing, or the larger side is hashed wherever nothing is known of the smaller. All of it ends with
/// the transaction, which the message itself is outside of any other.
const SETTINGS: &str = "set local client_encoding = 'UTF8'; set local search_path = ''; set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; \
    set local intervalstyle = 'postgres'; set local extra_float_digits = 3; set local bytea_output = 'hex'; \
    set local lc_monetary = 'C'; \
    set local xmloption = 'content'; set local standard_conforming_strings = on; set local statement_timeout = 0; \
    set local quote_all_identifiers = off; set local jit = off; set local max_parallel_workers_per_gather = 0; \
    set local join_collapse_limit = 1; set local enable_mergejoin = off; set local cpu_operator_cost = 0.00001; \
    set local work_mem = '64MB'; ";

/// The name of an option that holds a secret: its value stays on the server.
const SECRET: &str = "pass|secret|token|key|credential";

/// Characters of a piece of JSON: at four bytes each, below the 2 kB that a lexeme may have.
const PIECE: usize = 400;

/// The query for [`Catalog::from_rows`](crate::catalog::Catalog::from_rows): one message, one round trip. The
/// search path must be empty, so that every definition names its schemas.
#[must_use]
pub fn query() -> String {
    let topics = TOPICS.join("\nunion all\n");
    let statement = format!("{}{topics}", include_str!("snapshot/prelude.sql"));
    format!("{SETTINGS}{}", fill_in(&statement))
}

/// Replaces each `{what:argument}` and `{what}`.
fn fill_in(statement: &str) -> String {
    let mut filled = String::with_capacity(statement.len() * 2);
    let mut rest = statement;
    while let Some((before, (inside, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        filled += before;
        filled += &match inside.split_once(':') {
            Some(("user_schema", column)) => managed::is_user_schema_sql(column),
            Some(("options", column)) => options(column),
            Some(("switch", option)) => switch(option),
            Some(("pieces", rest)) => pieces(rest),
            None if inside == "no_pieces" => no_pieces(),
            _ => format!("{{{inside}}}"),
        };
        rest = after;
    }
    filled + rest
}

/// The options of a foreign object, without secrets.
fn options(column: &str) -> String {
    format!(
        "(select json_agg(case when split_part(o, '=', 1) ~* '{SECRET}' then split_part(o, '=', 1) || '=...' else o end \
         order by o collate \"C\") from unnest({column}) o)"
    )
}

/// An option of a relation, with the words for on and off that an option may be written in made one.
fn switch(option: &str) -> String {
    format!(
        "regexp_replace(regexp_replace({option}, '=(on|yes)$', '=true', 'i'), '=(off|no)$', '=false', 'i')"
    )
}

/// A query, as text, for the rows of a table as pieces of JSON: `table alias:key, value, ...`.
fn pieces(of: &str) -> String {
    let (table, values) = of.split_once(':').unwrap_or((of, ""));
    crate::pg::literal(&format!(
        "select array_to_tsvector(array(select lpad(r.row::text, 6, '0') || lpad(n::text, 4, '0') \
           || substr(r.facts, n * {PIECE} + 1, {PIECE}) from generate_series(0, (length(r.facts) - 1) / {PIECE}) n)) \
         from (select row_number() over () as row, jsonb_build_object({values})::text as facts \
           from (select to_jsonb(b) as j from {table}) b) r"
    ))
}

fn no_pieces() -> String {
    "'select null::tsvector where false'".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_filled_in() {
        let query = query();

        for name in ["{user_schema", "{options", "{switch", "{pieces", "{no_pieces"] {
            assert!(!query.contains(name), "{name}");
        }
        // The empty array of SQL.
        assert!(query.contains("'{}'"));
    }
}
