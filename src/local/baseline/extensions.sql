-- Which extensions `postgres` may create, alter and drop. The platform's supautils extension lets it create those of a list, most of
-- which PostgreSQL keeps for superusers (`moddatetime`, `postgres_fdw`, `pgtap`). On a plain server two event triggers do
-- the same: `postgres` is a superuser for the one statement, and an extension that is not on the list is refused. All of
-- it belongs to the statement's transaction; one that fails leaves nothing behind.
--
-- Runs as `supabase_admin` after database.sql, in one simple query message: PostgreSQL 15 to 18, no psql commands.

create function extensions.crmctl_extension_start() returns event_trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if session_user = 'postgres' then
    -- One at a time in the cluster: two that change one role fail with `tuple concurrently updated`.
    lock table pg_authid in share row exclusive mode;
    alter role postgres superuser;
  end if;
end
$$;

create function extensions.crmctl_extension_end() returns event_trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  refused text;
begin
  if session_user <> 'postgres' then
    return;
  end if;
  alter role postgres nosuperuser;
  select e.extname into refused
  from pg_event_trigger_ddl_commands() as c
  join pg_extension as e on c.classid = 'pg_extension'::regclass and e.oid = c.objid
  where not exists (
      select from pg_available_extension_versions as v
      where v.name = e.extname and v.version = e.extversion and v.trusted)
    and e.extname <> all (array[
      'address_standardizer', 'address_standardizer_data_us', 'autoinc', 'bloom', 'dblink', 'dict_xsyn',
      'earthdistance', 'http', 'hypopg', 'index_advisor', 'insert_username', 'moddatetime', 'pg_buffercache',
      'pg_cron', 'pg_graphql', 'pg_hashids', 'pg_jsonschema', 'pg_net', 'pg_prewarm', 'pg_repack',
      'pg_stat_monitor', 'pg_stat_statements', 'pg_tle', 'pg_walinspect', 'pgaudit', 'pgjwt', 'pgmq', 'pgroonga',
      'pgroonga_database', 'pgrouting', 'pgrowlocks', 'pgsodium', 'pgstattuple', 'pgtap', 'plpgsql_check',
      'plv8', 'postgis', 'postgis_raster', 'postgis_sfcgal', 'postgis_tiger_geocoder', 'postgis_topology',
      'postgres_fdw', 'refint', 'rum', 'sslinfo', 'supabase_vault', 'vector', 'wrappers'])
  limit 1;
  if refused is not null then
    raise exception 'permission denied to create extension "%"', refused using
      errcode = 'insufficient_privilege',
      hint = 'hosted Supabase does not allow this extension to `postgres` either';
  end if;
end
$$;

create event trigger crmctl_extension_start on ddl_command_start
  when tag in ('CREATE EXTENSION', 'ALTER EXTENSION', 'DROP EXTENSION')
  execute function extensions.crmctl_extension_start();
create event trigger crmctl_extension_end on ddl_command_end
  when tag in ('CREATE EXTENSION', 'ALTER EXTENSION', 'DROP EXTENSION')
  execute function extensions.crmctl_extension_end();
