-- Default privileges of schema public as new hosted projects have had them since 30 May 2026, and existing ones since
-- 30 October 2026: what `postgres`, and so every migration, creates gives anon, authenticated and service_role nothing
-- by itself; a migration that wants the API to reach it says so in a grant.
--
-- Runs as `supabase_admin` after services.sql, or later, to change a database from the legacy defaults; objects that
-- exist keep their rights. Note that PostgreSQL itself still lets PUBLIC execute every new function: a default of one
-- schema cannot take that away, so a function that must not be called needs a revoke of its own.

alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on tables to postgres;
alter default privileges for role postgres in schema public grant all on sequences to postgres;
alter default privileges for role postgres in schema public grant all on functions to postgres;

-- What the platform itself creates there keeps the old defaults; `postgres` could not change them.
alter default privileges for role supabase_admin in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
