//! What makes no difference.

/// Changes after which a schema is the same.
pub(super) const EQUAL: &[&str] = &[
    "alter table notes add extra int; alter table notes drop extra",
    // The columns are in another order.
    "alter table notes drop body; alter table notes add body text",
    "alter table people drop constraint grown; alter table people add constraint grown check (age > 17)",
    "grant select on notes to dashboard_user; revoke select on notes from dashboard_user",
    "grant all on notes to current_user; revoke all on notes from public",
    "alter view adults set (security_invoker = false)",
    "alter view adults set (security_barrier = on)",
    "set local datestyle = 'SQL, DMY'; set local search_path = public; set local timezone = 'Asia/Tokyo'",
    "set local quote_all_identifiers = on",
    "drop index people_name; create index \"people_name\" on public.\"people\" using btree (\"name\")",
    "alter view adults set (security_barrier = 1)",
    "alter table people set (autovacuum_enabled = OFF)",
    "alter function noted reset all; alter function noted set search_path = ''; alter function noted set work_mem = '1MB'",
    // The function that it calls has another object id.
    "drop event trigger watcher; drop function on_ddl; \
      create function on_ddl() returns event_trigger language plpgsql as $$ begin end $$; \
      create event trigger watcher on ddl_command_end execute function on_ddl()",
    "set local client_encoding = 'LATIN1'",
    "set local bytea_output = 'escape'; set local extra_float_digits = 0; set local intervalstyle = 'iso_8601'; \
      set local standard_conforming_strings = off",
    "create temporary table passing (a int)",
    "create table storage.theirs (a int)",
    "alter user mapping for public server away options (set password 'another')",
    "create function auth.theirs() returns int language sql as 'select 1'",
];
