-- What hangs on tables: triggers, policies, rules, statistics. And event triggers.
--
-- Triggers of the user on the platform's tables count as the user's: pg_dump forgets them. A trigger that a partition
-- has from its parent counts where somebody switched it.
select 'trigger', n.nspname::text, c.relname || case when c.relname like '%.%' then ':' else '.' end || g.tgname, row_to_json(x)
from pg_catalog.pg_trigger g
join pg_catalog.pg_class c on c.oid = g.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = g.tgfoid
left join relation own on own.oid = c.oid
left join namespace of_function on of_function.oid = p.pronamespace
left join pg_catalog.pg_trigger parent on parent.oid = g.tgparentid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_trigger'::regclass and d.objoid = g.oid,
lateral (select c.relname as table, pg_catalog.pg_get_triggerdef(g.oid) as definition, g.tgenabled as enabled,
  case when parent.oid is not null then true end as inherited, d.description as comment) x
where not g.tgisinternal and (parent.oid is null or parent.tgenabled <> g.tgenabled)
  and (own.oid is not null or of_function.oid is not null)
  and not exists (select from extension_member e where e.classid = 'pg_catalog.pg_trigger'::regclass and e.objid = g.oid)

union all
select 'policy', n.nspname::text, c.relname || case when c.relname like '%.%' then ':' else '.' end || y.polname, row_to_json(x)
from pg_catalog.pg_policy y
join pg_catalog.pg_class c on c.oid = y.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join relation own on own.oid = c.oid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_policy'::regclass and d.objoid = y.oid,
lateral (select c.relname as table, y.polcmd as command, y.polpermissive as permissive,
  case when cardinality(y.polroles) = 1
    then json_build_array(case y.polroles[1] when 0 then 'public' else pg_catalog.pg_get_userbyid(y.polroles[1])::text end)
    else (select json_agg(r.role order by r.role collate "C") from (
      select case r when 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end as role from unnest(y.polroles) r) r) end as roles,
  pg_catalog.pg_get_expr(y.polqual, y.polrelid) as using, pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid) as check,
  d.description as comment) x
where own.oid is not null or n.nspname in ('auth', 'storage', 'realtime')

union all
select 'rule', c.nspname::text, c.prefix || r.rulename, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_rewrite r
join relation c on c.oid = r.ev_class
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_rewrite'::regclass and d.objoid = r.oid,
lateral (select c.relname as table, pg_catalog.pg_get_ruledef(r.oid) as definition, r.ev_enabled as enabled, d.description as comment) x
where r.rulename <> '_RETURN'

union all
select 'statistics', n.nspname::text, s.stxname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_statistic_ext s
join namespace n on n.oid = s.stxnamespace
join pg_catalog.pg_class c on c.oid = s.stxrelid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_statistic_ext'::regclass and d.objoid = s.oid,
-- The server shows columns as they stand in the table, where they may stand in any order.
lateral (select ' ON ' || string_agg(quote_ident(a.attname), ', ' order by a.attnum) as as_they_stand,
    ' ON ' || string_agg(quote_ident(a.attname), ', ' order by a.attname collate "C") as by_name
  from pg_catalog.pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any (s.stxkeys)) columns,
lateral (select case when c.relnamespace = n.oid then c.relname end as table,
  coalesce(replace(pg_catalog.pg_get_statisticsobjdef(s.oid), as_they_stand, by_name), pg_catalog.pg_get_statisticsobjdef(s.oid)) as definition,
  nullif(s.stxstattarget, -1) as target, d.description as comment) x

union all
select 'event trigger', '', g.evtname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_event_trigger g
join routine p on p.oid = g.evtfoid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_event_trigger'::regclass and d.objoid = g.oid,
lateral (select g.evtevent as event, g.evtfoid::regproc::text as function, g.evtenabled as enabled,
  (select json_agg(t order by t collate "C") from unnest(g.evttags) t) as tags, d.description as comment) x
