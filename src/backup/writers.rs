//! Writers are kept out from before the backup is made until the transaction it was made for has ended: what they commit in
//! between would be lost with nobody knowing of it.

use crate::catalog::managed;
use crate::pg::literal;

/// A statement that locks the user's tables until the transaction ends, as far as the role may. Everybody reads on, and so
/// does `pg_dump`.
pub(crate) fn sql() -> String {
    format!("do {}", literal(&BODY.replace("{user_schema}", &managed::is_user_schema_sql("n.nspname"))))
}

const BODY: &str = "declare one record; begin for one in \
    select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'p') and c.relpersistence <> 't' and {user_schema} \
    and pg_catalog.has_schema_privilege(n.oid, 'usage') \
    and pg_catalog.has_table_privilege(c.oid, 'update, delete, truncate') order by c.oid loop \
    execute pg_catalog.format('lock table only %I.%I in exclusive mode', one.nspname, one.relname); end loop; end";
