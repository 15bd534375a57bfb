-- What somebody has to do, and by when.

create table public.tasks (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  -- What it is about: any of the three, or none. The row outlives what it was about.
  organization_id uuid references public.organizations (id) on delete set null,
  contact_id uuid references public.contacts (id) on delete set null,
  opportunity_id uuid references public.opportunities (id) on delete set null,
  type text not null default 'follow_up',
  title text not null,
  description text,
  priority text not null default 'medium',
  due_date date,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint tasks_title_check check (btrim(title) <> ''),
  constraint tasks_type_check
    check (type in ('call', 'email', 'meeting', 'follow_up', 'send_sample', 'demo', 'proposal', 'other')),
  constraint tasks_priority_check check (priority in ('low', 'medium', 'high', 'urgent'))
);
comment on table public.tasks is 'To-dos; sales_id is who has to do it.';
comment on column public.tasks.completed_at is 'Null as long as it is open.';

create index tasks_sales_id_idx on public.tasks (sales_id);
create index tasks_organization_id_idx on public.tasks (organization_id);
create index tasks_contact_id_idx on public.tasks (contact_id);
create index tasks_opportunity_id_idx on public.tasks (opportunity_id);
-- The list everybody starts the day with.
create index tasks_sales_id_due_date_open_idx on public.tasks (sales_id, due_date)
  where deleted_at is null and completed_at is null;
create trigger touch_row before update on public.tasks
  for each row execute function private.touch_row();
create trigger require_visible_organization_id before insert or update of organization_id on public.tasks
  for each row when (current_user = 'authenticated' and new.organization_id is not null)
  execute function private.require_visible_parent('organizations', 'organization_id');
create trigger require_visible_contact_id before insert or update of contact_id on public.tasks
  for each row when (current_user = 'authenticated' and new.contact_id is not null)
  execute function private.require_visible_parent('contacts', 'contact_id');
create trigger require_visible_opportunity_id before insert or update of opportunity_id on public.tasks
  for each row when (current_user = 'authenticated' and new.opportunity_id is not null)
  execute function private.require_visible_parent('opportunities', 'opportunity_id');

alter table public.tasks enable row level security;
revoke all on table public.tasks from anon, authenticated, service_role;
grant select, insert, update, delete on table public.tasks to authenticated, service_role;

create policy tasks_service_all on public.tasks
  for all to service_role using (true) with check (true);
create policy tasks_admin_all on public.tasks
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy tasks_director_select on public.tasks
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy tasks_manager_select on public.tasks
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy tasks_own_insert on public.tasks
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy tasks_own_update on public.tasks
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
