//! Stopped at every message of a file that runs in pieces, by a cut of the network and by `kill -9`: the database is in
//! a state between two statements, the one the history tells, and the next run does the rest and nothing twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Call, Database, FaultProxy, Moment, Output, Project, Which, World, crmctl};

const FILE: &str = "20260101000000_pieces";

/// How a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Cut,
    Kill,
}

/// A file, and the database between its statements: how many are done, and what is there then.
struct File {
    text: String,
    states: Vec<(usize, Vec<String>)>,
    /// What a run that nobody disturbs says, message by message, and leaves.
    said: Vec<String>,
    end: World,
}

impl File {
    /// Statements in groups: those of one group are the author's own transaction.
    fn of(head: &str, groups: &[&[&str]]) -> Self {
        let database = Database::empty_on(Which::Cloud);
        let mut states = vec![(0, look(&database))];
        for group in groups {
            crate::support::try_query(&database.url(), &group.join(";")).unwrap();
            states.push((states.last().unwrap().0 + group.len(), look(&database)));
        }
        database.query(UNDO);
        assert_eq!(look(&database), states[0].1);
        let text = format!("{head}{};\n", groups.concat().join(";\n"));
        let proxy = FaultProxy::to(Which::Cloud).listen(1);
        up(&project(&proxy.url(&database.url()), &text)).success();
        assert_eq!(look(&database), states.last().unwrap().1);
        Self { text, states, said: proxy.said(), end: world(&database) }
    }

    /// Every moment from the first message that writes on.
    fn moments(&self) -> Vec<Moment> {
        let first = 1 + self.said.iter().position(|message| message.contains("create table")).unwrap();
        let farewell = self.said.len();
        assert_eq!(self.said[farewell - 1], "", "it says farewell, which is not answered");
        let both = |number| [Moment::Before(number), Moment::Unanswered(number)];
        (first..farewell).flat_map(both).chain([Moment::Before(farewell)]).collect()
    }

    /// After every message from where the history was asked: the server is as it is before the next one.
    fn answers(&self) -> Vec<Moment> {
        let first =
            1 + self.said.iter().position(|message| message.starts_with("select statements_done")).unwrap();
        (first..self.said.len()).map(Moment::Unanswered).collect()
    }

    fn after(&self, statements: usize) -> Option<&Vec<String>> {
        self.states.iter().find(|(done, _)| *done == statements).map(|(_, state)| state)
    }

    fn statements(&self) -> usize {
        self.states.last().unwrap().0
    }
}

fn project(url: &str, text: &str) -> Project {
    Project::new().cloud_at(url).migration(FILE, text)
}

fn up(project: &Project) -> Call {
    crmctl(project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"])
}

/// Everything; when a file was applied is never the same twice.
fn world(database: &Database) -> World {
    database.world().without(&["rows supabase_migrations crmctl_migrations"])
}

/// What the files here make, row by row, in one question.
fn look(database: &Database) -> Vec<String> {
    database.column(
        "with ours as (select * from pg_class where relnamespace = 'public'::regnamespace) \
         select relname || ' ' || query_to_xml(format('select * from public.%I t order by t::text', relname), true, true, '') \
         from ours where relkind = 'r' \
         union all select concat_ws(' ', relname, indisvalid, pg_get_indexdef(oid)) from ours join pg_index on oid = indexrelid \
         union all select concat_ws(' ', relname, attname, format_type(atttypid, atttypmod)) \
         from ours join pg_attribute on attrelid = oid where relkind = 'r' and attnum > 0 and not attisdropped \
         union all select concat_ws(' ', enumtypid::regtype, enumlabel) from pg_enum \
         union all select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace order by 1",
    )
}

/// Takes away what the files here make, and their history.
const UNDO: &str = "drop table if exists public.log; drop type if exists public.mood; \
    drop procedure if exists public.twice; drop schema if exists supabase_migrations cascade";

/// What the history tells of a file that is not whole: statements done, and the one that was begun.
fn told(database: &Database) -> (usize, Option<usize>) {
    let is_there = "select to_regclass('supabase_migrations.crmctl_migrations')";
    if database.value(is_there).is_empty() {
        return (0, None);
    }
    let rows =
        database.query("select statements_done, statement_begun from supabase_migrations.crmctl_migrations");
    let number = |value: &Option<String>| value.as_ref().map(|text| text.parse().unwrap());
    rows.first().map_or((0, None), |row| (number(&row[0]).unwrap(), number(&row[1])))
}

/// Runs it until that moment, and lets the server finish what it was told.
fn stopped(database: &Database, file: &File, stop: Stop, moment: Moment) -> Output {
    let proxy = FaultProxy::to(Which::Cloud).listen(1);
    let output = match stop {
        Stop::Cut => {
            let proxy = proxy.cut_at(moment);
            up(&project(&proxy.url(&database.url()), &file.text)).run()
        }
        Stop::Kill => {
            let (proxy, has_come) = proxy.halt_at(moment);
            let project = project(&proxy.url(&database.url()), &file.text);
            let running = up(&project).spawn();
            has_come.recv_timeout(std::time::Duration::from_mins(1)).expect("the moment comes");
            running.kill();
            running.finish()
        }
    };
    database.until_alone();
    output
}

/// Stops it once, holds what is there against what is told, and lets the next run finish.
fn stop_and_go_on(database: &Database, file: &File, stop: Stop, moment: Moment) {
    let (Moment::Before(number) | Moment::Unanswered(number)) = moment else { panic!("a number") };
    let what = format!("{stop:?} {moment:?} `{:.60}`", file.said[number - 1]);
    let output = stopped(database, file, stop, moment);

    let (done, begun) = told(database);
    let now = look(database);
    let is_done = file.after(done) == Some(&now);
    let is_in_doubt = begun.is_some_and(|begun| begun == done && file.after(done + 1) == Some(&now));
    assert!(is_done || is_in_doubt, "{what}: {done} done, {begun:?} begun, but {now:#?}\n{output}");
    match output.code {
        Some(0) => assert_eq!(done, file.statements(), "{what}: {output}"),
        Some(1) => assert_eq!(now, file.states[0].1, "{what}: {output}"),
        Some(10) => {
            assert!(begun.is_some() || now != file.states[0].1, "{what}: {output}");
            assert!(begun.is_none() || output.stderr.contains("may have been done"), "{what}: {output}");
            assert!(done < file.statements(), "{what}: {output}");
        }
        code => assert!(stop == Stop::Kill && code.is_none(), "{what}: {output}"),
    }

    let project = project(&database.url(), &file.text);
    let mut output = up(&project).run();
    let commits_by_itself = begun.is_some() && output.stderr.contains("which commits by itself");
    if commits_by_itself {
        // Nobody but the author knows whether it may run again.
        assert_eq!(output.code, Some(1), "{what}: {output}");
        assert_eq!((look(database), told(database)), (now, (done, None)), "{what}: {output}");
        output = up(&project).run();
    }
    assert_eq!(output.code, Some(0), "{what}: {output}");
    assert_eq!(Some(&look(database)), file.after(file.statements()), "{what}: {output}");
    assert_eq!(told(database), (file.statements(), None), "{what}: {output}");
    if begun.is_some() {
        assert!(
            commits_by_itself || output.stderr.contains("was cut off while this statement ran"),
            "{what}: {output}"
        );
        file.end.assert_same(&world(database));
    }
    database.until_alone();
}

/// One moment after the other, some of them at once: most of the time is waiting.
fn stop_at(moments: &[Moment], file: &File, stop: Stop) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let database = Database::empty_on(Which::Cloud);
                while let Some(moment) = moments.get(next.fetch_add(1, Ordering::Relaxed)) {
                    stop_and_go_on(&database, file, stop, *moment);
                    database.query(UNDO);
                }
            });
        }
    });
}

