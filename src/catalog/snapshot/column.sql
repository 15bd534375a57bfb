-- Columns of tables, views, materialized views and foreign tables.
select 'column', c.nspname::text, c.prefix || t.attname, row_to_json(x)
from relation c join pg_catalog.pg_attribute t on t.attrelid = c.oid,
lateral (select c.relname as table, t.attname as column, t.attnum as position,
  pg_catalog.format_type(t.atttypid, t.atttypmod) as type, t.attnotnull as not_null) x
where c.relkind <> 'S' and t.attnum > 0 and not t.attisdropped

union all
select 'column', c.nspname::text, c.prefix || t.attname, row_to_json(x)
from pg_catalog.pg_attrdef d
join relation c on c.oid = d.adrelid
join pg_catalog.pg_attribute t on t.attrelid = d.adrelid and t.attnum = d.adnum,
lateral (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default) x
where t.attgenerated = ''

union all
select 'column', c.nspname::text, c.prefix || t.attname, row_to_json(x)
from pg_catalog.pg_attrdef d
join relation c on c.oid = d.adrelid
join pg_catalog.pg_attribute t on t.attrelid = d.adrelid and t.attnum = d.adnum,
lateral (select t.attgenerated::text || ' ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) as generated) x
where t.attgenerated <> ''

union all
select 'column', c.nspname::text, c.prefix || t.attname, row_to_json(x)
from relation c join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = c.oid
join pg_catalog.pg_attribute t on t.attrelid = c.oid and t.attnum = d.objsubid,
lateral (select d.description as comment) x
where c.relkind <> 'S' and d.objsubid > 0

union all
select 'column', c.nspname::text, c.name, row_to_json(x)
from column_acl c join acl a on a.kind = 'c' and a.owner = c.owner and a.acl = c.acl,
lateral (select a.entries as acl) x

union all
select 'column', c.nspname::text, c.prefix || t.attname, row_to_json(x)
from relation c join pg_catalog.pg_attribute t on t.attrelid = c.oid,
lateral (select t.attidentity as identity) x
where c.relkind <> 'S' and t.attnum > 0 and not t.attisdropped and t.attidentity <> ''

union all
-- What few columns have.
select 'column', c.nspname::text, c.prefix || t.attname, json_strip_nulls(row_to_json(x))
from relation c
join pg_catalog.pg_attribute t on t.attrelid = c.oid
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
where c.relkind <> 'S' and t.attnum > 0 and not t.attisdropped
  and (t.attcollation <> y.typcollation or t.attstorage <> y.typstorage or t.attcompression <> ''
    or t.attstattarget >= 0 or t.attoptions is not null or t.attfdwoptions is not null or t.attinhcount > 0)

union all
-- From version 18 on NOT NULL constraints have properties of their own.
select 'column', c.nspname::text, c.prefix || t.attname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid
join pg_catalog.pg_attribute t on t.attrelid = k.conrelid and t.attnum = k.conkey[1]
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objoid = k.oid,
lateral (select case when not k.convalidated then false end as not_null_validated,
  case when k.connoinherit then true end as not_null_no_inherit, d.description as not_null_comment) x
where k.contype = 'n' and (not k.convalidated or k.connoinherit or d.description is not null)
