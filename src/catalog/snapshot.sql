-- One read of pg_catalog into canonical values: (kind, schema, name, facts). Run with an empty search_path, so
-- that every definition is schema-qualified. {user_schema:X} holds for schemas of the user.
--
-- Normalised, because it differs between equal databases: object ids (never shown), owners (shown as `owner` in
-- ACLs), ACLs that are NULL (expanded to the default they stand for), the MAINTAIN privilege (only from version 17
-- on), NOT NULL constraints (rows of pg_constraint from version 18 on, a flag of the column before).
with
extension_member as materialized (
  select classid, objid from pg_catalog.pg_depend where deptype = 'e'
),
namespace as materialized (
  select n.* from pg_catalog.pg_namespace n
  where {user_schema:n.nspname}
    and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = n.oid)
),
relation as materialized (
  select c.*, n.nspname from pg_catalog.pg_class c join namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid)
),
acl_entry as (
  select 'relation' as of, c.oid, c.relowner as owner, a.* from relation c,
    lateral pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner))) a
  union all
  select 'schema', n.oid, n.nspowner, a.* from namespace n,
    lateral pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
  union all
  select 'function', p.oid, p.proowner, a.* from pg_catalog.pg_proc p join namespace n on n.oid = p.pronamespace,
    lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
),
acl as materialized (
  select of, oid, jsonb_agg(entry order by entry collate "C") as entries
  from (
    select of, oid,
      case when grantee = owner then 'owner' when grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(grantee)::text end
      || '=' || string_agg(privilege_type || case when is_grantable and grantee <> owner then '*' else '' end, ',' order by privilege_type) as entry
    from acl_entry where privilege_type <> 'MAINTAIN'
    group by of, oid, owner, grantee
  ) e group by of, oid
),
object (kind, schema, name, facts) as (
  select 'schema', n.nspname::text, n.nspname::text, jsonb_build_object('acl', a.entries)
  from namespace n left join acl a on a.of = 'schema' and a.oid = n.oid

  union all
  select case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view' else 'foreign table' end,
    c.nspname::text, c.relname::text,
    jsonb_strip_nulls(jsonb_build_object(
      'partitioned_by', case c.relkind when 'p' then pg_catalog.pg_get_partkeydef(c.oid) end,
      'partition', case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end,
      'inherits', (select jsonb_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_catalog.pg_inherits i where i.inhrelid = c.oid),
      'unlogged', case when c.relpersistence = 'u' then true end,
      'row_security', case when c.relkind in ('r', 'p') then c.relrowsecurity end,
      'force_row_security', case when c.relforcerowsecurity then true end,
      'replica_identity', case when c.relreplident <> 'd' and c.relkind in ('r', 'p') then c.relreplident end,
      'options', (select jsonb_agg(o order by o collate "C") from unnest(c.reloptions) o),
      'definition', case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end,
      'acl', a.entries,
      'comment', pg_catalog.obj_description(c.oid, 'pg_class')))
  from relation c left join acl a on a.of = 'relation' and a.oid = c.oid
  where c.relkind <> 'S'

  union all
  select 'column', c.nspname::text, c.relname || '.' || t.attname,
    jsonb_strip_nulls(jsonb_build_object(
      'table', c.relname, 'column', t.attname, 'position', t.attnum,
      'type', pg_catalog.format_type(t.atttypid, t.atttypmod),
      'not_null', t.attnotnull,
      'default', case when t.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
      'generated', case when t.attgenerated <> '' then t.attgenerated::text || ' ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
      'identity', nullif(t.attidentity, ''),
      'collation', (select l.collname from pg_catalog.pg_collation l join pg_catalog.pg_type y on y.oid = t.atttypid
                    where l.oid = t.attcollation and t.attcollation <> y.typcollation),
      'acl', (select jsonb_agg(x.entry order by x.entry collate "C") from (
                select case when grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(grantee)::text end || '=' || string_agg(privilege_type, ',' order by privilege_type) as entry
                from pg_catalog.aclexplode(t.attacl) group by grantee) x),
      'comment', pg_catalog.col_description(c.oid, t.attnum)))
  from relation c join pg_catalog.pg_attribute t on t.attrelid = c.oid
  left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = t.attnum
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and t.attnum > 0 and not t.attisdropped

  union all
  select 'constraint', c.nspname::text, c.relname || '.' || k.conname,
    jsonb_strip_nulls(jsonb_build_object(
      'table', c.relname, 'type', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
      'validated', k.convalidated,
      'columns', (select jsonb_agg(t.attname order by o.place) from unnest(k.conkey) with ordinality o (number, place)
                  join pg_catalog.pg_attribute t on t.attrelid = k.conrelid and t.attnum = o.number),
      'references', (select jsonb_build_object('schema', rn.nspname, 'name', rc.relname)
                     from pg_catalog.pg_class rc join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
                     where k.contype = 'f' and rc.oid = k.confrelid),
      'referenced_columns', (select jsonb_agg(t.attname order by o.place) from unnest(k.confkey) with ordinality o (number, place)
                  join pg_catalog.pg_attribute t on t.attrelid = k.confrelid and t.attnum = o.number)))
  from relation c join pg_catalog.pg_constraint k on k.conrelid = c.oid
  where k.contype in ('c', 'f', 'p', 'u', 'x') and k.conparentid = 0

  union all
  select 'index', c.nspname::text, c.relname || '.' || i.relname,
    jsonb_strip_nulls(jsonb_build_object('table', c.relname, 'definition', pg_catalog.pg_get_indexdef(i.oid), 'valid', x.indisvalid,
      'clustered', case when x.indisclustered then true end, 'replica_identity', case when x.indisreplident then true end))
  from relation c join pg_catalog.pg_index x on x.indrelid = c.oid join pg_catalog.pg_class i on i.oid = x.indexrelid
  where not i.relispartition

  union all
  select 'sequence', c.nspname::text, c.relname::text,
    jsonb_strip_nulls(jsonb_build_object(
      'type', s.seqtypid::regtype::text, 'start', s.seqstart, 'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax,
      'cache', s.seqcache, 'cycle', s.seqcycle, 'acl', a.entries,
      'owned_by', (select d.refobjid::regclass::text || '.' || t.attname from pg_catalog.pg_depend d
                   join pg_catalog.pg_attribute t on t.attrelid = d.refobjid and t.attnum = d.refobjsubid
                   where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0)))
  from relation c join pg_catalog.pg_sequence s on s.seqrelid = c.oid
  left join acl a on a.of = 'relation' and a.oid = c.oid
  where c.relkind = 'S'

  union all
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, n.nspname::text,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
    jsonb_strip_nulls(jsonb_build_object(
      'definition', case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) else pg_catalog.pg_get_function_result(p.oid) end,
      'acl', a.entries, 'comment', pg_catalog.obj_description(p.oid, 'pg_proc')))
  from pg_catalog.pg_proc p join namespace n on n.oid = p.pronamespace
  left join acl a on a.of = 'function' and a.oid = p.oid
  where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid)

  union all
  -- Triggers of the user on the platform's tables count as the user's: pg_dump forgets them.
  select 'trigger', rn.nspname::text, rc.relname || '.' || g.tgname,
    jsonb_build_object('table', rc.relname, 'definition', pg_catalog.pg_get_triggerdef(g.oid), 'enabled', g.tgenabled)
  from pg_catalog.pg_trigger g
  join pg_catalog.pg_class rc on rc.oid = g.tgrelid
  join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
  join pg_catalog.pg_proc p on p.oid = g.tgfoid
  where not g.tgisinternal and g.tgparentid = 0
    and (rc.oid in (select oid from relation) or p.pronamespace in (select oid from namespace))

  union all
  select 'policy', rn.nspname::text, rc.relname || '.' || y.polname,
    jsonb_strip_nulls(jsonb_build_object('table', rc.relname, 'command', y.polcmd, 'permissive', y.polpermissive,
      'roles', (select jsonb_agg(case r when 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end
                order by case r when 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end collate "C") from unnest(y.polroles) r),
      'using', pg_catalog.pg_get_expr(y.polqual, y.polrelid), 'check', pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid)))
  from pg_catalog.pg_policy y
  join pg_catalog.pg_class rc on rc.oid = y.polrelid
  join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
  where rc.oid in (select oid from relation) or rn.nspname in ('storage', 'realtime')

  union all
  select 'type', n.nspname::text, t.typname::text,
    jsonb_strip_nulls(jsonb_build_object(
      'labels', case t.typtype when 'e' then (select jsonb_agg(l.enumlabel order by l.enumsortorder) from pg_catalog.pg_enum l where l.enumtypid = t.oid) end,
      'domain', case t.typtype when 'd' then jsonb_build_object(
         'base', pg_catalog.format_type(t.typbasetype, t.typtypmod), 'not_null', t.typnotnull, 'default', t.typdefault,
         'checks', (select jsonb_agg(pg_catalog.pg_get_constraintdef(k.oid) order by k.conname) from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c')) end,
      'range_of', (select pg_catalog.format_type(r.rngsubtype, null) from pg_catalog.pg_range r where r.rngtypid = t.oid),
      'attributes', case t.typtype when 'c' then (select jsonb_agg(b.attname || ' ' || pg_catalog.format_type(b.atttypid, b.atttypmod) order by b.attnum)
         from pg_catalog.pg_attribute b where b.attrelid = t.typrelid and b.attnum > 0 and not b.attisdropped) end))
  from pg_catalog.pg_type t join namespace n on n.oid = t.typnamespace
  where (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and exists (select from pg_catalog.pg_class c where c.oid = t.typrelid and c.relkind = 'c')))
    and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = t.oid)

  union all
  select 'default privileges', coalesce(n.nspname::text, ''),
    pg_catalog.pg_get_userbyid(d.defaclrole) || ' on ' || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end,
    jsonb_build_object('acl', (select jsonb_agg(x.entry order by x.entry collate "C") from (
      select case when grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(grantee)::text end || '=' || string_agg(privilege_type, ',' order by privilege_type) as entry
      from pg_catalog.aclexplode(d.defaclacl) where privilege_type <> 'MAINTAIN' group by grantee) x))
  from pg_catalog.pg_default_acl d left join namespace n on n.oid = d.defaclnamespace
  where (d.defaclnamespace = 0 or n.oid is not null) and pg_catalog.pg_get_userbyid(d.defaclrole) !~ '^supabase_'

  union all
  select 'publication table', rn.nspname::text, b.pubname || '.' || rc.relname, '{}'::jsonb
  from pg_catalog.pg_publication_rel r
  join pg_catalog.pg_publication b on b.oid = r.prpubid
  join pg_catalog.pg_class rc on rc.oid = r.prrelid
  join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
  where rc.oid in (select oid from relation)
)
select kind, schema, name, facts::text as facts from object order by kind collate "C", schema collate "C", name collate "C"
