//! `crmctl migrate up` with what migrations of hosted projects take for granted, on a server of our own.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";

/// Applies one file to a new database.
fn applied(text: &str) -> Database {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, text);
    crmctl(&project).args(["migrate", "up"]).success();
    database
}

#[test]
fn a_schema_pulled_from_a_hosted_project_finds_the_extensions_of_the_platform() {
    let pulled = "create extension if not exists \"pg_cron\" with schema \"extensions\";\n\
        create extension if not exists \"pg_net\" with schema \"public\" version '0.8.0';\n\
        create extension if not exists \"pgsodium\" with schema \"pgsodium\";\n\
        create extension if not exists \"pg_graphql\" with schema \"graphql\";\n\
        create extension if not exists \"index_advisor\" with schema \"extensions\" cascade;\n\
        create extension if not exists \"pgjwt\" with schema \"extensions\";\n\
        create extension if not exists \"supabase_vault\" with schema \"vault\";\n\
        create extension if not exists \"wrappers\" with schema \"extensions\";\n\
        create table public.a (x int);\n\
        create trigger hook after insert on public.a for each row execute function \
          supabase_functions.http_request('https://x.test', 'POST', '{}', '{\"a\": \"1\"}', '5000');\n\
        insert into public.a values (7);\n\
        select cron.schedule('nightly', '0 3 * * *', 'select 1');\n\
        select cron.schedule('nightly', '30 seconds', 'select 2');\n\
        select vault.create_secret('open sesame', 'door');\n";
    let database = applied(pulled);

    assert_eq!(
        database.column("select jobname || schedule || command from cron.job"),
        ["nightly30 secondsselect 2"]
    );
    assert_eq!(
        database.value("select decrypted_secret from vault.decrypted_secrets where name = 'door'"),
        "open sesame"
    );
    let schema = "select extnamespace::regnamespace from pg_extension where extname = 'pg_cron'";
    assert_eq!(database.value(schema), "pg_catalog", "as the platform has it");
    let request =
        "select url || (convert_from(body, 'UTF8')::jsonb -> 'record' ->> 'x') from net.http_request_queue";
    assert_eq!(database.value(request), "https://x.test?a=17");
    let signed = "select valid from extensions.verify(extensions.sign('{\"sub\": \"1\"}', 's'), 's')";
    assert_eq!(database.value(signed), "t");
}

#[test]
fn an_extension_that_was_there_can_be_dropped_and_made_elsewhere_and_no_other_may() {
    let database = applied(
        "drop extension if exists \"pg_net\";\ndrop extension if exists \"uuid-ossp\";\n\
         create extension if not exists \"uuid-ossp\" with schema \"public\";\n\
         alter extension \"uuid-ossp\" set schema extensions;\n",
    );
    let rights = "select rolsuper from pg_roles where rolname = 'postgres'";
    assert_eq!(database.value("select extensions.uuid_generate_v4() is not null"), "t");

    let refused = Database::empty();
    let project = Project::new().local(&refused).migration(FIRST, "create extension pg_surgery;");
    crmctl(&project).args(["migrate", "up"]).failed().says("permission denied to create extension");
    assert_eq!(database.value(rights), "f");
}

#[test]
fn a_schedule_that_is_none_is_refused_where_it_is_written() {
    let database = Database::empty();
    let text = "create extension pg_cron;\nselect cron.schedule('often', 'every day', 'select 1');\n";
    let project = Project::new().local(&database).migration(FIRST, text);

    crmctl(&project)
        .args(["migrate", "up"])
        .failed()
        .says("first.sql:2:1")
        .says("invalid schedule: every day");
}

#[test]
fn a_queue_of_pgmq_takes_gives_back_and_keeps_messages() {
    let text = "create extension if not exists pgmq;\nselect pgmq.create('jobs');\n\
        do $$ begin if not exists (select from pgmq.list_queues() where queue_name = 'jobs') then \
          perform pgmq.create('jobs'); end if; end $$;\n\
        select pgmq.send('jobs', '{\"n\": 1}');\nselect pgmq.send('jobs', '{\"n\": 2}', 60);\n\
        select * from pgmq.send(queue_name => 'jobs', msg => '{\"n\": 3}', delay => 0);\n\
        select pgmq.archive('jobs', 3);\ngrant all on table pgmq.q_jobs to service_role;\n";
    let database = applied(text);

    assert_eq!(database.column("select message ->> 'n' from pgmq.read('jobs', 30, 10)"), ["1"]);
    assert_eq!(
        database.column("select message ->> 'n' from pgmq.pop('jobs')"),
        [""; 0],
        "one is read, one waits"
    );
    assert_eq!(database.column("select message ->> 'n' from pgmq.a_jobs"), ["3"]);
}

#[test]
fn a_policy_may_ask_what_is_done_to_a_file() {
    let database = applied(
        "create policy a on storage.objects for select to authenticated using (\
           storage.allow_any_operation(array['object.get_authenticated', 'object.get_authenticated_info']));\n\
         create policy b on storage.objects for delete to authenticated using (\
           storage.allow_only_operation('object.delete') and storage.operation() is not null);\n",
    );
    let asked = "select concat_ws(' ', storage.operation(), storage.allow_only_operation('storage.object.delete'), \
                 storage.allow_any_operation(array['object.list'])) from set_config('storage.operation', \
                 'storage.object.delete', false)";
    assert_eq!(database.value(asked), "storage.object.delete t f");
}
