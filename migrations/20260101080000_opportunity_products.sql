-- Line items of a deal: what, how much, at which price.

create table public.opportunity_products (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  opportunity_id uuid not null references public.opportunities (id) on delete cascade,
  -- Restrict: a product that was offered stays in the catalogue, deleted_at or active = false take it off sale.
  product_id uuid not null references public.products (id) on delete restrict,
  quantity numeric(12, 3) not null default 1,
  -- The price offered, not the one of today's catalogue.
  unit_price numeric(12, 2) not null default 0,
  discount_percent numeric(5, 2) not null default 0,
  line_total numeric(14, 2) generated always as (round(quantity * unit_price * (1 - discount_percent / 100), 2)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint opportunity_products_quantity_check check (quantity > 0 and quantity <= 99999),
  constraint opportunity_products_unit_price_check check (unit_price between 0 and 1000000),
  constraint opportunity_products_discount_percent_check check (discount_percent between 0 and 100)
);
comment on table public.opportunity_products is 'Line items of opportunities.';

create index opportunity_products_sales_id_idx on public.opportunity_products (sales_id);
create index opportunity_products_opportunity_id_idx on public.opportunity_products (opportunity_id);
create index opportunity_products_product_id_idx on public.opportunity_products (product_id);
-- A product stands once on a deal; more of it is a larger quantity.
create unique index opportunity_products_opportunity_id_product_id_key
  on public.opportunity_products (opportunity_id, product_id) where deleted_at is null;
create trigger touch_row before update on public.opportunity_products
  for each row execute function private.touch_row();
create trigger require_visible_opportunity_id before insert or update of opportunity_id on public.opportunity_products
  for each row when (current_user = 'authenticated' and new.opportunity_id is not null)
  execute function private.require_visible_parent('opportunities', 'opportunity_id');
create trigger require_visible_product_id before insert or update of product_id on public.opportunity_products
  for each row when (current_user = 'authenticated' and new.product_id is not null)
  execute function private.require_visible_parent('products', 'product_id');

alter table public.opportunity_products enable row level security;
revoke all on table public.opportunity_products from anon, authenticated, service_role;
grant select, insert, update, delete on table public.opportunity_products to authenticated, service_role;

create policy opportunity_products_service_all on public.opportunity_products
  for all to service_role using (true) with check (true);
create policy opportunity_products_admin_all on public.opportunity_products
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy opportunity_products_director_select on public.opportunity_products
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy opportunity_products_manager_select on public.opportunity_products
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy opportunity_products_own_insert on public.opportunity_products
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy opportunity_products_own_update on public.opportunity_products
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
