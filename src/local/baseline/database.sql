-- What a new Supabase database holds before the first migration. Runs once per database, as `supabase_admin`, in a
-- fresh database owned by `postgres`, after roles.sql; then come services.sql and, for the default privileges of schema
-- public, grants_2026.sql or grants_legacy.sql. One simple query message, PostgreSQL 15 to 18, no psql commands.
--
-- The tables of the services follow in services.sql.

-- Schemas -------------------------------------------------------------------------------------------------------

do $$
begin
  execute format('grant all on database %I to postgres, dashboard_user', current_database());
end
$$;

grant usage on schema public to postgres, anon, authenticated, service_role;
grant execute on function pg_catalog.pg_reload_conf() to postgres;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to dashboard_user;

-- `postgres` may use these schemas and create nothing in them, since April 2025.
create schema auth;
grant all on schema auth to supabase_auth_admin, dashboard_user;
grant usage on schema auth to postgres, anon, authenticated, service_role;

create schema storage;
grant all on schema storage to supabase_storage_admin, dashboard_user;
grant usage on schema storage to postgres with grant option;
grant usage on schema storage to anon, authenticated, service_role;

create schema realtime;
grant all on schema realtime to supabase_realtime_admin;
grant usage on schema realtime to postgres with grant option;
grant usage on schema realtime to anon, authenticated, service_role;

-- Empty until their extensions come: `create extension .. with schema graphql` does not make the schema.
create schema graphql;
create schema pgsodium;
create schema vault;

create schema graphql_public;
grant usage on schema graphql_public to postgres, anon, authenticated, service_role;

-- Rights of objects to come, outside of schema public -----------------------------------------------------------

alter default privileges for role supabase_admin in schema extensions grant all on tables to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on sequences to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on functions to postgres with grant option;

alter default privileges for role supabase_auth_admin in schema auth grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth grant all on sequences to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth grant all on functions to postgres, dashboard_user;

alter default privileges for role postgres in schema storage
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema storage
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema storage
  grant all on functions to postgres, anon, authenticated, service_role;

alter default privileges for role supabase_admin in schema realtime grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_admin in schema realtime grant all on sequences to postgres, dashboard_user;
alter default privileges for role supabase_admin in schema realtime grant all on functions to postgres, dashboard_user;

-- Extensions ----------------------------------------------------------------------------------------------------

do $$
declare
  extension_name text;
begin
  -- Each only if the server has it: small builds come without the contrib modules, and nothing here needs them.
  for extension_name in
    select available.name
    from pg_available_extensions as available
    where available.name in ('uuid-ossp', 'pgcrypto', 'pg_stat_statements')
    order by available.name
  loop
    execute format('create extension if not exists %I with schema extensions', extension_name);
  end loop;
  if exists (select from pg_available_extensions where name = 'supabase_vault') then
    create extension supabase_vault;
  end if;
end
$$;

-- GraphQL -------------------------------------------------------------------------------------------------------

-- Answers as a project does whose pg_graphql is off, which is how new ones start.
create function graphql_public.graphql(
  "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null
) returns jsonb language sql as $$
  select jsonb_build_object('errors', jsonb_build_array(
    jsonb_build_object('message', 'pg_graphql extension is not enabled.')))
$$;
grant all on function graphql_public.graphql(text, text, jsonb, jsonb) to postgres, anon, authenticated, service_role;

-- Realtime ------------------------------------------------------------------------------------------------------

-- Empty; projects add the tables they want to watch.
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- The API's schema cache ----------------------------------------------------------------------------------------

-- The API server listens on channel pgrst and reads the schema again. Only for statements it could notice: every
-- notification costs it a full reload.
create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
declare
  command record;
begin
  for command in select * from pg_event_trigger_ddl_commands() loop
    if command.command_tag in (
        'CREATE SCHEMA', 'ALTER SCHEMA', 'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE',
        'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE VIEW', 'ALTER VIEW',
        'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW', 'CREATE FUNCTION', 'ALTER FUNCTION',
        'CREATE TRIGGER', 'CREATE TYPE', 'ALTER TYPE', 'CREATE RULE', 'COMMENT')
      -- Temporary objects come and go with every request and never show in the API.
      and command.schema_name is distinct from 'pg_temp'
    then
      notify pgrst, 'reload schema';
    end if;
  end loop;
end
$$;
create function extensions.pgrst_drop_watch() returns event_trigger language plpgsql as $$
declare
  object record;
begin
  for object in select * from pg_event_trigger_dropped_objects() loop
    if object.object_type in (
        'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'trigger', 'type', 'rule')
      and not object.is_temporary
    then
      notify pgrst, 'reload schema';
    end if;
  end loop;
end
$$;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
