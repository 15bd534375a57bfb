-- Rows that are part of what a project is: storage buckets and cron jobs. Their tables may not be there, or not be
-- readable; a statement that named them would fail. ts_stat runs a query given as text, so it is asked only when they
-- are (a name in a schema that may not be used is an error already); each row travels as pieces of its JSON, numbered so that they can be put together again.
select 'storage bucket', '', f.facts ->> 'id', (f.facts - 'id')::json
from (
  select string_agg(substr(w.word, 11), '' order by w.word collate "C")::jsonb as facts
  from (select case when pg_catalog.has_schema_privilege(pg_catalog.to_regnamespace('storage'), 'usage') is not true then {no_pieces}
      when pg_catalog.to_regclass('storage.buckets') is null then {no_pieces}
      when not pg_catalog.has_table_privilege('storage.buckets', 'select') then {no_pieces}
      when pg_catalog.row_security_active('storage.buckets') then {no_pieces}
      else {pieces:storage.buckets b:'id', j -> 'id', 'name', j -> 'name', 'public', j -> 'public', 'file_size_limit', j -> 'file_size_limit', 'allowed_mime_types', j -> 'allowed_mime_types'} end as query) q,
  lateral pg_catalog.ts_stat(q.query) w
  group by left(w.word, 6)
) f

union all
select 'cron job', '', coalesce(f.facts ->> 'jobname', 'unnamed ' || md5(f.facts::text)) || case when f.same > 1 then ' ' || f.same else '' end,
  (f.facts - 'jobname' - case when f.facts ->> 'database' = pg_catalog.current_database() then 'database' else '' end)::json
from (
  select facts, row_number() over (partition by facts) as same
  from (
    select string_agg(substr(w.word, 11), '' order by w.word collate "C")::jsonb as facts
    from (select case when pg_catalog.has_schema_privilege(pg_catalog.to_regnamespace('cron'), 'usage') is not true then {no_pieces}
        when pg_catalog.to_regclass('cron.job') is null then {no_pieces}
        when not pg_catalog.has_table_privilege('cron.job', 'select') then {no_pieces}
        when pg_catalog.row_security_active('cron.job') then {no_pieces}
        else {pieces:cron.job b:'jobname', j -> 'jobname', 'schedule', j -> 'schedule', 'command', left(j ->> 'command', 100000), 'active', j -> 'active', 'database', j -> 'database'} end as query) q,
    lateral pg_catalog.ts_stat(q.query) w
    group by left(w.word, 6)
  ) f
) f
