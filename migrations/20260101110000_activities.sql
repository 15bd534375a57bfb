-- What people did: calls, mails, visits, samples, demos. (What the database saw is another matter.)

create table public.activities (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  -- What it is about: any of the three, or none. The row outlives what it was about.
  organization_id uuid references public.organizations (id) on delete set null,
  contact_id uuid references public.contacts (id) on delete set null,
  opportunity_id uuid references public.opportunities (id) on delete set null,
  type text not null,
  subject text not null,
  body text,
  outcome text,
  occurred_at timestamptz not null default now(),
  duration_minutes integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint activities_subject_check check (btrim(subject) <> ''),
  constraint activities_type_check check (type in ('call', 'email', 'meeting', 'site_visit', 'sample', 'demo')),
  constraint activities_outcome_check
    check (outcome in ('positive', 'neutral', 'negative', 'no_answer', 'follow_up_needed')),
  constraint activities_duration_minutes_check check (duration_minutes between 0 and 1440)
);
comment on table public.activities is 'What was done, with whom and when; sales_id is who did it.';

create index activities_sales_id_idx on public.activities (sales_id);
create index activities_organization_id_idx on public.activities (organization_id);
create index activities_contact_id_idx on public.activities (contact_id);
create index activities_opportunity_id_idx on public.activities (opportunity_id);
-- Time lines: of a person, and of one customer.
create index activities_sales_id_occurred_at_live_idx on public.activities (sales_id, occurred_at desc)
  where deleted_at is null;
create index activities_organization_id_occurred_at_live_idx on public.activities (organization_id, occurred_at desc)
  where deleted_at is null;
create trigger touch_row before update on public.activities
  for each row execute function private.touch_row();
create trigger require_visible_organization_id before insert or update of organization_id on public.activities
  for each row when (current_user = 'authenticated' and new.organization_id is not null)
  execute function private.require_visible_parent('organizations', 'organization_id');
create trigger require_visible_contact_id before insert or update of contact_id on public.activities
  for each row when (current_user = 'authenticated' and new.contact_id is not null)
  execute function private.require_visible_parent('contacts', 'contact_id');
create trigger require_visible_opportunity_id before insert or update of opportunity_id on public.activities
  for each row when (current_user = 'authenticated' and new.opportunity_id is not null)
  execute function private.require_visible_parent('opportunities', 'opportunity_id');

alter table public.activities enable row level security;
revoke all on table public.activities from anon, authenticated, service_role;
grant select, insert, update, delete on table public.activities to authenticated, service_role;

create policy activities_service_all on public.activities
  for all to service_role using (true) with check (true);
create policy activities_admin_all on public.activities
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy activities_director_select on public.activities
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy activities_manager_select on public.activities
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy activities_own_insert on public.activities
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy activities_own_update on public.activities
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
