-- The roles of a Supabase project, for a local cluster. Runs once per cluster, as the bootstrap superuser
-- `supabase_admin` (initdb -U supabase_admin), in one simple query message: PostgreSQL 15 to 18, no psql commands.
--
-- No passwords here: the program sets them after this file, so that none is ever in a file or a log.
-- Not imitated: session_preload_libraries = 'safeupdate, supautils'. A plain server lacks both, and a missing preload
-- library locks the role out.

-- Who works on the database. `postgres` is deliberately no superuser, as on the hosted platform: a migration that
-- needs more rights must fail here and not in production.
create role postgres login createrole createdb replication bypassrls;
create role dashboard_user nologin createrole createdb replication;
create role supabase_replication_admin login replication;
create role supabase_read_only_user login bypassrls;

-- Who the API acts as. `authenticator` logs in and becomes one of the three; it inherits nothing, so that it can do
-- nothing before it has.
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;

-- The services, each the owner of its schema's tables.
create role supabase_auth_admin login noinherit createrole;
create role supabase_storage_admin login noinherit createrole;
create role supabase_realtime_admin nologin noinherit;
create role supabase_functions_admin login noinherit createrole;
create role pgbouncer login;

alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role supabase_storage_admin set search_path = storage;

-- Taken over by the API server when it changes the role of a request.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

grant anon, authenticated, service_role to authenticator;
grant authenticator to supabase_storage_admin;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
grant pg_read_all_data to supabase_read_only_user;

do $$
begin
  -- Since 16 CREATEROLE alone no longer lets `postgres` hand these roles on; the platform gives it ADMIN instead.
  if current_setting('server_version_num')::int >= 160000 then
    grant anon, authenticated, service_role to postgres with admin option;
  else
    grant anon, authenticated, service_role to postgres;
  end if;
end
$$;

-- The platform's supautils extension lets `postgres` load data without firing triggers and foreign keys.
-- Since 15 the server can grant that by itself.
grant set on parameter session_replication_role to postgres;

-- It also lets it configure the API server: `alter role authenticator set pgrst.db_schemas = '..'`.
grant set on parameter
  pgrst.db_schemas, pgrst.db_extra_search_path, pgrst.db_pre_request, pgrst.db_pre_config, pgrst.db_max_rows,
  pgrst.db_aggregates_enabled, pgrst.db_plan_enabled, pgrst.db_root_spec, pgrst.db_timezone_enabled, pgrst.db_tx_end,
  pgrst.jwt_aud, pgrst.jwt_role_claim_key, pgrst.openapi_mode, pgrst.openapi_security_active,
  pgrst.server_timing_enabled, pgrst.log_level
to postgres;

-- supautils also lets it make policies on the services' tables, and replace its triggers there. On a plain server only
-- their owners may, so it is a member of those, which allows more than the platform does: what a migration does beyond
-- that to the platform's tables is refused there first, and lint says so before.
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to postgres;
