select n.nspname as schema, c.relname as name, c.relkind as kind, c.relispartition as is_partition,
  c.relrowsecurity as row_level_security, {user_schema:n.nspname} as is_users,
  (select count(*) from pg_catalog.pg_policy p where p.polrelid = c.oid) as policies,
  coalesce(pg_catalog.pg_stat_get_dead_tuples(c.oid), 0) as dead_rows,
  coalesce(pg_catalog.pg_stat_get_live_tuples(c.oid), 0) as live_rows
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C"
