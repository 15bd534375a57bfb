-- The people at those companies.

create table public.contacts (
  id uuid primary key default gen_random_uuid(),
  sales_id uuid not null references public.sales (id) on delete restrict,
  organization_id uuid references public.organizations (id) on delete set null,
  first_name text not null,
  last_name text not null,
  job_title text,
  department text,
  email text,
  phone text,
  mobile text,
  linkedin_url text,
  city text,
  state text,
  status text not null default 'cold',
  -- Mail and call lists must leave these people out.
  do_not_contact boolean not null default false,
  background text,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint contacts_name_check check (btrim(first_name || last_name) <> ''),
  constraint contacts_status_check check (status in ('cold', 'warm', 'hot', 'customer', 'inactive'))
);
comment on table public.contacts is 'People at the organizations.';

create index contacts_sales_id_idx on public.contacts (sales_id);
create index contacts_organization_id_idx on public.contacts (organization_id);
create index contacts_sales_id_name_live_idx on public.contacts (sales_id, last_name, first_name) where deleted_at is null;
-- For finding the person behind a mail address. Not unique: two people may share one mailbox.
create index contacts_email_live_idx on public.contacts (lower(email)) where deleted_at is null and email is not null;
create trigger touch_row before update on public.contacts
  for each row execute function private.touch_row();
create trigger require_visible_organization_id before insert or update of organization_id on public.contacts
  for each row when (current_user = 'authenticated' and new.organization_id is not null)
  execute function private.require_visible_parent('organizations', 'organization_id');

alter table public.contacts enable row level security;
revoke all on table public.contacts from anon, authenticated, service_role;
grant select, insert, update, delete on table public.contacts to authenticated, service_role;

create policy contacts_service_all on public.contacts
  for all to service_role using (true) with check (true);
create policy contacts_admin_all on public.contacts
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy contacts_director_select on public.contacts
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy contacts_manager_select on public.contacts
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid())
    and (deleted_at is null or deleted_at = now()));
create policy contacts_own_insert on public.contacts
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null);
create policy contacts_own_update on public.contacts
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()) and deleted_at is null)
  with check ((select private.crm_role()) in ('sales_director', 'account_manager')
    and sales_id = (select auth.uid()));

-- Which contact wears which tag.
create table public.contact_tags (
  contact_id uuid not null references public.contacts (id) on delete cascade,
  tag_id uuid not null references public.tags (id) on delete cascade,
  sales_id uuid not null references public.sales (id) on delete restrict,
  created_at timestamptz not null default now(),
  primary key (contact_id, tag_id)
);
comment on table public.contact_tags is 'Tags of contacts; sales_id is who put the tag on.';
create index contact_tags_tag_id_idx on public.contact_tags (tag_id);
create index contact_tags_sales_id_idx on public.contact_tags (sales_id);
create trigger require_visible_contact_id before insert or update of contact_id on public.contact_tags
  for each row when (current_user = 'authenticated' and new.contact_id is not null)
  execute function private.require_visible_parent('contacts', 'contact_id');
create trigger require_visible_tag_id before insert or update of tag_id on public.contact_tags
  for each row when (current_user = 'authenticated' and new.tag_id is not null)
  execute function private.require_visible_parent('tags', 'tag_id');

alter table public.contact_tags enable row level security;
revoke all on table public.contact_tags from anon, authenticated, service_role;
grant select, insert, update, delete on table public.contact_tags to authenticated, service_role;

create policy contact_tags_service_all on public.contact_tags
  for all to service_role using (true) with check (true);
create policy contact_tags_admin_all on public.contact_tags
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy contact_tags_director_select on public.contact_tags
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director');
create policy contact_tags_manager_select on public.contact_tags
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and sales_id = (select auth.uid()));
create policy contact_tags_own_insert on public.contact_tags
  for insert to authenticated
  with check ((select private.crm_role()) in ('sales_director', 'account_manager') and sales_id = (select auth.uid()));
create policy contact_tags_own_delete on public.contact_tags
  for delete to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager') and sales_id = (select auth.uid()));
