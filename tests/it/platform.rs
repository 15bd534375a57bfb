//! What projects refer to of the platform, on a database of crmctl's own.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";

#[test]
fn broadcasts_second_factors_and_the_extensions_of_the_platform_can_be_migrated_and_are_no_drift() {
    let text = "
        create extension if not exists moddatetime schema extensions;
        create extension postgres_fdw with schema extensions;
        create table public.rooms (id bigint primary key, topic text, changed_at timestamptz);
        create trigger changed before update on public.rooms
          for each row execute procedure extensions.moddatetime(changed_at);
        create function public.tell() returns trigger language plpgsql security definer set search_path = '' as $$
        begin
          perform realtime.broadcast_changes(
            'room:' || new.id, tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
          return null;
        end $$;
        create trigger tell after insert or update on public.rooms for each row execute function public.tell();
        create policy listen on realtime.messages for select to authenticated using (
          extension = 'broadcast' and exists (
            select from public.rooms r where r.topic = (select realtime.topic())));
        create policy own on auth.users for select to authenticated using ((select auth.uid()) = id);
        create policy second_factor on public.rooms as restrictive to authenticated using (exists (
          select from auth.mfa_factors f where f.user_id = (select auth.uid()) and f.status = 'verified'));
        insert into public.rooms values (1, 'a');
        update public.rooms set topic = 'b';
        alter default privileges in schema public grant select, insert on tables to anon;
        alter role authenticator set pgrst.db_aggregates_enabled = 'true';
        alter role authenticator reset pgrst.db_aggregates_enabled;";
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, text);

    crmctl(&project).args(["migrate", "up"]).success();
    let told = "select event || ' ' || topic || ' ' || (payload #>> '{record,topic}') from realtime.messages order by 1";
    assert_eq!(database.column(told), ["INSERT room:1 a", "UPDATE room:1 b"]);
    crmctl(&project).args(["migrate", "drift"]).success().answers("no drift");
}

#[test]
fn an_extension_that_the_platform_refuses_is_refused_here_too_and_postgres_is_no_superuser_after_it() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create extension file_fdw;");

    crmctl(&project)
        .args(["migrate", "up"])
        .failed()
        .says("permission denied to create extension \"file_fdw\"");
    assert_eq!(database.value("select rolsuper from pg_roles where rolname = 'postgres'"), "f");
    assert_eq!(database.value("select count(*) from pg_extension where extname = 'file_fdw'"), "0");
}

#[test]
fn a_policy_on_the_logins_counts_as_the_users_and_so_as_drift() {
    let database = Database::empty();
    database
        .run("create policy own on auth.users for select to authenticated using ((select auth.uid()) = id)");

    let project = Project::new().local(&database);
    crmctl(&project).args(["migrate", "drift"]).differs().answers("users.own");
}
