//! A deploy is stopped at every message, by a cut of the network and as a kill does it: what is said is true, the schema is
//! wholly from before or wholly from after, and one command leads on or back, which may be stopped at every message, too.

pub(crate) mod run;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use crmctl::error::{Kind, Result};

use self::run::{deploy, roll_back};
use crate::support::{Database, FaultProxy, Moment, Project, Which, World, wait_for};

/// How it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    Cut,
    Kill,
}

/// Which way it leads from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Resume,
    Rollback,
}

/// What a command does, at some URL.
type Work = for<'a> fn(&'a str, &'a Path) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

const DEPLOY: Work = |url, migrations| Box::pin(deploy(url, migrations));
const ROLL_BACK: Work = |url, migrations| Box::pin(roll_back(url, migrations));

fn world(database: &Database) -> World {
    let notes = ["rows supabase_migrations crmctl_migrations"];
    database.world().without_journal().without(&notes)
}

/// What the deploys here make and the history of it, in one question.
fn look(database: &Database) -> Vec<String> {
    database.column(
        "with ours as (select c.oid, nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace \
           where nspname in ('public', 'b', 'c') and relkind = 'r') \
         select nspname from pg_namespace where nspname in ('b', 'c') \
         union all select query_to_xml(format('select * from %I.%I', nspname, relname), true, true, '')::text from ours \
         union all select concat_ws(' ', nspname, relname, attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid)) \
         from ours join pg_attribute on attrelid = ours.oid left join pg_attrdef on adrelid = attrelid and adnum = attnum \
         where attnum > 0 and not attisdropped \
         union all select version from supabase_migrations.schema_migrations order by 1",
    )
}

/// A step of a deploy, the worlds before and after it, and what undoes it.
struct Fixture {
    database: Database,
    project: Project,
    old: World,
    new: World,
    /// The same as [`look`] shows them.
    looks: [Vec<String>; 2],
}

impl Fixture {
    fn new(project: Project) -> Self {
        let database = Database::empty_on(Which::Cloud);
        let first =
            Project::new().migration("20260101000000_a", "create table public.kept (id int primary key);");
        let url = database.url();
        wait_for(deploy(&url, &first.path().join("migrations"))).unwrap();
        let project = project.migration("20260101000000_a", "create table public.kept (id int primary key);");
        let migrations = project.path().join("migrations");
        let old = world(&database);
        wait_for(deploy(&url, &migrations)).unwrap();
        let new = world(&database);
        let new_look = look(&database);
        assert!(old != new);
        wait_for(roll_back(&url, &migrations)).unwrap();
        old.assert_same(&world(&database));
        let looks = [look(&database), new_look];
        assert!(looks[0] != looks[1]);
        Self { database, project, old, new, looks }
    }

    fn migrations(&self) -> PathBuf {
        self.project.path().join("migrations")
    }

    /// The answers to everything that a run of `work` says once it writes.
    fn moments(&self, work: Work) -> Vec<Moment> {
        let proxy = FaultProxy::to(Which::Cloud).listen(1);
        wait_for(work(&proxy.url(&self.database.url()), &self.migrations())).unwrap();
        let said = proxy.said();
        let first = 1 + said.iter().position(|message| message.contains("pg_try_advisory_lock")).unwrap();
        (first..said.len()).map(Moment::Unanswered).collect()
    }

    /// Stops it at one moment. What was said, unless nobody was left to say it.
    fn stop(&self, work: Work, stop: Stop, moment: Moment) -> Option<Result<()>> {
        let proxy = FaultProxy::to(Which::Cloud).listen(1);
        let said = match stop {
            Stop::Cut => {
                let proxy = proxy.cut_at(moment);
                Some(wait_for(work(&proxy.url(&self.database.url()), &self.migrations())))
            }
            Stop::Kill => {
                let (proxy, has_come) = proxy.halt_at(moment);
                let (url, migrations) = (proxy.url(&self.database.url()), self.migrations());
                wait_for(async {
                    let told = move || has_come.recv_timeout(Duration::from_mins(1));
                    tokio::select! {
                        said = work(&url, &migrations) => panic!("it ended before {moment:?}: {said:?}"),
                        told = tokio::task::spawn_blocking(told) => told.unwrap().expect("the moment comes"),
                    }
                });
                None
            }
        };
        self.database.until_alone();
        said
    }

    /// Holds what was said against what is there.
    fn judge(&self, said: Option<Result<()>>, (from, to): (usize, usize), what: &str) {
        let now = look(&self.database);
        let what = format!("{what}: {said:?}");
        match said.map(|said| said.map_err(|failure| failure.kind())) {
            Some(Ok(())) => assert_eq!(now, self.looks[to], "{what}"),
            Some(Err(Kind::Partial)) | None => {}
            Some(Err(_)) => assert_eq!(now, self.looks[from], "{what}"),
        }
    }

    /// Whether it is wholly as before or wholly as after.
    fn is_whole(&self) -> bool {
        self.looks.contains(&look(&self.database))
    }

    /// A part of a file is undone by the backup only, which is not made here.
    fn has_no_file_in_pieces(&self) -> bool {
        let partial = "select count(*) from supabase_migrations.crmctl_migrations where state = 'partial'";
        self.database.value(partial) == "0"
    }

    fn phase(&self) -> String {
        let newest = "select state from supabase_migrations.crmctl_deploys order by started_at desc limit 1";
        self.database.value(newest)
    }

