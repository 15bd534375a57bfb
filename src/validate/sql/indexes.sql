select n.nspname as schema, t.relname as table, c.relname as name,
  i.indisvalid and i.indisready as is_valid, i.indpred is not null as is_partial,
  (select jsonb_agg(coalesce(a.attname, '') order by k.place)
   from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality as k(number, place)
   left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0) as columns
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
where {user_schema:n.nspname}
order by n.nspname collate "C", t.relname collate "C", c.relname collate "C"
