-- Deals, from the first lead to won or lost.

create table public.opportunities (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  -- Restrict, because what a company bought must not vanish with its address.
  organization_id uuid not null references public.organizations (id) on delete restrict,
  contact_id uuid references public.contacts (id) on delete set null,
  name text not null,
  description text,
  category text not null default 'new_business',
  stage text not null default 'new_lead',
  amount numeric(12, 2) not null default 0,
  probability smallint not null default 50,
  expected_close_date date,
  close_date date,
  lost_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint opportunities_name_check check (btrim(name) <> ''),
  constraint opportunities_category_check
    check (category in ('new_business', 'expansion', 'renewal', 'reactivation', 'seasonal')),
  -- Text with a check and not an enum: a stage can then be added and renamed within a transaction.
  constraint opportunities_stage_check
    check (stage in ('new_lead', 'initial_outreach', 'sample_visit_offered', 'awaiting_response',
      'feedback_logged', 'demo_scheduled', 'closed_won', 'closed_lost')),
  constraint opportunities_amount_check check (amount between 0 and 1000000),
  constraint opportunities_probability_check check (probability between 0 and 100),
  constraint opportunities_close_date_check
    check (stage not in ('closed_won', 'closed_lost') or close_date is not null),
  constraint opportunities_lost_reason_check check (lost_reason is null or stage = 'closed_lost')
);
comment on table public.opportunities is 'Deals in the pipeline.';
comment on column public.opportunities.close_date is 'The day it was won or lost; required in the closed stages.';
comment on column public.opportunities.probability is 'Chance of winning in percent.';

create index opportunities_sales_id_idx on public.opportunities (sales_id);
create index opportunities_organization_id_idx on public.opportunities (organization_id);
create index opportunities_contact_id_idx on public.opportunities (contact_id);
-- The board: one person's or everybody's deals by stage.
create index opportunities_sales_id_stage_live_idx on public.opportunities (sales_id, stage) where deleted_at is null;
create index opportunities_stage_live_idx on public.opportunities (stage, expected_close_date) where deleted_at is null;
create trigger touch_row before update on public.opportunities
  for each row execute function private.touch_row();
create trigger require_visible_organization_id before insert or update of organization_id on public.opportunities
  for each row when (current_user = 'authenticated' and new.organization_id is not null)
  execute function private.require_visible_parent('organizations', 'organization_id');
create trigger require_visible_contact_id before insert or update of contact_id on public.opportunities
  for each row when (current_user = 'authenticated' and new.contact_id is not null)
  execute function private.require_visible_parent('contacts', 'contact_id');

alter table public.opportunities enable row level security;
revoke all on table public.opportunities from anon, authenticated, service_role;
grant select, insert, update, delete on table public.opportunities to authenticated, service_role;

create policy opportunities_service_all on public.opportunities
  for all to service_role using (true) with check (true);
create policy opportunities_admin_all on public.opportunities
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy opportunities_director_select on public.opportunities
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy opportunities_manager_select on public.opportunities
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy opportunities_own_insert on public.opportunities
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy opportunities_own_update on public.opportunities
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
