-- The words a team sorts its customers by. Segments are the market, one per organization; tags are free labels.
-- Both are shared: everyone reads all of them.

create table public.segments (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  name text not null,
  description text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint segments_name_check check (btrim(name) <> '')
);
comment on table public.segments is
  'Market segments, such as independent restaurants; kept by admins and directors, read by everyone.';
create index segments_sales_id_idx on public.segments (sales_id);
-- A name is free again after its row was deleted.
create unique index segments_name_key on public.segments (lower(name)) where deleted_at is null;
create trigger touch_row before update on public.segments
  for each row execute function private.touch_row();

alter table public.segments enable row level security;
revoke all on table public.segments from anon, authenticated, service_role;
grant select, insert, update, delete on table public.segments to authenticated, service_role;

create policy segments_service_all on public.segments
  for all to service_role using (true) with check (true);
create policy segments_admin_all on public.segments
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy segments_staff_select on public.segments
  for select to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager') and (deleted_at is null or deleted_at = now()));
create policy segments_own_insert on public.segments
  for insert to authenticated
  with check ((select private.crm_role()) = 'sales_director'
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy segments_own_update on public.segments
  for update to authenticated
  using ((select private.crm_role()) = 'sales_director'
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) = 'sales_director'
    and sales_id = (select auth.uid()));

create table public.tags (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  name text not null,
  color text not null default '#6b7280',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint tags_name_check check (btrim(name) <> ''),
  constraint tags_color_check check (color ~ '^#[0-9a-f]{6}$')
);
comment on table public.tags is 'Labels for organizations and contacts; everyone reads all and may add own ones.';
create index tags_sales_id_idx on public.tags (sales_id);
create unique index tags_name_key on public.tags (lower(name)) where deleted_at is null;
create trigger touch_row before update on public.tags
  for each row execute function private.touch_row();

alter table public.tags enable row level security;
revoke all on table public.tags from anon, authenticated, service_role;
grant select, insert, update, delete on table public.tags to authenticated, service_role;

create policy tags_service_all on public.tags
  for all to service_role using (true) with check (true);
create policy tags_admin_all on public.tags
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy tags_staff_select on public.tags
  for select to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager') and (deleted_at is null or deleted_at = now()));
create policy tags_own_insert on public.tags
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy tags_own_update on public.tags
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
