-- What was said and learned about contacts. The author is the owner of a note, not the owner of what it is about.

create table public.contact_notes (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  contact_id uuid not null references public.contacts (id) on delete cascade,
  body text not null,
  noted_at timestamptz not null default now(),
  -- Files of a note: [{"name": .., "path": ..}], path in the storage bucket.
  attachments jsonb not null default '[]'::jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint contact_notes_body_check check (btrim(body) <> ''),
  constraint contact_notes_attachments_check check (jsonb_typeof(attachments) = 'array')
);
comment on table public.contact_notes is 'Notes about contacts, each by its author.';

create index contact_notes_sales_id_idx on public.contact_notes (sales_id);
create index contact_notes_contact_id_idx on public.contact_notes (contact_id);
create index contact_notes_contact_id_noted_at_live_idx on public.contact_notes (contact_id, noted_at desc)
  where deleted_at is null;
create trigger touch_row before update on public.contact_notes
  for each row execute function private.touch_row();
create trigger require_visible_contact_id before insert or update of contact_id on public.contact_notes
  for each row when (current_user = 'authenticated' and new.contact_id is not null)
  execute function private.require_visible_parent('contacts', 'contact_id');

alter table public.contact_notes enable row level security;
revoke all on table public.contact_notes from anon, authenticated, service_role;
grant select, insert, update, delete on table public.contact_notes to authenticated, service_role;

create policy contact_notes_service_all on public.contact_notes
  for all to service_role using (true) with check (true);
create policy contact_notes_admin_all on public.contact_notes
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy contact_notes_director_select on public.contact_notes
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy contact_notes_manager_select on public.contact_notes
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy contact_notes_own_insert on public.contact_notes
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy contact_notes_own_update on public.contact_notes
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));
