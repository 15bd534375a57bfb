-- Operators, operator classes and families, access methods, casts, conversions, languages, transforms. Those that have
-- no schema are the user's when they came after the system's own (object id from 16384 on).
select 'operator', n.nspname::text, o.oprname || '(' || coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), null), 'none') || ', '
    || coalesce(pg_catalog.format_type(nullif(o.oprright, 0), null), 'none') || ')', json_strip_nulls(row_to_json(x))
from (select o.oid, o.oprnamespace, o.oprname, o.oprcode, o.oprresult, o.oprcom, o.oprnegate, o.oprrest, o.oprjoin, o.oprcanmerge,
    o.oprcanhash, o.oprleft, o.oprright from pg_catalog.pg_operator o where o.oid >= 16384) o
join namespace n on n.oid = o.oprnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_operator'::regclass and d.objoid = o.oid,
lateral (select o.oprcode::text as function, pg_catalog.format_type(o.oprresult, null) as result,
  case when o.oprcom <> 0 then o.oprcom::regoperator::text end as commutator, case when o.oprnegate <> 0 then o.oprnegate::regoperator::text end as negator,
  nullif(o.oprrest::text, '-') as restriction, nullif(o.oprjoin::text, '-') as join, o.oprcanmerge as merges, o.oprcanhash as hashes,
  d.description as comment) x
-- A shell is only another operator's promise of a partner.
where o.oprcode <> 0 and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_operator'::regclass and e.objid = o.oid)

union all
select 'operator class', n.nspname::text, o.opcname || ' using ' || m.amname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_opclass o
join namespace n on n.oid = o.opcnamespace
join pg_catalog.pg_am m on m.oid = o.opcmethod
join pg_catalog.pg_opfamily f on f.oid = o.opcfamily
join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_opclass'::regclass and d.objoid = o.oid,
lateral (select fn.nspname || '.' || f.opfname as family, pg_catalog.format_type(o.opcintype, null) as type,
  case when o.opckeytype <> 0 then pg_catalog.format_type(o.opckeytype, null) end as stored, o.opcdefault as default, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_opclass'::regclass and e.objid = o.oid)

union all
select 'operator family', n.nspname::text, f.opfname || ' using ' || m.amname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_opfamily f
join namespace n on n.oid = f.opfnamespace
join pg_catalog.pg_am m on m.oid = f.opfmethod
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_opfamily'::regclass and d.objoid = f.oid,
lateral (select
  (select json_agg(m.member order by m.member collate "C") from (
    select 'operator ' || o.amopstrategy || ' ' || o.amopopr::regoperator::text
      || coalesce((select ' for order by ' || sn.nspname || '.' || s.opfname from pg_catalog.pg_opfamily s
          join pg_catalog.pg_namespace sn on sn.oid = s.opfnamespace where s.oid = o.amopsortfamily), '') as member
    from pg_catalog.pg_amop o where o.amopfamily = f.oid
    union all
    select 'function ' || p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, null) || ', '
      || pg_catalog.format_type(p.amprocrighttype, null) || ') ' || p.amproc::regprocedure::text
    from pg_catalog.pg_amproc p where p.amprocfamily = f.oid) m) as members,
  d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_opfamily'::regclass and e.objid = f.oid)

union all
select 'access method', '', m.amname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_am m left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_am'::regclass and d.objoid = m.oid,
lateral (select m.amtype as type, m.amhandler::text as handler, d.description as comment) x
where m.oid >= 16384 and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_am'::regclass and e.objid = m.oid)

union all
select 'cast', '', pg_catalog.format_type(k.castsource, null) || ' as ' || pg_catalog.format_type(k.casttarget, null), json_strip_nulls(row_to_json(x))
from pg_catalog.pg_cast k left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_cast'::regclass and d.objoid = k.oid,
lateral (select case when k.castfunc <> 0 then k.castfunc::regprocedure::text end as function, k.castcontext as context, k.castmethod as method,
  d.description as comment) x
where k.oid >= 16384 and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_cast'::regclass and e.objid = k.oid)

union all
select 'conversion', n.nspname::text, k.conname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_conversion k join namespace n on n.oid = k.connamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_conversion'::regclass and d.objoid = k.oid,
lateral (select pg_catalog.pg_encoding_to_char(k.conforencoding) as source, pg_catalog.pg_encoding_to_char(k.contoencoding) as target,
  k.conproc::text as function, k.condefault as default, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_conversion'::regclass and e.objid = k.oid)

union all
select 'language', '', l.lanname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_language l
left join acl a on a.kind = 'l' and a.owner = l.lanowner and a.acl = coalesce(l.lanacl, pg_catalog.acldefault('l', l.lanowner))
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_language'::regclass and d.objoid = l.oid,
lateral (select l.lanplcallfoid::regproc::text as handler, nullif(l.laninline::regproc::text, '-') as inline,
  nullif(l.lanvalidator::regproc::text, '-') as validator, l.lanpltrusted as trusted, a.entries as acl, d.description as comment) x
where l.oid >= 16384 and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_language'::regclass and e.objid = l.oid)

union all
select 'transform', '', pg_catalog.format_type(t.trftype, null) || ' for ' || l.lanname, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_transform t join pg_catalog.pg_language l on l.oid = t.trflang
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_transform'::regclass and d.objoid = t.oid,
lateral (select case when t.trffromsql <> 0 then t.trffromsql::regprocedure::text end as from_sql,
  case when t.trftosql <> 0 then t.trftosql::regprocedure::text end as to_sql, d.description as comment) x
where t.oid >= 16384 and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_transform'::regclass and e.objid = t.oid)
