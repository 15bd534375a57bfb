-- Which logins are test users, and what was seeded for them. Written by the seeding tool only.
-- Safe to drop: nothing refers to it.

create table public.test_user_metadata (
  id uuid primary key default gen_random_uuid(),
  -- Unique, because seeding again updates the row of a user; the constraint is the foreign key's index too.
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null,
  created_by text not null default 'automated_script',
  created_at timestamptz not null default now(),
  last_sync_at timestamptz,
  test_data_counts jsonb not null default
    '{"contacts": 0, "organizations": 0, "opportunities": 0, "activities": 0, "tasks": 0, "notes": 0}'::jsonb,
  constraint test_user_metadata_user_id_key unique (user_id),
  constraint test_user_metadata_role_check check (role in ('admin', 'sales_director', 'account_manager')),
  constraint test_user_metadata_test_data_counts_check check (jsonb_typeof(test_data_counts) = 'object')
);
comment on table public.test_user_metadata is 'Test users and the number of rows seeded for each.';
create index test_user_metadata_role_idx on public.test_user_metadata (role);

alter table public.test_user_metadata enable row level security;
revoke all on table public.test_user_metadata from anon, authenticated, service_role;
grant select on table public.test_user_metadata to authenticated;
grant select, insert, update, delete on table public.test_user_metadata to service_role;

-- The roles are named in `to`, where the server checks them before anything else, and not by comparing auth.role().
create policy test_user_metadata_service_all on public.test_user_metadata
  for all to service_role using (true) with check (true);
create policy test_user_metadata_staff_select on public.test_user_metadata
  for select to authenticated
  using ((select private.crm_role()) is not null);
