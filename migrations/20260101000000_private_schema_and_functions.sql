-- What every later file stands on: a schema the API does not expose, and the functions that triggers use.
--
-- Rules that hold in all files of this schema
-- * Rows that belong to a person carry sales_id. An admin sees and changes everything, a sales director sees
--   everything and changes his own, an account manager sees and changes his own. anon sees nothing.
-- * Deleting in the application means setting deleted_at. Only an admin (and service_role) deletes for good.
-- * New tables get no rights by themselves on a hosted project; every file grants what its tables need, after
--   revoking what an older project grants by itself, so that both kinds of project end up with the same rights.

create schema private;
comment on schema private is 'Helpers of policies and triggers. Not exposed by the API; never add it to the exposed schemas.';
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;

-- Keeps the life-cycle columns honest.
-- API users cannot choose these times. Everybody else (sync, restore, service_role) may write them; a copy that
-- changed updated_at on the way would never compare equal to its source.
-- deleted_at becomes the start of the transaction: the select policies let exactly that transaction still see the row,
-- without which PostgreSQL refuses the update that hides a row from its own author.
create function private.touch_row() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if current_user = 'authenticated' then
    new.created_at := old.created_at;
    new.updated_at := now();
    if new.deleted_at is not null and new.deleted_at is distinct from old.deleted_at then
      new.deleted_at := now();
    end if;
  elsif new.updated_at is not distinct from old.updated_at then
    new.updated_at := now();
  end if;
  return new;
end
$$;
comment on function private.touch_row() is
  'Before update: sets updated_at, and for API users also protects created_at and deleted_at.';

-- A row may hang only on a parent its author can see. Foreign keys do not look at row level security, so without this
-- anyone who learns an id could attach a note to somebody else's contact.
-- Runs with the rights of the caller, so the policies of the parent table decide. The parent is looked at only when it
-- is set or changed: a task stays editable after its contact was deleted or given to a colleague.
create function private.require_visible_parent() returns trigger
language plpgsql set search_path = ''
as $$
declare
  parent_table constant text := tg_argv[0];
  parent_column constant text := tg_argv[1];
  parent_id constant uuid := (to_jsonb(new) ->> parent_column)::uuid;
  is_visible boolean;
begin
  if tg_op = 'UPDATE' and (to_jsonb(old) ->> parent_column)::uuid is not distinct from parent_id then
    return new;
  end if;
  execute format('select exists (select from public.%I where id = $1)', parent_table)
    into is_visible using parent_id;
  if not is_visible then
    raise exception 'the row named by % does not exist or is not yours to use', parent_column
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
comment on function private.require_visible_parent() is
  'Before insert or update: refuses a parent that the policies hide from the caller. Arguments: parent table, column.';

-- Trigger functions are called by triggers, never by people.
revoke execute on function private.touch_row() from public;
revoke execute on function private.require_visible_parent() from public;
