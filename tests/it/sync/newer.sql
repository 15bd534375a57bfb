-- What PostgreSQL 17 and 18 know beyond 15. Runs as `postgres`.
set search_path = public;
create collation public.builtin (provider = builtin, locale = 'C.UTF-8');
create table public.made (id int primary key, a numeric, b text collate public.builtin, double numeric generated always as (a * 2) virtual,
  stored text generated always as (b || '!') stored, constant int generated always as (7) virtual, constraint "named ""b""" not null b);
create table public.only_virtual (x int generated always as (1 + 1) virtual);
create table public.temporal (id int4range, at daterange, v text, primary key (id, at without overlaps));
create table public.refers (n int, id int4range, at daterange, primary key (id, at without overlaps),
  foreign key (id, period at) references public.temporal (id, period at));
create table public.unique_time (id int4range, at tsrange, v int, unique (id, at without overlaps));
create table public.multi (id int4range, at datemultirange, primary key (id, at without overlaps));
create table public.unchecked (id int primary key, n int, constraint positive check (n > 0) not enforced,
  m int, constraint to_made foreign key (m) references public.made not enforced);
create table public.parted (id int, at date, d int generated always as (id * 2) virtual, primary key (id, at)) partition by range (at);
create table public.parted_1 (at date not null, id int not null, d int generated always as (id * 3) virtual);
alter table public.parted attach partition public.parted_1 for values from ('2020-01-01') to ('2021-01-01');
create table public.parted_2 partition of public.parted default;
create table public.parent (a int constraint pa not null no inherit, b int);
create table public.child (c int constraint cc not null) inherits (public.parent);
create table public.uuids (id uuid primary key default uuidv7(), v text);
create table public.loose_null (id int primary key, x int);
alter table public.loose_null add constraint later not null x not valid;
