-- What the topics stand on. Each topic is a list of selects of (kind, schema, name, facts) under `union all`, and an
-- object's facts may come in several rows: what few objects have does not cost the others a NULL each. A relation,
-- type or other object that an extension made belongs to the extension.
--
-- Normalised, because it differs between equal databases: object ids (never shown), owners (`owner` in the lists of
-- privileges), lists of privileges that are NULL (the default they stand for), grantors, MAINTAIN (from version 17
-- on; told only where it does not go with all the others), NOT NULL constraints and their names (rows of
-- pg_constraint from version 17 on, a flag of the column before).
--
-- Everything is joined in whole sets, and rows become JSON by row_to_json: both are several times faster than a
-- sub-select or a json_build_object for each row.
with
extension_member as materialized (
  select classid, objid from pg_catalog.pg_depend
  -- The functions and casts of a range type are its own.
  where deptype = 'e' or deptype = 'i' and classid in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_cast'::regclass)
),
namespace as materialized (
  select n.oid, n.nspname, n.nspowner as owner, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) as acl
  from pg_catalog.pg_namespace n
  where {user_schema:n.nspname}
    and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = n.oid)
),
relation as materialized (
  select c.oid, c.relname, c.relnamespace, n.nspname, c.relkind, c.relowner as owner, c.relpersistence, c.relispartition,
    c.relispopulated, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloptions, c.relpartbound, c.relam,
    c.reltablespace, c.reltoastrelid, c.reloftype,
    -- What the names of the parts begin with: a table whose own name has a dot gets another sign.
    c.relname || case when c.relname like '%.%' then ':' else '.' end as prefix,
    case when c.relkind = 'S' then 's'::"char" else 'r' end as acl_kind,
    coalesce(c.relacl, pg_catalog.acldefault(case when c.relkind = 'S' then 's'::"char" else 'r' end, c.relowner)) as acl
  from pg_catalog.pg_class c join namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid)
),
routine as materialized (
  select p.oid, p.proname, n.nspname, p.proowner as owner, p.prokind, p.prosecdef, p.proconfig, p.prolang,
    coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl
  from pg_catalog.pg_proc p join namespace n on n.oid = p.pronamespace
  where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid)
),
-- Types that stand for themselves: not those of tables, arrays and multiranges.
own_type as materialized (
  select t.*, n.nspname, t.typowner as owner, coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner)) as acl
  from pg_catalog.pg_type t join namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where t.typtype <> 'm' and (t.typrelid = 0 or c.relkind = 'c')
    and not exists (select from pg_catalog.pg_type a where a.typarray = t.oid)
    and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = t.oid)
),
-- Columns of relations that have rows. Reading them once for all who ask is worth the copy.
attribute as materialized (
  select c.oid, c.nspname, c.relname, c.prefix || t.attname as name, c.owner, t.attname, t.attnum, t.atttypid, t.atttypmod, t.attnotnull,
    t.attidentity, t.attgenerated, t.attcollation, t.attstorage, t.attcompression, t.attstattarget, t.attinhcount, t.attislocal,
    t.attacl, t.attoptions, t.attfdwoptions
  from relation c join pg_catalog.pg_attribute t on t.attrelid = c.oid
  where c.relkind <> 'S' and t.attnum > 0 and not t.attisdropped
),
-- Most objects share a few lists of privileges: each is put into words once.
acl_used as materialized (
  select u.*, row_number() over () as number from (
  select distinct acl_kind, owner, acl from relation
  union select 'n'::"char", owner, acl from namespace
  union select 'f'::"char", owner, acl from routine
  union select 'T'::"char", owner, acl from own_type
  union select 'l'::"char", lanowner, coalesce(lanacl, pg_catalog.acldefault('l', lanowner)) from pg_catalog.pg_language
  union select 'F'::"char", fdwowner, coalesce(fdwacl, pg_catalog.acldefault('F', fdwowner)) from pg_catalog.pg_foreign_data_wrapper
  union select 'S'::"char", srvowner, coalesce(srvacl, pg_catalog.acldefault('S', srvowner)) from pg_catalog.pg_foreign_server
  union select 'c'::"char", owner, attacl from attribute where attacl is not null
  union select case d.defaclobjtype when 'r' then 'r'::"char" else 'd' end, 0::oid, d.defaclacl from pg_catalog.pg_default_acl d
  ) u (kind, owner, acl)
),
acl_entry as (
  select u.number, u.kind,
    case when x.grantee = 0 then 'public' when x.grantee = u.owner then 'owner' else pg_catalog.pg_get_userbyid(x.grantee)::text end as grantee,
    x.privilege_type as privilege, bool_or(x.is_grantable and x.grantee <> u.owner) as is_grantable
  from acl_used u, lateral pg_catalog.aclexplode(u.acl) x
  group by 1, 2, 3, 4
),
acl as materialized (
  select u.kind, u.owner, u.acl, e.entries
  from acl_used u
  left join (
    select number, array_agg(entry order by entry collate "C") as entries
    from (
      select number, grantee || '=' || concat_ws(',',
        string_agg(privilege || case when is_grantable then '*' else '' end, ',' order by privilege collate "C") filter (where privilege <> 'MAINTAIN'),
        case when kind = 'r' and pg_catalog.current_setting('server_version_num')::int >= 170000 then
          case when bool_or(privilege = 'MAINTAIN') and count(*) < 8 then 'MAINTAIN'
               when not bool_or(privilege = 'MAINTAIN') and count(*) = 7 then 'not MAINTAIN' end end) as entry
      from acl_entry group by number, kind, grantee
    ) e group by number
  ) e on e.number = u.number
)
