-- The companies we sell to, buy from or work with.

create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  segment_id uuid references public.segments (id) on delete set null,
  name text not null,
  organization_type text not null default 'prospect',
  -- A is called first. One letter, because that is how it is spoken of.
  priority text not null default 'C',
  industry text,
  description text,
  website text,
  phone text,
  email text,
  address text,
  city text,
  state text,
  postal_code text,
  country text not null default 'US',
  employee_count integer,
  annual_revenue numeric(14, 2),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint organizations_name_check check (btrim(name) <> ''),
  constraint organizations_type_check
    check (organization_type in ('prospect', 'customer', 'distributor', 'principal', 'partner', 'former')),
  constraint organizations_priority_check check (priority in ('A', 'B', 'C', 'D')),
  constraint organizations_country_check check (country ~ '^[A-Z]{2}$'),
  constraint organizations_employee_count_check check (employee_count >= 0),
  constraint organizations_annual_revenue_check check (annual_revenue >= 0)
);
comment on table public.organizations is 'Customer and partner companies.';
comment on column public.organizations.country is 'Two-letter code of ISO 3166.';

-- One index per foreign key over all rows (checks need the deleted ones too), and those the lists are read by.
create index organizations_sales_id_idx on public.organizations (sales_id);
create index organizations_segment_id_idx on public.organizations (segment_id);
create index organizations_sales_id_name_live_idx on public.organizations (sales_id, name) where deleted_at is null;
create index organizations_name_live_idx on public.organizations (lower(name)) where deleted_at is null;
create trigger touch_row before update on public.organizations
  for each row execute function private.touch_row();
create trigger require_visible_segment_id before insert or update of segment_id on public.organizations
  for each row when (current_user = 'authenticated' and new.segment_id is not null)
  execute function private.require_visible_parent('segments', 'segment_id');

alter table public.organizations enable row level security;
revoke all on table public.organizations from anon, authenticated, service_role;
grant select, insert, update, delete on table public.organizations to authenticated, service_role;

create policy organizations_service_all on public.organizations
  for all to service_role using (true) with check (true);
create policy organizations_admin_all on public.organizations
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy organizations_director_select on public.organizations
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy organizations_manager_select on public.organizations
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy organizations_own_insert on public.organizations
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy organizations_own_update on public.organizations
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));

-- Which organization wears which tag. A link has no history: it is there or it is removed.
create table public.organization_tags (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  tag_id uuid not null references public.tags (id) on delete cascade,
  sales_id uuid not null references public.sales (id) on delete restrict,
  created_at timestamptz not null default now(),
  primary key (organization_id, tag_id)
);
comment on table public.organization_tags is 'Tags of organizations; sales_id is who put the tag on.';
create index organization_tags_tag_id_idx on public.organization_tags (tag_id);
create index organization_tags_sales_id_idx on public.organization_tags (sales_id);
create trigger require_visible_organization_id before insert or update of organization_id on public.organization_tags
  for each row when (current_user = 'authenticated' and new.organization_id is not null)
  execute function private.require_visible_parent('organizations', 'organization_id');
create trigger require_visible_tag_id before insert or update of tag_id on public.organization_tags
  for each row when (current_user = 'authenticated' and new.tag_id is not null)
  execute function private.require_visible_parent('tags', 'tag_id');

alter table public.organization_tags enable row level security;
revoke all on table public.organization_tags from anon, authenticated, service_role;
grant select, insert, update, delete on table public.organization_tags to authenticated, service_role;

create policy organization_tags_service_all on public.organization_tags
  for all to service_role using (true) with check (true);
create policy organization_tags_admin_all on public.organization_tags
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy organization_tags_director_select on public.organization_tags
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director');
create policy organization_tags_manager_select on public.organization_tags
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid()));
create policy organization_tags_own_insert on public.organization_tags
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager') and sales_id = (select auth.uid()));
create policy organization_tags_own_delete on public.organization_tags
  for delete to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager') and sales_id = (select auth.uid()));
