-- In the manner of PostgreSQL's own regression tests: what is rare, all in one database. Runs as `postgres`, who is no superuser.
create schema "Rare ""q"" ünï";
set search_path = public;

-- Names that are those of aliases, system columns' look-alikes, and types that are called like built-in ones.
create domain public.int4 as pg_catalog.int4 check (value <> 13);
create type public.text as enum ('text', 'TEXT');
create table public.t (t pg_catalog.int4 primary key, s pg_catalog.text, o pg_catalog.text, r pg_catalog.int4 references public.t, hash pg_catalog.int8, class pg_catalog.int4, "row" pg_catalog.text,
  "a""b" pg_catalog.text, " ctid" pg_catalog.text, oid pg_catalog.int4, "Ünï-日本語-日本語-日本語-日本語-日本語-日" public.int4, e public.text);
create table public.s (s public.int4 primary key, t public.text[]);
create table "Rare ""q"" ünï"."hashed mixed " (like public.t including all);

-- Operators and casts that would be taken for the server's own.
create function public.never(pg_catalog.int4, pg_catalog.int4) returns boolean language plpgsql as $$ begin raise 'hijacked'; end $$;
create operator public.= (leftarg = pg_catalog.int4, rightarg = pg_catalog.int4, function = public.never);
create operator public.|| (leftarg = pg_catalog.int4, rightarg = pg_catalog.int4, function = public.never);
create function public.hashint8extended(pg_catalog.int8, pg_catalog.int8) returns pg_catalog.int8 language sql as 'select 1/0::pg_catalog.int8';
create function public.lossy(public.text) returns pg_catalog.text language plpgsql as $$ begin raise 'hijacked'; end $$;
create cast (public.text as pg_catalog.text) with function public.lossy(public.text);

-- Keys whose equality is not identity, and keys of every kind.
create collation public.loose_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create type public.pair as (n numeric, s pg_catalog.text);
create type public.floats as range (subtype = float8);
create domain public.price as numeric check (value >= 0);
create table public.k_numeric (k numeric primary key, v pg_catalog.text);
create table public.k_float (k float8 primary key, v pg_catalog.text);
create table public.k_interval (k interval primary key, v pg_catalog.text);
create table public.k_case (k pg_catalog.text collate public.loose_case primary key, v pg_catalog.text);
create table public.k_json (k jsonb primary key, v pg_catalog.text);
create table public.k_char (k char(5) primary key, v pg_catalog.text);
create table public.k_bytes (k bytea primary key, v pg_catalog.text);
create table public.k_range (k public.floats primary key, v pg_catalog.text);
create table public.k_ranges (k nummultirange primary key, v pg_catalog.text);
create table public.k_array (k numeric[] primary key, v pg_catalog.text);
create table public.k_enum (k public.text primary key, v pg_catalog.text);
create table public.k_domain (k public.price primary key, v pg_catalog.text);
create table public.k_pair (k public.pair primary key, v pg_catalog.text);
create table public.k_times (a timetz, b timestamptz, c date, d money, e bit(3), f bit varying, g inet, h macaddr8, i name, j "char", k pg_lsn, l tsvector, v pg_catalog.text,
  primary key (a, b, c, d, e, f, g, h, i, j, k, l));
create table public.k_of_names (k regclass primary key, v pg_catalog.text);
create table public.k_parted (k numeric, at date, v pg_catalog.text, primary key (k, at)) partition by range (at);
create table public.k_parted_1 (gone pg_catalog.int4, v pg_catalog.text, at date not null, k numeric not null);
alter table public.k_parted_1 drop gone;
alter table public.k_parted attach partition public.k_parted_1 for values from ('2020-01-01') to ('2021-01-01');
create table public.k_parted_2 partition of public.k_parted default partition by hash (k);
create table public.k_parted_2_0 partition of public.k_parted_2 for values with (modulus 2, remainder 0);
create table public.k_parted_2_1 partition of public.k_parted_2 for values with (modulus 2, remainder 1);
create table public.to_numeric (id pg_catalog.int4 primary key, k numeric references public.k_numeric on update cascade, p numeric, at date,
  c pg_catalog.text collate public.loose_case references public.k_case, foreign key (p, at) references public.k_parted deferrable initially deferred);
create table public.nulls (a pg_catalog.int4, b pg_catalog.text, unique nulls not distinct (a, b));
create table public.no_overlap (id pg_catalog.int4 primary key, r int4range, exclude using gist (r with &&) deferrable initially deferred);
create table public.swap (id pg_catalog.int4 primary key, u pg_catalog.int4 unique);

-- Children with more columns, partitions of partitions, rows without columns.
create table public.top (a pg_catalog.int4, b pg_catalog.text);
create table public.mid (c numeric) inherits (public.top);
create table public.low (d pg_catalog.text default 'd', a pg_catalog.int4) inherits (public.mid);
create table public.bare ();
create table public.bare_child (x pg_catalog.int4) inherits (public.bare);
create table public.gone (x pg_catalog.int4, y pg_catalog.int4, z pg_catalog.int4 generated always as (y * 2) stored);
alter table public.gone drop x;
create table public.only_numbered (id bigint generated always as identity);
create table public.numbered (id bigint generated always as identity, k pg_catalog.int4 primary key);
create table public.twice (id serial);
alter table public.twice alter id drop default;
alter table public.twice alter id add generated by default as identity;

-- Rules, triggers, policies.
create table public.ruled (id pg_catalog.int4 primary key, v pg_catalog.text);
create table public.ruled_log (who pg_catalog.text, id pg_catalog.int4);
create rule instead as on insert to public.ruled do instead insert into public.ruled_log values ('insert', new.id);
create rule also as on delete to public.ruled do also insert into public.ruled_log values ('delete', 1 / 0);
create rule changed as on update to public.ruled_log do instead nothing;
create rule always as on insert to public.ruled_log where new.id > 5 do instead nothing;
alter table public.ruled_log enable always rule always;
create table public.watched (id pg_catalog.int4 primary key, v pg_catalog.text);
create function public.refuse() returns trigger language plpgsql as $$ begin raise 'trigger % fired', tg_name; end $$;
create view public.shown as select id, v from public.ruled;
create trigger instead instead of insert on public.shown for each row execute function public.refuse();
create table public.closed (id pg_catalog.int4 primary key, v pg_catalog.text);
alter table public.closed enable row level security, force row level security;
create policy nobody on public.closed using (v = 'seen') with check (false);
create materialized view public.totals as select count(*) as n, sum(k) as k from public.k_numeric with no data;
create materialized view public.over_totals as select n + 1 as n from public.totals with no data;
create materialized view public.never_filled as select n + 1 as n from public.totals with no data;
