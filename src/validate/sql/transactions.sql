select a.pid, coalesce(nullif(a.application_name, ''), 'without a name') as application, a.usename as "user", a.state,
  extract(epoch from now() - a.xact_start)::bigint as seconds
from pg_catalog.pg_stat_activity a
where a.datname = current_database() and a.pid <> pg_catalog.pg_backend_pid() and a.backend_type = 'client backend'
  and a.xact_start < now() - interval '5 minutes'
order by a.xact_start limit 10
