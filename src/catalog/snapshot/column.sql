-- Columns of tables, views, materialized views and foreign tables.
select 'column', t.nspname::text, t.name, row_to_json(x)
from attribute t,
lateral (select t.relname as table, t.attname as column, t.attnum as position,
  pg_catalog.format_type(t.atttypid, t.atttypmod) as type, t.attnotnull as not_null) x

union all
-- A default reads no column: it can be printed without looking for the names of any.
select 'column', t.nspname::text, t.name, row_to_json(x)
from pg_catalog.pg_attrdef d join attribute t on t.oid = d.adrelid and t.attnum = d.adnum,
lateral (select pg_catalog.pg_get_expr(d.adbin, 0) as default) x
where t.attgenerated = ''

union all
select 'column', t.nspname::text, t.name, row_to_json(x)
from attribute t join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = t.attnum,
lateral (select t.attgenerated::text || ' ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) as generated) x
where t.attgenerated <> ''

union all
select 'column', t.nspname::text, t.name, row_to_json(x)
from attribute t
join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = t.oid and d.objsubid = t.attnum,
lateral (select d.description as comment) x

union all
select 'column', t.nspname::text, t.name, row_to_json(x)
from attribute t join acl a on a.kind = 'c' and a.owner = t.owner and a.acl = t.attacl,
lateral (select a.entries as acl) x

union all
select 'column', t.nspname::text, t.name, row_to_json(x)
from attribute t, lateral (select t.attidentity as identity) x
where t.attidentity <> ''

union all
-- What few columns have.
select 'column', t.nspname::text, t.name, json_strip_nulls(row_to_json(x))
from attribute t
join pg_catalog.pg_type y on y.oid = t.atttypid
left join pg_catalog.pg_collation l on l.oid = t.attcollation and t.attcollation <> y.typcollation
left join pg_catalog.pg_namespace n on n.oid = l.collnamespace,
lateral (select
  case when l.oid is not null then case n.nspname when 'pg_catalog' then '' else n.nspname || '.' end || l.collname end as collation,
  case when t.attstorage <> y.typstorage then case t.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' when 'x' then 'extended' end end as storage,
  case t.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression,
  nullif(t.attstattarget, -1) as statistics,
  (select json_agg(o order by o collate "C") from unnest(t.attoptions) o) as options,
  {options:t.attfdwoptions} as wrapper_options,
  case when t.attinhcount > 0 then true end as inherited,
  case when t.attinhcount > 0 and t.attislocal then true end as inherited_and_local) x
where t.attcollation <> y.typcollation or t.attstorage <> y.typstorage or t.attcompression <> ''
  or t.attstattarget >= 0 or t.attoptions is not null or t.attfdwoptions is not null or t.attinhcount > 0

union all
-- From version 18 on NOT NULL constraints have properties of their own.
select 'column', t.nspname::text, t.name, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_constraint k
join attribute t on t.oid = k.conrelid and t.attnum = k.conkey[1]
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objoid = k.oid,
lateral (select case when not k.convalidated then false end as not_null_validated,
  case when k.connoinherit then true end as not_null_no_inherit, d.description as not_null_comment) x
where k.contype = 'n' and (not k.convalidated or k.connoinherit or d.description is not null)
