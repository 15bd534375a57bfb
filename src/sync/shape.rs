//! What a plan counts on of the target's tables, as one value: read when the plan is made, and again under the lock.
//! Somebody else's migration may have held the very lock that was waited for.

use crate::catalog::managed;

/// A scalar query: a digest of tables, columns, constraints, triggers, rules and partitions of the user's. What autovacuum,
/// `analyze` and `reindex` write is not in it.
pub(crate) fn query() -> String {
    QUERY.replace("{user_schema}", &managed::is_user_schema_sql("n.nspname"))
}

const QUERY: &str = "with own as (select c.oid, n.nspname, c.relname, c.relkind from pg_catalog.pg_class c \
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
      where c.relkind in ('r', 'p') and c.relpersistence <> 't' and {user_schema}) \
    select encode(sha256(convert_to(coalesce(string_agg(fact, ' ' order by fact collate \"C\"), ''), 'UTF8')), 'hex') from ( \
      select concat_ws(':', 'table', oid, nspname, relname, relkind) as fact from own \
      union all select concat_ws(':', 'column', attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attgenerated, attidentity) \
        from pg_catalog.pg_attribute join own on own.oid = attrelid where attnum > 0 and not attisdropped \
      union all select concat_ws(':', 'constraint', k.oid, conrelid, conname, confrelid, convalidated) \
        from pg_catalog.pg_constraint k join own on own.oid = conrelid \
      union all select concat_ws(':', 'trigger', g.oid, tgrelid, tgenabled) \
        from pg_catalog.pg_trigger g join own on own.oid = tgrelid where not tgisinternal \
      union all select concat_ws(':', 'rule', r.oid, ev_class, ev_enabled) \
        from pg_catalog.pg_rewrite r join own on own.oid = ev_class \
      union all select concat_ws(':', 'child', inhrelid, inhparent) \
        from pg_catalog.pg_inherits join own on own.oid = inhrelid) as facts";
