-- Constraints of tables and their indexes.
--
-- Foreign keys that a partition has from its parent get new names in every dump; its indexes keep theirs.
-- Most are of one column, for which no list has to be gathered.
select 'constraint', c.nspname::text, c.prefix || k.conname, row_to_json(x)
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid
join attribute t on t.oid = k.conrelid and t.attnum = k.conkey[1],
lateral (select c.relname as table, k.contype as type, pg_catalog.pg_get_constraintdef(k.oid) as definition, k.convalidated as validated,
  array[t.attname] as columns) x
where k.contype in ('c', 'f', 'p', 'u', 'x') and (k.conparentid = 0 or k.contype in ('p', 'u', 'x')) and cardinality(k.conkey) = 1

union all
select 'constraint', c.nspname::text, c.prefix || k.conname, row_to_json(x)
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid,
lateral (select c.relname as table, k.contype as type, pg_catalog.pg_get_constraintdef(k.oid) as definition, k.convalidated as validated) x
where k.contype in ('c', 'f', 'p', 'u', 'x') and (k.conparentid = 0 or k.contype in ('p', 'u', 'x')) and not coalesce(cardinality(k.conkey) = 1 and k.conkey[1] <> 0, false)

union all
select 'constraint', c.nspname::text, c.prefix || k.conname, row_to_json(x)
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid,
lateral (select array_agg(t.attname order by o.place) as columns from unnest(k.conkey) with ordinality o (number, place)
  join pg_catalog.pg_attribute t on t.attrelid = k.conrelid and t.attnum = o.number) x
where k.contype in ('c', 'f', 'p', 'u', 'x') and (k.conparentid = 0 or k.contype in ('p', 'u', 'x')) and cardinality(k.conkey) > 1

union all
select 'constraint', c.nspname::text, c.prefix || k.conname, row_to_json(x)
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid
join pg_catalog.pg_class r on r.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
join pg_catalog.pg_attribute t on t.attrelid = k.confrelid and t.attnum = k.confkey[1],
lateral (select n.nspname as schema, r.relname as name) y,
lateral (select y as references, array[t.attname] as referenced_columns) x
where k.contype = 'f' and k.conparentid = 0 and cardinality(k.confkey) = 1

union all
select 'constraint', c.nspname::text, c.prefix || k.conname, row_to_json(x)
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid
join pg_catalog.pg_class r on r.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace,
lateral (select (select row_to_json(y) from (select n.nspname as schema, r.relname as name) y) as references,
  (select array_agg(t.attname order by o.place) from unnest(k.confkey) with ordinality o (number, place)
   join pg_catalog.pg_attribute t on t.attrelid = k.confrelid and t.attnum = o.number) as referenced_columns) x
where k.contype = 'f' and k.conparentid = 0 and cardinality(k.confkey) > 1

union all
-- What few constraints have.
select 'constraint', c.nspname::text, c.prefix || k.conname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_constraint k
join relation c on c.oid = k.conrelid
left join pg_catalog.pg_constraint p on p.oid = k.conparentid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objoid = k.oid
left join (
  select distinct tgconstraint from pg_catalog.pg_trigger where tgisinternal and tgenabled <> 'O' and tgconstraint <> 0
) g on g.tgconstraint = k.oid,
lateral (select d.description as comment, case when k.coninhcount > 0 then true end as inherited,
  case when k.coninhcount > 0 and k.conislocal then true end as inherited_and_local,
  -- Somebody switched its triggers off: it is there and does nothing.
  case when g.tgconstraint is not null then false end as enforced) x
where k.contype in ('c', 'f', 'p', 'u', 'x') and (k.conparentid = 0 or k.contype in ('p', 'u', 'x'))
  and (k.coninhcount > 0 or d.description is not null or g.tgconstraint is not null)

union all
-- Printing an index takes the server long, for it looks for every column's default operator class. A B-tree of one
-- column, with the class of exactly its type, is put into the same words here; so is one of a call that yields the
-- type of the class and the collation of the index (the first that its tree tells are those of the call).
select 'index', c.nspname::text, c.prefix || i.relname, row_to_json(x)
from pg_catalog.pg_index y
join relation c on c.oid = y.indrelid
join pg_catalog.pg_class i on i.oid = y.indexrelid
left join attribute t on t.oid = y.indrelid and t.attnum = y.indkey[0] and t.attcollation = y.indcollation[0]
left join pg_catalog.pg_opclass o on o.oid = y.indclass[0] and o.opcdefault,
lateral (select c.relname as table,
  case when i.relam = 403 and i.relkind = 'i' and i.reloptions is null and y.indnatts = 1 and y.indoption[0] = 0
      and (y.indisprimary or not y.indisunique) and not y.indisexclusion
      and (o.opcintype = t.atttypid or y.indexprs::text like '(_FUNCEXPR %'
        and split_part(y.indexprs::text, 'resulttype ', 2) like o.opcintype || ' %'
        and split_part(y.indexprs::text, 'collid ', 2) like y.indcollation[0] || ' %')
    then 'CREATE ' || case when y.indisunique then 'UNIQUE ' else '' end || 'INDEX ' || quote_ident(i.relname) || ' ON '
      || quote_ident(c.nspname) || '.' || quote_ident(c.relname) || ' USING btree ('
      || case when y.indexprs is null then quote_ident(t.attname) else pg_catalog.pg_get_indexdef(i.oid, 1, false) end || ')'
      || case when y.indpred is null then '' else ' WHERE ' || pg_catalog.pg_get_expr(y.indpred, y.indrelid) end
    else pg_catalog.pg_get_indexdef(i.oid) end as definition,
  y.indisvalid as valid) x

union all
-- What few indexes have.
select 'index', c.nspname::text, c.prefix || i.relname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_index y
join relation c on c.oid = y.indrelid
join pg_catalog.pg_class i on i.oid = y.indexrelid
left join pg_catalog.pg_inherits h on h.inhrelid = i.oid
left join pg_catalog.pg_tablespace s on s.oid = i.reltablespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = i.oid and d.objsubid = 0
left join (
  select attrelid, json_agg(attname || '=' || attstattarget order by attnum) as targets
  from pg_catalog.pg_attribute where attstattarget >= 0 and attnum > 0 group by attrelid
) t on t.attrelid = i.oid,
lateral (select case when y.indisclustered then true end as clustered, case when y.indisreplident then true end as replica_identity,
  h.inhparent::regclass::text as partition_of, s.spcname as tablespace, t.targets as statistics, d.description as comment) x
where y.indisclustered or y.indisreplident or h.inhparent is not null or i.reltablespace <> 0 or t.targets is not null or d.description is not null
