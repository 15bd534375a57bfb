-- What belongs to the database as a whole: extensions, publications, foreign servers, default privileges, labels.
--
-- An extension counts with its schema, not with its version, which is the server's: `version` is told and not
-- compared. Those that the platform puts into its own schemas of every project are left out.
select 'extension', '', e.extname::text, row_to_json(x)
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace,
lateral (select n.nspname as schema, e.extversion as version) x
where not (e.extname in ('plpgsql', 'pg_graphql', 'pg_net', 'pg_stat_statements', 'pgcrypto', 'pgjwt', 'pgsodium', 'supabase_vault', 'uuid-ossp')
  and not ({user_schema:n.nspname}))

union all
-- Of the platform's own publications only the members are the user's.
select 'publication', '', p.pubname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_publication p
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_publication'::regclass and d.objoid = p.oid,
lateral (select case when p.puballtables then true end as all_tables,
  concat_ws(',', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end, case when p.pubdelete then 'delete' end,
    case when p.pubtruncate then 'truncate' end) as publishes,
  case when p.pubviaroot then true end as via_root, nullif(nullif(to_jsonb(p) ->> 'pubgencols', 'n'), 'false') as generated_columns, d.description as comment) x
where p.pubname not like 'supabase\_realtime%'

union all
select 'publication schema', n.nspname::text, p.pubname::text, '{}'::json
from pg_catalog.pg_publication_namespace r join pg_catalog.pg_publication p on p.oid = r.pnpubid join namespace n on n.oid = r.pnnspid

union all
select 'publication table', c.nspname::text, p.pubname || '.' || c.relname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p on p.oid = r.prpubid join relation c on c.oid = r.prrelid,
lateral (select c.relname as table, pg_catalog.pg_get_expr(r.prqual, r.prrelid) as filter,
  (select json_agg(t.attname order by t.attname collate "C") from pg_catalog.pg_attribute t
   where t.attrelid = r.prrelid and t.attnum = any (r.prattrs)) as columns) x

union all
select 'foreign data wrapper', '', w.fdwname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_foreign_data_wrapper w
left join acl a on a.kind = 'F' and a.owner = w.fdwowner and a.acl = coalesce(w.fdwacl, pg_catalog.acldefault('F', w.fdwowner))
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_foreign_data_wrapper'::regclass and d.objoid = w.oid,
lateral (select case when w.fdwhandler <> 0 then w.fdwhandler::regproc::text end as handler,
  case when w.fdwvalidator <> 0 then w.fdwvalidator::regproc::text end as validator, {options:w.fdwoptions} as options, a.entries as acl, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass and e.objid = w.oid)

union all
select 'server', '', s.srvname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_foreign_server s join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
left join acl a on a.kind = 'S' and a.owner = s.srvowner and a.acl = coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_foreign_server'::regclass and d.objoid = s.oid,
lateral (select w.fdwname as wrapper, s.srvtype as type, s.srvversion as version_text, {options:s.srvoptions} as options, a.entries as acl,
  d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_foreign_server'::regclass and e.objid = s.oid)

union all
-- Of user mappings only the names of the options: their values are secrets.
select 'user mapping', '', u.usename || ' on ' || u.srvname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_user_mappings u,
lateral (select (select json_agg(split_part(o, '=', 1) order by o collate "C") from unnest(u.umoptions) o) as options) x

union all
select 'default privileges', coalesce(n.nspname::text, ''),
  pg_catalog.pg_get_userbyid(d.defaclrole) || ' on ' || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
    when 'f' then 'functions' when 'T' then 'types' when 'L' then 'large objects' else 'schemas' end,
  row_to_json(x)
from pg_catalog.pg_default_acl d left join namespace n on n.oid = d.defaclnamespace
left join acl a on a.kind = case d.defaclobjtype when 'r' then 'r'::"char" else 'd' end and a.owner = 0 and a.acl = d.defaclacl,
lateral (select coalesce(a.entries, '{}') as acl) x
where (d.defaclnamespace = 0 or n.oid is not null) and pg_catalog.pg_get_userbyid(d.defaclrole) !~ '^supabase_'

union all
select 'security label', '', l.provider || ' on ' || i.type || ' ' || i.identity, row_to_json(x)
from pg_catalog.pg_seclabel l,
lateral pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) i, lateral (select l.label) x
where i.schema is null or {user_schema:i.schema}

union all
-- What goes when an extension goes, because somebody said so.
select 'dependency', '', i.type || ' ' || i.identity || ' on extension ' || e.extname, '{}'::json
from pg_catalog.pg_extension e
join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'x',
lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
where {user_schema:i.schema}
