select pg_catalog.json_build_object(
  'schema', n.nspname, 'name', c.relname,
  'is_hidden', pg_catalog.row_security_active(c.oid),
  'is_ours', pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_table_privilege(c.oid, 'insert')
    and pg_catalog.has_table_privilege(c.oid, 'update') and pg_catalog.has_table_privilege(c.oid, 'delete'),
  'columns', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname,
      'definition', pg_catalog.format_type(a.atttypid, a.atttypmod),
      'type', b.typname,
      'element', (select e.typname from pg_catalog.pg_type e where e.oid = b.typelem and b.typcategory = 'A'),
      'modifier', case when t.typtype = 'd' then t.typtypmod else a.atttypmod end,
      'labels', (select coalesce(pg_catalog.json_agg(l.enumlabel order by l.enumsortorder), '[]')
                 from pg_catalog.pg_enum l where l.enumtypid in (b.oid, b.typelem)),
      'is_required', a.attnotnull or t.typnotnull,
      'has_default', a.atthasdef or t.typdefault is not null,
      'is_counted', a.attidentity <> ''
        or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false),
      'is_generated', a.attgenerated <> ''
    ) order by a.attnum), '[]')
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_type t on t.oid = a.atttypid
    join pg_catalog.pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ),
  'unique', (
    select coalesce(pg_catalog.json_agg(k.names order by k.is_first desc, k.name), '[]') from (
      select i.indisprimary as is_first, x.relname as name, (
        select pg_catalog.json_agg(a.attname order by p.place)
        from pg_catalog.unnest(i.indkey::smallint[]) with ordinality p (number, place)
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = p.number
        where p.place <= i.indnkeyatts
      ) as names
      from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
      where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null
    ) k
  ),
  'foreign', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', fn.nspname, 'table', f.relname, 'is_deferrable', k.condeferrable,
      'columns', (select pg_catalog.json_agg(a.attname order by p.place)
                  from pg_catalog.unnest(k.conkey) with ordinality p (number, place)
                  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.number),
      'targets', (select pg_catalog.json_agg(a.attname order by p.place)
                  from pg_catalog.unnest(k.confkey) with ordinality p (number, place)
                  join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = p.number)
    ) order by k.conname), '[]')
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class f on f.oid = k.confrelid
    join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
    where k.conrelid = c.oid and k.contype = 'f'
      -- Of a partitioned table's key there is one for each partition as well.
      and (k.conparentid = 0 or c.relispartition)
  ),
  'checks', (
    select coalesce(pg_catalog.json_agg(pg_catalog.pg_get_expr(k.conbin, k.conrelid) order by k.conname), '[]')
    from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
  )
)::text as document
from rows from (pg_catalog.unnest({schemas}), pg_catalog.unnest({names})) with ordinality w (schema, name, place)
join pg_catalog.pg_namespace n on n.nspname = w.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name and c.relkind in ('r', 'p')
order by w.place
