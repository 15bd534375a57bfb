-- Types and collations.
select 'type', t.nspname::text, t.typname::text, json_strip_nulls(row_to_json(x))
from own_type t
left join acl a on a.kind = 'T' and a.owner = t.owner and a.acl = t.acl
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_type'::regclass and d.objoid = t.oid,
lateral (select
  case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' when 'c' then 'composite'
    when 'p' then case when t.typisdefined then 'pseudo' else 'shell' end else 'base' end as form,
  a.entries as acl, d.description as comment) x

union all
select 'type', t.nspname::text, t.typname::text, row_to_json(x)
from own_type t, lateral (select array_agg(l.enumlabel order by l.enumsortorder) as labels from pg_catalog.pg_enum l where l.enumtypid = t.oid) x
where t.typtype = 'e'

union all
select 'type', t.nspname::text, t.typname::text, json_strip_nulls(row_to_json(x))
from own_type t
join pg_catalog.pg_type b on b.oid = t.typbasetype
left join pg_catalog.pg_collation l on l.oid = t.typcollation and t.typcollation <> b.typcollation
left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace,
lateral (select
  pg_catalog.format_type(t.typbasetype, t.typtypmod) as base, t.typnotnull as not_null,
  coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault) as default,
  ln.nspname || '.' || l.collname as collation,
  (select json_agg(k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid) order by k.conname collate "C")
   from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c') as checks,
  (select json_agg(k.conname || ': ' || d.description order by k.conname collate "C")
   from pg_catalog.pg_constraint k join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objoid = k.oid
   where k.contypid = t.oid) as check_comments) x
where t.typtype = 'd'

union all
select 'type', t.nspname::text, t.typname::text, json_strip_nulls(row_to_json(x))
from own_type t
join pg_catalog.pg_range r on r.rngtypid = t.oid
join pg_catalog.pg_opclass o on o.oid = r.rngsubopc
join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
left join pg_catalog.pg_collation l on l.oid = r.rngcollation
left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace,
lateral (select
  pg_catalog.format_type(r.rngsubtype, null) as range_of, n.nspname || '.' || o.opcname as operator_class,
  ln.nspname || '.' || l.collname as collation, nullif(r.rngcanonical::text, '-') as canonical, nullif(r.rngsubdiff::text, '-') as difference,
  pg_catalog.format_type(r.rngmultitypid, null) as multirange) x

union all
select 'type', t.nspname::text, t.typname::text, row_to_json(x)
from own_type t,
lateral (select json_agg(b.attname || ' ' || pg_catalog.format_type(b.atttypid, b.atttypmod)
    || coalesce(' collate ' || ln.nspname || '.' || l.collname, '') || coalesce(' -- ' || d.description, '') order by b.attnum) as attributes
  from pg_catalog.pg_attribute b
  join pg_catalog.pg_type y on y.oid = b.atttypid
  left join pg_catalog.pg_collation l on l.oid = b.attcollation and b.attcollation <> y.typcollation
  left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
  left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = b.attrelid and d.objsubid = b.attnum
  where b.attrelid = t.typrelid and b.attnum > 0 and not b.attisdropped) x
where t.typtype = 'c'

union all
select 'type', t.nspname::text, t.typname::text, json_strip_nulls(row_to_json(x))
from own_type t left join pg_catalog.pg_collation l on l.oid = t.typcollation,
lateral (select
  t.typinput::text as input, t.typoutput::text as output, nullif(t.typreceive::text, '-') as receive, nullif(t.typsend::text, '-') as send,
  nullif(t.typmodin::text, '-') as modifier_input, nullif(t.typmodout::text, '-') as modifier_output, nullif(t.typanalyze::text, '-') as analyze,
  nullif(t.typsubscript::text, '-') as subscript, t.typlen as length, t.typbyval as by_value, t.typalign as alignment, t.typstorage as storage,
  t.typcategory as category, t.typispreferred as preferred, t.typdelim as delimiter,
  case when t.typelem <> 0 then pg_catalog.format_type(t.typelem, null) end as element, t.typdefault as default, l.collname as collation) x
where t.typtype = 'b' and t.typisdefined

union all
select 'collation', n.nspname::text, l.collname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_collation l join namespace n on n.oid = l.collnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_collation'::regclass and d.objoid = l.oid,
-- Its columns have had other names in every version.
lateral (select to_jsonb(l) as j offset 0) j,
lateral (select l.collprovider as provider, coalesce(j ->> 'colllocale', j ->> 'colliculocale', j ->> 'collcollate') as locale,
  nullif(j ->> 'collctype', coalesce(j ->> 'colllocale', j ->> 'colliculocale', j ->> 'collcollate')) as character_type,
  j ->> 'collicurules' as rules, l.collisdeterministic as deterministic, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_collation'::regclass and e.objid = l.oid)