    fn deploy_to_the_end(&self) {
        wait_for(deploy(&self.database.url(), &self.migrations())).unwrap();
        self.new.assert_same(&world(&self.database));
        let ends = "select count(*) from supabase_migrations.crmctl_deploys where ended_at is null";
        assert_eq!(self.database.value(ends), "0");
    }

    fn roll_back(&self) {
        wait_for(roll_back(&self.database.url(), &self.migrations())).unwrap();
        assert_eq!(look(&self.database), self.looks[0]);
    }

    fn roll_back_to_the_start(&self) {
        self.roll_back();
        self.old.assert_same(&world(&self.database));
    }
}

fn atomic() -> Fixture {
    Fixture::new(
        Project::new()
            .migration("20270101000000_b", "create schema b; create table b.t (id int primary key);")
            .file("migrations/20270101000000_b.down.sql", "drop schema b cascade;")
            .migration("20270102000000_c", "alter table public.kept alter column id set default 7;")
            .file(
                "migrations/20270102000000_c.down.sql",
                "alter table public.kept alter column id drop default;",
            ),
    )
}

fn file_by_file() -> Fixture {
    Fixture::new(
        Project::new()
            .migration("20270101000000_b", "create schema b;")
            .file("migrations/20270101000000_b.down.sql", "drop schema b cascade;")
            .migration(
                "20270102000000_c",
                "-- crmctl: no-transaction\ncreate table b.t (id int);\ncreate schema c;\n\
                 insert into b.t values (1);\nvacuum b.t;",
            )
            .file("migrations/20270102000000_c.down.sql", "drop schema c cascade; drop table b.t;"),
    )
}

/// What the journal says before a deploy has ended, and at its end.
const PHASES: [&str; 5] = ["planned", "backed_up", "applying", "applied", "done"];

/// Stops a deploy everywhere, and leads on or back from there: by each way from each phase, or from as many as it says.
fn stop_everywhere(fixture: &Fixture, stop: Stop, can_go_back: fn(&Fixture) -> bool) {
    let mut seen = BTreeSet::new();
    let moments = fixture.moments(DEPLOY);
    fixture.roll_back_to_the_start();
    for moment in moments {
        for way in [Way::Rollback, Way::Resume] {
            let said = fixture.stop(DEPLOY, stop, moment);
            let phase = fixture.phase();
            fixture.judge(said, (0, 1), &format!("{stop:?} {moment:?} {phase}"));
            let is_new = !seen.contains(&(phase.clone(), way));
            if way == Way::Rollback && can_go_back(fixture) && is_new {
                seen.insert((phase, way));
                fixture.roll_back_to_the_start();
                continue;
            }
            seen.insert((phase, Way::Resume));
            fixture.deploy_to_the_end();
            fixture.roll_back();
            break;
        }
    }
    for phase in PHASES {
        for way in [Way::Rollback, Way::Resume] {
            assert!(seen.contains(&(phase.to_owned(), way)), "{phase} {way:?}: {seen:?}");
        }
    }
}

#[test]
fn a_deploy_in_one_transaction_that_is_cut_anywhere_is_there_or_not_and_goes_on_or_back() {
    let fixture = atomic();
    stop_everywhere(&fixture, Stop::Cut, |fixture| {
        assert!(fixture.is_whole());
        true
    });
}

#[test]
fn a_deploy_in_one_transaction_that_is_killed_anywhere_is_there_or_not_and_goes_on_or_back() {
    let fixture = atomic();
    stop_everywhere(&fixture, Stop::Kill, |fixture| {
        assert!(fixture.is_whole());
        true
    });
}

#[test]
fn a_deploy_file_by_file_that_is_cut_anywhere_goes_on_or_back() {
    let fixture = file_by_file();
    stop_everywhere(&fixture, Stop::Cut, Fixture::has_no_file_in_pieces);
}

#[test]
fn a_deploy_file_by_file_that_is_killed_anywhere_goes_on_or_back() {
    let fixture = file_by_file();
    stop_everywhere(&fixture, Stop::Kill, Fixture::has_no_file_in_pieces);
}

#[test]
fn a_resume_that_is_killed_anywhere_is_resumed() {
    let fixture = file_by_file();
    fixture.deploy_to_the_end();
    fixture.roll_back_to_the_start();
    let in_the_middle = Moment::UnansweredText("create schema c");
    fixture.stop(DEPLOY, Stop::Kill, in_the_middle);
    let moments = fixture.moments(DEPLOY);
    fixture.roll_back_to_the_start();

    for moment in moments {
        fixture.stop(DEPLOY, Stop::Kill, in_the_middle);
        assert_eq!(fixture.phase(), "applying");
        fixture.stop(DEPLOY, Stop::Kill, moment);
        fixture.deploy_to_the_end();
        fixture.roll_back();
    }
}

#[test]
fn a_rollback_that_is_stopped_anywhere_has_undone_everything_or_nothing() {
    let fixture = atomic();
    fixture.deploy_to_the_end();
    let moments = fixture.moments(ROLL_BACK);

    for moment in moments {
        for stop in [Stop::Cut, Stop::Kill] {
            wait_for(deploy(&fixture.database.url(), &fixture.migrations())).unwrap();
            let said = fixture.stop(ROLL_BACK, stop, moment);
            assert!(fixture.is_whole(), "{stop:?} {moment:?} {said:?}");
            fixture.judge(said, (1, 0), &format!("{stop:?} {moment:?}"));
            fixture.roll_back_to_the_start();
        }
    }
}
