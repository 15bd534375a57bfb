-- Text search.
select 'text search parser', n.nspname::text, p.prsname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_ts_parser p join namespace n on n.oid = p.prsnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_ts_parser'::regclass and d.objoid = p.oid,
lateral (select p.prsstart::text as start, p.prstoken::text as token, p.prsend::text as end, nullif(p.prsheadline::text, '-') as headline,
  p.prslextype::text as types, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_ts_parser'::regclass and e.objid = p.oid)

union all
select 'text search template', n.nspname::text, t.tmplname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_ts_template t join namespace n on n.oid = t.tmplnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_ts_template'::regclass and d.objoid = t.oid,
lateral (select nullif(t.tmplinit::text, '-') as init, t.tmpllexize::text as lexize, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_ts_template'::regclass and e.objid = t.oid)

union all
select 'text search dictionary', n.nspname::text, t.dictname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_ts_dict t join namespace n on n.oid = t.dictnamespace
join pg_catalog.pg_ts_template m on m.oid = t.dicttemplate
join pg_catalog.pg_namespace mn on mn.oid = m.tmplnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_ts_dict'::regclass and d.objoid = t.oid,
lateral (select mn.nspname || '.' || m.tmplname as template, t.dictinitoption as options, d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_ts_dict'::regclass and e.objid = t.oid)

union all
select 'text search configuration', n.nspname::text, c.cfgname::text, json_strip_nulls(row_to_json(x))
from pg_catalog.pg_ts_config c join namespace n on n.oid = c.cfgnamespace
join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_ts_config'::regclass and d.objoid = c.oid,
lateral (select pn.nspname || '.' || p.prsname as parser,
  (select json_agg(k.alias || ' ' || m.dictionaries order by k.alias collate "C")
   from (select m.maptokentype, string_agg(m.mapdict::regdictionary::text, ', ' order by m.mapseqno) as dictionaries
     from pg_catalog.pg_ts_config_map m where m.mapcfg = c.oid group by m.maptokentype) m
   join pg_catalog.ts_token_type(c.cfgparser) k on k.tokid = m.maptokentype) as mappings,
  d.description as comment) x
where not exists (select from extension_member e where e.classid = 'pg_catalog.pg_ts_config'::regclass and e.objid = c.oid)
