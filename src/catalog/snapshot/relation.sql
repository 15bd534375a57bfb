-- Schemas, and relations as a whole: tables, views, materialized views, foreign tables, sequences.
select 'schema' as kind, n.nspname::text as schema, n.nspname::text as name, row_to_json(x) as facts
from namespace n
left join acl a on a.kind = 'n' and a.owner = n.owner and a.acl = n.acl
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_namespace'::regclass and d.objoid = n.oid,
lateral (select a.entries as acl, d.description as comment) x

union all
select 'table', c.nspname::text, c.relname::text, row_to_json(x)
from relation c left join acl a on a.kind = c.acl_kind and a.owner = c.owner and a.acl = c.acl,
lateral (select a.entries as acl, c.relrowsecurity as row_security) x
where c.relkind in ('r', 'p')

union all
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'foreign table' end,
  c.nspname::text, c.relname::text, row_to_json(x)
from relation c left join acl a on a.kind = c.acl_kind and a.owner = c.owner and a.acl = c.acl,
lateral (select a.entries as acl) x
where c.relkind in ('v', 'm', 'f')

union all
-- A view lends the rights of its owner, like a function with security definer, unless it asks for those of its caller.
select 'view', c.nspname::text, c.relname::text, row_to_json(x)
from relation c,
lateral (select pg_catalog.pg_get_viewdef(c.oid) as definition, case when not exists (
    select from unnest(c.reloptions) o where split_part(o, '=', 1) = 'security_invoker' and split_part(o, '=', 2)::boolean
  ) then pg_catalog.pg_get_userbyid(c.owner) end as owner) x
where c.relkind = 'v'

union all
select 'materialized view', c.nspname::text, c.relname::text, row_to_json(x)
from relation c, lateral (select pg_catalog.pg_get_viewdef(c.oid) as definition) x
where c.relkind = 'm'

union all
select case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
    when 'f' then 'foreign table' else 'sequence' end,
  c.nspname::text, c.relname::text, row_to_json(x)
from relation c
join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0,
lateral (select d.description as comment) x

union all
-- What few tables have.
select case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
    when 'f' then 'foreign table' else 'sequence' end,
  c.nspname::text, c.relname::text, json_strip_nulls(row_to_json(x))
from relation c
left join pg_catalog.pg_class toast on toast.oid = c.reltoastrelid
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace,
lateral (select
  case c.relkind when 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as partitioned_by,
  case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end as partition,
  case when c.relpersistence = 'u' then true end as unlogged,
  case when c.relforcerowsecurity then true end as force_row_security,
  case when c.relkind in ('r', 'p') then case c.relreplident when 'f' then 'full' when 'n' then 'nothing' when 'i' then 'index' end end as replica_identity,
  case when m.amname <> 'heap' then m.amname end as access_method,
  s.spcname as tablespace,
  case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end as of_type,
  case when c.relkind = 'm' and not c.relispopulated then false end as populated,
  -- The switches of views may be written in many ways, and off is the same as not at all.
  (select json_agg(o.option order by o.option collate "C") from (
    select case when o.name in ('security_invoker', 'security_barrier') then o.name || '=true'
      else {switch:o.option} end as option
    from (select option, split_part(option, '=', 1) as name from unnest(c.reloptions) option) o
    where o.name not in ('security_invoker', 'security_barrier') or split_part(o.option, '=', 2)::boolean) o) as options,
  (select json_agg(o order by o collate "C") from (select {switch:o} as o from unnest(toast.reloptions) o) o) as toast_options) x
where c.relkind = 'p' or c.relispartition or c.relpersistence = 'u' or c.relforcerowsecurity or c.reloptions is not null
  or toast.reloptions is not null or c.relreplident <> 'd' or m.amname <> 'heap' or c.reltablespace <> 0 or c.reloftype <> 0 or not c.relispopulated

union all
select case c.relkind when 'f' then 'foreign table' else 'table' end, c.nspname::text, c.relname::text, row_to_json(x)
from relation c join pg_catalog.pg_inherits i on i.inhrelid = c.oid,
lateral (select array_agg(j.inhparent::regclass::text order by j.inhseqno) as inherits from pg_catalog.pg_inherits j where j.inhrelid = c.oid) x
where i.inhseqno = 1 and c.relkind in ('r', 'p', 'f')

union all
-- Somebody switched off the triggers of a foreign key that a partition has from its parent, and which is not told by itself.
select 'table', c.nspname::text, c.relname::text, row_to_json(x)
from (
  select k.conrelid, array_agg(distinct pg_catalog.pg_get_constraintdef(k.oid)) as unenforced
  from pg_catalog.pg_trigger g
  join pg_catalog.pg_constraint k on k.oid = g.tgconstraint
  where g.tgenabled <> 'O' and g.tgisinternal and k.contype = 'f' and k.conparentid <> 0 and g.tgrelid = k.conrelid
  group by k.conrelid
) k
join relation c on c.oid = k.conrelid,
lateral (select k.unenforced) x

union all
select 'foreign table', c.nspname::text, c.relname::text, json_strip_nulls(row_to_json(x))
from relation c join pg_catalog.pg_foreign_table f on f.ftrelid = c.oid join pg_catalog.pg_foreign_server s on s.oid = f.ftserver,
lateral (select s.srvname as server, {options:f.ftoptions} as options) x

union all
select 'sequence', c.nspname::text, c.relname::text, row_to_json(x)
from relation c join pg_catalog.pg_sequence s on s.seqrelid = c.oid
left join acl a on a.kind = c.acl_kind and a.owner = c.owner and a.acl = c.acl,
lateral (select a.entries as acl, s.seqtypid::regtype::text as type, s.seqstart as start, s.seqincrement as increment, s.seqmin as minimum,
  s.seqmax as maximum, s.seqcache as cache, s.seqcycle as cycle) x

union all
select 'sequence', c.nspname::text, c.relname::text, row_to_json(x)
from relation c
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
  and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
join pg_catalog.pg_attribute t on t.attrelid = d.refobjid and t.attnum = d.refobjsubid
join pg_catalog.pg_class o on o.oid = d.refobjid
join pg_catalog.pg_namespace n on n.oid = o.relnamespace,
lateral (select quote_ident(n.nspname) || '.' || quote_ident(o.relname) || '.' || t.attname as owned_by,
  case when o.relnamespace = c.relnamespace then o.relname end as table,
  case when d.deptype = 'i' then true end as identity) x
where c.relkind = 'S'
