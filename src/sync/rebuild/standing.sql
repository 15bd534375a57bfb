-- What stands on tables and their partitions: one statement for the tables themselves, one for indexes, one for
-- foreign keys. Each begins with the common table `tree`: table or partition, and the table that was asked for.
with {tree}
select n.nspname as schema, c.relname as name, pg_catalog.pg_get_userbyid(c.relowner) as owner,
  pg_catalog.pg_has_role(c.relowner, 'USAGE') as is_owned,
  case when c.relkind in ('r', 'm') then pg_catalog.pg_relation_size(c.oid) else 0 end as bytes
from tree join pg_catalog.pg_class c on c.oid = tree.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by 1, 2;

-- `family`: a partitioned index with those of all partitions, which come and go together; `depth` is the way up to it.
-- `is_held`: something needs it that does not come back by itself, or it is not as it was meant to be.
with {tree}
select i.oid, coalesce(pg_catalog.pg_partition_root(i.oid)::oid, i.oid) as family, rn.nspname as root_schema, rc.relname as root,
  (select count(*) from pg_catalog.pg_partition_ancestors(i.oid)) as depth, h.inhparent::oid as parent,
  n.nspname as schema, i.relname as name, c.relname as table, c.relkind = 'p' as is_partitioned,
  pg_catalog.pg_get_indexdef(i.oid) as definition, i.reloptions is not null as has_options,
  k.conname as constraint, k.contype as kind, pg_catalog.pg_get_constraintdef(k.oid) as constraint_definition,
  y.indisexclusion as is_exclusion, k.condeferrable as is_deferrable, k.condeferred as is_deferred,
  y.indisclustered as is_clustered, y.indisreplident as is_identity, s.spcname as tablespace,
  pg_catalog.obj_description(i.oid, 'pg_class') as comment, pg_catalog.obj_description(k.oid, 'pg_constraint') as constraint_comment,
  t.targets,
  not y.indisvalid or c.relkind not in ('r', 'p', 'm') or not pg_catalog.pg_has_role(c.relowner, 'USAGE')
    or exists (select from pg_catalog.pg_depend d
      where (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = i.oid
          or d.refclassid = 'pg_catalog.pg_constraint'::regclass and d.refobjid = k.oid)
        and d.deptype not in ('P', 'S')
        and not (d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.oid)
        and not (d.classid = 'pg_catalog.pg_constraint'::regclass and exists (select from pg_catalog.pg_constraint f
          where f.oid = d.objid and f.contype = 'f' and f.conrelid in (select oid from tree) and f.confrelid in (select oid from tree))))
    or exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.oid and d.deptype in ('x', 'e')) as is_held
from tree
join pg_catalog.pg_class c on c.oid = tree.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class rc on rc.oid = tree.root
join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
join pg_catalog.pg_index y on y.indrelid = c.oid
join pg_catalog.pg_class i on i.oid = y.indexrelid
left join pg_catalog.pg_inherits h on h.inhrelid = i.oid
left join pg_catalog.pg_constraint k on k.conindid = i.oid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x')
left join pg_catalog.pg_tablespace s on s.oid = i.reltablespace
left join (
  select attrelid, string_agg(attnum || '=' || attstattarget, ',' order by attnum) as targets
  from pg_catalog.pg_attribute where attstattarget >= 0 and attnum > 0 group by attrelid
) t on t.attrelid = i.oid
order by depth desc, n.nspname, c.relname, y.indisprimary desc, i.relname;

-- Only those between two of the tables, and not those that partitions have from their parents. To switch the triggers
-- of a foreign key off again is for superusers.
with {tree}
select n.nspname as schema, c.relname as table, k.conname as name, pg_catalog.pg_get_constraintdef(k.oid) as definition,
  k.convalidated as is_valid, pg_catalog.obj_description(k.oid, 'pg_constraint') as comment,
  coalesce(pg_catalog.pg_partition_root(k.conindid)::oid, k.conindid) as family,
  not pg_catalog.pg_has_role(c.relowner, 'USAGE')
    or exists (select from pg_catalog.pg_trigger g where g.tgconstraint = k.oid and g.tgenabled <> 'O') as is_held
from tree
join pg_catalog.pg_class c on c.oid = tree.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_constraint k on k.conrelid = c.oid
where k.contype = 'f' and k.conparentid = 0 and k.confrelid in (select oid from tree)
order by 1, 2, 3
