-- What we sell. One catalogue for all: admins and directors keep it, everyone reads it.

create table public.products (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  sku text not null,
  name text not null,
  description text,
  category text not null,
  unit text not null default 'case',
  unit_price numeric(12, 2) not null default 0,
  sample_available boolean not null default true,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint products_sku_check check (btrim(sku) <> ''),
  constraint products_name_check check (btrim(name) <> ''),
  constraint products_unit_price_check check (unit_price >= 0)
);
comment on table public.products is 'The product catalogue; sales_id is who keeps the entry.';
comment on column public.products.unit is 'What the price is for: case, each, pound, gallon, ...';

create index products_sales_id_idx on public.products (sales_id);
create unique index products_sku_key on public.products (lower(sku)) where deleted_at is null;
create index products_category_name_live_idx on public.products (category, name) where deleted_at is null;
create trigger touch_row before update on public.products
  for each row execute function private.touch_row();

alter table public.products enable row level security;
revoke all on table public.products from anon, authenticated, service_role;
grant select, insert, update, delete on table public.products to authenticated, service_role;

create policy products_service_all on public.products
  for all to service_role using (true) with check (true);
create policy products_admin_all on public.products
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy products_staff_select on public.products
  for select to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager') and (deleted_at is null or deleted_at = now()));
create policy products_own_insert on public.products
  for insert to authenticated
  with check ((select private.crm_role()) = 'sales_director'
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy products_own_update on public.products
  for update to authenticated
  using ((select private.crm_role()) = 'sales_director'
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) = 'sales_director'
    and sales_id = (select auth.uid()));
