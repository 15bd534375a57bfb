-- What was said and learned about opportunities. The author is the owner of a note, not the owner of what it is about.

create table public.opportunity_notes (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  opportunity_id uuid not null references public.opportunities (id) on delete cascade,
  body text not null,
  noted_at timestamptz not null default now(),
  -- Files of a note: [{"name": .., "path": ..}], path in the storage bucket.
  attachments jsonb not null default '[]'::jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint opportunity_notes_body_check check (btrim(body) <> ''),
  constraint opportunity_notes_attachments_check check (jsonb_typeof(attachments) = 'array')
);
comment on table public.opportunity_notes is 'Notes about opportunities, each by its author.';

create index opportunity_notes_sales_id_idx on public.opportunity_notes (sales_id);
create index opportunity_notes_opportunity_id_idx on public.opportunity_notes (opportunity_id);
create index opportunity_notes_opportunity_id_noted_at_live_idx on public.opportunity_notes (opportunity_id, noted_at desc)
  where deleted_at is null;
create trigger touch_row before update on public.opportunity_notes
  for each row execute function private.touch_row();
create trigger require_visible_opportunity_id before insert or update of opportunity_id on public.opportunity_notes
  for each row when (current_user = 'authenticated' and new.opportunity_id is not null)
  execute function private.require_visible_parent('opportunities', 'opportunity_id');

alter table public.opportunity_notes enable row level security;
revoke all on table public.opportunity_notes from anon, authenticated, service_role;
grant select, insert, update, delete on table public.opportunity_notes to authenticated, service_role;

create policy opportunity_notes_service_all on public.opportunity_notes
  for all to service_role using (true) with check (true);
create policy opportunity_notes_admin_all on public.opportunity_notes
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy opportunity_notes_director_select on public.opportunity_notes
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy opportunity_notes_manager_select on public.opportunity_notes
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy opportunity_notes_own_insert on public.opportunity_notes
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy opportunity_notes_own_update on public.opportunity_notes
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
