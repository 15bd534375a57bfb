-- Which column takes its numbers from which sequence: by ownership (serial, identity) or by a default that names it.
select distinct sn.nspname as sequence_schema, s.relname as sequence, n.nspname as schema, t.relname as table,
  a.attname as column, q.seqincrement > 0 as is_rising
from (
  select d.objid as sequence, d.refobjid as relation, d.refobjsubid as number
  from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    and d.deptype in ('a', 'i') and d.refobjsubid > 0
  union
  select d.refobjid, f.adrelid, f.adnum
  from pg_catalog.pg_depend d join pg_catalog.pg_attrdef f on f.oid = d.objid
  where d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
) as used
join pg_catalog.pg_sequence q on q.seqrelid = used.sequence and not q.seqcycle
join pg_catalog.pg_class s on s.oid = used.sequence
join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
join pg_catalog.pg_class t on t.oid = used.relation and t.relkind in ('r', 'p') and not t.relispartition
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = used.relation and a.attnum = used.number
  and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
where {user_schema:n.nspname}
order by 3, 4, 5
