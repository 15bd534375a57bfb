-- What a sync must know of a side besides its schema, as rows of (kind, schema, name, detail).
with recursive
namespace as (
  select n.oid, n.nspname from pg_catalog.pg_namespace n where {user_schema:n.nspname}
),
of_extension as (
  select d.objid, e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
  where d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass
),
relation as materialized (
  select c.oid, c.relname, c.relkind, c.relowner, c.relispartition, c.relpersistence, n.nspname, x.extname,
    has_schema_privilege(n.oid, 'usage') as enters
  from pg_catalog.pg_class c join namespace n on n.oid = c.relnamespace
  left join of_extension x on x.objid = c.oid
  where c.relkind in ('r', 'p', 'm', 'f', 'S') and c.relpersistence <> 't'
),
own as (select * from relation where extname is null),
-- What views and materialized views read, those that they read through others included.
reads as (
  select distinct r.ev_class as reader, d.refobjid as read
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
  join pg_catalog.pg_class v on v.oid = r.ev_class and v.relkind in ('v', 'm')
  join pg_catalog.pg_class t on t.oid = d.refobjid and t.relkind in ('v', 'm')
),
through as (
  select r.reader, r.read from reads r join pg_catalog.pg_class m on m.oid = r.reader and m.relkind = 'm'
  union
  select t.reader, r.read from through t join reads r on r.reader = t.read
  join pg_catalog.pg_class v on v.oid = t.read and v.relkind = 'v'
)
select 'unreadable' as kind, nspname::text as schema, relname::text as name, null::text as detail from own
where relkind in ('r', 'p') and not (enters and (has_table_privilege(oid, 'select') or not exists (
  select from pg_catalog.pg_attribute a where a.attrelid = own.oid and a.attnum > 0 and not a.attisdropped
  and not has_column_privilege(own.oid, a.attnum, 'select'))))
union all
select 'hidden', nspname::text, relname::text, null from own
where relkind in ('r', 'p') and row_security_active(oid)
union all
select 'unwritable', nspname::text, relname::text, concat_ws(', ', case when not enters then 'USAGE on its schema' end,
  case when not has_table_privilege(oid, 'insert') then 'INSERT' end,
  case when not has_table_privilege(oid, 'delete') then 'DELETE' end,
  case when not has_table_privilege(oid, 'truncate') then 'TRUNCATE' end)
from own
where relkind in ('r', 'p') and not (enters and has_table_privilege(oid, 'insert') and has_table_privilege(oid, 'delete')
  and has_table_privilege(oid, 'truncate'))
union all
select 'unowned', nspname::text, relname::text, pg_get_userbyid(relowner)::text from own
where relkind in ('r', 'p') and not pg_has_role(relowner, 'usage')
union all
select 'unrefreshable', nspname::text, relname::text, pg_get_userbyid(relowner)::text from own
where relkind = 'm' and not case when current_setting('server_version_num')::int >= 170000
  then has_table_privilege(oid, 'maintain') else pg_has_role(relowner, 'usage') end
union all
select 'unreadable sequence', nspname::text, relname::text, null from own
where not case when relkind = 'S' then enters and has_sequence_privilege(oid, 'select') else true end
union all
select 'unwritable sequence', nspname::text, relname::text, null from own
where not case when relkind = 'S' then enters and has_sequence_privilege(oid, 'update') else true end
union all
select 'reads', c.nspname::text, c.relname::text, quote_ident(n.nspname) || '.' || quote_ident(r.relname)
from through t join own c on c.oid = t.reader
join pg_catalog.pg_class r on r.oid = t.read and r.relkind = 'm' join pg_catalog.pg_namespace n on n.oid = r.relnamespace
union all
select 'foreign part', n.nspname::text, p.relname::text, f.nspname || '.' || f.relname
from own f join pg_catalog.pg_partition_ancestors(f.oid) a on true
join pg_catalog.pg_class p on p.oid = a.relid join pg_catalog.pg_namespace n on n.oid = p.relnamespace
where f.relkind = 'f' and f.relispartition and p.relkind = 'p'
union all
select 'extension table', nspname::text, relname::text, extname::text from relation where extname is not null and relkind in ('r', 'p')
union all
-- Foreign keys of tables that are never synced to those that are.
select 'referred by', t.nspname::text, t.relname::text, n.nspname || '.' || c.relname
from pg_catalog.pg_constraint k join own t on t.oid = k.confrelid
join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.conparentid = 0 and not exists (select from own o where o.oid = k.conrelid) and c.relpersistence <> 't'
union all
select 'object id', c.nspname::text, c.relname::text, a.attname::text
from own c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type y on y.oid = a.atttypid
where c.relkind in ('r', 'p') and not c.relispartition and (y.oid = 'oid'::regtype or y.typbasetype = 'oid'::regtype)
union all
select 'subscribed', c.nspname::text, c.relname::text, null
from own c join pg_catalog.pg_subscription_rel r on r.srrelid = c.oid
union all
select 'unlogged', nspname::text, relname::text, null from own where relkind = 'r' and relpersistence = 'u' and pg_is_in_recovery()
union all
select 'large objects', '', '', count(*)::text from pg_catalog.pg_largeobject_metadata having count(*) > 0
union all
select 'standby', '', '', null where pg_is_in_recovery()
union all
select 'no temporary tables', '', '', null where not has_database_privilege(current_database(), 'temp')
union all
select 'encoding', '', '', current_setting('server_encoding')
union all
select 'locks', '', '', (current_setting('max_locks_per_transaction')::bigint
  * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint))::text
union all
-- Each table with its indexes, and what holds its large values.
select 'relations', '', '', (select count(*)::text from pg_catalog.pg_class c join namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'i', 'I', 'S', 'm') and c.relpersistence <> 't')
union all
-- Tables of whose rows subscribers are told when they go or change; partitions by themselves.
select 'published', c.nspname::text, c.relname::text, string_agg(distinct p.pubname::text, ', ')
from pg_catalog.pg_publication p cross join lateral pg_catalog.pg_get_publication_tables(p.pubname::text) t
join pg_catalog.pg_partition_tree(t.relid) m on true join own c on c.oid = coalesce(m.relid, t.relid)
where p.pubdelete or p.pubupdate group by 2, 3
