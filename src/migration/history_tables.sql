do $crmctl$ begin
  if pg_catalog.current_setting('default_transaction_read_only')::boolean then
    raise exception 'this role, or this database, is read-only by its setting `default_transaction_read_only`'
      using errcode = 'read_only_sql_transaction',
        hint = 'hosted Supabase sets it when the disk is full; otherwise `alter role` or `alter database ... reset default_transaction_read_only`';
  end if;
  if pg_catalog.to_regnamespace('supabase_migrations') is null then
    create schema if not exists supabase_migrations;
  end if;
  if pg_catalog.to_regclass('supabase_migrations.schema_migrations') is null then
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
  end if;
  if (select pg_catalog.count(*) from pg_catalog.pg_attribute where not attisdropped
      and attname operator(pg_catalog.=) any ('{statements,name}'::pg_catalog.name[])
      and attrelid operator(pg_catalog.=) 'supabase_migrations.schema_migrations'::pg_catalog.regclass) operator(pg_catalog.<) 2 then
    alter table supabase_migrations.schema_migrations add column if not exists statements text[];
    alter table supabase_migrations.schema_migrations add column if not exists name text;
  end if;
  if pg_catalog.to_regclass('supabase_migrations.crmctl_migrations') is null then
    create table if not exists supabase_migrations.crmctl_migrations (
      version text not null primary key, checksum text not null, state text not null,
      statements_done integer not null, prefix_checksum text, duration_ms bigint,
      applied_at timestamptz not null default pg_catalog.now(), applied_by text not null default session_user,
      crmctl_version text not null, git_commit text, statement_begun integer);
  elsif (select pg_catalog.count(*) from pg_catalog.pg_attribute where not attisdropped
      and attname operator(pg_catalog.=) any ('{git_commit,statement_begun}'::pg_catalog.name[])
      and attrelid operator(pg_catalog.=) 'supabase_migrations.crmctl_migrations'::pg_catalog.regclass) operator(pg_catalog.<) 2 then
    alter table supabase_migrations.crmctl_migrations
      add column if not exists git_commit text, add column if not exists statement_begun integer;
  end if;
end $crmctl$
