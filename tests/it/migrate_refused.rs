//! One message of a run that is not carried out, as when a request to stop meets it alone: what was sent behind it is not
//! either, although the server has it already.

use crate::support::{Call, Database, FaultProxy, Moment, Project, Which, crmctl};

const FILES: [(&str, &str); 4] = [
    ("20260101000000_a", "create table public.a ();"),
    (
        "20260102000000_b",
        "create table public.b (n int);\ncopy public.b from stdin;\n1\n\\.\ninsert into public.b values (2);\n\
         copy public.b from stdin;\n3\n\\.\n",
    ),
    ("20260103000000_c", "create table public.c ();"),
    ("20260104000000_d", "create table public.d ();"),
];

/// The tables there are, the rows of `b` with it.
const LOOK: &str = "select concat_ws(' ', relname, case relname when 'b' then substring(query_to_xml( \
      'select string_agg(n::text, '','' order by n) as n from public.b', true, true, '')::text from '<n>(.*)</n>') end) \
    from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1";

const UNDO: &str = "drop table if exists public.a, public.b, public.c, public.d; drop schema if exists supabase_migrations cascade";

fn project(url: &str) -> Project {
    FILES.iter().fold(Project::new().cloud_at(url), |project, (name, text)| project.migration(name, text))
}

fn up(project: &Project) -> Call {
    crmctl(project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"])
}

#[test]
fn what_was_sent_behind_a_message_that_was_stopped_is_not_carried_out() {
    let database = Database::empty_on(Which::Cloud);
    let proxy = FaultProxy::to(Which::Cloud).listen(1);
    up(&project(&proxy.url(&database.url()))).success();
    let (said, whole) = (proxy.said(), database.column(LOOK));
    assert_eq!(whole, ["a", "b 1,2,3", "c", "d"]);
    let first = 1 + said.iter().position(|message| message.contains("begin;")).unwrap();

    for number in first..said.len() {
        database.query(UNDO);
        let proxy = FaultProxy::to(Which::Cloud).listen(1).cut_at(Moment::Refused(number));
        let output = up(&project(&proxy.url(&database.url()))).run();
        let what = format!("{:.80}: {output}", said[number - 1]);
        let is_there = database.value("select to_regclass('supabase_migrations.schema_migrations')");
        let applied = if is_there.is_empty() { Vec::new() } else { database.applied() };

        assert!(matches!(output.code, Some(1 | 10)), "{what}");
        assert_eq!(database.column(LOOK), whole[..applied.len()], "{what}");
        assert!(applied.len() < FILES.len() && output.stderr.matches("applied ").count() <= 1, "{what}");
        up(&project(&database.url())).success();
        assert_eq!(database.column(LOOK), whole, "{what}");
    }
}