/// Everything that a piece can be; a statement that ran twice would fail or show.
const EVERY_KIND: &[&[&str]] = &[
    &["create type public.mood as enum ('good')"],
    &["create table public.log (n int)"],
    &["insert into public.log values (1)"],
    &["create index concurrently log_n on public.log (n)"],
    &["insert into public.log values (2)"],
    &["alter type public.mood add value 'bad'"],
    &["alter table public.log add column mood public.mood default 'bad'"],
    &["vacuum public.log"],
    &["begin", "insert into public.log values (3)", "commit"],
    &["drop index concurrently public.log_n"],
    &["create index concurrently on public.log ((n + 1))"],
    &["insert into public.log values (4)"],
];

#[test]
fn cut_off_at_any_message_of_a_file_in_pieces_it_is_between_two_statements_and_goes_on() {
    let file = File::of("", EVERY_KIND);
    stop_at(&file.moments(), &file, Stop::Cut);
}

#[test]
fn killed_at_any_message_of_a_file_in_pieces_it_is_between_two_statements_and_goes_on() {
    let file = File::of("", EVERY_KIND);
    stop_at(&file.moments(), &file, Stop::Kill);
}

#[test]
fn cut_off_at_any_message_of_a_file_without_transactions_nothing_is_done_twice() {
    let groups: &[&[&str]] = &[
        &["create table public.log (n int)"],
        &["insert into public.log values (1)"],
        &["insert into public.log select n + 1 from public.log"],
        &["create type public.mood as enum ('good')"],
        &["alter type public.mood add value 'bad'"],
        &["alter table public.log add column mood public.mood default 'bad'"],
    ];
    let file = File::of("-- crmctl: no-transaction\n", groups);
    stop_at(&file.answers(), &file, Stop::Cut);
}

#[test]
fn cut_off_at_any_message_of_transactions_that_end_in_a_chain_nothing_is_done_twice() {
    let groups: &[&[&str]] = &[
        &["create table public.log (n int)"],
        &["begin", "insert into public.log values (1)", "commit and chain"],
        &["insert into public.log values (2)", "commit"],
        &["begin", "insert into public.log values (3)", "rollback"],
    ];
    let file = File::of("", groups);
    stop_at(&file.answers(), &file, Stop::Cut);
}

#[test]
fn cut_off_in_a_file_that_begins_with_what_runs_alone_it_does_not_say_that_nothing_changed() {
    let groups: &[&[&str]] = &[
        &["do $$ begin create table if not exists public.log (n int); commit; end $$"],
        &["create index concurrently log_n on public.log (n)"],
    ];
    let file = File::of("", groups);
    stop_at(&file.answers(), &file, Stop::Cut);
}
