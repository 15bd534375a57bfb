//! Changes, and the objects in which a schema differs after each.

/// A change of `base.sql`, and every object that it must be told by.
pub(super) type Case = (&'static str, &'static [&'static str]);

pub(super) const TABLES: &[Case] = &[
    ("comment on schema other is 'x'", &["schema `other`"]),
    ("grant usage on schema other to dashboard_user", &["schema `other`"]),
    ("drop schema other", &["schema `other`"]),
    ("create table fresh (a int primary key)", &["table `fresh`"]),
    ("alter table notes rename to jottings", &["table `jottings`", "table `notes`"]),
    ("alter table people enable row level security", &["table `people`"]),
    ("alter table people force row level security", &["table `people`"]),
    ("alter table people set (fillfactor = 70)", &["table `people`"]),
    ("alter table people set (toast.autovacuum_enabled = false)", &["table `people`"]),
    ("alter table people replica identity full", &["table `people`"]),
    (
        "alter table people replica identity using index people_pkey",
        &["index `people.people_pkey`", "table `people`"],
    ),
    ("alter table elder set unlogged", &["table `elder`"]),
    ("comment on table notes is 'others'", &["table `notes`"]),
    ("grant select on notes to dashboard_user", &["table `notes`"]),
    ("grant select on notes to dashboard_user with grant option", &["table `notes`"]),
    ("grant select (body) on notes to dashboard_user", &["column `notes.body`"]),
    (
        "alter table parent detach partition child",
        &[
            "column `child.a`",
            "column `child.b`",
            "constraint `child.known`",
            "index `child.child_b_idx`",
            "table `child`",
        ],
    ),
    ("alter table younger no inherit elder", &["column `younger.a`", "table `younger`"]),
    ("alter table people add phone text", &["column `people.phone`"]),
    (
        "alter table people drop age cascade",
        &[
            "column `people.age`",
            "constraint `people.grown`",
            "constraint `people.people_age_excl`",
            "index `people.people_age_excl`",
            "policy `people.own`",
            "statistics `people_statistics`",
            "view `adults`",
        ],
    ),
    (
        "alter table people rename mail to email",
        &[
            "column `people.email`",
            "column `people.mail`",
            "constraint `people.one_mail`",
            "index `people.one_mail`",
        ],
    ),
    ("alter table notes alter body type varchar(20)", &["column `notes.body`"]),
    ("alter table notes alter body set not null", &["column `notes.body`"]),
    ("alter table notes alter body set default 'y'", &["column `notes.body`"]),
    ("alter table people alter name drop default", &["column `people.name`"]),
    ("alter table people alter upper_name drop expression", &["column `people.upper_name`"]),
    ("alter table people alter id set generated always", &["column `people.id`"]),
    ("alter table people alter id set increment by 5", &["sequence `people_id_seq`"]),
    ("alter table notes alter body set storage external", &["column `notes.body`"]),
    ("alter table notes alter body set compression pglz", &["column `notes.body`"]),
    ("alter table notes alter body set statistics 500", &["column `notes.body`"]),
    ("alter table notes alter body set (n_distinct = 5)", &["column `notes.body`"]),
    ("alter table notes alter body type text collate german", &["column `notes.body`"]),
    ("comment on column notes.body is 'x'", &["column `notes.body`"]),
    ("alter sequence counter increment by 2", &["sequence `counter`"]),
    ("alter sequence counter owned by notes.id", &["sequence `counter`"]),
    ("grant usage on sequence counter to dashboard_user", &["sequence `counter`"]),
    ("comment on sequence counter is 'x'", &["sequence `counter`"]),
    ("alter foreign table remote options (set table_name 'b')", &["foreign table `remote`"]),
    ("alter foreign table remote alter a options (column_name 'b')", &["column `remote.a`"]),
    ("alter server away options (set host 'b')", &["server `away`"]),
    ("alter user mapping for public server away options (drop user)", &["user mapping `public on away`"]),
    ("alter foreign data wrapper wrapper options (debug 'on')", &["foreign data wrapper `wrapper`"]),
];

pub(super) const ATTACHED: &[Case] = &[
    (
        "alter table people add constraint complete check (people is not null) not valid",
        &["constraint `people.complete`"],
    ),
    (
        "alter table people drop constraint grown, add constraint grown check (age > 18)",
        &["constraint `people.grown`"],
    ),
    (
        "alter table people drop constraint grown, add constraint grown check (age > 17) not valid",
        &["constraint `people.grown`"],
    ),
    (
        "alter table people drop constraint grown, add constraint grown check (age > 17) no inherit",
        &["constraint `people.grown`"],
    ),
    (
        "alter table people rename constraint grown to adult",
        &["constraint `people.adult`", "constraint `people.grown`"],
    ),
    (
        "alter table notes alter constraint notes_person_fkey deferrable",
        &["constraint `notes.notes_person_fkey`"],
    ),
    (
        "alter table notes alter constraint notes_person_fkey deferrable initially deferred",
        &["constraint `notes.notes_person_fkey`"],
    ),
    (
        "alter table notes disable trigger all",
        &["constraint `notes.notes_person_fkey`", "trigger `notes.checked`"],
    ),
    ("comment on constraint grown on people is 'x'", &["constraint `people.grown`"]),
    (
        "drop index people_name; create index people_name on people (name desc)",
        &["index `people.people_name`"],
    ),
    (
        "drop index people_name; create index people_name on people (name) where age > 3",
        &["index `people.people_name`"],
    ),
    ("alter index people_name set (fillfactor = 50)", &["index `people.people_name`"]),
    ("cluster people using people_name", &["index `people.people_name`"]),
    (
        "update pg_index set indisvalid = false where indexrelid = 'people_name'::regclass",
        &["index `people.people_name`"],
    ),
    (
        "create index by_lower on people (lower(name)); alter index by_lower alter column 1 set statistics 9",
        &["index `people.by_lower`"],
    ),
    ("comment on index people_name is 'x'", &["index `people.people_name`"]),
    (
        "create or replace view adults with (security_barrier) as select id, name from people where age > 18",
        &["view `adults`"],
    ),
    ("alter view adults set (security_invoker = on)", &["view `adults`"]),
    ("alter view adults set (security_barrier = false)", &["view `adults`"]),
    ("alter view adults set (check_option = local)", &["view `adults`"]),
    ("grant select on adults to dashboard_user", &["view `adults`"]),
    ("refresh materialized view names with no data", &["materialized view `names`"]),
    (
        "drop rule quiet on notes; create rule quiet as on delete to notes do also nothing",
        &["rule `notes.quiet`"],
    ),
    ("alter table notes disable rule quiet", &["rule `notes.quiet`"]),
    ("alter table people disable trigger touched", &["trigger `people.touched`"]),
    ("alter table people enable always trigger touched", &["trigger `people.touched`"]),
    ("alter table child disable trigger parent_touch", &["trigger `child.parent_touch`"]),
    (
        "create or replace trigger touched after update on people for each row execute function touch()",
        &["trigger `people.touched`"],
    ),
    ("comment on trigger touched on people is 'x'", &["trigger `people.touched`"]),
    (
        "create trigger on_login before insert on auth.users for each row execute function public.touch()",
        &["trigger `auth.users.on_login`"],
    ),
    ("alter policy own on people using (age > 2)", &["policy `people.own`"]),
    ("alter policy own on people to anon", &["policy `people.own`"]),
    (
        "drop policy own on people; create policy own on people as restrictive for select to authenticated using (age > 1)",
        &["policy `people.own`"],
    ),
    (
        "create policy files on storage.objects for select to anon using (true)",
        &["policy `storage.objects.files`"],
    ),
    ("alter statistics people_statistics set statistics 7", &["statistics `people_statistics`"]),
    ("alter event trigger watcher disable", &["event trigger `watcher`"]),
    (
        "drop event trigger watcher; \
      create event trigger watcher on ddl_command_end execute function other_ddl()",
        &["event trigger `watcher`"],
    ),
    // A view lends the rights of its owner, unless it asks for those of its caller.
    ("alter view adults owner to dashboard_user", &["view `adults`"]),
    ("alter table child disable trigger all", &["table `child`", "trigger `child.parent_touch`"]),
    (
        "alter function twice depends on extension plpgsql",
        &["dependency `function public.twice(integer) on extension plpgsql`"],
    ),
    (
        "alter index people_name depends on extension plpgsql",
        &["dependency `index public.people_name on extension plpgsql`"],
    ),
    ("alter publication news set (publish = 'insert')", &["publication `news`"]),
    ("alter publication news set table notes (id)", &["publication table `news.notes`"]),
    ("alter publication news set table notes where (id > 3)", &["publication table `news.notes`"]),
    ("alter publication news add tables in schema other", &["publication schema `other.news`"]),
    ("create publication everything for all tables", &["publication `everything`"]),
    ("alter publication supabase_realtime add table notes", &["publication table `supabase_realtime.notes`"]),
    (
        "alter publication supabase_realtime add table storage.objects",
        &["publication table `storage.supabase_realtime.objects`"],
    ),
    (
        "create publication \"a.b\" for table known; create publication a for table \"b.known\"",
        &[
            "publication `a`",
            "publication `a.b`",
            "publication table `a.b.known`",
            "publication table `a.b:known`",
        ],
    ),
    (
        "alter trigger touched on people depends on extension plpgsql",
        &["dependency `trigger touched on public.people on extension plpgsql`"],
    ),
];

pub(super) const OTHERS: &[Case] = &[
    ("alter type mood add value 'calm' before 'happy'", &["type `mood`"]),
    ("drop type mood; create type mood as enum ('happy', 'sad')", &["type `mood`"]),
    ("comment on type mood is 'x'", &["type `mood`"]),
    ("revoke usage on type mood from public", &["type `mood`"]),
    ("alter domain positive set default 3", &["type `positive`"]),
    ("alter domain positive set not null", &["type `positive`"]),
    ("alter domain positive rename constraint over_zero to above_zero", &["type `positive`"]),
    ("alter domain positive add constraint small check (value < 9) not valid", &["type `positive`"]),
    ("comment on constraint over_zero on domain positive is 'x'", &["type `positive`"]),
    ("alter type pair add attribute c int", &["type `pair`"]),
    ("drop type span; create type span as range (subtype = int8)", &["type `span`"]),
    (
        "drop type span; create type span as range (subtype = int4, multirange_type_name = spans)",
        &["type `span`"],
    ),
    ("create type shell", &["type `shell`"]),
    (
        "drop collation german; create collation german (provider = libc, locale = 'POSIX')",
        &["collation `german`"],
    ),
    ("comment on collation german is 'x'", &["collation `german`"]),
    (
        "create or replace function twice(x int) returns int language sql immutable as 'select x * 3'",
        &["function `twice(integer)`"],
    ),
    ("alter function twice security definer", &["function `twice(integer)`"]),
    ("alter function twice stable", &["function `twice(integer)`"]),
    ("alter function twice set search_path = ''", &["function `twice(integer)`"]),
    ("alter function twice cost 7", &["function `twice(integer)`"]),
    ("grant execute on function twice to dashboard_user", &["function `twice(integer)`"]),
    ("revoke execute on function twice from public", &["function `twice(integer)`"]),
    ("comment on function twice is 'x'", &["function `twice(integer)`"]),
    ("create function twice(x bigint) returns int language sql as 'select 1'", &["function `twice(bigint)`"]),
    ("alter procedure work security definer", &["procedure `work(integer)`"]),
    (
        "create or replace aggregate total (int) (sfunc = int4pl, stype = int, initcond = '1')",
        &["aggregate `total(integer)`"],
    ),
    (
        "create or replace aggregate total (int) (sfunc = int4pl, stype = int, initcond = '0', parallel = safe)",
        &["aggregate `total(integer)`"],
    ),
    ("alter operator === (pair, pair) set (restrict = eqsel)", &["operator `===(public.pair, public.pair)`"]),
    (
        "alter operator family numbers using btree add function 1 (int4, int8) btint48cmp(int4, int8)",
        &["operator family `numbers using btree`"],
    ),
    (
        "create operator class mine for type int4 using btree family numbers as operator 1 <, function 1 btint4cmp(int4, int4)",
        &["operator class `mine using btree`", "operator family `numbers using btree`"],
    ),
    (
        "drop cast (int as pair); create cast (int as pair) with function to_pair(int) as assignment",
        &["cast `integer as public.pair`"],
    ),
    ("alter text search configuration words drop mapping for email", &["text search configuration `words`"]),
    ("alter text search dictionary plain (accept = false)", &["text search dictionary `plain`"]),
    ("create access method pile type table handler heap_tableam_handler", &["access method `pile`"]),
    ("create conversion mine for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1", &["conversion `mine`"]),
    (
        "alter default privileges for role postgres in schema other grant select on tables to anon",
        &["default privileges `other.postgres on tables`"],
    ),
    (
        "insert into storage.buckets (id, name) values ('pictures', 'pictures')",
        &["storage bucket `pictures`"],
    ),
    (
        "create schema cron; create table cron.job (jobname text, schedule text, command text, active boolean, database text); \
      insert into cron.job select 'tidy', '* * * * *', repeat('select ''ü''; ', 1000), true, current_database()",
        &["cron job `tidy`"],
    ),
];
