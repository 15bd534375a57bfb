-- The people who sell: one row per login that may use the CRM.

create table public.sales (
  -- The id of the login itself, so that auth.uid() is the sales_id of everything a person owns.
  id uuid primary key references auth.users (id) on delete cascade,
  first_name text not null,
  last_name text not null,
  email text not null,
  role text not null default 'account_manager',
  -- Says the same as role = 'admin'; clients that know no roles read and write this one. A trigger keeps them in step.
  administrator boolean not null default false,
  -- Shuts a person out at once, without waiting for the access token to expire.
  disabled boolean not null default false,
  avatar_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint sales_role_check check (role in ('admin', 'sales_director', 'account_manager')),
  constraint sales_administrator_check check (administrator = (role = 'admin')),
  constraint sales_email_check check (email like '%_@_%')
);
comment on table public.sales is 'People who use the CRM, one row per login; role and disabled decide what the policies allow.';
comment on column public.sales.role is
  'admin sees and changes all; sales_director sees all, changes own; account_manager sees and changes own.';
comment on column public.sales.disabled is 'True takes every right away with the next statement.';

-- The id is its own index for the foreign key to auth.users.
create unique index sales_email_key on public.sales (lower(email));

-- The role of the caller, or null if there is none, the person is disabled or deleted.
-- Read from the table and not from the access token: a token keeps an old role until it expires.
-- Definer, because the policies of public.sales call it and would otherwise call themselves. Write it as
-- (select private.crm_role()) in policies, so that it runs once per statement and not once per row.
create function private.crm_role() returns text
language sql stable security definer set search_path = ''
as $$
  select sales.role
  from public.sales
  where sales.id = (select auth.uid())
    and not sales.disabled
    and sales.deleted_at is null
$$;
comment on function private.crm_role() is 'Role of the calling person, null when there is none or it is disabled.';
revoke execute on function private.crm_role() from public, anon;
grant execute on function private.crm_role() to authenticated, service_role;

-- Writing either of role and administrator sets the other.
create function private.sales_align_administrator() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    if new.administrator then
      new.role := 'admin';
    end if;
  elsif new.administrator is distinct from old.administrator and new.role is not distinct from old.role then
    new.role := case when new.administrator then 'admin' else 'account_manager' end;
  end if;
  new.administrator := new.role = 'admin';
  return new;
end
$$;
revoke execute on function private.sales_align_administrator() from public;

-- People may correct their own name and picture; what gives or takes rights is the admin's.
-- A policy cannot compare the new row with the old one, hence a trigger. The name sorts before `align_administrator`
-- so that what the caller wrote is judged, not what the other trigger made of it.
create function private.sales_guard_rights() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if (select private.crm_role()) is distinct from 'admin'
    and (new.id, new.email, new.role, new.administrator, new.disabled, new.deleted_at)
      is distinct from (old.id, old.email, old.role, old.administrator, old.disabled, old.deleted_at)
  then
    raise exception 'only an admin changes email, role, administrator, disabled or deleted_at of a person'
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
revoke execute on function private.sales_guard_rights() from public;

create trigger a_guard_rights before update on public.sales
  for each row when (current_user = 'authenticated')
  execute function private.sales_guard_rights();
create trigger align_administrator before insert or update on public.sales
  for each row execute function private.sales_align_administrator();
create trigger touch_row before update on public.sales
  for each row execute function private.touch_row();

alter table public.sales enable row level security;
revoke all on table public.sales from anon, authenticated, service_role;
grant select, insert, update, delete on table public.sales to authenticated, service_role;

create policy sales_service_all on public.sales
  for all to service_role using (true) with check (true);
create policy sales_admin_all on public.sales
  for all to authenticated
  using ((select private.crm_role()) = 'admin')
  with check ((select private.crm_role()) = 'admin');
create policy sales_director_select on public.sales
  for select to authenticated
  using ((select private.crm_role()) = 'sales_director' and (deleted_at is null or deleted_at = now()));
create policy sales_manager_select on public.sales
  for select to authenticated
  using ((select private.crm_role()) = 'account_manager' and id = (select auth.uid()));
create policy sales_own_update on public.sales
  for update to authenticated
  using ((select private.crm_role()) in ('sales_director', 'account_manager') and id = (select auth.uid()))
  with check ((select private.crm_role()) in ('sales_director', 'account_manager') and id = (select auth.uid()));
