-- Functions, procedures, aggregates. They are called by the types of their arguments, not by their names.
select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.nspname::text,
  p.proname || '(' || pg_catalog.oidvectortypes(r.proargtypes) || ')', row_to_json(x)
from routine p join pg_catalog.pg_proc r on r.oid = p.oid
left join acl a on a.kind = 'f' and a.owner = p.owner and a.acl = p.acl,
lateral (select a.entries as acl) x

union all
select case p.prokind when 'p' then 'procedure' else 'function' end, p.nspname::text,
  p.proname || '(' || pg_catalog.oidvectortypes(r.proargtypes) || ')', row_to_json(x)
from routine p join pg_catalog.pg_proc r on r.oid = p.oid join pg_catalog.pg_language l on l.oid = p.prolang,
lateral (select pg_catalog.pg_get_functiondef(p.oid) as definition, l.lanname as language, p.prosecdef as security_definer) x
where p.prokind <> 'a'

union all
-- Whose rights a definer lends matters; of all others the owner is left out.
select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.nspname::text,
  p.proname || '(' || pg_catalog.oidvectortypes(r.proargtypes) || ')', json_strip_nulls(row_to_json(x))
from routine p join pg_catalog.pg_proc r on r.oid = p.oid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_proc'::regclass and d.objoid = p.oid,
lateral (select case when p.prosecdef then pg_catalog.pg_get_userbyid(p.owner) end as owner, (select array_agg(s order by s collate "C") from unnest(p.proconfig) s) as settings, d.description as comment) x
where p.prosecdef or p.proconfig is not null or d.description is not null

union all
select 'aggregate', p.nspname::text, p.proname || '(' || pg_catalog.oidvectortypes(r.proargtypes) || ')', json_strip_nulls(row_to_json(x))
from routine p join pg_catalog.pg_proc r on r.oid = p.oid join pg_catalog.pg_aggregate g on g.aggfnoid = p.oid,
lateral (select
  pg_catalog.pg_get_function_arguments(p.oid) as arguments, pg_catalog.pg_get_function_result(p.oid) as result,
  r.proparallel as parallel, g.aggkind as kind, g.aggnumdirectargs as direct_arguments,
  g.aggtransfn::text as transition, pg_catalog.format_type(g.aggtranstype, null) as state, nullif(g.aggtransspace, 0) as state_size,
  g.agginitval as initial,
  nullif(g.aggfinalfn::text, '-') as final, case when g.aggfinalextra then true end as final_extra, g.aggfinalmodify as final_modify,
  nullif(g.aggcombinefn::text, '-') as combine, nullif(g.aggserialfn::text, '-') as serialize, nullif(g.aggdeserialfn::text, '-') as deserialize,
  nullif(g.aggmtransfn::text, '-') as moving_transition, nullif(g.aggminvtransfn::text, '-') as moving_inverse,
  case when g.aggmtranstype <> 0 then pg_catalog.format_type(g.aggmtranstype, null) end as moving_state,
  nullif(g.aggmtransspace, 0) as moving_state_size, g.aggminitval as moving_initial, nullif(g.aggmfinalfn::text, '-') as moving_final,
  case when g.aggmfinalextra then true end as moving_final_extra, case when g.aggmtransfn <> 0 then g.aggmfinalmodify end as moving_final_modify,
  case when g.aggsortop <> 0 then g.aggsortop::regoperator::text end as sort_operator) x
