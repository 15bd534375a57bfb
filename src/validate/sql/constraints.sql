-- Foreign keys, and what else was added without looking at the rows that were there. The conditions are put together
-- here, where the operators of the key are known: `c` is the row that refers, `p` the one it refers to.
select n.nspname as schema, t.relname as table, t.relkind as kind, k.conname as name, k.contype as type, k.convalidated as is_validated,
  exists (select from pg_catalog.pg_trigger g where g.tgconstraint = k.oid and g.tgenabled in ('D', 'R')) as is_disabled,
  pn.nspname as parent_schema, pt.relname as parent_table, key.columns, key.is_set, key.is_met, key.shown,
  case k.contype when 'c' then pg_catalog.pg_get_expr(k.conbin, k.conrelid) when 'n' then key.is_set_here end as condition
from pg_catalog.pg_constraint k
join pg_catalog.pg_class t on t.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
left join pg_catalog.pg_class pt on pt.oid = k.confrelid
left join pg_catalog.pg_namespace pn on pn.oid = pt.relnamespace
cross join lateral (
  select jsonb_agg(a.attname order by u.place) as columns,
    string_agg(format('c.%I is not null', a.attname), ' and ' order by u.place) as is_set,
    string_agg(format('%I is not null', a.attname), ' and ' order by u.place) as is_set_here,
    string_agg(format('p.%I operator(%I.%s) c.%I', pa.attname, opn.nspname, op.oprname, a.attname), ' and ' order by u.place)
      filter (where k.contype = 'f') as is_met,
    string_agg(format('c.%I', a.attname), ', ' order by u.place) as shown
  from unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality as u(number, parent_number, operator, place)
  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
  left join pg_catalog.pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = u.parent_number
  left join pg_catalog.pg_operator op on op.oid = u.operator
  left join pg_catalog.pg_namespace opn on opn.oid = op.oprnamespace
) as key
where {user_schema:n.nspname} and k.conparentid = 0
  and (k.contype = 'f' or (k.contype in ('c', 'n') and not k.convalidated))
order by n.nspname collate "C", t.relname collate "C", k.conname collate "C"
